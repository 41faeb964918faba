"""The laws of the language about evidence: less of it never helps, nothing never allows, the same is the same."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from letpass.canonical import canonical
from letpass.evaluation.deciding import decide, judge_rule
from letpass.evaluation.decision import Verdict
from letpass.evaluation.input import Input
from letpass.evaluation.interpreter import Interpreter
from letpass.facts.record import Holder, Record
from letpass.facts.values import Unreadable
from letpass.frozen import replace
from letpass.language.rules import Policy
from tests.properties.generate import DAY, NOW
from tests.properties.judging import made_input, made_policy, policy

SEEDS = st.integers(0, 2**40)
TRIES = settings(max_examples=200, deadline=None)
BAD = Unreadable("?", "not a value")

# whose absence the language itself forgives: a commit's author counts "where readable" (decisions/0008)
FORGIVEN = {"code.author", "model", "version"}


@dataclass
class Slot:
    """One place of evidence, and the record without what fills it, or with what nobody can read."""

    name: str
    emptied: Record
    unreadable: Record | None


def slots(record: Record) -> list[Slot]:
    """Every slot of a record: a list is one, since its quantifiers speak of all of it (decisions/0011)."""
    found = []
    for path in record.values:
        if path in FORGIVEN:
            continue
        rest = {k: v for k, v in record.values.items() if k != path}
        section = path.partition(".")[0]
        sections = {k: (BAD if k == section and isinstance(v, bool) else v) for k, v in record.sections.items()}
        found.append(
            Slot(
                path,
                replace(record, values=rest, sections=sections),
                replace(record, values=rest, unreadable={**record.unreadable, path: BAD}, sections=sections),
            )
        )
    lists = record.lists
    found += [Slot(path, replace(record, lists={k: v for k, v in lists.items() if k != path}), None) for path in lists]
    for key, pieces in record.measures.items():
        if len(pieces) == 1:
            without = {k: v for k, v in record.measures.items() if k != key}
            torn = {**record.measures, key: ({**pieces[0], "@unreadable": "torn"},)}
            found.append(Slot(":".join(key), replace(record, measures=without), replace(record, measures=torn)))
    return found


def truths(policy_: Policy, given_: Input) -> list[Any]:
    interpreter = Interpreter(given_)
    return [judge_rule(rule, given_, interpreter).truth for rule in policy_.rules]


def worse(before: list[Any], after: list[Any]) -> bool:
    """Every truth is as before, or no longer known."""
    return all(b is a or a is None for b, a in zip(before, after, strict=True))


def alone(record: Record) -> Record:
    """The record with each metric on one data set: a bare metric on two is ambiguous, by decision."""
    return replace(record, measures={k: v[:1] for k, v in record.measures.items()})


@TRIES
@given(SEEDS)
def test_emptying_a_slot_or_making_it_unreadable_only_makes_things_unknown(seed: int) -> None:
    """No settled truth is turned round, and nothing unknown becomes settled; so no refusal becomes an allow."""
    random = Random(seed)
    policy_ = made_policy(random)
    given_ = made_input(random, absent=0.1)
    given_ = replace(given_, record=alone(given_.record))
    before = truths(policy_, given_)
    for slot in random.sample(found := slots(given_.record), min(8, len(found))):
        for poorer in (slot.emptied, slot.unreadable):
            if poorer is not None:
                assert worse(before, truths(policy_, replace(given_, record=poorer))), slot.name


@TRIES
@given(SEEDS)
def test_filling_an_empty_slot_never_flips_a_settled_truth(seed: int) -> None:
    """The same law read forwards: what was known without a piece is the same with it."""
    random = Random(seed)
    policy_ = made_policy(random)
    rich = made_input(random, absent=0.1)
    rich = replace(rich, record=alone(rich.record))
    for slot in random.sample(found := slots(rich.record), min(6, len(found))):
        poor = truths(policy_, replace(rich, record=slot.emptied))
        full = truths(policy_, rich)
        assert all(p is None or p is f for p, f in zip(poor, full, strict=True)), slot.name


@TRIES
@given(SEEDS)
def test_losing_a_signature_an_attestation_or_the_champion_never_helps(seed: int) -> None:
    """Unsigning, no longer vouching, and not knowing the champion only make things unknown."""
    random = Random(seed)
    policy_ = made_policy(random)
    given_ = made_input(random, absent=0.1)
    before = truths(policy_, given_)
    if given_.accepted.signoffs:
        lost = random.choice(given_.accepted.signoffs)
        left = tuple(s for s in given_.accepted.signoffs if s is not lost)
        assert worse(before, truths(policy_, replace(given_, accepted=replace(given_.accepted, signoffs=left))))
    record = given_.record
    stripped = replace(
        record,
        trust={},
        lists={k: tuple({f: x for f, x in e.items() if f != "@trust"} for e in v) for k, v in record.lists.items()},
        measures={
            k: tuple({f: x for f, x in e.items() if f != "@trust"} for e in v) for k, v in record.measures.items()
        },
    )
    assert worse(before, truths(policy_, replace(given_, record=stripped)))
    assert worse(before, truths(policy_, replace(given_, champion=Holder.UNASKED)))


@TRIES
@given(SEEDS, st.integers(1, 4000))
def test_growing_older_never_turns_a_refusal_into_an_allow(seed: int, hours: int) -> None:
    """But for comparisons with `now`, which say so themselves, and dates that lie in the future."""
    random = Random(seed)
    while "now" in (policy_ := made_policy(random)).span.source.text.split("let steady")[1]:
        pass
    given_ = made_input(random, absent=0.1)
    later = replace(given_, now=given_.now + hours * DAY // 24)
    if _future(given_.record) or (isinstance(given_.champion, Record) and _future(given_.champion)):
        return
    for before, after in zip(truths(policy_, given_), truths(policy_, later), strict=True):
        assert not (before is not True and after is True)


def _future(record: Record) -> bool:
    dates = [
        *record.values.values(),
        *(v for es in (*record.lists.values(), *record.measures.values()) for e in es for v in e.values()),
    ]
    return any(type(d) is int and d > NOW for d in dates) or str(record.values.get("facts.due", "")) > "2026-11-23"


@TRIES
@given(SEEDS)
def test_the_same_inputs_make_the_same_decision_byte_for_byte(seed: int) -> None:
    """Twice the same policies, record, statements and clock: twice the same bytes."""
    made = []
    for _ in range(2):
        random = Random(seed)
        policy_ = made_policy(random)
        made.append(canonical(decide((policy_,), made_input(random)).as_json()))

    assert made[0] == made[1]


@TRIES
@given(SEEDS)
def test_the_verdict_follows_from_the_rules(seed: int) -> None:
    """Deny where a rule in force fails, allow only where something was asked and everything holds."""
    random = Random(seed)
    policy_ = made_policy(random)
    decision = decide((policy_,), made_input(random, absent=random.choice((0.0, 0.1))))
    asked = [r for r in decision.rules if not r.rule.advice]
    if any(r.truth is False for r in asked):
        expected = Verdict.DENY
    elif all(r.truth is True for r in asked) and any(r.applicable for r in asked):
        expected = Verdict.ALLOW
    else:
        expected = Verdict.UNDECIDED

    assert decision.verdict is expected


HEADER = 'policy p: "t"\n  on promotion to production\n'
NOTHING_ALLOWS = {
    "advice alone": "advise a: model is recorded\n",
    "an empty all": "require a: all share.slices have value >= 0\nadvise b: model is recorded\n",
    "an all that selects nothing": "require a: all share.slices where samples >= 100 have value >= 0\n",
    "an unknown role": 'require a: signed by role "nobody"\n',
    "a scan of nothing": 'require a: scanned by "idle"\n',
    "a suite of no case": 'require a: passed "idle"\n',
    "a rule that asks nothing": "require a: share >= 0\n  when code.dirty\n",
    "a rule that is not yet in force": "require a: share >= 0.99\n  from 2099-01-01\n",
}
EMPTY = {
    "model": "m", "version": "1", "author": "me@x.example", "code": {"dirty": False},
    "metrics": {"share": {"value": 0.5, "slices": [{"group": "a", "value": 1, "samples": 5}]}, "bare": {"value": 1, "slices": []}},
    "scans": [{"tool": "idle", "scanned": 0, "findings": []}], "suites": [{"name": "idle", "passed": True, "cases": 0}],
}  # fmt: skip


def test_nothing_never_allows() -> None:
    """An empty `all`, advice, an unknown role, a scan of nothing: none of them allows."""
    from tests.properties.judging import MOVE, record

    verdicts = {}
    for name, rules in NOTHING_ALLOWS.items():
        raw = EMPTY if name != "an empty all" else {**EMPTY, "metrics": {"share": {"value": 1, "slices": []}}}
        verdicts[name] = decide((policy(HEADER + rules),), Input(record(raw), MOVE, NOW, Holder.NOBODY)).verdict
    twin = decide(
        (policy(HEADER + "require a: share >= 0.5\n"),), Input(record(EMPTY), MOVE, NOW, Holder.NOBODY)
    ).verdict

    assert twin is Verdict.ALLOW
    assert {name for name, verdict in verdicts.items() if verdict is Verdict.ALLOW} == set()
    assert decide((), Input(record(EMPTY), MOVE, NOW)).verdict is Verdict.DENY
