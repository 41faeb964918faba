"""The steps of a review, which a whole registry, a shard of it, and merged shards share."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

import click

from letpass.cli.commands import reconcile
from letpass.cli.commands.pending import whole
from letpass.cli.exits import Exit, of, worst
from letpass.frozen import Frozen

if TYPE_CHECKING:
    from letpass.cli.reporting import Reporting
    from letpass.diagnostics import Diagnostic
    from letpass.evaluation.decision import Decision
    from letpass.facts.record import Record
    from letpass.gate.case import Case
    from letpass.gate.sweep import Sweep
    from letpass.lifecycle.differences import Difference
    from letpass.project.policyset import PolicySet
    from letpass.project.project import Project
    from letpass.registries.shards import Shard

T = TypeVar("T")
MANY = 40  # decisions that a report names one by one
NAMED = 8  # models that a command for those that are due names


class Judged(Frozen):
    """A version's case with the decision, or why it could not be judged."""

    case: Case | None = None
    decision: Decision | None = None
    faults: tuple[Diagnostic, ...] = ()


def governed(policies: PolicySet, *, logs: bool = False) -> bool:
    """Is a policy on review; raises `StatementError` where none is, and nothing is to be logged either."""
    from letpass.diagnostics import StatementError
    from letpass.evaluation.decision import governing
    from letpass.move import REVIEW

    found = bool(governing(policies.policies, REVIEW))
    if not found and not logs:
        help_ = "write one; the shipped ones are in policies/review"
        raise StatementError.of("GATE413", "no policy is `on review`", help=help_)
    return found


def looked_at(project: Project, policies: PolicySet) -> Callable[[Record], bool]:
    """Says of a version whether it is deployed or holds a gated stage, or that this cannot be told."""
    from letpass.gate import gated
    from letpass.language.kinds import KINDS

    stages = {kind: set(gated.stages(project, policies, kind)) for kind in KINDS}
    return lambda record: bool(
        record.lists.get("deployments") or "stage" in record.unreadable or record.stage in stages[record.kind]
    )


def judged(sweep: Sweep, listed: Record, *, explained: bool) -> Judged:
    """The decision on a version, nothing of which is logged."""
    from letpass.diagnostics import LetpassError, UnreachableError

    try:
        case = sweep.opened(whole(sweep.project, listed))  # a listing does not look at the artifact
        return Judged(case, sweep.decided(case, explained=explained))
    except UnreachableError:
        raise
    except LetpassError as error:
        return Judged(faults=tuple(_about(d, listed) for d in error.diagnostics))


def _about(fault: Diagnostic, record: Record) -> Diagnostic:
    """A fault that names the version that it is of."""
    from letpass.frozen import replace

    return replace(fault, message=f"{record.name} cannot be judged: {fault.message}")


def named(due: Sequence[Decision], of_all: int, shown: Reporting) -> None:
    """Name those that are due where a report on so many does not."""
    from letpass.diagnostics import clean

    if of_all > MANY and not shown.verbose and shown.lists:
        for decision in due:
            click.echo(clean(f"due: {decision.record.name}: {why(decision)}"))


def why(decision: Decision) -> str:
    """The rules that say so."""
    return ", ".join(r.rule.id for r in decision.blocking if r.truth is False)


def tell_differing(differing: Sequence[Difference]) -> None:
    """Say where registry and ledger differ."""
    from letpass.diagnostics import clean

    for each in differing:
        click.echo(f"differs: {reconcile.line(each)}", err=True)
        click.echo(clean(f"  next: {each.help}"), err=True)


def tell_due(due: Sequence[Decision], *, ended: bool = False, as_of: bool = False) -> None:
    """Say how many are due, and what archives them: of another time than now, their models are judged anew for it."""
    from letpass.diagnostics import clean

    if not due:
        return
    models = list(dict.fromkeys(d.record.text("model") for d in due)) if as_of else []
    words = " ".join(["policy review --apply", *map(shlex.quote, models if len(models) <= NAMED else [])])
    proofs = ", and their proofs have ended" if ended else ""
    click.echo(
        clean(f"{len(due)} due{proofs}; `{words}` {'judges anew and archives' if as_of else 'archives'} them"), err=True
    )


def exit_of(
    verdicts: Iterable[Decision], faults: Sequence[Diagnostic], differing: Sequence[Difference], *, stuck: bool = False
) -> Exit:
    """The exit code of a review: that of the worst of all that it has found."""
    ended_by = [
        *([Exit.USAGE] if faults else []),
        *([Exit.UNREACHABLE] if stuck else []),
        *([Exit.NO] if differing else []),
        Exit.ALLOW,
    ]
    return worst([*(of(d.verdict.value) for d in verdicts), *ended_by])


def differing(
    project: Project, policies: PolicySet, models: Sequence[str], at: str | None = None, shard: Shard | None = None
) -> list[Difference]:
    """Where registry and ledger differ; nothing where there is no ledger to compare with."""
    if not project.ledger.begun and project.registry.gate() is None:
        return []
    return reconcile.differences(project, policies, models, at, shard)


def bar(items: Iterator[T] | Sequence[T], what: str, *, quiet: bool) -> Iterator[T]:
    """The items one by one, with a bar on a terminal."""
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        yield from items
        return
    length = len(items) if isinstance(items, Sequence) else None
    with click.progressbar(items, length=length, label=what, file=sys.stderr, show_pos=True) as shown:
        yield from shown
