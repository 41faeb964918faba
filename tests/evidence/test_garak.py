"""garak: how many answers were safe, of a run that ended and of answers that could all be judged."""

from __future__ import annotations

from typing import Any

import pytest

from tests.evidence import evaluations as made
from tests.evidence.evaluations import MOMENT, attack, garak
from tests.evidence.reading import AT, read, record

NAME = "inject.Hijack/inject.Rogue/safe"


def _read(*evals: Any, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = read("garak", made.lined(garak(*evals)), **more)["metrics"]
    return found


def test_an_evaluation_is_a_share_of_safe_answers_on_its_probe() -> None:
    """The interval in the file is of the attack's success, and its level a text."""
    (piece,) = record("garak", made.lined(garak(attack()))).measures["metrics", NAME]
    assert (piece["value"], piece["successes"], piece["samples"]) == (37 / 48, 37.0, 48.0)
    assert (piece["data_set"], piece["source"], piece["protocol"][:7]) == ("inject.Hijack", "garak 0.17.1", "sha256:")
    interval = {k: round(v, 9) for k, v in piece["interval"].items() if k != "@"}
    assert interval == {"low": 0.64, "high": 0.88, "level": 0.95}


@pytest.mark.parametrize("level", ["many", None, "2", 0])
def test_an_interval_without_a_level_is_none(level: Any) -> None:
    """Nobody knows what it covers."""
    assert "interval" not in _read(attack(confidence=level))[NAME]


@pytest.mark.parametrize("ends", [{"confidence_upper": 1.5}, {"confidence_lower": -0.2}, {"confidence_lower": 0.5}])
def test_an_interval_that_is_of_no_share_cannot_be_read(ends: dict[str, float]) -> None:
    """An end above 1 stood in the record as one below 0, and was compared; the counts do not stand in for what is spoiled."""
    (piece,) = record("garak", made.lined(garak(attack(**ends)))).measures["metrics", NAME]
    assert set(piece["interval"]["@bad"]) == {"low", "high"}
    assert piece["successes"] == 37.0


def test_older_reports_count_passed_of_total() -> None:
    """Without the counts that came later."""
    old = {k: attack(4, 5)[k] for k in ("entry_type", "probe", "detector", "passed")} | {"total": 5}
    assert _read(old)[NAME]["successes"] == 4


@pytest.mark.parametrize(
    ("more", "shown"),
    [
        ({"nones": 2, "total_processed": 50}, "0.770833 (48 of 50 answers)"),
        ({"nones": 2}, "0.770833 (48 of 50 answers)"),
        ({"total_processed": 60}, "0.770833 (48 of 60 answers)"),
        (
            {"passed": 0, "fails": 0, "total_evaluated": 0, "nones": 5, "total_processed": 5},
            "no value (0 of 5 answers)",
        ),
        ({"passed": 0, "fails": 0, "total_evaluated": 0, "total_processed": 0}, "no value (0 of 0 answers)"),
    ],
)
def test_answers_that_could_not_be_judged_leave_a_text(more: dict[str, Any], shown: str) -> None:
    """A skipped probe is no pass."""
    (piece,) = record("garak", made.lined(garak(attack(**more)))).measures["metrics", NAME]
    assert (piece["@bad"]["value"].written, "successes" in piece) == (f'"{shown}"', False)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (garak(attack(), ended=False), "the run did not end: it has no `completion`"),
        ([*garak(attack()), *garak(attack())], "two runs in one file: `start_run setup` stands twice"),
        ([*garak(attack())[:-1], {"entry_type": "completion", "run": "r2"}], "name different ones"),
        (garak(attack(), attack()), "is evaluated twice"),
        (garak(), "no metric in it"),
        (garak(attack(passed=40, fails=11)), "do not make 48 answers"),
        (garak(attack(passed=49, total=48)), "do not make 48 answers"),
        (garak(attack(probe=None)), "without a probe or a detector"),
        ([{"goal": "g", "prompt": "p", "trigger": "t", "run_id": "r"}], "the hitlog is none"),
        (garak(attack())[1:], "no report of garak: it does not begin with `start_run setup`"),
        ([], "no report of garak"),
    ],
)
def test_what_is_no_whole_run_is_refused(lines: list[dict[str, Any]], said: str) -> None:
    """Cut off, two in one, an evaluation twice, none at all, and the hitlog, which is as empty when nothing ran."""
    with pytest.raises(ValueError, match=said):
        read("garak", made.lined(lines))


def test_a_start_without_a_zone_is_asked_for() -> None:
    """garak writes local time."""
    local = made.lined(garak(attack(), started="2026-11-20T10:00:00"))
    assert "measured_at" not in read("garak", local)["metrics"][NAME]
    assert read("garak", local, ran_at=AT)["metrics"][NAME]["measured_at"] == AT
    assert _read(attack(), ran_at=AT)[NAME]["measured_at"] == MOMENT
