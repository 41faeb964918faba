"""Shared by the commands by which people sign: whose key it is, what is shown before it signs, where the statement goes."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from letpass.cli import variables
from letpass.frozen import Frozen
from letpass.move import KINDS

if TYPE_CHECKING:
    from letpass.cli.exits import Exit
    from letpass.facts.record import Record
    from letpass.move import Move
    from letpass.project.configuration import Configuration
    from letpass.project.policyset import PolicySet
    from letpass.project.project import Project
    from letpass.trust.chain import Trust
    from letpass.trust.keys import Key
    from letpass.trust.trustfile import Version

key_option = variables.option(
    "--key",
    "key",
    variable="LETPASS_KEY",
    callback=variables.told,
    metavar="KEY",
    help="Your SSH key: its file, or its .pub where an agent or a security key holds it.",
)
yes_option = click.option("-y", "--yes", is_flag=True, help="Do not ask on a terminal.")
_WHICH = (
    click.option("--to", "stage", metavar="STAGE", help="Of a MODEL with several requests: the one to this stage."),
    click.option("--rollback", is_flag=True, help="Of a MODEL with several requests: the one for a rollback."),
    click.option(
        "--on",
        "on",
        type=click.Choice([k for k in KINDS if k != "rollback"]),
        help="Of several: the one for this move.",
    ),
)
role_option = click.option("--role", metavar="ROLE", required=True, help="The role in which you speak.")
reason_option = click.option("--reason", metavar="TEXT", default="", help="Why, for everybody to read.")


log_option = click.option(
    "--log", "log", is_flag=True, help="Log it at once, with what was brought before, so that events go out now."
)


def choosing(command: Callable[..., Exit]) -> Callable[..., Exit]:
    """The options by which one of several moves is meant, as `which`."""

    @functools.wraps(command)
    def called(stage: str | None, rollback: bool, on: str | None, **given: Any) -> Exit:
        return command(which=Which(stage, "rollback" if rollback else on), **given)

    for option in reversed(_WHICH):
        called = option(called)
    return called


class Which(Frozen):
    """Which of several moves is meant: those to a stage, of a kind, or both; None where that is not said."""

    stage: str | None = None
    kind: str | None = None

    def fits(self, move: Move, configuration: Configuration) -> bool:
        """May a move be the one that is meant."""
        to = configuration.stage(self.stage) if self.stage is not None else None
        return (to is None or move.stage == to) and self.kind in {None, move.kind}


@contextmanager
def naming() -> Iterator[None]:
    """Raise `StatementError` where `--of` names nothing, or several things."""
    from letpass.diagnostics import InvalidError, StatementError

    try:
        yield
    except InvalidError as error:
        raise StatementError.of(
            "GATE413", str(error), "--of", "`policy check` names what stands, each by its digest"
        ) from None


def trusted(
    configuration: Configuration, policies: Sequence[Path] = (), extra: Sequence[Path] = ()
) -> tuple[Project, Trust]:
    """The project's project and trust file; raises where there is none, or it has expired."""
    from letpass.diagnostics import TrustError
    from letpass.project.project import Project
    from letpass.trust import chain

    project = Project(configuration, policies, extra)
    if project.trust is None:
        missing = f"there is no trust file `{project.path}`, so nobody's signature counts"
        raise TrustError.of("GATE411", missing, help="`policy trust init`")
    chain.unexpired(project.trust, now(), str(project.path))
    return project, project.trust


def logged(project: Project, policies: PolicySet, record: Record, move: Move) -> None:
    """Log all statements that lie beside a version now, and tell who wants to know."""
    from letpass.cli import notifying
    from letpass.gate import case as cases
    from letpass.lifecycle.recording import log_statements

    notifying.before(project)
    log_statements(cases.opened(project, policies, record, move, now()), keep=True)
    notifying.after(project, quiet=False)


def now() -> int:
    """The time, in microseconds, to the second."""
    from letpass.cli.options import clock

    return clock(None)[0]


def signer(trust: Trust, path: str | None, role: str = "") -> tuple[str, Key, Path]:
    """The person to whom a key belongs, by the trust file; raises `LetpassError` for a key whose signature would never count."""
    from letpass.diagnostics import StatementError, nearest, offer
    from letpass.trust.signing import public_key

    if not path:
        raise click.UsageError("which key signs? name it with --key, or set LETPASS_KEY")
    file = Path(path).expanduser()
    key = public_key(file)
    holder = trust.current.holder(key)
    if holder is None:
        raise StatementError.of(
            "GATE415",
            f"the key {key.fingerprint} is nobody's in the trust file",
            str(file),
            _waiting(lambda version: version.holder(key) is not None)
            or "`policy trust add person PERSON --key KEY.pub`, and let the root sign it: `policy trust sign`",
        )
    name, entry = holder
    if entry.revoked is not None:
        raise StatementError.of("GATE415", f"the key of {name} is revoked: {entry.reason}", str(file))
    if fault := entry.fault(now(), "now"):
        raise StatementError.of("GATE415", fault, str(file), f"`policy trust rotate {name} --key KEY.pub`")
    if role:
        found = trust.current.roles.get(role)
        if found is None:
            raise StatementError.of(
                "GATE415",
                f"the trust file has no role `{role}`",
                help=_waiting(lambda version: role in version.roles)
                or offer(nearest(role, trust.current.roles), "role")
                or f"roles are {', '.join(sorted(trust.current.roles))}",
            )
        if name not in found.members:
            raise StatementError.of(
                "GATE415",
                f"{name} is not in the role `{role}`",
                help=_waiting(lambda version: role in version.roles and name in version.roles[role].members)
                or f"in it are {', '.join(found.members)}",
            )
    return name, key, file


def _waiting(has: Callable[[Version], bool]) -> str:
    """What to do where the change that waits beside the trust file has what that one lacks, nothing where it has not."""
    from letpass.cli.commands.trust_files import Files

    version = Files.here().next_version()
    return waiting_help(version) if version is not None and has(version) else ""


def waiting_help(version: Version) -> str:
    """A note that a version of the trust file waits for signatures, and how to sign it."""
    return f"version {version.number} of the trust file has it, and waits for signatures: `policy trust sign`"


def requester() -> str:
    """Who asks, where no key says so: the e-mail address that git knows."""
    return mail() or os.environ.get("USER", "") or "unknown"


def mail() -> str:
    """The e-mail address that git knows, nothing where it knows none."""
    try:
        done = subprocess.run(["git", "config", "user.email"], capture_output=True, text=True, timeout=10, check=False)  # noqa: S607
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def sign_as_service(payload: bytes, file: Path, *, yes: bool) -> bytes:
    """As `sign`, with the key of a service."""
    from letpass.trust import signers, signing

    show(payload)
    confirmed(signing.service_key(file), yes=yes)
    return signing.by_service(file, payload, signers.NAMESPACE).text()


def confirmed(key: Key, *, yes: bool) -> None:
    """Ask on a terminal, unless that was answered beforehand; raises `Abort` for a no."""
    if not yes and asks():
        click.confirm(f"sign this with {key.fingerprint}?", abort=True)


def asks() -> bool:
    """Can somebody be asked: both ends are a terminal."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()


def sign(payload: bytes, key: Key, file: Path, *, yes: bool) -> bytes:
    """Show what is about to be signed, from those bytes, ask on a terminal, and sign; gives the statement's text."""
    from letpass.trust import dsse, signers, signing
    from letpass.trust.dsse import Envelope

    show(payload)
    confirmed(key, yes=yes)
    blob = signing.by_person(file, key, dsse.encode(dsse.STATEMENT, payload), signers.NAMESPACE)
    return Envelope(dsse.STATEMENT, payload, ((key.fingerprint, blob),)).text()


def show(payload: bytes, what: str = "", only: Sequence[str] = ()) -> None:
    """The bytes to be signed, as a person reads them: nothing of it comes from anywhere else.

    `only`: the fields to show, where they are not all.
    """
    from letpass.diagnostics import clean
    from letpass.trust import statements
    from letpass.trust.dsse import STATEMENT, Envelope

    statement = statements.from_envelope("", Envelope(STATEMENT, payload))
    article = "an" if statement.kind[0] in "aeio" else "a"
    click.echo(f"{what}:" if what else f"you are about to sign {article} {statement.kind}:")
    click.echo(f"  {'about':12} {clean(statement.subject)}  {statement.artifact}")
    for name, value in lines(statement.predicate):
        if not only or name in only:
            click.echo(f"  {clean(name):12} {clean(value)}")


def lines(predicate: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """A predicate's fields as words."""
    from letpass.reports.waivers import waived
    from letpass.trust.missed import read

    for name, value in predicate.items():
        if name == "missed":
            yield from (("missed", waived(read(m))) for m in value)
        elif isinstance(value, dict):
            words = (
                " to ".join(str(v) for v in value.values())
                if name == "move"
                else ", ".join(f"{k} {v if isinstance(v, str) else json.dumps(v)}" for k, v in value.items())
            )
            yield name, words
        elif isinstance(value, list):
            yield name, ", ".join(v if isinstance(v, str) else json.dumps(v) for v in value) or "none"
        else:
            yield name, str(value)


def written(place: str) -> None:
    """Say where a statement was put."""
    from letpass.diagnostics import clean

    click.echo(clean(f"wrote {place}"))


def put(project: Project, record: Record, digest: str, data: bytes, into: str | None) -> str:
    """Put a statement beside a record, or into a folder that was named; where it is then."""
    from letpass.registries import carried

    return str(carried.put(Path(into), digest, data)) if into else project.carrier(record).add(record, digest, data)
