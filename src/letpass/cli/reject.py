"""`policy reject`: reject a request in a role."""

from __future__ import annotations

import click

from letpass.cli import people
from letpass.cli.answering import answer
from letpass.cli.exits import Exit


@click.command("reject", short_help="Reject a request in a role.")
@click.argument("request", metavar="REQUEST|MODEL")
@people.answers
def command(
    request: str, which: people.Which, role: str, key: str | None, reason: str, yes: bool, log: bool, into: str | None
) -> Exit:
    """Say no to a REQUEST (its file, or the MODEL) in a role that the trust file gives you: until you withdraw it, the move is denied.

    \b
    Example:
      policy reject models/fraud/4.yaml --role validator --key ~/.ssh/id_ed25519 --reason "…"
    """
    return answer(request, "reject", role, key, reason, into, which, yes=yes, log=log)
