"""`policy history`: who was in which stage when, and who let it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from assay.cli import options

if TYPE_CHECKING:
    from assay.history import Stay, Step
    from assay.ledger.entry import Logged


@click.command("history", short_help="Show who was in which stage when, who let it, and what was refused.")
@click.argument("model", metavar="NAME")
@click.option("--stage", metavar="STAGE", help="Only this stage.")
@click.option("--at", metavar="TIME", help="Only who was there at this time (ISO 8601).")
def command(model: str, stage: str | None, at: str | None) -> None:
    """Show, from the ledger, who was in which stage when, with the decision that let it there, who had signed, and what
    was refused.

    \b
    Example:
      policy history fraud --stage production
    """
    when = options.clock(at)[0] if at is not None else None
    with options.diagnosed():
        from assay import history
        from assay.configuration import load
        from assay.gathering import Desk
        from assay.language.diagnostics import clean

        configuration = load()
        desk = Desk(configuration)
        wanted = configuration.stage(stage) if stage else None
        ledger = desk.books.reader()
        logged = [e for e in ledger.about(model) if e.entry.model == model] if ledger is not None else []
        stays = [
            s
            for s in history.stays(history.steps(logged))
            if (wanted is None or s.stage.casefold() == wanted.casefold())
            and (when is None or (s.since <= when and (s.until is None or when < s.until)))
        ]
        lines = [*_stays(stays, logged), *([] if when is not None else _others(logged, wanted))]
    for line in lines:
        click.echo(clean(line))
    if not lines:
        where = f" in {wanted}" if wanted else ""
        click.echo(
            clean(
                f"the ledger `{desk.books.name}` shows nobody of {model}{where}"
                + (" at that time" if when is not None else "")
            )
        )


def _stays(stays: Sequence[Stay], logged: Sequence[Logged]) -> Iterator[str]:
    from assay.facts.values import moment

    for stay in stays:
        until = moment(stay.until) if stay.until is not None else "now"
        came = "archived by" if stay.version in stay.step.leaving else stay.step.kind
        by = f"{stay.step.model}@{stay.step.version}" if stay.version in stay.step.leaving else f"by {stay.step.actor}"
        yield f"{stay.stage:12} {stay.step.model}@{stay.version:8} {moment(stay.since)} – {until}  {came} {by}"
        yield from _decided(stay.step, logged)


def _decided(step: Step, logged: Sequence[Logged]) -> Iterator[str]:
    """The decision behind a move, and who had signed what counted."""
    from assay.trust import statements, summary

    entry = next((e for e in logged if e.index == step.decision and e.entry.kind == "decision"), None)
    if entry is None:
        return
    made = summary.read(statements.read("", entry.entry.statement.encode("utf-8")))
    papers = [(f"entry {e.index}", e.entry.statement.encode("utf-8")) for e in logged if e.entry.statement]
    signers = [
        f"{s.text('signer')} as {s.text('role')}"
        for s in statements.readable(papers)
        if s.digest in made.inputs and s.kind in {"sign-off", "waiver"}
    ]
    signed = f"; signed by {', '.join(dict.fromkeys(signers))}" if signers else ""
    yield f"{'':12} decision in entry {entry.index}: {made.verdict}{signed}; {made.artifact[:19]}…"


def _others(logged: Sequence[Logged], stage: str | None) -> Iterator[str]:
    """Refusals and deployments."""
    from assay import history
    from assay.facts.values import moment

    for found in logged:
        data = found.entry.data
        to = str(data.get("stage", ""))
        name = f"{found.entry.model}@{found.entry.version}"
        if found.entry.kind == "refusal" and (stage is None or to.casefold() == stage.casefold()):
            move = f"{data.get('kind')} to {to}" if to else str(data.get("kind"))
            yield f"{'refused':12} {name}  {moment(found.at)}  {move}: {data.get('verdict')} (entry {data.get('decision')}), asked by {data.get('actor')}"
    for step in history.steps(logged):
        if step.kind == "deployment" and step.state == history.DONE and stage is None:
            where = f"{step.endpoint} ({step.environment})" if step.environment else step.endpoint
            yield f"{'deployed':12} {step.model}@{step.version}  {moment(step.at)}  at {where} by {step.actor}"
            yield from _decided(step, logged)
