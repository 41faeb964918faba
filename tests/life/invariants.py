"""What holds after every step, and at the end of every example."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.life.model import ALLOW, CODES, PRODUCTION, STAGING
from tests.life.project import BEGIN

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from tests.life.machine import Life
    from tests.life.project import Project

__all__ = ["BEGIN", "after_each_step", "at_the_end", "differences"]


def after_each_step(life: Life) -> None:
    """Registry and ledger say what the model says; `check` and `verify` of the version that was touched do."""
    entries = life.project.entries()
    _registry(life)
    _ledger(life, entries)
    version = life.model.versions.get(life.touched)
    if version is None or version.deleted:
        return
    _check(life)
    _verify(life)


def _registry(life: Life) -> None:
    found = life.project.stages()
    wanted = {v.number: v.stage for v in life.model.versions.values() if v.stage}
    assert found == wanted, f"the registry's stages are {found}, and the documents say {wanted}; {life.project.told(-1)}"


def _ledger(life: Life, entries: list[Mapping[str, Any]]) -> None:
    """Who is inside by the ledger got there by its own allow, or was adopted; nobody else is."""
    inside: dict[str, str | None] = {PRODUCTION: None, STAGING: None}
    for entry in entries:
        data = entry.get("data", {})
        if entry["kind"] != "move" or data.get("state") != "done":
            continue
        kind, version = data["kind"], entry["version"]
        if kind in {"promotion", "rollback", "retirement"}:
            inside = {s: None if v == version else v for s, v in inside.items()}
        if kind in {"promotion", "rollback"}:
            inside[data["stage"]] = version
            if data["stage"] == PRODUCTION:
                decision = entries[data["decision"]]
                assert (decision["kind"], decision["version"]) == ("decision", version), entry
    adopted = life.model.entered[PRODUCTION]
    wanted = life.model.inside[PRODUCTION]
    if not (adopted and any(e.adopted for e in adopted)):
        assert inside[PRODUCTION] == (None if wanted is None else str(wanted)), (inside, wanted)


def _check(life: Life) -> None:
    """`check` gives the verdict of the documents, of the move that `promote` would make."""
    version = life.model.versions[life.touched]
    if life._is_there(version, PRODUCTION):
        return
    wanted = life._verdict(version, life.model.kind_to(version))
    code = life.project.run("check", f"fraud@{version.number}", "--to", PRODUCTION)
    assert code == CODES[wanted], life._told(code, wanted)


def _verify(life: Life) -> None:
    """What was moved verifies as long as nothing has ended it; what never was allowed never does."""
    version = life.model.versions[life.touched]
    for kind, more in (("promotion", ()), ("rollback", ("--rollback",))):
        proof = life.model.proof_of(version, kind)
        if kind == "rollback" and proof is None and not life.model.policies.rollback:
            continue
        code = life.project.run("verify", f"fraud@{version.number}", "--to", PRODUCTION, *more)
        if proof is None or proof.made:
            wanted = life.model.verifies(version, kind)
            assert (code == 0) == wanted, life._told(code, f"verifies: {wanted}")
        elif life.model.against(version, kind):
            assert code != 0, life._told(code, "what is against it ends it")


def differences(project: Project) -> list[str]:
    """How registry and ledger differ, by the program's own word: each version that holds a stage, and by the ledger does not.

    `policy reconcile` takes this function's place once it is there.
    """
    return []


def at_the_end(life: Life) -> None:
    """The ledger is what was logged."""
    code = life.project.run("ledger", "verify")
    assert code in {0, 4} if not life.project.entries() else code == 0, life.project.told(code)


_ = ALLOW
