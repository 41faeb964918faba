"""Rules that people wrote for real gates: each reads, allows what they allowed, and stops what they stopped."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from letpass.diagnostics import Source
from letpass.facts.reader import with_digest
from letpass.facts.record import Holder
from letpass.facts.schema import VOCABULARY
from letpass.gate import judgement
from letpass.project.policyset import from_texts
from letpass.registries import files
from letpass.trust.accepted import NOTHING, Accepted, Signoff

if TYPE_CHECKING:
    from letpass.evaluation.decision import Decision
    from letpass.facts.record import Record
    from letpass.move import Move

HERE = Path(__file__).parent / "real-rules"
FILES = sorted(p.stem for p in HERE.glob("*.policy"))
UNSURE = {"03-no-regression", "16-bound-and-change"}
"""Those that compare a share with the champion's, and with no confidence."""
NOW = 1_800_000_000_000_000  # 2027-01-15T08:00:00Z


@dataclass(frozen=True)
class Case:
    """A record and what comes of it: the verdict, then the outcome of each rule that is no pass."""

    record: str
    expected: str
    champion: str | None = None
    accepted: Accepted = NOTHING
    computed: bool = False


def _on(data_set: str, **metrics: object) -> str:
    lines = "".join(f"  {name}: {{value: {value}, data_set: {data_set}}}\n" for name, value in metrics.items())
    return f"metrics:\n{lines}"


def _slices(data_set: str, **metrics: dict[str, float]) -> str:
    found = "metrics:\n"
    for name, groups in metrics.items():
        listed = ", ".join(f"{{group: {g}, value: {v}}}" for g, v in groups.items())
        found += f"  {name}: {{value: 0.9, data_set: {data_set}, slices: [{listed}]}}\n"
    return found


def _fair(**odds: float) -> str:
    return _slices(
        "graded-essays",
        disparate_impact={"a": 0.8, "b": 1.1},
        equal_opportunity_difference={"a": -0.049, "b": 0.02},
        average_odds_difference=odds,
    )


def _observed(errors: float, until: str = "2027-01-15T07:30:00Z") -> str:
    window = f"since: 2027-01-14T07:00:00Z, until: '{until}'"
    return (
        "observations:\n"
        f"  latency_p95: {{value: 3.1, {window}}}\n"
        f"  error_rate: {{value: {errors}, {window}}}\n"
        f"  shadow_match: {{value: 0.973, {window}}}\n"
    )


def _submission(top1: float, nanoseconds: int) -> str:
    return f"metrics:\n  top1: {{value: {top1}, data_set: ImageNet}}\n  word_error_rate: {{value: 7.6, data_set: LibriSpeech}}\n  server_latency: {{value: {nanoseconds}, data_set: Server}}\n"


def _scan(disclosed: str, fixed_in: str) -> str:
    finding = f"{{id: CVE-2027-0001, severity: high, disclosed_at: {disclosed}{fixed_in}}}"
    return f"scans:\n- {{tool: clair, ran_at: 2027-01-14, completed: true, scanned: 120, findings: [{finding}]}}\n"


def _score(accuracy: float, bias: float) -> str:
    return (
        _on("holdout", accuracy=accuracy, bias=bias, p_value=0.01)
        + "  performance: {value: 0.85, data_set: load-test}\n"
    )


def _parts(package: str, uri: str) -> str:
    return f"environment:\n  packages: {{numpy: 2.4.6, {package}: 1.0.0}}\ndata:\n- {{name: d, uri: '{uri}'}}\nartifact: {{uri: 'https://models.example/m'}}\n"


def _latency(p99: int) -> str:
    return _on("holdout", accuracy=0.9) + f"  latency_p99: {{value: {p99}, data_set: load-test}}\n"


APPROVED = Accepted(signoffs=(Signoff("anna", "approver", NOW - 1),))
DIGEST = "artifact: {digest: 'sha256:0a'}\n"
CASES: dict[str, list[Case]] = {
    "01-accuracy-floor": [
        Case(_on("holdout", accuracy=0.85, f1_score=0.8), "allow"),
        Case(_on("holdout", accuracy=0.84, f1_score=0.8), "deny accurate=fail"),
        Case(_on("holdout", f1_score=0.8), "undecided accurate=unknown"),
    ],
    "02-drift-in-two-severities": [
        Case(_on("last-week", drift_score=0.1), "allow"),
        Case(_on("last-week", drift_score=0.2), "allow low-drift=advice"),
        Case(_on("last-week", drift_score=0.31), "deny no-drift=fail low-drift=advice"),
    ],
    "03-no-regression": [
        Case(_on("holdout", accuracy=0.9), "allow", _on("holdout", accuracy=0.92)),
        Case(_on("holdout", accuracy=0.9), "allow"),
        Case(_on("holdout", accuracy=0.9), "deny no-regression=fail", _on("holdout", accuracy=0.921)),
    ],
    "04-latency-against-before": [
        Case(_latency(75), "allow", _latency(50)),
        Case(_latency(76), "allow not-slower=advice", _latency(50)),
        Case(_on("holdout", accuracy=0.8), "deny accurate=fail"),
    ],
    "05-approved-parts": [
        Case(_parts("pandas", "s3://approved-data-eu/x"), "allow"),
        Case(_parts("pandas", "s3://other/x"), "deny sources=fail"),
        Case(_parts("leftpad", "gs://ml-datasets-a/x"), "deny packages=fail"),
    ],
    "07-fair-in-every-group": [
        Case(_fair(a=0.01, b=-0.04), "allow"),
        Case(_fair(a=0.01, b=-0.05), "deny odds=fail"),
        Case(
            _slices(
                "graded-essays",
                disparate_impact={},
                equal_opportunity_difference={"a": 0.0},
                average_odds_difference={"a": 0.0},
            ),
            "undecided impact=unknown",
        ),
    ],
    "08-fair-lending": [
        Case(_on("applications", fairness=0.9, content_safety=0.85, risk_management=0.9), "allow"),
        Case(_on("applications", fairness=0.89, content_safety=0.85, risk_management=0.9), "deny fair=fail"),
    ],
    "09-better-both-ways": [
        Case(_on("eval", accuracy=0.85), "allow", _on("eval", accuracy=0.8)),
        Case(_on("eval", accuracy=0.84), "deny absolute=fail", _on("eval", accuracy=0.8)),
        Case(_on("eval", accuracy=0.84), "undecided absolute=unknown relative=unknown"),
    ],
    "10-error-ceiling": [
        Case(_on("test", root_mean_squared_error=10), "allow"),
        Case(_on("test", root_mean_squared_error=10.5), "deny precise=fail"),
    ],
    "12-metrics-then-a-person": [
        Case(_on("evaluation", intent_acc=0.9, slot_f1=0.96), "allow", accepted=APPROVED),
        Case(_on("evaluation", intent_acc=0.9, slot_f1=0.96), "undecided approved=unknown"),
        Case(_on("evaluation", intent_acc=0.8, slot_f1=0.96), "deny intent=fail", accepted=APPROVED),
    ],
    "13-better-than-production": [
        Case(_on("test", mse=3000), "allow", _on("test", mse=3001)),
        Case(_on("test", mse=3000), "allow"),
        Case(_on("test", mse=3000), "deny better=fail", _on("test", mse=3000)),
        Case("", "undecided measured=unknown"),
    ],
    "14-minimum-gain": [
        Case(_on("test", accuracy=0.91), "allow", _on("test", accuracy=0.9)),
        Case(_on("test", accuracy=0.2), "allow"),
        Case(_on("test", accuracy=0.905), "deny gain=fail", _on("test", accuracy=0.9)),
    ],
    "16-bound-and-change": [
        Case(_slices("eval", binary_accuracy={"Female": 0.88, "Male": 0.5}), "allow", _on("eval", binary_accuracy=0.9)),
        Case(_slices("eval", binary_accuracy={"Female": 0.88, "Male": 0.49}), "deny slices=fail"),
        Case(
            _slices("eval", binary_accuracy={"Female": 0.88}), "deny change=fail", _on("eval", binary_accuracy=0.900001)
        ),
    ],
    "18-service-levels": [
        Case(_observed(0.0048), "allow"),
        Case(_observed(0.01), "deny reliable=fail"),
        Case(_observed(0.0048, "2027-01-15T06:30:00Z"), "deny fresh=fail"),
    ],
    "20-weighted-score": [
        Case(_score(0.88, 0.1), "allow", _on("holdout", accuracy=0.8)),
        Case(_score(0.88, 0.1), "deny improved=fail", _on("holdout", accuracy=0.81)),
        Case(_score(0.75, 0.2), "deny acceptable=fail"),
    ],
    "22-share-of-a-reference": [
        Case(_submission(75.6954, 15_000_000), "allow"),
        Case(_submission(75.69, 15_000_000), "deny images=fail"),
        Case(_submission(76.0, 15_000_001), "deny latency=fail"),
    ],
    "23-old-vulnerabilities": [
        Case(_scan("2027-01-10", ", fixed_in: 1.2.3"), "allow"),
        Case(_scan("2026-12-01", ", fixed_in: ''"), "allow"),
        Case(_scan("2026-12-01", ", fixed_in: 1.2.3"), "deny patched=fail"),
        Case(_scan("2026-12-01", ""), "undecided patched=unknown"),
    ],
    "26-tests-of-this-artifact": [
        Case("suites: [{name: unit, passed: true, cases: 12}]\n" + DIGEST, "allow", computed=True),
        Case("suites: [{name: unit, passed: true, cases: 12}]\n" + DIGEST, "undecided same-bytes=unknown"),
        Case(
            "suites: [{name: unit, passed: true, cases: 12}, {name: load, passed: false, cases: 3}]\n" + DIGEST,
            "deny no-failure=fail",
            computed=True,
        ),
    ],
}


def _text(name: str) -> str:
    return (HERE / f"{name}.policy").read_text(encoding="utf-8")


def _record(text: str, *, computed: bool = False, version: int = 2) -> Record:
    record = files.parse(Source("m.yaml", f"model: m\nversion: '{version}'\n{text}"))[0]
    return with_digest(record, "sha256:0a") if computed else record


def _judge(name: str, case: Case) -> Decision:
    policies = from_texts({f"{name}.policy": _text(name)}, VOCABULARY)
    champion: Record | Holder = Holder.NOBODY if case.champion is None else _record(case.champion, version=1)
    move: Move = policies.policies[0].moves[0]
    return judgement.judge(policies, _record(case.record, computed=case.computed), move, NOW, champion, case.accepted)


@pytest.mark.parametrize("name", FILES)
def test_a_real_rule_reads_without_an_error(name: str) -> None:
    """The policy checks, every rule has a label, and no warning but that a champion is asked for with no confidence."""
    policies = from_texts({f"{name}.policy": _text(name)}, VOCABULARY)

    assert [d.code for d in policies.warnings] == (["GATE260"] if name in UNSURE else [])
    assert all(rule.label for rule in policies.policies[0].rules)


@pytest.mark.parametrize("name", FILES)
def test_a_real_rule_names_where_it_comes_from(name: str) -> None:
    """The first line is REPOSITORY:PATH, the next ones the meaning."""
    lines = _text(name).split("\n")

    assert re.fullmatch(r"# [\w.-]+/[\w.-]+:[\w./-]+", lines[0])
    assert lines[1].startswith("# ")


@pytest.mark.parametrize(
    ("name", "case"),
    [(n, c) for n, cases in CASES.items() for c in cases],
    ids=lambda x: x if isinstance(x, str) else x.expected.replace(" ", ","),
)
def test_a_real_rule_decides_as_its_author_meant(name: str, case: Case) -> None:
    """The verdict, and the outcome of every rule that is no pass."""
    decision = _judge(name, case)
    found = [f"{r.rule.label}={r.outcome.value}" for r in decision.rules if r.outcome.value != "pass"]

    assert case.expected == " ".join([decision.verdict.value, *found])


def test_every_real_rule_has_a_record_that_passes_and_one_that_does_not() -> None:
    """No policy is without a case of each kind."""
    assert sorted(CASES) == FILES
    for cases in CASES.values():
        verdicts = {c.expected.split()[0] == "allow" for c in cases}

        assert {True, False} == verdicts
