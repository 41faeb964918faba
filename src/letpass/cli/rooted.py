"""Statements of the root about the ledger: each waits in a file for signatures, and is logged with the last that it needs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from letpass.cli import notifying, people

if TYPE_CHECKING:
    from letpass.ledger.log import Receipt
    from letpass.project.project import Project
    from letpass.trust.chain import Trust
    from letpass.trust.dsse import Envelope
    from letpass.trust.signers import Learned
    from letpass.trust.statements import Statement

AGAIN = "`policy ledger sign --key KEY`"


class Waiting:
    """The word that waits in `ledger.next.json`, beside the trust file."""

    def __init__(self, project: Project) -> None:
        self.project = project
        path = project.configuration.path(project.configuration.trust_file)
        self.path = path.with_name("ledger.next.json")

    @property
    def trust(self) -> Trust:
        """The trust file, which must be there."""
        assert self.project.trust is not None
        return self.project.trust

    def statement(self) -> Statement:
        """The word; raises `LetpassError` where none waits, or it cannot be read."""
        from letpass import disk
        from letpass.diagnostics import InvalidError, StatementError
        from letpass.trust import dsse, statements
        from letpass.trust.kinds import ROOTED

        try:
            found = statements.read(str(self.path), disk.read(self.path, dsse.LARGEST))
            if found.type not in ROOTED:
                raise InvalidError(f"a {found.kind} is no word of the root")
        except FileNotFoundError:
            raise StatementError.of(
                "GATE415", "no word about the ledger waits to be signed", str(self.path),
                "`policy ledger mend-clock`, `rotate-key` or `recover` makes one",
            ) from None  # fmt: skip
        except OSError as error:
            raise StatementError.of("GATE415", f"cannot read it: {disk.reason(error)}", str(self.path)) from None
        except InvalidError as error:
            raise StatementError.of("GATE413", f"the word that waits cannot be read: {error}", str(self.path)) from None
        return found

    def begin(self, envelope: Envelope) -> None:
        """Let a word wait; raises `StatementError` where another one does."""
        from letpass.diagnostics import StatementError

        if self.path.exists():
            raise StatementError.of(
                "GATE415", f"another word about the ledger waits: a {self.statement().kind}", str(self.path),
                f"{AGAIN} signs it; delete the file to take it back",
            )  # fmt: skip
        self._write(envelope)

    def _write(self, envelope: Envelope) -> None:
        from letpass import disk
        from letpass.diagnostics import StatementError

        try:
            disk.replace(self.path, envelope.text() + b"\n")
        except OSError as error:
            raise StatementError.of("GATE415", f"cannot write it: {disk.reason(error)}", str(self.path)) from None

    def sign(self, key: str, *, yes: bool) -> None:
        """Sign the word that waits as somebody of the root; raises `LetpassError`."""
        from letpass.diagnostics import StatementError
        from letpass.trust import drafting, signers, signing
        from letpass.trust.roles import ROOT

        waits = self.statement()
        file = Path(key).expanduser()
        public = signing.public_key(file)
        holder = self.trust.current.holder(public)
        members = self.trust.current.roles[ROOT].members
        if holder is None or holder[0] not in members:
            what = f"the key {public.fingerprint} is of nobody in the root"
            raise StatementError.of("GATE415", what, str(file), f"in it are {', '.join(members)}")
        people.show(
            waits.envelope.payload, f"you are about to sign, as one of the root, a word about the ledger ({waits.kind})"
        )
        people.confirmed(public, yes=yes)
        blob = signing.by_person(file, public, waits.envelope.message, signers.NAMESPACE)
        self._write(drafting.signed(waits.envelope, blob, public.fingerprint))

    def finish(self, learned: Learned) -> Receipt | None:
        """Log the word where it has all signatures and the gate's key is here; None where it waits on, which is said."""
        from letpass.diagnostics import StatementError, clean
        from letpass.lifecycle.recording import log_key, log_rooted
        from letpass.trust import chain, rooted

        waits = self.statement()
        chain.unexpired(self.trust, people.now(), str(self.project.path))
        if waits.text("trust") != self.trust.current.digest:
            raise StatementError.of(
                "GATE415", "the word that waits is of another version of the trust file than the current one", str(self.path),
                "delete the file, and say it anew with the same command",
            )  # fmt: skip
        if why := rooted.lacking(self.trust, learned, waits):
            click.echo(clean(f"{self.path}: {why}; {', '.join(rooted.waiting(self.trust, waits))} can sign"))
            click.echo(f"next: {AGAIN}")
            return None
        project_ledger = self.project.ledger
        if not (project_ledger.next_key_path if waits.kind == "key" else project_ledger.key_path).exists():
            click.echo(clean(f"{self.path} has all signatures; `policy ledger sign` logs it where the gate's key is"))
            return None
        project = notifying.before(self.project)
        if waits.kind == "recovery":
            unless_there(project, waits)
        if waits.kind == "key":
            receipt = log_key(project, waits, project.ledger.following(), people.now())
        else:
            changed = mends(project, waits.predicate) if waits.kind == "clock" else None
            receipt = log_rooted(project, waits, people.now(), changed)
        self.path.unlink()
        click.echo(f"logged as entry {receipt.index}")
        notifying.after(project, quiet=False)
        return receipt


def rotate(project: Project, reason: str, *, lost: bool) -> None:
    """Log that the next key follows the gate's; or, where that is lost, let the word wait for the root.

    Raises `LetpassError`.  Where that was logged before, and only the files were not put into their places, that is done.
    """
    from letpass.diagnostics import TrustError
    from letpass.ledger import note
    from letpass.lifecycle.issuing import key_change
    from letpass.lifecycle.recording import log_key
    from letpass.trust import dsse, statements

    project_ledger = project.ledger
    new = project_ledger.following()
    ledger = project_ledger.rotating(new) if not lost else project_ledger.reader()
    assert ledger is not None
    head = ledger.checkpoint()
    if note.signed_by(head.note, (new.public,)):
        project_ledger.take_over()
        click.echo(f"{new.public} signs the ledger by now, and is the gate's key here")
        return
    if lost and project.trust is None:
        raise TrustError.of(
            "GATE411", "there is no trust file, so nobody can sign in the place of a key that is lost", project_ledger.name,
            "bring the old key back, or begin anew as docs/ledger.md says",
        )  # fmt: skip
    old = note.signed_by(head.note, ledger.believed)[0]
    payload = key_change(old, new.public, head, people.now(), reason, project.trust if lost else None)
    signatures = new.envelope(payload).signatures
    if lost:
        Waiting(project).begin(dsse.Envelope(dsse.STATEMENT, payload, signatures))
        return
    both = dsse.Envelope(
        dsse.STATEMENT, payload, (*project_ledger.key(make=False).envelope(payload).signatures, *signatures)
    )
    project = notifying.before(project)
    receipt = log_key(project, statements.read("", both.text()), new, people.now())
    click.echo(f"logged as entry {receipt.index}: {new.public} signs the ledger from here on")
    notifying.after(project, quiet=False)


def missing(project: Project) -> tuple[str, str, Mapping[str, Any]]:
    """What is missing between the ledger's end and the kept checkpoint: the log's name, the digest of that head, and the
    fields that a statement names it by.

    Raises `LetpassError` where nothing is, or where that cannot be told.
    """
    from base64 import b64encode

    from letpass.diagnostics import LedgerError
    from letpass.ledger import recovery

    project_ledger = project.ledger
    ledger = project_ledger.restored()
    if ledger.store.follows():
        what = "this is a replica, which may be behind: what it has not is not lost"
        raise LedgerError.of("GATE420", what, project_ledger.name, "name the primary")
    kept, head = project_ledger.checkpoint(ledger.believed), ledger.checkpoint()
    again = "`policy ledger verify`"
    if faults := ledger.faults():
        raise LedgerError.of(
            "GATE421", f"the ledger itself is not what was logged: {faults[0]}", project_ledger.name, again
        )
    if kept is None:
        what = f"no checkpoint was kept, `{project_ledger.kept}`, so nothing says that entries are missing"
        raise LedgerError.of("GATE420", what, project_ledger.name, again)
    if kept.origin == head.origin and recovery.of(ledger.losses, kept) is not None:
        raise LedgerError.of("GATE420", "what is missing is known as lost already", project_ledger.name, again)
    if kept.size <= head.size:
        ledger.continues(kept)
        raise LedgerError.of(
            "GATE420", "nothing is missing: it goes on from the kept checkpoint", project_ledger.name, again
        )
    seen = [{"size": c.size, "root": b64encode(c.root).decode("ascii")} for c in (kept, head)]
    said = {"lost": seen[0], "head": seen[1], "from": head.size, "to": kept.size - 1}
    return head.origin, f"sha256:{kept.root.hex()}", said


def unless_there(project: Project, statement: Statement) -> None:
    """Raise `LedgerError` where the entries that a word names as lost are there: a newer copy was found meanwhile."""
    from letpass.diagnostics import LedgerError, UnreachableError
    from letpass.ledger.note import Checkpoint
    from letpass.trust.strict import unbase64

    lost = statement.predicate["lost"]
    try:
        project.ledger.restored().continues(
            Checkpoint(statement.subject, int(lost["size"]), unbase64(str(lost["root"])), "")
        )
    except UnreachableError as error:
        if error.diagnostics[0].code != "GATE421":
            raise
        return
    raise LedgerError.of(
        "GATE420", "nothing is missing: the ledger has the entries that the word calls lost", project.ledger.name,
        "delete `ledger.next.json`, then `policy ledger verify`",
    )  # fmt: skip


def before(project: Project, index: int) -> int:
    """The time of the entry before one, in microseconds; that of the first one is its own."""
    logged = project.ledger.writer().entries()
    return logged[min(max(index - 1, 0), len(logged) - 1)].at


def mends(project: Project, said: Mapping[str, Any]) -> Mapping[int, int]:
    """The times of entries as a word mends them, by their indices; raises `StatementError` where it mends nothing."""
    from letpass.diagnostics import InvalidError, StatementError
    from letpass.ledger import mending
    from letpass.trust import strict

    ledger = project.ledger.writer()
    try:
        return mending.proposed(ledger.entries(), int(said["entry"]), strict.instant(said["at"]), people.now())
    except InvalidError as error:
        raise StatementError.of(
            "GATE413", str(error), ledger.store.name, "`policy ledger list` shows their times"
        ) from None
