"""Attacks 1 to 4, 6 to 12, 16, 17, 27 and 30: sign-offs that are no sign-offs.

Each shows its untouched twin accepted first, then the refusal with its reason.
"""

from __future__ import annotations

import base64
import json

import pytest

from letpass.frozen import replace
from letpass.move import promotion, rollback
from letpass.trust import chain, dsse, kinds, signers, statements, strict
from letpass.trust.dsse import Envelope
from tests.trust.world import (
    ARTIFACT,
    DAY,
    FIRST,
    HOUR,
    MOVE,
    NOW,
    OTHER,
    PEOPLE,
    POLICY,
    RAVI,
    RECORD,
    ROOTS,
    ROSA,
    STRANGER,
    VERA,
    VITO,
    World,
    document,
    signed_world,
    strict_digest,
    tampered,
    version,
    without,
)  # fmt: skip

EXPIRED = document(
    people={**FIRST["people"], VERA: {"keys": [{"ssh": PEOPLE[VERA].line, "until": strict.written(NOW - 2 * HOUR)}]}}
)
LATER = document(
    people={**FIRST["people"], VERA: {"keys": [{"ssh": PEOPLE[VERA].line, "from": strict.written(NOW - HOUR // 2)}]}}
)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("version", "it is for another version: `4` then, `5` now"),
        ("model", "it is for another model: `fraud` then, `fraud-2` now"),
        ("stage", "it is for another move: promotion to production then, promotion to staging now"),
        ("kind", "it is for another move: promotion to production then, rollback to production now"),
        ("registry", "it is for another registry: `models` then, `other` now"),
        ("artifact", f"it is for another artifact: `{ARTIFACT[:19]}…` then, `{OTHER[:19]}…` now"),
        ("facts", "it is for another record"),
        ("author", "it is for another author: `anna@corp.example` then, `bea@corp.example` now"),
    ],
)
def test_attack_01_a_signoff_is_not_replayed_on_another_version_stage_model_or_registry(change: str, why: str) -> None:
    """The request that a sign-off answers is about one subject, and every difference is named."""
    world, request = signed_world()
    assert (world.verdict(), world.why(request)) == ("allow", "")

    if change in {"version", "model", "author"}:
        world.data[change] = {"version": "5", "model": "fraud-2", "author": "bea@corp.example"}[change]
    elif change == "artifact":
        world.data["artifact"]["digest"] = OTHER
    elif change == "facts":
        world.data["metrics"]["accuracy"] = 0.96
    elif change == "registry":
        world.registry = "other"
    else:
        world.move = promotion("staging") if change == "stage" else rollback("production")

    assert world.verdict() != "allow"
    assert world.why(request).startswith(why)
    assert [s.valid for s in world.decide().statements if s.kind == "sign-off"] == [False, False]


def test_attack_01_what_a_signoff_repeats_must_be_what_its_request_says() -> None:
    """A sign-off that names this request and another stage, policy set or artifact is for neither."""
    world, _ = signed_world()
    assert world.verdict() == "allow"

    for said in (
        {"move": {"kind": "promotion", "stage": "staging"}},
        {"policies": "sha256:" + "0" * 64},
        {"version": "9"},
    ):
        odd = World()
        odd.enact()
        asked = odd.request()
        odd.sign(asked, VERA)
        vito = odd.sign(asked, VITO, **said)
        assert (odd.verdict(), odd.why(vito)) == (
            "undecided",
            f"its `{next(iter(said))}` is not that of the request which it answers",
        )
    odd = World()
    asked = odd.request()
    assert odd.why(odd.sign(asked, artifact=OTHER)) == "its artifact is not that of the request which it answers"


def test_attack_01_moves_that_change_nothing_about_the_matter_keep_the_signatures() -> None:
    """Stage, deployments and observations change while a version lives, and the case of a stage means nothing."""
    world, _ = signed_world(record={**RECORD, "stage": "staging"})
    assert world.verdict() == "allow"

    world.data["stage"] = "production"
    world.data["observations"] = {"error_rate": 0.1}
    world.move = promotion("Production")

    assert world.verdict() == "allow"


def test_attack_02_one_byte_of_the_policy_voids_the_request() -> None:
    """The report says which digest was signed, and which one there is."""
    world, request = signed_world()
    assert world.verdict() == "allow"

    weaker = World(POLICY.replace("0.9\n", "0.8\n"))
    weaker.statement_files = world.statement_files

    assert weaker.verdict() == "undecided"
    assert weaker.why(request) == (
        f"it is for another policy set: `{world.policies.digest[:19]}…` then, `{weaker.policies.digest[:19]}…` now"
    )


def test_attack_03_a_new_request_of_the_same_content_needs_new_signatures() -> None:
    """The nonce makes every request another; what was signed for the earlier one does not count for it."""
    world, request = signed_world()
    assert world.verdict() == "allow"

    newer = world.request(at=NOW - HOUR // 2)
    assert (newer != request, world.why(newer)) == (True, "another request counts")
    world.sign(newer, VITO, at=NOW - HOUR // 3)

    assert world.verdict() == "undecided"
    assert world.why(request) == "another request counts"
    assert sorted(s.why for s in world.decide().statements if s.kind == "sign-off") == [
        "",
        "it answers another request",
        "it answers another request",
    ]


def test_attack_04_a_signoff_brought_twice_is_one() -> None:
    """One person counts once, whatever file it comes in and however often they sign."""
    world = World()
    world.enact()
    request = world.request()
    world.sign(request, VERA)
    vito = world.sign(request, VITO)
    assert world.verdict() == "allow"

    without(world, vito)
    copy = replace(world.statement_files[-1], name="elsewhere/copy.json")
    spaced = replace(copy, name="spaced.json", data=json.dumps(json.loads(copy.data), indent=4).encode())
    world.statement_files += [copy, spaced]
    world.sign(request, VERA, at=NOW - HOUR // 2)

    assert world.verdict() == "undecided"
    assert "1 of 2 sign-offs" in str(world.decide().blocking[0].why[0])


def test_attack_04_an_envelope_with_several_signatures_is_none() -> None:
    """One signature an envelope: repeated ones and several people's are refused alike."""
    world, _ = signed_world()
    assert world.verdict() == "allow"
    payload = base64.b64decode(json.loads(world.statement_files[-1].data)["payload"])
    message = dsse.encode(dsse.STATEMENT, payload)
    twice = [{"sig": base64.b64encode(PEOPLE[p].sign(signers.NAMESPACE, message)).decode()} for p in (VITO, VERA)]

    tampered(world, -1, signatures=twice)

    assert world.verdict() == "undecided"
    assert world.why(strict_digest(payload)) == "2 signatures, and one is wanted"


@pytest.mark.parametrize("author", [VERA, "Vera V.", "VERA@corp.example", "Vera <vera@corp.example>", " vera v. "])
def test_attack_06_the_author_does_not_sign_their_own_model_under_any_name(author: str) -> None:
    """Aliases of the trust file, and the address in a commit's author, lead to the person."""
    people = {**FIRST["people"], VERA: {"keys": [{"ssh": PEOPLE[VERA].line}], "aliases": ["Vera V."]}}
    trust = [version(document(people=people), *ROOTS)]
    world, _ = signed_world(trust=trust)
    assert world.verdict() == "allow"

    own, _ = signed_world(trust=trust, record={**RECORD, "author": author})

    assert own.verdict() == "undecided"
    assert "1 of 2 sign-offs; without vera@corp.example, who made it or asks for it; nobody else" in str(
        own.decide().blocking[0].why[0]
    )


def test_attack_06_neither_does_who_wrote_the_commit_or_asked() -> None:
    """The commit's author and the requester are excluded with the author; without an author nobody is told apart."""
    for record in ({**RECORD, "code": {"author": f"Vera V. <{VERA}>"}}, {**RECORD, "author": ""}):
        world, _ = signed_world(record=record)
        assert world.verdict() == "undecided"
    world = World()
    world.enact()
    request = world.request(key=PEOPLE[VERA], requester=VERA)
    world.sign(request, VERA)
    world.sign(request, VITO)

    assert world.why(request) == ""
    assert world.verdict() == "undecided"


def test_attack_07_nobody_signs_in_a_role_that_is_not_theirs() -> None:
    """A member of one role claims another; a role that the trust file lacks is never satisfied."""
    world, request = signed_world()
    assert world.verdict() == "allow"

    ravi = world.sign(request, RAVI)
    assert world.why(ravi) == "ravi@corp.example is not in the role `validator`"

    ghost, asked = signed_world(policy=POLICY.replace('"validator"', '"ghost"'))
    found = ghost.sign(asked, VERA, role="ghost")
    assert (ghost.verdict(), ghost.why(found)) == ("undecided", "the trust file has no role `ghost`")
    assert "the trust file has no such role" in str(ghost.decide().blocking[0].why[0])


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ({**RECORD, "model": "credit"}, "the role `validator`: the model `credit` is outside its scope (fraud*)"),
        (RECORD, "the role `validator`: the stage `staging` is outside its scope (production)"),
    ],
)
def test_attack_08_a_role_speaks_only_within_its_scope(record: dict[str, object], why: str) -> None:
    """The right role, and a model or stage that it does not cover."""
    assert signed_world()[0].verdict() == "allow"
    move = MOVE if record["model"] == "credit" else promotion("staging")
    world = World(POLICY.replace("to production", f"to {move.stage}"), record, move=move)
    world.enact()

    assert world.why(world.sign(world.request())) == why
    assert world.verdict() == "undecided"


def test_attack_09_the_signer_is_the_keys_owner() -> None:
    """A sign-off that names somebody else than its key, or a key of nobody."""
    world, request = signed_world()
    assert world.verdict() == "allow"

    assert (
        world.why(world.sign(request, VITO, key=PEOPLE[VERA]))
        == "it names `vito@corp.example`, and the key is of `vera@corp.example`"
    )
    assert world.why(world.sign(request, VITO, key=STRANGER, at=NOW)).endswith("is nobody's in the trust file")


def test_attack_10_types_are_part_of_what_is_signed() -> None:
    """Another payload type, another predicate type, or a signature over the bare payload."""
    world, _request = signed_world()
    assert world.verdict() == "allow"
    found = statements.read("", world.statement_files[-1].data)

    tampered(world, -1, payloadType="application/vnd.other+json")
    assert [s.why for s in world.decide().statements if s.kind == "statement"] == [
        "its payload is of type `application/vnd.other+json`, not `application/vnd.in-toto+json`"
    ]
    other = World()
    other.put(found.envelope.payload, PEOPLE[VITO].sign(signers.NAMESPACE, found.envelope.payload))
    assert other.why(found.digest) == "the signature does not fit what it stands on"
    # a waiver's fields under a sign-off's type, and the other way round, have the wrong shape
    swapped = World()
    swapped.say(kinds.WAIVER, dict(found.predicate), PEOPLE[VITO])
    assert [s.why for s in swapped.decide().statements] == ["the unknown field `policies`"]


@pytest.mark.parametrize("namespace", ["git", "file", chain.NAMESPACE, "statement@letpass.example", ""])
def test_attack_11_a_signature_of_another_namespace_is_none(namespace: str) -> None:
    """What was signed as a commit, a file or a trust file is no sign-off."""
    world, request = signed_world()
    assert world.verdict() == "allow"

    found = world.sign(request, VITO, namespace=namespace)

    assert world.why(found) == f"signed in the namespace `{namespace}`, not `statement@letpass`"


def test_attack_12_what_is_outside_the_signature_says_nothing() -> None:
    """Fields beside the payload, key ids and file names are ignored; a change of the payload voids it."""
    world = World()
    world.enact()
    request = world.request()
    world.sign(request, VERA)
    vito = world.sign(request, VITO)
    tampered(world, -1, approved=False, keyid="nobody", decision="approve")
    world.statement_files[-1] = replace(world.statement_files[-1], name="models/fraud/4/REJECTED.json")
    assert (world.verdict(), world.why(vito)) == ("allow", "")

    value = json.loads(world.statement_files[-1].data)
    payload = base64.b64decode(value["payload"]).replace(b'"validator"', b'"risk"')
    tampered(world, -1, payload=base64.b64encode(payload).decode(), approved=True)

    assert world.verdict() == "undecided"
    assert world.why(strict_digest(payload)) == "the signature does not fit what it stands on"


def test_attack_12_a_record_that_claims_approvals_is_an_error() -> None:
    """Sign-offs are never part of a record: registry text approves nothing."""
    from letpass.diagnostics import RecordError

    with pytest.raises(RecordError, match="a record holds no `approvals`"):
        _ = World(record={**RECORD, "approvals": [{"by": VERA}]}).record


@pytest.mark.parametrize(
    ("trust", "why"),
    [(EXPIRED, "the key had expired when it was issued"), (LATER, "the key was not valid yet when it was issued")],
    ids=["expired", "not yet valid"],
)
def test_attack_16_a_key_counts_only_while_it_holds(trust: dict[str, object], why: str) -> None:
    """A key that had ended, or not begun, when the sign-off was issued."""
    assert signed_world()[0].verdict() == "allow"

    world, _request = signed_world(trust=[version(trust, *ROOTS)])

    assert world.verdict() == "undecided"
    assert any(s.person == VERA and s.why.startswith(why) for s in world.decide().statements)


def test_attack_16_a_key_must_hold_when_the_gate_first_sees_it_too() -> None:
    """A signature kept in a drawer until its key had ended does not count, but one that was logged in time does."""
    people = {**FIRST["people"], VERA: {"keys": [{"ssh": PEOPLE[VERA].line, "until": strict.written(NOW - HOUR // 2)}]}}
    world = World(trust=[version(document(people=people), *ROOTS)])
    world.enact()
    request = world.request()
    world.sign(request, VITO)
    vera = world.sign(request, VERA, logged=NOW - 2 * HOUR // 3)
    assert world.verdict() == "allow"

    world.statement_files[-1] = replace(world.statement_files[-1], logged=None)

    assert world.why(vera).startswith("the key had expired when the gate first saw it")
    assert world.verdict() == "undecided"


def test_attack_16_a_revoked_key_counts_for_no_new_decision() -> None:
    """Also what it had signed, and was logged, before."""
    world = World()
    world.enact()
    request = world.request()
    world.sign(request, VITO)
    vera = world.sign(request, VERA, logged=NOW - HOUR)
    assert world.verdict() == "allow"
    revoked = {"at": strict.written(NOW - HOUR // 2), "reason": "laptop stolen"}

    world.next_version(people={**FIRST["people"], VERA: {"keys": [{"ssh": PEOPLE[VERA].line, "revoked": revoked}]}})

    assert world.verdict() == "undecided"
    assert world.why(vera) == "the key was revoked at 2026-11-23T11:30:00Z: laptop stolen"


def test_a_change_of_staff_voids_no_pending_signoff() -> None:
    """A sign-off under an earlier trust file counts while its signer holds the role under both."""
    world, _ = signed_world()
    world.next_version(people={**FIRST["people"], "new@corp.example": {"keys": [{"ssh": STRANGER.line}]}})
    assert world.verdict() == "allow"

    world.next_version(roles={**FIRST["roles"], "validator": {"members": [VITO]}})

    assert world.verdict() == "undecided"
    assert {s.why for s in world.decide().statements if s.person == VERA} == {
        "vera@corp.example is not in the role `validator`"
    }


def test_attack_17_a_signature_from_before_the_request_is_none() -> None:
    """Backdated: the clock of a signer, or a signer, says that it answers what was not asked yet."""
    world, request = signed_world()
    assert world.verdict() == "allow"

    early = world.sign(request, VITO, at=NOW - 4 * HOUR)

    assert world.why(early) == "it was issued at 2026-11-23T08:00:00Z, before the request (2026-11-23T09:00:00Z)"


def test_attack_17_a_signature_from_the_future_is_none() -> None:
    """A clock may be five minutes ahead of the gate's, and no more."""
    world = World()
    world.enact()
    request = world.request()
    world.sign(request, VITO)
    world.sign(request, VERA, at=NOW + signers.SKEW)
    assert world.verdict() == "allow"

    late = World()
    asked = late.request()
    future = late.sign(asked, VERA, at=NOW + signers.SKEW + 1_000_000)

    assert late.why(future) == "it says that it was issued at 2026-11-23T12:05:01Z, which lies in the future"


def test_a_friday_signature_that_git_brings_on_monday_counts() -> None:
    """There is no limit to how long a valid signature may be on its way."""
    world = World()
    world.enact(at=NOW - 5 * DAY)
    request = world.request(at=NOW - 4 * DAY)
    world.sign(request, VERA, at=NOW - 3 * DAY)
    world.sign(request, VITO, at=NOW - 3 * DAY)

    assert world.verdict() == "allow"


def test_attack_30_nothing_is_no_signature() -> None:
    """No statement_files, no request, an empty file, an unsigned sign-off: each is undecided, and says so."""
    world, _request = signed_world()
    assert world.verdict() == "allow"

    empty = World()
    assert empty.verdict() == "undecided"
    empty.enact()
    assert empty.verdict() == "undecided"
    asked = empty.request()
    unsigned = empty.sign(asked, VERA)
    value = statements.read("", empty.statement_files[-1].data)
    empty.statement_files[-1] = replace(
        empty.statement_files[-1], data=Envelope(dsse.STATEMENT, value.envelope.payload).text()
    )
    assert empty.why(unsigned) == "0 signatures, and one is wanted"


@pytest.mark.parametrize("field", ["role", "signer", "request", "move", "policies", "trust", "issuedAt"])
def test_attack_30_a_statement_without_a_field_is_refused(field: str) -> None:
    """No field of a sign-off has a default."""
    world = World()
    asked = world.request()
    world.sign("sha256:" + "0" * 64 if field == "request" else asked)
    predicate = {k: v for k, v in statements.read("", world.statement_files.pop().data).predicate.items() if k != field}
    world.say(kinds.SIGNOFF, predicate, PEOPLE[VERA])

    assert [s.why for s in world.decide().statements if s.kind == "statement"] == [f"it has no `{field}`"]


def test_a_threshold_of_the_role_is_a_least_number_whatever_the_policy_asks() -> None:
    """A policy that asks for one sign-off in a role of the threshold two waits for two."""
    policy = POLICY.replace("signed by 2 in role", "signed by role")
    roles = {**FIRST["roles"], "validator": {"members": [VERA, VITO], "threshold": 2}}
    world = World(policy, trust=[version(document(roles=roles), *ROOTS)])
    world.enact()
    request = world.request()
    world.sign(request, VERA)
    assert world.verdict() == "undecided"

    world.sign(request, VITO)
    assert world.verdict() == "allow"


def test_several_roles_need_as_many_different_people() -> None:
    """One person in two roles fills one of them."""
    policy = POLICY.replace('signed by 2 in role "validator" other than author', 'signed by roles "validator", "risk"')
    roles = {**FIRST["roles"], "risk": {"members": [VERA, ROSA]}}
    world = World(policy, trust=[version(document(roles=roles), *ROOTS)])
    world.enact()
    request = world.request()
    world.sign(request, VERA)
    world.sign(request, VERA, role="risk")
    assert world.verdict() == "undecided"

    world.sign(request, ROSA, role="risk")
    assert world.verdict() == "allow"
