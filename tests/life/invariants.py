"""What holds after every step, and at the end of every example."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tests.life.project import BEGIN, Project
from tests.life.values import CODES, PRODUCTION, STAGING

if TYPE_CHECKING:
    from tests.life.walk import Walk

__all__ = ["BEGIN", "after_each_step", "at_the_end", "differences"]
OF_PRODUCTION = {"moved", "not-moved", "elsewhere", "several", "left", "deleted", "begun"}
OF_VERSIONS = {"edited", "unregistered"}
Differing = set[tuple[str, str]]
"""Kinds of differences, and the versions that they are of, nothing where one is of the whole model."""


def after_each_step(life: Walk) -> None:
    """Registry and ledger say what the model says; `check` and `verify` of the version that was touched do."""
    if len(life.project.log) == life.looked:  # the rule had nothing to do
        return
    entries = life.project.entries()
    _registry(life)
    _ledger(life, entries)
    if len(entries) != life.logged:
        life.logged = len(entries)
        _differences(life)
    version = life.model.versions.get(life.touched)
    if version is not None and not version.deleted:
        _check(life)
        _verify(life)
    life.looked = len(life.project.log)


def _registry(life: Walk) -> None:
    """Who is in which stage is what commands, and whoever wrote into the registry, have made of it."""
    found = life.project.stages()
    there = life.model.versions.values()
    wanted = {v.number: v.stage for v in there if v.stage and not (v.deleted and not life.project.files)}
    assert found == wanted, (
        f"the registry's stages are {found}, and the documents say {wanted}; {life.project.told(-1)}"
    )


def _ledger(life: Walk, entries: Sequence[Mapping[str, Any]]) -> None:
    """Every move into a gated stage that was made has a logged allow of this version, by the policies then in force.

    Of moves alone, without adoptions: at most one version is inside by them, and it is the model's.
    """
    inside: dict[str, str | None] = {PRODUCTION: None, STAGING: None}
    for at, entry in enumerate(entries):
        data = entry.get("data", {})
        if entry["kind"] != "move" or data.get("state") != "done":
            continue
        version = entry["version"]
        if data["kind"] in {"promotion", "rollback", "retirement"}:
            inside = {s: None if v == version else v for s, v in inside.items()}
        if data["kind"] in {"promotion", "rollback"}:
            inside[data["stage"]] = version
        if data["kind"] in {"promotion", "rollback"} and data["stage"] == PRODUCTION:
            decision = entries[data["decision"]]
            said = _said(decision)
            assert data["decision"] < at, entry
            assert (decision["kind"], decision["version"]) == ("decision", version), decision
            assert said["verificationResult"] == "PASSED", said
            if data["decision"] >= life.seen:  # in this step: an end that a kill has left open is of earlier policies
                assert said["policy"]["digest"]["sha256"] == life.set_in_force, (said["policy"], life.set_in_force)
    life.seen = len(entries)
    if not any(e.adopted for e in life.model.entered[PRODUCTION]):
        wanted = life.model.inside[PRODUCTION]
        assert {str(n) for n in wanted} == {inside[PRODUCTION]} - {None}, (inside, wanted)


def _said(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a signed entry says."""
    said: Mapping[str, Any] = json.loads(base64.b64decode(json.loads(entry["statement"])["payload"]))["predicate"]
    return said


def differences(project: Project) -> Differing:
    """Where registry and ledger differ about the model and production, by `policy reconcile`."""
    code = project.run("reconcile", "fraud", "-o", "json")
    said = json.loads(project.said)
    assert said["schema"] == "letpass.lifecycle.differences/v1", project.told(code)
    assert code == (1 if said["differences"] else 0), project.told(code)
    assert {d["model"] for d in said["differences"]} <= {"fraud"}, project.told(code)
    found = [d for d in said["differences"] if d.get("stage") == PRODUCTION and d["kind"] in OF_PRODUCTION]
    found += [d for d in said["differences"] if d["kind"] in OF_VERSIONS]
    return {(d["kind"], d.get("version", "")) for d in found}


def _differences(life: Walk) -> None:
    """What differs is what somebody has written into the registry, or what a kill has left: the model knows of each."""
    wanted = set(life.model.differences())
    found = differences(life.project)
    if not life.project.files:  # records in MLflow are compared by their bytes alone
        found = {(kind, version) for kind, version in found if kind != "edited"}
    assert found == wanted, f"{found} differ, and the documents say {wanted}; {life.project.told(0)}"


def _check(life: Walk) -> None:
    """`check` gives the verdict of the documents, of the move that `promote` would make: no word against is lost."""
    version = life.model.versions[life.touched]
    if life._is_there(version, PRODUCTION):
        return
    wanted = life._verdict(version, life.model.kind_to(version))
    code = life.project.run("check", f"fraud@{version.number}", "--to", PRODUCTION)
    assert code == CODES[wanted], life._told(code, wanted)


def _verify(life: Walk) -> None:
    """What was moved verifies as long as nothing has ended it; what never was allowed never does."""
    version = life.model.versions[life.touched]
    for kind, more in (("promotion", ()), ("rollback", ("--rollback",))):
        proof = life.model.proof_of(version, kind)
        if kind == "rollback" and proof is None:
            continue
        code = life.project.run("verify", f"fraud@{version.number}", "--to", PRODUCTION, *more)
        unused = any(p.kind == kind and not p.made and p.facts == version.facts for p in version.proofs)
        wanted = life.model.verifies(version, kind)
        doubtful = proof is not None and proof.mended
        assert code == 0 or not wanted or doubtful, life._told(code, "verifies: True")
        if life.model.against(version, kind) or not (unused or wanted):  # an allow that was not used yet is one
            assert code != 0, life._told(code, "verifies: False")


def at_the_end(life: Walk) -> None:
    """The ledger is what was logged."""
    code = life.project.run("ledger", "verify")
    assert code == 0 or not life.project.entries(), life.project.told(code)
