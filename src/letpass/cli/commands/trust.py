"""`policy trust`: who may sign what."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from letpass.cli import options, owners, people
from letpass.cli.exits import Exit
from letpass.cli.subcommands import Subcommands

if TYPE_CHECKING:
    from letpass.trust.chain import Trust

SUBCOMMANDS = {
    "init": "Begin a trust file, and put the policies in force.",
    "add": "Add people, a domain, role, service, or key of the ledger.",
    "remove": "Take one out.",
    "revoke": "Revoke keys, with a reason.",
    "rotate": "Replace a person's key, or renew the file's end.",
    "sign": "Sign the change that waits.",
    "check": "Verify the trust file, and what waits beside it.",
    "show": "Show who may sign what.",
}


ELSEWHERE = {
    "init": "letpass.cli.commands.trust_init",
    **dict.fromkeys(("add", "remove", "revoke", "rotate"), "letpass.cli.commands.trust_changes"),
}


@click.group("trust", cls=Subcommands, table=SUBCOMMANDS, elsewhere=ELSEWHERE, short_help="Say who may sign what.")
def command() -> None:
    """The trust file says who may sign what: people and their keys, roles, services, and the ledger's keys.

    A change lies in `trust.next.json` until the threshold of the root has signed it.

    \b
    Example:
      policy trust show
    """


@command.command("sign", short_help=SUBCOMMANDS["sign"])
@people.key_option
@people.yes_option
def sign(key: str | None, yes: bool) -> Exit:
    """Sign the change in `trust.next.json`.  With the last signature that it needs it becomes the trust file.  Of its first
    version an owner of the policies puts them in force in the same go.

    \b
    Example:
      policy trust sign --key ~/.ssh/id_ed25519
    """
    if not key:
        raise click.UsageError("which key signs? name it with --key, or set LETPASS_KEY")
    with options.diagnosed():
        from letpass.cli.commands.trust_files import Files

        files = Files.here()
        begins = files.trust is None
        files.sign(key, yes=yes)
        files.tell()
        if begins:
            owners.first(files, key, yes=yes)
    return Exit.DONE


@command.command("check", short_help=SUBCOMMANDS["check"])
def check() -> Exit:
    """Verify every version of the trust file from the pinned one on.  Exit 1 where it has expired or a change waits.

    \b
    Example:
      policy trust check
    """
    with options.diagnosed():
        from letpass.cli.commands.trust_files import Files
        from letpass.trust import strict

        files = Files.here()
        trust = files.trust
        if trust is not None:
            current = trust.current
            click.echo(f"{files.path}: version {current.number}, {current.digest}")
            click.echo(f"root: {trust.root}, signed by its threshold in every version")
            over = current.expires <= people.now()
            click.echo(f"{'expired' if over else 'holds until'} {strict.written(current.expires)}")
        waits = files.next.exists()
        if waits:
            files.tell()
    if waits or trust is None or over:
        if trust is None and not waits:
            click.echo(f"there is no trust file `{files.path}`")
        return Exit.NO
    return Exit.DONE


@command.command("show", short_help=SUBCOMMANDS["show"])
@click.option("--root", is_flag=True, help="Print the digest to pin: that of the first version.")
@click.option("--json", "plain", is_flag=True, help="Print the current version as JSON.")
@click.option(
    "--allowed-signers", "allowed", is_flag=True, help="Print people's keys as `ssh-keygen -Y verify` reads them."
)
@click.option("--all", "every", is_flag=True, help="With --allowed-signers: of all versions, who has left too.")
def show(root: bool, plain: bool, allowed: bool, every: bool) -> Exit:
    """Show people, roles, services and the ledger's keys.

    \b
    Example:
      policy trust show --allowed-signers --all
    """
    if every and not allowed:
        raise click.UsageError("--all belongs to --allowed-signers")
    with options.diagnosed():
        from letpass.cli.commands.trust_files import Files

        files = Files.here()
        if root:
            click.echo(files.first_digest())
            return Exit.DONE
        trust = files.needed()
    if plain:
        click.echo(json.dumps(trust.current.document, indent=2, ensure_ascii=False))
    elif allowed:
        from letpass.cli import allowed as signers

        for line in signers.lines(trust, every=every):
            click.echo(line)
    else:
        from letpass.diagnostics import clean

        for line in _told(trust):
            click.echo(clean(line))
    return Exit.DONE


def _told(trust: Trust) -> Iterator[str]:
    """Who may sign what, in lines."""
    from letpass.trust import strict
    from letpass.trust.trustfile import REQUEST

    current = trust.current
    yield (f"version {current.number}, holds until {strict.written(current.expires)}, root {trust.root}")
    for name, person in current.people.items():
        yield (f"{name}" + (f"  also {', '.join(ascii(a)[1:-1] for a in person.aliases)}" if person.aliases else ""))
        if not person.keys:
            yield "  no key: signs nothing"
        for entry in person.keys:
            state = (
                f"  revoked {strict.written(entry.revoked)}: {ascii(entry.reason)[1:-1]}"
                if entry.revoked is not None
                else ""
            )
            until = f"  until {strict.written(entry.ends)}" if entry.ends is not None else ""
            yield (f"  {entry.key.kind}  {entry.key.fingerprint}{until}{state}")
    if current.domains:
        yield f"domains whose addresses name people: {', '.join(current.domains)}"
    for name, role in current.roles.items():
        scope = (
            ""
            if (role.models, role.stages) == (("*",), ("*",))
            else f"  of {', '.join(role.models)} to {', '.join(role.stages)}"
        )
        yield (f"role {name}: {role.threshold} of {', '.join(role.members)}{scope}")
    for name, service in current.services.items():
        may = [
            *service.predicates,
            *(f"may {'ask' if m == REQUEST else 'say who made a version'}" for m in service.may),
        ]
        yield (f"service {name}: {', '.join(may)}  of {', '.join(service.models)}")
    for key in current.ledger:
        yield (f"ledger {key}")
    for key in current.witnesses:
        yield (f"witness {key}  (quorum {current.quorum})")
