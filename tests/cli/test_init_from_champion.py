"""`policy init --from-champion`: rules that the champion passes, in the direction that somebody has declared."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from letpass.cli.commands import init
from tests.cli.conftest import Call, write
from tests.cli.test_init import Next, _empty, _run_next, files

__all__ = ["_empty", "_run_next"]
ON = {"data_set": "holdout", "measured_at": "2025-10-02T08:00:00Z"}
CHAMPION: dict[str, Any] = {
    "accuracy": {"value": 0.9312, **ON},
    "latency_p99": {"value": 31.5, "unit": "ms", **ON},
    "error_rate": {"value": 0.0, **ON},
}
POLICY = "policies/fraud-production.policy"


def champion(folder: Path, metrics: Any, version: str = "3", more: dict[str, Any] | None = None) -> Path:
    data = {"model": "fraud", "version": version, "stage": "production", "metrics": metrics, **(more or {})}
    return write(folder / f"models/fraud/{version}.json", json.dumps(data))


def rules(text: str) -> list[str]:
    return re.findall(r"^require (.+)$", text, re.MULTILINE)


def left(text: str) -> list[str]:
    return re.findall(r"^# no rule for (.+)$", text, re.MULTILINE)


def test_each_metric_becomes_a_rule_that_the_champion_passes(empty: Path, call: Call, run_next: Next) -> None:
    """Two percent worse than its value, in its unit, on its data set, in the direction that is declared."""
    champion(empty, CHAMPION)

    code, out, err = call("init", "--from-champion", "fraud@production")

    assert (code, err) == (0, "")
    assert list(files(empty)) == [
        "holders.json", "models/fraud/3.json", "policies/fraud-production.cases.yaml", POLICY, "policy.toml"
    ]  # fmt: skip
    assert (empty / POLICY).read_text() == (
        "# From what fraud@3 reached, by `policy init --from-champion`: each bound is\n"
        "# 2 % worse than that, rounded so that the champion itself passes.\n"
        'policy fraud-production: "No worse than fraud@3"\n'
        "  on promotion to production\n"
        "\n"
        'metric accuracy: ratio, higher is better, on "holdout" "share of right answers on held-out cases"\n'
        'metric latency_p99: duration in ms, lower is better, on "holdout" "99 of 100 requests are answered faster"\n'
        'metric error_rate: ratio, lower is better, on "holdout" "share of the requests that end in an error"\n'
        "\n"
        "# champion fraud@3: 0.9312 on holdout (measured 2025-10-02)\n"
        "require accuracy: accuracy >= 0.912\n"
        '  because "a new version is at most 2 % worse than the champion was"\n'
        '  fix "measure both on the same data; keep the champion where it is better"\n'
        "\n"
        "# champion fraud@3: 31.5 ms on holdout (measured 2025-10-02)\n"
        "require latency-p99: latency_p99 <= 32.2 ms\n"
        '  because "a new version is at most 2 % worse than the champion was"\n'
        '  fix "measure both on the same data; keep the champion where it is better"\n'
        "\n"
        "# champion fraud@3: 0 on holdout (measured 2025-10-02)\n"
        "require error-rate: error_rate <= 0\n"
        '  because "a new version is at most 2 % worse than the champion was"\n'
        '  fix "measure both on the same data; keep the champion where it is better"\n'
    )
    assert "verified  the policy compiles, and `fraud@3` passes its 3 rules" in out
    assert out.splitlines()[-1] == "  policy check fraud@3 --to production"
    assert run_next(out) == (0, "")
    assert call("lint", "--strict")[0] == 0
    assert call("fmt", "--check")[0] == 0
    assert call("test")[:2] == (0, "3 cases of 1 policy, all as expected\n")


@pytest.mark.parametrize(
    ("metric", "rule", "note"),
    [
        ({"samples": 2000, "successes": 1862}, ">= 0.912", "measured on 2,000 cases, 99 of 100 pass"),
        ({"samples": 300, "successes": 279, "value": 0.93}, ">= 0.903", "measured on 300 cases, 90 of 100 pass"),
        ({"standard_error": 0.02}, ">= 0.894", "of equal versions 91 of 100 pass"),
        ({"interval": {"low": 0.89, "high": 0.96, "level": 0.95}}, ">= 0.898", "of equal versions 91 of 100 pass"),
        ({"samples": 300, "successes": 30}, ">= 0.912", ""),
        ({"samples": 300, "successes": 279, "clusters": 30}, ">= 0.912", ""),
    ],
)
def test_a_bound_is_so_far_off_that_an_equal_version_passes(
    empty: Path, call: Call, metric: Any, rule: str, note: str
) -> None:
    """By chance alone it is as far off as that one time in ten; how often it passes stands beside the rule."""
    champion(empty, {"accuracy": {"value": 0.9312, **metric}})

    assert call("init", "--from-champion", "fraud@3")[0] == 0
    text = (empty / POLICY).read_text()
    assert rules(text) == [f"accuracy: accuracy {rule}"]
    assert (note or "pass") in text
    assert ("nine in ten pass" in text) == bool(note)


def test_a_margin_that_is_given_stays(empty: Path, call: Call) -> None:
    """How seldom an equal version keeps it is said."""
    champion(empty, {"accuracy": {"value": 0.93, "samples": 300, "successes": 279}})

    call("init", "--from-champion", "fraud@3", "--margin", "1")
    text = (empty / POLICY).read_text()
    assert rules(text) == ["accuracy: accuracy >= 0.92"]
    assert "of equal versions, measured on 300 cases, 68 of 100 pass" in text


def test_a_worse_version_is_refused_by_the_rules(empty: Path, call: Call) -> None:
    """As the champion's cases say."""
    champion(empty, CHAMPION)
    champion(empty, {**CHAMPION, "accuracy": {"value": 0.91, **ON}}, "4", {"stage": "staging"})
    call("init", "--from-champion", "fraud@3")

    code, out, _ = call("check", "fraud@4", "--to", "production", "-o", "concise")

    assert (code, "accuracy is 0.91, short by 0.002" in out) == (1, True)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ({"value": 0.9312}, "accuracy: accuracy >= 0.912"),
        (0.9312, "accuracy: accuracy >= 0.912"),
        ({"value": 93.12, "unit": "%"}, "accuracy: accuracy >= 91.2%"),
        ({"value": 1.0, "data_set": "A"}, "accuracy: accuracy >= 0.98"),
        ([{"value": 0.9, "data_set": "A"}, {"value": 0.5, "data_set": "B c"}],
         'accuracy-a: accuracy on "A" >= 0.882|accuracy-b-c: accuracy on "B c" >= 0.49'),
        ([{"value": 0.9, "data_set": "A"}, {"value": 0.5}], 'accuracy-a: accuracy on "A" >= 0.882'),
        ([{"value": 0.9, "data_set": "A!"}, {"value": 0.5, "data_set": "A?"}],
         'accuracy-a: accuracy on "A!" >= 0.882|accuracy-a-2: accuracy on "A?" >= 0.49'),
    ],
)  # fmt: skip
def test_a_value_becomes_a_bound(empty: Path, call: Call, metric: Any, expected: str) -> None:
    """Percentages stay percentages, and each data set has a rule of its own."""
    champion(empty, {"accuracy": metric})

    code, _, err = call("init", "--from-champion", "fraud@3")

    assert (code, err, rules((empty / POLICY).read_text())) == (0, "", expected.split("|"))
    assert call("check", "fraud@3", "--to", "production", "-q")[0] == 0


@pytest.mark.parametrize(
    ("name", "metric", "why"),
    [
        ("auc", 0.9, "nothing declares whether higher or lower is better; it is 0.9"),
        ("box AP", {"value": 41.5, "unit": "%"}, "nothing declares whether higher or lower is better; it is 41.5 %"),
        ("recall", None, "its value null is not a number"),
        ("recall", "0.9", 'its value "0.9" is not a number'),
        ("recall", float("nan"), "its value NaN is not a number"),
        ("recall", {"data_set": "A"}, "it has no value"),
        ("recall", {"value": 0.9, "unit": 7}, "its `unit` is 7, not a text"),
        ("recall", {"value": 0.9, "measured_at": "2999-01-01"}, "its `measured_at` lies in the future"),
        ("recall", {"value": 0.9, "data_set": 'a"b'}, "a policy cannot hold the name of its data set"),
        ("recall", [{"value": 0.9, "data_set": "A"}, {"value": 0.8, "data_set": "A"}], "several differ (0.9 and 0.8)"),
        ("recall", 90.0, "no condition on it would hold"),
        ("recall", 0.0, "it is 0, and none could be worse than 0"),
        ("error_rate", 1.0, "it is 1, and none could be worse than 1"),
        ("latency_p99", {"value": 3.0, "unit": "MB"}, "no condition on it would hold"),
        ("latency_p99", -1.0, "none could be worse than"),
        ("drift", {"value": 0.1, "unit": "ms"}, "no condition on it would hold"),
    ],
)
def test_what_no_rule_can_be_made_of_is_said_in_a_comment(
    empty: Path, call: Call, name: str, metric: Any, why: str
) -> None:
    """Nothing is guessed, and nothing is left out unseen."""
    champion(empty, {"accuracy": 0.9, name: metric})

    code, out, _ = call("init", "--from-champion", "fraud@3")

    text = (empty / POLICY).read_text()
    assert (code, len(rules(text)), len(left(text))) == (0, 1, 1)
    assert left(text)[0].startswith(f"`{name}`")
    assert why in left(text)[0]
    assert f"note      no rule for {left(text)[0]}" in out


def test_slices_are_left_alone(empty: Path, call: Call) -> None:
    """The comment says that there are some."""
    slices = [{"group": "a", "value": 0.9}, {"group": "b", "value": 0.5}]
    champion(empty, {"accuracy": {"value": 0.9, "slices": slices}})

    call("init", "--from-champion", "fraud@3")

    text = (empty / POLICY).read_text()
    assert (len(rules(text)), "its 2 slices have no rule of their own" in text) == (1, True)


@pytest.mark.parametrize(
    ("metrics", "why"),
    [
        ({}, "it records no metric"),
        ({"accuracy": None, "recall": "a lot"}, "none of its metrics is a number"),
        ({"auc": 0.9}, "of none of its metrics is it known which way is better"),
        ({"recall": 90.0}, "of none of its metrics"),
    ],
)
def test_a_champion_of_which_no_rule_can_be_made_is_refused(empty: Path, call: Call, metrics: Any, why: str) -> None:
    """It says why, and nothing is written."""
    champion(empty, metrics)

    code, out, err = call("init", "--from-champion", "fraud@3")

    assert (code, out, list(files(empty))) == (2, "", ["models/fraud/3.json"])
    assert ("GATE014" in err, why in err) == (True, True)


def test_a_direction_that_the_project_declares_counts(empty: Path, call: Call) -> None:
    """Also of a metric whose name is none, and before what the library says."""
    write(
        empty / "policies/metrics.policy",
        'metric box_ap: ratio in %, higher is better, recorded as "box AP"\n'
        "metric drift: number, higher is better\n"
        "metric accuracy: ratio in %\n",
    )
    champion(empty, {"box AP": 41.5, "drift": 0.2, "accuracy": 91.0})

    code, _, err = call("init", "--from-champion", "fraud@3")

    text = (empty / POLICY).read_text()
    assert (code, err) == (0, "")
    assert rules(text) == ["box-ap: box_ap >= 40.6%", "drift: drift >= 0.196", "accuracy: accuracy >= 89.1%"]
    assert 'metric box_ap: ratio in %, higher is better, recorded as "box AP"\n' in text


def test_directions_that_contradict_each_other_decide_nothing(empty: Path, call: Call) -> None:
    """Two policies of the project say two things."""
    for name, better in (("one", "higher"), ("two", "lower")):
        write(empty / f"policies/{name}.policy", f"metric drift: number, {better} is better\n")
    champion(empty, {"drift": 0.2, "accuracy": 0.9})

    call("init", "--from-champion", "fraud@3")

    (why,) = left((empty / POLICY).read_text())
    assert why == "`drift`: it is declared both as higher and as lower is better; it is 0.2"


def test_a_policy_for_one_of_several_models_applies_to_that_one(empty: Path, call: Call) -> None:
    """The others are judged by what is written for them."""
    champion(empty, CHAMPION)
    write(empty / "models/churn/1.yaml", "model: churn\nversion: '1'\nmetrics: {auc: 0.9}\n")

    call("init", "--from-champion", "fraud@3")

    assert "  applies when model is fraud\n" in (empty / POLICY).read_text()
    assert call("check", "fraud@3", "--to", "production", "-q")[0] == 0
    assert call("lint")[0] == 0


def test_it_joins_the_policies_of_a_project(project: Path, call: Call, run_next: Next) -> None:
    """Beside those that are there; the stage is that which is asked for."""
    code, out, err = call("init", "--from-champion", "models/fraud/1.yaml", "--to", "staging", "--margin", "0")

    assert (code, err) == (0, "")
    assert rules((project / "policies/fraud-staging.policy").read_text()) == ["accuracy: accuracy >= 0.95"]
    assert 'protected = ["production", "staging"]' in (project / "policy.toml").read_text()
    assert run_next(out) == (0, "")
    before = files(project)
    code, out, _ = call("init", "--from-champion", "models/fraud/1.yaml", "--to", "staging", "--margin", "5")
    assert (code, files(project)) == (0, before)
    assert "remove `policies/fraud-staging.policy` to have it written anew" in out


def test_a_policy_of_that_name_in_another_file_is_no_obstacle(empty: Path, call: Call) -> None:
    """The new one gets another."""
    write(empty / "policies/gate.policy", 'policy fraud-production: "G"\n  on review\nrequire a: author is recorded\n')
    champion(empty, CHAMPION)

    assert call("init", "--from-champion", "fraud@3")[0] == 0
    assert (empty / "policies/fraud-production-2.policy").is_file()
    assert call("lint")[0] == 0


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("fraud@9", "the registry `models` has no `fraud@9`"),
        ("gone.yaml", "there is no `gone.yaml`"),
        ("models", "`models` is not one model"),
        ("", "there is no"),
        ("fraud@", "names no version"),
    ],
)
def test_a_champion_that_is_not_one_version_is_an_error(empty: Path, call: Call, model: str, said: str) -> None:
    """As everywhere."""
    champion(empty, CHAMPION)
    champion(empty, CHAMPION, "4")
    before = files(empty)

    code, _, err = call("init", "--from-champion", model)

    assert (code, said in err or "is not one model" in err, files(empty)) == (2, True, before)


def test_hundreds_of_metrics_with_hostile_names_become_one_policy(empty: Path, call: Call, run_next: Next) -> None:
    """Names that could break out of a comment, a text or a terminal."""
    hostile = ['"""', 'a"b', "a\nrequire x: 1 <= 2", "\x1b[2J", "‮", "{{ 7*7 }}", "раyраl", "#", "on", "a\\b", "`id`"]
    declared = [f'metric m{n}: number, higher is better, recorded as "metric number {n}"' for n in range(500)]
    write(empty / "policies/metrics.policy", "\n".join(declared))
    metrics = {f"metric number {n}": n / 7 - 20 for n in range(500)}
    champion(empty, {**metrics, **dict.fromkeys(hostile, 0.5)}, more={"tags": {"x": "y"}})

    code, out, err = call("init", "--from-champion", "fraud@3")

    text = (empty / POLICY).read_text()
    assert (code, err, len(rules(text)), len(left(text))) == (0, "", 500, len(hostile))
    assert all(line.isprintable() for line in [*text.splitlines(), *out.splitlines()])
    assert run_next(out) == (0, "")
    assert call("test", "-q") == (0, "", "")


@pytest.mark.parametrize("model", ["‮", 'a"b', "a b", "1", "é", "policy", "x" * 200])
def test_a_model_of_any_name_has_a_policy(empty: Path, call: Call, run_next: Next, model: str) -> None:
    """Its name is quoted, or left out where no text can hold it."""
    write(empty / "c.json", json.dumps({"model": model, "version": "1", "metrics": CHAMPION}))

    code, out, err = call("init", "--from-champion", "c.json")

    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == "  policy check c.json --to production"
    assert run_next(out) == (0, "")
    assert (call("test", "-q")[0], call("fmt", "--check")[0]) == (0, 0)


@pytest.mark.parametrize("given", ["2", "2%", "2 %", "0", "0.5", "99.9"])
def test_a_margin_is_a_percentage(given: str) -> None:
    """With or without its sign."""
    assert init._percent(given) == init.Decimal(given.strip("% "))


@pytest.mark.parametrize("given", ["", "-1", "100", "nan", "inf", "2,5", "1e1", "٢", "two"])
def test_a_margin_that_is_none_is_an_error(empty: Path, call: Call, given: str) -> None:
    """From nothing to below a hundred."""
    code, _, err = call("init", "--from-champion", "x", "--margin", given)

    assert (code, "is no percentage" in err) == (2, True)


def test_a_margin_without_a_champion_is_an_error(empty: Path, call: Call) -> None:
    """It would be of nothing."""
    assert (call("init", "--margin", "2")[0], files(empty)) == (2, {})
