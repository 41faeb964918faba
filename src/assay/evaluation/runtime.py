"""What compiled policies call for the less common conditions.  Truths are True, False and None for unknown."""

from __future__ import annotations

import re
from typing import Any

from assay.facts.estimates import bound
from assay.facts.values import date
from assay.language.truth import Truth3
from assay.trust.accepted import Signoff

_DIGEST = re.compile(r"(?:.*@)?(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})", re.DOTALL)

pinned = _DIGEST.fullmatch


def glob(parts: tuple[str, ...]) -> Any:
    """A function that matches whole texts against `like`'s parts."""
    return re.compile(".*".join(re.escape(p) for p in parts), re.DOTALL).fullmatch


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


def end_of(piece: Any, value: float, level: float, z: float, lower: bool, percent: bool, share: bool) -> tuple[float, float] | None:  # noqa: FBT001 - called by generated code
    """The end of an interval and the largest term in it; None where there is no interval."""
    found = bound(piece, value, level, z, lower=lower, percent=percent, share=share)
    return None if isinstance(found, str) else (found.value, found.largest)


def run_of(runs: Any, key: str, name: str, service: str | None) -> Any:
    """The one run of a suite or scanner; None where it is missing, unreadable or not attested."""
    for run in runs or ():
        if run.get(key) == name:
            return None if "@unreadable" in run or (service is not None and run.get("@trust", "") != service) else run
    return None


def fresh(at: Any, now: int, longest: int) -> bool | None:
    """True where a run is no older than `longest`, else None: a stale run is unknown, never false."""
    return True if type(at) is int and 0 <= now - at <= longest else None


def suite(run: Any, now: int, longest: int | None) -> Truth3:
    """Did the run end well, with a case and in time."""
    passed = run.get("passed")
    if passed is False:
        return False
    cases = run.get("cases")
    if passed is not True or type(cases) is not float or cases < 1.0:
        return None
    return True if longest is None else fresh(run.get("ran_at"), now, longest)


def scan(run: Any, now: int, longest: int | None) -> Truth3:
    """Did the scan look at something, in time."""
    scanned, completed = run.get("scanned"), run.get("completed", True)
    if completed is not True or type(scanned) is not float or scanned < 1.0:
        return None
    return True if longest is None else fresh(run.get("ran_at"), now, longest)


def joined(outer: Any, path: tuple[str, ...]) -> Any:
    """The inner lists of all elements; None where one is missing or there is no element."""
    for step in path:
        if not outer:
            return None
        inner: list[Any] = []
        for element in outer:
            found = element.get(step)
            if type(found) is not tuple:
                return None
            inner += found
        outer = inner
    return outer


def whole(elements: Any, service: str | None) -> Any:
    """A list whose pieces can all be used; None where one cannot, or is not attested."""
    if elements is None or (service is not None and not elements):
        return None
    for element in elements:
        if "@unreadable" in element or (service is not None and element.get("@trust", "") != service):
            return None
    return elements


def filled(elements: Any, field: str, check: Any) -> bool | None:
    """Has every element of a list a readable field that is not empty; None where not."""
    if not elements:
        return None
    if field:
        for element in elements:
            if check(element.get(field)) in (None, ""):
                return None
    return True


def signers(signoffs: tuple[Signoff, ...], role: str, excluded: Any, oldest: int, now: int) -> Any:
    """The people who signed in a role in time; False where somebody rejected."""
    people = set()
    for signoff in signoffs:
        if signoff.role == role:
            if not signoff.approve:
                return False
            if signoff.person not in excluded and oldest <= signoff.at <= now:
                people.add(signoff.person)
    return people


def matched(roles: list[Any]) -> bool:
    """Can every role be given a person of its own: Hall's condition over all sets of roles."""
    if any(not people for people in roles):
        return False
    for mask in range(1, 1 << len(roles)):
        chosen = [people for at, people in enumerate(roles) if mask >> at & 1]
        if len(set().union(*chosen)) < len(chosen):
            return False
    return True


def excluded(values: Any, requester: str | None) -> Any:
    """Who may not sign: the author, the commit's author, the requester; None where no author is known."""
    author = values.get("author")
    if type(author) is not str or not author:
        return None
    other = values.get("code.author")
    return (author, requester, other if type(other) is str else None)


def same_set(a: Any, b: Any) -> bool:
    """Are two measures on one data set."""
    name = a.get("data_set")
    if type(name) is not str or name != b.get("data_set"):
        return False
    mine, theirs = a.get("data_digest"), b.get("data_digest")
    return mine is None or theirs is None or (type(mine) is str and mine == theirs)
