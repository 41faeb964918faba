"""Shared by the commands that move a version: the project and its policies, the report, and what was done."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

from letpass.cli import notifying, options, people, reporting, watched
from letpass.cli.exits import Exit, of

if TYPE_CHECKING:
    from letpass.facts.record import Record
    from letpass.ledger.history import Step
    from letpass.lifecycle.moves import Moved
    from letpass.move import Move, Stage
    from letpass.project.configuration import Configuration
    from letpass.project.policyset import PolicySet
    from letpass.project.project import Project


def _own_alone(context: click.Context, parameter: click.Parameter, value: tuple[str, ...]) -> None:  # noqa: ARG001 - click's signature
    """Refuse policies that a call names: what moves, and what people sign, goes by the project's own set, and no other."""
    if value:
        raise click.UsageError(
            f"`-p {value[0]}`: moves and sign-offs go by the project's own policies, and a call cannot name others; "
            "`policy check -p` judges by them and moves nothing"
        )


actor_option = click.option("--as", "actor", metavar="PERSON", help="Who moves it, for the log; else git's user.email.")


policies_option = click.option(
    "-p", "--policy", "policies", multiple=True, metavar="PATH", hidden=True, callback=_own_alone, expose_value=False
)


def moves(command: Callable[..., Exit]) -> Callable[..., Exit]:
    """The options of the commands that decide and then move."""
    for option in (
        reporting.reported,
        actor_option,
        options.artifact_option,
        options.statements_option,
        policies_option,
    ):  # fmt: skip
        command = option(command)
    return command


class Way:
    """How a move was asked for: where the project is, and how the answer is to be shown."""

    def __init__(
        self, beside: tuple[str, ...], artifact: str | None, actor: str | None, shown: reporting.Reporting
    ) -> None:
        self.begun = time.perf_counter()
        self.beside = [Path(p) for p in beside]
        self.artifact = Path(artifact) if artifact else None
        self.actor, self.now = actor or people.requester(), people.now()
        self.shown, self.quiet = shown, shown.quiet
        watched.by(self.actor)

    @cached_property
    def configuration(self) -> Configuration:
        """The project's configuration."""
        from letpass.project.configuration import load

        return load()

    def open(self) -> tuple[Configuration, Project, PolicySet]:
        """The project's configuration, project and policies."""
        from letpass.project.project import Project

        self.shown.spare(self.configuration)
        loaded = options.load_policies((), self.configuration)
        project = Project(self.configuration, (), self.beside)
        return self.configuration, project, loaded

    @property
    def took(self) -> float:
        """Milliseconds since the command began."""
        return (time.perf_counter() - self.begun) * 1000

    def asked(
        self, project: Project, record: Record, ask: Callable[[], object], move: Move, what: str, *, anew: bool = False
    ) -> Exit:  # fmt: skip
        """Let the gate in the registry's own server decide; the exit code.  `anew`: a decision that was there is no answer."""
        from letpass.cli import served

        return served.asked(project, record, ask, move, self.shown, what, anew=anew)

    def told(self, moved: Moved, project: Project, what: Callable[[Step], str]) -> Exit:
        """Show the decision, and what was done; the exit code."""
        try:
            if moved.recorded is not None:
                self._report(moved)
        finally:
            self.done(moved, project, what)  # it has been done, whether or not the report can be written
        if moved.ended:
            return Exit.NO
        return of(moved.recorded.decision.verdict.value) if moved.recorded is not None else Exit.ALLOW

    def done(self, moved: Moved, project: Project, what: Callable[[Step], str]) -> None:
        """Say what was done, where anything was, here and to the targets of events."""
        if not self.quiet:
            self._say(moved, what)
        notifying.after(project, quiet=self.quiet)

    def _say(self, moved: Moved, what: Callable[[Step], str]) -> None:
        from letpass.diagnostics import clean

        if moved.step is None:
            click.echo("nothing was moved", err=True)
            return
        if moved.there:
            where = (
                f"{moved.step.model}@{moved.step.version} is in {moved.step.stage} already (entry {moved.step.index})"
            )
            click.echo(clean(f"nothing was moved: {where}"), err=True)
            for ending in moved.ended:
                click.echo(clean(f"its approval has ended: {ending.kind} {ending.detail}"), err=True)
            if moved.ended:
                name = shlex.quote(f"{moved.step.model}@{moved.step.version}")
                click.echo(
                    clean(f"next: `policy retire {name} --reason TEXT`, or mend it and `policy renew {name}`"), err=True
                )
            return
        proof = f", {moved.recorded.proof}" if moved.recorded is not None and moved.recorded.proof else ""
        click.echo(clean(f"{what(moved.step)} (entry {moved.step.index} of the ledger{proof})"), err=True)

    def _report(self, moved: Moved) -> None:
        from letpass.cli.commands.check import again
        from letpass.reports.interface import Report

        assert moved.recorded is not None
        decision = moved.recorded.decision
        inputs = (moved.recorded.inputs,) if self.shown.wants_inputs else ()
        entries = (moved.recorded.entry,) if self.shown.tells_of_entries else ()
        words = click.get_current_context().find_root().obj or []
        report = Report((decision,), inputs, (), 0, self.took, again(words), entries=entries)
        self.shown.show(report)


def serves(project: Project, record: Record, stage: Stage) -> str:
    """What serves now that a version has left its stage, and how somebody else comes there."""
    from letpass.facts.record import Record as Found
    from letpass.move import ARCHIVED

    if not stage or stage == ARCHIVED:
        return f"{record.name} held no stage"
    holder = project.registry.holder(record, stage)
    if isinstance(holder, Found):
        return f"{holder.name} holds {stage} now"
    command = f"policy promote {shlex.quote(record.text('model'))}@VERSION --to {shlex.quote(stage.name)}"
    return (
        f"nothing holds {stage} of {record.text('model')} now, and {record.name} stays its champion; next: `{command}`"
    )
