"""`policy reject`: reject a request in a role."""

from __future__ import annotations

import click

from assay.cli import people
from assay.cli.answering import answer


@click.command("reject", short_help="Reject a request in a role.")
@click.argument("request", metavar="REQUEST")
@people.role_option
@people.key_option
@people.reason_option
@people.yes_option
@click.option("--into", metavar="FOLDER", help="Where to write the answer; else beside the request.")
def command(request: str, role: str, key: str | None, reason: str, yes: bool, into: str | None) -> None:
    """Say no to a REQUEST in a role that the trust file gives you: until you withdraw it, the move is denied.

    \b
    Example:
      policy reject models/fraud/4/REQUEST.json --role validator --key ~/.ssh/id_ed25519 --reason "…"
    """
    answer(request, "reject", role, key, reason, into, yes=yes)
