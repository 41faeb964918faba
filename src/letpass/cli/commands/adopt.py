"""`policy adopt`: take in who holds a stage without a decision."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from letpass.cli import options, words
from letpass.cli.exits import Exit

if TYPE_CHECKING:
    from letpass.facts.record import Record
    from letpass.ledger.in_effect import Adopted
    from letpass.lifecycle.differences import Difference
    from letpass.move import Stage
    from letpass.project.project import Project


@click.command("adopt", short_help="Take in who holds a stage without a decision.")
@click.argument("model", metavar="[NAME@VERSION]", required=False)
@click.option("--to", "stage", metavar="STAGE", help="The stage that it holds.")
@click.option("--from", "file", metavar="FILE", help="A list that `policy init` or `policy doctor` has written.")
@words.spoken
def command(model: str | None, stage: str | None, file: str | None, by: words.By) -> Exit:
    """Take in a version that holds a gated stage although no decision brought it there, so that it counts as champion.

    FILE lists the holders of one or several stages, each with the digest of its bytes; each stage is taken in under one
    signature.  It holds once the threshold of `policy-owner` has signed the same list, and what it lists must still be
    so.  Without a trust file it is logged with its reason.  Nothing is judged, and no proof comes of it.

    \b
    Example:
      policy adopt fraud@1 --to production --reason "served before the gate was there" --key ~/.ssh/id_ed25519
    """
    if (model is None) == (file is None) or (model is None) != (stage is None):
        raise click.UsageError("name one version with --to STAGE, or a list with --from FILE")
    with options.diagnosed():
        from letpass.facts.said import stored
        from letpass.ledger.in_effect import list_digest, listed
        from letpass.project.configuration import load
        from letpass.project.project import Project
        from letpass.trust.kinds import ADOPTION

        project = Project(load())
        lists = read(Path(file)) if file is not None else {project.configuration.stage(str(stage)): [str(model)]}
        code: Exit = Exit.DONE
        for to, given in lists.items():
            taken = _holders(project, to, given)
            holders = [holder for holder, _ in taken]
            registry = project.names.all[0]
            said = {"registry": registry, "stage": to.name, "holders": listed(holders)}
            artifact = list_digest(registry, to, holders)
            texts = [text for _, record in taken if (text := stored(record)) is not None]
            code = words.owned(project, ADOPTION, f"holders of {to}", artifact, said, None, by, texts)
    return code


def written(holders: Iterable[Difference]) -> str:
    """A list of holders as a file."""
    listed = [{"model": h.model, "version": h.version, "stage": h.stage.name, "artifact": h.artifact} for h in holders]
    return json.dumps({"holders": listed}, indent=2, ensure_ascii=False) + "\n"


def read(path: Path) -> dict[Stage, list[str]]:
    """The lists in a file, by stage: `{"holders": [{"model": …, "version": …, "stage": …, "artifact": …}]}`."""
    from letpass import disk
    from letpass.diagnostics import InvalidError, StatementError
    from letpass.move import Stage
    from letpass.trust import strict

    try:
        found = strict.loads(disk.read(path, 1 << 20), 1 << 20)
        holders = found.get("holders") if isinstance(found, dict) else None
        if not isinstance(holders, list):
            raise InvalidError("it has no list `holders`")
        lists: dict[Stage, list[str]] = {}
        for holder in holders:
            texts = holder if isinstance(holder, dict) else {}
            said = {k: texts.get(k) for k in ("model", "version", "stage")}
            if not all(isinstance(v, str) and v for v in said.values()) or not isinstance(
                texts.get("artifact", ""), str
            ):
                raise InvalidError(
                    "a holder has `model`, `version` and `stage`, and may have `artifact`, all of them texts"
                )
            lists.setdefault(Stage(holder["stage"]), []).append(json.dumps(holder))
    except OSError as error:
        raise StatementError.of("GATE413", f"cannot read the list: {disk.reason(error)}", str(path)) from None
    except InvalidError as error:
        raise StatementError.of(
            "GATE413", f"no list of holders: {error}", str(path), "`policy doctor --holders FILE` writes one"
        ) from None
    if not lists:
        raise StatementError.of(
            "GATE413", "the list names no holder", str(path), "`policy doctor --holders FILE` writes one"
        )
    return lists


def _holders(project: Project, stage: Stage, given: Sequence[str]) -> list[tuple[Adopted, Record]]:
    """The versions that are named, each found to hold the stage, with the bytes that the list names, and their records."""
    from letpass.diagnostics import StatementError
    from letpass.facts.said import facts_digest
    from letpass.ledger.in_effect import Adopted
    from letpass.registries import own

    found = []
    for each in given:
        said = json.loads(each) if each.startswith("{") else {}
        name = f"{said['model']}@{said['version']}" if said else each
        record = own.called(project.registry, said["model"], said["version"]) if said else project.registry.find(name)
        if record.stage != stage:
            held = f"`{record.stage}`" if record.stage else "no stage"
            raise StatementError.of(
                "GATE413",
                f"`{record.name}` does not hold `{stage}`, but {held}",
                name,
                "`policy doctor` lists who holds what",
            )
        computed, _ = project.artifacts.computed(record, None)
        digest = record.text("artifact.digest") or next(iter(computed), "")
        if said and said.get("artifact", "") not in {digest, *computed}:
            what = f"the list says that the bytes of `{record.name}` are {said.get('artifact') or 'not known'}, and they are {digest or 'not known'}"
            raise StatementError.of("GATE404", what, name, "`policy doctor --holders FILE` writes the list anew")
        found.append((Adopted(record.text("model"), record.text("version"), digest, facts_digest(record)), record))
    return found
