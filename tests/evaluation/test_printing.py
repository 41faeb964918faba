"""The Python that is printed: lists are walked once, what is shared stands once, and texts of policies stay texts."""

from __future__ import annotations

import re

import pytest

from letpass.evaluation.compiled import compile_rules
from letpass.evaluation.input import Input
from letpass.language.rules import Rule
from tests.properties.generate import NOW
from tests.properties.judging import MOVE, policy, printed, record

HEADER = 'policy p: "P"\n  on promotion to production\nmetric recall: ratio\nmetric odd: number, recorded as "%s"\n'


def _rules(*conditions: str, odd: str = "odd") -> tuple[Rule, ...]:
    rules = "".join(f"require r{n}: {condition}\n" for n, condition in enumerate(conditions))
    return policy(HEADER % odd + rules).rules


def _source(*conditions: str) -> str:
    return printed(_rules(*conditions))


def _loops(source: str) -> list[str]:
    return re.findall(r"^( *)for ", source, re.MULTILINE)


def test_a_list_is_walked_once_for_all_rules() -> None:
    """However many bounds there are, and a list beside another in a loop of its own."""
    groups = [f"all recall.slices where samples >= {n} have value >= {n}%" for n in range(1, 40)]
    findings = [f"no scans.findings where severity >= {word}" for word in ("low", "medium", "high")]

    assert len(_loops(_source(*groups))) == 1
    assert len(_loops(_source(*groups, *findings))) == 2


def test_a_bound_on_every_element_is_one_on_the_least() -> None:
    """In the loop there are as many lines for fifty bounds as for two."""

    def inside(count: int) -> int:
        source = _source(*[f"all recall.slices have value >= {n}%" for n in range(1, count + 1)])
        return len(re.findall(r"^ {12}", source, re.MULTILINE))

    assert inside(50) == inside(2) > 0


def test_what_reads_no_element_stands_before_the_loop() -> None:
    """A list that is asked about inside another one, and the metric's own value."""
    source = _source("all recall.slices have (value >= recall - 5 points or no data where license is GPL)")

    assert [len(indent) for indent in _loops(source)] == [8, 8]
    assert source.count(".get('unit')") == 1


def test_a_condition_of_two_rules_is_asked_once() -> None:
    """In the two formulas of truths, and in the one that tells what is missed."""
    same = "recall >= 90% and odd > 3"

    assert _source(same, same, same).count("0.9") == _source(same).count("0.9")


@pytest.mark.parametrize("text", ["'", "a'b", "{0} {x!r}", "%s", "ünïcode ▲", "__import__('os')", "' + I + '"])
def test_texts_of_a_policy_stay_texts(text: str) -> None:
    """Names, words and patterns with what Python would read."""
    program = compile_rules(_rules("odd >= 1", f'license is "{text}"', f'model_card like "*{text}"', odd=text))
    found = {"model": "m", "version": "1", "license": text, "model_card": f"see {text}", "metrics": {text: 1.0}}

    assert program.truths(Input(record(found), MOVE, NOW)) == [True, True, True]
    assert (
        program.truths(Input(record({**found, "license": "x", "model_card": "x", "metrics": {text: 0.5}}), MOVE, NOW))
        == [False] * 3
    )


def test_conditions_that_hold_only_inside_each_other_leave_room_for_loops() -> None:
    """Sixty of which each asks one thing more than the one before: Python allows a hundred blocks, twenty of them loops."""
    longer = [" and ".join(f"id is not x{n}" for n in range(count)) for count in range(2, 62)]
    source = _source(*[f"no scans.findings where ({condition})" for condition in longer])

    assert max(len(line) - len(line.lstrip()) for line in source.splitlines()) <= 4 * 8
