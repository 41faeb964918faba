"""`policy verify`: was exactly this allowed, by whom, is it in the ledger, and does it hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from letpass.cli import options, people, variables
from letpass.cli.exits import Exit
from letpass.diagnostics import InvalidError

if TYPE_CHECKING:
    from letpass.cli.verifying import Asked
    from letpass.gate.verification import Check
    from letpass.move import Move
    from letpass.trust.summary import Summary

_WORDS = {True: "ok", False: "NO", None: "-"}


@click.command("verify", short_help="Verify that a move was allowed, of which bytes, and that it holds.")
@click.argument("decision", metavar="DECISION|MODEL")
@click.option("--to", "stage", metavar="STAGE", help="The move must have been the promotion to this stage.")
@click.option("--rollback", is_flag=True, help="With --to: the move must have been the rollback.")
@click.option("--on", "on", type=click.Choice(["registration", "deployment", "review"]), help="Another move.")
@click.option("--environment", metavar="NAME", default="", help="With --on deployment: it must have been to this one.")
@options.artifact_option
@click.option("--checkpoint", metavar="FILE", help="A checkpoint that was kept earlier; the ledger must continue it.")
@click.option("--offline", is_flag=True, help="Do not ask the ledger; a fresh standing of the gate is needed then.")
@click.option("--at", metavar="TIME", help="Verify as of this time (ISO 8601), and as of now; it needs the ledger.")
@click.option("--then", is_flag=True, help="With --at: the exit code tells of that time alone.")
def command(
    decision: str, stage: str | None, rollback: bool, on: str | None, environment: str, artifact: str | None, checkpoint: str | None,
    offline: bool, at: str | None, then: bool,
) -> Exit:  # fmt: skip
    """Verify a DECISION (`….decision.json`), or the newest one beside a MODEL.

    It needs the decision's file, the trust file and the bytes.  Where the ledger can be reached, it must continue the
    decision's checkpoint, and have no word that ends the proof; without it, a fresh standing of the gate must lie beside the
    version, and what could not be looked at is listed.  Exit 0 where everything holds, 1 where something does not.

    \b
    Example:
      policy verify models/fraud/4.yaml --to production --artifact fraud-4.onnx
    """
    if (rollback and not stage) or (on and stage):
        raise click.UsageError("name one move: --to STAGE, with --rollback or without, or --on MOVE")
    if environment and on != "deployment":
        raise click.UsageError("--environment is of --on deployment")
    if then and at is None:
        raise click.UsageError("--then is of --at TIME")
    if at is not None and offline:
        raise click.UsageError("--at asks the ledger what was known then, and --offline does not ask it")
    now, when = people.now(), options.clock(at)[0]
    if when > now:
        raise click.UsageError(f"--at {at} lies in the future, of which nobody knows")
    with options.diagnosed():
        from letpass.cli import verifying
        from letpass.diagnostics import StatementError, clean
        from letpass.frozen import replace
        from letpass.move import Move
        from letpass.project.configuration import load
        from letpass.reports.words import from_environment

        configuration = load()
        move = Move(on or ("rollback" if rollback else "promotion"), configuration.stage(stage) if stage else None) if stage or on else None  # fmt: skip
        bytes_at, kept = Path(artifact) if artifact else None, Path(checkpoint) if checkpoint else None
        asked = verifying.gathered(configuration, decision, move, bytes_at, kept, now, offline=offline)
        asked = replace(asked, against=replace(asked.against, environment=environment))
        if at is not None and asked.ledger is None:
            raise StatementError.of("GATE413", "--at asks the ledger what was known then, and there is none", decision)
        try:
            held = None if at is None else verifying.best(asked, move, when)
            verified = verifying.best(asked, move, now)
        except InvalidError as error:
            raise StatementError.of("GATE413", f"no decision: {error}", asked.found[0][0]) from None
    if at is not None and held is not None:
        click.echo(f"as of {options.shown_time(when)}:")
        _show(held, bare=asked.bare, whole=True)
        click.echo("as of now:")
    _show(verified, bare=asked.bare, whole=held is None)
    if said := variables.used(click.get_current_context()):
        click.echo(clean(f"  -    {from_environment(said)}"))
    if move is not None and not _holds(verified):
        _hint(asked, move, now)
    good = [_holds(held)] if held is not None else []
    good += [] if then else [_holds(verified)]
    return Exit.ALLOW if all(good) else Exit.NO


def _holds(verified: tuple[Summary, tuple[Check, ...]]) -> bool:
    return all(c.holds is not False for c in verified[1])


def _show(verified: tuple[Summary, tuple[Check, ...]], *, bare: bool, whole: bool) -> None:
    """Print what was looked at; `whole`: also what holds."""
    from letpass.diagnostics import clean

    made, checks = verified
    verdict = ("VERIFIED" if _holds(verified) else "NOT VERIFIED") + (", without the bytes" if bare else "")
    click.echo(clean(f"{verdict}  {made.model}@{made.version}, {made.words}: {made.verdict}"))
    for check in checks:
        if whole or check.holds is not True:
            line = f"{check.what}: {check.detail}" if check.detail else check.what
            click.echo(f"  {_WORDS[check.holds]:4} {clean(line)}")


def _hint(asked: Asked, move: Move, now: int) -> None:
    """Say that the rollback is verified where the promotion is not."""
    from letpass.cli import verifying
    from letpass.move import rollback

    if move.kind != "promotion" or move.stage is None:
        return
    try:
        back = verifying.best(asked, rollback(move.stage), now)
    except InvalidError:
        return
    if back[0].move.kind == "rollback" and _holds(back):
        click.echo(f"note: a rollback to {move.stage} is verified; `--rollback` asks for it")
