"""Faults that the model of the life has found (`tests/life`): each is a story with its end."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from letpass.ledger import in_effect
from letpass.project.configuration import load
from letpass.project.project import Project
from tests.cli.conftest import OWN, Call, signed, write
from tests.lifecycle.conftest import PROMOTION, RECORD, dies_before_done, state, steps

TO_PRODUCTION = ("--to", "production")


def test_what_was_lifted_and_is_said_again_stands(project: Path, call: Call) -> None:
    """The second revocation was the same entry as the first, so that it was not logged, and stayed lifted."""
    word = ("fraud@2", "--reason", "leaked labels")
    assert call("check", "fraud@2", *TO_PRODUCTION)[0] == 0
    assert call("revoke", *word)[0] == 0
    assert call("check", "fraud@2", *TO_PRODUCTION)[0] == 1
    assert call("lift", "fraud@2", "--reason", "looked at again")[0] == 0
    assert call("check", "fraud@2", *TO_PRODUCTION)[0] == 0

    assert call("revoke", *word)[0] == 0

    assert call("check", "fraud@2", *TO_PRODUCTION)[0] == 1


def test_a_stage_that_an_earlier_signed_set_named_stays_gated(office: Path, call: Call) -> None:
    """The owners signed a set without it, and a version went there without a decision."""
    staging = office / "policies/staging.policy"
    write(staging, 'policy staging: "Staging"\n  on promotion to staging\nrequire good: accuracy >= 0.9\n')
    signed(call, office)
    assert call("check", "fraud@4", *TO_PRODUCTION, "--log")[0] in {0, 3}

    staging.unlink()
    assert call("sign", "policies", "--role", "policy-owner", "--key", OWN)[0] == 0

    code, out, _ = call("promote", "fraud@4", "--to", "staging")
    assert (code, "no policy governs promotion to staging" in out) == (1, True)
    assert call("ungate", "staging", "--reason", "it is a playground", "--key", OWN)[0] == 0
    assert call("promote", "fraud@4", "--to", "staging")[0] == 0


def test_a_renewal_that_is_denied_ends_the_proof_of_a_rollback(project: Path, call: Call) -> None:
    """It is judged as a promotion, and the version had come there by a rollback."""
    write(
        project / "policies/back.policy", 'policy back: "B"\n  on rollback to production\nrequire ok: model is fraud\n'
    )
    for version in ("2", "1", "2"):
        assert call("promote", f"fraud@{version}", *TO_PRODUCTION)[0] == 0
    verify = ("verify", "fraud@2", *TO_PRODUCTION, "--rollback")
    assert call(*verify)[0] == 0

    write(project / "policies/gate.policy", PROMOTION.replace("0.9", "0.99"))
    assert call("renew", "fraud@2")[0] == 1

    code, out, _ = call(*verify)
    assert (code, "denied anew" in out) == (1, True)


def test_a_free_stage_with_a_holder_that_is_lost_takes_others(project: Path, call: Call) -> None:
    """It was moved, and told that it was not."""
    assert call("promote", "fraud@1", "--to", "lab")[0] == 0
    (project / "models/fraud/1.yaml").unlink()

    assert call("promote", "fraud@2", "--to", "lab")[0] == 0

    assert state(project)["2"] == {"stage": "lab"}
    assert [(s.version, s.state) for s in steps()][-2:] == [("2", "begun"), ("2", "done")]


def test_a_move_that_was_made_is_logged_as_done_by_whoever_leaves_next(
    project: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A retirement did not know by which policies it was allowed, and called it failed."""
    with monkeypatch.context() as patch:
        dies_before_done(patch)
        assert call("promote", "fraud@1", *TO_PRODUCTION)[0] == 130

    assert call("retire", "fraud@2", "--reason", "it is over")[0] == 0

    assert [(s.version, s.state) for s in steps()][:2] == [("1", "begun"), ("1", "done")]


def _compared(project: Path) -> None:
    """Version 2 is better than version 1, on the same data, and the policy asks for no worse than the champion."""
    rule = "require no-worse: accuracy >= champion.accuracy when there is a champion\n"
    write(project / "policies/gate.policy", PROMOTION + rule)
    for version, accuracy in ((1, 0.95), (2, 0.97)):
        text = RECORD.format(version=version, accuracy=accuracy, year=2020)
        measured = f"{{accuracy: {{value: {accuracy}, data_set: holdout}}}}"
        text = text.replace(f"{{accuracy: {accuracy}}}", measured)
        write(
            project / f"models/fraud/{version}.yaml", text.replace(".onnx}", f".onnx, digest: '{_digest(version)}'}}")
        )


def _digest(version: int) -> str:
    return f"sha256:{hashlib.sha256(f'bytes {version}'.encode()).hexdigest()}"


def test_bytes_that_were_revoked_under_another_number_are_no_champion(project: Path, call: Call) -> None:
    """A word speaks of bytes, in every version of the model."""
    _compared(project)
    assert call("promote", "fraud@2", *TO_PRODUCTION)[0] == 0
    assert call("check", "fraud@1", *TO_PRODUCTION)[0] == 1
    copy = (project / "models/fraud/2.yaml").read_text(encoding="utf-8")
    write(project / "models/fraud/4.yaml", copy.replace("'2'", "'4'"))

    assert call("revoke", "fraud@4", "--reason", "leaked labels")[0] == 0

    assert call("check", "fraud@1", *TO_PRODUCTION)[0] == 0


def test_a_revocation_of_other_bytes_leaves_the_champion(project: Path, call: Call) -> None:
    """The record of who held the stage was edited to other bytes, and with those revoked nobody was compared with it any more."""
    _compared(project)
    assert call("promote", "fraud@2", *TO_PRODUCTION)[0] == 0
    assert call("retire", "fraud@2", "--reason", "it is over")[0] == 0
    path = project / "models/fraud/2.yaml"
    text = path.read_text(encoding="utf-8").replace("fraud-2.onnx", "fraud-3.onnx").replace(_digest(2), _digest(3))
    write(path, text)
    assert call("check", "fraud@1", *TO_PRODUCTION)[0] == 1

    assert call("revoke", "fraud@2", "--reason", "other bytes")[0] == 0

    assert call("check", "fraud@1", *TO_PRODUCTION)[0] == 1


def _reviewed(folder: Path, rule: str) -> None:
    """A policy on review of one rule."""
    write(folder / "policies/watch.policy", f'policy watch: "Watch"\n  on review\nrequire ok: {rule}\n')


def test_a_denied_review_of_a_version_that_no_decision_let_in_is_lifted(project: Path, call: Call) -> None:
    """It was looked for among what had ended a proof, and there was no proof; the help named a lift that lifted nothing."""
    _reviewed(project, "accuracy >= 0.99")
    assert call("check", "fraud@2", *TO_PRODUCTION, "--log")[0] == 0
    write(project / "models/fraud/state.yaml", "'1': {stage: production}\n")
    lift = ("lift", "fraud@1", "--reason", "a lower bound was meant")
    code, _, err = call(*lift)
    assert (code, "nothing stands against `fraud@1`" in err) == (2, True)
    assert call("check", "fraud@1", *TO_PRODUCTION)[0] == 0

    assert call("review")[0] == 1
    code, out, _ = call("check", "fraud@1", *TO_PRODUCTION)
    assert (code, "`policy lift fraud@1 --reason TEXT`" in out) == (3, True)

    code, out, _ = call(*lift)
    assert (code, "lifts the denial on review in entry " in out) == (0, True)
    assert call("check", "fraud@1", *TO_PRODUCTION)[0] == 0


def test_a_review_that_allows_on_the_same_evidence_mends_a_denied_one_for_moves_too(project: Path, call: Call) -> None:
    """The proof stood again, and the move was held back."""
    _reviewed(project, "model is fraud")
    assert call("promote", "fraud@1", *TO_PRODUCTION)[0] == 0
    assert call("revoke", "fraud@1", "--reason", "leaked labels")[0] == 0
    assert call("review")[0] == 1
    (said,) = in_effect.notes(Project(load()).past("fraud"))
    assert call("lift", "fraud@1", "--of", said.digest, "--reason", "they were not")[0] == 0
    verify = ("verify", "fraud@1", *TO_PRODUCTION)
    assert (call("check", "fraud@1", *TO_PRODUCTION)[0], call(*verify)[0]) == (3, 1)

    assert call("check", "fraud@1", "--on", "review", "--log")[0] == 0

    assert (call("check", "fraud@1", *TO_PRODUCTION)[0], call(*verify)[0]) == (0, 0)


def _denied_on_review(office: Path, call: Call) -> tuple[str, ...]:
    """`fraud@4` in production, and a review of it that was denied; what lifts that."""
    gate = 'policy gate: "Gate"\n  on promotion to production\nrequire good: accuracy >= 0.9\n'
    write(office / "policies/gate.policy", gate)
    _reviewed(office, "accuracy >= 0.99")
    signed(call, office)
    assert call("promote", "fraud@4", *TO_PRODUCTION)[0] == 0
    assert call("review")[0] == 1
    assert call("check", "fraud@4", *TO_PRODUCTION)[0] == 3
    return "lift", "fraud@4", "--reason", "a lower bound was meant", "--key", OWN


def test_whoever_asks_for_a_move_lifts_no_denied_review(office: Path, call: Call) -> None:
    """The one owner who asked for the move lifted alone what stood against it."""
    lift = _denied_on_review(office, call)
    assert call(*lift)[0] == 0
    assert call("check", "fraud@4", *TO_PRODUCTION)[0] == 0

    assert call("request", "fraud@4", *TO_PRODUCTION, "--key", OWN, "--log")[0] == 0

    assert call("check", "fraud@4", *TO_PRODUCTION)[0] == 3
    assert call("verify", "fraud@4", *TO_PRODUCTION)[0] == 1
    code, _, err = call(*lift)
    assert (code, "rosa@corp.example made `fraud@4` " in err, "lifts nothing" in err) == (2, True, True)


def test_a_denied_review_of_a_version_that_nobody_knows_the_author_of_is_lifted_by_nobody(
    office: Path, call: Call
) -> None:
    """It may be the owner who lifts it."""
    record = office / "models/fraud/4.yaml"
    write(record, record.read_text(encoding="utf-8").replace("anna@corp.example", "the fraud team"))
    lift = _denied_on_review(office, call)

    code, _, err = call(*lift)

    assert (code, "who made `fraud@4` is not known" in err) == (2, True)
    assert call("check", "fraud@4", *TO_PRODUCTION)[0] == 3


def test_what_was_lifted_stays_so_when_evidence_is_added(office: Path, call: Call) -> None:
    """As long as the record did not say what it said at the promotion nobody could tell who had made the version."""
    gate = 'policy gate: "Gate"\n  on promotion to production\nrequire good: accuracy >= 0.9\n'
    write(office / "policies/gate.policy", gate)
    signed(call, office)
    again = ("promote", "fraud@4", *TO_PRODUCTION)
    assert call(*again)[0] == 0
    assert call("reject", "fraud@4", "--all", "--role", "validator", "--key", "vito", "--reason", "unfair")[0] == 0
    assert call(*again)[0] == 1
    assert call("lift", "fraud@4", "--reason", "it is not", "--key", OWN)[0] == 0
    assert call(*again)[0] == 0

    assert call("evidence", "add", "fraud@4", "results.xml", "--suite", "Fairness Check")[0] == 0
    assert call(*again)[0] == 0

    record = office / "models/fraud/4.yaml"
    write(record, record.read_text(encoding="utf-8").replace("anna@corp.example", "bob@corp.example"))
    assert call(*again)[0] == 1
