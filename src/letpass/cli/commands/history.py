"""`policy history`: who was in which stage when, and who let it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from letpass.cli import options, said
from letpass.cli.exits import Exit

if TYPE_CHECKING:
    from letpass.ledger.entry import Logged
    from letpass.ledger.history import Stay, Step
    from letpass.move import Stage
    from letpass.trust.summary import Voice


@click.command("history", short_help="Show who was in which stage when, who let it, and what was refused.")
@click.argument("model", metavar="NAME")
@click.option("--stage", metavar="STAGE", help="Only this stage.")
@click.option("--at", metavar="TIME", help="Only who was there at this time (ISO 8601).")
def command(model: str, stage: str | None, at: str | None) -> Exit:
    """Show, from the ledger, who was in which stage when, with the decision that let it there, who had signed, what was
    refused, what failed, what was deployed, and what was said against a version, by whom and why.  NAME is a model's, without a version; one that neither the ledger nor
    the registry knows is exit code 2.

    \b
    Example:
      policy history fraud --stage production
    """
    when = options.clock(at)[0] if at is not None else None
    with options.diagnosed():
        from letpass.diagnostics import clean
        from letpass.ledger import history
        from letpass.project.configuration import load
        from letpass.project.project import Project
        from letpass.registries.interface import no_model

        configuration = load()
        project = Project(configuration)
        wanted = configuration.stage(stage) if stage else None
        ledger = project.ledger.reader()
        past = project.past(model)
        logged = past.own
        if not (logged or past.adopted) and not any(True for _ in project.registry.versions(model)):
            raise no_model(
                model, project.registry.name, "history is of a model: name it without its version" * ("@" in model)
            )
        if ledger is None:
            click.echo(clean(f"the ledger `{project.ledger.name}` is not begun: nothing was moved yet"))
            return Exit.DONE
        stays = [s for s in past.stays if wanted is None or s.stage == wanted]
        services = history.services(past.steps) if wanted is None else []
        if when is not None:
            stays, services = ([s for s in found if s.at(when)] for found in (stays, services))
        lines = [*_stays(stays, logged), *_services(services, logged)]
        lines += [] if when is not None else [*_others(logged, wanted), *said.lines(past, wanted)]
    for line in lines:
        click.echo(clean(line))
    if not lines:
        where = f" in {wanted}" if wanted else ""
        at_that = " at that time" if when is not None else ""
        click.echo(clean(f"the ledger `{project.ledger.name}` shows nobody of {model}{where}{at_that}"))
    return Exit.DONE


def _stays(stays: Sequence[Stay], logged: Sequence[Logged]) -> Iterator[str]:

    for stay in stays:
        left = stay.version in stay.step.leaving
        came = f"archived by {stay.step.model}@{stay.step.version}" if left else f"{stay.step.kind}{_by(stay.step)}"
        yield f"{stay.stage:12} {stay.step.model}@{stay.version:8} {_from_to(stay)}  {came}"
        if stay.step.reason and not left:
            yield f"{'':12} because: {stay.step.reason}"
        yield from _decided(stay.step, logged)


def _services(services: Sequence[Stay], logged: Sequence[Logged]) -> Iterator[str]:
    """What was served where."""
    for stay in services:
        yield f"{'deployed':12} {stay.step.model}@{stay.version:8} {_from_to(stay)}  at {_where(stay.step)}{_by(stay.step)}"
        yield from _decided(stay.step, logged)


def _from_to(stay: Stay) -> str:
    from letpass.facts.values import moment

    return f"{moment(stay.since)} – {moment(stay.until) if stay.until is not None else 'now'}"


def _where(step: Step) -> str:
    return f"{step.endpoint} ({step.environment})" if step.environment else step.endpoint


def _by(step: Step) -> str:
    return f" by {step.actor}" if step.actor else " by nobody who was named"


def _decided(step: Step, logged: Sequence[Logged]) -> Iterator[str]:
    """The decision behind a move, and who had signed: for which rule it counted, or why it did not."""
    from letpass.trust import statements, summary

    entry = next((e for e in logged if e.index == step.decision and e.entry.kind == "decision"), None)
    if entry is None:
        return
    made = summary.read(statements.read("", entry.entry.statement.encode("utf-8")))
    signers = dict.fromkeys(f"{v.person} as {v.role}" for v in made.people if v.rules)
    signed = f"; signed by {', '.join(signers)}" if signers else ""
    bytes_ = f"; {made.artifact[:19]}…" if made.artifact else ""
    yield f"{'':12} decision in entry {entry.index}: {made.verdict}{signed}{bytes_}"
    yield from (f"{'':14} {_voice(v)}" for v in made.people)


def _voice(voice: Voice) -> str:
    """What became of one person's answer."""
    from letpass.trust import strict
    from letpass.trust.accepted import NotCounted

    words = next((n.words for n in NotCounted if n.value == voice.not_counted), voice.not_counted)
    why = f" (not counted: {words})" if words else ""
    rules = f" for {', '.join(voice.rules)}" if voice.rules else why
    when = strict.written(voice.at)
    return f"{voice.kind} by {voice.person} as {voice.role}{rules}, key {voice.key}, valid then ({when})"


def _others(logged: Sequence[Logged], stage: Stage | None) -> Iterator[str]:
    """Refusals, and moves that were begun and were not made, as far as the ledger knows."""
    from letpass.facts.values import moment
    from letpass.ledger import history
    from letpass.move import Stage

    steps = history.steps(logged)
    ended = {s.nonce for s in steps if s.state != history.BEGUN}
    by_index = {s.index: s for s in steps}
    for found in logged:
        data, step = found.entry.data, by_index.get(found.index)
        to = step.stage if step is not None else Stage(str(data.get("stage", "")))
        if stage is not None and to != stage:
            continue
        name = f"{found.entry.model}@{found.entry.version}  {moment(found.at)}"
        if found.entry.kind == "refusal":
            move = f"{data.get('kind')} to {to}" if to else str(data.get("kind"))
            who = data.get("actor") or "nobody who was named"
            entry = f"entry {data.get('decision')}"
            yield f"{'refused':12} {name}  {move}: {data.get('verdict')} ({entry}), asked by {who}"
        elif step is not None and step.kind == history.RENEWAL and step.state == history.DONE:
            yield f"{'renewed':12} {name}  decision in entry {step.decision}{_by(step)}"
        elif step is not None and step.kind == history.RETRACTION:
            yield f"{'taken back':12} {name}  a claim of its record{_by(step)}: {step.reason}"
        elif step is not None and step.state == history.FAILED:
            yield f"{'failed':12} {name}  {_move(step)}{_by(step)}: {step.reason}"
        elif step is not None and step.state == history.BEGUN and step.nonce not in ended:
            yield f"{'unfinished':12} {name}  {_move(step)}{_by(step)}: its end was not logged"


def _move(step: Step) -> str:
    where = step.stage or (_where(step) if step.endpoint else "")
    return f"{step.kind} to {where}" if where else step.kind
