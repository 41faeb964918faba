"""The share of cases that people would find right, from the share that a model found right which errs.

Rogan and Gladen 1978, American Journal of Epidemiology 107:71-76; the interval is that of Lang and Reiczigel 2014, Preventive
Veterinary Medicine 113:13-22.  The order of the arithmetic is fixed.
"""

from __future__ import annotations

from math import sqrt

from letpass.facts.estimates import FEWEST
from letpass.facts.record import Element
from letpass.frozen import Frozen

LEAST = 0.1  # by how much a judge has to find right cases right more often than wrong ones
CHANCE = 1.96  # standard errors: 2.5 of 100 calibrations that fit are further off
COUNTS = ("right", "right_of_right", "wrong", "wrong_of_wrong")


class Corrected(Frozen):
    """The share that people would find, and the ends of its interval, each from 0 to 1."""

    point: float
    low: float
    high: float


class Refuted(Frozen):
    """A judge's rates that cannot be those on the cases at hand: what was seen, and what the rates allow, in words."""

    why: str


def corrected(piece: Element, successes: float, samples: float, z: float) -> Corrected | Refuted | str:
    """What people would find of the cases that the piece's judge judged, or why it cannot be told.

    What lies outside of 0 to 1 by no more than chance is taken for 0 or 1.
    """
    judge = piece.get("judge")
    if judge is None:
        return "it does not say by which judge, and how often that one agrees with people"
    found = [judge.get(name) for name in COUNTS]
    if not all(type(each) is float for each in found):
        return "how often its judge agrees with people is not recorded, or cannot be read"
    right, agreed, wrong, refused = found
    if right < FEWEST or wrong < FEWEST:
        return f"its judge was asked of {right:.0f} right and {wrong:.0f} wrong cases, and fewer than {FEWEST} tell nothing"
    sharp, strict = (agreed + 1.0) / (right + 2.0), (refused + 1.0) / (wrong + 2.0)
    apart = sharp + strict - 1.0
    if apart <= LEAST:
        return "its judge hardly tells right cases from wrong ones"
    if why := _refuted(successes, samples, right, agreed, wrong, wrong - refused):
        return Refuted(why)
    square = z * z
    cases = samples + square
    seen = (successes + square / 2.0) / cases
    share = (seen + strict - 1.0) / apart
    of_right = sharp * (1.0 - sharp) / (right + 2.0)
    of_wrong = strict * (1.0 - strict) / (wrong + 2.0)
    centre = share + 2.0 * square * (share * of_right - (1.0 - share) * of_wrong)
    spread = seen * (1.0 - seen) / cases + share * share * of_right + (1.0 - share) * (1.0 - share) * of_wrong
    half = z * sqrt(spread) / apart
    plain = agreed / right + refused / wrong - 1.0
    point = (successes / samples + refused / wrong - 1.0) / plain if plain > 0 else share
    return Corrected(_within(point), _within(centre - half), _within(centre + half))


def _refuted(successes: float, samples: float, right: float, agreed: float, wrong: float, passed: float) -> str:
    """Why the judge's rates are not those on these cases; nothing where they may be.

    If every case were right, it would find as many right as of those that people found right, and if none were, as many as of
    those that they found wrong.  More than the one and fewer than the other there cannot be, but by chance: the score test of
    two shares, at one level whatever level is asked.
    """
    seen = f"its judge found {successes:.0f} of {samples:.0f} cases right, and"
    if _beyond(successes, samples, agreed, right):
        return f"{seen} it finds only {agreed:.0f} of {right:.0f} right that are: more than if every case were right"
    if _beyond(passed, wrong, successes, samples):
        return f"{seen} it finds {passed:.0f} of {wrong:.0f} right that are wrong: fewer than if every case were wrong"
    return ""


def _beyond(more: float, of_more: float, fewer: float, of_fewer: float) -> bool:
    """Is the first share greater than the second by more than chance."""
    both = (more + fewer) / (of_more + of_fewer)
    error = sqrt(both * (1.0 - both) * (1.0 / of_more + 1.0 / of_fewer))
    return more / of_more - fewer / of_fewer > CHANCE * error


def _within(share: float) -> float:
    return min(1.0, max(0.0, share))
