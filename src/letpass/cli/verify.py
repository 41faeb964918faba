"""`policy verify`: was exactly this allowed, by whom, and is it in the ledger."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from letpass.cli import options, people, variables
from letpass.cli.exits import Exit
from letpass.diagnostics import InvalidError

if TYPE_CHECKING:
    from letpass.facts.record import Record
    from letpass.gathering import Desk
    from letpass.trust.summary import Summary
    from letpass.verification import Against, Check


@click.command("verify", short_help="Verify that a move was allowed, and of which bytes.")
@click.argument("decision", metavar="DECISION|MODEL")
@click.option("--to", "stage", metavar="STAGE", help="The move must have been the promotion to this stage.")
@click.option("--rollback", is_flag=True, help="With --to: the move must have been the rollback.")
@click.option("--on", "on", type=click.Choice(["registration", "deployment", "review"]), help="Another move.")
@options.artifact_option
@click.option("--checkpoint", metavar="FILE", help="A checkpoint that was kept earlier; the ledger must continue it.")
@click.option("--offline", is_flag=True, help="Do not ask the ledger.")
def command(
    decision: str, stage: str | None, rollback: bool, on: str | None, artifact: str | None, checkpoint: str | None,
    offline: bool,
) -> Exit:  # fmt: skip
    """Verify a DECISION (`….decision.json`), or the newest one beside a MODEL.

    It needs the decision's file, the trust file and the bytes.  Where the ledger can be reached, it must continue the
    decision's checkpoint, and have no later word against it.  Exit 0 where everything holds, 1 where something does not.

    \b
    Example:
      policy verify models/fraud/4.yaml --to production --artifact fraud-4.onnx
    """
    if (rollback and not stage) or (on and stage):
        raise click.UsageError("name one move: --to STAGE, with --rollback or without, or --on MOVE")
    move = on or ("rollback" if rollback else "promotion" if stage else "")
    with options.diagnosed():
        from letpass import verification
        from letpass.bookkeeping import checkpoint_in
        from letpass.configuration import load
        from letpass.diagnostics import StatementError, clean
        from letpass.frozen import replace
        from letpass.gathering import Desk, digest_at
        from letpass.reports.words import from_environment
        from letpass.testimony import facts_digest

        configuration = load()
        desk = Desk(configuration)
        if not offline:
            desk.not_lost()
        found, record = _find(decision, move, stage or "", desk)
        bytes_are = digest_at(Path(artifact)) if artifact else desk.computed(record, None)[0] if record else ""
        model = (record.text("model"), record.text("version")) if record else None
        quorum = desk.trust is not None and desk.trust.current.quorum > 0
        kept = Path(checkpoint) if checkpoint else desk.books.kept if quorum and desk.books.kept.exists() else None
        against = verification.Against(
            desk.books.keys(), people.now(), desk.trust, bytes_are, move, stage or "",
            record.text("artifact.digest") if record else "", facts_digest(record) if record else "", model,
            configuration.registry, checkpoint_in(kept, None) if kept else None,
            None if offline or not desk.books.there else desk.books.reader(),
        )  # fmt: skip
        try:
            made, checks = _best([data for _, data in found], against)
        except InvalidError as error:
            raise StatementError.of("GATE413", f"no decision: {error}", found[0][0]) from None
    good = all(c.holds is not False for c in checks)
    bare = "" if bytes_are else ", without the bytes"
    verdict = ("VERIFIED" if good else "NOT VERIFIED") + bare
    click.echo(clean(f"{verdict}  {made.model}@{made.version}, {made.words}: {made.verdict}"))
    for check in checks:
        click.echo(f"  {_WORDS[check.holds]:4} {clean(_line(check))}")
    if said := variables.used(click.get_current_context()):
        click.echo(f"  -    {from_environment(said)}")
    if not good and move == "promotion":
        try:
            back, held = _best([data for _, data in found], replace(against, move="rollback"))
        except InvalidError:
            back, held = made, ()
        if held and back.move.kind == "rollback" and all(c.holds is not False for c in held):
            click.echo(f"note: a rollback to {stage} is verified; `--rollback` asks for it")
    return Exit.ALLOW if good else Exit.NO


_WORDS = {True: "ok", False: "NO", None: "-"}


def _line(check: Check) -> str:
    return f"{check.what}: {check.detail}" if check.detail else check.what


def _best(found: list[bytes], against: Against) -> tuple[Summary, tuple[Check, ...]]:
    """The first decision in which everything holds, else the first; raises `InvalidError` where none can be read.

    A forged one beside a record does not stand in the way of the true one.
    """
    from letpass import verification
    from letpass.ledger import proofs

    first, why = None, ""
    for data in found:
        try:
            verified = verification.verify(proofs.read_decision_file(data), against)
        except InvalidError as error:
            why = why or str(error)
            continue
        first = first or verified
        if all(c.holds is not False for c in verified[1]):
            return verified
    if first is None:
        raise InvalidError(why)
    return first


def _find(name: str, move: str, stage: str, desk: Desk) -> tuple[list[tuple[str, bytes]], Record | None]:
    """The decision in a file, or all beside a model, those of the move and the newest first; and the model, if one was named."""
    from letpass import disk
    from letpass.cli.check import one_record
    from letpass.diagnostics import StatementError
    from letpass.ledger import proofs
    from letpass.registries import carried

    if name.endswith(carried.DECISION):
        try:
            return [(name, disk.read(Path(name), proofs.LARGEST))], None
        except OSError as error:
            raise StatementError.of("GATE413", f"no decision: cannot read it: {disk.reason(error)}", name) from None
    record = one_record(name, desk.configuration)
    found = desk.carrier(record).decisions(record)
    if not found:
        help_ = "`policy check --log` leaves one where it allows"
        raise StatementError.of("GATE413", f"there is no decision beside `{record.name}`", name, help_)
    return sorted(found, key=lambda f: (_rank(f[1], move, stage), f[0]), reverse=True), record


def _rank(data: bytes, move: str, stage: str) -> tuple[bool, int]:
    """How a decision ranks: whether it says that it is of the move, then its place in the log."""
    from letpass import verification
    from letpass.ledger import proofs

    try:
        proof = proofs.read_decision_file(data)
        made = verification.decision_of(proof)[0]
    except InvalidError:
        return False, -1
    return verification.is_asked(made, move, stage), proof.index
