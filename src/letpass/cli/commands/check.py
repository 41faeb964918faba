"""`policy check`: judge models by the policies that govern a move."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from letpass.cli import notifying, options, reporting, terminal, watched
from letpass.cli.exits import Exit, of, worst
from letpass.cli.records import one_record

if TYPE_CHECKING:
    from letpass.diagnostics import Diagnostic
    from letpass.evaluation.decision import Decision
    from letpass.facts.record import Holder, Record
    from letpass.move import Move, Stage
    from letpass.project.commits import Commit
    from letpass.project.configuration import Configuration
    from letpass.project.policyset import PolicySet
    from letpass.project.project import Project
    from letpass.registries.interface import Found, Registry


@click.command("check", short_help="Judge models by the policies that govern a move.")
@click.argument("models", nargs=-1, metavar="MODEL...")
@options.policies_option
@options.policy_ref_option
@click.option(
    "--changed",
    is_flag=True,
    help="With --policy-ref, in the place of MODEL: judge all that the commit checked out has changed since it left that one.",
)
@click.option("--to", "stage", metavar="STAGE", help="Judge the promotion to this stage.")
@click.option("--rollback", is_flag=True, help="With --to: the move is a rollback.")
@click.option("--on", "on", type=click.Choice(["registration", "deployment", "review"]), help="Judge another move.")
@click.option("--environment", metavar="NAME", default="", help="With --on deployment: where to, such as eu-west.")
@click.option("--endpoint", metavar="ADDRESS", default="", help="With --on deployment: where it would be served.")
@click.option(
    "--champion",
    metavar="MODEL",
    help="The version that now holds the stage; `none` when nobody does.  Of the registry's own versions it is asked.",
)
@options.statements_option
@options.artifact_option
@click.option("--log", "log", is_flag=True, help="Write what was brought, and the decision, into the ledger.")
@click.option("--at", metavar="TIME", help="Judge as of this time (ISO 8601); such a decision moves nothing.")
@reporting.reported
def command(
    models: tuple[str, ...],
    policies: tuple[str, ...],
    policy_ref: str | None,
    changed: bool,
    stage: str | None,
    rollback: bool,
    on: str | None,
    environment: str,
    endpoint: str,
    champion: str | None,
    at: str | None,
    beside: tuple[str, ...],
    artifact: str | None,
    log: bool,
    outputs: tuple[str, ...],
    ci: str,
    folder: str,
    verbose: bool,
    quiet: bool,
    color: str,
) -> Exit:
    """Judge MODELs by the policies that govern a move.

    MODEL is a record's path, a folder of records, NAME@VERSION in the registry, or - for standard input.

    --changed judges what a pull request brings: each record that it adds or changes as a MODEL, and every other file of the
    project as what it is.  State is written by moves that the ledger has, statements and decisions are verified, policies and
    the trust file need their signatures, and nothing that was signed or registered is changed or taken away: else exit 1.

    Without --to and --on the move is the only one that the policies govern.

    \b
    Example:
      policy check examples/arrests/models/arrests/3.yaml --to production
    """
    begun = time.perf_counter()
    shown = reporting.Reporting(outputs, ci, folder, color, verbose=verbose, quiet=quiet)
    with shown.diagnosed():
        if log:
            watched.decides(", ".join(models))
        _asked(models, policy_ref, policies, changed=changed)
        now, as_of = options.clock(at)
        from letpass.diagnostics import RecordError
        from letpass.gate.case import Case, opened
        from letpass.move import DEPLOYMENT, Place
        from letpass.project.project import Project
        from letpass.reports.interface import Entry, Report

        commit, configuration = _project(policy_ref, policies, quiet=quiet)
        shown.spare(configuration)
        loaded = options.load_policies(policies, configuration)
        move = move_of(configuration.stage(stage) if stage is not None else None, on, loaded, rollback=rollback)
        if (environment or endpoint) and move != DEPLOYMENT:
            raise click.UsageError("--environment and --endpoint are of a deployment")
        holder = holder_of(champion, configuration) if champion is not None else None
        project = Project(configuration, options.policy_paths(policies, configuration), [Path(p) for p in beside])
        shown.spare_judged([name for name, _ in loaded.texts])
        refused: tuple[Diagnostic, ...] = ()
        if changed and commit is not None:
            models, refused = _brought(commit, project, loaded, now)
        if log:
            watched.decides(", ".join(models), str(move))
        places = [Place(endpoint, environment)] if environment or endpoint else []
        words = click.get_current_context().find_root().obj or []
        if not log and artifact is None and commit is None and _is_folder(models):
            from letpass.cli import sweeping
            from letpass.gate.sweep import Sweep

            def sweep() -> Sweep:
                own = Project(configuration, project.policies, project.extra)
                return Sweep(own, loaded, move, now, champion=holder, as_of=as_of, places=places)

            before = Report((), again=again(words), then=as_of_then(words))
            if (code := sweeping.check(Path(models[0]), sweep, shown, before, begun)) is not None:
                return code
        found = _found(models, configuration, project.registry)
        shown.spare_judged(reporting.files_of(*found.read))
        records, faults = found.records, found.faults
        if artifact is not None and len(records) != 1:
            raise click.UsageError("--artifact is of one model")
        if log and as_of:
            raise click.UsageError("a decision with --at is never logged")
        at_hand = Path(artifact) if artifact is not None else None
        judged = list[Case]()
        for record in records:
            try:
                judged.append(opened(project, loaded, record, move, now, at_hand, champion=holder, log=log, as_of=as_of,
                                     places=places))  # fmt: skip
            except RecordError as error:  # what one says hides nothing of the others
                if (len(records) == 1 and not faults) or log:
                    raise
                faults = (*faults, *error.diagnostics)
        if log:
            from letpass.lifecycle.recording import record_decision

            notifying.before(project)
            made = [record_decision(case) for case in judged]
            decisions = tuple(m.decision for m in made)
            inputs = tuple(m.inputs for m in made) if shown.wants_inputs else ()
            entries = tuple(m.entry for m in made) if shown.tells_of_entries else ()
        else:
            decisions = tuple(case.decision for case in judged)
            inputs = tuple(case.inputs for case in judged) if shown.wants_inputs else ()
            entries = tuple(Entry() for _ in judged)
        took = (time.perf_counter() - begun) * 1000
        told = tuple({f.identity: f for f in (*refused, *faults)}.values())
        report = Report(decisions, inputs, told, found.others, took, again(words), then=as_of_then(words),
                        like=_like(move, project, loaded, decisions), entries=entries)  # fmt: skip
        if quiet:
            terminal.tell(told)
        codes = [of(d.verdict.value) for d in decisions]
        codes += [
            *([Exit.USAGE] if faults else []),
            *([Exit.NO] if refused else []),
            *([Exit.ALLOW] if changed else []),
        ]
        code = worst(codes)
        if decisions or told or not changed:
            shown.show(report, serve=False)
        elif not quiet:
            click.echo("nothing that is judged was changed")
        shown.serve(report, code)
        if log and not quiet:
            from letpass.diagnostics import clean

            for one in made:
                proof = f", {one.proof}" if one.proof else ""
                click.echo(clean(f"logged: {one.decision.record.name} as entry {one.index}{proof}"), err=True)
        if log:
            notifying.after(project, quiet=quiet)
    return code


def _asked(models: tuple[str, ...], policy_ref: str | None, policies: tuple[str, ...], *, changed: bool) -> None:
    """Raise `UsageError` where nothing is named that is judged, or two things are."""
    if not changed and not models:
        raise click.UsageError("Missing argument 'MODEL...'.")
    if changed and policy_ref is None:
        raise click.UsageError("--changed needs --policy-ref REF: the commit that the change is brought to")
    if changed and (models or policies):
        raise click.UsageError(
            "--changed judges what was changed, by the commit's own policies: name no MODEL and no -p"
        )


def _is_folder(models: tuple[str, ...]) -> bool:
    """Is one folder named, and nothing else."""
    return len(models) == 1 and "@" not in models[0] and os.path.isdir(models[0])  # noqa: PTH112 - of any name


def _project(
    policy_ref: str | None, policies: tuple[str, ...], *, quiet: bool
) -> tuple[Commit | None, Configuration]:  # fmt: skip
    """The commit that judges, if one does, and the project's configuration."""
    if policy_ref is None:
        return None, options.project(None, ())
    return options.of_commit(policy_ref, policies, quiet=quiet)


def _brought(
    commit: Commit, project: Project, policies: PolicySet, now: int
) -> tuple[tuple[str, ...], tuple[Diagnostic, ...]]:  # fmt: skip
    """The records that a change brings, as MODELs, and why it may not bring what else it does."""
    from letpass.authoring import changes

    found = changes.judge(commit, project, policies, now)
    # an `@` would name a version of the registry
    return tuple(f"./{p}" if "@" in str(p) and str(p)[:1] not in "./" else str(p) for p in found.records), found.refused


_SHOWING = {"-o": 1, "--output": 1, "--ci": 1, "--reports": 1, "-q": 0, "--quiet": 0}
"""Options that say where an answer goes, and how many words stand behind each; every other one decides it."""


def again(words: list[str]) -> str:
    """The command to run again: as given, also as of the same time, with its report on the screen; none where standard
    input was read."""
    if not words or "-" in words:
        return ""
    kept = _without(words, _SHOWING)
    return shlex.join(["policy", *[word for word in kept if word.startswith("--") or not word.startswith("-o")]])


def _without(words: list[str], options: dict[str, int]) -> list[str]:
    """The words of a command without some of its options."""
    kept: list[str] = []
    left = iter(words)
    for word in left:
        name, joined, _ = word.partition("=")
        if name not in options:
            kept.append(word)
        elif options[name] and not joined:
            next(left, None)
    return kept


def as_of_then(words: list[str]) -> str:
    """The command that judges as of the time behind it; none for a command that takes no time, since it moves or records."""
    if words[:1] != ["check"]:
        return ""
    command = again(_without(words, {"--log": 0, "--at": 1}))
    return f"{command} --at" if command else ""


def move_of(stage: Stage | None, on: str | None, policies: PolicySet, *, rollback: bool) -> Move:
    """The move that is asked for; without one, the only one that the policies govern."""
    from letpass.move import Move

    if stage is not None and on is not None:
        raise click.UsageError("--to and --on exclude each other")
    if rollback and stage is None:
        raise click.UsageError("--rollback needs --to STAGE")
    if stage is not None:
        if not stage.name.strip():
            raise click.UsageError("--to needs the name of a stage")
        return Move("rollback" if rollback else "promotion", stage)
    if on is not None:
        return Move(on)
    moves = {str(m): m for p in policies.policies for m in p.moves}
    if len(moves) != 1:
        raise click.UsageError(
            "which move? the policies govern " + ", ".join(sorted(moves)) + "; name one with --to STAGE or --on MOVE"
        )
    return next(iter(moves.values()))


def _like(move: Move, project: Project, policies: PolicySet, decisions: Sequence[Decision]) -> str:
    """The gated stage that is meant where no policy governs the one that was named, which looks like it."""
    from letpass.gate import gated

    if move.stage is None or all(d.policies for d in decisions):
        return ""
    return gated.near(move.stage, gated.stages(project, policies))


def holder_of(reference: str, configuration: Configuration) -> Record | Holder:
    """The champion that `--champion` names."""
    from letpass.facts.record import Holder

    if reference == "none":
        return Holder.NOBODY
    named = "@" in reference and not reference.startswith(("./", "/", "../"))
    if not reference.strip() or (reference != "-" and not named and Path(reference).is_dir()):
        raise click.UsageError("--champion names the record of one version, or `none`")
    from letpass.project.contents import find_champion

    return one_record(reference, configuration, find_champion)


def _found(models: tuple[str, ...], configuration: Configuration, registry: Registry) -> Found:
    """All records of all references; the faults of some do not hide the others."""
    from letpass.diagnostics import RecordError
    from letpass.project.contents import find
    from letpass.registries.interface import Found

    if any(not m.strip() for m in models):
        raise click.UsageError("an empty MODEL names nothing")
    if models.count("-") > 1:
        raise click.UsageError("standard input can be read once")
    records: list[Record] = []
    read: list[Record] = []
    faults: list[Diagnostic] = []
    others = 0
    for reference in models:
        try:
            found = find(reference, configuration, registry)
        except RecordError as error:
            if len(models) == 1:
                raise
            faults += error.diagnostics
            continue
        records += found.records
        read += found.read
        faults += found.faults
        others += found.others
    return Found(tuple(records), tuple(faults), others, tuple(read))
