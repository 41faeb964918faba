"""Words against a version: they deny whatever the rules ask, and stand until they are taken back."""

from __future__ import annotations

import pytest

from letpass.frozen import replace
from letpass.trust import strict
from letpass.trust.accepted import Objection
from tests.trust.world import (
    ARTIFACT,
    DAY,
    FIRST,
    HOUR,
    NOW,
    OTHER,
    PEOPLE,
    POLICY,
    RAVI,
    RECORD,
    ROOTS,
    ROSA,
    VERA,
    VITO,
    World,
    document,
    signed_world,
    version,
)


def only(world: World) -> Objection:
    (found,) = world.decide().objections
    return found


@pytest.mark.parametrize(
    "policy",
    [
        POLICY,
        POLICY.replace("other than author\n", "other than author\n  from 2027-01-01\n"),
        POLICY.replace("other than author\n", "other than author\n  when accuracy < 0.5\n"),
        POLICY.replace("require signed", "advise signed"),
        'policy gate: "Gate"\n  on promotion to production\nrequire good: accuracy >= 0.9\n',
    ],
    ids=["as it is", "from a date", "behind a guard", "as advice", "without a rule on sign-offs"],
)
def test_an_objection_denies_whatever_the_rules_ask(policy: str) -> None:
    """It was a rule's business: where the rule was guarded, dated, advised or gone, nobody heard who said no."""
    world, _ = signed_world(policy=policy)
    assert world.verdict() == "allow"

    no = world.object_()

    assert (world.verdict(), world.why(no)) == ("deny", "")
    assert [(o.person, o.role, o.denies) for o in world.decide().objections] == [(VITO, "validator", True)]


def test_no_waiver_covers_an_objection() -> None:
    """A waiver is of a rule, and an objection is beside the rules."""
    policy = POLICY.replace("other than author\n", 'other than author\n  waivable by role "risk" for 14 days\n')
    world = World(policy=policy)
    world.enact()
    world.waive("signed")
    assert world.verdict() == "allow"

    world.object_()

    assert world.verdict() == "deny"


def test_a_signoff_of_the_same_person_afterwards_takes_no_objection_back() -> None:
    """Only a withdrawal says so; a sign-off may be given without a thought for what was said before."""
    world, request = signed_world()
    world.object_(at=NOW - 2 * HOUR)
    world.sign(request, VITO, at=NOW - HOUR // 2)

    assert world.verdict() == "deny"


def test_a_new_request_leaves_no_objection_behind() -> None:
    """It was bound to its request: a new one had to list it, and one of another move did not."""
    world, _ = signed_world()
    world.object_(at=NOW - 2 * DAY)
    fresh = world.request(at=NOW - HOUR // 2)
    world.sign(fresh, VERA, at=NOW - HOUR // 3)
    world.sign(fresh, VITO, at=NOW - HOUR // 3)

    assert world.verdict() == "deny"


# ---------------------------------------------------------------- of which bytes, and of which moves


def other(version_: str, digest: str, **changes: object) -> World:
    """Another version of the model, at whose desk something is said."""
    return World(record={**RECORD, "version": version_, "artifact": {"digest": digest}, **changes})


def test_an_objection_is_of_these_bytes_under_every_number() -> None:
    """The same bytes came again as another version, and nobody had said anything of that."""
    world, _ = signed_world()
    before = other("3", ARTIFACT)
    before.object_()
    world.statement_files += before.statement_files
    assert world.verdict() == "deny"

    innocent, _ = signed_world()
    elsewhere = other("3", OTHER)
    elsewhere.object_(artifact=OTHER)
    innocent.statement_files += elsewhere.statement_files
    assert innocent.verdict() == "allow"
    assert innocent.decide().objections == ()


def test_bytes_that_the_log_knows_by_two_names_are_the_same() -> None:
    """A dirHash1 and a SHA-256 of one folder are as good as one digest once the gate has hashed both."""
    folder = "dirHash1:" + "c3" * 32
    world, _ = signed_world()
    before = other("3", folder)
    before.object_(artifact=folder)
    world.statement_files += before.statement_files
    assert world.verdict() == "undecided"
    assert only(world).doubtful
    assert "whether these are its bytes cannot be told" in world.decide().holds[0].what

    world.same = ((folder, ARTIFACT),)
    assert world.verdict() == "deny"

    world.same = ()
    world.computed = (ARTIFACT, "dirHash1:" + "d4" * 32)
    assert world.verdict() == "allow"


def test_an_objection_without_bytes_is_of_its_version_alone() -> None:
    """A record without an artifact has nothing else to be named by."""
    world, _ = signed_world()
    before = other("3", ARTIFACT)
    before.object_(artifact="letpassRecord:" + "e5" * 32, digests=[])
    world.statement_files += before.statement_files

    assert world.verdict() == "allow"


def test_under_another_model_it_is_shown_and_denies_nothing() -> None:
    """What was unfair in one use may be fine in another, and people decide that knowing it."""
    world, _ = signed_world()
    before = other("3", ARTIFACT, model="fraud-eu")
    before.object_()
    world.statement_files += before.statement_files

    assert world.verdict() == "allow"
    found = only(world)
    assert (found.model, found.covers, found.ended) == ("fraud-eu", False, "")


def test_a_revocation_is_of_these_bytes_under_another_model_too() -> None:
    """It was shown and denied nothing, so that a copy under another name was free of what its owners had said."""
    world, _ = signed_world()
    before = other("3", ARTIFACT, model="fraud-eu")
    before.revoke()
    world.statement_files += before.statement_files
    assert (world.verdict(), only(world).model, only(world).denies) == ("deny", "fraud-eu", True)

    innocent, _ = signed_world()
    elsewhere = other("3", OTHER, model="fraud-eu")
    elsewhere.revoke(artifact=OTHER)
    innocent.statement_files += elsewhere.statement_files
    assert (innocent.verdict(), innocent.decide().objections) == ("allow", ())


def test_a_revocation_elsewhere_of_bytes_that_cannot_be_compared_holds_back_what_nobody_hashed() -> None:
    """Two files by two algorithms; of a folder and a file nobody need ask, and who has the bytes at hand knows that they are others."""
    for digest, computed, verdict in (
        ("sha512:" + "c3" * 64, (), "undecided"),
        ("sha512:" + "c3" * 64, (ARTIFACT,), "allow"),
        ("dirHash1:" + "c3" * 32, (), "allow"),
    ):
        world, _ = signed_world()
        elsewhere = other("3", digest, model="fraud-eu")
        elsewhere.revoke(artifact=digest)
        world.statement_files += elsewhere.statement_files
        world.computed = computed
        assert world.verdict() == verdict, (digest, computed)


@pytest.mark.parametrize(
    ("against", "verdict"),
    [
        ({"stage": "production"}, "deny"),
        ({"stage": "Production"}, "deny"),
        ({}, "deny"),
        ({"kind": "deployment"}, "allow"),
        ({"stage": "staging"}, "allow"),
    ],
    ids=["the stage", "the stage, spelt otherwise", "every move", "another move", "another stage"],
)
def test_an_objection_is_against_a_stage_or_everything(against: dict[str, str], verdict: str) -> None:
    """And by whoever holds a role for that stage."""
    roles = {**FIRST["roles"], "validator": {"members": [VERA, VITO], "models": ["fraud*"]}}
    world, _ = signed_world(trust=[version(document(roles=roles), *ROOTS)])
    assert world.verdict() == "allow"

    no = world.object_(against=against)

    assert (world.verdict(), world.why(no)) == (verdict, "")


# ---------------------------------------------------------------- who may, and until when


@pytest.mark.parametrize("person", [ROSA, RAVI])
def test_nobody_objects_in_a_role_that_is_not_theirs(person: str) -> None:
    """An objection is verified as an approval is."""
    world, _ = signed_world()
    no = world.object_(person)

    assert world.why(no) == f"{person} is not in the role `validator`"
    assert world.verdict() == "allow"


def test_who_has_any_role_for_the_model_may_object_whether_a_rule_asks_for_it_or_not() -> None:
    """No rule here is signed by the role `risk`."""
    world, _ = signed_world()

    no = world.object_(ROSA, role="risk")

    assert (world.verdict(), world.why(no)) == ("deny", "")


@pytest.mark.parametrize("gone", ["the role", "the key", "the person"])
def test_what_the_ledger_took_stands_when_its_author_is_gone(gone: str) -> None:
    """Whoever manages the trust file could have taken a no away by taking its author away."""
    people = {n: {"keys": [{"ssh": k.line}]} for n, k in PEOPLE.items()}
    world, _ = signed_world()
    world.learned = ((world.trust_digest, 3),)
    no = world.object_(VITO, logged=NOW - HOUR, entry=5)
    assert world.verdict() == "deny"

    if gone == "the role":
        world.next_version(roles={**FIRST["roles"], "validator": {"members": [VERA], "models": ["fraud*"]}})
    elif gone == "the key":
        revoked = {"at": strict.written(NOW - 2 * HOUR), "reason": "stolen"}
        world.next_version(people={**people, VITO: {"keys": [{"ssh": PEOPLE[VITO].line, "revoked": revoked}]}})
    else:
        roles = {**FIRST["roles"], "validator": {"members": [VERA], "models": ["fraud*"]}}
        world.next_version(people={n: p for n, p in people.items() if n != VITO}, roles=roles)

    assert (world.verdict(), world.why(no)) == ("deny", "")


@pytest.mark.parametrize("how", ["not logged", "logged under the trust file that knows them no more"])
def test_what_the_ledger_took_later_is_judged_by_the_trust_file_of_then(how: str) -> None:
    """Who has left says nothing new."""
    world, _ = signed_world()
    first = world.trust_digest
    world.next_version(roles={**FIRST["roles"], "validator": {"members": [VERA], "models": ["fraud*"]}})
    world.learned = ((first, 3), (world.trust_digest, 4))
    logged = how.startswith("logged")
    no = world.object_(VITO, logged=NOW - HOUR if logged else None, entry=5 if logged else None)

    assert world.why(no) == f"{VITO} is not in the role `validator`"
    assert [o for o in world.decide().objections if o.denies] == []


# ---------------------------------------------------------------- how it ends


def test_its_author_withdraws_it() -> None:
    """And it is shown as withdrawn for ever."""
    world, _ = signed_world()
    no = world.object_(at=NOW - 2 * HOUR)
    assert world.verdict() == "deny"

    world.withdraw(no, VITO, at=NOW - HOUR, reason="it was another data set")

    assert world.verdict() == "allow"
    assert only(world).ended == f"withdrawn by {VITO} at 2026-11-23T11:00:00Z: it was another data set"


def test_nobody_else_withdraws_it() -> None:
    """Not even somebody of the same role."""
    world, _ = signed_world()
    no = world.object_(at=NOW - 2 * HOUR)
    taken = world.withdraw(no, VERA)

    assert world.verdict() == "deny"
    assert world.why(taken) == f"the objection is by {VITO}, who alone can withdraw it"


def test_the_owners_of_the_policies_lift_it_together() -> None:
    """One of two is not enough."""
    roles = {**FIRST["roles"], "policy-owner": {"members": [ROSA, RAVI], "threshold": 2}}
    world = World(trust=[version(document(roles=roles), *ROOTS)])
    world.enact(ROSA)
    world.enact(RAVI)
    request = world.request()
    world.sign(request, VERA)
    world.sign(request, VITO)
    assert world.verdict() == "allow"
    no = world.object_(at=NOW - 2 * HOUR)

    world.lift(no, ROSA)
    assert world.verdict() == "deny"
    world.lift(no, RAVI, at=NOW - HOUR // 2)

    assert world.verdict() == "allow"
    assert only(world).ended.startswith(f"lifted by {ROSA} and {RAVI} at 2026-11-23T11:30:00Z: looked at again")


@pytest.mark.parametrize(
    ("who", "record"),
    [(VITO, {}), (ROSA, {"author": ROSA})],
    ids=["who is no owner", "who made the version"],
)
def test_nobody_lifts_it_alone_who_may_not(who: str, record: dict[str, object]) -> None:
    """The author of a model does not take away what was said against it."""
    world = World(record={**RECORD, **record})
    world.enact(RAVI)
    no = world.object_(at=NOW - 2 * HOUR)
    lifted = world.lift(no, who)

    assert world.why(lifted) != ""
    assert [o.denies for o in world.decide().objections] == [True]


def test_who_asks_for_the_move_does_not_lift_what_stands_against_it() -> None:
    """The request is Rosa's."""
    world, _ = signed_world()
    no = world.object_(at=NOW - 3 * HOUR)
    request = world.request(PEOPLE[ROSA], requester=ROSA, at=NOW - 2 * HOUR)
    world.sign(request, VERA)
    world.sign(request, VITO)
    world.lift(no, ROSA, at=NOW - HOUR)
    assert world.verdict() == "deny"

    world.lift(no, RAVI, at=NOW - HOUR)
    assert world.verdict() == "allow"


def test_an_owner_does_not_lift_alone_what_they_objected_to_themselves() -> None:
    """They withdraw it; a lift is the word of others."""
    world, _ = signed_world()
    no = world.object_(ROSA, role="risk", at=NOW - 2 * HOUR)
    lift = world.lift(no, ROSA)
    assert world.verdict() == "deny"
    assert "`policy withdraw` takes it back" in world.why(lift)

    world.lift(no, RAVI)
    assert world.verdict() == "allow"


def test_the_same_objection_again_needs_another_lift() -> None:
    """What was lifted is that word, not the person."""
    world, _ = signed_world()
    no = world.object_(at=NOW - 3 * HOUR)
    world.lift(no, at=NOW - 2 * HOUR)
    assert world.verdict() == "allow"

    world.object_(at=NOW - HOUR)

    assert world.verdict() == "deny"


# ---------------------------------------------------------------- revocations


def test_owners_call_a_version_unfit() -> None:
    """A revocation stands against every move of the version and its bytes."""
    world, _ = signed_world()
    assert world.verdict() == "allow"

    world.revoke()

    assert world.verdict() == "deny"
    assert (only(world).kind, only(world).against) == ("revocation", "every move")


def test_a_revocation_by_too_few_owners_is_none_yet() -> None:
    """And nobody is rid of one by saying later that an owner who signed it made the version, or asks for its move."""
    roles = {**FIRST["roles"], "policy-owner": {"members": [ROSA, RAVI], "threshold": 2}}
    world = World(trust=[version(document(roles=roles), *ROOTS)])
    world.revoke(ROSA)
    assert world.decide().objections == ()

    world.revoke(RAVI)
    assert [o.denies for o in world.decide().objections] == [True]

    own = World(record={**RECORD, "author": ROSA})
    own.revoke(ROSA)
    own.request(requester=ROSA)
    assert [o.denies for o in own.decide().objections] == [True]


def test_the_owners_who_revoked_a_version_may_lift_that() -> None:
    """It is their word together; where one owner is enough, nobody else could."""
    world, _ = signed_world()
    unfit = world.revoke(ROSA, at=NOW - 3 * HOUR)
    assert world.verdict() == "deny"

    world.lift(unfit, ROSA, at=NOW - 2 * HOUR)

    assert world.verdict() == "allow"


def test_what_one_owner_has_said_twice_is_lifted_whole() -> None:
    """The first of their words is not half of another revocation; what they say later is."""
    roles = {**FIRST["roles"], "policy-owner": {"members": [ROSA, RAVI], "threshold": 2}}
    world = World(trust=[version(document(roles=roles), *ROOTS)])
    world.revoke(ROSA, at=NOW - 6 * HOUR)
    last = [world.revoke(ROSA, at=NOW - 5 * HOUR), world.revoke(RAVI, at=NOW - 5 * HOUR)]
    assert [o.denies for o in world.decide().objections] == [True]

    for owner in (ROSA, RAVI):
        world.lift(last, owner, at=NOW - 4 * HOUR)
    assert [o.denies for o in world.decide().objections] == [False]

    world.revoke(RAVI, at=NOW - 3 * HOUR, reason="leaked labels again")
    assert [o.denies for o in world.decide().objections] == [False]
    world.revoke(ROSA, at=NOW - 3 * HOUR, reason="leaked labels again")
    assert True in [o.denies for o in world.decide().objections]


def test_a_revocation_that_was_lifted_and_is_said_again_stands() -> None:
    """The first owners' words do not count twice."""
    world, _ = signed_world()
    first = world.revoke(at=NOW - 3 * HOUR)
    world.lift(first, RAVI, at=NOW - 2 * HOUR)
    assert world.verdict() == "allow"

    world.revoke(at=NOW - HOUR, reason="leaked labels again")

    assert world.verdict() == "deny"


def test_a_statement_that_was_changed_on_the_way_says_nothing() -> None:
    """An objection whose bytes were touched is no objection, and is told as such."""
    world, _ = signed_world()
    world.object_()
    statement_file = world.statement_files[-1]
    world.statement_files[-1] = replace(statement_file, data=statement_file.data.replace(b'"sig":"', b'"sig":"A'))

    assert [o for o in world.decide().objections if o.denies] == []
    assert [s.why for s in world.decide().statements if not s.valid and s.name == statement_file.name] != []
