"""What the commands share by which somebody speaks of a version: objections, withdrawals, and words of the owners."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from letpass.cli import notifying, people
from letpass.cli.exits import Exit

if TYPE_CHECKING:
    from letpass.facts.record import Record
    from letpass.gathering import Desk
    from letpass.registries.interface import Beside
    from letpass.trust.chain import Trust

log_option = click.option(
    "--log/--no-log", "log", default=None, help="Log it at once; by default where the gate's key is."
)
into_option = click.option("--into", metavar="FOLDER", help="Where to write it; else beside the version.")


def put(
    desk: Desk,
    record: Record | None,
    payload: bytes,
    signed: bytes,
    kind: Beside,
    into: str | None,
    *,
    log: bool | None,
) -> None:
    """Put a signed word where it belongs, log it at once where that can be done, and say both.

    `record`: the version that it is about, None for a word about the project, which lies beside the policies.
    """
    from letpass.canonical import digest_bytes
    from letpass.gathering import signatures_of
    from letpass.registries import carried
    from letpass.registries.interface import Beside
    from letpass.trust import statements

    name = digest_bytes(payload)
    suffix = ".json" if kind is Beside.STATEMENT else f".{kind.value}.json"
    if into is not None:
        place = str(carried.put(Path(into), name, signed, suffix))
    elif record is not None:
        place = desk.carrier(record).add(record, name, signed, kind)
    else:
        place = str(carried.put(signatures_of(desk.policies[0]), name, signed, suffix))
    people.written(place)
    if not (can_log(desk) if log is None else log):
        if desk.registry.gate() is None:
            click.echo(
                "it is not logged yet: `--log`, or the next logged decision about the version, does it where the gate's key is"
            )
        return
    from letpass.logbook import log_words

    (receipt,) = log_words(notifying.before(desk), [statements.read(place, signed)], people.now(), record)
    click.echo(f"logged as entry {receipt.index}")
    notifying.after(desk, quiet=False)


def can_log(desk: Desk) -> bool:
    """Is the gate's key here, and a ledger that was begun; a gated server of MLflow logs what it is given itself."""
    return desk.registry.gate() is None and desk.books.key_path.exists() and desk.books.begun


def owned(
    desk: Desk, type_: str, name: str, artifact: str, said: Mapping[str, Any], record: Record | None, reason: str,
    key: str | None, actor: str | None, into: str | None, *, yes: bool, log: bool | None,
) -> Exit:  # fmt: skip
    """Say a word as an owner of the policies; without a trust file, log it with its reason.

    type_: of the statement · name, artifact: what it is about · said: its own fields.
    """
    from letpass import asking
    from letpass.registries.interface import Beside
    from letpass.trust.statements import KINDS, LIFT, REVOCATION
    from letpass.trust.trustfile import POLICY_OWNER

    if not reason.strip():
        raise click.UsageError("it needs a reason")
    if desk.trust is None:
        return _noted(desk, KINDS[type_], said, record, artifact, reason, actor)
    who, ssh, file = people.signer(desk.trust, key, POLICY_OWNER)
    payload = asking.owned(desk.trust, type_, name, artifact, dict(said), who, people.now(), reason)
    signed = people.sign(payload, ssh, file, yes=yes)
    kind = Beside.OBJECTION if type_ in {REVOCATION, LIFT} else Beside.STATEMENT
    put(desk, record, payload, signed, kind, into, log=log)
    _lacking(desk.trust)
    return Exit.DONE


def _lacking(trust: Trust) -> None:
    """Say how many owners are needed, where one is not enough."""
    from letpass.trust.trustfile import POLICY_OWNER

    role = trust.current.roles[POLICY_OWNER]
    if role.threshold > 1:
        click.echo(
            f"it holds once {role.threshold} of {', '.join(role.members)} have said the same: the same command, with their key"
        )


def _noted(
    desk: Desk, kind: str, said: Mapping[str, Any], record: Record | None, artifact: str, reason: str, actor: str | None
) -> Exit:
    """Log a word that nobody signs, in a project without a trust file."""
    from letpass import words as ledger_words
    from letpass.logbook import log_note
    from letpass.trust import statements

    model, version = (record.text("model"), record.text("version")) if record is not None else ("", "")
    known = artifact if statements.is_digest(artifact) and record is not None else ""
    given = {k: v for k, v in said.items() if k not in {"model", "version", "digests"}}
    entry = ledger_words.note_entry(kind, given, actor or people.requester(), reason, model, version, known)
    receipt = log_note(notifying.before(desk), entry, people.now())
    click.echo(f"logged as entry {receipt.index}; there is no trust file, so nobody signs it")
    notifying.after(desk, quiet=False)
    return Exit.DONE


def standing(desk: Desk, record: Record) -> Sequence[Any]:
    """The words against a version that stand, whatever move they are against."""
    from letpass import case as cases
    from letpass.move import DEPLOYMENT

    policies = _policies(desk)
    case = cases.opened(desk, policies, record, DEPLOYMENT, people.now())
    found = case.verified.accepted.objections
    return [o for o in found if not o.ended and o.about is not False]


def _policies(desk: Desk) -> Any:
    from letpass.gathering import own_policies

    return own_policies(desk.configuration)
