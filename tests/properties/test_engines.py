"""The reference interpreter and the compiled form give the same value, unknown included."""

from __future__ import annotations

from collections import defaultdict
from random import Random
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from letpass.evaluation.compiled import compile_rules
from letpass.evaluation.deciding import decide, judge_rule
from letpass.evaluation.decision import Outcome
from letpass.evaluation.interpreter import Interpreter
from letpass.evaluation.verdicts import Verdicts
from letpass.frozen import replace
from letpass.language import typed
from letpass.language.rules import Rule
from letpass.language.truth import Truth3
from letpass.trust.accepted import NOTHING
from tests.properties.generate import COMPARE, COUNTS, DECLARATIONS, RATIOS
from tests.properties.judging import MOVE, made_input, made_policy, policy

SEEDS = st.integers(0, 2**40)


@settings(max_examples=150, deadline=None)
@example(33593)  # what `where` asks of a slice that nobody attests, inside a measure that a service attests
@given(SEEDS)
def test_both_engines_give_every_rule_the_same_truth(seed: int) -> None:
    """Over made policies and records, at every boundary value."""
    random = Random(seed)
    policy = made_policy(random)
    program = compile_rules(policy.rules)
    for _ in range(4):
        given_ = made_input(random)
        interpreter = Interpreter(given_)

        expected = [judge_rule(rule, given_, interpreter).truth for rule in policy.rules]

        assert program.truths(given_) == expected
        assert program.missed(given_) == [n for n, truth in enumerate(expected) if truth is not True]


PARTS = {
    "share.slices": ("value {sign} {share}", "samples {sign} {count}", "group in {{a, b}}", "group is not a"),
    "scans.findings": ("severity {sign} {word}", "severity is {word}", "severity is not {word}", 'id like "CVE*"'),
}


def _about_one_list(random: Random, name: str) -> str:
    """A form over a list, of the few conditions that its elements are asked in all of them."""

    def part() -> str:
        text = random.choice(PARTS[name]).format(
            sign=random.choice(COMPARE), share=random.choice(RATIOS[:5]), count=random.choice(COUNTS),
            word=random.choice(("low", "medium", "high")),
        )  # fmt: skip
        return f"({text} {random.choice(('and', 'or'))} {part()})" if random.random() < 0.15 else text

    where = f" where {part()}" if random.random() < 0.6 else ""
    form = random.choice(("all", "no", "at most 1", "at least 1", "at least 2"))
    return f"{form} {name}{where} have {part()}" if form == "all" else f"{form} {name}{where}"


@settings(max_examples=150, deadline=None)
@given(SEEDS)
def test_what_many_rules_ask_of_one_list_is_told_apart(seed: int) -> None:
    """In one loop the compiled form gathers for thirty rules what the interpreter asks thirty times."""
    random = Random(seed)
    lines = [f"require r{n}: {_about_one_list(random, random.choice(tuple(PARTS)))}" for n in range(30)]
    rules = policy(f'policy p: "P"\n  on promotion to production\n{DECLARATIONS}\n' + "\n".join(lines) + "\n").rules
    program = compile_rules(rules)
    for _ in range(4):
        given_ = made_input(random)
        interpreter = Interpreter(given_)
        expected = [interpreter.truth(rule.test).truth for rule in rules]

        assert program.truths(given_) == expected
        assert program.missed(given_) == [n for n, truth in enumerate(expected) if truth is not True]


LEAVES = (
    typed.Comparison, typed.Among, typed.Flag, typed.Matches, typed.Pinned, typed.HasChampion, typed.OlderBars,
    typed.SuitePassed, typed.ForAll, typed.CountOf,
)  # fmt: skip
TRUTHS: dict[type, set[Truth3]] = {
    **{kind: {True, False, None} for kind in LEAVES},
    typed.Recorded: {True, None},
    typed.ToolScanned: {True, None},
    typed.Computed: {True, None},
    typed.SignedBy: {True, None},
    typed.Fresh: {True, False, None},
}
PARENTS = (typed.Not, typed.Both, typed.Either)


@pytest.mark.once
def test_the_made_policies_reach_every_condition_in_every_parent_with_every_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What the engines are compared on is all there is: no condition, parent or value is left out."""
    reached: dict[tuple[type, type], set[Truth3]] = defaultdict(set)
    stack: list[type] = [Rule]
    original = Interpreter._truth

    def watched(self: Interpreter, node: Any, levels: Any, service: Any) -> Any:
        transparent = isinstance(node, typed.Named | typed.AttestedBy)
        parent = stack[-1]
        if not transparent:
            stack.append(type(node))
        found = original(self, node, levels, service)
        if not transparent:
            stack.pop()
            reached[parent, type(node)].add(found.truth)
        return found

    monkeypatch.setattr(Interpreter, "_truth", watched)
    for seed in range(900):
        random = Random(seed)
        policy = made_policy(random, rules=4)
        for _ in range(3):
            given_ = made_input(random)
            interpreter = Interpreter(given_)
            for rule in policy.rules:
                judge_rule(rule, given_, interpreter)

    negatable = [k for k in TRUTHS if k not in {typed.Recorded, typed.Fresh}]
    wanted = {(parent, kind) for parent in PARENTS for kind in (TRUTHS if parent is not typed.Not else negatable)}
    wanted |= {(Rule, kind) for kind in TRUTHS}
    missing = {
        (parent.__name__, kind.__name__): TRUTHS[kind] - reached[parent, kind]
        for parent, kind in wanted
        if TRUTHS[kind] - reached[parent, kind]
    }
    assert missing == {}
    inside = {(p, k): v for (p, k), v in reached.items() if p in {typed.ForAll, typed.CountOf}}
    assert {k for _, k in inside} >= {
        typed.Comparison,
        typed.Among,
        typed.Flag,
        typed.Matches,
        typed.Both,
        typed.Either,
        typed.Not,
        typed.CountOf,
        typed.ForAll,
    }


@settings(max_examples=150, deadline=None)
@given(SEEDS)
def test_a_verdict_alone_is_that_of_the_decision(seed: int) -> None:
    """Of several policies, with `applies when`, dates, advice and guards; where nobody has waived or spoken."""
    random = Random(seed)
    policies = tuple(made_policy(random, rules=random.choice((1, 1, 2, 3))) for _ in range(random.choice((1, 1, 2))))
    verdicts = Verdicts(policies, MOVE)
    for _ in range(4):
        given_ = replace(made_input(random), accepted=NOTHING)
        decision = decide(policies, given_)
        answer = verdicts.of(given_)

        assert answer.verdict is decision.verdict
        assert sorted(answer.blocking) == sorted(
            [r.rule.id for r in decision.blocking]
            + [f"{p.policy.name}/applies" for p in decision.policies if p.governs is None]
        )
        assert answer.plain is (decision.allowed and all(r.outcome is Outcome.PASS for r in decision.rules))
