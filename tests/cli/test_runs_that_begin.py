"""`policy evidence begin`: a service says that a run begins, and the ledger has when, before there is a result."""

from __future__ import annotations

from pathlib import Path

import pytest

from letpass.project.configuration import load
from letpass.project.project import Project
from letpass.trust import begun, statements
from letpass.trust.begun import Slot
from tests.cli.conftest import Call, write

BEGIN = ("evidence", "begin", "models/fraud/4.yaml", "--key", "ci.pem")


def _runs() -> tuple[begun.Begun, ...]:
    project = Project(load())
    assert project.trust is not None
    logged = project.past("fraud").of_kind("begin")
    found = [statements.read("", e.entry.statement.encode(), e.at, e.index) for e in logged]
    return begun.judge(project.trust, found, "fraud", 2**60)


def test_a_run_is_in_the_ledger_as_soon_as_it_begins(office: Path, call: Call) -> None:
    """With the service, the bytes, and what it is to measure on which data."""
    on = (
        "--metric",
        "accuracy",
        "--data-set",
        "holdout",
        "--data-digest",
        "sha256:" + "1" * 64,
        "--suite",
        "Fairness Check",
    )
    code, out, _ = call(*BEGIN, *on)

    assert code == 0
    assert "logged as entry" in out
    (run,) = _runs()
    assert run.service == "ci"
    assert run.artifact == Project(load()).past("fraud").of_kind("begin")[0].entry.artifact
    assert run.slots == (Slot("metrics", "accuracy", "holdout", "sha256:" + "1" * 64), Slot("suites", "Fairness Check"))
    assert run.covers(Slot("suites", "Fairness Check"))
    assert run.covers(Slot("metrics", "accuracy", "holdout"))  # without a digest the name tells
    assert not run.covers(Slot("metrics", "accuracy", "holdout", "sha256:" + "2" * 64))
    assert "to measure accuracy, Fairness Check" in call("ledger", "list", "--kind", "begin")[1]
    assert call("check", "fraud@4", "--to", "production")[0] == 3


def test_each_run_is_one_however_alike_they_are(office: Path, call: Call) -> None:
    """The same said twice is two runs: one that is not told of is what somebody would leave out."""
    for _ in range(2):
        assert call(*BEGIN, "--metric", "accuracy")[0] == 0

    assert len(_runs()) == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (BEGIN, "what will be measured? name it with --metric, --suite or --scan"),
        ((*BEGIN[:3], "--metric", "accuracy"), "which key signs? name the service's with --key, or set LETPASS_SERVICE_KEY"),
        ((*BEGIN, "--suite", "S", "--data-set", "d"), "--data-set and --data-digest are of a --metric"),
        ((*BEGIN[:4], "vera", "--metric", "accuracy"), "the begin would not count: no key of a service in the trust file fits"),
    ],
)  # fmt: skip
def test_what_would_count_nowhere_is_not_begun(office: Path, call: Call, arguments: tuple[str, ...], told: str) -> None:
    """Nothing is logged, and it is told what is missing."""
    code, _, err = call(*arguments)

    assert code in {2, 4}
    assert told in err
    assert Project(load()).ledger.reader() is None or _runs() == ()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--metric", "acuracy"), "no rule in force reads the metric `acuracy`; a metric like it exists: `accuracy`"),
        (("--metric", "accuracy", "--data-set", "hold-out"), "reads the metric `accuracy` on `hold-out`; rules read it on `holdout`"),
        (("--suite", "Smoke"), "no rule in force reads the suite `Smoke`"),
        (("--metric", "accuracy"), ""),
        (("--metric", "accuracy", "--data-set", "holdout", "--suite", "Fairness Check", "--scan", "modelscan"), ""),
    ],
    ids=["a typo", "another data set", "another suite", "any data set", "what rules read"],
)  # fmt: skip
def test_what_no_rule_reads_is_said_when_its_run_begins(
    office: Path, call: Call, arguments: tuple[str, ...], told: str
) -> None:
    """It is begun all the same: what is a typo today may be a rule tomorrow."""
    policy = office / "policies/gate.policy"
    rules = 'require it: accuracy on "holdout" >= 90%\nrequire fair: passed "Fairness Check"\nrequire clean: no scans.findings where severity >= high\n'
    write(policy, f'policy gate: "Gate"\n  on promotion to production\n{rules}')
    code, out, _ = call(*BEGIN, *arguments)

    assert (code, len(_runs())) == (0, 1)
    assert told in out
    assert ("note:" in out) == bool(told)
