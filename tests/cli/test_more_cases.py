"""A rule that is not shown either way asks for more cases, and not for evidence that is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Call, write

POLICY = """policy gate: "Gate"
  on promotion to production
metric accuracy: ratio, higher is better
require sure: accuracy >= 90% at 95% confidence
{more}"""
RECORD = "model: m\nversion: '1'\nmetrics: {accuracy: {value: 0.92, samples: 100, successes: 92, data_set: h}}\n"


@pytest.mark.parametrize(
    ("more", "summary", "who"),
    [
        ("", "1 rule needs more cases", "More cases have to be measured."),
        (
            "require known: author is recorded\n",
            "1 rule lacks evidence, 1 needs more cases",
            "Missing evidence has to be recorded; more cases have to be measured.",
        ),
    ],
    ids=["too few cases", "and something that is missing"],
)
def test_too_few_cases_are_told_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Call, more: str, summary: str, who: str
) -> None:
    """In the summary of a report, and in who can let the model go on."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "policies/gate.policy", POLICY.format(more=more))
    write(tmp_path / "1.yaml", RECORD)

    code, text, _ = call("check", "1.yaml", "--to", "production")
    assert (code, summary in text.split("\n")) == (3, True), text
    assert who in call("check", "1.yaml", "--to", "production", "-o", "markdown")[1]
