"""What the root of the trust file says about the ledger itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from letpass.cli import moving, options, people, rooted, words
from letpass.cli.commands.ledger import SUBCOMMANDS, command
from letpass.cli.exits import Exit

if TYPE_CHECKING:
    from letpass.project.project import Project


@command.command("mend-clock", short_help=SUBCOMMANDS["mend-clock"])
@click.argument("index", type=click.IntRange(0, 2**62))
@click.option("--at", metavar="DATE", help="When it was logged really; else the time of the entry before it.")
@words.why_option
@people.key_option
@people.yes_option
@moving.actor_option
def mend_clock(index: int, at: str | None, reason: str, key: str | None, yes: bool, actor: str | None) -> Exit:
    """Say that entry INDEX was logged at another time than it bears, because a clock was wrong.

    An entry that is dated ahead stops every writer.  The log stays as it is; the entry, and those behind it that bear the
    same time, are held to be of DATE, and order goes on from there.  It holds once the threshold of the root has signed it:
    the others with `policy ledger sign`.  Without a trust file it is logged with its reason.

    \b
    Example:
      policy ledger mend-clock 8 --reason "the host's clock was ahead" --key ~/.ssh/id_ed25519
    """
    with options.diagnosed():
        from letpass.canonical import digest_bytes
        from letpass.ledger.in_effect import note_entry
        from letpass.lifecycle import issuing
        from letpass.lifecycle.recording import log_note
        from letpass.project.configuration import load
        from letpass.project.project import Project
        from letpass.trust import strict
        from letpass.trust.dsse import STATEMENT, Envelope
        from letpass.trust.kinds import CLOCK

        if not reason.strip():
            raise click.UsageError("it needs a reason")
        project = Project(load())
        when = options.clock(at)[0] if at is not None else rooted.before(project, index)
        said = {"entry": index, "at": strict.written(when)}
        changed = rooted.mends(project, said)
        click.echo(f"entries that get another time: {', '.join(str(i) for i in changed)}")
        if project.trust is None:
            project.not_lost()
            entry = note_entry("clock", said, actor or people.requester(), reason)
            receipt = log_note(project, entry, people.now(), mends=changed)
            click.echo(f"logged as entry {receipt.index}; there is no trust file, so nobody signs it")
            return Exit.DONE
        digest = digest_bytes(project.ledger.writer().entry(index).text.encode("utf-8"))
        payload = issuing.rooted(project.trust, CLOCK, f"entry {index}", digest, said, people.now(), reason)
        rooted.Waiting(project).begin(Envelope(STATEMENT, payload))
        _go_on(project, key, yes=yes)
    return Exit.DONE


def _go_on(project: Project, key: str | None, *, yes: bool) -> None:
    """Sign the word that waits, where a key is named, and log it where it has all signatures."""
    from letpass.ledger.in_effect import learned

    waiting = rooted.Waiting(project)
    if waiting.statement().kind == "recovery" and project.ledger.key_path.exists():
        project.ledger.restored()
    if key:
        waiting.sign(key, yes=yes)
    logged = project.ledger.reader()
    waiting.finish(learned(logged.entries_of("trust")) if logged is not None else ())


@command.command("rotate-key", short_help=SUBCOMMANDS["rotate-key"])
@words.why_option
@click.option("--lost", is_flag=True, help="The old key is lost: the root signs in its place.")
@people.key_option
@people.yes_option
def rotate_key(reason: str, lost: bool, key: str | None, yes: bool) -> Exit:
    """Let the key of `policy ledger key --next` sign the log from here on, in the place of the gate's.

    The log stays the same, under the same name.  Old and new key sign that one follows the other; where the old one is lost,
    the threshold of the root does with the new one, the others with `policy ledger sign`.  Where the trust file names keys of
    the ledger, it must name the new one, and should go on naming the old one, by which old proofs are verified.

    \b
    Example:
      policy ledger rotate-key --reason "a new machine"
    """
    with options.diagnosed():
        from letpass.project.configuration import load
        from letpass.project.project import Project

        if not reason.strip():
            raise click.UsageError("it needs a reason")
        project = Project(load())
        project.not_lost()
        rooted.rotate(project, reason, lost=lost)
        if lost:
            _go_on(project, key, yes=yes)
    return Exit.DONE


@command.command("recover", short_help=SUBCOMMANDS["recover"])
@words.why_option
@people.key_option
@people.yes_option
@moving.actor_option
def recover(reason: str, key: str | None, yes: bool, actor: str | None) -> Exit:
    """Say that the entries between the ledger's end and the checkpoint that was kept are lost, so that it goes on.

    An older copy that was brought back is refused, since it has forgotten what was logged since: refusals and objections too.
    Look for a newer copy first.  The entry names what is missing, and `policy ledger verify` says so for ever.  It holds once the
    threshold of the root has signed it: the others with `policy ledger sign`.  Without a trust file it is logged with its
    reason.

    \b
    Example:
      policy ledger recover --reason "the disk failed; the dump of the night before" --key ~/.ssh/id_ed25519
    """
    with options.diagnosed():
        from letpass.ledger.in_effect import note_entry
        from letpass.lifecycle import issuing
        from letpass.lifecycle.recording import log_note
        from letpass.project.configuration import load
        from letpass.project.project import Project
        from letpass.trust.dsse import STATEMENT, Envelope
        from letpass.trust.kinds import RECOVERY

        if not reason.strip():
            raise click.UsageError("it needs a reason")
        project = Project(load())
        project.not_lost()
        origin, artifact, said = rooted.missing(project)
        click.echo(f"lost: the entries {said['from']} to {said['to']}")
        if project.trust is None:
            entry = note_entry("recovery", said, actor or people.requester(), reason)
            receipt = log_note(project, entry, people.now())
            click.echo(f"logged as entry {receipt.index}; there is no trust file, so nobody signs it")
            return Exit.DONE
        payload = issuing.rooted(project.trust, RECOVERY, origin, artifact, said, people.now(), reason)
        rooted.Waiting(project).begin(Envelope(STATEMENT, payload))
        _go_on(project, key, yes=yes)
    return Exit.DONE


@command.command("sign", short_help=SUBCOMMANDS["sign"])
@people.key_option
@people.yes_option
def sign(key: str | None, yes: bool) -> Exit:
    """Sign the word about the ledger that waits in `ledger.next.json`, as one of the root.  With the last signature that it
    needs it is logged.

    \b
    Example:
      policy ledger sign --key ~/.ssh/id_ed25519
    """
    with options.diagnosed():
        from letpass.project.configuration import load

        project, _ = people.trusted(load())
        _go_on(project, key, yes=yes)
    return Exit.DONE
