"""How long an approval lasts: the shortest that is said, of all policies that govern the move or may."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from letpass.evaluation.deciding import decide
from letpass.evaluation.decision import LAST, Decision
from letpass.evaluation.interpreter import Interpreter
from letpass.evaluation.jsonschema import decision_schema
from letpass.facts.schema import VOCABULARY
from letpass.frozen import replace
from letpass.gate import judgement
from letpass.language.rules import Policy
from letpass.language.truth import Truth3
from letpass.move import Move
from letpass.project.policyset import PolicySet, from_texts
from letpass.trust import strict
from tests.properties.generate import DAY, DECLARATIONS, LASTING, NOW, Author
from tests.properties.judging import MOVE, made_input, record
from tests.properties.test_laws import alone, slots

SEEDS = st.integers(0, 2**40)
TRIES = settings(max_examples=150, deadline=None)
NEVER = LAST + 1


def text(name: str, lasting: str = "", applies: str = "", on: str = "promotion to production") -> str:
    """A policy of one rule that `ready` meets."""
    lines = [
        f'policy {name}: "made"',
        f"  on {on}",
        f"  approved for {lasting}" if lasting else "",
        f"  applies when {applies}" if applies else "",
    ]
    body = f"{DECLARATIONS}\nlet steady = score >= 0.9\nrequire ready: ready\n"
    return "\n".join(line for line in lines if line) + "\n" + body


def a_set(random: Random) -> tuple[dict[str, str], PolicySet]:
    """What each of some policies says of the approval, nothing where it says nothing; and these policies."""
    author = Author(random)
    said = {f"p{n}": author.pick(("", *LASTING)) for n in range(random.randrange(1, 5))}
    texts = {
        f"{name}.policy": text(name, lasting, author.condition(1, positive=False) if author.chance(0.7) else "")
        for name, lasting in said.items()
    }
    return said, from_texts(texts, VOCABULARY, warn=False)


def judged(*texts: str, move: Move = MOVE, now: int = NOW) -> Decision:
    """The decision on a model that is ready, by policies."""
    named = {f"{n}.policy": t for n, t in enumerate(texts)}
    ready = record({"model": "fraud", "version": "4", "facts": {"ready": True}})
    return judgement.judge(from_texts(named, VOCABULARY, warn=False), ready, move, now)


def lasting(decision: Decision) -> int | None:
    """How long the approval lasts, in microseconds."""
    return None if decision.approved_until is None else decision.approved_until - decision.now


@TRIES
@given(SEEDS)
def test_the_shortest_of_the_policies_that_govern_or_may_govern_wins(seed: int) -> None:
    """A policy that says nothing of it lengthens nothing, one that certainly does not govern shortens nothing."""
    random = Random(seed)
    said, policies = a_set(random)
    given_ = made_input(random)

    def governs(policy: Policy) -> Truth3:
        return True if policy.applies is None else Interpreter(given_).truth(policy.applies).truth

    ends = [LASTING[said[p.name]] for p in policies.policies if said[p.name] and governs(p) is not False]
    decision = decide(policies.policies, given_)

    assert lasting(decision) == min(ends, default=None)


@TRIES
@given(SEEDS)
def test_less_evidence_never_makes_an_approval_last_longer(seed: int) -> None:
    """A slot that is emptied or unreadable leaves open whether a policy governs, and such a policy counts."""
    random = Random(seed)
    _, policies = a_set(random)
    given_ = made_input(random, absent=0.1)
    given_ = replace(given_, record=alone(given_.record))
    before = decide(policies.policies, given_).approved_until or NEVER
    for slot in random.sample(found := slots(given_.record), min(6, len(found))):
        for poorer in (slot.emptied, slot.unreadable):
            if poorer is not None:
                after = decide(policies.policies, replace(given_, record=poorer)).approved_until or NEVER
                assert after <= before, slot.name


@TRIES
@given(SEEDS)
def test_a_decision_with_an_end_is_of_its_schema_and_names_the_policies_that_set_it(seed: int) -> None:
    """The end is told once for the decision and once for each policy that sets one, and the earliest is the decision's."""
    random = Random(seed)
    said, policies = a_set(random)
    decision = decide(policies.policies, made_input(random)).as_json()
    ends = {p["name"]: p["approved_until"] for p in decision["policies"] if "approved_until" in p}

    Draft202012Validator(decision_schema()).validate(decision)
    assert ends == {
        p["name"]: _written(NOW + LASTING[said[p["name"]]]) for p in decision["policies"] if said[p["name"]]
    }
    assert decision.get("approved_until") == min(ends.values(), default=None)


def _written(microseconds: int) -> str:
    assert strict.instant(strict.written(microseconds)) == microseconds
    return strict.written(microseconds)


@pytest.mark.parametrize("on", ["promotion to production", "rollback to production", "deployment"])
def test_a_move_by_which_a_version_serves_has_an_end(on: str) -> None:
    """Each of the three, from the clock of the decision on."""
    assert lasting(judged(text("p", "30 days", on=on), move=Move.parse(on))) == 30 * DAY
    assert lasting(judged(text("p", on=on), move=Move.parse(on))) is None


@pytest.mark.parametrize("on", ["registration", "review"])
def test_a_registration_and_a_review_have_no_end(on: str) -> None:
    """In a policy that governs a promotion as well the line is about the promotion."""
    both = text("p", "30 days", on=f"promotion to production\n  on {on}")

    assert lasting(judged(both)) == 30 * DAY
    assert lasting(judged(both, move=Move.parse(on))) is None
    assert "approved_until" not in str(judged(both, move=Move.parse(on)).as_json())


def test_a_rollback_without_a_policy_of_its_own_ends_as_the_promotion_does() -> None:
    """The policies that govern it are the promotion's; with one of its own they are not asked."""
    promoted, rolled = text("p", "30 days"), text("r", "36 hours", on="rollback to production")
    back = Move.parse("rollback to production")

    assert lasting(judged(promoted, move=back)) == 30 * DAY
    assert lasting(judged(promoted, rolled, move=back)) == DAY * 3 // 2
    assert lasting(judged(promoted, text("r", on="rollback to production"), move=back)) is None


def test_an_end_beyond_the_calendar_is_its_last_moment() -> None:
    """A decision as of the last century that can be written is still told."""
    late = strict.instant("9950-01-01T00:00:00Z")

    assert judged(text("p", "36600 days"), now=late).as_json()["approved_until"] == "9999-12-31T23:59:59Z"
    assert judged(text("p", "36600 days")).as_json()["approved_until"] == "2127-02-07T12:00:00Z"
