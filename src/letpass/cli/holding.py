"""Versions that hold a gated stage although no decision brought them there: the list that `policy adopt --from` takes in."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from letpass.frozen import Frozen

if TYPE_CHECKING:
    from letpass.gathering import Desk
    from letpass.move import Stage
    from letpass.policyset import PolicySet


class Held(Frozen):
    """A version that holds a stage; `artifact`: the digest of its bytes, nothing where its record has none."""

    model: str
    version: str
    stage: Stage
    artifact: str

    @property
    def name(self) -> str:
        return f"{self.model}@{self.version}"


def begun(desk: Desk) -> bool:
    """Is the project's registry there; a folder is as soon as something lies in it."""
    from letpass.registries import place

    name = desk.registry.name
    return place.is_address(name) or desk.configuration.path(name).is_dir()


def unvouched(desk: Desk, policies: PolicySet) -> list[Held]:
    """The holders of gated stages that neither a decision nor an adoption has brought there; those that read."""
    from letpass import gated
    from letpass.facts.record import Record

    if not begun(desk):
        return []
    stages, found = set(gated.stages(desk, policies)), []
    for record in desk.registry.versions():
        if not isinstance(record, Record) or record.stage not in stages:
            continue
        model, version = record.text("model"), record.text("version")
        past = desk.past(model)
        if past.holds(version, record.stage) is not None:
            continue
        whole = desk.registry.find(record.name)
        digest = whole.text("artifact.digest") or next(iter(desk.computed(whole, None)[0]), "")
        found.append(Held(model, version, record.stage, digest))
    return found


def written(holders: Iterable[Held]) -> str:
    """The list as a file."""
    listed = [{"model": h.model, "version": h.version, "stage": h.stage.name, "artifact": h.artifact} for h in holders]
    return json.dumps({"holders": listed}, indent=2, ensure_ascii=False) + "\n"
