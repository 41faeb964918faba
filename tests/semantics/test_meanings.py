"""The formulas alone carry the meaning: looked through node by node they give the interpreter's truths, and keep their laws."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from letpass.evaluation.input import Input
from letpass.evaluation.interpreter import Interpreter
from letpass.language import typed
from letpass.language.rules import Policy
from letpass.language.truth import Truth3, negation
from letpass.semantics.around import Around
from letpass.semantics.lowering import Lowering
from letpass.semantics.meaning import Meaning
from letpass.semantics.writing import written
from tests.oracle import engine, printing
from tests.oracle.generating import Policies
from tests.oracle.records import Records
from tests.properties.judging import made_input, made_policy
from tests.semantics.formulas import Walker, conditions

SEEDS = st.integers(0, 2**40)
NAMES = re.compile(r"(?<![\w.\"])[vclm]\d+(?![\w\"])")
FORMS: dict[type, set[Truth3]] = {
    **{
        form: {True, False, None}
        for form in (
            typed.Not, typed.Both, typed.Either, typed.Named, typed.Flag, typed.Comparison, typed.Among, typed.Matches,
            typed.Pinned, typed.HasChampion, typed.OlderBars, typed.SuitePassed, typed.ForAll, typed.CountOf, typed.Fresh, typed.AttestedBy,
        )
    },
    **{form: {True, None} for form in (typed.Recorded, typed.ToolScanned, typed.Computed, typed.SignedBy)},
}  # fmt: skip
"""Every form of condition, and the truths that it can have."""
Case = tuple[typed.Truth, Meaning, Truth3, Walker]


def _cases(policy: Policy, inputs: list[Input]) -> Iterator[Case]:
    """Each condition of the rules, what it means, what the interpreter says of it."""
    lowering = Lowering()
    tests = [t for rule in policy.rules for t in (rule.test, rule.guard) if t is not None]
    for given_ in inputs:
        interpreter, walker = Interpreter(given_), Walker(given_)
        for test in tests:
            for node, service in conditions(test):
                meaning = lowering.meaning(node, Around((), service))
                yield node, meaning, interpreter.truth(node, (), service).truth, walker


def _made(seed: int) -> Iterator[Case]:
    random = Random(seed)
    return _cases(made_policy(random), [made_input(random) for _ in range(3)])


def _of_the_oracle(seed: int) -> Iterator[Case]:
    random = Random(seed)
    policy = engine.read(printing.policy(Policies(random).policy()))
    records = Records(random)
    assert not isinstance(policy, str) or policy[:4] == "GATE"
    return iter(()) if isinstance(policy, str) else _cases(policy, [engine.input_of(records.world()) for _ in range(2)])


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_the_formulas_of_every_condition_come_to_its_truth(seed: int) -> None:
    """And never do both hold, which `Walker.truth` asks of each."""
    assert [(node, walker.truth(meaning)) for node, meaning, _, walker in _made(seed)] == [
        (node, truth) for node, _, truth, _ in _made(seed)
    ]


@pytest.mark.parametrize("seed", range(12))
def test_the_formulas_of_the_oracles_policies_come_to_their_truths(seed: int) -> None:
    """Every form in every place, over records with every slot missing, torn and at a bound."""
    assert [(node, walker.truth(meaning)) for node, meaning, _, walker in _of_the_oracle(seed)] == [
        (node, truth) for node, _, truth, _ in _of_the_oracle(seed)
    ]


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_negation_swaps_the_two_formulas(seed: int) -> None:
    """Of every condition, and twice gives it back."""
    lowering = Lowering()
    for node, meaning, _, _ in _made(seed):
        around = Around()
        other = lowering.meaning(typed.Not(node), around)
        if meaning == lowering.meaning(node, around):  # what nobody must vouch for
            assert (other.holds, other.fails) == (meaning.fails, meaning.holds)
            assert lowering.meaning(typed.Not(typed.Not(node)), around) == meaning


def _complements(cases: Iterator[Case], seen: set[tuple[type, Truth3]]) -> None:
    for node, meaning, truth, walker in cases:
        if meaning.complement:
            seen.add((type(node), truth))
            found = walker.kleene(meaning.holds), walker.kleene(meaning.fails)
            assert found == (truth, negation(truth))


def test_where_the_two_are_complements_one_of_them_is_enough() -> None:
    """For a back end with a third truth value: it comes to the truth, so that exactly one holds where all that is read is known."""
    seen = set[tuple[type, Truth3]]()
    for seed in range(120):
        _complements(_made(seed), seen)
    for seed in range(8):
        _complements(_of_the_oracle(seed), seen)

    whole = (typed.Flag, typed.Comparison, typed.Among, typed.Matches, typed.Pinned, typed.Fresh, typed.Both, typed.Not)
    assert {(kind, truth) for kind in whole for truth in (True, False, None)} <= seen


def test_formulas_are_written_with_every_name_behind_what_it_is_made_of() -> None:
    """Of all conditions of the policies that are tried: the same text each time, no name without its line, no line without use."""
    for cases in (*[_made(seed) for seed in range(40)], *[_of_the_oracle(seed) for seed in range(12)]):
        for _, meaning, _, _ in cases:
            text = written(meaning)
            formulas, _, definitions = text.partition("with\n")
            made = dict.fromkeys(re.findall(r"^  ([vclm]\d+) = ", definitions, re.MULTILINE))
            known = set[str]()
            for block in re.split(r"^  (?=[vclm]\d+ = )", definitions, flags=re.MULTILINE)[1:]:
                name, _, body = block.partition(" = ")
                assert set(NAMES.findall(body)) <= known, text
                known.add(name)

            assert written(meaning) == text
            assert set(NAMES.findall(formulas)) <= known
            assert (
                known
                == set(made)
                == known & set(NAMES.findall(formulas + re.sub(r"(?m)^  [vclm]\d+ =", "", definitions)))
            )


@pytest.mark.once
def test_the_laws_are_asked_of_every_form_with_every_truth() -> None:
    """No form and no truth is left out of the policies that are tried."""
    reached: dict[type, set[Truth3]] = defaultdict(set)
    for seed in range(400):
        for node, _, truth, _ in _made(seed):
            reached[type(node)].add(truth)

    assert {kind: wanted - reached[kind] for kind, wanted in FORMS.items() if wanted - reached[kind]} == {}
