"""The two-sided interval of a value at a level of confidence."""

from __future__ import annotations

import math
from statistics import NormalDist

from tests.oracle.slots import Piece

NOISE = 1e-9
FEWEST = 30


def interval(piece: Piece, value: float, level: float, whole: float | None) -> tuple[float, float] | None:
    """Lower and upper bound in the unit of the value; whole: 1 of a share in that unit, None for what is no share."""
    if "interval" in piece.raw:
        low, high, of = (piece.value(f"interval.{part}") for part in ("low", "high", "level"))
        if None in (low, high, of) or not low <= value <= high or of >= 1:
            return None
        if high - low <= NOISE * (abs(value) or 1.0):
            return None
        if of >= level:
            return low, high
    z = NormalDist().inv_cdf((1 + level) / 2)
    samples, successes = piece.value("samples"), piece.value("successes")
    if piece.said("standard_error"):
        error = piece.value("standard_error")
        same_all = successes is not None and successes in {0, samples} and piece.value("clusters") is None
        if error != 0 or not same_all:
            if error is None or error < NOISE * (abs(value) or 1.0):
                return None
            for many in ("samples", "clusters"):
                if piece.said(many) and (piece.value(many) is None or piece.value(many) < FEWEST):
                    return None
            return value - z * error, value + z * error
    found = counts(piece, value, whole)
    if found is None or whole is None:
        return None
    successes, samples = found
    share = successes / samples
    middle = (share + z * z / (2 * samples)) / (1 + z * z / samples)
    half = z / (1 + z * z / samples) * math.sqrt(share * (1 - share) / samples + z * z / (4 * samples * samples))
    # without a success, or a failure, the bound is the end of the range itself
    low = middle - half if successes else 0.0
    high = middle + half if successes < samples else 1.0
    return low * whole, high * whole


def counts(piece: Piece, value: float, whole: float | None) -> tuple[float, float] | None:
    """Successes and samples, where the value is their share and each case stands by itself."""
    samples, successes = piece.value("samples"), piece.value("successes")
    if whole is None or not samples or successes is None or successes > samples or piece.said("clusters"):
        return None
    return None if abs(successes / samples - value / whole) > 0.005 else (successes, samples)
