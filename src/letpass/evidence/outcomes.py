"""Which cases were right: one bit a case, in the order of the cases, with a digest of which cases they are."""

from __future__ import annotations

import hashlib
from binascii import b2a_base64
from collections.abc import Iterable, Mapping
from math import sqrt
from typing import Any

from letpass.canonical import canonical
from letpass.diagnostics import InvalidError
from letpass.evidence import sources
from letpass.facts.together import MOST_CASES

EQUAL = 1e-9  # how far two ways to the same number may be apart
ROUNDED = 1e-6  # how far a standard error may have been rounded


def of(right: Mapping[str, bool], contents: Mapping[str, str]) -> dict[str, str]:
    """The record's `outcomes` of cases by their ids: whether each was right, and the digest of what it is.

    `cases` is SHA-256 over the lines `ID TAB CONTENT LF`, sorted by the bytes of the id; bit i of `right` is case i, the highest bit
    of a byte first.  Raises `InvalidError` for an id that would not be one field of a line, and for more cases than are read.
    """
    if len(right) > MOST_CASES:
        raise InvalidError(f"more than {MOST_CASES:,} cases")
    odd = next((case for case in right if not case or not case.isprintable()), None)
    if odd is not None:
        raise InvalidError(f"the id {odd!r:.60} of a case holds what does not print")
    ordered = sorted(right, key=lambda case: case.encode("utf-8", "surrogatepass"))
    lines = "".join([f"{case}\t{contents[case]}\n" for case in ordered])
    bits = "".join(["1" if right[case] else "0" for case in ordered])
    padded = bits + "0" * (-len(bits) % 8)
    packed = int(padded or "0", 2).to_bytes(len(padded) // 8)
    cases = hashlib.sha256(lines.encode("utf-8", "surrogatepass")).hexdigest()
    return {"cases": f"sha256:{cases}", "right": b2a_base64(packed, newline=False).decode()}


def content(*parts: Any) -> str:
    """The digest of what a case is, in hexadecimal digits; raises `InvalidError` for what has no one form."""
    try:
        return hashlib.sha256(canonical(list(parts))).hexdigest()
    except ValueError as error:
        raise InvalidError(f"a case that has no one form: {str(error)[:80]}") from None


def truths(values: Iterable[Any]) -> list[bool] | None:
    """The values of cases as right and wrong; None where one is neither 0 nor 1."""
    found = list(values)
    return [bool(v) for v in found] if all(type(v) in {bool, int, float} and v in {0, 1} for v in found) else None


def share(right: Iterable[bool], value: Any) -> bool:
    """Is a value the share of the cases that are right."""
    found, said = list(right), sources.real(value)
    return said is not None and bool(found) and abs(sum(found) / len(found) - said) <= EQUAL


def successes(value: Any, error: Any, cases: int) -> int | None:
    """How many cases were right, where the standard error of a mean proves that each was right or wrong; else None.

    For values within 0 and 1 the variance of a sample is at most n·p(1-p)/(n-1), and only then that where all of them are 0 or 1.
    """
    mean, spread = sources.real(value), sources.real(error)
    if mean is None or spread is None or cases < 1 or not 0 <= mean <= 1:
        return None
    found = round(mean * cases)
    return found if abs(spread - _widest(mean, cases)) <= EQUAL and abs(found / cases - mean) <= EQUAL else None


def too_wide(value: Any, error: Any, cases: int) -> bool:
    """Is a standard error one that so many cases with values within 0 and 1 cannot have, so that there were fewer."""
    mean, spread = sources.real(value), sources.real(error)
    if mean is None or spread is None or cases < 1 or not 0 <= mean <= 1:
        return False
    return spread > _widest(mean, cases) + ROUNDED


def _widest(mean: float, cases: int) -> float:
    """The greatest standard error that a mean of values within 0 and 1 can have."""
    return sqrt(mean * (1 - mean) / (cases - 1)) if cases > 1 else 0.0
