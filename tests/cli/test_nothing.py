"""Commands that found nothing: a name that nobody knows is 2, and a listing without anything to list says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import ARGUMENTS, Call, write

UNKNOWN = {
    "history of a model": (["history", "frayd"], "the registry has no model `frayd`"),
    "history of a version": (["history", "fraud@4"], "history is of a model: name it without its version"),
    "runs of a model": (["runs", "frayd"], "the registry has no model `frayd`"),
    "runs like a run": (["runs", "--same-as", "fraud@9"], "there is no run `fraud@9`"),
    "show a model": (["show", "frayd"], "the registry has no model `frayd`"),
    "show a version": (["show", "fraud@9"], "the registry `models` has no `fraud@9`"),
    "pending of a version": (["pending", "fraud@9"], "the registry `models` has no `fraud@9`"),
    "pending of a file": (["pending", "frayd"], "there is no `frayd`"),
    "pending for a role": (["pending", "--role", "validater"], "the trust file has no role `validater`"),
    "entries of a model": (["ledger", "list", "--model", "frayd"], "no entry is about a model `frayd`"),
    "entries of a kind": (["ledger", "list", "--kind", "move!"], "there is no kind `move!`"),
    "an entry": (["ledger", "show", "900"], "900"),
    "a person": (["trust", "remove", "person", "nobody@corp.example"], "there is no `nobody@corp.example`"),
    "a person whose key is revoked": (
        ["trust", "revoke", "nobody@corp.example", "--reason", "x"],
        "nobody@corp.example",
    ),
    "a version to retire": (["retire", "fraud@9", "--reason", "it drifts"], "the registry `models` has no `fraud@9`"),
    "a folder to check": (["check", "empty", "--to", "production"], "empty"),
    "a folder to lint": (["lint", "empty"], "no policy below `empty`"),
    "a folder to lay out": (["fmt", "empty"], "no policy below `empty`"),
    "a folder to test": (["test", "empty"], "no cases in `empty`"),
    "targets to send to": (["events", "deliver"], "no target is declared"),
    "an empty file as evidence": (["evidence", "add", "fraud@4", "empty.yaml"], "the file is empty"),
    "an empty mapping as evidence": (["evidence", "add", "fraud@4", "empty.json"], "there is nothing in it"),
    "nothing new of a person": (["trust", "add", "person", "vera@corp.example"], "nothing of this is new"),
    "nothing new of a role": (["trust", "add", "role", "validator"], "nothing of this is new"),
}
"""Calls for which there is nothing, and a part of what is said."""


@pytest.mark.parametrize("case", UNKNOWN)
def test_what_nobody_knows_is_2(allowed: Path, call: Call, case: str) -> None:
    """A word that is misspelt is no answer; nothing is written, and nothing waits afterwards."""
    (allowed / "empty").mkdir()
    write(allowed / "empty.yaml", "")
    write(allowed / "empty.json", "{}")
    words, said = UNKNOWN[case]

    code, out, err = call(*words)

    assert (code, out, said in err) == (2, "", True)
    assert not (allowed / "trust.next.json").exists()


def test_a_version_that_is_not_there_is_told_by_how_much_of_its_place_is(allowed: Path, call: Call) -> None:
    """A newcomer asked in the wrong folder, and was told to list a folder that was not there."""
    assert "help: `policy show fraud` lists its versions" in call("check", "fraud@9", "--to", "production")[2]
    assert call("show", "fraud")[0] == 0
    assert "help: a model like it exists: `fraud`" in call("check", "frayd@9", "--to", "production")[2]
    assert "help: there is no folder `models/churn`" in call("check", "churn@9", "--to", "production")[2]

    (allowed / "models").rename(allowed / "moved")
    assert "help: there is no folder `models` here" in call("check", "fraud@9", "--to", "production")[2]


NOTHING = {
    "history of another stage": (["history", "fraud", "--stage", "lab"], "the ledger `.letpass/ledger.db` shows nobody of fraud in lab"),
    "pending": (["pending"], "nothing waits"),
    "pending for a role": (["pending", "--role", "risk"], "nothing waits for the role `risk`"),
    "runs that failed": (["runs", "--failed"], "no run has failed"),
    "entries of a kind": (["ledger", "list", "--kind", "waiver"], "no entry of the kind `waiver`"),
    "entries of a model of a kind": (["ledger", "list", "--model", "fraud", "--kind", "waiver"], "no entry of the kind `waiver`"),
    "targets": (["events", "list"], "no target is declared: `[[events]]` in policy.toml declares one"),
    "something to lay out": (["fmt"], "2 files, laid out as they are"),
}  # fmt: skip


@pytest.mark.parametrize("case", NOTHING)
def test_a_listing_without_anything_says_so(allowed: Path, call: Call, case: str) -> None:
    """Of names that are known: exit 0 is not silent."""
    words, said = NOTHING[case]

    assert call(*words) == (0, f"{said}\n", "")


def test_pending_tells_what_does_not_read(allowed: Path, call: Call) -> None:
    """It may have been what waits: exit 2, and the others are listed."""
    assert call("pending") == (0, "nothing waits\n", "")
    write(allowed / "models/fraud/5.yaml", "model: fraud\nversion: '5'\nmetrics: [oops\n")

    for words in (["pending"], ["pending", "models"]):
        code, out, err = call(*words)
        assert (code, out, "models/fraud/5.yaml" in err) == (2, "nothing waits\n", True)


def test_history_asks_the_ledger_alone_where_that_knows_the_model(allowed: Path, call: Call) -> None:
    """A model that was taken out of the registry has its history."""
    assert call("promote", "fraud@4", "--to", "production")[0] == 0
    said = call("history", "fraud")
    for path in (allowed / "models/fraud").glob("*.yaml"):
        path.unlink()

    assert call("history", "fraud") == said
    assert call(*ARGUMENTS)[0] == 2


def test_a_review_of_a_registry_that_is_not_there_is_2(project: Path, call: Call) -> None:
    """One where nothing serves has nothing to review, and says so."""
    write(project / "policies/gate.policy", 'policy gate: "Gate"\n  on review\nrequire good: accuracy >= 0.9\n')
    assert call("review") == (0, "no version is deployed or holds a gated stage\n", "")
    write(project / "policy.toml", 'registry = "modells"\n')

    for words in (["review"], ["runs"]):
        code, out, err = call(*words)
        assert (code, out, "the registry's folder is not there" in err) == (2, "", True)
