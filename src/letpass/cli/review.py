"""`policy review`: judge the versions that serve, and archive those that are due."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

import click

from letpass.cli import moving, notifying, reporting, terminal
from letpass.cli.exits import Exit, of, worst
from letpass.cli.pending import whole

if TYPE_CHECKING:
    from letpass.diagnostics import Diagnostic
    from letpass.evaluation.decision import Decision
    from letpass.facts.record import Record
    from letpass.gathering import Desk
    from letpass.policyset import PolicySet
    from letpass.trust.dossier import Dossier

T = TypeVar("T")
MANY = 40  # decisions that a report names one by one


@click.command("review", short_help="Judge the versions that serve, and archive those that are due.")
@click.argument("models", metavar="[NAME]...", nargs=-1)
@click.option("--apply", "apply_", is_flag=True, help="Archive the versions that are denied.")
@moving.moves
def command(
    models: tuple[str, ...], apply_: bool, policies: tuple[str, ...], beside: tuple[str, ...], artifact: str | None,
    actor: str | None, outputs: tuple[str, ...], ci: str, folder: str, verbose: bool, quiet: bool, color: str,
) -> Exit:  # fmt: skip
    """Judge every version that is deployed or holds a gated stage by the policies on review: time to live, drift, what
    its packages have become.  Without NAME all models of the registry are looked at.

    A version that is denied is due.  --apply archives it, and logs who did.  One whose evidence is missing is undecided:
    it is listed, and stays.  Exit 0 where nothing is due, 1 where something is, 3 where evidence is missing, 2 where a
    version could not be read or judged: the others are judged all the same.

    \b
    Example:
      policy review
    """
    if artifact is not None:
        raise click.UsageError("--artifact is of one model; a review looks at many")
    shown = reporting.Reporting(outputs, ci, folder, color, verbose=verbose, quiet=quiet)
    way = moving.Way(policies, beside, None, actor, shown)
    with shown.diagnosed():
        from letpass import gate
        from letpass.diagnostics import StatementError, clean
        from letpass.evaluation.decision import Verdict, governing
        from letpass.move import REVIEW
        from letpass.reports.interface import Report

        _, desk, loaded = way.open()
        if not governing(loaded.policies, REVIEW):
            raise StatementError.of(
                "GATE413", "no policy is `on review`", help="write one; the shipped ones are in policies/review"
            )
        serving, faults = _serving(desk, loaded, models, quiet=quiet)
        decisions, dossiers, more = _judged(desk, loaded, serving, way)
        faults += more
        due = [d for d in decisions if d.verdict is Verdict.DENY]
        both = zip(decisions, dossiers, strict=True)
        inputs = tuple(gate.inputs(d, loaded, o) for d, o in both) if shown.wants_inputs else ()
        report = Report(tuple(decisions), inputs, tuple(faults), 0, way.took, "")
        if decisions or faults:
            shown.show(report, serve=False)
            _listed(due, len(decisions), way)
        elif not quiet:
            click.echo("no version is deployed or holds a gated stage")
        if quiet:
            terminal.tell(faults)
        archived, stuck = _archive(desk, loaded, due, way) if apply_ else ([], [])
        if not quiet:
            for name in archived:
                click.echo(clean(f"retired: {name} is archived"), err=True)
            if due and not apply_:
                click.echo(f"{len(due)} due; `policy review --apply` archives them", err=True)
        terminal.tell(stuck)
        codes = [of(d.verdict.value) for d in decisions if d.record.name not in archived]
        ended = [*([Exit.USAGE] if faults else []), *([Exit.UNREACHABLE] if stuck else []), Exit.ALLOW]
        code = worst([*codes, *ended])
        if decisions or faults:
            shown.serve(report, code)
    return code


def _serving(
    desk: Desk, policies: PolicySet, models: Sequence[str], *, quiet: bool
) -> tuple[list[Record], list[Diagnostic]]:
    """The versions that are deployed or hold a gated stage, and the faults of those that do not read.

    One of which it cannot be told is among them.  Raises `RecordError` for a model that the registry does not have.
    """
    from functools import cache

    from letpass.facts.record import Record
    from letpass.lifecycle import gated
    from letpass.move import Stage
    from letpass.registries.interface import no_model

    @cache
    def is_gated(stage: Stage) -> bool:
        return gated(desk.configuration, policies, stage)

    found: list[Record] = []
    faults: list[Diagnostic] = []
    for model in dict.fromkeys(models) or ("",):
        count = 0
        for one in _shown(desk.registry.versions(model), "reading", quiet=quiet):
            count += 1
            if not isinstance(one, Record):
                faults.append(one)
            elif one.lists.get("deployments") or "stage" in one.unreadable or is_gated(one.stage):
                found.append(one)
        if model and not count:
            raise no_model(model, desk.registry.name)
    return found, faults


def _judged(
    desk: Desk, policies: PolicySet, serving: Sequence[Record], way: moving.Way
) -> tuple[list[Decision], list[Dossier | None], list[Diagnostic]]:
    """The decisions, nothing of which is logged, what was brought to each, and why some could not be made."""
    from letpass import gate
    from letpass.diagnostics import LetpassError, UnreachableError
    from letpass.move import REVIEW

    made: list[Decision] = []
    dossiers: list[Dossier | None] = []
    faults: list[Diagnostic] = []
    for listed in _shown(serving, "judging", quiet=way.quiet):
        try:
            record = whole(desk, listed)  # a listing does not look at the artifact
            dossier = desk.dossier(record)
            made.append(gate.judge(policies, record, REVIEW, way.now, dossier=dossier))
            dossiers.append(dossier)
        except UnreachableError:
            raise
        except LetpassError as error:
            faults += [_about(d, listed) for d in error.diagnostics]
    return made, dossiers, faults


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
    desk: Desk, policies: PolicySet, due: Sequence[Decision], way: moving.Way
) -> tuple[list[str], list[Diagnostic]]:
    """Archive those that are due; the names of those that are, and what went wrong with the others.

    Each is decided once more, and that decision is logged: what is no longer denied then stays.
    """
    from letpass import lifecycle
    from letpass.diagnostics import LetpassError
    from letpass.evaluation.decision import Verdict
    from letpass.facts.record import Holder
    from letpass.logbook import record_decision
    from letpass.move import REVIEW

    served = bool(due) and desk.registry.gate() is not None
    if due and not served:
        notifying.before(desk)
    archived: list[str] = []
    stuck: list[Diagnostic] = []
    for decision in due:
        record = decision.record
        try:
            if served:
                desk.registry.ask(record, "retire", f"denied on review: {_why(decision)}"[:500])
            else:
                record = whole(desk, record)
                why = record_decision(desk, policies, record, REVIEW, way.now, Holder.UNASKED)
                if why.decision.verdict is not Verdict.DENY:
                    continue
                reason = f"denied on review: {_why(decision)}"[:500]
                lifecycle.retire(desk, record, way.now, way.actor, reason, why)
            archived.append(record.name)
        except LetpassError as error:
            stuck += [_stuck(d, record) for d in error.diagnostics]
    if archived and not served:
        notifying.after(desk, quiet=way.quiet)
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
