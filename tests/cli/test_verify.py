"""Decisions with their proofs: what `policy verify` takes, and everything that it does not."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import time
from pathlib import Path

import pytest

from letpass.ledger import gatekey, note, place, proofs
from letpass.ledger.entry import Entry
from letpass.ledger.log import Ledger
from letpass.trust import statements, strict, summary
from tests.cli.conftest import ARGUMENTS, OWN, Call, in_days, ledger_of, proof_file, proof_of, write


def test_a_move_is_verified_without_the_ledger(call: Call, moved: Path) -> None:
    """Its proof, its standing, the trust file and the bytes are enough; what could not be looked at is listed."""
    shutil.rmtree(moved / ".letpass")

    code, out, _ = call(*ARGUMENTS, "--offline")

    assert (code, out.splitlines()[0]) == (0, "VERIFIED  fraud@4, promotion to production: allow")
    assert "ok   made: entry " in out
    assert "-    by the policies in force then: not looked at without the ledger" in out
    assert (
        "-    later words: not looked at without the ledger: objections, revocations, reviews, withdrawals since" in out
    )
    assert "ok   a standing of the gate: as of " in out
    assert "the ledger continues it" not in out


def test_a_ledger_that_has_gone_is_told_and_not_passed_over(call: Call, moved: Path) -> None:
    """A checkpoint of it was kept, so that it was there: whoever verifies says that the files alone are to do."""
    shutil.rmtree(moved / ".letpass")

    code, out, err = call(*ARGUMENTS)

    assert (code, out) == (4, "")
    assert "a checkpoint of the ledger was kept, and there is no ledger at" in err


def test_an_allow_that_was_never_used_is_not_verified_without_the_ledger(call: Call, allowed: Path) -> None:
    """Nothing was moved, so that the gate has left no standing: what came later could not be known."""
    shutil.rmtree(allowed / ".letpass")

    code, out, _ = call(*ARGUMENTS, "--offline")

    assert (code, out.splitlines()[0]) == (1, "NOT VERIFIED  fraud@4, promotion to production: allow")
    assert "NO   a standing of the gate: there is none; the move makes one: `policy promote`" in out


def test_the_statement_is_a_verification_summary(allowed: Path) -> None:
    """SLSA's VSA v1: verifier, resource, policy, inputs, result; and every statement that counted is an input."""
    logged = json.loads(proof_of(allowed).text)
    statement = statements.read("", logged["statement"].encode())
    predicate = statement.predicate
    beside = [
        statements.read("", p.read_bytes()).digest[7:]
        for p in (allowed / "models/fraud/4").glob("*[0-9a-f].json")
        if ".decision" not in p.name
    ]

    assert statement.type == "https://slsa.dev/verification_summary/v1"
    assert predicate["verifier"]["id"] == "urn:letpass:gate"
    assert predicate["resourceUri"] == "urn:letpass:model:fraud@4"
    assert (predicate["verificationResult"], predicate["verifiedLevels"]) == (
        "PASSED",
        ["LETPASS_PROMOTION_TO_PRODUCTION"],
    )
    assert set(beside) < {i["digest"]["sha256"] for i in predicate["inputAttestations"]}
    assert summary.payload(summary.read(statement)) == statement.envelope.payload


def test_attack_25_other_bytes_than_those_allowed_are_not_verified(call: Call, allowed: Path) -> None:
    """Swapped between decision and deployment."""
    (allowed / "fraud-4.onnx").write_text("other bytes")

    code, out, _ = call(*ARGUMENTS)
    assert (code, out.splitlines()[0]) == (1, "NOT VERIFIED  fraud@4, promotion to production: allow")
    assert "NO   about these bytes" in out


def test_attack_27_a_decision_holds_for_its_stage_model_and_time(
    call: Call, allowed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked for another stage, carried to another model, or after its request has ended."""
    assert call(*ARGUMENTS[:3], "staging")[0] == 1

    carried = allowed / "models/fraud/3"
    carried.mkdir()
    shutil.copy(proof_file(allowed), carried)
    code, out, _ = call("verify", "models/fraud/3.yaml", "--to", "production")
    assert (code, "NO   about this model: it is about fraud@4, not fraud@3" in out) == (1, True)

    from letpass.cli import people

    monkeypatch.setattr(people, "now", lambda: 4_000_000_000_000_000)
    code, out, _ = call(*ARGUMENTS)
    assert (code, "NO   nothing has ended it: unused: it was to be used until" in out) == (1, True)


def test_attack_29_an_allow_is_not_shown_over_a_later_refusal(call: Call, allowed: Path) -> None:
    """The record was edited; the new decision is in the ledger, and the old file beside the record."""
    record = allowed / "models/fraud/4.yaml"
    text = record.read_text()
    record.write_text(text.replace("accuracy: 0.95", "accuracy: 0.5"))
    assert call("check", "models/fraud/4.yaml", "--to", "production", "--log")[0] == 1
    record.write_text(text)

    code, out, _ = call(*ARGUMENTS)

    assert (code, "NO   nothing has ended it: a later decision: of " in out) == (1, True)


def _forged(folder: Path, entry: Entry) -> None:
    """Put a proof of an entry of the same log in the place of the decision's."""
    ledger = ledger_of(folder)
    index = ledger.append([entry], 10**16)[0].index
    text = json.dumps({"type": "letpass.decision-proof/v1", "proof": proofs.tlog_proof(ledger.prove(index))})
    proof_file(folder).write_text(text)


def test_attack_24_a_proof_of_something_else_is_no_decision(call: Call, allowed: Path) -> None:
    """Another entry of the log, a decision that somebody else signed, a proof from another log."""
    path, good = proof_file(allowed), proof_file(allowed).read_bytes()
    other = proofs.tlog_proof(ledger_of(allowed).prove(0))
    path.write_text(json.dumps({"type": "letpass.decision-proof/v1", "proof": other}))
    assert "the entry is a trust, no decision" in call("verify", str(path))[2]

    made = summary.read(statements.read("", json.loads(proof_of_bytes(good).text)["statement"].encode()))
    stranger = gatekey.load_or_make(allowed / "stranger.key")
    text = stranger.envelope(summary.payload(made)).text().decode()
    _forged(allowed, Entry("decision", text, {}, "fraud", "4"))
    code, out, _ = call("verify", str(path), "--offline")
    assert (code, "NO   signed by the gate: its key is not believed here" in out) == (1, True)

    theirs = Ledger(place.store(str(allowed / "theirs.db"), make=True), (), stranger)
    theirs.append([Entry("decision", json.loads(proof_of_bytes(good).text)["statement"], {}, "fraud", "4")], 10**15)
    path.write_text(json.dumps({"type": "letpass.decision-proof/v1", "proof": proofs.tlog_proof(theirs.prove(0))}))
    code, out, _ = call("verify", str(path), "--offline")
    assert (code, "NO   checkpoint signed: the log" in out) == (1, True)


def proof_of_bytes(data: bytes) -> proofs.Proof:
    return proofs.read_tlog_proof(json.loads(data)["proof"])


def test_attack_29_an_edited_proof_is_not_verified(call: Call, allowed: Path) -> None:
    """The entry's text is what the tree holds; the index and the hashes show where."""
    path = proof_file(allowed)
    value = json.loads(path.read_text())
    extra = value["proof"].split("\n")[1].removeprefix("extra ")
    later = base64.b64decode(extra).replace(b'"at":"20', b'"at":"30')
    for bent in (
        value["proof"].replace(extra, base64.b64encode(later).decode()),
        value["proof"].replace("index ", "index 1", 1),
    ):
        path.write_text(json.dumps({**value, "proof": bent}))
        code, out, _ = call("verify", str(path), "--offline")
        assert (code, "NO   in the ledger" in out) == (1, True)


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", '{"type": "letpass.decision-proof/v1", "proof": ""}', '{"type":1,"type":1}', "\x00"]
)
def test_a_file_that_is_no_decision_is_an_error(call: Call, allowed: Path, content: str) -> None:
    """Never verified, and never a traceback."""
    proof_file(allowed).write_text(content)
    code, out, err = call("verify", str(proof_file(allowed)))

    assert (code, out, "error[GATE413]: no decision" in err) == (2, "", True)


def test_without_a_decision_there_is_nothing_to_verify(call: Call, office: Path) -> None:
    """The error says what leaves one."""
    code, _, err = call("verify", "models/fraud/4.yaml")
    assert (code, "there is no decision beside `fraud@4`" in err, "`policy promote` leaves one" in err) == (
        2,
        True,
        True,
    )


def test_the_kept_checkpoint_must_be_continued(call: Call, allowed: Path) -> None:
    """Of an earlier head, of another log, of the future, of nobody."""
    early = allowed / "early"
    early.write_text(ledger_of(allowed).stored(7).note)
    assert call(*ARGUMENTS, "--checkpoint", "early")[0] == 0
    assert call(*ARGUMENTS, "--checkpoint", str(allowed / "ledger.checkpoint"))[0] == 0

    shown = {}
    key = gatekey.load(allowed / ".letpass/gate.key")
    shown["split"] = note.sign(key.private, key.public, note.body(key.public.name, 8, bytes(32)))
    shown["unsigned"] = note.sign(
        gatekey.load_or_make(allowed / "x.key").private, key.public, note.body(key.public.name, 8, bytes(32))
    )
    shown["future"] = note.sign(key.private, key.public, note.body(key.public.name, 800, bytes(32)))
    for name, text in shown.items():
        (allowed / name).write_text(text)
        code, out, _ = call(*ARGUMENTS, "--checkpoint", name)
        assert (code, "NO   goes on from the kept checkpoint" in out) == (1, True), name
    code, _, err = call(*ARGUMENTS, "--checkpoint", "trust.json")
    assert (code, "error[GATE421]: no checkpoint" in err) == (2, True)
    assert call(*ARGUMENTS, "--checkpoint", "none")[0] == 2


def test_a_quorum_of_witnesses_is_asked_for(call: Call, allowed: Path) -> None:
    """The decision's own head, or a later one that continues it, is cosigned by so many different witnesses."""
    offer = call("ledger", "checkpoint", "--since", "0", "-o", "offer.txt")
    assert offer[0] == 0
    log = call("ledger", "key")[1].strip()
    cosign = ("ledger", "witness", "offer.txt", "--log", log, "--key", "w.key", "--name", "witness.example")
    _, line, err = call(*cosign, "--state", "w.json")
    call("trust", "add", "witness", err.split()[1], "--quorum", "1")
    call("trust", "sign", "--key", OWN)
    code, out, _ = call(*ARGUMENTS)
    assert (
        code,
        "NO   witnessed: 0 of 1 witnesses; let a witness cosign a head that holds it" in out,
    ) == (1, True)

    (allowed / "line").write_text(line)
    assert call("ledger", "checkpoint", "--add", "line")[0] == 0

    code, out, _ = call(*ARGUMENTS, "--checkpoint", "ledger.checkpoint")
    assert (code, "ok   witnessed: 1 of 1 witnesses" in out) == (0, True)
    assert call(*cosign, "--state", "w.json")[0] == 1

    # a later head is kept, and the cosigned one stays beside it
    cosigned = (allowed / "ledger.checkpoint").read_text()
    assert call("check", "models/fraud/3.yaml", "--to", "production", "--log")[0] == 1
    assert (allowed / "ledger.witnessed").read_text() == cosigned
    assert "witness.example" not in (allowed / "ledger.checkpoint").read_text()
    code, out, _ = call(*ARGUMENTS)
    assert (code, "ok   witnessed: 1 of 1 witnesses" in out) == (0, True)
    code, out, _ = call(*ARGUMENTS, "--offline")
    assert "ok   witnessed: 1 of 1 witnesses" in out  # it is the very head of the proof
    assert call("check", "models/fraud/3.yaml", "--to", "staging", "--log")[0] in {0, 1, 3}
    assert (allowed / "ledger.witnessed").read_text() == cosigned
    (allowed / "ledger.witnessed").unlink()
    assert "NO   witnessed: 0 of 1 witnesses" in call(*ARGUMENTS)[1]


def test_a_decision_that_was_made_without_trust_is_not_verified(
    call: Call, allowed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same gate under another configuration signs what it is asked, into another ledger: this one knows better."""
    write(allowed / "free.policy", 'policy free: "Free"\n  on promotion to production\nrequire x: model is recorded\n')
    write(allowed / "evil.toml", 'policies = ["free.policy"]\ncheckpoint = "none"\ntrust = {file = "nowhere.json"}\n')
    monkeypatch.setenv("LETPASS_CONFIG", "evil.toml")
    arguments = ("check", "models/fraud/3.yaml", "--to", "production")
    for more in ((), ("--log",)):
        code, _, err = call(*arguments, *more)
        assert (code, "error[GATE411]: the ledger has seen a trust file, and there is no" in err) == (2, True)
    assert call("verify", "models/fraud/4.yaml", "--to", "production")[0] == 2

    monkeypatch.setenv("LETPASS_LEDGER", "other.db")
    assert call(*arguments, "--log")[0] == 0
    monkeypatch.delenv("LETPASS_LEDGER")
    monkeypatch.delenv("LETPASS_CONFIG")

    code, out, _ = call("verify", "models/fraud/3.yaml", "--to", "production", "--offline")
    assert (code, "NO   under this trust file: it was made under none, or another" in out) == (1, True)


def test_an_allow_ends_with_the_waiver_that_it_rests_on(call: Call, office: Path) -> None:
    """The earliest of what it rests on: request, waiver, trust file."""
    write(
        office / "policies/gate.policy",
        'policy gate: "Gate"\n  on promotion to production\nrequire good: accuracy >= 0.9\n  waivable by role "risk" for 14 days\n',
    )
    call("sign", "policies", "--role", "policy-owner", "--key", OWN)
    call("waive", "gate/good", "models/fraud/3.yaml", "--until", in_days(5), "--reason", "x", "--key", OWN)
    assert call("check", "models/fraud/3.yaml", "--to", "production", "--log")[0] == 0

    said = f"-    made: the move was not made yet; the allow is to be used until {in_days(5)}T00:00:00Z"
    assert said in call("verify", "models/fraud/3.yaml")[1]


def test_the_summary_of_a_decision_tells_when_the_approval_ends(call: Call, office: Path) -> None:
    """What the policies say, from the clock of the decision on, to the second; nothing where they say nothing."""
    ends = {}
    for line in ("", "  approved for 30 days\n"):
        rule = "require good: accuracy >= 0.9\n"
        write(office / "policies/gate.policy", f'policy gate: "Gate"\n  on promotion to production\n{line}{rule}')
        call("sign", "policies", "--role", "policy-owner", "--key", OWN)
        code, out, _ = call("check", "models/fraud/4.yaml", "--to", "production", "--log")
        assert (code, "the approval ends " in out) == (0, bool(line))
        made = statements.read("", json.loads(proof_of(office).text)["statement"].encode())
        ends[line] = (summary.read(made), made.predicate[summary.EXTENSION].get("approvedUntil"))
        assert summary.payload(summary.read(made)) == made.envelope.payload
        proof_file(office).unlink()

    never, (lasts, written) = ends.values()
    assert (never[0].approved, never[1]) == ("", None)
    assert lasts.approved == written == strict.written(lasts.at + 30 * 86_400_000_000)


def test_a_forged_file_does_not_stand_before_the_true_one(call: Call, allowed: Path) -> None:
    """Whatever place in the log it claims."""
    value = json.loads(proof_file(allowed).read_text())
    forged = value["proof"].replace("index 7", "index 99999999999999999")
    (allowed / "models/fraud/4/0.decision.json").write_text(json.dumps({**value, "proof": forged}))
    for n, text in enumerate(("", "{}", '{"type": "letpass.decision-proof/v1", "proof": 5}')):
        (allowed / f"models/fraud/4/{n}x.decision.json").write_text(text)

    assert call(*ARGUMENTS)[0] == 0


@pytest.mark.parametrize(
    "change",
    [
        {"move": "promotion"},
        {"move": {"kind": 5}},
        {"model": 5},
        {"expiresAt": "soon"},
        {"expiresAt": ""},
        {"approvedUntil": "soon"},
        {"approvedUntil": ""},
        {"approvedUntil": 1826798400},
        {"approvedUntil": None},
        {"approvedUntil": "2027-11-23"},
        {"trust": []},
    ],
)
def test_a_crafted_decision_is_an_error_and_no_crash(call: Call, allowed: Path, change: dict[str, object]) -> None:
    """Signed by nobody, of odd shapes."""
    proof = proof_of(allowed)
    logged = json.loads(proof.text)
    payload = json.loads(base64.b64decode(json.loads(logged["statement"])["payload"]))
    payload["predicate"][summary.EXTENSION].update(change)
    envelope = {**json.loads(logged["statement"]), "payload": base64.b64encode(json.dumps(payload).encode()).decode()}
    text = json.dumps({**logged, "statement": json.dumps(envelope)})
    extra = base64.b64encode(text.encode()).decode()
    value = json.loads(proof_file(allowed).read_text())
    lines = value["proof"].split("\n")
    lines[1] = f"extra {extra}"
    proof_file(allowed).write_text(json.dumps({**value, "proof": "\n".join(lines)}))

    code, out, err = call("verify", "models/fraud/4.yaml", "--offline")
    assert (code, out, "error[GATE413]: no decision" in err) == (2, "", True)


def test_the_champions_evidence_counts_in_a_plain_check_too(call: Call, office: Path) -> None:
    """With `--log` and without it the answer is the same."""
    write(
        office / "policies/gate.policy",
        'policy gate: "Gate"\n  on promotion to production\nrequire better: accuracy >= champion.accuracy\n',
    )
    for version, accuracy in ((3, 0.5), (4, 0.95)):
        text = (office / f"models/fraud/{version}.yaml").read_text()
        claimed = f"metrics: {{accuracy: {{value: {accuracy}, data_set: d}}}}"
        stage = "stage: production\n" if version == 3 else ""
        write(office / f"models/fraud/{version}.yaml", re.sub(r"metrics: .*", claimed, text) + stage)
    write(office / "m.yaml", "metrics: {accuracy: {value: 0.99, data_set: d, measured_at: '2026-11-20'}}")
    call("sign", "policies", "--role", "policy-owner", "--key", OWN)
    adopted = ("adopt", "fraud@3", "--to", "production", "--reason", "it served before", "--key", OWN, "--log")
    assert call(*adopted)[0] == 0
    arguments = ("check", "models/fraud/4.yaml", "--to", "production")
    assert call(*arguments)[0] == 0

    assert call("attest", "models/fraud/3.yaml", "m.yaml", "--key", "ci.pem")[0] == 0

    assert [call(*arguments)[0], call(*arguments, "--log")[0]] == [1, 1]


def test_a_person_makes_no_decision_of_the_gate(call: Call, allowed: Path) -> None:
    """A statement that looks like one is not logged, and takes no earlier proof away."""
    from letpass.trust import dsse, signers, signing
    from letpass.trust.dsse import Envelope

    logged = json.loads(proof_of(allowed).text)
    payload = json.loads(base64.b64decode(json.loads(logged["statement"])["payload"]))
    payload["predicate"] |= {
        "signer": "vera@corp.example",
        "issuedAt": "2026-11-24T00:00:00Z",
        "model": "fraud",
        "version": "4",
    }
    for bent in (payload, {**payload, "predicate": {"signer": "vera@corp.example"}}):
        data = json.dumps(bent).encode()
        key = signing.public_key(Path("vera"))
        blob = signing.by_person(Path("vera"), key, dsse.encode(dsse.STATEMENT, data), signers.NAMESPACE)
        write(allowed / f"models/fraud/4/{len(data)}.json", Envelope(dsse.STATEMENT, data, (("", blob),)).text())
    before = ledger_of(allowed).checkpoint().size
    time.sleep(1.1)

    assert call("check", "models/fraud/4.yaml", "--to", "production", "--log")[0] == 0
    assert ledger_of(allowed).checkpoint().size == before + 1
    assert call(*ARGUMENTS)[0] == 0


def test_names_that_are_not_utf8_are_shown_and_crash_nothing(call: Call, allowed: Path) -> None:
    """A record, an artifact and a policy file that somebody named in another encoding."""
    odd = Path(os.fsdecode(b"models/fraud/b\xff.yaml"))
    odd.write_bytes((allowed / "models/fraud/3.yaml").read_bytes())
    artifact = Path(os.fsdecode(b"a\xff.onnx"))
    artifact.write_bytes((allowed / "fraud-3.onnx").read_bytes())
    for arguments in (("-o", "json"), ("--artifact", str(artifact))):
        assert call("check", str(odd), "--to", "production", *arguments)[0] == 1
    odd.write_text(odd.read_text().replace("version: '3'", "version: '8'"))
    assert call("check", str(odd), "--to", "production", "--artifact", str(artifact), "--log")[0] == 1

    Path(os.fsdecode(b"policies/c\xff.policy")).write_bytes((allowed / "policies/gate.policy").read_bytes())
    code, _, err = call("check", "models/fraud/4.yaml", "--to", "production")
    assert (code, "the name of a policy file is not UTF-8" in err) == (2, True)


REJECT = ("reject", "models/fraud/4.yaml", "--role", "validator", "--key", "vito", "--reason", "unfair to group 7")
