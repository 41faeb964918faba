"""Whose waivers cover, and for what."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from letpass.evaluation.jsonschema import decision_schema
from letpass.evaluation.unused import WhyUnused
from letpass.move import DEPLOYMENT, rollback
from letpass.trust import kinds, statements
from tests.reports.making import shown
from tests.trust.test_what_waivers_cover import HEADER, WAIVABLE, Change, gate, metrics, waived, why, world
from tests.trust.world import FIRST, HOUR, NOW, PEOPLE, RAVI, RECORD, ROOTS, ROSA, VERA, World, document, version

# ---------------------------------------------------------------- whose, and for what


def own(made: World, author: str = "anna@corp.example", **more: Any) -> World:
    """The same with another author."""
    made.data = {**made.data, "author": author, **more}
    return made


@pytest.mark.parametrize(
    "author",
    [{"author": ROSA}, {"author": f"Rosa <{ROSA.upper()}>"}, {"code": {"author": ROSA}}, {"author": ROSA, "code": {}}],
)
def test_nobody_waives_for_their_own_model(author: Change) -> None:
    """Whoever made it may hold the role; somebody else in it has to answer for the leave."""
    roles = {**FIRST["roles"], "risk": {"members": [ROSA, RAVI]}}
    trust = [version(document(roles=roles), *ROOTS)]
    made = World(gate("a >= 0.9"), {**RECORD, **metrics(a=0.8)}, trust)
    made.enact()
    made.waive()
    assert made.verdict() == "allow"

    made.data = {**made.data, **author}

    assert (made.verdict(), why(made)) == ("deny", [WhyUnused.OWN_MODEL])
    assert "nobody waives for a model that they made or ask for" in shown("text", made.decide())
    made.waive(person=RAVI)
    assert made.verdict() == "allow"


def test_who_asks_for_the_move_does_not_waive_for_it() -> None:
    """Asking and answering are two people's."""
    made = waived(gate("a >= 0.9"), **metrics(a=0.8))
    made.request(PEOPLE[VERA], requester=VERA)
    assert made.verdict() == "allow"

    made.request(PEOPLE[ROSA], requester=ROSA, at=NOW - 2 * HOUR)

    assert (made.verdict(), why(made)) == ("deny", [WhyUnused.OWN_MODEL])


def test_where_nobody_knows_the_author_no_waiver_counts() -> None:
    """It may be who signed."""
    made = waived(gate("a >= 0.9"), **metrics(a=0.8))

    del made.data["author"]

    assert (made.verdict(), why(made)) == ("deny", [WhyUnused.AUTHOR_UNKNOWN])


def test_of_a_role_that_needs_two_the_author_is_not_one() -> None:
    """The threshold counts those who may waive."""
    roles = {**FIRST["roles"], "risk": {"members": [ROSA, RAVI, VERA], "threshold": 2}}
    made = World(gate("a >= 0.9"), {**RECORD, **metrics(a=0.8)}, [version(document(roles=roles), *ROOTS)])
    made.enact()
    for person in (ROSA, RAVI):
        made.waive(person=person)
    assert made.verdict() == "allow"

    made.data["author"] = RAVI
    assert (made.verdict(), why(made)) == ("deny", [WhyUnused.OWN_MODEL])
    made.waive(person=VERA)
    assert made.verdict() == "allow"


def test_a_threshold_signs_one_and_the_same_leave() -> None:
    """Two who have seen two values have not waived the same."""
    roles = {**FIRST["roles"], "risk": {"members": [ROSA, RAVI], "threshold": 2}}
    made = World(gate("a >= 0.9"), {**RECORD, **metrics(a=0.8)}, [version(document(roles=roles), *ROOTS)])
    made.enact()
    made.waive()
    made.data["metrics"]["a"] = 0.82
    other = made.waive(person=RAVI)
    assert (made.verdict(), made.why(other)) == ("deny", "1 of 2 members of the role have signed it")

    made.waive()

    assert made.verdict() == "allow"


def test_a_waiver_is_for_its_move_and_the_way_back_to_the_same_stage() -> None:
    """Not for another stage, nor for another kind of move."""
    text = gate("a >= 0.9").replace("to production\n", "to production, staging\n  on deployment\n", 1)
    made = waived(text, **metrics(a=0.8))
    verdicts = {}
    for move in (made.move, rollback("Production"), DEPLOYMENT, type(made.move).parse("promotion to staging")):
        made.move = move
        verdicts[str(move)] = made.verdict()

    assert verdicts == {
        "promotion to production": "allow",
        "rollback to Production": "allow",
        "deployment": "deny",
        "promotion to staging": "deny",
    }
    said = [s.why for s in made.decide().statements if s.kind == "waiver"]
    assert said == ["it is for another move: promotion to production then, promotion to staging now"]


def test_missing_signoffs_can_be_waived_and_an_objection_cannot() -> None:
    """Whoever says no is heard, whatever was waived before."""
    policy = f'{HEADER}require named: model is fraud\nrequire good: signed by 2 in role "validator"{WAIVABLE}'
    made = waived(policy)
    assert made.verdict() == "allow"

    made.object_(VERA)

    assert (made.verdict(), why(made)) == ("deny", [])


@pytest.mark.parametrize(
    "missed",
    [
        [],
        [{"condition": ""}],
        [{"condition": "x", "worse": 1}],
        [{"condition": "x", "operator": "~"}],
        [{"condition": "x", "operator": "<=", "value": {}, "bound": 1}],
        [{"condition": "x", "value": "2026-11-01", "unit": "date"}],
        [{"condition": "x", "upTo": 3}],
        [{"condition": "x", "operator": "is", "value": 1, "upTo": 3}],
        [{"condition": "x", "unknown": [{"kind": "missing"}]}],
        [{"condition": "x" * 2001}],
        [{"condition": f"x{n}"} for n in range(101)],
        "all of it",
    ],
)
def test_what_a_waiver_is_for_is_read_strictly(missed: Any) -> None:
    """What is not understood may be what limits it."""
    made = world(gate("a >= 0.9"), **metrics(a=0.8))
    fine = [{"condition": "a >= 0.9", "operator": ">=", "value": 0.8, "bound": 0.9}]
    made.waive(missed=fine)
    assert made.verdict() == "allow"

    made.statement_files.pop()
    made.waive(missed=missed)

    assert (made.verdict(), unread(made)) == ("deny", ["its `missed` cannot be read"])


def test_a_signed_limit_is_the_worst_value_that_is_waived() -> None:
    """Beside the value that was seen when it was signed."""
    limit = {"condition": "a >= 0.9", "operator": ">=", "value": 0.85, "bound": 0.9, "upTo": 0.8}
    made = world(gate("a >= 0.9"), **metrics(a=0.85))
    made.waive(missed=[limit])
    found = {}
    for value in (0.85, 0.8, 0.79):
        made.data["metrics"]["a"] = value
        found[value] = made.verdict()

    assert found == {0.85: "allow", 0.8: "allow", 0.79: "deny"}


def test_the_decision_says_what_a_waiver_covers_and_why_another_does_not() -> None:
    """With the fields that `policy schema decision` promises."""
    made = waived(gate("a >= 0.9"), **metrics(a=0.8))
    used = made.decide().as_json()
    made.data["metrics"]["a"] = 0.7
    ended = made.decide().as_json()
    seen = {"condition": "a >= 0.9", "operator": ">=", "value": 0.8, "bound": 0.9}

    for decision in (used, ended):
        jsonschema.validate(decision, decision_schema())
    assert used["policies"][0]["rules"][0]["waiver"]["missed"] == [seen]
    (unused,) = ended["unused_waivers"]
    assert {k: unused[k] for k in ("label", "why", "now", "then")} == {
        "label": "good",
        "why": "worse",
        "now": {**seen, "value": 0.7},
        "then": seen,
    }


def test_a_waiver_without_what_was_missed_is_none() -> None:
    """It would cover whatever the rule comes to miss."""
    made = world(gate("a >= 0.9"), **metrics(a=0.8))
    for field in ("missed", "move"):
        made.waive()
        assert made.verdict() == "allow"
        said = dict(statements.read("", made.statement_files.pop().data).predicate)
        del said[field]
        made.say(kinds.WAIVER, said, PEOPLE[ROSA])

        assert (made.verdict(), unread(made)) == ("deny", [f"it has no `{field}`"])
        made.statement_files.pop()


def unread(made: World) -> list[str]:
    """Why statements do not read."""
    return [s.why for s in made.decide().statements if s.kind == "statement"]
