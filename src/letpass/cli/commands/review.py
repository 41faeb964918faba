"""`policy review`: judge the versions that serve, and archive those that are due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from letpass.cli import moving, notifying, options, reporting, reviewing, reviewparts, served, sharding, terminal
from letpass.cli.commands import reconcile
from letpass.cli.exits import Exit

if TYPE_CHECKING:
    from letpass.diagnostics import Diagnostic
    from letpass.evaluation.decision import Decision
    from letpass.facts.record import Record
    from letpass.gate.case import Case
    from letpass.gate.sweep import Sweep
    from letpass.lifecycle.recording import Recorded
    from letpass.project.policyset import PolicySet
    from letpass.project.project import Project


@click.command("review", short_help="Judge the versions that serve, and archive those that are due.")
@click.argument("models", metavar="[NAME]...", nargs=-1)
@click.option("--apply", "apply_", is_flag=True, help="Archive the versions that are denied.")
@click.option(
    "--log/--no-log", "log", default=None, help="Log denials, and leave standings; by default where the gate's key is."
)
@click.option("--at", metavar="TIME", help="Judge as of this time (ISO 8601); nothing is logged or archived then.")
@sharding.sharded
@moving.moves
def command(
    models: tuple[str, ...], apply_: bool, log: bool | None, at: str | None, shard: str | None, merge: bool,
    beside: tuple[str, ...], artifact: str | None, actor: str | None, outputs: tuple[str, ...], ci: str, folder: str,
    verbose: bool, quiet: bool, color: str,
) -> Exit:  # fmt: skip
    """Judge every version that is deployed or holds a gated stage by the policies on review: time to live, drift, what
    its packages have become.  Without NAME all models of the registry are looked at.

    A version that is denied is due.  --apply archives it, and logs who did.  One whose evidence is missing is undecided:
    it is listed, and stays.  Where registry and ledger differ, as `policy reconcile` tells, that is told too: somebody may have
    taken a version out of its stage by hand.  Exit 0 where nothing is due or differs, 1 where something is or does, 3 where evidence is missing, 2 where a
    version could not be read or judged: the others are judged all the same.

    --shard judges a part of the models, moves and logs nothing, and gives no answer; --merge makes one report of the parts, whose
    files are named in the place of NAMEs: docs/sharding.md.

    \b
    Example:
      policy review
    """
    if artifact is not None:
        raise click.UsageError("--artifact is of one model; a review looks at many")
    if shard is not None:
        with options.diagnosed():
            return reviewparts.part(shard, at, models, quiet=quiet)
    shown = reporting.Reporting(outputs, ci, folder, color, verbose=verbose, quiet=quiet)
    if merge:
        with shown.diagnosed():
            return reviewparts.merged(models, shown)
    way = moving.Way(beside, None, actor, shown)
    with shown.diagnosed():
        from letpass.diagnostics import clean
        from letpass.evaluation.decision import Verdict
        from letpass.gate.sweep import Sweep
        from letpass.move import REVIEW
        from letpass.reports.interface import Report

        if at is not None and (apply_ or log):
            raise click.UsageError(
                "a review with --at looks as of another time: it archives nothing and is never logged"
            )
        now, as_of = options.clock(at)
        _, project, loaded = way.open()
        reconcile.own_clock(project, at)
        logs = not as_of and _logs(project, log, apply_=apply_)
        governed = reviewing.governed(loaded, logs=logs)
        serving, faults = _serving(project, loaded, models, quiet=quiet)
        sweep = Sweep(project, loaded, REVIEW, now, as_of=as_of)
        judged, more = _judged(sweep, serving, way) if governed else ([], [])
        faults += more
        decisions = [decision for _, decision in judged]
        due = [case for case, decision in judged if decision.verdict is Verdict.DENY]
        inputs = tuple(case.inputs for case, _ in judged) if shown.wants_inputs else ()
        # of one time the report is the same whenever it is made, and so does not say how long that took
        report = Report(tuple(decisions), inputs, tuple(faults), 0, None if as_of else way.took, "")
        if decisions or faults:
            shown.show(report, serve=False)
            reviewing.named([c.decision for c in due], len(decisions), shown)
        elif not quiet and not serving:
            click.echo("no version is deployed or holds a gated stage")
        elif not quiet:
            click.echo("no policy is `on review`: nothing is judged, and no proof ends")
        differing = reviewing.differing(project, loaded, models, at)  # before anything is logged here
        if quiet:
            terminal.tell(faults)
        here = logs and project.registry.gate() is None
        if here:
            notifying.before(project)
        denied, stuck = _denied(project, due) if logs else ({}, [])
        archived, more_stuck = _archive(project, due, denied, way) if apply_ else ([], [])
        stuck += more_stuck
        left = _standings(project, serving, way) if logs else []
        if here:
            notifying.after(project, quiet=quiet)
        if not quiet:
            reviewing.tell_differing(differing)
            if not models:
                reconcile.tell_passed_over(project, loaded)
            for line in left:
                click.echo(clean(line), err=True)
            for name in archived:
                click.echo(clean(f"retired: {name} is archived"), err=True)
            if not apply_:
                reviewing.tell_due([c.decision for c in due], ended=bool(denied), as_of=as_of)
        terminal.tell(stuck)
        stayed = [d for d in decisions if d.record.name not in archived]
        code = reviewing.exit_of(stayed, faults, differing, stuck=bool(stuck))
        if decisions or faults:
            shown.serve(report, code)
    return code


def _logs(project: Project, log: bool | None, *, apply_: bool) -> bool:
    """Are denials logged and standings left: as asked, else where the gate's key and its ledger are."""
    if project.registry.gate() is not None:
        return log is not False  # the registry's own server does it
    here = project.ledger.key_path.exists() and project.ledger.begun
    return bool(log or apply_ or (log is None and here))


def _serving(
    project: Project, policies: PolicySet, models: Sequence[str], *, quiet: bool
) -> tuple[list[Record], list[Diagnostic]]:
    """The versions that are looked at, and the faults of those that do not read.

    Raises `RecordError` for a model that the registry does not have.
    """
    from letpass.facts.record import Record
    from letpass.gate import gated
    from letpass.lifecycle import listing
    from letpass.registries.interface import no_model

    serves, prompts = reviewing.looked_at(project, policies), gated.of_prompts(project, policies)
    found: list[Record] = []
    faults: list[Diagnostic] = []
    for model in dict.fromkeys(models) or ("",):
        count = 0
        listed = listing.versions(project, [model] if model else (), prompts=prompts)
        for one in reviewing.bar(listed, "reading", quiet=quiet):
            count += 1
            if not isinstance(one, Record):
                faults.append(one)
            elif serves(one):
                found.append(one)
        if model and not count:
            raise no_model(model, project.registry.name)
    return found, faults


def _judged(
    sweep: Sweep, serving: Sequence[Record], way: moving.Way
) -> tuple[list[tuple[Case, Decision]], list[Diagnostic]]:
    """The cases with their decisions, nothing of which is logged, and why some could not be judged."""
    explained = len(serving) < 2 or not way.shown.counts  # of one alone everything is told
    made: list[tuple[Case, Decision]] = []
    faults: list[Diagnostic] = []
    for listed in reviewing.bar(serving, "judging", quiet=way.quiet):
        each = reviewing.judged(sweep, listed, explained=explained)
        if each.case is not None and each.decision is not None:
            made.append((each.case, each.decision))
        faults += each.faults
    return made, faults


def _denied(project: Project, due: Sequence[Case]) -> tuple[dict[str, Recorded | None], list[Diagnostic]]:
    """Log each denial, which ends the proofs of the version; by the version's name, and what could not be logged.

    Each is decided once more, by the gate in the registry's server where there is one: what is not denied then is not logged.
    """
    from letpass.diagnostics import LetpassError
    from letpass.lifecycle import moves

    served_there = bool(due) and project.registry.gate() is not None
    logged: dict[str, Recorded | None] = {}
    stuck: list[Diagnostic] = []
    for case in due:
        try:
            if served_there:
                if served.looked(project, case.record, "review")[1].get("decision"):
                    logged[case.record.name] = None
            elif (recorded := moves.denied(case)) is not None:
                logged[case.record.name] = recorded
        except LetpassError as error:
            stuck += [_stuck(d, case.record) for d in error.diagnostics]
    return logged, stuck


def _standings(project: Project, serving: Sequence[Record], way: moving.Way) -> list[str]:
    """Leave the standings of the versions that serve; what became of each, in a line."""
    from letpass.lifecycle import standings

    if serving and project.registry.gate() is not None:
        return [served.standing(project, record)[0] for record in reviewing.bar(serving, "standings", quiet=way.quiet)]
    return [
        standings.line(answer)
        for record in reviewing.bar(serving, "standings", quiet=way.quiet)
        for answer in standings.each(project, record, way.now)
    ]


def _archive(
    project: Project, due: Sequence[Case], denied: Mapping[str, Recorded | None], way: moving.Way
) -> tuple[list[str], list[Diagnostic]]:
    """Archive those whose denial is logged; the names of those that are, and what went wrong with the others."""
    from letpass.diagnostics import LetpassError
    from letpass.lifecycle import moves

    asks = bool(due) and project.registry.gate() is not None
    archived: list[str] = []
    stuck: list[Diagnostic] = []
    for case in due:
        record, reason = case.record, f"denied on review: {reviewing.why(case.decision)}"[:500]
        if not asks and record.name not in denied:
            continue
        try:
            if asks:
                project.registry.ask(record, "retire", reason)
            else:
                moves.retire(project, record, way.now, way.actor, reason, denied[record.name])
            archived.append(record.name)
        except LetpassError as error:
            stuck += [_stuck(d, record) for d in error.diagnostics]
    return archived, stuck


def _stuck(fault: Diagnostic, record: Record) -> Diagnostic:
    from letpass.frozen import replace

    return replace(fault, message=f"{record.name} is not archived: {fault.message}")
