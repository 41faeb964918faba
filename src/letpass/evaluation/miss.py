"""One condition that keeps a rule from holding, as a value."""

from __future__ import annotations

from letpass.frozen import Frozen
from letpass.trust.missed import Missed, Value


class Miss(Frozen):
    """One condition that keeps a rule from holding, and what a limit for it may be.

    kind: of the numbers that it compares, nothing where it compares none · points: they are differences of ratios ·
    bound: the bound as it is now, also where it is the clock.
    """

    missed: Missed
    kind: str = ""
    points: bool = False
    bound: Value = None
