"""`policy sign`: sign a request, or the policies in force."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from letpass.cli import changes, options, people, showing
from letpass.cli.answering import sign
from letpass.cli.exits import Exit

if TYPE_CHECKING:
    from letpass.gathering import Desk
    from letpass.policyset import PolicySet


@click.command("sign", short_help="Sign a request, or a policy set.")
@click.argument("what", metavar="REQUEST|MODEL|POLICIES")
@people.choosing
@people.role_option
@people.key_option
@people.reason_option
@people.yes_option
@people.log_option
@showing.output_option
@click.option("--into", metavar="FOLDER", help="Where to write it; else beside what is answered.")
def command(
    what: str, which: people.Which, role: str, key: str | None, reason: str, yes: bool, log: bool,
    outputs: tuple[str, ...], into: str | None,
) -> Exit:  # fmt: skip
    """Sign a REQUEST (its file, or the MODEL that it is about), or the policy set in a folder of POLICIES, in a role that the trust file gives you.

    What is about to be signed is shown from the bytes that are signed.  `ssh-keygen` signs, so agents and security keys
    work.

    \b
    Example:
      policy sign policies --role policy-owner --key ~/.ssh/id_ed25519
    """
    path = Path(what)
    if path.is_dir() or path.suffix == ".policy":
        return _policies(path, role, key, reason, into, yes=yes)
    return sign(what, role, key, reason, into, which, yes=yes, log=log, outputs=outputs)


def _policies(path: Path, role: str, key: str | None, reason: str, into: str | None, *, yes: bool) -> Exit:
    with options.diagnosed():
        from letpass import asking
        from letpass.canonical import digest_bytes
        from letpass.configuration import load
        from letpass.diagnostics import StatementError, clean
        from letpass.gathering import signatures_of
        from letpass.registries import carried
        from letpass.trust import inforce, statements
        from letpass.trust.trustfile import POLICY_OWNER

        configuration = load()
        desk, trust = people.trusted(configuration)
        if role != POLICY_OWNER:
            raise StatementError.of("GATE415", f"policies are signed in the role `{POLICY_OWNER}`, not `{role}`")
        who, ssh, file = people.signer(trust, key, role)
        loaded = _own(path, desk)
        into_folder = Path(into) if into else signatures_of(path)
        beside = carried.below(into_folder) if into_folder.is_dir() else []
        before = inforce.last_signed(trust, statements.readable(beside), people.now())
        for line in (
            *changes.lines(loaded, before, changes.kept(into_folder, before)),
            *changes.unknown(loaded, trust),
        ):
            click.echo(clean(line))
        last = before.time("issuedAt") if before is not None else 0
        payload = asking.policies(trust, loaded, _identity(desk), who, people.now(), reason, last)
        signed = people.sign(payload, ssh, file, yes=yes)
        found = carried.put(into_folder, digest_bytes(payload), signed)
        changes.keep(into_folder, loaded)
    people.written(str(found))
    return Exit.DONE


def _own(path: Path, desk: Desk) -> PolicySet:
    """The project's own policies, which the path must name: nothing else is put in force."""
    from letpass.diagnostics import StatementError

    own = {p.resolve() for p in desk.policies}
    if path.resolve() not in own:
        known = ", ".join(str(p) for p in desk.policies)
        raise StatementError.of(
            "GATE415", f"`{path}` is not what the project is judged by", help=f"`policies` in policy.toml names {known}"
        )
    return options.load_policies((), desk.configuration)


def _identity(desk: Desk) -> Mapping[str, Any]:
    """Which registry and which ledger are signed for; a registry that does not answer is told and left out."""
    from letpass.diagnostics import UnreachableError, clean

    try:
        return desk.identity(make=True)
    except UnreachableError as error:
        said = error.diagnostics[0].message
        click.echo(clean(f"note: {said}; so which registry and ledger the policies are for is not signed"), err=True)
        return {}
