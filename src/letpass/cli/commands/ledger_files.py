"""Checkpoints, witnesses and exports: the ledger's files for other parties."""

from __future__ import annotations

from pathlib import Path

import click

from letpass import disk
from letpass.cli import options, people
from letpass.cli.commands.ledger import SUBCOMMANDS, command, opened, project_ledger
from letpass.cli.exits import Exit


@command.command("checkpoint", short_help=SUBCOMMANDS["checkpoint"])
@click.option(
    "--since",
    metavar="FILE|SIZE",
    help="Print what a witness is asked to cosign: with the proof from an earlier head on.",
)
@click.option("--add", "lines", metavar="FILE", help="Add a witness's cosignature to the kept checkpoint.")
@click.option("--keep", is_flag=True, help="Keep the head as the project's checkpoint.")
@click.option("-o", "--output", "path", metavar="PATH", help="Write it here instead of standard output.")
def checkpoint(since: str | None, lines: str | None, keep: bool, path: str | None) -> Exit:
    """Print the log's head, signed by the gate (c2sp.org/tlog-checkpoint), after it was found to go on from the kept one.

    \b
    Example:
      policy ledger checkpoint
    """
    with options.diagnosed():
        from letpass.diagnostics import LedgerError
        from letpass.ledger import note, proofs
        from letpass.project.ledger import checkpoint_in

        own = project_ledger()
        ledger = opened(own)
        try:
            if lines is not None:
                text = note.add(checkpoint_in(own.kept, ledger.believed).note, _text(lines))
                note.signed_by(text, own.trust.current.witnesses if own.trust else ())
                own.write(text)
            elif since is None:
                text = ledger.checkpoint().note
            elif since == "0":
                text = proofs.offer(0, (), ledger.checkpoint())
            else:
                old = ledger.stored(int(since)) if since.isdecimal() else checkpoint_in(Path(since), ledger.believed)
                text = proofs.offer(old.size, ledger.continues(old), ledger.checkpoint())
        except ValueError as error:
            raise LedgerError.of("GATE421", f"no checkpoint: {error}", since or lines or "") from None
        if keep:
            own.keep(ledger)
    options.output(text, path)
    return Exit.DONE


@command.command("witness", short_help=SUBCOMMANDS["witness"])
@click.argument("offer", metavar="FILE")
@click.option(
    "--log",
    "logs",
    multiple=True,
    required=True,
    metavar="KEY",
    help="The verifier key of a log that is known; may be given again.",
)
@click.option("--key", "key", required=True, metavar="FILE", help="The witness's own key; made where there is none.")
@click.option("--name", required=True, metavar="NAME", help="The witness's name.")
@click.option("--state", required=True, metavar="FILE", help="What the witness saw of each log last.")
@click.option("-o", "--output", "path", metavar="PATH", help="Write the cosignature here instead of standard output.")
def witness(offer: str, logs: tuple[str, ...], key: str, name: str, state: str, path: str | None) -> Exit:
    """Cosign a log's head (c2sp.org/tlog-cosignature), if it goes on from what this witness saw of that log before.

    FILE comes from `policy ledger checkpoint --since`.  Exit 1 where the head is not cosigned.

    \b
    Example:
      policy ledger witness offer.txt --log "$(policy ledger key)" --key w.key --name witness.example --state w.json
    """
    with options.diagnosed():
        from letpass.diagnostics import InvalidError, TrustError
        from letpass.ledger import gatekey
        from letpass.ledger.witness import witness as cosign
        from letpass.trust.verifiers import WITNESS, is_name, verifier

        if not is_name(name):
            raise click.BadParameter("a name has no blanks and no `+`", param_hint="--name")
        own = gatekey.load_or_make(Path(key), WITNESS, name)
        try:
            known = tuple(verifier(text) for text in logs)
        except InvalidError as error:
            raise TrustError.of("GATE412", f"the log's key is refused: {error}") from None
        text = _text(offer)
        try:
            line = cosign(text, known, own, Path(state), people.now() // 1_000_000)
        except InvalidError as error:
            click.echo(f"not cosigned: {error}", err=True)
            return Exit.NO
        click.echo(f"witness {own.public}", err=True)
    options.output(line, path)
    return Exit.DONE


@command.command("key", short_help=SUBCOMMANDS["key"])
@click.option(
    "--next", "following", is_flag=True, help="Of the key that is to follow it, by `policy ledger rotate-key`."
)
def key(following: bool) -> Exit:
    """Print the public name of the gate's key, as the trust file lists it; the key is made where there is none.

    \b
    Example:
      policy ledger key
    """
    with options.diagnosed():
        own = project_ledger()
        name = str((own.following() if following else own.key(make=True)).public)
    click.echo(name)
    return Exit.DONE


@command.command("export", short_help=SUBCOMMANDS["export"])
@click.argument("folder", metavar="FOLDER")
@click.option("--tiles", is_flag=True, help="In the form of c2sp.org/tlog-tiles, for clients of transparency logs.")
def export(folder: str, tiles: bool) -> Exit:
    """Write every entry, large texts, the head and the keys of people into a new FOLDER, for an auditor to take away.

    With --tiles the folder holds tiles of the tree's hashes, bundles of entries and the checkpoint, as a web server serves a
    transparency log.

    \b
    Example:
      policy ledger export audit-2026
    """
    if tiles:
        return _tiles(Path(folder))
    with options.diagnosed():
        from letpass.canonical import digest_bytes
        from letpass.diagnostics import LedgerError

        own = project_ledger()
        ledger = opened(own)
        target = Path(folder)
        try:
            target.mkdir(parents=True)
            with ledger.store.reading():
                head = ledger.checkpoint()
                for logged in ledger.each():
                    (target / f"{logged.index:08}.json").write_text(logged.text, encoding="utf-8", newline="")
                    if logged.entry.statement:
                        text = logged.entry.statement
                        (target / f"{logged.index:08}.statement.json").write_text(text, encoding="utf-8", newline="")
                (target / "material").mkdir()
                for digest, data in ledger.store.materials():
                    if data is None:
                        continue
                    if digest_bytes(data) != digest:
                        raise LedgerError.of("GATE422", f"the text {digest} beside the entries was changed", own.name)
                    (target / "material" / digest.replace(":", "-")).write_bytes(data)
                (target / "checkpoint").write_text(head.note, encoding="utf-8")
            (target / "trust.json").write_bytes(own.trust.text if own.trust else b"")
        except OSError as error:
            raise LedgerError.of(
                "GATE420",
                f"cannot write the export: {disk.reason(error)}",
                folder,
                "name a folder that is not there yet",
            ) from None
    click.echo(f"wrote {head.size} entries to {folder}")
    return Exit.DONE


def _tiles(folder: Path) -> Exit:
    """Write the log as tiles; what is not what the signed head says is never taken for it."""
    with options.diagnosed():
        from letpass.diagnostics import InvalidError, LedgerError, UnreachableError
        from letpass.ledger import tiles

        ledger = opened(project_ledger())
        help_ = "name a folder that is not there yet"
        try:
            folder.mkdir(parents=True)
            with ledger.store.reading():
                head = ledger.checkpoint()
                texts = (row[1].encode("utf-8") for row in ledger.store.rows())
                tiles.write(folder, texts, head.size, head.root, head.note)
        except OSError as error:
            what = f"cannot write the export: {disk.reason(error)}"
            raise LedgerError.of("GATE420", what, str(folder), help_) from None
        except InvalidError as error:
            what = f"the ledger is not to be trusted: {error}"
            raise UnreachableError.of(
                "GATE421", what, ledger.store.name, "`policy ledger verify` names the entry"
            ) from None
    click.echo(f"wrote {head.size} entries to {folder}")
    return Exit.DONE


def _text(file: str) -> str:
    """The text of a file of another party; raises `LetpassError`."""
    from letpass import disk
    from letpass.diagnostics import LedgerError
    from letpass.ledger import note

    try:
        return disk.read(Path(file), 2 * note.LARGEST).decode("utf-8")
    except UnicodeDecodeError:
        raise LedgerError.of("GATE421", "not UTF-8", file) from None
    except OSError as error:
        raise LedgerError.of("GATE421", f"cannot read it: {disk.reason(error)}", file) from None
