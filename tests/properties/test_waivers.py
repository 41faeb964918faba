"""The laws of waivers: what is covered stays so when nothing gets worse, and what is refused when something does."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from letpass.canonical import canonical
from letpass.evaluation.deciding import decide, judge_rule
from letpass.evaluation.decision import Outcome
from letpass.evaluation.input import Input
from letpass.evaluation.interpreter import Interpreter
from letpass.evaluation.missing import misses
from letpass.facts.record import Holder, Record
from letpass.frozen import replace
from letpass.language import typed
from letpass.language.rules import Rule, Waivable
from letpass.language.typed import walk
from letpass.trust.accepted import Accepted, Waiver
from letpass.trust.missed import Missed, read
from tests.properties.generate import DAY, NOW
from tests.properties.judging import MOVE, made_input, made_policy, policy, record

SEEDS = st.integers(0, 2**40)
TRIES = settings(max_examples=150, deadline=None)
ROLE = Waivable("risk")


def waivable(rule: Rule) -> Rule:
    """A rule that may be waived now."""
    return replace(rule, waivable=ROLE, advice=False, since=None)


def leave(rule: Rule, missed: tuple[Missed, ...]) -> Waiver:
    """A waiver of a rule by somebody else than all who have a part in it."""
    return Waiver(
        rule.policy, rule.label or "", rule.digest, ("cro@x.example",), "risk", NOW - DAY, NOW + DAY, "why", missed
    )


def missed(rule: Rule, given_: Input) -> tuple[Missed, ...]:
    """What a rule misses, as it is read back from a signed statement."""
    found = [m.missed for m in misses(rule, Interpreter(given_))]
    return tuple(read(json.loads(canonical(m.as_json()))) for m in found)


def outcome(rule: Rule, given_: Input, waiver: Waiver) -> Outcome:
    """What a rule comes to with a waiver, of a version whose author is known."""
    accepted = replace(given_.accepted, waivers=(waiver,), asked=None, directory=None, thresholds={})
    known = replace(given_.record, values={**given_.record.values, "author": "me@x.example"})
    with_it = replace(given_, accepted=accepted, record=known)
    return judge_rule(rule, with_it, Interpreter(with_it)).outcome


def poked(found: Record, random: Random) -> Record:
    """A record in which some numbers are others, and some elements of lists are gone."""

    def number(value: Any) -> Any:
        return value * random.choice((0.9, 1.1)) if type(value) is float else value

    def piece(element: Any) -> Any:
        return {
            k: tuple(piece(e) for e in v if random.random() < 0.9) if isinstance(v, tuple) else number(v)
            for k, v in element.items()
        }

    measures = {key: tuple(piece(p) for p in pieces) for key, pieces in found.measures.items()}
    lists = {path: tuple(piece(p) for p in pieces if random.random() < 0.9) for path, pieces in found.lists.items()}
    return replace(found, measures=measures, lists=lists)


@TRIES
@given(SEEDS)
def test_a_rule_is_missed_just_where_something_is_named_and_a_waiver_of_that_covers_it(seed: int) -> None:
    """What keeps a rule from holding is never nothing, and is covered by itself."""
    random = Random(seed)
    policy_, given_ = made_policy(random), made_input(random)
    for rule in map(waivable, policy_.rules):
        interpreter = Interpreter(given_)
        truth, named = judge_rule(rule, given_, interpreter).truth, misses(rule, interpreter)

        assert bool(named) is (truth is not True)
        fits = len(named) <= 100
        if truth is not True and fits and not any(isinstance(n, typed.SignedBy) for n in walk((rule.test, rule.guard))):
            assert outcome(rule, given_, leave(rule, missed(rule, given_))) is Outcome.WAIVED


@settings(TRIES, max_examples=60)
@given(SEEDS)
def test_what_is_refused_stays_refused_when_it_gets_worse(seed: int) -> None:
    """A first, a second and a third record: where a waiver of the first does not cover the second, and the third is no
    better than the second (a waiver of it would cover the second), then it does not cover the third either."""
    random = Random(seed)
    policy_, given_ = made_policy(random, rules=8), made_input(random, absent=0.0)
    others = [replace(given_, record=poked(given_.record, random)) for _ in range(2)]
    for rule in map(waivable, policy_.rules):
        first, second, third = given_, *others
        if not all(0 < len(missed(rule, g)) <= 100 for g in (first, second, third)):
            continue
        of_first, of_third = leave(rule, missed(rule, first)), leave(rule, missed(rule, third))
        no_better = outcome(rule, second, of_third) is Outcome.WAIVED
        if no_better and outcome(rule, second, of_first) is not Outcome.WAIVED:
            assert outcome(rule, third, of_first) is not Outcome.WAIVED


@TRIES
@given(
    st.sampled_from([">=", ">", "<=", "<"]),
    st.integers(0, 100),
    st.integers(0, 100),
    st.lists(st.integers(0, 100), min_size=2, max_size=12),
)
def test_a_worse_value_never_turns_a_refusal_into_an_allow(
    operator: str, bound: int, seen: int, values: list[int]
) -> None:
    """Of one number, from the best value to the worst: allowed up to the one that was waived, and refused from there on."""
    text = 'policy p: "t"\n  on promotion to production\nrequire a: score {} {}\n  waivable by role "risk"\n'
    policy_ = policy(text.format(operator, bound))
    (rule,) = policy_.rules

    def given_(value: int) -> Input:
        raw = {"model": "m", "version": "1", "author": "me@x.example", "metrics": {"score": value}}
        return Input(record(raw), MOVE, NOW, Holder.NOBODY)

    named = missed(rule, given_(seen))
    waivers = (leave(rule, named),) if named else ()
    best_first = sorted({*values, seen}, reverse=operator in {">=", ">"})
    allowed = [decide((policy_,), replace(given_(v), accepted=Accepted((), waivers))).allowed for v in best_first]

    assert allowed == sorted(allowed, reverse=True)
    assert allowed[best_first.index(seen)]
    assert not named or not any(allowed[best_first.index(seen) + 1 :])
