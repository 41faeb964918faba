"""`policy ledger`: the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from letpass.cli import options
from letpass.cli.exits import Exit
from letpass.cli.subcommands import Subcommands
from letpass.diagnostics import InvalidError, so_many

_MANY = 8  # pieces of work from which on more processes are worth it

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from letpass.ledger.entry import Logged
    from letpass.ledger.log import Ledger
    from letpass.project.ledger import ProjectLedger

SUBCOMMANDS = {
    "list": "List entries, a line each.",
    "show": "Show one entry.",
    "verify": "Verify every entry, and that the log goes on.",
    "prove": "Print the proof that an entry is in the log.",
    "checkpoint": "Print or keep the log's signed head.",
    "witness": "Cosign another party's log.",
    "export": "Write all entries into a folder.",
    "key": "Print the public name of the gate's key.",
    "rotate-key": "Let another key of the gate sign the log.",
    "recover": "Name the entries that are lost, as the root.",
    "mend-clock": "Mend the time of an entry, as the root.",
    "migrate": "Bring its database to this version's layout.",
    "ready": "Look whether it could be written now.",
    "sign": "Sign the word about the ledger that waits.",
}


ELSEWHERE = {
    **dict.fromkeys(("checkpoint", "witness", "export", "key"), "letpass.cli.commands.ledger_files"),
    **dict.fromkeys(("rotate-key", "recover", "mend-clock", "sign"), "letpass.cli.commands.ledger_root"),
    "migrate": "letpass.cli.commands.ledger_layout",
    "ready": "letpass.cli.commands.ledger_ready",
}


@click.group(
    "ledger",
    cls=Subcommands,
    table=SUBCOMMANDS,
    elsewhere=ELSEWHERE,
    short_help="Read, verify and witness the audit log.",
)
def command() -> None:
    """The ledger holds everything that the gate was told and has decided, in an order that nobody can change unseen.

    \b
    Example:
      policy ledger verify
    """


def opened(project_ledger: ProjectLedger) -> Ledger:
    """The project's ledger; raises `LetpassError` where there is none."""
    found = project_ledger.reader()
    if found is None:
        raise absent(project_ledger)
    return found


def project_ledger() -> ProjectLedger:
    """The project's ledger, not opened yet."""
    from letpass.project.configuration import load
    from letpass.project.project import Project

    return Project(load()).ledger


def absent(found: ProjectLedger) -> Exception:
    """The error for a project that has no ledger yet."""
    from letpass.diagnostics import UnreachableError

    return UnreachableError.of("GATE420", "there is no ledger here yet", found.name, "`policy check --log` begins one")


def line(logged: Logged) -> str:
    """An entry in one line."""
    from letpass.diagnostics import clean
    from letpass.facts.values import moment

    entry = logged.entry
    about = f"{entry.model}@{entry.version}" if entry.model else ""
    return clean(f"{logged.index:6}  {moment(logged.at):20}  {entry.kind:10}  {about}  {said(logged)}".rstrip())


def said(logged: Logged) -> str:
    """What an entry says, in a few words."""
    from letpass.ledger.in_effect import AGAINST, OWNED
    from letpass.move import Target
    from letpass.trust import statements, summary
    from letpass.trust.kinds import ROOTED

    entry = logged.entry
    if not entry.statement:
        plain = {"version", "digest", "person", "reason", "stage", "entry", "at", "from", "to"}
        shown = {k: v for k, v in entry.data.items() if k in plain or entry.kind == "move"}
        return ", ".join(f"{k} {f'{v[:19]}…' if isinstance(v, str) and len(v) > 40 else v}" for k, v in shown.items())
    try:
        statement = statements.read("", entry.statement.encode("utf-8"))
    except InvalidError as error:
        return f"not readable: {error}"
    said_ = statement.predicate
    if entry.kind == "decision":
        try:
            made = summary.read(statement)
        except InvalidError as error:
            return f"not readable: {error}"
        return f"{made.verdict}: {made.words}"
    if entry.kind == "evidence":
        return ", ".join(said_.get("facts", {})) or statement.type
    if entry.kind == "begin":
        return f"to measure {', '.join(slot['name'] for slot in said_['slots'])}"
    words = [str(said_[f]) for f in ("signer", "requester") if f in said_]
    words += [f"as {said_['role']}"] if "role" in said_ else []
    words += [f"of {said_['policy']}/{said_['label']} until {said_['until']}"] if "label" in said_ else []
    words += [f"against {Target.of(said_['against'])}"] if "against" in said_ else []
    words += [f"of {Target.of(said_['target'])}"] if "target" in said_ else []
    words += [f"entry {said_['entry']} is of {said_['at']}"] if entry.kind == "clock" else []
    words += [f"{said_['from']} to {said_['to']} are lost"] if entry.kind == "recovery" else []
    words += [f"{said_['new']} follows {said_['old']}"] if entry.kind == "key" else []
    reason = said_.get("reason", "") if entry.kind in {*AGAINST, *OWNED} or statement.type in ROOTED else ""
    return " ".join(words) + (f": {reason}" if reason else "")


@command.command("list", short_help=SUBCOMMANDS["list"])
@click.option("--model", metavar="NAME", default=None, help="Only entries about this model.")
@click.option("--kind", metavar="KIND", default=None, help="Only entries of this kind.")
@click.option(
    "--person", metavar="PERSON", default=None, help="Only what this person signed, asked for, moved or was counted in."
)
@click.option(
    "--verdict",
    type=click.Choice(["allow", "deny", "undecided"]),
    default=None,
    help="Only decisions that came to this.",
)
@click.option("--since", metavar="TIME", default=None, help="Only entries logged at this time (ISO 8601) or later.")
@click.option("--until", metavar="TIME", default=None, help="Only entries logged at this time or before.")
@click.option(
    "--from", "start", metavar="INDEX", type=click.IntRange(0, 2**62), default=0, help="Begin with this entry."
)
@click.option("--most", metavar="N", type=click.IntRange(1), default=None, help="Not more than so many.")
@click.option("--newest", is_flag=True, help="The newest first; with --most N the last N.")
def list_(
    model: str | None, kind: str | None, person: str | None, verdict: str | None, since: str | None, until: str | None, start: int,
    most: int | None, newest: bool,
) -> Exit:  # fmt: skip
    """List the entries, a line each, the oldest first.

    \b
    Example:
      policy ledger list --model fraud --kind decision --newest --most 20
    """
    with options.diagnosed():
        from letpass.diagnostics import LedgerError
        from letpass.ledger.entry import KINDS
        from letpass.ledger.searching import Wanted

        for option, word in (("--model", model), ("--kind", kind), ("--person", person)):
            if word is not None and not word.strip():
                raise click.BadParameter("an empty text names nothing", param_hint=option)
        if kind is not None and kind not in KINDS:
            raise click.UsageError(f"there is no kind `{kind}`; kinds are {', '.join(KINDS)}")
        begin = options.time(since, "--since") if since is not None else None
        end = options.time(until, "--until") if until is not None else None
        ledger = opened(project_ledger())
        wanted = Wanted(model or "", kind or "", person or "", verdict or "", begin, end)
        shown, further = 0, None
        for logged in filter(wanted.fits, ledger.each(start, backwards=newest)):
            if shown == most:
                further = logged.index
                break
            click.echo(line(logged))
            shown += 1
        if not shown and model and not any(e.entry.model == model for e in ledger.each()):
            raise LedgerError.of(
                "GATE307", f"no entry is about a model `{model}`", ledger.store.name, "`policy ledger list`"
            )
    if not shown:
        click.echo("no entry" + (f" of the kind `{kind}`" if kind else ""))
    elif further is not None:
        click.echo("there are more" + ("" if newest else f": `--from {further}`"), err=True)
    return Exit.DONE


@command.command("show", short_help=SUBCOMMANDS["show"])
@click.argument("index", type=click.IntRange(0, 2**62))
@click.option(
    "--material", is_flag=True, help="Print the large text that the entry commits to, such as a whole decision."
)
def show(index: int, material: bool) -> Exit:
    """Show one entry: when it was logged, and what it says.

    \b
    Example:
      policy ledger show 0
    """
    with options.diagnosed():
        from letpass.cli.people import lines
        from letpass.diagnostics import LedgerError, clean
        from letpass.facts.values import moment
        from letpass.ledger import entry as entries
        from letpass.trust import dsse
        from letpass.trust.strict import loads

        ledger = opened(project_ledger())
        try:
            logged = ledger.entry(index)
        except InvalidError as error:
            raise LedgerError.of("GATE420", str(error), ledger.store.name, "`policy ledger list`") from None
        if material:
            from letpass.ledger.material import text

            click.echo(text(ledger.store, logged))
            return Exit.DONE
        click.echo(line(logged))
        if index in ledger.mended:
            click.echo(f"  its time was mended: it bears {moment(entries.read(index, logged.text).at)}")
        content = dict(logged.entry.data)
        if logged.entry.statement:
            payload = loads(dsse.parse(logged.entry.statement.encode("utf-8"), 1 << 20).payload, 1 << 20)
            content = payload.get("predicate", payload)
        for name, value in lines(content):
            click.echo(clean(f"  {name:14} {value}"))
        if logged.entry.kind == "decision":
            click.echo(f"  {'whole':14} `policy replay {index} -o text` shows it as it was decided")
    return Exit.DONE


@command.command("verify", short_help=SUBCOMMANDS["verify"])
@click.option("--checkpoint", metavar="FILE", help="A checkpoint that was kept elsewhere; else the project's own.")
def verify(checkpoint: str | None) -> Exit:
    """Verify the whole ledger: every entry's hash, the tree, the signed head, and that it goes on from a kept checkpoint.

    Exit 1 where something is wrong; the entry is named.

    \b
    Example:
      policy ledger verify
    """
    with options.diagnosed():
        from pathlib import Path

        from letpass.diagnostics import LetpassError, clean
        from letpass.ledger import recovery
        from letpass.project.ledger import checkpoint_in

        found = project_ledger()
        if not found.there:
            opened(found)  # says why there is none
        ledger = found.unchecked()
        kept = Path(checkpoint) if checkpoint else found.kept
        old, unread = None, list[str]()
        if checkpoint or kept.exists():
            try:
                old = checkpoint_in(kept, None)
            except LetpassError as error:
                unread.append(error.message)
        audit = ledger.audit(*([old.size] if old is not None else []), every=_on_every_core)
        faults = [*audit.faults, *unread]
        if old is not None:
            try:
                checkpoint_in(kept, audit.keys)
                if not faults and recovery.of(audit.losses, old) is None:
                    audit.goes_on(old)
            except LetpassError as error:
                if ledger.store.follows():
                    raise  # a replica that is behind has no fault
                faults.append(error.message)
        size = audit.head.size
        cut = old is not None and not audit.faults and size < old.size
    for fault in faults:
        click.echo(clean(f"NO  {fault}"))
    for odd in audit.odd:
        if odd.mend or odd.lacking:
            click.echo(clean(f"mend: {odd.mend or 'the next command that logs something puts it back'}"))
    if audit.beside:
        click.echo(
            "mend: the entries are what was logged; `policy ledger migrate --anew` derives what is beside them once more"
        )
    if len(faults) > len(audit.odd) + len(audit.beside):
        click.echo(
            "nothing may be decided on it: bring back a copy that goes on from the checkpoint you kept"
            + ("; where there is none, `policy ledger recover --reason TEXT` names what is missing" if cut else "")
        )
    if faults:
        return Exit.NO
    for line_ in audit.notes:
        click.echo(clean(f"note: {line_}"))
    against = f", and they go on from the checkpoint `{kept}`" if kept.exists() else ""
    click.echo(
        clean(
            f"ok  {so_many(size, 'entry', 'entries')} of `{ledger.store.name}` {'is' if size == 1 else 'are'} what was logged{against}"
        )
    )
    return Exit.DONE


def _on_every_core(chunks: Sequence[Any], begin: Callable[[], Callable[[Any], Any]]) -> Iterator[Any]:
    """What comes of pieces of work, in order, with a bar on a terminal."""
    from letpass.cli import processes, terminal

    workers = processes.cores() if len(chunks) >= _MANY else 1
    return terminal.bar(processes.each(chunks, begin, workers), len(chunks), "verifying")


@command.command("prove", short_help=SUBCOMMANDS["prove"])
@click.argument("index", type=click.IntRange(0, 2**62))
@click.option("-o", "--output", "path", metavar="PATH", help="Write it here instead of standard output.")
def prove(index: int, path: str | None) -> Exit:
    """Print the proof that an entry is in the log (c2sp.org/tlog-proof), with the log's signed head.

    \b
    Example:
      policy ledger prove 0
    """
    with options.diagnosed():
        from letpass.diagnostics import LedgerError
        from letpass.ledger import proofs

        ledger = opened(project_ledger())
        try:
            text = proofs.tlog_proof(ledger.prove(index))
        except InvalidError as error:
            raise LedgerError.of("GATE420", str(error), ledger.store.name, "`policy ledger list`") from None
    options.output(text, path)
    return Exit.DONE
