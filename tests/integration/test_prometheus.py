"""What a real Prometheus has measured of a served model becomes the version's observations, with their window."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from letpass.facts.values import date
from letpass.project.configuration import load
from letpass.project.project import Project
from tests.cli import office
from tests.cli.conftest import OWN, write
from tests.integration.prometheus import Server

Call = Callable[..., tuple[int, str, str]]
LATENCY = "latency_p99=histogram_quantile(0.99, sum by (le) (rate(request_seconds_bucket[$window])))"
ERRORS = "error_rate=sum(rate(requests_total{code='500'}[$window])) / sum(rate(requests_total[$window]))"
DRIFT = "drift=max(feature_drift)"
POLICY = """policy operation: "How it behaves"
  on review
metric latency_p99: duration in ms, lower is better
metric error_rate: ratio in %, lower is better
metric drift: ratio, lower is better
require watched: observations.latency_p99.until within 1 hour and observations.error_rate.until within 1 hour
require fast: observations.latency_p99 <= 50 ms
require reliable: observations.error_rate <= 0.1%
require no-drift: observations.drift <= 0.2
"""
RECORD = "model: fraud\nversion: '4'\nmetrics: {accuracy: 0.95}\n"


@pytest.fixture(name="project")
def _project(elsewhere: Path) -> Path:
    """A registry with one version in production, and policies on review."""
    write(elsewhere / "policies/operation.policy", POLICY)
    write(elsewhere / "models/fraud/4.yaml", RECORD)
    write(elsewhere / "models/fraud/state.yaml", "'4': {stage: production}\n")
    return elsewhere


def state() -> dict[str, Any]:
    """What the state file says of the version."""
    found: dict[str, Any] = yaml.safe_load(Path("models/fraud/state.yaml").read_text())["4"]
    return found


def query(url: str, *queries: str, window: str = "5s") -> list[str]:
    """The arguments of `policy observe`."""
    asked = [part for q in queries for part in ("--query", q)]
    return [
        "observe",
        "fraud@4",
        "--prometheus",
        url,
        *asked,
        *(["--window", window] if "$window" in str(queries) else []),
    ]


def test_latency_error_rate_and_drift_are_recorded_with_their_window_and_judged(
    project: Path, call: Call, monitoring: Server
) -> None:
    """A p99 in seconds meets a bound in milliseconds; what is read of a gauge claims no window."""
    arguments = query(monitoring.url, LATENCY, ERRORS, DRIFT)
    assert call("review", "fraud")[0] == 3

    code, out, err = call(*arguments, "--unit", "latency_p99=s")

    assert (code, err, out.splitlines()[-1]) == (0, "", "wrote observations of fraud@4")
    found = state()["observations"]
    latency, errors, drift = (found[name] for name in ("latency_p99", "error_rate", "drift"))
    assert (0.02 <= latency["value"] <= 0.04, latency["unit"]) == (True, "s")
    assert 0 <= errors["value"] < 0.001
    assert drift["value"] == 0.125
    assert [sorted(f) for f in (latency, errors, drift)] == [
        ["since", "source", "unit", "until", "value"], ["since", "source", "until", "value"], ["source", "until", "value"],
    ]  # fmt: skip
    assert {f["source"] for f in found.values()} == {f"prometheus {monitoring.url}"}
    since, until = (date(str(latency[k]).replace("+00:00", "Z")) for k in ("since", "until"))
    assert isinstance(since, int)
    assert isinstance(until, int)
    assert (until - since, 0 <= time.time() - until / 1e6 < 60) == (5_000_000, True)
    assert call("review", "fraud")[0] == 0


def test_what_production_shows_to_be_bad_is_due(project: Path, call: Call, monitoring: Server) -> None:
    """The same numbers under a stricter bound: denied on review, by the rule that they break."""
    write(project / "policies/operation.policy", POLICY.replace("50 ms", "5 ms"))
    assert call(*query(monitoring.url, LATENCY, ERRORS, DRIFT), "--unit", "latency_p99=s")[0] == 0

    code, out, err = call("review", "fraud")

    assert (code, err) == (1, "1 due; `policy review --apply` archives them\n")
    assert "DENIED  fraud@4 → review" in out
    assert "FAIL[GATE300]  operation/fast" in out


def test_cases_of_a_share_are_asked_for_beside_it(project: Path, call: Call, monitoring: Server) -> None:
    """With them a bound can be asked for at a confidence."""
    cases = "error_rate.samples=round(sum(increase(requests_total[$window])))"
    failed = "error_rate.successes=round(sum(increase(requests_total{code='500'}[$window])))"

    assert call(*query(monitoring.url, ERRORS, cases, failed))[0] == 0

    found = state()["observations"]["error_rate"]
    assert [type(found[k]) for k in ("value", "samples", "successes")] == [float, int, int]
    assert found["samples"] > 1000


def test_signed_by_monitoring_observations_count_as_attested(
    openssh: str, elsewhere: Path, call: Call, monitoring: Server
) -> None:
    """A service's key makes them more than a claim: the record itself stays as it is, and the attested value wins."""
    folder = office.build(elsewhere / "office")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        write(folder / "policies/operation.policy", POLICY.replace("<= 0.2", '<= 0.2 attested by "ci"'))
        assert call("sign", "policies", "--role", "policy-owner", "--key", OWN)[0] == 0
        assert call("promote", "fraud@4", "--to", "staging")[0] == 0
        arguments = query(monitoring.url, LATENCY, ERRORS, DRIFT)
        assert call(*arguments, "--unit", "latency_p99=s")[0] == 0
        assert call("check", "fraud@4", "--on", "review")[0] == 3

        code, out, err = call(*arguments, "--unit", "latency_p99=s", "--key", "ci.pem")

        assert (code, err) == (0, "")
        assert out.splitlines()[-1].startswith("wrote models/fraud/4/")
        code, out, _ = call("check", "fraud@4", "--on", "review")
        assert (code, out.startswith("ALLOWED")) == (0, True), out


# ---------------------------------------------------------------- nothing is recorded


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ("drift=no_such_metric", "the query of `drift` gives no data, and one value is wanted"),
        ("drift=requests_total", "the query of `drift` gives 2 series, and one value is wanted"),
        ("drift=feature_drift[1m]", "the query of `drift` gives a matrix, and one value is wanted"),
        ('drift="text"', "the query of `drift` gives a string, and one value is wanted"),
        ("drift=sum(rate(", 'invalid parameter "query": 1:10: parse error: unclosed left parenthesis'),
        ("drift.samples=1", "`drift` has no query of its value"),
        ("drift.p50=1", "`drift.p50` names no field of an observation"),
        (".value=1", "`.value` names no field of an observation"),
    ],
)
def test_a_query_that_gives_no_one_value_records_nothing(
    project: Path, call: Call, monitoring: Server, asked: str, why: str
) -> None:
    """Also where another query beside it does: an observation is recorded whole or not at all."""
    code, out, err = call(*query(monitoring.url, "other=max(feature_drift)", asked))

    assert (code, out, state()) == (2, "", {"stage": "production"})
    assert "GATE413" in err
    assert why in err


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--query", "drift.value=1", "--query", "drift=2"], "`drift` has two queries of its value"),
        (["--query", "drift=1", "--query", "drift=2"], "`drift` is asked for twice"),
        (["--query", "drift=1", "--unit", "drfit=ms"], "there is no metric `drfit` to have a unit"),
        (["--query", "drift=1", "--window", "1h"], "no --query has `$window` in it"),
        (["--query", "drift=rate(x[$window])", "--window", "1 hour"], "`1 hour` is no window"),
        (["--query", "drift=rate(x[$window])", "--window", "999999999w"], "is longer than ten years"),
        (["--query", "drift.value=1", "--query", "drift.samples=0.5"], "gives 0.5, which counts nothing"),
        (["--query", "drift"], "`drift` is no METRIC=EXPR"),
        (["--query", "drift=1", "--from", "record"], "--from is of a FILE"),
    ],
)
def test_what_would_not_be_looked_at_is_an_error(
    project: Path, call: Call, monitoring: Server, arguments: list[str], why: str
) -> None:
    """No option and no query is dropped in silence."""
    code, out, err = call("observe", "fraud@4", "--prometheus", monitoring.url, *arguments)

    assert (code, out, state()) == (2, "", {"stage": "production"})
    assert why in err


def test_not_a_number_stays_unreadable(project: Path, call: Call, monitoring: Server) -> None:
    """The quantile of a window without requests is NaN: it is recorded as that, and no bound holds of it."""
    assert call(*query(monitoring.url, LATENCY, ERRORS, "drift=1/0 - 1/0"), "--unit", "latency_p99=s")[0] == 0

    assert state()["observations"]["drift"]["value"] == "NaN"
    code, out, _ = call("review", "fraud")
    assert (code, "operation/no-drift" in out) == (3, True), out


def test_an_infinite_value_stays_unreadable(project: Path, call: Call, monitoring: Server) -> None:
    """Below every bound, and no number all the same."""
    assert call(*query(monitoring.url, LATENCY, ERRORS, "drift=-1/0"), "--unit", "latency_p99=s")[0] == 0

    assert (state()["observations"]["drift"]["value"], call("review", "fraud")[0]) == ("-Inf", 3)


# ---------------------------------------------------------------- a file


def test_a_file_is_recorded_as_it_says(project: Path, call: Call) -> None:
    """With the units of --unit for numbers that have none."""
    write(project / "seen.yaml", "observations: {latency_p99: 0.04, drift: {value: 0.1, until: 2026-11-20}}\n")

    assert call("observe", "fraud@4", "seen.yaml", "--unit", "latency_p99=s")[0] == 0

    assert state()["observations"] == {
        "latency_p99": {"value": 0.04, "unit": "s"},
        "drift": {"value": 0.1, "until": "2026-11-20"},
    }


@pytest.mark.parametrize(
    ("text", "arguments", "why"),
    [
        ("observations: {}\n", (), "it holds no `observations`"),
        ("observations: [1]\n", (), "it holds no `observations`"),
        ("observations: {drift: 1}\nmetrics: {auc: 1}\n", (), "it holds `metrics` too"),
        ("observations: {drift: {valeu: 1}}\n", (), "unknown field `observations.drift.valeu`"),
        ("observations: {drift: 1}\n", ("--unit", "drfit=s"), "there is no metric `drfit` to have a unit"),
        (
            "observations: {drift: {value: 1, unit: ms}}\n",
            ("--unit", "drift=s"),
            "the file says that `drift` is in `ms`",
        ),
        ("observations: {drift: 1}\n", ("--window", "7d"), "--window is of queries"),
        ("observations: {drift: 1\n", (), "GATE"),
    ],
)
def test_a_file_that_says_something_else_records_nothing(
    project: Path, call: Call, text: str, arguments: tuple[str, ...], why: str
) -> None:
    """Exit 2, and the state is what it was."""
    write(project / "seen.yaml", text)

    code, out, err = call("observe", "fraud@4", "seen.yaml", *arguments)

    assert (code, out, state(), why in err) == (2, "", {"stage": "production"}, True), err


def test_of_two_who_observe_at_once_neither_is_lost(project: Path) -> None:
    """Who read the record before the other wrote is told to try again."""
    registry = Project(load()).registry
    before = registry.find("fraud@4")
    registry.amend(before, {"observations": {"drift": {"value": 0.1}}})

    with pytest.raises(Exception, match="was changed or taken away meanwhile"):
        registry.amend(before, {"observations": {"error_rate": {"value": 0.1}}})

    assert state()["observations"] == {"drift": {"value": 0.1}}
