"""The power of comparisons with the champion: how often an equal model passes, and how many cases that takes.

Reports and warnings say it; no truth rests on it.  Where so few cases come out differently that the normal distribution tells
little, nothing is said.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, erfc, inf, sqrt

from letpass.facts.contrasts import Pairs, tango
from letpass.facts.estimates import wilson

ENOUGH = 10
"""Cases that come out differently, or in the rarer way, from which a chance is told."""
ENOUGH_APART = 60
"""The same in the smaller one of two sets of cases that are not of one size: its interval leans to one side."""
MOST_CASES = 100_000_000
"""Cases of which nobody is told."""
OFTEN = 0.9
"""How often an equal model is to pass, where cases for it are told."""
Z_OFTEN = 1.2815515655446004
"""The normal quantile of that."""


def below(z: float) -> float:
    """The share of a normal distribution that lies below so many standard deviations from its middle."""
    return erfc(-z / sqrt(2.0)) / 2.0


def paired(cases: float, apart: float, margin: float, z: float) -> float | None:
    """How often an equal model passes that is compared case by case; `apart`: the share of cases that come out differently.

    None where too few do.
    """
    if cases * apart < ENOUGH:
        return None
    half = cases * apart / 2.0
    gain, error = tango(Pairs(half, half, cases), margin)
    return below((gain - z * error) / sqrt(cases * apart))


def unpaired(cases: float, others: float, share: float, margin: float, z: float) -> float | None:
    """How often an equal model passes whose share of cases is compared with another one's; None where too few come out the rarer way."""
    if min(cases, others) * min(share, 1.0 - share) < (ENOUGH if cases == others else ENOUGH_APART):
        return None
    down = share - wilson(share * cases, cases, z, lower=True)
    up = wilson(share * others, others, z, lower=False) - share
    spread = sqrt(share * (1.0 - share) * (1.0 / cases + 1.0 / others))
    return below((margin - sqrt(down * down + up * up)) / spread)


def means(error: float, other: float, margin: float, z: float) -> float:
    """How often an equal model passes whose mean is compared with another one's, each with its standard error."""
    spread = sqrt(error * error + other * other)
    return below(margin / spread - z)


def least(margin: float, z: float) -> int | None:
    """Cases below which a comparison case by case can never hold, not even where none comes out differently; None where it never can."""
    return ceil(z * z * (1.0 - margin) / margin) if margin > 0 else None


def needed(chance: Callable[[float], float | None], often: float = OFTEN) -> int | None:
    """Cases from which an equal model passes so often; None where no number of them that anybody has is enough."""
    low, high = 1, 16
    while (chance(high) or 0.0) < often:
        low, high = high, high * 2
        if high > MOST_CASES:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if (chance(middle) or 0.0) >= often else (middle, high)
    return high


def margin_for(chance: Callable[[float], float | None], most: float = 0.5, often: float = OFTEN) -> float | None:
    """The margin, in whole steps of a point or a half, with which an equal model passes so often; None where none does."""
    for halves in range(1, ceil(most * 200) + 1):
        if (chance(halves / 200.0) or 0.0) >= often:
            return halves / 200.0
    return None


def passing(share: float, cases: float, z: float, often: float = OFTEN) -> float | None:
    """The share from which a model is shown to reach a bound so often, with so many cases; None where none is."""
    low, high = share, 1.0
    for _ in range(60):
        middle = (low + high) / 2.0
        # it passes where the count is as large as the score test of the bound asks
        asked = share * cases + z * sqrt(cases * share * (1.0 - share))
        spread = sqrt(cases * middle * (1.0 - middle))
        chance = below((middle * cases - asked) / spread) if spread else inf
        low, high = (low, middle) if chance >= often else (middle, high)
    return high if high < 1.0 - 1e-9 else None
