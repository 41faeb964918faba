"""Signing the policy set as one of its owners, and whether it is in force then."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from letpass.cli import changes, notifying, options, people, words

if TYPE_CHECKING:
    from letpass.cli.commands.trust_files import Files
    from letpass.project.policyset import PolicySet
    from letpass.project.project import Project


def first(files: Files, key: str, *, yes: bool) -> None:
    """Sign the policies that are there once a new trust file is in force, where its owner has just signed that.

    What keeps them from being signed is told: the trust file is in force without them.
    """
    from letpass.diagnostics import PolicyError, clean
    from letpass.trust.roles import POLICY_OWNER
    from letpass.trust.signing import public_key

    if files.next.exists() or files.trust is None or POLICY_OWNER not in files.trust.current.roles:
        return
    role = files.trust.current.roles[POLICY_OWNER]
    holder = files.trust.current.holder(public_key(Path(key).expanduser()))
    folder = files.configuration.path(files.configuration.policies[0])
    later = f"`policy sign {shlex.quote(str(folder))} --key KEY`"
    if holder is None or holder[0] not in role.members:
        click.echo(clean(f"next: {later}, by {' or '.join(role.members)}"))
        return
    why = "there is no policy yet"
    try:
        ready = bool(options.load_policies((), files.configuration).policies)
    except PolicyError as error:
        ready, why = False, error.diagnostics[0].message
    if not ready:
        click.echo(clean(f"note: {why}, so none is put in force; later: {later}"))
        return
    if sign(folder, (), key, "", None, yes=yes):
        click.echo("next: `policy request MODEL --to STAGE --key KEY` asks people to sign a move")


def sign(path: Path, roles: Sequence[str], key: str | None, reason: str, into: str | None, *, yes: bool) -> bool:
    """Sign the project's policies, which the path must name; are they in force then, which is said.

    Raises `LetpassError`.  `into`: where the signature goes, else beside the policies; elsewhere it counts nowhere yet.
    """
    from letpass.canonical import digest_bytes
    from letpass.diagnostics import StatementError, clean
    from letpass.lifecycle import issuing
    from letpass.lifecycle.recording import log_words
    from letpass.project.configuration import load
    from letpass.project.contents import signatures_of
    from letpass.registries import carried
    from letpass.trust import inforce, statements
    from letpass.trust.roles import POLICY_OWNER

    configuration = load()
    project, trust = people.trusted(configuration)
    if odd := next((r for r in roles if r != POLICY_OWNER), None):
        raise StatementError.of("GATE415", f"policies are signed in the role `{POLICY_OWNER}`, not `{odd}`")
    who, ssh, file = people.signer(trust, key, POLICY_OWNER)
    loaded = _own(path, project)
    into_folder = Path(into) if into else signatures_of(path)
    beside = carried.below(into_folder) if into_folder.is_dir() else []
    before = inforce.last_signed(trust, statements.readable(beside), people.now())
    for line in (
        *changes.lines(loaded, before, changes.kept(into_folder, before)),
        *changes.unknown(loaded, trust),
    ):
        click.echo(clean(line))
    logs = into is None and words.can_log(project, None)
    if logs and not project.ledger.begun:
        log_words(project, (), people.now())  # so that what is signed names a head of it, and another ledger is none
    last = before.time("issuedAt") if before is not None else 0
    payload = issuing.policies(trust, loaded, _identity(project), who, people.now(), reason, last)
    signed = people.sign(payload, ssh, file, yes=yes)
    found = carried.put(into_folder, digest_bytes(payload), signed)
    changes.keep(into_folder, loaded)
    hold = None
    if into is None:
        at = max(people.now(), statements.read(str(found), signed).time("issuedAt"))
        hold, _ = inforce.judge(trust, project.signed_sets(), loaded.digest, at, str(path))
        click.echo(clean(f"not in force yet: {hold.what}; {hold.help}" if hold else "these policies are in force now"))
    if logs:
        (receipt,) = log_words(notifying.before(project), [statements.read(str(found), signed)], people.now())
        click.echo(f"logged as entry {receipt.index}")
        notifying.after(project, quiet=False)
    people.written(str(found))
    return into is None and hold is None


def _own(path: Path, project: Project) -> PolicySet:
    """The project's own policies, which the path must name: nothing else is put in force."""
    from letpass.diagnostics import StatementError

    own = {p.resolve() for p in project.policies}
    if path.resolve() not in own:
        known = ", ".join(str(p) for p in project.policies)
        raise StatementError.of(
            "GATE415", f"`{path}` is not what the project is judged by", help=f"`policies` in policy.toml names {known}"
        )
    return options.load_policies((), project.configuration)


def _identity(project: Project) -> Mapping[str, Any]:
    """Which registry and which ledger are signed for; a registry that does not answer is told and left out."""
    from letpass.diagnostics import UnreachableError, clean

    try:
        return project.names.identity(make=True)
    except UnreachableError as error:
        said = error.diagnostics[0].message
        click.echo(clean(f"note: {said}; so which registry and ledger the policies are for is not signed"), err=True)
        return {}
