"""Six models of which each version fares otherwise, and the shards of a run over them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.lifecycle.conftest import Call, write

AT = "2026-11-30T08:00:00Z"
REVIEW = """policy retirement: "When a version has to go"
  on review
require in-date: expires_at > now
require no-drift: observations.drift <= 0.2
"""
MODELS = ("a", "a/b", "churn", "fraud", "loans", "zeta")


def version(model: str, number: int, until: str = "2099-01-01", more: str = "") -> str:
    """A version that expires at a time, and the run that it came of."""
    run = f"registered_at: 2026-01-0{number}\ncode: {{commit: 4f1c0de{number % 2}}}\nhyperparameters: {{C: {number % 2}}}\n"
    return f"model: {model}\nversion: '{number}'\nexpires_at: {until}\n{run}{more}"


@pytest.fixture(name="fleet")
def _fleet(project: Path, call: Call) -> Path:
    """Six models of which each version fares otherwise, some do not read, and registry and ledger differ in two ways."""
    shutil.rmtree(project / "models")
    write(project / "policies/review.policy", REVIEW)
    good, bad = "observations: {drift: {value: 0.1}}", "observations: {drift: {value: 0.3}}"
    for model in MODELS:
        for number in (1, 2, 3):
            accuracy = "metrics: {accuracy: 0.95}\n"
            write(project / f"models/{model}/{number}.yaml", version(model, number, more=accuracy))
    assert call("promote", "fraud@1", "--to", "production")[0] == 0
    for model in MODELS:
        served = f'deployments: [{{endpoint: "https://{model}.corp.example"}}]'
        state = f"'1': {{stage: production, {bad if model == 'zeta' else good}}}\n'3': {{{served}}}\n"
        write(project / f"models/{model}/state.yaml", state + ("'9': {stage: production}\n" if model == "a" else ""))
    write(project / "models/churn/2.yaml", version("churn", 2, "2026-01-01", f"stage: production\n{bad}\n"))
    write(project / "models/loans/4.yaml", "model: loans\nversion: '4'\nmetrics: [oops\n")
    write(
        project / "models/fraud/5.yaml",
        version("fraud", 5, more="artifact: {uri: pipe}\ndeployments: [{endpoint: 'https://five.corp.example'}]\n"),
    )
    (project / "pipe").mkdir()
    (project / "pipe/link").symlink_to("/nowhere")
    return project


def parts(call: Call, command: str, of: int, at: str = AT, *, prefix: str = "s") -> list[str]:
    """Make all shards of a run; their files."""
    names = [f"{prefix}-{number}.json" for number in range(1, of + 1)]
    for number, name in enumerate(names, 1):
        code, out, err = call(command, "--shard", f"{number}/{of}={name}", "--at", at)
        assert (code, out, f"shard {number}/{of} is written, and is no answer" in err) == (0, "", True)
    return names
