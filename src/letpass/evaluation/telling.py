"""Values of conditions and spans of time as people read them."""

from __future__ import annotations

from decimal import Decimal

from letpass.evaluation.explanation import show
from letpass.facts.values import moment
from letpass.trust.missed import DATE, Missed, Value


def duration(microseconds: int) -> str:
    """A span of time as a policy says it, exactly: `365 days`, `36 hours`, `1.5 s`."""
    for seconds, word in ((86400, "day"), (3600, "hour"), (60, "minute")):
        count, rest = divmod(microseconds, seconds * 1_000_000)
        if not rest:
            return f"{count} {word}{'' if count == 1 else 's'}"
    return f"{Decimal(microseconds) / 1_000_000:f} s"


def days(microseconds: int) -> str:
    """A span of time for people, to a tenth of its unit."""
    seconds = microseconds / 1e6
    for size, word in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = f"{seconds / size:.1f}".removesuffix(".0")
            return f"{count} {word}{'' if count == '1' else 's'}"
    return f"{seconds:g} seconds"


def in_words(missed: Missed, value: Value) -> str:
    """A value of a condition, as people read it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if missed.unit == DATE and isinstance(value, int):
        return moment(value)
    if not isinstance(value, int | float):
        return f"`{value}`"
    if not missed.shown_in:
        return show(float(value), missed.unit)
    return show(float(f"{value * 100:.10g}"), missed.shown_in)
