"""`policy init`: begin a project, from the library or from a champion."""

from __future__ import annotations

import os
import re
import shlex
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from letpass.cli import options, people
from letpass.cli.commands import adopt
from letpass.cli.exits import Exit

if TYPE_CHECKING:
    from letpass.authoring.scaffold.around import Around
    from letpass.authoring.scaffold.project import Begun
    from letpass.facts.record import Record
    from letpass.project.configuration import Configuration

MARGIN = "2"
HOLDERS = "holders.json"
"""The list, for the owners of the policies to take in, of who holds a gated stage without a decision."""
SHOWN = 5  # of them, by name


@click.command("init", short_help="Begin a project: a configuration, a first policy, its cases.")
@click.argument("folder", required=False, metavar="[FOLDER]")
@click.option(
    "--from-champion",
    "champion",
    metavar="MODEL",
    help="Write a rule for each metric of this version, which it passes.",
)
@click.option(
    "--margin",
    metavar="PERCENT",
    help=f"With --from-champion: how much worse a version may be, of the value; else {MARGIN}.",
)
@click.option("--to", "stage", metavar="STAGE", help="The stage to guard; else as the registry's versions tell.")
def command(folder: str | None, champion: str | None, margin: str | None, stage: str | None) -> Exit:
    """Begin a project in FOLDER, else here: policy.toml, a first policy of the library, and its cases.

    It looks around for a folder of records, for MLflow, stages in use, a trust file and git, and asks nothing.  It changes
    nothing that is there.  What it writes has been checked before, and comes whole or not at all.  Where versions hold a
    gated stage already it lists them in holders.json, each with the digest of its bytes, for `policy adopt --from`.

    \b
    Example:
      policy init fraud-gate
    """
    if margin is not None and champion is None:
        raise click.UsageError("--margin needs --from-champion MODEL")
    share = _percent(margin if margin is not None else MARGIN)
    if stage is not None:
        _check_stage(stage)
    with options.diagnosed():
        from letpass.authoring.scaffold import around, project, writing
        from letpass.diagnostics import clean

        where = _folder(folder)
        configuration = _configured(where, given=folder is not None)
        record = _record(champion, configuration) if champion is not None else None
        seen = around.look(where, configuration, os.environ)
        if champion is not None and record is None:
            record = _one(champion, seen.configuration)
        begun = (
            project.from_champion(
                where,
                seen,
                record,
                _target(stage, record, seen),
                share,
                options.clock(None)[0],
                widened=margin is None,
            )
            if record is not None
            else project.from_library(where, seen, stage or seen.stage)
        )
        writing.write(where, begun.plan.new)
        held = _holders(where)
    for line in _lines(where, seen, begun, held):
        click.echo(clean(line))
    return Exit.DONE


def _holders(where: Path) -> list[str]:
    """Write the list of those who hold a gated stage already, where there are any and no such file; what to say of it."""
    from letpass import disk
    from letpass.diagnostics import LetpassError
    from letpass.lifecycle import differences, reconciliation
    from letpass.project.configuration import load
    from letpass.project.contents import own_policies
    from letpass.project.project import Project

    path = where / HOLDERS
    try:
        configuration = load(where)
        project = Project(configuration)
        held = differences.unvouched(reconciliation.compare(project, own_policies(configuration), people.now()))
    except LetpassError as error:
        later = f"`policy doctor --holders {HOLDERS}` lists them"
        return [f"note      who holds a gated stage cannot be told: {error.diagnostics[0].message}; {later}"]
    if not held:
        return []
    names = ", ".join(f"{h.name} ({h.stage})" for h in held[:SHOWN]) + ("" if len(held) <= SHOWN else ", …")
    lines = [f"found     {len(held)} in a gated stage without a decision: {names}"]
    if os.path.lexists(path):
        return [*lines, f"kept      {disk.shown(path)}, which is there already"]
    disk.create(path, adopt.written(held).encode("utf-8"))
    return [
        *lines,
        f"wrote     {disk.shown(path)}",
        f"note      `policy adopt --from {HOLDERS} --reason TEXT` takes them in, so that others are compared with them",
    ]


def _lines(where: Path, seen: Around, begun: Begun, held: list[str]) -> list[str]:
    """What was found, written, kept and verified; the last line is the command to run next."""
    from letpass import disk

    lines = [f"found     {s}" for s in seen.said]
    lines += [f"wrote     {disk.shown(path)}" for path in begun.plan.new]
    for path in begun.plan.kept:
        other = ", and says something else" if path in begun.plan.other else ""
        lines.append(f"kept      {disk.shown(path)}, which is there already{other}")
    lines += [f"verified  {v}" for v in begun.verified]
    lines += [*[f"note      {s}" for s in begun.said], *held]
    if not begun.plan.new:
        lines.append("nothing to do: everything is there already")
    here = where.resolve() == Path.cwd().resolve()
    return [*lines, "next:", f"  {begun.next}" if here else f"  cd {shlex.quote(str(where))} && {begun.next}"]


def _folder(folder: str | None) -> Path:
    from letpass.diagnostics import clean

    if folder is None:
        return Path()
    if not folder.strip() or "\0" in folder or clean(folder) != folder:
        raise click.UsageError("FOLDER is a path in one line of text")
    return Path(folder) if not folder.startswith("-") else Path(f"./{folder}")


def _configured(where: Path, *, given: bool) -> Configuration:
    """The configuration of the folder, else an empty one; an error where another one would be in force there."""
    from letpass.project.configuration import FILE, Configuration, load

    named = os.environ.get("LETPASS_CONFIG")
    if named and Path(named).resolve() != (where / FILE).resolve():
        raise click.UsageError("LETPASS_CONFIG names a project already, and would be in force in the new one; unset it")
    if os.path.lexists(where) and not where.is_dir():
        return Configuration(where)  # which is refused where it is to be written
    found = load(where) if where.is_dir() else Configuration(where)
    if found.source is None and not given:
        around = load()
        if around.source is not None:
            place = os.path.relpath(around.source)
            raise click.UsageError(f"this is inside the project of `{place}`; name a folder to begin another one in it")
    return found


def _percent(given: str) -> Decimal:
    """A share in percent, from nothing to below a hundred."""
    found = re.fullmatch(r"([0-9]{1,2}(?:\.[0-9]{1,6})?) ?%?", given.strip(), re.ASCII)
    if found is None:
        raise click.BadParameter(
            f"`{given}` is no percentage from 0 to below 100, such as `2` or `0.5`", param_hint="--margin"
        )
    return Decimal(found[1])


def _check_stage(stage: str) -> None:
    from letpass.authoring.scaffold.wording import text

    if not stage.strip() or stage != stage.strip() or text(stage) is None:
        raise click.BadParameter("a stage is a word that a policy can hold in quotation marks", param_hint="--to")


def _record(model: str, configuration: Configuration) -> Record | None:
    """The champion's record, where it is no name in a registry that is still to be found."""
    if "@" in model and not model.startswith(("./", "/", "../")) and configuration.source is None:
        return None
    return _one(model, configuration)


def _one(model: str, configuration: Configuration) -> Record:
    from letpass.cli.records import one_record

    return one_record(model, configuration)


def _target(stage: str | None, record: Record, seen: Around) -> str:
    """The stage that the rules guard: as asked, else the one that the champion holds, else as found."""
    from letpass.authoring.scaffold.wording import text
    from letpass.move import ARCHIVED, Stage

    held = seen.configuration.stage(record.text("stage"))
    name = held.name
    usable = name.strip() == name != "" and held not in {ARCHIVED, Stage("none")} and text(name) is not None
    return stage or (name if usable else seen.stage)
