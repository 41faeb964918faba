"""What the commands for objections, withdrawals and statements of the owners share."""

from __future__ import annotations

import functools
import shlex
from collections.abc import Callable, Hashable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from letpass.cli import moving, notifying, people
from letpass.cli.exits import Exit
from letpass.frozen import Frozen

if TYPE_CHECKING:
    from letpass.facts.record import Record
    from letpass.project.project import Project
    from letpass.registries.interface import Beside
    from letpass.trust.statements import Statement

log_option = click.option(
    "--log/--no-log", "log", default=None, help="Log it at once; by default where the gate's key is."
)
why_option = click.option("--reason", metavar="TEXT", required=True, help="Why, for everybody to read.")
into_option = click.option("--into", metavar="FOLDER", help="Where to write it; else beside the version.")


class By(Frozen):
    """How a word of the owners is said: why, with which key or by whom, and where it goes."""

    reason: str
    key: str | None
    yes: bool
    actor: str | None
    log: bool | None
    into: str | None


def spoken(command: Callable[..., Exit]) -> Callable[..., Exit]:
    """The options of the commands by which the owners of the policies speak, as `by`."""

    @functools.wraps(command)
    def called(
        reason: str, key: str | None, yes: bool, actor: str | None, log: bool | None, into: str | None, **given: Any
    ) -> Exit:  # fmt: skip
        return command(by=By(reason, key, yes, actor, log, into), **given)

    for option in (
        into_option, log_option, moving.actor_option, people.yes_option, people.key_option, why_option
    ):  # fmt: skip
        called = option(called)
    return called


def put(
    project: Project,
    record: Record | None,
    payload: bytes,
    signed: bytes,
    kind: Beside,
    into: str | None,
    *,
    log: bool | None,
    material: Sequence[tuple[str, bytes]] = (),
) -> None:
    """Put a signed word where it belongs, log it at once where that can be done, and say both.

    `record`: the version that it is about, None for a word about the project, which lies beside the policies · `material`:
    texts that it is about, by their digests.
    """
    from letpass.canonical import digest_bytes
    from letpass.project.contents import signatures_of
    from letpass.registries import carried
    from letpass.registries.interface import Beside
    from letpass.trust import statements

    name = digest_bytes(payload)
    suffix = ".json" if kind is Beside.STATEMENT else f".{kind.value}.json"
    if into is not None:
        place = str(carried.put(Path(into), name, signed, suffix))
    elif record is not None:
        place = project.carrier(record).add(record, name, signed, kind)
    else:
        place = str(carried.put(signatures_of(project.policies[0]), name, signed, suffix))
    people.written(place)
    if not (can_log(project, record) if log is None else log):
        if record is None or project.registry.gate() is None:
            of = "" if record is None else " about the version"
            click.echo(
                f"it is not logged yet: `--log`, or the next logged decision{of}, does it where the gate's key is"
            )
        return
    from letpass.lifecycle.recording import log_words

    (receipt,) = log_words(notifying.before(project), [statements.read(place, signed)], people.now(), record, material)
    click.echo(f"logged as entry {receipt.index}")
    notifying.after(project, quiet=False)


def still_there(record: Record) -> None:
    """Say what a word against a version does not do: it takes it out of no stage."""
    from letpass.diagnostics import clean
    from letpass.move import ARCHIVED

    if record.stage and record.stage != ARCHIVED:
        retire = f"`policy retire {shlex.quote(record.name)} --reason TEXT`"
        click.echo(clean(f"{record.name} still holds {record.stage}; next: {retire}, or a rollback"))


def can_log(project: Project, record: Record | None) -> bool:
    """Is the gate's key here; a gated server of MLflow logs what is put beside its versions."""
    served = record is not None and project.registry.gate() is not None
    return not served and project.ledger.key_path.exists()


def owned(
    project: Project, type_: str, name: str, artifact: str, said: Mapping[str, Any], record: Record | None, by: By,
    material: Sequence[tuple[str, bytes]] = (),
) -> Exit:  # fmt: skip
    """Say a word as an owner of the policies; without a trust file, log it with its reason.

    type_: of the statement · name, artifact: what it is about · said: its own fields · material: texts that it is about, by
    their digests.
    """
    from letpass.lifecycle import issuing
    from letpass.registries.interface import Beside
    from letpass.trust import statements
    from letpass.trust.kinds import KINDS, LIFT, REVOCATION
    from letpass.trust.roles import POLICY_OWNER

    if not by.reason.strip():
        raise click.UsageError("it needs a reason")
    if project.trust is None:
        return _noted(project, KINDS[type_], said, record, artifact, by, material)
    who, ssh, file = people.signer(project.trust, by.key, POLICY_OWNER)
    payload = issuing.owned(project.trust, type_, name, artifact, dict(said), who, people.now(), by.reason)
    signed = people.sign(payload, ssh, file, yes=by.yes)
    kind = Beside.OBJECTION if type_ in {REVOCATION, LIFT} else Beside.STATEMENT
    put(project, record, payload, signed, kind, by.into, log=by.log, material=material)
    _lacking(project, record, statements.read("", signed))
    return Exit.DONE


def _lacking(project: Project, record: Record | None, own: Statement) -> None:
    """Say whether it holds now, or which of the owners have not said the same yet."""
    from letpass.ledger import in_effect as ledger_words
    from letpass.trust import owners, statements
    from letpass.trust.roles import POLICY_OWNER

    assert project.trust is not None
    role = project.trust.current.roles[POLICY_OWNER]
    if role.threshold == 1:
        return
    statement_files = (
        project.statement_files(record, (), project.past(record.text("model")))
        if record is not None
        else project.beside_policies()
    )
    said = [s for s in statements.readable(statement_files) if s.type == own.type and _same(s) == _same(own)]
    logged = project.ledger.reader()
    known = ledger_words.learned(logged.entries_of("trust")) if logged is not None else ()
    agreed, judged = owners.judge(project.trust, known, statements.once([own, *said]), people.now(), _same)
    if agreed:
        click.echo(
            f"it holds now: {'one owner of the policies has' if role.threshold == 1 else f'{role.threshold} owners of the policies have'} said it"
        )
        return
    spoken = {j.person for j in judged if j.key}
    left = [m for m in role.members if m not in spoken]
    click.echo(
        f"it holds once {role.threshold} owners have said it: {', '.join(left)} with the same command and their key"
    )


def _same(statement: Statement) -> Hashable:
    """The key by which two statements of the owners say the same."""
    said = statement.predicate
    if "of" in said:
        return tuple(said["of"])
    return (said["model"], said["version"]) if "model" in said else statement.artifact


def _noted(
    project: Project, kind: str, said: Mapping[str, Any], record: Record | None, artifact: str, by: By,
    material: Sequence[tuple[str, bytes]],
) -> Exit:  # fmt: skip
    """Log a word that nobody signs, in a project without a trust file; a gated server is asked to, as who calls it."""
    from letpass.canonical import canonical
    from letpass.diagnostics import RegistryError
    from letpass.ledger import in_effect as ledger_words
    from letpass.lifecycle.recording import log_note
    from letpass.trust import shapes

    project.not_lost()
    model, version = (record.text("model"), record.text("version")) if record is not None else ("", "")
    if project.registry.gate() is not None:
        if record is not None:
            of = {"of": said["of"]} if "of" in said else {}
            project.registry.ask(record, kind, canonical({**of, "reason": by.reason}).decode("utf-8"))
            click.echo(f"logged by the gate of {project.registry.name}; there is no trust file, so nobody signs it")
            return Exit.DONE
        if not project.ledger.key_path.exists():
            raise RegistryError.of(
                "GATE433", f"the gate of {project.registry.name} keeps the ledger, and its key is not here", project.registry.name,
                "run this command in the project of the server, on its machine",
            )  # fmt: skip
    known = artifact if shapes.is_digest(artifact) and record is not None else ""
    given = {k: v for k, v in said.items() if k not in {"model", "version"}}
    entry = ledger_words.note_entry(kind, given, by.actor or people.requester(), by.reason, model, version, known)
    receipt = log_note(notifying.before(project), entry, people.now(), material)
    click.echo(f"logged as entry {receipt.index}; there is no trust file, so nobody signs it")
    notifying.after(project, quiet=False)
    return Exit.DONE
