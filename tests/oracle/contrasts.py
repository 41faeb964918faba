"""A metric against the champion's with confidence, and the share that people would find: in other words than the engine's.

Tango's test is done as its name says: the likelihood is made as large as it can be where the one is worse by just the margin.
"""

from __future__ import annotations

import math
import re
from base64 import b64decode
from dataclasses import dataclass
from fractions import Fraction

from tests.oracle.slots import Piece

NEAR = 1e-12
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class Outcomes:
    """Which cases were right, in the order of the cases."""

    cases: str
    right: tuple[bool, ...]


def outcomes(piece: Piece) -> Outcomes | None:
    """What a measure says of its cases, None where that cannot be read or does not fit its counts."""
    cases, text = piece.value("outcomes.cases"), piece.value("outcomes.right")
    samples, successes = piece.value("samples"), piece.value("successes")
    if None in (cases, text, samples, successes) or not DIGEST.fullmatch(cases) or not 1 <= samples <= 1_000_000:
        return None
    try:
        data = b64decode(text, validate=True)
    except ValueError:
        return None
    bits = [bool(byte >> (7 - at) & 1) for byte in data for at in range(8)]
    count = int(samples)
    if len(data) != math.ceil(count / 8) or any(bits[count:]) or sum(bits) != successes:
        return None
    return Outcomes(cases, tuple(bits))


def apart(ours: Outcomes, theirs: Outcomes) -> tuple[int, int]:
    """In how many cases the one alone is right, and in how many the other."""
    both = list(zip(ours.right, theirs.right, strict=True))
    return sum(a and not b for a, b in both), sum(b and not a for a, b in both)


def case_by_case(better: int, worse: int, cases: int, margin: float, z: float, *, strict: bool) -> bool | None:
    """Whether the one is shown not to be worse than the other by a margin, shown to be worse, or neither."""
    gain = better - worse + cases * margin
    error = math.sqrt(max(cases * _spread(better, worse, cases, -margin), 0.0))
    near = NEAR * max(cases * abs(margin), better, worse)
    if abs(gain) <= near:
        return None
    more, less = gain - z * error, gain + z * error
    if gain > 0:
        return True if (more > near if strict else more >= -near) else None
    return False if (less <= near if strict else less < -near) else None


def _spread(better: int, worse: int, cases: int, difference: float) -> float:
    """What one case adds to the variance, where the chances of better and worse differ by so much and fit the cases best."""
    low, high = max(0.0, -difference), (1 - difference) / 2

    def rising(chance: float) -> bool:
        """Does the likelihood still grow with the chance of worse."""
        slope = 0.0
        for count, of, by in (
            (better, chance + difference, 1.0),
            (worse, chance, 1.0),
            (cases - better - worse, 1 - 2 * chance - difference, -2.0),
        ):
            if count:
                if of <= 0:
                    return by > 0
                slope += count * by / of
        return slope > 0

    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) else (low, middle)
    return 2 * low + difference - difference * difference


@dataclass(frozen=True)
class Ends:
    """A value and its interval, exactly as the doubles say, in the unit of a comparison."""

    value: Fraction
    low: Fraction
    high: Fraction


def by_intervals(ours: Ends, theirs: Ends, factor: Fraction, sign: str, shift: Fraction) -> bool | None:
    """Whether our value is shown to be on the right side of theirs times a factor, and moved."""
    middle = theirs.value * factor
    down = math.hypot(float(ours.value - ours.low), float((theirs.high - theirs.value) * factor))
    up = math.hypot(float(ours.high - ours.value), float((theirs.value - theirs.low) * factor))
    if not math.isfinite(down) or not math.isfinite(up):
        return None
    low, high = ours.value - middle - Fraction(down), ours.value - middle + Fraction(up)
    terms = (ours.value, middle, shift)
    near_low = max(abs(x) for x in (*terms, ours.low, theirs.high)) / 10**12
    near_high = max(abs(x) for x in (*terms, ours.high, theirs.low)) / 10**12
    return told(low, near_low, high, near_high, sign, shift)


def told(
    low: Fraction, near_low: Fraction, high: Fraction, near_high: Fraction, sign: str, bound: Fraction
) -> bool | None:
    """What an interval says of a bound; each end is as good as the bound where it is so near."""
    if sign in {"<=", "<"}:
        return told(-high, near_high, -low, near_low, sign.replace("<", ">"), -bound)
    if abs(low - bound) <= near_low:
        if sign == ">=":
            return True
    elif low > bound:
        return True
    if abs(high - bound) <= near_high:
        return False if sign == ">" else None
    return False if high < bound else None


def judged(piece: Piece, successes: float, samples: float, z: float) -> tuple[float, float] | None:
    """The interval of the share that people would find, where a judge's errors are known."""
    right, agreed, wrong, refused = (
        piece.value(f"judge.{name}") for name in ("right", "right_of_right", "wrong", "wrong_of_wrong")
    )
    if None in (right, agreed, wrong, refused) or agreed > right or refused > wrong or min(right, wrong) < 30:
        return None
    sensitivity, specificity = (agreed + 1) / (right + 2), (refused + 1) / (wrong + 2)
    youden = sensitivity + specificity - 1
    if youden <= 0.1:
        return None
    if _surer(successes, samples, agreed, right) or _surer(wrong - refused, wrong, successes, samples):
        return None
    adjusted = samples + z * z
    apparent = (successes + z * z / 2) / adjusted
    true = (apparent + specificity - 1) / youden
    var_se, var_sp = (s * (1 - s) / (n + 2) for s, n in ((sensitivity, right), (specificity, wrong)))
    shift = 2 * z**2 * (true * var_se - (1 - true) * var_sp)
    width = z / youden * math.sqrt(apparent * (1 - apparent) / adjusted + true**2 * var_se + (1 - true) ** 2 * var_sp)
    low, high = true + shift - width, true + shift + width
    return min(max(low, 0.0), 1.0), min(max(high, 0.0), 1.0)


def _surer(hits: float, of: float, others: float, of_others: float) -> bool:
    """Is one share greater than another in a one-sided chi-square test of the table of four, at 2.5 of 100."""
    every, found = of + of_others, hits + others
    missed = every - found
    if not found or not missed or hits * of_others <= others * of:
        return False
    cross = hits * (of_others - others) - others * (of - hits)
    return cross * cross * every / (of * of_others * found * missed) > 1.96**2
