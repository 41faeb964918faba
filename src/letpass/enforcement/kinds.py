"""Whether a name of MLflow's registry is a model's or a prompt's: it is made as one of the two, and no tag makes it the other."""

from __future__ import annotations

from collections.abc import Mapping

from letpass.diagnostics import UnreachableError
from letpass.enforcement.asked import Basis
from letpass.enforcement.refusing import refused
from letpass.gate import gated
from letpass.language.kinds import PROMPT
from letpass.move import Stage
from letpass.registries.interface import NO_LEDGER
from letpass.registries.mlflow_connection import Connection
from letpass.registries.mlflow_prompts import IS_PROMPT, SOURCES, are_prompts, is_prompt


def of_prompts(basis: Basis, model: str) -> bool:
    """Is a name one of prompts alone, and none that the ledger knows as a model's, or may know."""
    return are_prompts(basis.registry.connection.versions(model)) and not _known(basis, model)


def are_free(basis: Basis, model: str) -> bool:
    """Is a name one of prompts, and does nothing gate any of their moves: then the gate has no business with them."""
    return of_prompts(basis, model) and not gated.of_prompts(basis.project, basis.policies)


def _known(basis: Basis, model: str) -> bool:
    """Has a model of a name been decided about, or been in a stage: then it is a model's, whatever lies there now."""
    try:
        past = basis.project.past(model)
    except UnreachableError as error:
        if error.diagnostics[0].code != NO_LEDGER:
            raise
        return True
    return past.is_of_models


def of_content(basis: Basis, model: str, version: str, what: str) -> None:
    """Refuse to change what a prompt says while it holds a stage that is gated for prompts."""
    found = basis.registry.connection.version(model, version)
    if found is None or not is_prompt(found):
        return
    stages = sorted({basis.project.configuration.stage(str(a)).name for a in found.aliases})
    if held := [stage for stage in stages if basis.gated(Stage(stage), PROMPT)]:
        raise refused(
            what, f"it is in `{held[0]}`, where it came by what it said then; make a new version of the prompt"
        )


def of_stage(basis: Basis, model: str, version: str, stage: Stage, what: str) -> None:
    """Refuse to put a prompt into one of MLflow's own stages, by which it would be told as a model, where that is gated or prompts are."""
    found = basis.registry.connection.version(model, version)
    prompt = found is not None and is_prompt(found)
    if prompt and (basis.gated(stage) or gated.of_prompts(basis.project, basis.policies)):
        raise refused(what, "a prompt has aliases, and none of MLflow's own stages")


def of_new_name(tags: Mapping[str, str], what: str) -> None:
    """Refuse to make a registered model that MLflow's client takes for a prompt, and its server for a model."""
    if tags.get(IS_PROMPT, "true") != "true":
        raise refused(what, f"the tag `{IS_PROMPT}` is `true`, of a prompt, or is not there")


def of_new_version(
    connection: Connection, model: str, tags: Mapping[str, str], files: tuple[object, ...], what: str
) -> None:
    """Refuse a version of another kind than its name was made for, or that is neither wholly.

    files: the source of the version, its run and its logged model.
    """
    marked = connection.marked(model)
    if marked is None:
        return  # MLflow says itself that there is no such name
    versions = connection.versions(model)
    if IS_PROMPT not in tags:
        if marked and (not versions or are_prompts(versions)):
            raise refused(what, f"`{model}` was made for prompts; give the model a name of its own")
        return
    source, *others = files
    if tags[IS_PROMPT] != "true" or source not in SOURCES or any(others):
        raise refused(
            what, f"it bears the tag `{IS_PROMPT}` of a prompt, and is none: a prompt has no files and no run"
        )
    if not marked or (versions and not are_prompts(versions)):
        raise refused(what, "a prompt takes no place among a model's versions; give it a name of its own")


def of_lost_tag(connection: Connection, model: str, version: str | None, what: str) -> None:
    """Refuse to take the tag of a prompt from what was made as one; from anything else it may go.  `version`: None for the name's own."""
    if version is None:
        versions = connection.versions(model)
        prompt = bool(connection.marked(model)) and (not versions or are_prompts(versions))
    else:
        found = connection.version(model, version)
        prompt = found is not None and is_prompt(found)
    if prompt:
        raise refused(what, "it was made as a prompt, and stays one")


def of_late_tag(what: str) -> None:
    """Refuse to call something a prompt that is there already."""
    raise refused(
        what, f"the tag `{IS_PROMPT}` is written when a prompt is made, and not later: it hides a model's versions"
    )
