"""When a delivery is tried again: after growing waits, spread at random."""

from __future__ import annotations

import random

from letpass.events.answer import Answer

SHORTEST, LONGEST = 10.0, 3600.0  # seconds


def wait(attempts: int, answer: Answer) -> float:
    """The seconds until the next attempt, after so many; at least what the target asked for, an hour at most."""
    if answer.gone:
        return LONGEST
    most = min(LONGEST, SHORTEST * 2 ** min(attempts, 20))
    # S311: nobody gains by guessing when somebody tries again
    return min(max(random.uniform(SHORTEST, most), answer.wait), LONGEST)  # noqa: S311
