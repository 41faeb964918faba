"""Two thousand draws of each design in every run: too bad ones pass no more often than is said, equal ones as often as is told.

`make long` draws a hundred thousand of each.
"""

from __future__ import annotations

import numpy as np
import pytest

from letpass.facts import judges
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
    random = np.random.default_rng(SEED)
    for margin in (0.01, 0.03):
        refused, passed = figures(margin)
        equal, worse = ((0.1, 0.1), ((0.1 - margin - 0.01), (0.1 + margin + 0.01)))
        for chances, told, kept in ((equal, refused, False), (worse, passed, True)):
            b, c = random.multinomial(1319, (*[x / 2 for x in chances], 1 - sum(chances) / 2), 20_000).T[:2]
            good = (b - c) / 1319 >= -margin - 1e-12
            assert abs((good if kept else ~good).mean() * 100 - told) < 1.5


CASES, LABELS = 1000, 100


def test_a_calibration_that_fits_is_seldom_refuted() -> None:
    """Where every case is right, which comes nearest to it, in 2.5 of 100; where most are, hardly ever."""
    assert 0.01 < drawn_with_rates(1.0, 0.8, 0.8) < 0.035
    assert 0.01 < drawn_with_rates(0.0, 0.8, 0.8) < 0.035
    assert drawn_with_rates(0.9, 0.8, 0.8) < 0.01


def test_a_calibration_of_other_cases_is_refuted_where_it_would_show_anything() -> None:
    """A judge that is right of nineteen in twenty here, and was of four in five where it was calibrated."""
    assert drawn_with_rates(1.0, 0.95, 0.8) > 0.95


def test_what_is_not_refuted_has_an_interval_that_meets_what_a_share_can_be() -> None:
    """At 95 of 100 no interval lies wholly above 1 or below 0, to be taken for a share that is known exactly."""
    z, ends = quantile(), []
    for cases in (30, 100, 1000, 10_000):
        for right in (30, 100, 2000):
            for agreed in range(right // 2, right + 1, right // 10):
                for seen in range(0, cases + 1, cases // 30):
                    counts = {"right": right, "right_of_right": agreed, "wrong": 100, "wrong_of_wrong": 80}
                    found = judges.corrected({"judge": {n: float(c) for n, c in counts.items()}}, seen, cases, z)
                    if isinstance(found, judges.Corrected):
                        ends.append((found.low, found.high))
    assert len(ends) > 500
    assert all(low < high for low, high in ends)


def drawn_with_rates(share: float, here: float, calibrated: float) -> float:
    """In what share of the draws the calibration is refuted."""
    random = np.random.default_rng(SEED)
    seen = random.binomial(CASES, share * here + (1 - share) * (1 - here), DRAWS)
    agreed, refused = random.binomial(LABELS, calibrated, (2, DRAWS))
    found = 0
    for k, right, wrong in zip(seen.tolist(), agreed.tolist(), refused.tolist(), strict=True):
        counts = {"right": LABELS, "right_of_right": right, "wrong": LABELS, "wrong_of_wrong": wrong}
        of = {"judge": {n: float(c) for n, c in counts.items()}}
        found += isinstance(judges.corrected(of, float(k), float(CASES), quantile()), judges.Refuted)
    return found / DRAWS


def test_the_draws_would_find_a_formula_that_is_wrong() -> None:
    """Without the correction for the best of twenty a third of those pass that are too bad."""
    random = np.random.default_rng(SEED)
    uncorrected = quantile(1)
    assert uncorrected < quantile(20)
    counts = random.multinomial(1319, (0.04, 0.06, 0.9), size=(DRAWS, 20))[:, :, :2]
    gains = (counts[:, :, 0] - counts[:, :, 1]).max(axis=1)
    # 1.96 standard errors of a difference whose cases come out differently in 10 of 100
    assert (gains + 1319 * 0.02 >= uncorrected * (1319 * 0.1) ** 0.5).mean() > 0.25
    assert paired(1319, 0.1, -0.02, 0.02)(DRAWS, random).passed < 0.05
    assert unpaired(300, 300, 0.5, 0.0, 0.02)(DRAWS, random).refused < 0.05
