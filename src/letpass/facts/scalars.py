"""What programs hold in the place of plain values (NumPy's and PyTorch's scalars, dates, paths), as a record writes it.

They are told by what they can do, so that none of these packages is imported.
"""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from typing import Any

from letpass.diagnostics import InvalidError

PLAIN = "texts, numbers, flags, dates, paths, lists and mappings are"


class NotPlainError(InvalidError):
    """What is no plain value; `help`: what to write in its place."""

    def __init__(self, what: str, help_: str) -> None:
        super().__init__(what)
        self.help = help_


def plain(value: Any) -> bool | int | float | str:
    """The number, flag or text that a value is; raises `NotPlainError` for what is none, and for what could only be guessed.

    A number of fewer bits keeps its exact value: `numpy.float32(0.9)` is 0.8999999761581421, and less than 0.9.  A moment needs its zone,
    and is written in UTC.
    """
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, os.PathLike):
        path = os.fspath(value)
        if isinstance(path, str):
            return path
        raise NotPlainError("a path of bytes is no text", "name it by `os.fsdecode`")
    shape = getattr(value, "shape", None)
    if shape is not None and hasattr(value, "dtype") and callable(getattr(value, "item", None)):
        return _scalar(value, tuple(shape))
    raise NotPlainError(f"a {type(value).__name__} is no plain value", PLAIN)


def _moment(value: datetime) -> str:
    if value.tzinfo is None or value.utcoffset() is None:
        help_ = "write `datetime.now(UTC)`, or say its zone with `.replace(tzinfo=…)`"
        raise NotPlainError("a datetime without a zone is no moment", help_)
    try:
        there = value.astimezone(UTC)
        fields = (there.year, there.month, there.day, there.hour, there.minute, there.second, there.microsecond)
        return datetime(*fields, tzinfo=UTC).isoformat()
    except (OverflowError, TypeError, ValueError):
        raise NotPlainError("a datetime that is no day of the calendar", "write a later or earlier one") from None


def _scalar(value: Any, shape: tuple[int, ...]) -> bool | int | float:
    """The one number or flag in what has a data type and no extent."""
    if shape:
        sizes = " by ".join(str(n) for n in shape)
        help_ = "write one element of it, or `.tolist()` where a list has a place"
        raise NotPlainError(f"an array of {sizes} is no single value", help_)
    if getattr(value.dtype, "kind", "") in {"M", "m"}:
        raise NotPlainError("a NumPy date has no zone", "write a datetime with its zone")
    found = value.item()
    if type(found) in {bool, int, float}:
        return found  # type: ignore[no-any-return]
    raise NotPlainError(
        f"a {type(value).__name__} is no number that a record can hold exactly", "write it as a `float`"
    )
