"""A decision says of every sign-off whether the rule counts it, and why it does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsonschema
import pytest

from letpass.evaluation.jsonschema import decision_schema
from letpass.reports.approvals import approvals
from tests.reports.making import shown
from tests.trust.world import (
    BOB,
    DAY,
    HOUR,
    NOW,
    PEOPLE,
    POLICY,
    RAVI,
    RECORD,
    ROSA,
    VERA,
    VITO,
    World,
    document,
    version,
)  # fmt: skip
from tests.trust.world import ROOTS as ROOT_KEYS

ROLES = {
    "root": {"members": [ROSA, RAVI], "threshold": 2},
    "validator": {"members": [RAVI, VERA, VITO]},
    "policy-owner": {"members": [ROSA, RAVI]},
    "risk": {"members": [ROSA]},
}
RULE = 'signed by 2 in role "validator" other than author'
EARLY, LATE = "2026-11-22T12:00:00Z", "2026-11-23T11:00:00Z"
ALL_COUNT = {RAVI: None, VERA: None, VITO: None}


def world(rule: str = RULE, record: Mapping[str, Any] = RECORD, requester: str = BOB) -> World:
    """A world in which all three validators have signed, Vera a day before the others."""
    made = World(POLICY.replace(RULE, rule), record, [version(document(roles=ROLES), *ROOT_KEYS)])
    made.enact()
    request = made.request(PEOPLE[requester], requester=requester, at=NOW - 2 * DAY)
    for person in (RAVI, VERA, VITO):
        made.sign(request, person, at=NOW - (DAY if person == VERA else HOUR))
    return made


def counted(made: World) -> dict[str, str | None]:
    """Why each person's sign-off does not count for the rule, None where it does, as the decision's JSON says."""
    rule = made.decide().as_json()["policies"][0]["rules"][1]
    seen = [s for s in rule["test"]["seen"] if s["kind"] == "sign-off"]
    assert all(s["role"] == "validator" and s["counted"] is ("why_not" not in s) for s in seen)
    return {s["person"]: s.get("why_not") for s in seen}


CASES: dict[str, tuple[dict[str, Any], dict[str, str], str]] = {
    "the author": ({"record": {**RECORD, "author": VERA}}, {VERA: "author"}, "allow"),
    "the commit's author": ({"record": {**RECORD, "code": {"author": f"Vera <{VERA}>"}}}, {VERA: "author"}, "allow"),
    "who asks for the move": ({"requester": RAVI}, {RAVI: "requester"}, "allow"),
    "who signed too long ago": ({"rule": f"{RULE} within 12 hours"}, {VERA: "not in time"}, "allow"),
    "nobody can be told from the author": (
        {"record": {k: v for k, v in RECORD.items() if k != "author"}},
        dict.fromkeys((RAVI, VERA, VITO), "author unknown"),
        "undecided",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_signoff_that_a_rule_leaves_out_is_told_from_those_that_it_counts(name: str) -> None:
    """The rule was right to leave it out, and the decision now says so."""
    untouched = world()
    assert (untouched.verdict(), counted(untouched)) == ("allow", ALL_COUNT)

    how, left_out, verdict = CASES[name]
    made = world(**how)

    assert (made.verdict(), counted(made)) == (verdict, {**ALL_COUNT, **left_out})


def test_an_author_counts_where_the_rule_does_not_leave_them_out() -> None:
    """It is the rule that leaves somebody out: another rule counts the same sign-off."""
    made = world('signed by 2 in role "validator"', {**RECORD, "author": VERA})

    assert (made.verdict(), counted(made)) == ("allow", ALL_COUNT)


def test_what_people_said_keeps_the_schema() -> None:
    """Sign-offs, objections and what is awaited have the fields that `policy schema decision` promises, and no others."""
    schema = decision_schema()
    fields = {n: schema["$defs"]["explanation"]["properties"][n]["items"]["properties"].keys() for n in ("seen", "why")}
    rejected = world()
    rejected.object_(VERA)
    short = world(f"{RULE} within 12 hours", {**RECORD, "author": RAVI})

    for made in (world(), rejected, short):
        decision = made.decide().as_json()
        test = decision["policies"][0]["rules"][1]["test"]

        jsonschema.validate(decision, schema)
        assert {k for s in test.get("seen", ()) for k in s} - fields["seen"] == set()
        assert {k for r in test.get("why", ()) for k in r} - fields["why"] == set()
    assert [(r["kind"], r["role"], r["able"]) for r in test["why"]] == [("awaiting sign-off", "validator", [VERA])]


NOT_COUNTED = "signed, not counted: made the version"


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_reports_say_that_an_authors_own_signoff_does_not_count(form: str) -> None:
    """Where it is listed among the statements, and on the page in the table of the rule's sign-offs too."""
    untouched = shown(form, world().decide())
    assert NOT_COUNTED not in plain(untouched)

    page = plain(shown(form, world(record={**RECORD, "author": VERA}).decide()))

    assert page.count(NOT_COUNTED) == (2 if form == "html" else 1)


def plain(text: str) -> str:
    """A report as it is read: without the backslashes and joiners of Markdown."""
    return text.replace("\\", "").replace("\u2060", "")


def test_the_table_of_signoffs_tells_who_counted_from_who_did_not() -> None:
    """Two validators are enough, and the author is not one of them."""
    own = world(record={**RECORD, "author": VERA})
    (approval,) = approvals(own.decide())
    ravi, vera, vito = (f"{p} at {w}" for p, w in ((RAVI, LATE), (VERA, EARLY), (VITO, LATE)))

    assert (sorted(approval.given), approval.uncounted) == ([ravi, vito], (f"{vera}: {NOT_COUNTED}",))
    assert (approval.lacking, approval.holds) == ((), True)


def test_two_rules_take_one_signoff_in_two_ways_and_the_statement_counts() -> None:
    """A statement that one rule counts counts; beside the other rule stands why it does not."""
    made = world(f'signed by role "validator"\nrequire apart: {RULE}', {**RECORD, "author": VERA})
    decision = made.decide()

    assert NOT_COUNTED not in shown("text", decision)
    assert [(a.rule, len(a.given), len(a.uncounted)) for a in approvals(decision)] == [
        ("gate/signed", 3, 0),
        ("gate/apart", 2, 1),
    ]


# ---------------------------------------------------------------- in the stored decision, and in what the gate signs


def answers(made: World) -> dict[str, tuple[bool, list[str] | None, str | None]]:
    """Of each person's sign-off whether it is valid, for which rules it counted, and why it did for none."""
    statements = made.decide().as_json()["statements"]
    return {
        s["person"]: (s["valid"], s.get("counted_for"), s.get("not_counted"))
        for s in statements
        if s["kind"] == "sign-off"
    }


def test_the_stored_decision_says_of_every_signoff_for_which_rule_it_counted_or_why_not() -> None:
    """An author's own sign-off stood there as one that counts, and a report on separation of duties found a breach."""
    counted = (True, ["gate/signed"], None)
    assert answers(world()) == {RAVI: counted, VERA: counted, VITO: counted}

    own = world(record={**RECORD, "author": VERA})
    assert answers(own) == {RAVI: counted, VERA: (True, [], "author"), VITO: counted}
    assert own.verdict() == "allow"


@pytest.mark.parametrize(
    ("how", "valid", "word"),
    [
        ({"expiresAt": "2026-11-23T11:30:00Z"}, False, "expired"),
        ({"role": "policy-owner", "signer": VERA}, False, "wrong role"),
        ({"version": "9"}, False, "other request"),
        ({"signer": VITO}, False, "key"),
        ({"role": "idle"}, True, "not asked for"),
    ],
)
def test_why_a_signoff_does_not_count_is_one_word_of_a_closed_set(how: dict[str, str], valid: bool, word: str) -> None:
    """Each kind of reason has its word, beside the sentence for people."""
    roles = {**ROLES, "idle": {"members": [VERA]}}
    made = World(POLICY, RECORD, [version(document(roles=roles), *ROOT_KEYS)])
    made.enact()
    request = made.request()
    digest = made.sign(request, VERA, key=PEOPLE[VERA], **how)
    (found,) = [s for s in made.decide().as_json()["statements"] if s["digest"] == digest]

    assert (found["valid"], found["counted_for"], found["not_counted"]) == (valid, [], word)
    assert ("key" in found, "signed_at" in found) == ((word != "key",) * 2)
    jsonschema.validate(made.decide().as_json(), decision_schema())


def test_a_signoff_names_the_key_that_signed_it_and_when() -> None:
    """By the fingerprint that `ssh-keygen -l` prints; it is there only where the key held then."""
    from letpass.trust import keys

    made = world()
    found = {s["person"]: s for s in made.decide().as_json()["statements"] if s["kind"] == "sign-off"}
    seen = {s["person"]: s for s in made.decide().as_json()["policies"][0]["rules"][1]["test"]["seen"] if "person" in s}

    for person, at in ((RAVI, LATE), (VERA, EARLY), (VITO, LATE)):
        fingerprint = keys.parse(PEOPLE[person].line).fingerprint
        assert (found[person]["key"], found[person]["signed_at"]) == (fingerprint, at)
        assert (seen[person]["key"], seen[person]["statement"]) == (fingerprint, found[person]["digest"])


def test_a_waiver_counts_for_the_rule_that_it_waives() -> None:
    """One that is of no use counts for none."""
    made = world(record={**RECORD, "metrics": {"accuracy": 0.5}})
    used = made.waive()
    assert [r.outcome.value for r in made.decide().rules] == ["waived", "pass"]
    idle = world()
    unused = idle.waive()

    def rules(of: World, digest: str) -> tuple[bool, list[str]]:
        (found,) = [s for s in of.decide().as_json()["statements"] if s["digest"] == digest]
        return found["valid"], found["counted_for"]

    assert (rules(made, used), rules(idle, unused)) == ((True, ["gate/good"]), (True, []))


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_reports_name_the_rule_and_the_key_of_each_signoff(form: str) -> None:
    """Whoever reads only the report knows who counted for what."""
    from letpass.trust import keys

    page = plain(shown(form, world().decide()))

    for person, at in ((RAVI, LATE), (VERA, EARLY)):
        fingerprint = keys.parse(PEOPLE[person].line).fingerprint
        said = f"sign-off by {person} as validator for gate/signed, key {fingerprint}, valid then ({at})"
        assert said in page.replace("&#43;", "+")
