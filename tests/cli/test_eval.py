"""`policy eval`: one condition or one value of a record, as a rule would have it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Call, write

RECORD = """model: fraud
version: "1"
metrics:
  accuracy: {value: 0.9, samples: 100}
  latency: {value: 50, unit: ms}
  weights: {value: 2, unit: MB}
  recall: {value: 0.9, data_set: h, slices: [{group: a, value: 0.95, samples: 100}, {group: b, value: 0.7, samples: 10}]}
registered_at: 2026-11-20
code: {commit: abc, dirty: false}
"""
POLICY = """policy values: "Values"
  on promotion to production
metric accuracy: ratio, higher is better
metric latency: duration in ms, lower is better
metric weights: size in MB, lower is better
metric recall: ratio, higher is better
let slack = accuracy - 0.5
require good: accuracy >= 0.5
"""
VALUES = {
    "accuracy": "0.9",
    "accuracy - 0.5": "0.4",
    "abs(accuracy - 1)": "0.1",
    "accuracy.samples": "100",
    "slack": "0.4",
    "latency + 5 ms": "55 ms",
    "latency * 2": "100 ms",
    "latency - 1 s": "-950 ms",
    "weights + 1 MB": "3 MB",
    "0.5 * 3": "1.5",
    "2 s": "2 s",
    "max(recall.slices.value)": "0.95",
    "max(recall.slices.value) - 0.5": "0.45",
    "max(recall.slices.samples) * 2": "200",
    "min(recall.slices.value where samples >= 50)": "0.95",
    "now": "2026-11-23T12:00:00Z",
    "registered_at": "2026-11-20",
    "registered_at + 30 days": "2026-12-20",
    "2026-11-20": "2026-11-20",
    "code.commit": "`abc`",
}
ANSWERS = {
    "accuracy >= 0.8": (0, "true    accuracy >= 0.8  (accuracy is 0.9; to spare 0.1)"),
    "slack >= 0.5": (1, "false   slack >= 0.5  (the difference is 0.4, accuracy is 0.9; short by 0.1)"),
    "code.dirty": (1, "false   code.dirty  (code.dirty is false)"),
    "risk": (3, "unknown risk  (risk is not recorded)"),
    "recall.samples * 2": (3, "unknown recall.samples * 2  (recall.samples is not recorded)"),
    "champion.accuracy - accuracy": (
        3,
        "unknown champion.accuracy - accuracy  (accuracy is 0.9; champion.accuracy: it is not known who holds the stage)",
    ),
}


@pytest.fixture(name="evaluate")
def _evaluate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Call) -> Call:
    write(tmp_path / "record.yaml", RECORD)
    write(tmp_path / "values.policy", POLICY)
    monkeypatch.chdir(tmp_path)
    return lambda text, **more: call(
        "eval", text, "record.yaml", "-p", "values.policy", "--at", "2026-11-23T12:00:00Z", **more
    )


@pytest.mark.parametrize("text", VALUES)
def test_a_value_is_shown_in_its_unit(evaluate: Call, text: str) -> None:
    """That of the metric which comes first, where several are reckoned with."""
    assert evaluate(text) == (0, f"{VALUES[text]}\n", "")


@pytest.mark.parametrize("text", ANSWERS)
def test_a_condition_is_answered_and_what_is_unknown_is_no_value(evaluate: Call, text: str) -> None:
    """The exit code is that of a rule, and the line says what was seen."""
    code, line = ANSWERS[text]

    assert evaluate(text) == (code, f"{line}\n", "")
