"""What compiled policies call for the less common conditions.  Truths are True, False and None for unknown."""

from __future__ import annotations

import re
from typing import Any

from letpass.evaluation.apart import apart
from letpass.evaluation.budget import too_large
from letpass.evaluation.reading import At, Reader
from letpass.facts.estimates import bound
from letpass.facts.record import AtLeast, Record
from letpass.facts.values import date
from letpass.language.truth import Truth3
from letpass.trust.accepted import Accepted, Signoff

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128}")

digest = _DIGEST.fullmatch


def pinned(reference: str) -> bool:
    """Does a reference consist of a digest, or end in one behind its last `@`."""
    return digest(reference) is not None or digest(reference[reference.rfind("@") + 1 :]) is not None


def over(input_: Any, node: Any, depth: int, service: str | None) -> bool:
    """Are there too many combinations of a condition's lists for it to be evaluated; so many lists are around it."""
    return too_large(node, (At({"@": ""}),) * depth, Reader(input_, service)) is not None


def beside(counterparts: Any, node: Any, element: Any, owner: Any, service: str | None) -> tuple[float | None, str]:
    """The champion's value for the group at hand, and its unit; None where it is unknown."""
    around = (At({"@": ""}),) * node.level
    found = counterparts.value(node, (*around, At(element, owner)), Reader(counterparts.input, service))
    return (found.value, found.unit) if found.known else (None, "")


def beside_piece(counterparts: Any, node: Any, owner: Any, service: str | None) -> Any:
    """The champion's measure on the data set of a measure; None where there is none."""
    if owner is None:
        return None
    return counterparts.piece(node, owner, "", Reader(counterparts.input, service)).piece


def as_date(raw: Any) -> int | None:
    """A date of the open part, which may be a text."""
    found = date(raw) if type(raw) is str else raw
    return found if type(found) is int else None


def nearly(left: float, right: float, largest: float) -> bool | None:
    """Are two reckoned numbers equal; None where they are too large to reckon with."""
    difference = left - right
    if not -1.7976931348623157e308 <= difference <= 1.7976931348623157e308:
        return None if _infinite(left) or _infinite(right) else False
    return -1e-12 * largest <= difference <= 1e-12 * largest


def _infinite(value: float) -> bool:
    return not -1.7976931348623157e308 <= value <= 1.7976931348623157e308


def end_of(
    piece: Any, value: float, level: float, z: float, lower: bool, percent: bool, share: bool
) -> tuple[float, float] | None:
    """The end of an interval and the largest term in it; None where there is no interval."""
    found = bound(piece, value, level, z, lower=lower, percent=percent, share=share)
    return None if isinstance(found, str) else (found.value, found.largest)


def fresh(at: Any, now: int, longest: int) -> bool | None:
    """True where a run is no older than `longest`, else None: a stale run is unknown, never false."""
    return True if at is not None and 0 <= now - at <= longest else None


def suite(run: Any, now: int, longest: int | None) -> Truth3:
    """Did the run end well, with a case and in time."""
    passed = run.get("passed")
    if passed is False:
        return False
    cases = run.get("cases")
    if passed is None or cases is None or cases < 1.0:
        return None
    return True if longest is None else fresh(run.get("ran_at"), now, longest)


def scan(run: Any, now: int, longest: int | None) -> Truth3:
    """Is a usable scan, which looked at something, recent enough."""
    return True if longest is None else fresh(run.get("ran_at"), now, longest)


def joined(outer: Any, path: tuple[str, ...]) -> Any:
    """The inner lists of all elements, `AtLeast` where one is; None where one is missing or there is no element."""
    if len(path) == 1 and outer and len(outer) == 1:
        return outer[0].get(path[0])
    for step in path:
        if not outer:
            return None
        inner: list[Any] = []
        more = False
        for element in outer:
            found = element.get(step)
            if found is None:
                return None
            inner += found
            more = more or type(found) is AtLeast
        outer = AtLeast(inner) if more else inner
    return outer


def more(elements: Any) -> bool:
    """May a list hold more elements than these."""
    return type(elements) is AtLeast


def attested(elements: Any, service: str) -> Any:
    """A list of which a service attested every piece; None where it did not, or there is none."""
    if not elements or any([element.get("@trust", "") != service for element in elements]):
        return None
    return elements


def filled_text(value: Any) -> bool:
    """Is a value no blank text."""
    return type(value) is not str or bool(value.strip())


def holds_many(sections: Any, values: Any, trust: Any, path: str, service: str | None) -> bool:
    """Is there a list or mapping that is not empty, in a place where anything may stand."""
    return path not in values and sections.get(path) is True and (service is None or trust.get(path, "") == service)


def filled(elements: Any, field: str) -> bool | None:
    """Has every element of a list a readable field that is not empty; None where not."""
    if not elements or more(elements):
        return None
    for element in elements:
        if not filled_text(element.get(field, "")):
            return None
    return True


def signers(signoffs: tuple[Signoff, ...], role: str, excluded: tuple[Any, ...], oldest: int, now: int) -> set[str]:
    """The people who signed in a role in time."""
    return {s.person for s in signoffs if s.role == role and s.person not in excluded and oldest <= s.at <= now}


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


def same_set(a: Any, b: Any) -> bool:
    """Are two measures on one data set."""
    name = a.get("data_set")
    if name is None or name != b.get("data_set"):
        return False
    mine, theirs = a.get("data_digest"), b.get("data_digest")
    return mine is None or theirs is None or mine == theirs
