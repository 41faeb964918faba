"""`policy review`: judge the versions that serve, and archive those that are due."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

import click

from assay.cli import moving, notifying, options
from assay.cli.exits import Exit, of, worst

if TYPE_CHECKING:
    from assay.evaluation.decision import Decision
    from assay.facts.record import Record
    from assay.gathering import Desk
    from assay.language.diagnostics import Diagnostic
    from assay.policyset import PolicySet

T = TypeVar("T")


@click.command("review", short_help="Judge the versions that serve, and archive those that are due.")
@click.argument("models", metavar="[NAME]...", nargs=-1)
@click.option("--apply", "apply_", is_flag=True, help="Archive the versions that are denied.")
@moving.moves
def command(
    models: tuple[str, ...], apply_: bool, policies: tuple[str, ...], beside: tuple[str, ...], artifact: str | None,
    actor: str | None, outputs: tuple[str, ...], verbose: bool, quiet: bool, color: str,
) -> None:  # fmt: skip
    """Judge every version that is deployed or holds a gated stage by the policies on review: time to live, drift, what
    its packages have become.  Without NAME all models of the registry are looked at.

    A version that is denied is due.  --apply archives it, and logs who did.  One whose evidence is missing is undecided:
    it is listed, and stays.  Exit 0 where nothing is due, 1 where something is, 3 where evidence is missing.

    \b
    Example:
      policy review
    """
    if artifact is not None:
        raise click.UsageError("--artifact is of one model; a review looks at many")
    way = moving.Way(policies, beside, None, actor, outputs, color, verbose=verbose, quiet=quiet)
    with options.diagnosed():
        from assay.evaluation.decision import Verdict, governing
        from assay.language.diagnostics import clean
        from assay.language.typed import Move
        from assay.reports.interface import Report
        from assay.trust.strict import refused

        _, desk, loaded = way.open()
        if not governing(loaded.policies, Move("review")):
            raise refused(
                "GATE413", "no policy is `on review`", help_="write one; the shipped ones are in policies/review"
            )
        serving, faults = _serving(desk, loaded, models, quiet=quiet)
        decisions = [_judged(desk, loaded, r, way.now) for r in _shown(serving, "judging", quiet=quiet)]
        due = [d for d in decisions if d.verdict is Verdict.DENY]
        report = Report(tuple(decisions), (), faults, 0, way.took, "")
        if decisions or faults:
            options.show(report, way.chosen, color, verbose=verbose, quiet=quiet)
        elif not quiet:
            click.echo("no version is deployed or holds a gated stage")
        archived = _archive(desk, [d.record for d in due], way) if apply_ else []
    if not quiet:
        for name in archived:
            click.echo(clean(f"retired: {name} is archived"), err=True)
        if due and not apply_:
            click.echo(f"{len(due)} due; `policy review --apply` archives them", err=True)
    codes = [of(d.verdict.value) for d in decisions if d.record.name not in archived]
    raise click.exceptions.Exit(worst([*codes, *([Exit.USAGE] if faults else []), Exit.ALLOW]))


def _serving(
    desk: Desk, policies: PolicySet, models: Sequence[str], *, quiet: bool
) -> tuple[list[Record], tuple[Diagnostic, ...]]:
    """The versions that are deployed or hold a gated stage, and the faults of those that do not read."""
    from assay.facts.record import Record
    from assay.lifecycle import gated

    found: list[Record] = []
    faults: list[Diagnostic] = []
    every = (r for model in models or ("",) for r in desk.registry.versions(model))
    for one in _shown(every, "reading", quiet=quiet):
        if not isinstance(one, Record):
            faults.append(one)
        elif one.lists.get("deployments") or gated(desk.configuration, policies, one.text("stage") or "none"):
            found.append(one)
    return found, tuple(faults)


def _judged(desk: Desk, policies: PolicySet, record: Record, now: int) -> Decision:
    """The decision on one version; nothing of it is logged."""
    from assay import gate
    from assay.language.typed import Move

    return gate.judge(policies, record, Move("review"), now, dossier=desk.dossier(record))


def _archive(desk: Desk, due: Sequence[Record], way: moving.Way) -> list[str]:
    from assay import lifecycle

    for record in due:
        if desk.registry.gate() is not None:
            desk.registry.ask(record, "retire", "denied by the policies on review")
        else:
            lifecycle.retire(notifying.before(desk), record, way.now, way.actor, "denied by the policies on review")
    if due and desk.registry.gate() is None:
        notifying.after(desk, quiet=way.quiet)
    return [r.name for r in due]


def _shown(items: Iterator[T] | Sequence[T], what: str, *, quiet: bool) -> Iterator[T]:
    """The items one by one, with a bar on a terminal."""
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        yield from items
        return
    length = len(items) if isinstance(items, Sequence) else None
    with click.progressbar(items, length=length, label=what, file=sys.stderr, show_pos=True) as bar:
        yield from bar
