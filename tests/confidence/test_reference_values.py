"""The formulas give what other programs gave, and what another way to do the same test gives."""

from __future__ import annotations

import json
import math
import os
from functools import partial
from pathlib import Path
from random import Random
from statistics import NormalDist
from typing import Any

import pytest

from letpass.facts import judges, power
from letpass.facts.contrasts import Pairs, Side, mover, pairs, tango, tango_interval
from letpass.facts.estimates import wilson
from tests.oracle import contrasts as other
from tests.properties.versions import outcomes

SHARED = Path(os.environ.get("LETPASS_SHARED", Path(__file__).parents[3] / "shared"))
VECTORS = SHARED / "data" / "evidence" / "statistics-vectors.json"
NEAR = pytest.approx


def quantile(level: float, tries: int = 1) -> float:
    return NormalDist().inv_cdf(1 - (1 - level) / 2 / tries)


def verdict(gain: float, error: float, z: float) -> str:
    return "true" if gain >= z * error and gain > 0 else "false" if gain < -z * error else "unknown"


def side(given: dict[str, Any], z: float) -> Side:
    """A share by Wilson's interval, or a mean by its standard error."""
    if "successes" in given:
        k, n = given["successes"], given["samples"]
        return Side(k / n, wilson(k, n, z, lower=True), wilson(k, n, z, lower=False))
    value, error = given["value"], given["standard_error"]
    return Side(value, value - z * error, value + z * error)


def test_the_shared_reference_values_are_met() -> None:
    """All of them to 1e-9, and each verdict."""
    if not VECTORS.exists():
        pytest.skip("the reference values are not here: name their folder in LETPASS_SHARED")
    seen = []
    for vector in json.loads(VECTORS.read_text(encoding="utf-8"))["vectors"]:
        given, expected, kind = vector["in"], vector["out"], vector["kind"].split()[0]
        z = quantile(given["level"])
        found: dict[str, Any]
        if kind == "paired":
            of = Pairs(float(given["better"]), float(given["worse"]), float(given["cases"]))
            gain, error = tango(of, given["margin"])
            low, high = tango_interval(of, z)
            found = {"z": gain / error if error else 0.0, "low": low, "high": high, "verdict": verdict(gain, error, z)}
        elif kind in {"unpaired", "relative"}:
            ours, theirs, margin = side(given, z), side(given["champion"], z), given.get("margin", 0.0)
            low, high = mover(ours, theirs, given.get("factor", 1.0))
            told = "true" if low >= -margin else "false" if high < -margin else "unknown"
            difference = ours.value - theirs.value * given.get("factor", 1.0)
            found = {"low": low, "high": high, "verdict": told, "difference": difference, "contrast": difference}
        elif kind == "judged":
            piece = {"judge": {k: float(v) for k, v in given["judge"].items()}}
            corrected = judges.corrected(piece, given["successes"], given["samples"], z)
            assert isinstance(corrected, judges.Corrected)
            found = {"point": corrected.point, "low": corrected.low, "high": corrected.high}
        elif kind == "tries":
            found = {"z": quantile(given["level"], given["tries"])}
        elif "disagreement" in given:
            found = {"chance": power.paired(given["cases"], given["disagreement"], given["margin"], z)}
        else:
            n = given["cases"]
            found = {"chance": power.unpaired(n, n, given["share"], given["margin"], z)}
        for name in expected.keys() - {"mcnemar_chi2"}:
            same = expected[name] if isinstance(expected[name], str) else NEAR(expected[name], rel=0, abs=1e-9)
            assert found[name] == same, (vector["id"], name)
        seen.append(vector["id"])
    assert len(seen) >= 31


def test_the_closed_form_is_the_maximum_of_the_likelihood() -> None:
    """Where the chances differ by just the margin and fit the cases best: the test by its definition."""
    random = Random(1)
    for _ in range(300):
        cases = random.choice((20, 100, 1319, 10_000))
        better, worse = (int(cases * random.choice((0, 0.001, 0.02, 0.1, 0.4))) for _ in range(2))
        margin = random.choice((-0.05, -0.01, 0.01, 0.02, 0.05, 0.3))
        gain, error = tango(Pairs(float(better), float(worse), float(cases)), margin)

        spread = other._spread(better, worse, cases, -margin)
        assert gain == NEAR(better - worse + cases * margin)
        assert error**2 == NEAR(cases * max(spread, 0.0), rel=1e-6, abs=1e-6)


def test_without_a_margin_it_is_mcnemars_test() -> None:
    """(b - c) over the root of (b + c), without a correction."""
    for better, worse, cases in ((60, 20, 2091), (3, 1, 10), (0, 7, 7), (500, 520, 10_000)):
        gain, error = tango(Pairs(float(better), float(worse), float(cases)), 0.0)
        assert gain / error == NEAR((better - worse) / math.sqrt(better + worse), rel=1e-12)


def test_two_shares_are_newcombes() -> None:
    """56 of 70 against 48 of 80 is 0.2, from 0.0524 to 0.3339 (Newcombe 1998, method 10)."""
    z = quantile(0.95)
    low, high = mover(side({"successes": 56, "samples": 70}, z), side({"successes": 48, "samples": 80}, z), 1.0)
    assert (low, high) == (NEAR(0.0524, abs=5e-5), NEAR(0.3339, abs=5e-5))


def test_an_interval_is_where_the_test_turns() -> None:
    """At its lower end the version is just shown not to be worse, and at the other end the champion is."""
    random, z = Random(2), quantile(0.95)
    for _ in range(100):
        cases = random.choice((20.0, 300.0, 5000.0))
        of = Pairs(float(random.randrange(int(cases) // 3)), float(random.randrange(int(cases) // 3)), cases)
        low, high = tango_interval(of, z)
        assert -1 <= low < (of.better - of.worse) / cases < high <= 1 or of.better == of.worse
        for seen, end in ((of, low), (of.mirrored(), -high)):
            gain, error = tango(seen, -end)
            assert gain == NEAR(z * error, abs=1e-6 * cases)


def test_outcomes_are_compared_bit_by_bit() -> None:
    """The highest bit of a byte is the first case."""
    random = Random(3)
    for cases in (1, 7, 8, 9, 1319):
        ours, theirs = ([random.random() < 0.7 for _ in range(cases)] for _ in range(2))
        found = pairs(outcomes(ours), outcomes(theirs), float(cases))
        both = list(zip(ours, theirs, strict=True))
        assert found == Pairs(
            float(sum(a and not b for a, b in both)), float(sum(b and not a for a, b in both)), float(cases)
        )


def test_fewer_cases_than_the_floor_can_never_hold() -> None:
    """Not even where no case comes out differently; with one more they can."""
    z = quantile(0.95)
    for margin, floor in ((0.01, 381), (0.02, 189), (0.03, 125)):
        assert power.least(margin, z) == floor
        for cases, held in ((floor - 1, False), (floor, True)):
            gain, error = tango(Pairs(0.0, 0.0, float(cases)), margin)
            assert (gain >= z * error) is held


def test_the_cases_that_are_told_are_just_enough() -> None:
    """With one fewer an equal model passes less often than nine times in ten."""
    z = quantile(0.95)
    for apart, margin, cases in ((0.05, 0.01, 5364), (0.1, 0.02, 2676), (0.2, 0.03, 2354)):
        assert power.needed(partial(power.paired, apart=apart, margin=margin, z=z)) == cases
    assert power.needed(partial(power.paired, apart=0.1, margin=1e-9, z=z)) is None


def test_nothing_is_told_where_too_few_cases_come_out_differently() -> None:
    """There the formula was up to seven points off."""
    z = quantile(0.95)
    assert power.paired(199.0, 0.05, 0.05, z) is None
    assert power.paired(200.0, 0.05, 0.05, z) is not None
    assert power.unpaired(999.0, 999.0, 0.99, 0.05, z) is None
    assert power.unpaired(1001.0, 1001.0, 0.99, 0.05, z) is not None


def test_nothing_is_told_of_two_sets_of_cases_of_which_the_smaller_one_is_too_small() -> None:
    """Of 300 beside 2,000 it was more than two points off."""
    z = quantile(0.95)
    assert power.unpaired(300.0, 2000.0, 0.88, 0.02, z) is None
    assert power.unpaired(300.0, 300.0, 0.88, 0.02, z) is not None
    assert power.unpaired(600.0, 2000.0, 0.88, 0.02, z) is not None
