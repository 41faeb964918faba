"""Units in other words than the language has, and what to write instead."""

from __future__ import annotations

import re
from decimal import Decimal

from letpass.diagnostics import nearest
from letpass.language.types import RECORDED_UNITS

UNITS = "`ms`, `s`, `minutes`, `hours`, `days`, `weeks`, `kB`, `MB`, `GB`, `points`"
LONG = frozenset({"second", "minute", "hour", "day", "week", "point"})
_ALIASES = {
    "msec": "ms", "msecs": "ms", "millis": "ms", "milliseconds": "ms", "sec": "s", "secs": "s", "min": "minutes",
    "mins": "minutes", "m": "minutes", "h": "hours", "hr": "hours", "hrs": "hours", "d": "days", "w": "weeks", "KB": "kB",
    "kb": "kB", "mb": "MB", "gb": "GB", "tb": "TB", "pp": "points", "pt": "points",
}  # fmt: skip

_BINARY = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}  # in bytes
_YEARS = {
    "year": 365, "years": 365, "yr": 365, "yrs": 365, "y": 365, "month": 30, "months": 30, "mo": 30, "mon": 30,
    "quarter": 90, "quarters": 90,
}  # in days  # fmt: skip


def is_meant(word: str, keywords: list[str]) -> bool:
    """Is a word behind a number meant for a unit, and not for one of the words that could follow."""
    return known(word) or bool(nearest(word, RECORDED_UNITS)) or not nearest(word, keywords)


def known(word: str) -> bool:
    """Is it a unit in other words."""
    return word in _ALIASES or word in _BINARY or word in _YEARS


def instead(word: str, count: str) -> str:
    """What to write instead of a word that is no unit, behind a number."""
    if word in _ALIASES:
        return f"write `{quantity(count, _ALIASES[word])}`" + (", if minutes are meant" if word == "m" else "")
    if word in _BINARY:
        return f"write `{(Decimal(count) * _BINARY[word]).normalize():f} B`, since the units of a size here are powers of 1,000"
    if word in _YEARS:
        whole = re.fullmatch(r"[0-9]{1,5}", count)
        if whole is None:
            return "years and months are not all of one length: write it in `days`"
        return f"write `{quantity(str(int(count) * _YEARS[word]), 'days')}`, since years and months are not all of one length"
    near = nearest(word, (*RECORDED_UNITS, "point", "points"))
    if not near:
        return f"units are {UNITS}"
    stem = near[0].removesuffix("s")  # of `day` and `days` the one that fits the number
    return f"write `{quantity(count, f'{stem}s') if stem in LONG else f'{count} {near[0]}'}`, if that is the unit"


def quantity(count: str, unit: str) -> str:
    """So much of a unit, in the singular where it is one."""
    return f"{count} {unit.removesuffix('s') if count in {'1', '-1'} and unit.removesuffix('s') in LONG else unit}"
