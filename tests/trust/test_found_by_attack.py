"""What an attack on the first form of this found: each was an allow, a crash, or a valid statement that was lost."""

from __future__ import annotations

import json

import pytest

from letpass.diagnostics import InvalidError, Source, TrustError
from letpass.facts.said import facts_digest
from letpass.frozen import replace
from letpass.registries import files
from letpass.trust import chain, dsse, keys, kinds, statements, strict
from letpass.trust.bundle import StatementFile
from letpass.trust.dsse import Envelope
from letpass.trust.kinds import EVIDENCE, TEST_RESULT
from tests.trust.keys import PemKey, SshKey
from tests.trust.world import (
    DAY,
    FIRST,
    HOUR,
    NOW,
    PEOPLE,
    POLICY,
    RECORD,
    ROOTS,
    ROSA,
    SERVICES,
    VERA,
    VITO,
    World,
    document,
    root_of,
    signed_world,
    strict_digest,
    version,
)  # fmt: skip


def test_a_key_that_ends_signs_no_trust_file() -> None:
    """A root's rotated key could have signed a new root for ever, since a version has no time of its own."""
    new = SshKey()
    ending = {"keys": [{"ssh": PEOPLE[ROSA].line, "until": strict.written(NOW)}, {"ssh": new.line}]}
    rotated = document(version=2, previous=root_of(FIRST), people={**FIRST["people"], ROSA: ending})
    first = version(FIRST, *ROOTS)
    second = version(rotated, new, *ROOTS)
    chain.load(chain.text((first, second)), root_of(FIRST), "trust.json")

    third = version({**rotated, "version": 3, "previous": strict_digest(second.payload)}, *ROOTS)
    with pytest.raises(TrustError, match=r"the key of rosa@corp\.example has an end, and signs no trust file"):
        chain.load(chain.text((first, second, third)), root_of(FIRST), "trust.json")


@pytest.mark.parametrize("facts", [{"author": "nobody@corp.example"}, {"code": {"author": "nobody"}}])
def test_evidence_does_not_say_who_made_the_version(facts: dict[str, object]) -> None:
    """An author whom a service renamed could have signed their own model."""
    world = World(record={**RECORD, "author": VERA})
    world.enact()
    found = world.attest({**facts, "metrics": {"accuracy": {"value": 0.95}}})
    request = world.request(evidence=[found])
    world.sign(request, VERA)
    world.sign(request, VITO)

    assert world.verdict() == "undecided"
    assert world.why(found) in {
        "the service `eval-ci` may not say who made a version",
        "evidence does not say `code.author`",
    }


@pytest.mark.parametrize("gone", ["the role", "the key"])
def test_an_older_policy_set_does_not_come_back_when_an_owner_leaves(gone: str) -> None:
    """Who signed the newer set was an owner then; to go back takes a new signature."""
    roles = {**FIRST["roles"], "policy-owner": {"members": [ROSA, VITO]}}
    trust = [version(document(roles=roles), *ROOTS)]
    world, _ = signed_world(trust=trust)
    stricter = World(POLICY.replace("0.9\n", "0.99\n"), trust=trust)
    stricter.enact(VITO, at=NOW - HOUR)
    world.statement_files += [replace(p, logged=NOW - HOUR) for p in stricter.statement_files]
    assert world.verdict() == "undecided"

    revoked = {"at": strict.written(NOW), "reason": "stolen"}
    if gone == "the role":
        world.next_version(roles={**roles, "policy-owner": {"members": [ROSA]}})
    else:
        world.next_version(people={**FIRST["people"], VITO: {"keys": [{"ssh": PEOPLE[VITO].line, "revoked": revoked}]}})

    assert "was superseded by" in world.decide().holds[0].what
    world.enact(ROSA, at=NOW - HOUR // 2)
    assert world.decide().holds == ()


def test_nobody_but_an_owner_supersedes_a_policy_set() -> None:
    """A validator's signature of another set is none, then and now."""
    world, _ = signed_world()
    other = World(POLICY.replace("0.9\n", "0.99\n"))
    other.enact(VERA, at=NOW - HOUR)
    world.statement_files += other.statement_files

    assert world.verdict() == "allow"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('accuracy: "0.95"', "accuracy: 0.95"),
        ('"@": {value: 0.9}', '"@": {value: 0.01}'),
        ("accuracy: yes", 'accuracy: "yes"'),
    ],
)
def test_every_difference_that_a_rule_can_see_is_in_the_digest_of_the_facts(one: str, other: str) -> None:
    """Quotation marks make a text of a number, and any name may be a metric's."""
    digests = {
        facts_digest(files.parse(Source("r.yaml", f"model: m\nversion: '1'\nmetrics: {{{text}}}\n"))[0])
        for text in (one, other)
    }

    assert len(digests) == 2


@pytest.mark.parametrize(
    "author",
    [
        "{} (contractor)",
        "{}, bob@corp.example",
        "mailto:{}",
        "{}.",
        "Vera <{}> and Bob <bob@corp.example>",
        "VERA@Corp.Example ",
    ],
)
def test_an_author_is_excluded_wherever_the_name_stands(author: str) -> None:
    """Texts of a registry are written by people, and by who wants to be somebody else."""
    world, _ = signed_world(record={**RECORD, "author": author.format(VERA)})

    assert world.verdict() == "undecided"


def test_a_waiver_binds_the_lets_that_its_rule_uses() -> None:
    """What a name means is part of what was waived."""
    text = POLICY.replace("accuracy >= 0.9\n", "fine\n").replace(
        "require good", "let fine = accuracy >= 0.9\nrequire good", 1
    )
    bad = {**RECORD, "metrics": {"accuracy": 0.5}}
    world, _ = signed_world(policy=text, record=bad)
    world.waive()
    assert world.verdict() == "allow"

    changed = World(text.replace("accuracy >= 0.9", "accuracy >= 0.8"), bad)
    changed.statement_files = world.statement_files
    changed.enact(at=NOW - HOUR)
    request = changed.request(at=NOW - HOUR)
    changed.sign(request, VERA)
    changed.sign(request, VITO)
    assert changed.verdict() == "deny"


def test_a_request_does_not_hold_for_more_than_a_year() -> None:
    """Whoever made it."""
    world = World()
    request = world.request(expiresAt="9999-01-01T00:00:00Z")

    assert world.why(request) == "it asks for more than a year"


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        ({"predicateType": kinds.REQUEST, "predicate": {"move": {"kind": []}}}, "it has no `registry`"),
        ({"predicateType": kinds.SIGNOFF}, "it has no `role`"),
        ({"predicateType": kinds.SIGNOFF, "predicate": []}, "a statement without `predicateType` and `predicate`"),
        ({"predicateType": [], "predicate": {}}, "a statement without `predicateType` and `predicate`"),
        (
            {"predicateType": "x", "predicate": {}, "subject": [{"digest": {"sha256": 5}}]},
            "its subject has no single digest that can be read",
        ),
    ],
)
def test_odd_shapes_are_one_refused_statement(payload: dict[str, object], why: str) -> None:
    """And no crash."""
    whole = {"_type": kinds.TYPE, "subject": [{"name": "x", "digest": {"sha256": "0" * 64}}], **payload}
    world, _ = signed_world()
    world.statement_files.append(StatementFile("odd.json", Envelope(dsse.STATEMENT, json.dumps(whole).encode()).text()))

    assert [s.why for s in world.decide().statements if s.name == "odd.json"] == [why]
    assert world.verdict() == "allow"


@pytest.mark.parametrize(
    "move", [{"kind": []}, {"kind": {}}, {"kind": "promotion", "stage": 5}, {"kind": "theft"}, "promotion"]
)
def test_a_move_that_is_none_refuses_its_statement(move: object) -> None:
    """Whatever stands there."""
    world = World()
    world.request(move=move)

    assert [s.why for s in world.decide().statements] == ["its `move` cannot be read"]


@pytest.mark.parametrize("result", [[], {}, None, 5])
def test_a_test_result_that_is_none_is_refused(result: object) -> None:
    """With the reason, and signed by whomever."""
    world = World()
    found = world.attest({"result": result, "configuration": [{"name": "s"}]}, type_=TEST_RESULT)

    assert world.why(found) == "its `result` is none of PASSED, WARNED, FAILED"


def test_of_one_service_the_newest_word_counts() -> None:
    """A service that says otherwise later does not contest itself."""
    policy = 'policy gate: "Gate"\n  on promotion to production\nrequire low: risk is low\n'
    world = World(policy)
    world.enact()
    world.attest({"risk": "high"}, at=NOW - 2 * HOUR)
    assert world.verdict() == "deny"

    world.attest({"risk": "low"}, at=NOW - HOUR)
    assert world.verdict() == "allow"


def test_two_services_that_say_the_same_both_count() -> None:
    """The same payload under two signatures attests twice."""
    services = {**FIRST["services"], "qa": {"keys": [{"pem": (qa := PemKey()).pem}], "predicates": [EVIDENCE]}}
    policy = (
        'policy gate: "Gate"\n  on promotion to production\nmetric accuracy: ratio\n'
        'require one: accuracy >= 0.9 attested by "{}"\n'
    )
    for name in ("eval-ci", "qa"):
        world = World(policy.format(name), trust=[version(document(services=services), *ROOTS)])
        world.enact()
        facts = {"metrics": {"accuracy": {"value": 0.95, "measured_at": "2026-11-22T12:00:00Z"}}}
        world.attest(facts, key=SERVICES["eval-ci"] if name == "eval-ci" else qa)
        assert world.verdict() == "allow"


def test_a_champion_is_attested_too() -> None:
    """Every fact read came in evidence, the champion's included."""
    from letpass.gate import judgement

    policy = (
        'policy gate: "Gate"\n  on promotion to production\nmetric accuracy: ratio\n'
        'require better: accuracy >= champion.accuracy attested by "eval-ci"\n'
    )
    measured = {"value": 0.95, "data_set": "d", "measured_at": "2026-11-22T12:00:00Z"}
    claimed = {**RECORD, "metrics": {"accuracy": {"value": 0.95, "data_set": "d"}}}
    world = World(policy, claimed)
    world.enact()
    world.attest({"metrics": {"accuracy": measured}})
    theirs = World(policy, {**claimed, "version": "3", "artifact": {"digest": "sha256:" + "c3" * 32}})
    theirs.attest({"metrics": {"accuracy": {**measured, "value": 0.9}}}, artifact="sha256:" + "c3" * 32)

    def verdict(statement_files: tuple[StatementFile, ...]) -> str:
        bundle = replace(world.bundle(), champion=statement_files)
        return judgement.judge(
            world.policies, world.record, world.move, NOW, theirs.record, bundle=bundle
        ).verdict.value

    assert verdict(tuple(theirs.statement_files)) == "allow"
    assert verdict(()) == "undecided"


def test_a_digest_in_capitals_is_the_same_digest() -> None:
    """The bytes are those of the record, however its author writes hexadecimal digits."""
    world = World(
        'policy gate: "Gate"\n  on promotion to production\nrequire same: artifact.digest is computed\n',
        {**RECORD, "artifact": {"digest": "sha256:" + "AB" * 32}},
    )
    world.enact()
    world.computed = ("sha256:" + "ab" * 32,)

    assert world.verdict() == "allow"


# ---------------------------------------------------------------- the second round


def test_an_owner_who_signs_a_set_twice_has_signed_it_last() -> None:
    """Strict, weak, strict again: the weak one stays behind, in whatever order the statements are read."""
    for first, second in ((3, 1), (1, 3)):
        weak, _ = signed_world()
        strict_ = World(POLICY.replace("0.9\n", "0.99\n"))
        strict_.enact(at=NOW - first * HOUR, reason="once")
        strict_.enact(at=NOW - second * HOUR, reason="again")
        weak.enact(at=NOW - 2 * HOUR)
        weak.statement_files += strict_.statement_files

        assert "was superseded by" in weak.decide().holds[0].what


def test_an_extra_signature_never_takes_a_superseding_set_away() -> None:
    """Somebody who left signs the newer set under the trust file of then, long ago: it stays the newer one."""
    both = {**FIRST["roles"], "policy-owner": {"members": [ROSA, VITO], "threshold": 2}}
    world = World(trust=[version(document(roles=both), *ROOTS)])
    old = world.trust_digest
    world.next_version(roles={**FIRST["roles"], "policy-owner": {"members": [ROSA]}})
    newer = World(POLICY.replace("0.9\n", "0.99\n"), trust=world.versions)
    world.enact(at=NOW - 2 * DAY)
    newer.enact(at=NOW - HOUR)
    world.statement_files += newer.statement_files
    assert "was superseded by" in world.decide().holds[0].what

    newer.enact(VITO, at=NOW - 9 * DAY, trust=old)
    world.statement_files += [newer.statement_files[-1], replace(newer.statement_files[-1], logged=NOW)]
    assert "was superseded by" in world.decide().holds[0].what


def test_who_has_left_supersedes_nothing_new() -> None:
    """What the ledger does not have from the time when they were owners is nothing."""
    trust = [version(document(roles={**FIRST["roles"], "policy-owner": {"members": [ROSA, VITO]}}), *ROOTS)]
    world, _ = signed_world(trust=trust)
    old = world.trust_digest
    revoked = {"at": strict.written(NOW), "reason": "left"}
    world.next_version(
        roles=FIRST["roles"],
        people={**FIRST["people"], VITO: {"keys": [{"ssh": PEOPLE[VITO].line, "revoked": revoked}]}},
    )
    world.enact(ROSA, at=NOW - 2 * HOUR)
    before = world.decide().holds
    world.enact(VITO, at=NOW - HOUR, digest="sha256:" + "0" * 64, trust=old)

    assert world.decide().holds == before == ()


def test_a_conflict_of_two_services_stays_however_often_one_repeats_itself() -> None:
    """Each service has its newest word, and the words are compared then."""
    services = {**FIRST["services"], "qa": {"keys": [{"pem": (qa := PemKey()).pem}], "predicates": [EVIDENCE]}}
    policy = 'policy gate: "Gate"\n  on promotion to production\nfact grade: text\nrequire low: grade is "low"\n'
    world = World(policy, trust=[version(document(services=services), *ROOTS)])
    world.enact()
    world.attest({"facts": {"grade": "high"}}, at=NOW - 3 * HOUR)
    for hours in (2, 1):
        world.attest({"facts": {"grade": "low"}}, key=qa, at=NOW - hours * HOUR)
        assert world.verdict() == "undecided"

    world.attest({"facts": {"grade": "low"}}, at=NOW)
    assert world.verdict() == "allow"


@pytest.mark.parametrize("author", ["Zoe\u0308", "ZO\u00cb", "Zo\u00eb\u200b", "\uff3ao\u00eb"])
def test_an_author_is_excluded_in_every_form_of_the_letters(author: str) -> None:
    """Composed, decomposed, wide, with hidden characters."""
    people = {**FIRST["people"], VERA: {"keys": [{"ssh": PEOPLE[VERA].line}], "aliases": ["Zo\u00eb"]}}
    world, _ = signed_world(trust=[version(document(people=people), *ROOTS)], record={**RECORD, "author": author})

    assert world.verdict() == "undecided"


def test_a_carriers_request_does_not_displace_one_that_people_have_answered() -> None:
    """Unsigned, newer, dated ahead: the answered one stays, and a signed one stays before all unsigned ones."""
    world, request = signed_world()
    world.request(None, at=NOW - 1_000_000)
    ahead = world.request(None, at=NOW + 290_000_000)

    assert world.verdict() == "allow"
    assert world.why(ahead) == "it is not signed, and says that it will be made"
    assert world.why(request) == ""

    own = World()
    own.enact()
    asked = own.request(key=PEOPLE[ROSA], requester=ROSA, at=NOW - 5 * HOUR)
    own.request(None, at=NOW - HOUR)
    assert own.why(asked) == ""


def test_copies_under_other_key_ids_are_one_statement() -> None:
    """Key ids are not signed: a carrier cannot make two thousand statements of one."""
    world, _ = signed_world()
    found = statements.read("", world.statement_files[-1].data)
    for n in range(2100):
        copy = Envelope(dsse.STATEMENT, found.envelope.payload, ((f"copy {n}", found.envelope.signatures[0][1]),))
        world.statement_files.append(StatementFile(f"{n}.json", copy.text()))

    assert world.verdict() == "allow"


def test_what_the_ledger_has_is_never_too_much() -> None:
    """A version with a long history is judged all the same."""
    world, _ = signed_world()
    world.statement_files += [StatementFile(f"entry {n}", b"{}", NOW) for n in range(10)]
    request = world.request(at=NOW - 9 * DAY)
    for n in range(2100):
        world.sign(request, VERA, at=NOW - 8 * DAY + n * 1_000_000, logged=NOW - DAY)

    assert world.verdict() == "allow"


def test_a_decision_among_the_statements_counts_for_nothing() -> None:
    """Whoever signs it."""
    world, _ = signed_world()
    found = world.say(kinds.SUMMARY, {"verificationResult": "PASSED", "signer": VERA}, PEOPLE[VERA])

    assert (world.verdict(), world.why(found)) == ("allow", "a decision is no evidence for another")


@pytest.mark.parametrize("section", ["facts", "hyperparameters"])
def test_no_mapping_of_a_record_is_signed_as_a_plain_value(section: str) -> None:
    """`{plain: "cleared"}` was signed, and `cleared` judged."""

    def digest(text: str) -> str:
        source = Source("4.yaml", f"model: fraud\nversion: '4'\n{section}: {text}\n")
        return facts_digest(files.parse(source)[0])

    texts = ["{a: cleared}", '{a: "cleared"}', '{a: {plain: "cleared"}}', "{a: {plain: cleared}}", "{map: {a: cleared}}",
             '{a: {written: "1e400"}}', "{a: 1e400}", "{a: {map: {}}}", "{a: {}}"]  # fmt: skip
    assert len({digest(text) for text in texts}) == len(texts)


def test_a_revoked_key_beside_a_good_one_voids_no_evidence() -> None:
    """The first key that fitted was the only one that was asked."""
    old, new = SERVICES["eval-ci"], PemKey()
    revoked = {"pem": old.pem, "revoked": {"at": strict.written(NOW - DAY), "reason": "lost"}}
    services = {**FIRST["services"], "eval-ci": {**FIRST["services"]["eval-ci"], "keys": [revoked, {"pem": new.pem}]}}
    world = World(
        'policy gate: "Gate"\n  on promotion to production\nrequire good: accuracy >= 0.9 attested by "eval-ci"\n',
        trust=[version(document(services=services), *ROOTS)],
    )
    world.enact()
    facts = {"metrics": {"accuracy": {"value": 0.95}}}
    alone = world.attest(facts, key=new)
    assert world.verdict() == "allow"

    statement_file = next(p for p in world.statement_files if statements.read(p.name, p.data).digest == alone)
    envelope = statements.read(statement_file.name, statement_file.data).envelope
    both = Envelope(envelope.type, envelope.payload, (("", old.sign(envelope.message)), *envelope.signatures))
    world.statement_files[world.statement_files.index(statement_file)] = StatementFile(statement_file.name, both.text())
    assert (world.verdict(), world.why(alone)) == ("allow", "")

    only = Envelope(envelope.type, envelope.payload, (("", old.sign(envelope.message)),))
    world.statement_files = [
        StatementFile(p.name, only.text()) if p.name == statement_file.name else p for p in world.statement_files
    ]
    assert (world.verdict(), "the key was revoked" in world.why(alone)) == ("undecided", True)


@pytest.mark.parametrize("unseen", ["\u034f", "\ufe0f", "\u3164", "\u200b", "\U000e0100"])
def test_characters_that_nobody_sees_hide_no_author(unseen: str) -> None:
    """The record looked the same, and the author signed for themselves."""
    world, _ = signed_world()
    assert world.verdict() == "allow"

    own, _ = signed_world(record={**RECORD, "author": VERA.replace("@", f"{unseen}@")})
    assert own.verdict() == "undecided"


@pytest.mark.parametrize("bent", [False, True])
def test_a_signature_by_a_key_that_is_no_point_of_its_curve_stops_nothing(bent: bool) -> None:
    """Anybody who could lay a file beside a version had made every decision about it a defect of the program."""
    world, request = signed_world()
    key = SshKey("ecdsa")
    payload = statements.read("a", world.statement_files[-1].data).envelope.payload.replace(b"vito", b"otto")
    signature = key.sign("statement@letpass", dsse.encode(dsse.STATEMENT, payload))
    point = key.blob[-65:]
    off = point[:-1] + bytes([point[-1] ^ 1])

    digest = world.put(payload, signature.replace(point, off) if bent else signature)

    assert (world.verdict(), request != digest) == ("allow", True)
    assert ("a point that is not on the curve `nistp256`" if bent else "is nobody's in the trust file") in world.why(
        digest
    )
    with pytest.raises(InvalidError, match="not on the curve"):
        keys.from_blob(key.blob[:-65] + off)
