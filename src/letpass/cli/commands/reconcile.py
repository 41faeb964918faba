"""`policy reconcile`: compare the registry with the ledger, both ways."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from letpass.cli import moving, options, sharding
from letpass.cli.exits import Exit

if TYPE_CHECKING:
    from letpass.lifecycle.differences import Difference
    from letpass.project.policyset import PolicySet
    from letpass.project.project import Project
    from letpass.registries.shards import Shard

FORMATS = ("text", "json")
MOST_NAMED = 20
"""Of what was passed over, so many are named."""


@click.command("reconcile", short_help="Compare the registry with the ledger, both ways.")
@click.argument("models", metavar="[NAME]...", nargs=-1)
@moving.policies_option
@options.policy_ref_option
@click.option(
    "--at", metavar="TIME", help="Compare as of this time (ISO 8601): may a move that was begun be taken over."
)
@sharding.sharded
@click.option(
    "-o", "--output", "outputs", multiple=True, metavar="FORMAT[=PATH]", help="text, json; may be given again."
)
@click.option("-q", "--quiet", is_flag=True, help="Print nothing; the exit code tells.  Files are written.")
def command(
    models: tuple[str, ...], policy_ref: str | None, at: str | None, shard: str | None, merge: bool, outputs: tuple[str, ...],
    quiet: bool,
) -> Exit:  # fmt: skip
    """Compare what the registry shows with what the ledger shows, of every model that either knows, or of NAME: who holds a
    gated stage, what serves, which versions there are, and whether they are what was decided upon.

    Each difference says what both show, who can mend it, and by which command.  Nothing is mended here.  A gated registry is
    asked for its own ledger.  With --policy-ref it is the registry of that commit.  Exit 0 where nothing differs, 1 where
    something does, 4 where they cannot be compared.

    --shard compares a part of the models, and --merge makes one report of the parts, whose files are named in the place of
    NAMEs: docs/sharding.md.

    \b
    Example:
      policy reconcile
    """
    chosen = [_chosen(o) for o in outputs or ("text",)]
    with options.diagnosed():
        from letpass.lifecycle.shards import reading, together
        from letpass.project.project import Project

        if shard is not None:
            return _part(shard, at, models, policy_ref, quiet=quiet)
        if merge:
            sharding.whole(models, ("policy_ref",))
            parts = together.read("reconcile", models)
            reading.holding(parts, "differences")
            found = reading.all_differences(parts)
        else:
            configuration = options.project(policy_ref, (), quiet=quiet)
            project = Project(configuration)
            policies = options.load_policies((), configuration)
            found = differences(project, policies, models, at)
            if not (models or quiet):
                tell_passed_over(project, policies)
        for format_, path in chosen:
            if not quiet or path not in {None, "-"}:
                options.output(_json(found) if format_ == "json" else _text(found), path)
    return Exit.NO if found else Exit.DONE


def _chosen(given: str) -> tuple[str, str | None]:
    format_, _, path = given.partition("=")
    if format_ not in FORMATS:
        raise click.BadParameter(f"there is no format `{format_}`; formats are {', '.join(FORMATS)}", param_hint="-o")
    return format_, path or None


def _part(shard: str, at: str | None, models: Sequence[str], policy_ref: str | None, *, quiet: bool) -> Exit:
    """Compare the models of a shard, and write what differs."""
    from letpass.lifecycle.shards import header, parts
    from letpass.project.project import Project

    asked = sharding.part(shard, at, models, ("outputs",))
    configuration = options.project(policy_ref, (), quiet=quiet)
    project, policies = Project(configuration), options.load_policies((), configuration)
    sharding.spare(asked.path, configuration, policies)
    begun = header.of(project, policies, "reconcile", asked.shard, asked.now)
    found = differences(project, policies, (), at, asked.shard)
    header.unmoved(begun, project)
    if not quiet:
        tell_passed_over(project, policies)
    said = [parts.of_difference(each) for each in found]
    return sharding.write(begun, {"differences": len(said)}, {"differences": said}, asked.path, quiet=quiet)


def differences(
    project: Project, policies: PolicySet, models: Sequence[str] = (), at: str | None = None, shard: Shard | None = None
) -> list[Difference]:
    """Where registry and ledger differ, as the gate in the registry's own server says, where there is one and no time is given.

    Raises `UnreachableError` where there is no ledger to compare with, and `RegistryError` for a time that the server's gate
    would not go by.
    """
    from letpass.diagnostics import UnreachableError
    from letpass.lifecycle import reconciliation
    from letpass.registries.interface import NO_LEDGER

    own_clock(project, at)
    if project.registry.gate() is not None:
        return _asked(project, models)
    if not project.ledger.begun:
        what = f"the ledger `{project.ledger.name}` is not begun, so that the registry cannot be compared with it"
        help_ = "name it with LETPASS_LEDGER; `policy doctor --holders FILE` lists who holds a gated stage"
        raise UnreachableError.of(NO_LEDGER, what, project.ledger.name, help_)
    now, as_of = options.clock(at)
    return reconciliation.compare(project, policies, now, models, as_of=as_of, shard=shard)


def tell_passed_over(project: Project, policies: PolicySet) -> None:
    """Say what the registry keeps among its models and was not looked at, since nothing of it moves."""
    from letpass.diagnostics import clean
    from letpass.gate import gated
    from letpass.lifecycle import listing

    if gated.of_prompts(project, policies):
        return
    if found := listing.passed_over(project):
        more = f", and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
        click.echo(clean(f"passed over: {', '.join(found[:MOST_NAMED])}{more}"), err=True)


def own_clock(project: Project, at: str | None) -> None:
    """Raise `RegistryError` for a time that a call names where the gate in the registry's server goes by its own."""
    from letpass.diagnostics import RegistryError

    if at is not None and project.registry.gate() is not None:
        what = "the gate in the registry's server goes by its own clock, and `--at` names another"
        help_ = (
            "leave `--at` and `--shard` out, or run it in the project of that server, with the database as its registry"
        )
        raise RegistryError.of("GATE433", what, project.registry.name, help_)


def _asked(project: Project, models: Sequence[str]) -> list[Difference]:
    """What a gated server says of its registry and its ledger; it is asked at one of its versions, whichever."""
    from letpass.cli import served
    from letpass.diagnostics import InvalidError, UnreachableError
    from letpass.facts.record import Record
    from letpass.lifecycle.differences import read
    from letpass.registries.interface import OUT_OF_REACH

    carrier = next((r for r in project.registry.versions() if isinstance(r, Record)), None)
    if carrier is None:
        what = "the gate is asked at a version of the registry, and it has none that reads"
        help_ = "run `policy reconcile` where its ledger is"
        raise UnreachableError.of(OUT_OF_REACH, what, project.registry.name, help_)
    found: list[Difference] = []
    for model in models or ("",):
        why, said = served.looked(project, carrier, "reconcile", model)
        if not isinstance(said.get("differences"), list):
            what = f"the gate does not say where registry and ledger differ: {why or 'it let the question through'}"
            help_ = "ask who runs it; `policy doctor` looks whether the gate is in the way"
            raise UnreachableError.of(OUT_OF_REACH, what, project.registry.name, help_)
        try:
            found += [read(each) for each in said["differences"]]
        except InvalidError as error:
            what = f"the gate's answer does not read: {error}"
            raise UnreachableError.of(OUT_OF_REACH, what, project.registry.name, "is it of this release?") from None
    return found


def lines(difference: Difference) -> list[str]:
    """A difference as people read it; a server's texts may stand in it."""
    from letpass.diagnostics import clean

    where = f" {difference.stage}" if difference.stage else ""
    entry = f" (entry {difference.entry})" if difference.entry is not None else ""
    return [
        clean(line)
        for line in (
            f"{difference.kind.value:12} {difference.name or 'the registry'}{where}",
            f"  registry   {difference.registry}",
            f"  ledger     {difference.ledger}{entry}",
            f"  mended by  {difference.who}",
            f"  next       {difference.help}",
        )
    ]


def line(difference: Difference) -> str:
    """A difference in one line, without how it is mended."""
    from letpass.diagnostics import clean

    where = f" ({difference.stage})" if difference.stage else ""
    entry = f" (entry {difference.entry})" if difference.entry is not None else ""
    said = f"the registry: {difference.registry}; the ledger: {difference.ledger}{entry}"
    return clean(f"{difference.kind.value}: {difference.name or 'the registry'}{where}: {said}")


def _text(found: Sequence[Difference]) -> str:
    written = [line for each in found for line in lines(each)]
    last = f"{len(found)} {'difference' if len(found) == 1 else 'differences'}" if found else "nothing differs"
    return "\n".join([*written, last]) + "\n"


def _json(found: Sequence[Difference]) -> str:
    from letpass.canonical import canonical

    whole = {"schema": "letpass.lifecycle.differences/v1", "differences": [d.as_json() for d in found]}
    return canonical(whole).decode("utf-8") + "\n"
