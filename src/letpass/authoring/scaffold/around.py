"""What is there before a project begins: its registry and stages, who can sign, whether git keeps it."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from letpass import disk
from letpass.authoring.scaffold import tracking
from letpass.diagnostics import LetpassError, clean, so_many
from letpass.facts.record import Record
from letpass.frozen import Frozen, replace
from letpass.move import ARCHIVED, Stage
from letpass.project.configuration import Configuration
from letpass.project.contents import registry_of
from letpass.project.project import Project
from letpass.registries import place
from letpass.registries.interface import Registry
from letpass.trust import roster

if TYPE_CHECKING:
    from letpass.diagnostics import Diagnostic, LetpassError

STAGE = "production"
PEOPLE = "people.csv"
"""The list of people that is looked for, beside `policy.toml`."""
LIVE = ("prod", "live", "serving", "champion")
"""Other names by which people call the stage from which a model serves, the likelier one first."""
MOST = 1000
"""Versions that are looked at; a registry may have more than anybody wants to wait for."""

FIRST = (
    "write one (`policy schema record` says what it may hold) and `policy register FILE`; "
    "`policy init --from-champion MODEL` writes rules from its numbers"
)
"""What to do where there is no record."""
TRIES = 3
"""Versions that are looked for by their names, until one is found; each may be a question to a server."""


class Around(Frozen):
    """What was found.

    configuration: the project's, or what it is to be · stage: the one to guard · candidate: MODEL of a version that could
    be checked next, none where there is none · models: the names of all · risk: do records have a risk class, or are there
    none yet · trusted: there is a trust file · pinned: its first version is, and it is in force · listed: there is a list of
    people for one · said: what was found, in sentences.
    """

    configuration: Configuration
    stage: str = STAGE
    candidate: str = ""
    models: tuple[str, ...] = ()
    risk: bool = False
    trusted: bool = False
    pinned: bool = False
    listed: bool = False
    said: tuple[str, ...] = ()


def look(folder: Path, configuration: Configuration, environment: Mapping[str, str]) -> Around:
    """Look around in a folder; nothing is changed, and what cannot be asked is said.

    configuration: what is written there already; without a `source` nothing is, and the registry is looked for.
    """
    said: list[str] = []
    if configuration.source is None:
        found = tracking.find(folder, environment)
        records, faults = _models(replace(configuration, registry="models"), folder / "models", said)
        if found.name and not records and not faults:
            configuration = replace(configuration, registry=found.name)
            said.extend(found.said)
            records = _asked(configuration, said)
        elif found.name:
            said.append(f"MLflow is at `{found.name}` too; `registry` in policy.toml says which one counts")
        else:
            said.extend(found.said)
            if not (folder / "models").is_dir():
                said.append(f"no record of a version yet: {FIRST}")
        configuration, stage = _staged(configuration, records, said)
    else:
        where = configuration.path(configuration.registry)
        if place.is_address(configuration.registry):
            records = _asked(configuration, said)
        else:
            records, _ = _models(configuration, where, said)
        stage = configuration.protected[0] if configuration.protected else STAGE
    pinned = bool(environment.get("LETPASS_TRUST_ROOT") or configuration.trust_root)
    trust_file = configuration.path(configuration.trust_file)
    trusted = os.path.lexists(trust_file)
    listed = not trusted and _listed(configuration.path(PEOPLE), said)
    if not listed:
        said.append(
            f"trust file `{trust_file.name}`"
            if trusted
            else "no trust file, so nobody can sign yet: `policy trust init`"
        )
    here = folder.absolute()
    if not any((parent / ".git").exists() for parent in (here, *here.parents)):
        said.append("no git here: nothing shows who changes a policy or a record")
    models = tuple(sorted({r.text("model") for r in records}))
    return Around(
        configuration, stage, _candidate(records, configuration, folder, stage), models,
        not records or any("risk" in r.values for r in records), trusted, pinned and _in_force(configuration, said), listed,
        tuple(said),
    )  # fmt: skip


def _listed(path: Path, said: list[str]) -> bool:
    """Is there a list of people who can sign once a trust file names them."""
    if not path.is_file():
        return False
    try:
        found = roster.load(path)
    except LetpassError as error:
        said.append(f"`{disk.shown(path)}`: {error.diagnostics[0].message}")
        return False
    said.append(
        f"{so_many(len(found), 'person', 'people')} in `{disk.shown(path)}`, who can sign after `policy trust init`"
    )
    return True


def _in_force(configuration: Configuration, said: list[str]) -> bool:
    """Does the trust file verify; else nothing could be judged."""
    try:
        return Project(configuration).trust is not None
    except LetpassError as error:
        said.append(error.diagnostics[0].message)
        return False


def _models(configuration: Configuration, where: Path, said: list[str]) -> tuple[list[Record], int]:
    """The records of a folder registry, and how many faults there are."""
    if not where.is_dir():
        return [], 0
    records, faults = _versions(registry_of(configuration), said)
    name = disk.shown(configuration.registry)
    if not records and not faults:
        said.append(f"`{name}` holds no record yet: {FIRST}")
    elif records:
        said.append(
            f"{so_many(len(records), 'version')} of {so_many(len({r.text('model') for r in records}), 'model')} in `{name}`"
        )
    return records, faults


def _asked(configuration: Configuration, said: list[str]) -> list[Record]:
    """The versions of a registry behind an address; where it does not answer, that is said."""
    records, faults = _versions(registry_of(configuration), said)
    if records or not faults:
        models = {r.text("model") for r in records}
        what = f"{so_many(len(records), 'version')} of {so_many(len(models), 'model')}"
        said.append(f"{what} in `{configuration.registry}`")
    return records


def _versions(registry: Registry, said: list[str]) -> tuple[list[Record], int]:
    records: list[Record] = []
    faults: list[Diagnostic] = []
    try:
        for found in islice(registry.versions(), MOST):
            if isinstance(found, Record):
                records.append(found)
            else:
                faults.append(found)
    except LetpassError as error:
        faults += error.diagnostics
    if faults:
        name = faults[0].span.source.name
        first = faults[0].message
        said.append(f"{f'`{name}` does not read: ' if name else ''}{first if len(first) <= 100 else first[:100] + '…'}")
    if len(records) + len(faults) >= MOST:
        said.append(f"only the first {MOST} versions were looked at")
    return records, len(faults)


def _staged(configuration: Configuration, records: list[Record], said: list[str]) -> tuple[Configuration, str]:
    """The configuration with the stage to guard, as the records call it; the stage."""
    used = {r.stage.folded: r.stage.name for r in records if r.stage}
    address = place.is_address(configuration.registry)
    if address and records and not used.keys() - {ARCHIVED.folded}:
        own = _own_stages(configuration)
        if own:
            said.append(f"MLflow's own stages are in use: {', '.join(own)}")
            return replace(configuration, mlflow_stages=True), STAGE
    if used:
        said.append(f"stages in use: {', '.join(sorted(used.values()))}")
    names = [used[n] for n in LIVE if n in used]
    if STAGE in used or not names:
        return configuration, STAGE
    if address:  # a name of MLflow is an alias, and may mean a stage
        said.append(f"`{names[0]}` is taken for the stage {STAGE}")
        return replace(configuration, aliases={STAGE: tuple(names)}), STAGE
    if re.fullmatch(r"[A-Za-z]+", names[0]) is None:
        return configuration, STAGE
    said.append(f"`{names[0]}` is taken for the stage to guard")
    return replace(configuration, protected=(names[0],)), names[0]


def _own_stages(configuration: Configuration) -> list[str]:
    """MLflow's own stages in use, where aliases are not."""
    records, _ = _versions(registry_of(replace(configuration, mlflow_stages=True)), [])
    return sorted({r.text("stage") for r in records if r.text("stage") in {"production", "staging"}})


def _candidate(records: list[Record], configuration: Configuration, folder: Path, stage: str) -> str:
    """MODEL of the newest version that is not in the stage yet, as it is named in the project; else of the newest."""
    free = [r for r in records if r.stage not in {Stage(stage), ARCHIVED}]
    for record in sorted(free or records, key=_age, reverse=True)[:TRIES]:
        if named := reference(record, configuration, folder):
            return named
    return ""


def _age(record: Record) -> tuple[int, list[int], str]:
    at = record.values.get("registered_at")
    numbers = [int(n) for n in re.findall(r"[0-9]{1,18}", record.text("version"))]
    return at if isinstance(at, int) else 0, numbers, record.name


def reference(record: Record, configuration: Configuration, folder: Path) -> str:
    """How a command in the project names a version, ready for a shell; nothing where no line of text can."""
    name, found = record.name, ""
    registry = registry_of(configuration)
    try:
        known = registry.find(name).name
        found = name if known == name and not name.startswith(("./", "/", "../", "-")) else ""
    except LetpassError:
        pass
    source = record.document.source.name if record.document is not None else ""
    if not found and source not in {"", "<stdin>"} and not place.is_address(source):
        found = os.path.relpath(source, folder)
        found = found if "@" not in found else f"./{found}"
    return shlex.quote(found) if found and clean(found) == found and not found.startswith("-") else ""
