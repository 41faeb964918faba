"""Which version, move and bytes a decision is about, and who has spoken against it since: `policy verify`."""

from __future__ import annotations

import base64
import json
import re
import shutil
from pathlib import Path

import pytest

from letpass.frozen import replace
from letpass.ledger import proofs
from letpass.trust import statements, summary
from tests.cli.conftest import ARGUMENTS, OWN, Call, ledger_of, proof_of, write
from tests.cli.test_verify import REJECT, proof_of_bytes


def test_an_objection_says_who_and_why(call: Call, office: Path) -> None:
    """At a glance, and in every format; what helps is a command that works when it is obeyed."""
    assert call(*REJECT)[0] == 0
    _, out, _ = call("check", "models/fraud/4.yaml", "--to", "production")
    assert "vito@corp.example as validator objects to it" in out.splitlines()[1]
    assert "unfair to group 7; it stands" in out
    (withdraw,) = re.findall(r"= help: `policy (.*) --key KEY` by vito@corp.example", out)
    for form in ("markdown", "html", "concise", "json", "sarif", "junit", "tap", "github", "gitlab", "azure"):
        assert "unfair to group 7" in call("check", "models/fraud/4.yaml", "--to", "production", "-o", form)[1], form

    assert call(*withdraw.split(), "--key", "vito")[0] == 0
    _, out, _ = call("check", "models/fraud/4.yaml", "--to", "production")
    assert ("OBJECTED BEFORE" in out, "objects to it" in out) == (True, False)


@pytest.mark.parametrize(
    "digest",
    [
        "",
        'digest: "SHA256:490ab716f3ac7235c62a94395f0c8a969888cb61f8c6eca58f7eb5b61ed2077c",',
        'digest: "dirHash1:490ab716f3ac7235c62a94395f0c8a969888cb61f8c6eca58f7eb5b61ed2077c",',
    ],
    ids=["left out", "in capitals", "by another algorithm"],
)
def test_an_objection_to_the_same_bytes_is_not_hidden_by_how_they_are_named(
    call: Call, allowed: Path, digest: str
) -> None:
    """A version that left its digest out, or wrote it otherwise, was asked for without the objection to its bytes."""
    assert call(*REJECT)[0] == 0
    assert call("check", "models/fraud/4.yaml", "--to", "production", "--log")[0] == 1
    text = "model: fraud\nversion: '5'\nauthor: anna@corp.example\nmetrics: {accuracy: 0.95}\n"
    write(allowed / "models/fraud/5.yaml", text + f"artifact: {{uri: fraud-4.onnx, {digest} size: 2000}}\n")

    code, out, _ = call("check", "models/fraud/5.yaml", "--to", "production")

    assert (code, "the objection by vito@corp.example as validator" in out) == (1, True)


def test_a_rollback_that_was_allowed_is_no_promotion(call: Call, office: Path) -> None:
    """Its policies ask for less; `--rollback` asks for it by name."""
    easy = "require small: artifact.size > 0 B\n"
    write(office / "policies/gate.policy", f'policy gate: "Gate"\n  on promotion to production\n{easy}')
    write(office / "policies/back.policy", f'policy back: "Back"\n  on rollback to production\n{easy}')
    call("sign", "policies", "--role", "policy-owner", "--key", OWN)
    for version in (4, 3, 4):
        assert call("promote", f"fraud@{version}", "--to", "production")[0] == 0

    assert [d.move.kind for d in decisions_of(office)] == ["promotion", "promotion", "rollback"]
    assert call(*ARGUMENTS)[0] == call(*ARGUMENTS, "--rollback")[0] == 0
    for proof in (office / "models/fraud/4").glob("*.decision.json"):
        made = summary.read(
            statements.read("", json.loads(proof_of_bytes(proof.read_bytes()).text)["statement"].encode())
        )
        if made.move.kind == "promotion":
            proof.unlink()

    code, out, _ = call(*ARGUMENTS)
    said = "NO   about this move: rollback to production; asked for promotion to production"
    assert (code, said in out, "note: a rollback to production is verified" in out) == (1, True, True)
    assert call(*ARGUMENTS, "--rollback")[0] == 0
    assert call("verify", "models/fraud/4.yaml", "--on", "deployment")[0] == 1
    assert call(*ARGUMENTS, "--on", "deployment")[0] == 2
    assert call("verify", "models/fraud/4.yaml", "--rollback")[0] == 2


def decisions_of(folder: Path) -> list[summary.Summary]:
    """The decisions in the ledger, in order."""
    logged = ledger_of(folder).entries_of("decision")
    return [summary.read(statements.read("", e.entry.statement.encode())) for e in logged]


@pytest.mark.parametrize("name", ["fraud@5", "other@1"])
def test_an_approval_of_one_version_is_none_of_the_name_that_is_asked_for(call: Call, allowed: Path, name: str) -> None:
    """The file below another name said that it was `fraud@4`, and was taken at its word."""
    path = allowed / "models" / f"{name.replace('@', '/')}.yaml"
    write(path, (allowed / "models/fraud/4.yaml").read_text())
    shutil.copytree(allowed / "models/fraud/4", path.with_suffix(""))

    for arguments in (("check", name, "--to", "production"), ("verify", name, "--to", "production")):
        code, _, err = call(*arguments)
        assert (code, f"is no record of `{name}`: it says that it is `fraud@4`" in err) == (2, True)
    assert call("verify", "fraud@4", "--to", "production")[0] == 0


def test_a_record_that_was_changed_since_is_not_what_was_decided_on(call: Call, allowed: Path) -> None:
    """It names other bytes, which a deployment would fetch, or says something else."""
    record = allowed / "models/fraud/4.yaml"
    text = record.read_text().replace("uri: fraud-4.onnx", "uri: s3://models/fraud-4.onnx")
    write(record, text.replace("490ab716", "590ab716"))
    code, out, _ = call("verify", "models/fraud/4.yaml", "--to", "production")
    assert (code, "NO   about the record's artifact: sha256:490ab716" in out) == (1, True)
    assert "NO   about what the record says: the record was changed since it was decided on" in out


def test_a_forged_decision_without_a_move_is_no_decision(call: Call, allowed: Path) -> None:
    """It was a defect, and stood in the way of the true one."""
    entry = json.loads(proof_of(allowed).text)
    statement = json.loads(entry["statement"])
    payload = json.loads(base64.b64decode(statement["payload"]))
    payload["predicate"][summary.EXTENSION]["move"] = {}
    statement["payload"] = base64.b64encode(json.dumps(payload).encode()).decode()
    entry["statement"] = json.dumps(statement)
    (allowed / "zz.decision.json").write_bytes(proofs.decision_file(replace(proof_of(allowed), text=json.dumps(entry))))

    code, _, err = call("verify", "zz.decision.json", "--to", "production")
    assert (code, "error[GATE413]: no decision: no move: its kind is none of registration" in err) == (2, True)
