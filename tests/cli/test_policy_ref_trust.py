"""`policy check --policy-ref` where people sign: who may sign what, and what they signed, is the protected branch's."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.cli.conftest import Call, asked_among, signed, write
from tests.cli.repository import PROTECTED, WEAK, change, commit, git

MODEL = "models/fraud/4.yaml"
REF = ("check", MODEL, "--to", "production", "--policy-ref", PROTECTED)


@pytest.fixture(name="team")
def _team(office: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose people have signed a move and the policies, on a protected branch; a change is checked out."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    signed(call, office)
    write(office / ".gitignore", ".letpass/\nhome/\n")
    git(office, "init", "--quiet")
    git(office, "add", "--all")
    git(office, "commit", "--quiet", "--message", "main")
    git(office, "update-ref", PROTECTED, "HEAD")
    git(office, "checkout", "--quiet", "-b", "change")
    return office


def test_what_was_signed_on_the_protected_branch_counts(team: Path, call: Call) -> None:
    """The trust file, the policy set's signatures and the sign-offs beside the version are all read from the commit."""
    assert call(*REF, "-q")[0] == 0


@pytest.mark.parametrize("gone", ["trust.json", "policies/signatures", "models/fraud/4", "policy.toml"])
def test_a_change_takes_nothing_away(team: Path, call: Call, gone: str) -> None:
    """What it deletes is on the protected branch still."""
    git(team, "rm", "-r", "--quiet", gone)

    assert call(*REF, "-q")[0] == 0


def test_a_change_brings_no_trust_file_and_no_policies_of_its_own(team: Path, call: Call) -> None:
    """Without the trust file nobody need sign, so the change takes it away: in vain, also where the ledger is not asked."""
    git(team, "rm", "-r", "--quiet", "models/fraud/4")
    git(team, "update-ref", PROTECTED, commit(team))
    git(team, "rm", "-r", "--quiet", "trust.json", "policies/signatures", "policies/deployment.policy")
    write(team / "policy.toml", "")
    change(team, policies__gate_policy=WEAK)

    code, _, err = call("check", MODEL, "--to", "production", "-q")
    assert (code, "the ledger has seen a trust file" in err) == (2, True)
    code, out, _ = call(*REF)
    assert code == 3
    assert "0 of 2 sign-offs" in out


def test_a_rejection_on_the_protected_branch_stands(team: Path, call: Call) -> None:
    """The change deletes it beside the version; the commit has it."""
    assert call("reject", asked_among(team), "--role", "validator", "--key", "vera", "--reason", "no")[0] == 0
    git(team, "update-ref", PROTECTED, commit(team))
    git(team, "rm", "-r", "--quiet", "models/fraud/4")

    assert call(*REF, "-q")[0] == 1


def test_the_ledger_is_the_projects_own(
    team: Path, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--log` writes into it, keeps its head here, and leaves the proof beside the version; the commit is not touched."""
    code, _, err = call(*REF, "--log")

    assert code == 0
    assert "logged: fraud@4 as entry " in err
    assert (team / ".letpass/ledger.db").exists()
    assert (team / "ledger.checkpoint").exists()
    (proof,) = (team / "models/fraud/4").glob("*.decision.json")
    assert "/letpass-" not in json.dumps(json.loads(proof.read_text()))
    assert call("verify", MODEL, "--to", "production", "--artifact", "fraud-4.onnx")[0] == 0


def test_a_head_that_was_kept_on_the_protected_branch_must_be_gone_on_from(
    team: Path, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The change deletes the kept head, and the ledger has gone: that is seen."""
    assert call(*REF, "--log", "-q")[0] == 0
    git(team, "add", "ledger.checkpoint")
    git(team, "update-ref", PROTECTED, commit(team))
    (team / "ledger.checkpoint").unlink()
    (team / ".letpass/ledger.db").rename(tmp_path / "gone.db")

    code, _, err = call(*REF, "-q")
    assert (code, "the ledger is gone" in err) == (4, True)


def test_sign_offs_that_the_change_brings_count(team: Path, call: Call) -> None:
    """Who carries what was signed is not trusted, so it may come with the change."""
    git(team, "rm", "-r", "--quiet", "models/fraud/4")
    git(team, "update-ref", PROTECTED, commit(team))
    assert call(*REF, "-q")[0] == 3
    git(team, "checkout", "--quiet", "HEAD~1", "--", "models/fraud/4")

    assert call(*REF, "-q")[0] == 0


def test_no_command_of_the_change_is_run(team: Path, call: Call) -> None:
    """The protected configuration tells a script of sign-offs, and the change has rewritten the script: it waits."""
    kept = (team / "policy.toml").read_text()
    write(team / "policy.toml", '[[events]]\non = ["sign-off"]\ncommand = ["./told.sh"]\n' + kept)
    write(team / "told.sh", "#!/bin/sh\ntouch told\n").chmod(0o755)
    git(team, "update-ref", PROTECTED, commit(team))

    assert call(*REF, "--log", "-q") == (0, "", "")
    assert not (team / "told").exists()
    assert call("events", "list")[1].count("and 1 more of the model") == 1
    assert call("events", "deliver")[0] == 0
    assert (team / "told").exists()
