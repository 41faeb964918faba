"""Two thousand draws of each design in every run: too bad ones pass no more often than is said, equal ones as often as is told.

`make long` draws a hundred thousand of each.
"""

from __future__ import annotations

import pytest

from letpass.language.chance import figures
from tests.confidence.simulation import Design, designs, faults, paired, quantile, unpaired

DRAWS = 2_000
SEED = 20261130
ROOM = 4.0
"""Standard errors of so many draws."""


@pytest.mark.parametrize("design", tuple(designs()), ids=lambda d: d.name)
def test_what_is_too_bad_passes_no_more_often_than_is_said(design: Design) -> None:
    """And what is equal as often as is told."""
    assert list(faults(design, DRAWS, SEED, ROOM)) == []


def test_a_plain_margin_does_what_the_warning_says() -> None:
    """With 1,319 cases: 12 of 100 equal models are refused by one point, and 13 of 100 pass that are two points worse."""
    import numpy as np

    random = np.random.default_rng(SEED)
    for margin in (0.01, 0.03):
        refused, passed = figures(margin)
        equal, worse = ((0.1, 0.1), ((0.1 - margin - 0.01), (0.1 + margin + 0.01)))
        for chances, told, kept in ((equal, refused, False), (worse, passed, True)):
            b, c = random.multinomial(1319, (*[x / 2 for x in chances], 1 - sum(chances) / 2), 20_000).T[:2]
            good = (b - c) / 1319 >= -margin - 1e-12
            assert abs((good if kept else ~good).mean() * 100 - told) < 1.5


def test_the_draws_would_find_a_formula_that_is_wrong() -> None:
    """Without the correction for the best of twenty a third of those pass that are too bad."""
    import numpy as np

    random = np.random.default_rng(SEED)
    uncorrected = quantile(1)
    assert uncorrected < quantile(20)
    counts = random.multinomial(1319, (0.04, 0.06, 0.9), size=(DRAWS, 20))[:, :, :2]
    gains = (counts[:, :, 0] - counts[:, :, 1]).max(axis=1)
    # 1.96 standard errors of a difference whose cases come out differently in 10 of 100
    assert (gains + 1319 * 0.02 >= uncorrected * (1319 * 0.1) ** 0.5).mean() > 0.25
    assert paired(1319, 0.1, -0.02, 0.02)(DRAWS, random).passed < 0.05
    assert unpaired(300, 300, 0.5, 0.0, 0.02)(DRAWS, random).refused < 0.05
