"""The confidence interval of a measure: recorded, else from its standard error, else Wilson's from its counts."""

from __future__ import annotations

from math import isfinite, sqrt
from typing import Any

from letpass.facts.record import Element
from letpass.frozen import Frozen

NOISE = 1e-9  # an error or a width that is smaller, for the value's size, is what rounding left
FEWEST = 30  # of samples, or of clusters of them, from which a standard error can be told
ROUNDED = 0.005  # a recorded share may be rounded to two digits, and says another thing beyond


class Interval(Frozen):
    """A two-sided interval: its ends, how it was found in words, and the largest term that went into both beside the end itself.

    wilson: it is Wilson's.
    """

    low: float
    high: float
    source: str
    largest: float = 0.0
    wilson: bool = False


def interval(piece: Element, value: float, level: float, z: float, *, percent: bool, share: bool) -> Interval | str:
    """The two-sided interval at `level`, or why there is none.

    `z` is the normal quantile of the level.  Wilson's interval (Wilson 1927, equation 4) is for a share only,
    which `percent` measures from 0 to 100, of cases that are independent of one another.
    """
    bad = piece.get("@bad", ())
    recorded = piece.get("interval")
    if recorded is not None:
        sure, low, high = recorded.get("level"), recorded.get("low"), recorded.get("high")
        if not all(type(x) is float for x in (sure, low, high)):
            return "the recorded interval cannot be read"
        if not low <= value <= high or high - low <= NOISE * max(abs(low), abs(high)) or sure >= 1:
            return "the recorded interval is none: it does not hold the value, or has no width"
        if sure >= level:
            return Interval(low, high, f"recorded interval at {sure * 100:g}%")
    error = piece.get("standard_error")
    if (error is not None or "standard_error" in bad) and not _all_or_none(piece, error):
        if type(error) is not float:
            return "the recorded standard error cannot be read"
        if why := _no_error(piece, value, error, z):
            return why
        return Interval(value - z * error, value + z * error, "standard error", max(abs(value), z * error))
    found = counts(piece, value, percent=percent, share=share)
    if isinstance(found, str):
        return found
    whole = 100.0 if percent else 1.0
    low, high = (wilson(*found, z, lower=lower) * whole for lower in (True, False))
    return Interval(low, high, f"{found[0]:.0f} of {found[1]:.0f}, Wilson", whole, wilson=True)


def counts(piece: Element, value: float, *, percent: bool, share: bool) -> tuple[float, float] | str:
    """The successes and samples of a share of cases that are independent of one another, or why there are none."""
    successes, samples = piece.get("successes"), piece.get("samples")
    bad = piece.get("@bad", ())
    if (successes is None or samples is None) and "successes" not in bad and "samples" not in bad:
        return "it has no interval, no standard error, and no successes of samples"
    if "clusters" in piece or "clusters" in bad:
        return "its samples come in clusters, and without a standard error nobody can tell how alike they are"
    if successes is None or samples is None or not share or not _counts(successes, samples):
        return "its successes and samples cannot be read as a share"
    if abs(value / (100.0 if percent else 1.0) - successes / samples) > ROUNDED:
        return f"its {successes:.0f} successes of {samples:.0f} do not make its value"
    return successes, samples


def _no_error(piece: Element, value: float, error: float, z: float) -> str:
    """Why a recorded standard error tells nothing; nothing where it does."""
    if error <= 0 or not isfinite(abs(value) + z * error):
        return "the recorded standard error cannot be read"
    if error < NOISE * (abs(value) or 1.0):
        return f"the recorded standard error, {error:.3g}, is what rounding left"
    for what in ("samples", "clusters"):
        if what in piece.get("@bad", ()):
            return f"its standard error rests on `{what}` that cannot be read"
        if what in piece and piece[what] < FEWEST:
            return f"its standard error rests on {piece[what]:.0f} {what}, and fewer than {FEWEST} tell none"
    return ""


def _all_or_none(piece: Element, error: Any) -> bool:
    """Is a standard error zero since all cases are right, or all are wrong: then they spread, and only their counts tell how far."""
    successes = piece.get("successes")
    return error == 0 and successes is not None and successes in {0.0, piece.get("samples")} and "clusters" not in piece


def _counts(successes: Any, samples: Any) -> bool:
    return type(successes) is float and type(samples) is float and 0 <= successes <= samples and 0 < samples < 1e15


def wilson(successes: float, samples: float, z: float, *, lower: bool) -> float:
    """One end of Wilson's score interval."""
    share, square = successes / samples, z * z
    centre = share + square / (2 * samples)
    spread = z * sqrt((share * (1 - share) + square / (4 * samples)) / samples)
    end = (centre - spread if lower else centre + spread) / (1 + square / samples)
    return min(1.0, max(0.0, end))
