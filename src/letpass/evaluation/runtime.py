"""What compiled policies call where a line of their own would be too long.  A place that is not there is empty."""

from __future__ import annotations

import re
from binascii import a2b_base64
from math import isfinite, nan, sqrt
from typing import Any, cast

from letpass.evaluation.apart import apart
from letpass.facts.estimates import wilson
from letpass.facts.record import ANYTHING, AtLeast, Element, Record
from letpass.facts.values import date
from letpass.trust.accepted import Accepted, Signoff

__all__ = [
    "as_date", "as_flag", "as_number", "as_text", "fellow", "filled", "filled_text", "gap", "greatest", "joined", "left_out",
    "many", "matched", "on", "only_in", "pinned", "root", "signers", "twin", "wilson_end", "written",
]  # fmt: skip
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128}")
_NONE: Element = {}


# ---------------------------------------------------------------- values


def as_number(raw: Any) -> float:
    """A number of the open part."""
    return raw if type(raw) is float else nan


def as_date(raw: Any) -> float:
    """A date of the open part, which may be a text."""
    found = date(raw) if type(raw) is str else raw
    return found if type(found) is int else nan


def as_text(raw: Any) -> str | None:
    """A text of the open part."""
    return raw if type(raw) is str else None


def as_flag(raw: Any) -> bool | None:
    """A flag of the open part."""
    return raw if type(raw) is bool else None


def filled_text(value: Any) -> bool:
    """Is a value no blank text."""
    return type(value) is not str or bool(value.strip())


def pinned(reference: str) -> bool:
    """Does a reference consist of a digest, or end in one behind its last `@`."""
    return _DIGEST.fullmatch(reference, reference.rfind("@") + 1) is not None


def greatest(*values: float) -> float:
    """The greatest number; none where one is none."""
    return max(values) if all(v == v for v in values) else nan


def gap(left: float, right: float) -> float:
    """The difference of two numbers that is not finite, though they are; none where they are not."""
    return left - right if isfinite(left) and isfinite(right) else nan


def root(square: float) -> float:
    """A square root; none of a negative number."""
    return sqrt(square) if square >= 0.0 else nan


def only_in(ours: str | None, theirs: str | None) -> float:
    """How many cases are right in the one and not in the other; none where one is not known."""
    if ours is None or theirs is None:
        return nan
    mine = int.from_bytes(a2b_base64(ours))
    return float(mine.bit_count() - (mine & int.from_bytes(a2b_base64(theirs))).bit_count())


def wilson_end(successes: float, samples: float, z: float, lower: bool) -> float:
    """One end of Wilson's interval; none where the successes are not of so many samples."""
    return wilson(successes, samples, z, lower=lower) if 0 <= successes <= samples and samples > 0 else nan


# ---------------------------------------------------------------- places and lists


def written(piece: Element, field: str) -> bool:
    """Does something stand in a field, readable or not."""
    return field in piece or field in piece.get("@bad", ())


def on(pieces: tuple[Element, ...], data_set: str) -> Element:
    """The one usable measure on a data set."""
    found = [piece for piece in pieces if piece.get("data_set") == data_set]
    return found[0] if len(found) == 1 and "@unreadable" not in found[0] else _NONE


def twin(pieces: tuple[Element, ...], like: Element) -> Element:
    """The champion's measure on the data of another one."""
    same = [piece for piece in pieces if _on_one_data_set(like, piece)]
    return same[0] if same and "@unreadable" not in same[0] else _NONE


def _on_one_data_set(a: Element, b: Element) -> bool:
    """Are two measures on one data set by its name, and by its digest where both have one."""
    digests = {measure["data_digest"] for measure in (a, b) if "data_digest" in measure}
    return "data_set" in a and a["data_set"] == b.get("data_set") and len(digests) <= 1


def fellow(groups: dict[int, Any], found: Element, like: Element, element: Element) -> Element:
    """Of the champion's slices that of the group at hand; `groups` remembers what was sorted."""
    for measure in (like, found):
        if id(measure) not in groups:
            by_name: dict[Any, list[Element]] = {}
            for each in measure.get("slices", ()):
                by_name.setdefault(each.get("group"), []).append(each)
            groups[id(measure)] = by_name
    group, ours, theirs = element.get("group"), groups[id(like)], groups[id(found)]
    if group is None or None in theirs or len(ours.get(group, ())) != 1 or len(theirs.get(group, ())) != 1:
        return _NONE
    return cast("Element", theirs[group][0])


def joined(outer: Any, field: str) -> Any:
    """The inner lists of all elements, `AtLeast` where one is; None where one is missing or there is no element."""
    if not outer:
        return None
    if len(outer) == 1:
        return outer[0].get(field)
    inner: list[Any] = []
    more = False
    for element in outer:
        found = element.get(field)
        if found is None:
            return None
        inner += found
        more = more or type(found) is AtLeast
    return AtLeast(inner) if more or type(outer) is AtLeast else inner


# ---------------------------------------------------------------- what is asked


def filled(record: Record | None, path: str, service: str | None) -> bool:
    """Can an entry of a mapping be read that is not empty; with a service, one that it vouches for."""
    return record is not None and record.sections.get(path) is True and record.filled(path, service)


def many(record: Record | None, path: str, service: str | None) -> bool:
    """Is there a list or mapping that is not empty, in a place where anything may stand."""
    if record is None or not path.startswith(f"{ANYTHING}.") or record.raw(path) is not None:
        return False
    return record.sections.get(path) is True and (service is None or record.trust.get(path, "") == service)


def signers(signoffs: tuple[Signoff, ...], role: str, excluded: Any, now: int, longest: int) -> set[str]:
    """The people who signed in a role in time."""
    return {s.person for s in signoffs if s.role == role and s.person not in excluded and now - longest <= s.at <= now}


def left_out(record: Record, accepted: Accepted) -> tuple[Any, bool]:
    """Everybody whom `other than author` leaves out, and whether that is known for sure."""
    if accepted.directory is None:
        author = record.values.get("author")
        asked = accepted.asked
        names = (author, record.values.get("code.author"), asked.requester if asked is not None else None)
        return names, isinstance(author, str) and bool(author.strip())
    found = apart(record, accepted)
    return found.people, not found.doubts


def matched(roles: list[tuple[Any, int]]) -> bool:
    """Can every role be given as many people of its own as it needs: Hall's condition over all sets of roles."""
    for mask in range(1, 1 << len(roles)):
        chosen = [role for at, role in enumerate(roles) if mask >> at & 1]
        if len(set().union(*[people for people, _ in chosen])) < sum([needed for _, needed in chosen]):
            return False
    return True
