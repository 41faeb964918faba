"""Lists in policies: lets in quantifiers, the champion's groups, what `where` and `have` speak of, and what it costs."""

from __future__ import annotations

import json

import pytest

from letpass.diagnostics import PolicyError
from letpass.evaluation import budget
from letpass.evaluation.compiled import NotCompiledError, compile_rules
from letpass.evaluation.input import Input
from letpass.evaluation.interpreter import Interpreter
from letpass.evaluation.reasons import ReasonKind
from letpass.facts.record import Holder
from letpass.facts.schema import VOCABULARY
from letpass.language.rules import Policy
from letpass.move import promotion
from letpass.project.policyset import from_texts
from letpass.semantics import lists
from tests.corpus.judging import NOW, judged, record_of

HEADER = 'policy p: "lists"\n  on promotion to production\n'


def _metric(*groups: tuple[str, float], name: str = "recall", data: str = "h", value: float = 0.9) -> str:
    slices = [{"group": group, "value": v, "samples": 100} for group, v in groups]
    return json.dumps({name: {"value": value, "data_set": data, "samples": 400, "slices": slices}})


def _record(*groups: tuple[str, float], **more: str | float) -> str:
    return f"metrics: {_metric(*groups, **more)}\n"  # type: ignore[arg-type]


def _policy(rules: str) -> Policy:
    return from_texts({"p.policy": HEADER + rules}, VOCABULARY).policies[0]


def _truths(rules: str, record: str, champion: str | None = None) -> list[bool | None]:
    """By the interpreter; the compiled form says the same."""
    found = [r.truth for r in judged(rules, record, champion)]
    holder = Holder.UNASKED if champion is None else record_of(champion, "model: m\nversion: '0'\n")
    program = compile_rules(_policy(rules).rules)
    assert program.truths(Input(record_of(record), promotion("production"), NOW, holder)) == found
    return found


def _why(rules: str, record: str, champion: str | None = None) -> list[ReasonKind]:
    (result,) = judged(rules, record, champion)
    assert result.truth is None
    return [r.kind for r in result.why]


# ---------------------------------------------------------------- lets

WORST = "let worst = min(recall.slices.value)\n"


@pytest.mark.parametrize(
    ("lets", "rule"),
    [
        (WORST, "all recall.slices have (value >= 99% or worst >= 80%)"),
        (WORST, "all environment.packages have (name is x or worst >= 80%)"),
        (WORST, "no recall.slices where (value >= 0% and worst < 80%)"),
        (WORST, "at least 1 recall.slices where (value >= 0% and worst >= 80%)"),
        ("let spread = max(recall.slices.value) - min(recall.slices.value)\n", "all recall.slices have (value >= 99% or spread <= 5 points)"),
        ("let low = min(recall.slices.value)\nlet also = low\n", "all recall.slices have (value >= 99% or also >= 80%)"),
        ("let fine = all recall.slices have value >= 80%\n", "all recall.slices have (value >= 99% or fine)"),
        ("let fine = all recall.slices have value >= 80%\n", "all environment.packages have (name is x or fine)"),
    ],
)  # fmt: skip
def test_a_let_with_a_list_has_one_value_wherever_it_is_used(lets: str, rule: str) -> None:
    """Inside a quantifier it reads its own list, and not the element at hand."""
    rules = f"metric recall: ratio\n{lets}require r: {rule}\n"
    packages = "environment: {packages: [{name: a, version: '1'}]}\n"

    assert _truths(rules, _record(("a", 0.95), ("b", 0.94)) + packages) == [True]
    assert _truths(rules, _record(("a", 0.95), ("b", 0.5)) + packages) == [False]


def _inside_each_other(lists: int) -> str:
    """Packages and data sets by turns, each asking something of the element directly around it."""
    text = ""
    for level in reversed(range(lists)):
        own, around, name = (
            ("deprecated", "uri is y", "environment.packages") if level % 2 == 0 else ("uri is y", "deprecated", "data")
        )
        parts = [own, *([around] if level else []), *([text] if text else [])]
        text = f"all {name} have ({' or '.join(parts)})"
    return text


def test_the_compiled_form_refuses_more_than_twenty_lists_inside_each_other() -> None:
    """Python has no room for more loops; the interpreter answers for these."""
    record = "environment: {packages: [{name: a}]}\ndata: [{name: d, uri: y}]\n"

    assert _truths(f"require r: {_inside_each_other(20)}\n", record) == [True]
    assert [r.truth for r in judged(f"require r: {_inside_each_other(21)}\n", record)] == [True]
    with pytest.raises(NotCompiledError, match="more than 20 lists"):
        compile_rules(_policy(f"require r: {_inside_each_other(21)}\n").rules)


# ---------------------------------------------------------------- the champion

BESIDE = [
    "all recall.slices have value >= champion.recall - 20 points",
    "all recall.slices have champion.recall - 20 points <= value",
    "min(recall.slices.value) >= champion.recall - 20 points",
    "all recall.slices have samples <= champion.recall.samples",
    "recall.samples >= champion.recall.samples",
    "all champion.recall.slices have value <= recall + 20 points",
    "recall >= min(champion.recall.slices.value) - 20 points",
    "all recall.slices have value >= champion.value - 20 points",
]


@pytest.mark.parametrize("rule", BESIDE)
def test_the_champions_numbers_are_comparable_by_one_rule(rule: str) -> None:
    """On another data set no number of its metric stands beside the candidate's, wherever the two are written."""
    rules = f"metric recall: ratio\nrequire r: {rule}\n"
    candidate = _record(("a", 0.9), ("b", 0.88))

    assert _truths(rules, candidate, _record(("a", 0.91), ("b", 0.9))) == [True]
    assert _truths(rules, candidate, _record(("a", 0.91), ("b", 0.9), data="other")) == [None]
    assert _why(rules, candidate, _record(("a", 0.91), ("b", 0.9), data="other"))[0] is ReasonKind.NOT_COMPARABLE


def test_a_let_of_the_champion_is_held_to_the_same_data() -> None:
    """A name in between changes nothing."""
    rules = (
        "metric recall: ratio\nlet floor = max(champion.recall.slices.value) - 20 points\nrequire r: recall >= floor\n"
    )

    assert _truths(rules, _record(("a", 0.9)), _record(("a", 0.91))) == [True]
    assert _truths(rules, _record(("a", 0.9)), _record(("a", 0.91), data="other")) == [None]


def test_what_a_where_asks_is_compared_there_and_not_with_what_is_chosen() -> None:
    """The candidate's groups beside its own metric: who is chosen may be told by something else than the champion."""
    rules = (
        "metric recall: ratio\n"
        "require r: recall >= min(recall.slices.value where (group is a or value >= champion.recall)) - 5 points\n"
    )

    for data in ("h", "other"):
        assert _truths(rules, _record(("a", 0.9)), _record(("a", 0.91), data=data)) == [True]
        assert _truths(rules, _record(("a", 0.96)), _record(("a", 0.91), data=data)) == [False]
    assert _truths(rules, _record(("a", 0.9), ("b", 0.9)), _record(("a", 0.91))) == [True]
    assert _truths(rules, _record(("a", 0.9), ("b", 0.9)), _record(("a", 0.91), data="other")) == [None]


GROUPS = "metric recall: ratio\nrequire groups: all recall.slices have value >= champion.value - 5 points\n"


def test_no_group_may_lag_behind_the_champions_same_group() -> None:
    """Overall and at the worst group nothing is lost, while one group loses ten points."""
    before, after = _record(("a", 0.9), ("b", 0.8)), _record(("a", 0.8), ("b", 0.9))
    rules = "metric recall: ratio\nrequire r: recall >= champion.recall\nrequire w: min(recall.slices.value) >= min(champion.recall.slices.value)\n"

    assert _truths(rules, after, before) == [True, True]
    assert _truths(GROUPS, before, before) == [True]
    assert _truths(GROUPS, after, before) == [False]


@pytest.mark.parametrize(
    ("candidate", "champion", "why"),
    [
        (_record(("a", 0.9), ("new", 0.9)), _record(("a", 0.9)), ReasonKind.MISSING),
        (_record(("a", 0.9)), _record(("a", 0.9), ("a", 0.1)), ReasonKind.AMBIGUOUS),
        (_record(("a", 0.9), ("a", 0.9)), _record(("a", 0.9)), ReasonKind.AMBIGUOUS),
        (_record(("a", 0.9)), _record(("a", 0.9), data="other"), ReasonKind.NOT_COMPARABLE),
        (_record(("a", 0.9)), "metrics: {recall: {value: 0.9, data_set: h}}\n", ReasonKind.MISSING),
        (_record(("a", 0.9)), "metrics: {}\n", ReasonKind.MISSING),
        (_record(("a", 0.9)), _record(("a", 1.9)), ReasonKind.UNREADABLE),
        (_record(("a", 0.9)), _record(("a", 0.9)).replace('"group": "a"', '"group": true'), ReasonKind.UNREADABLE),
        (_record(("a", 0.9)).replace('"group": "a"', '"group": true'), _record(("a", 0.9)), ReasonKind.UNREADABLE),
        (_record(("a", 0.9)).replace('"data_set": "h", ', ""), _record(("a", 0.9)), ReasonKind.NOT_COMPARABLE),
        (_record(("a", 0.9)), None, ReasonKind.CHAMPION_UNKNOWN),
    ],
)
def test_a_group_that_the_champion_has_not_once_is_unknown(
    candidate: str, champion: str | None, why: ReasonKind
) -> None:
    """None, two, on other data, unreadable: nothing that could be compared."""
    assert _truths(GROUPS, candidate, champion) == [None]
    assert why in _why(GROUPS, candidate, champion)


def test_of_several_data_sets_the_champions_same_one_is_taken() -> None:
    """What else the champion was measured on does not matter."""
    on = 'metric recall: ratio, on "h"\n'
    other = json.loads(_metric(("a", 0.2), data="other"))["recall"]
    same = json.loads(_metric(("a", 0.93)))["recall"]
    both = f"metrics: {json.dumps({'recall': [other, same]})}\n"

    assert _truths(on + GROUPS.split("\n", 1)[1], _record(("a", 0.9)), both) == [True]
    assert _truths(on + GROUPS.split("\n", 1)[1], _record(("a", 0.87)), both) == [False]
    assert _truths(GROUPS, _record(("a", 0.87)), both) == [False]


def test_the_champions_group_is_read_in_its_own_unit() -> None:
    """A share that is recorded in percent stands beside one that is not."""
    champion = _record(("a", 93.0), value=90.0).replace('"value": 90.0', '"unit": "%", "value": 90.0')

    assert _truths(GROUPS, _record(("a", 0.9)), champion) == [True]
    assert _truths(GROUPS, _record(("a", 0.87)), champion) == [False]


def test_the_champions_group_must_be_attested_too() -> None:
    """`attested by` covers what is read of the champion."""
    rules = GROUPS.replace("- 5 points", '- 5 points attested by "ci"')

    assert _truths(rules, _record(("a", 0.9)), _record(("a", 0.9))) == [None]
    assert ReasonKind.NOT_ATTESTED in _why(rules, _record(("a", 0.9)), _record(("a", 0.9)))


def test_whether_the_champion_has_the_group_can_be_asked() -> None:
    """True for each group that it has."""
    rules = "metric recall: ratio\nrequire r: all recall.slices have champion.value is recorded\n"

    assert _truths(rules, _record(("a", 0.9)), _record(("a", 0.2))) == [True]
    assert _truths(rules, _record(("b", 0.9)), _record(("a", 0.2))) == [None]


def test_a_metric_that_is_called_value_is_still_the_champions() -> None:
    """`champion.value` outside of slices, and `champion.metrics.value` in them."""
    rules = (
        "metric value: ratio\nmetric recall: ratio\nrequire r: value >= champion.value\n"
        "require s: all recall.slices have value >= champion.metrics.value\n"
    )
    record = f"metrics: {json.dumps({**json.loads(_metric(('a', 0.9))), 'value': {'value': 0.5, 'data_set': 'h'}})}\n"

    assert _truths(rules, record, record) == [True, True]


@pytest.mark.parametrize(
    ("rule", "code", "message"),
    [
        ("all champion.recall.slices have value >= champion.value", "GATE208", "these slices are the champion's own"),
        ('all recall.slices have champion.value on "x" >= 1%', "GATE208", "`champion.value` is no metric"),
        ("all recall.slices have champion.samples >= 1", "GATE101", "unknown name `champion.samples`"),
        ("recall >= champion.value", "GATE101", "unknown name"),
    ],
)
def test_champion_value_stands_only_in_the_candidates_slices(rule: str, code: str, message: str) -> None:
    """Elsewhere it is an error."""
    with pytest.raises(PolicyError) as error:
        _policy(f"metric recall: ratio\nrequire r: {rule}\n")

    assert [(d.code, d.message[: len(message)]) for d in error.value.diagnostics] == [(code, message)]


def test_without_a_target_stage_there_is_no_champion_to_stand_beside() -> None:
    """On registration nobody holds anything."""
    text = 'policy p: "x"\n  on registration\n' + GROUPS
    with pytest.raises(PolicyError) as error:
        from_texts({"p.policy": text}, VOCABULARY)

    assert [d.code for d in error.value.diagnostics] == ["GATE212"]


# ---------------------------------------------------------------- where and have


@pytest.mark.parametrize(
    "rule",
    [
        'no suites where license like "GPL*"',
        "all suites have license is MIT",
        "at least 1 suites where there is a champion",
        "at most 2 scans.findings where risk >= high",
        "min(recall.slices.value where risk >= high) >= 80%",
        "all recall.slices where low have value >= 80%",
        "no suites where candidate.license is MIT",
        "all environment.packages have (no scans.findings where severity >= high)",
        'no suites where passed "unit tests"',
        'no suites where (license is MIT attested by "x")',
    ],
)
def test_a_condition_on_elements_that_speaks_of_none_is_an_error(rule: str) -> None:
    """It says which fields the elements have."""
    with pytest.raises(PolicyError) as error:
        _policy(f"metric recall: ratio\nlet low = risk is low\nrequire r: {rule}\n")

    (found,) = error.value.diagnostics
    assert found.code == "GATE219"
    assert found.message.startswith("nothing in `")
    assert "an element has `" in found.help


@pytest.mark.parametrize(
    "rule",
    [
        'no data where license like "GPL*"',
        "all suites have (passed or risk is low)",
        "all environment.packages have (version is x or no scans.findings where severity >= high)",
        "all scans have (no findings where severity >= high)",
        "all scans have (at least 1 findings)",
        "all recall.slices have value >= champion.value",
    ],
)
def test_one_that_speaks_of_the_element_somewhere_is_none(rule: str) -> None:
    """A field of it, a list inside it, or the champion's same group."""
    assert _policy(f"metric recall: ratio\nrequire r: {rule}\n").rules


def test_the_licence_of_data_can_be_asked() -> None:
    """Of each data set, and not of the model."""
    rules = 'require r: no data where license like "GPL*"\n'
    data = "data: [{{name: a, license: {}}}, {{name: b, license: MIT}}]\nlicense: GPL-3.0\n"

    assert _truths(rules, data.format("MIT")) == [True]
    assert _truths(rules, data.format("GPL-2.0")) == [False]
    assert _truths(rules, data.format("true")) == [None]


# ---------------------------------------------------------------- what it costs

APART = "all environment.packages have (no data where (name is x and license is MIT and not deprecated))"


def _lists(packages: int, data: int, findings: int = 0) -> str:
    found = [{"id": str(n), "severity": "low"} for n in range(findings)]
    return json.dumps(
        {
            "model": "m",
            "version": "1",
            "environment": {"packages": [{"name": f"p{n}", "deprecated": False} for n in range(packages)]},
            "metrics": {"m": {"value": 0.5, "slices": [{"group": f"g{n}", "value": 0.5} for n in range(4)]}},
            "data": [{"name": f"d{n}", "license": "MIT"} for n in range(data)],
            "scans": [{"tool": f"t{n}", "scanned": 1, "ran_at": "2026-01-01", "findings": found} for n in range(3)],
        }
    )


def _judge(rule: str, record: str) -> tuple[bool | None, list[ReasonKind]]:
    policy = _policy(f"metric m: ratio\nrequire r: {rule}\n")
    given = Input(record_of(record, ""), promotion("production"), NOW)
    found = Interpreter(given).truth(policy.rules[0].test)
    assert compile_rules(policy.rules).truths(given) == [found.truth]
    return found.truth, [r.kind for r in found.why]


@pytest.mark.parametrize(
    ("rule", "combinations"),
    [
        (APART, 12 * 10),
        (f"not ({APART})", 12 * 10),
        ("all environment.packages have (no scans.findings where (id is x and not deprecated))", 12 * 3 * 5),
        ("all scans have (all findings have (no data where (name is x and severity is low)))", 3 * 5 * 10),
        ("all environment.packages have (max(m.slices.value where (value > 0 and not deprecated)) > 1%)", 12 * 4),
    ],
)
def test_combinations_beyond_the_budget_are_unknown_and_never_looked_at(
    rule: str, combinations: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The budget is the product of the lengths of the lists, and exactly so many are allowed."""
    record = _lists(12, 10, 5)

    def most(count: int) -> None:
        for engine in (budget, lists):
            monkeypatch.setattr(engine, "MOST", count)

    most(combinations)
    assert ReasonKind.TOO_LARGE not in _judge(rule, record)[1]
    most(combinations - 1)
    assert _judge(rule, record) == (None, [ReasonKind.TOO_LARGE])


def test_a_form_that_reads_no_element_around_it_is_evaluated_once() -> None:
    """3,000 packages beside 9,000 data sets: nothing multiplies, and nothing is too large."""
    rule = "all environment.packages have (deprecated or no data where license is GPL)"

    assert _judge(rule, _lists(3000, 9000)) == (True, [])


def test_lists_inside_elements_count_as_long_as_they_are() -> None:
    """30,000 findings of three scans are 30,000, and not three times as many."""
    assert _judge("all scans have (no findings where severity >= high)", _lists(1, 1, 10_000)) == (True, [])


def test_three_thousand_beside_nine_thousand_are_too_large() -> None:
    """At once, where it took a minute."""
    assert _judge(APART, _lists(3000, 9000)) == (None, [ReasonKind.TOO_LARGE])


# ---------------------------------------------------------------- what is recorded


@pytest.mark.parametrize(
    ("asked", "whole", "torn", "less"),
    [
        ("code", "code: {commit: 4f1c}", "code: {commit: true}", "code: {repository: r}"),
        ("code", "code: {commit: 4f1c, repository: true}", "code: {commit: ' '}", "code: {}"),
        ("artifact", "artifact: {digest: 'sha256:0'}", "artifact: {digest: true, uri: u}", "artifact: {uri: u}"),
        ("environment", "environment: {os: linux, python: true}", "environment: {python: true}", "environment: {}"),
        ("environment", "environment: {packages: [{name: a}]}", "environment: {os: ' '}", "environment: {packages: []}"),
        ("seeds", "seeds: {a: 1, b: x}", "seeds: {b: x}", "seeds: {}"),
        ("tags", "tags: {a: one, b: ' '}", "tags: {b: ' '}", "tags: {}"),
        ("facts", "facts: {a: 1, b: null}", "facts: {b: null}", "facts: {c: {}}"),
        ("hyperparameters", "hyperparameters: {a: null}", "hyperparameters: {a: []}", "hyperparameters: {}"),
        ("metrics", "metrics: {a: 1, b: x}", "metrics: {b: x}", "metrics: {}"),
        ("data", "data: [{name: a, version: true}]", "data: [{name: true, version: a}]", "data: []"),
    ],
)  # fmt: skip
def test_what_is_recorded_grows_true_by_nothing_that_is_left_out(asked: str, whole: str, torn: str, less: str) -> None:
    """A mapping is asked for what it cannot do without; what cannot be read counts as what is not there."""
    rules = f"require r: {asked} is recorded\n"

    assert _truths(rules, whole + "\n") == [True]
    assert _truths(rules, torn + "\n") == [None]
    assert _truths(rules, less + "\n") == [None]
    assert _truths(rules, "") == [None]
