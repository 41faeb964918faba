"""`policy review`: judge the versions that serve, and archive those that are due."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

import click

from letpass.cli import moving, notifying, reporting, served, terminal
from letpass.cli.commands import reconcile
from letpass.cli.commands.pending import whole
from letpass.cli.exits import Exit, of, worst

if TYPE_CHECKING:
    from letpass.diagnostics import Diagnostic
    from letpass.evaluation.decision import Decision
    from letpass.facts.record import Record
    from letpass.gate.case import Case
    from letpass.lifecycle.differences import Difference
    from letpass.lifecycle.recording import Recorded
    from letpass.project.policyset import PolicySet
    from letpass.project.project import Project

T = TypeVar("T")
MANY = 40  # decisions that a report names one by one


@click.command("review", short_help="Judge the versions that serve, and archive those that are due.")
@click.argument("models", metavar="[NAME]...", nargs=-1)
@click.option("--apply", "apply_", is_flag=True, help="Archive the versions that are denied.")
@click.option(
    "--log/--no-log", "log", default=None, help="Log denials, and leave standings; by default where the gate's key is."
)
@moving.moves
def command(
    models: tuple[str, ...], apply_: bool, log: bool | None, beside: tuple[str, ...], artifact: str | None,
    actor: str | None, outputs: tuple[str, ...], ci: str, folder: str, verbose: bool, quiet: bool, color: str,
) -> Exit:  # fmt: skip
    """Judge every version that is deployed or holds a gated stage by the policies on review: time to live, drift, what
    its packages have become.  Without NAME all models of the registry are looked at.

    A version that is denied is due.  --apply archives it, and logs who did.  One whose evidence is missing is undecided:
    it is listed, and stays.  Where registry and ledger differ, as `policy reconcile` tells, that is told too: somebody may have
    taken a version out of its stage by hand.  Exit 0 where nothing is due or differs, 1 where something is or does, 3 where evidence is missing, 2 where a
    version could not be read or judged: the others are judged all the same.

    \b
    Example:
      policy review
    """
    if artifact is not None:
        raise click.UsageError("--artifact is of one model; a review looks at many")
    shown = reporting.Reporting(outputs, ci, folder, color, verbose=verbose, quiet=quiet)
    way = moving.Way(beside, None, actor, shown)
    with shown.diagnosed():
        from letpass.diagnostics import StatementError, clean
        from letpass.evaluation.decision import Verdict, governing
        from letpass.move import REVIEW
        from letpass.reports.interface import Report

        _, project, loaded = way.open()
        logs = _logs(project, log, apply_=apply_)
        governed = bool(governing(loaded.policies, REVIEW))
        if not governed and not logs:
            raise StatementError.of(
                "GATE413", "no policy is `on review`", help="write one; the shipped ones are in policies/review"
            )
        serving, faults = _serving(project, loaded, models, quiet=quiet)
        judged, more = _judged(project, loaded, serving, way) if governed else ([], [])
        faults += more
        decisions = [decision for _, decision in judged]
        due = [case for case, decision in judged if decision.verdict is Verdict.DENY]
        inputs = tuple(case.inputs for case, _ in judged) if shown.wants_inputs else ()
        report = Report(tuple(decisions), inputs, tuple(faults), 0, way.took, "")
        if decisions or faults:
            shown.show(report, serve=False)
            _listed([c.decision for c in due], len(decisions), way)
        elif not quiet and not serving:
            click.echo("no version is deployed or holds a gated stage")
        elif not quiet:
            click.echo("no policy is `on review`: nothing is judged, and no proof ends")
        differing = _differing(project, loaded, models)
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
            for each in differing:
                click.echo(f"differs: {reconcile.line(each)}", err=True)
                click.echo(clean(f"  next: {each.help}"), err=True)
            for line in left:
                click.echo(clean(line), err=True)
            for name in archived:
                click.echo(clean(f"retired: {name} is archived"), err=True)
            if due and not apply_:
                ended = ", and their proofs have ended" if denied else ""
                click.echo(f"{len(due)} due{ended}; `policy review --apply` archives them", err=True)
        terminal.tell(stuck)
        codes = [of(d.verdict.value) for d in decisions if d.record.name not in archived]
        ended_by = [
            *([Exit.USAGE] if faults else []),
            *([Exit.UNREACHABLE] if stuck else []),
            *([Exit.NO] if differing else []),
            Exit.ALLOW,
        ]
        code = worst([*codes, *ended_by])
        if decisions or faults:
            shown.serve(report, code)
    return code


def _logs(project: Project, log: bool | None, *, apply_: bool) -> bool:
    """Are denials logged and standings left: as asked, else where the gate's key and its ledger are."""
    if project.registry.gate() is not None:
        return log is not False  # the registry's own server does it
    here = project.ledger.key_path.exists() and project.ledger.begun
    return bool(log or apply_ or (log is None and here))


def _differing(project: Project, policies: PolicySet, models: Sequence[str]) -> list[Difference]:
    """Where registry and ledger differ, before anything is logged here; nothing where there is no ledger to compare with."""
    if not project.ledger.begun and project.registry.gate() is None:
        return []
    return reconcile.differences(project, policies, models)


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
        return [served.standing(project, record)[0] for record in _shown(serving, "standings", quiet=way.quiet)]
    return [
        standings.line(answer)
        for record in _shown(serving, "standings", quiet=way.quiet)
        for answer in standings.each(project, record, way.now)
    ]


def _serving(
    project: Project, policies: PolicySet, models: Sequence[str], *, quiet: bool
) -> tuple[list[Record], list[Diagnostic]]:
    """The versions that are deployed or hold a gated stage, and the faults of those that do not read.

    One of which it cannot be told is among them.  Raises `RecordError` for a model that the registry does not have.
    """
    from letpass.facts.record import Record
    from letpass.gate import gated
    from letpass.move import Stage
    from letpass.registries.interface import no_model

    stages = set(gated.stages(project, policies))

    def is_gated(stage: Stage) -> bool:
        return stage in stages

    found: list[Record] = []
    faults: list[Diagnostic] = []
    for model in dict.fromkeys(models) or ("",):
        count = 0
        for one in _shown(project.registry.versions(model), "reading", quiet=quiet):
            count += 1
            if not isinstance(one, Record):
                faults.append(one)
            elif one.lists.get("deployments") or "stage" in one.unreadable or is_gated(one.stage):
                found.append(one)
        if model and not count:
            raise no_model(model, project.registry.name)
    return found, faults


def _judged(
    project: Project, policies: PolicySet, serving: Sequence[Record], way: moving.Way
) -> tuple[list[tuple[Case, Decision]], list[Diagnostic]]:
    """The cases with their decisions, nothing of which is logged, and why some could not be judged."""
    from letpass.diagnostics import LetpassError, UnreachableError
    from letpass.gate import case as cases
    from letpass.gate.sweep import Sweep
    from letpass.move import REVIEW

    sweep = Sweep(project, policies, REVIEW, way.now)
    explained = len(serving) < 2 or not way.shown.counts  # of one alone everything is told
    made: list[tuple[Case, Decision]] = []
    faults: list[Diagnostic] = []
    for listed in _shown(serving, "judging", quiet=way.quiet):
        try:
            record = whole(project, listed)  # a listing does not look at the artifact
            case = cases.opened(project, policies, record, REVIEW, way.now)
            made.append((case, sweep.decided(case, explained=explained)))
        except UnreachableError:
            raise
        except LetpassError as error:
            faults += [_about(d, listed) for d in error.diagnostics]
    return made, faults


def _about(fault: Diagnostic, record: Record) -> Diagnostic:
    """A fault that names the version that it is of."""
    from letpass.frozen import replace

    return replace(fault, message=f"{record.name} cannot be judged: {fault.message}")


def _listed(due: Sequence[Decision], of_all: int, way: moving.Way) -> None:
    """Name those that are due where a report on so many does not."""
    from letpass.diagnostics import clean

    if of_all > MANY and not way.shown.verbose and way.shown.lists:
        for decision in due:
            click.echo(clean(f"due: {decision.record.name}: {_why(decision)}"))


def _why(decision: Decision) -> str:
    """The rules that say so."""
    return ", ".join(r.rule.id for r in decision.blocking if r.truth is False)


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
        record, reason = case.record, f"denied on review: {_why(case.decision)}"[:500]
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


def _shown(items: Iterator[T] | Sequence[T], what: str, *, quiet: bool) -> Iterator[T]:
    """The items one by one, with a bar on a terminal."""
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        yield from items
        return
    length = len(items) if isinstance(items, Sequence) else None
    with click.progressbar(items, length=length, label=what, file=sys.stderr, show_pos=True) as bar:
        yield from bar
