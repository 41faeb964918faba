"""Bytes that were revoked under one name, and stand in production, are moved or lifted under another."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path
from typing import Any

from letpass.ledger import in_effect
from letpass.lifecycle.recording import log_note
from letpass.project.configuration import load
from letpass.project.project import Project
from tests.lifecycle.conftest import Call, write

TO = ("--to", "production")
WHY = ("--reason", "trained on leaked labels")


def copied(folder: Path, version: str, number: str) -> str:
    """A version's record under another model's name: the same file."""
    text = (folder / f"models/fraud/{version}.yaml").read_text("utf-8").replace("model: fraud", "model: risk")
    write(folder / f"models/risk/{number}.yaml", text.replace(f"version: '{version}'", f"version: '{number}'"))
    return f"risk@{number}"


def champion(call: Call) -> Any:
    """How it is known who the champion of the copy is, beside its next version."""
    return json.loads(call("check", "risk@2", *TO, "-o", "json")[1])["decision"]["tenure"]


def test_the_proof_of_a_copy_ends_and_it_is_nobodys_champion(project: Path, call: Call) -> None:
    """It was let in before anybody knew; until the word is lifted, under whichever name, it counts as never there."""
    copied(project, "1", "1")
    copied(project, "2", "2")
    assert call("promote", "risk@1", *TO)[0] == 0
    assert call("verify", "risk@1", *TO)[0] == 0

    assert call("revoke", "fraud@1", *WHY)[0] == 0

    code, out, _ = call("verify", "risk@1", *TO)
    assert (code, "nothing has ended it: revocation: by " in out) == (1, True), out
    assert champion(call)["known"] == "never"
    assert call("check", "risk@1", *TO)[0] == 1

    assert call("lift", "risk@1", "--reason", "they were not")[0] == 0
    assert (call("verify", "risk@1", *TO)[0], call("check", "fraud@1", *TO)[0]) == (0, 0)
    assert champion(call)["version"] == "1"


def test_bytes_are_known_by_whatever_the_gate_has_hashed_under_the_other_name(project: Path, call: Call) -> None:
    """The revocation names one digest, the copy another, and a decision on the original has both."""
    bytes_ = (project / "fraud-1.onnx").read_bytes()
    sha256, sha512 = (f"{a}:{hashlib.new(a, bytes_).hexdigest()}" for a in ("sha256", "sha512"))
    path = project / "models/fraud/1.yaml"
    write(path, path.read_text("utf-8").replace("{uri:", f"{{digest: '{sha512}', uri:"))
    assert call("promote", "fraud@1", *TO)[0] == 0
    (project / "fraud-1.onnx").unlink()
    entry = in_effect.note_entry("revocation", {}, "olga@corp.example", "leaked labels", "fraud", "1", sha512)
    log_note(Project(load()), entry, int(time.time()) * 1_000_000)

    text = "model: risk\nversion: '1'\nmetrics: {{accuracy: 0.95}}\nartifact: {{digest: '{}'}}\n"
    write(project / "models/risk/1.yaml", text.format(sha256))

    assert call("check", "risk@1", *TO)[0] == 1


def test_a_revocation_names_what_was_decided_upon_though_the_bytes_are_gone(project: Path, call: Call) -> None:
    """The record names no digest, and nobody could hash the file any more when the word was said."""
    bytes_ = (project / "fraud-1.onnx").read_bytes()
    assert call("promote", "fraud@1", *TO)[0] == 0
    (project / "fraud-1.onnx").unlink()

    assert call("revoke", "fraud@1", *WHY)[0] == 0

    write(project / "elsewhere.onnx", bytes_)
    write(
        project / "models/risk/1.yaml",
        "model: risk\nversion: '1'\nmetrics: {accuracy: 0.95}\nartifact: {uri: elsewhere.onnx}\n",
    )
    assert call("check", "risk@1", *TO)[0] == 1


def test_who_revokes_what_has_no_bytes_is_told_that_its_name_alone_is_meant(project: Path, call: Call) -> None:
    """A record of metrics alone has nothing by which a copy could be known."""
    write(project / "models/fraud/4.yaml", "model: fraud\nversion: '4'\nmetrics: {accuracy: 0.95}\n")

    code, out, _ = call("revoke", "fraud@4", *WHY)

    assert (code, "no bytes of fraud@4 are known, so that it is meant by its name alone" in out) == (0, True), out
    assert "meant by its name alone" not in call("revoke", "fraud@1", *WHY)[1]
