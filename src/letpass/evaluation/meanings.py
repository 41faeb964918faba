"""What the words mean on plain values: comparisons, patterns, digests, data sets."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from letpass.language import typed
from letpass.language.types import UNITS


def exactly(left: Any, operator: str, right: Any) -> bool:
    """Two values compared as they are."""
    match operator:
        case ">=":
            return bool(left >= right)
        case "<=":
            return bool(left <= right)
        case ">":
            return bool(left > right)
        case "<":
            return bool(left < right)
        case "==":
            return bool(left == right)
        case _:
            return bool(left != right)


def nearly(left: float, operator: str, right: float, largest: float) -> bool:
    """Two numbers compared, equal when |left - right| is at most 1e-12 of the largest absolute term."""
    if abs(left - right) <= 1e-12 * largest:
        return operator in {">=", "<=", "=="}
    return exactly(left, operator, right)


def in_unit(node: typed.Constant, kind: str, unit: str) -> float:
    """A literal in the unit of what it is compared with, converted in decimal."""
    if kind not in UNITS:
        return float(node.amount)
    return float(Decimal(node.amount) / UNITS[kind][unit])


def is_pinned(reference: str) -> bool:
    """Does a reference carry a digest: `sha256:` and 64 hexadecimal digits, alone or behind `@`."""
    _, at, tail = reference.rpartition("@")
    algorithm, _, digits = (tail if at else reference).partition(":")
    length = {"sha256": 64, "sha384": 96, "sha512": 128}.get(algorithm)
    return length == len(digits) and all(c in "0123456789abcdef" for c in digits)


def same_data(a: Any, b: Any) -> bool:
    """Two measures on one data set: the same name, and the same digest where both have one."""
    name, digests = a.get("data_set"), (a.get("data_digest"), b.get("data_digest"))
    if type(name) is not str or name != b.get("data_set"):
        return False
    return None in digests or (type(digests[0]) is str and digests[0] == digests[1])


def same_way(a: Any, b: Any) -> bool:
    """Two measures by one protocol, or none that is said; and by one judge, or none."""
    return a.get("protocol") == b.get("protocol") and same_judge(a, b)


def same_judge(a: Any, b: Any) -> bool:
    """Two measures, or two slices, by one judge that has a name, or both by none."""
    if "judge" not in a and "judge" not in b:
        return True
    judges = [piece.get("judge", {}).get("model") for piece in (a, b)]
    return type(judges[0]) is str and judges[0] == judges[1]


def data_of(piece: Any) -> str:
    """The data set that a measure is on, in words."""
    name, digest = piece.get("data_set"), piece.get("data_digest")
    text = f"`{name}`" if type(name) is str else "an unnamed data set"
    return f"{text} ({digest[:19]})" if type(digest) is str else text
