"""`policy withdraw`: take back your answer to a request."""

from __future__ import annotations

import click

from assay.cli import people
from assay.cli.answering import answer


@click.command("withdraw", short_help="Take back your answer to a request.")
@click.argument("request", metavar="REQUEST")
@people.role_option
@people.key_option
@people.reason_option
@people.yes_option
@click.option("--into", metavar="FOLDER", help="Where to write the answer; else beside the request.")
def command(request: str, role: str, key: str | None, reason: str, yes: bool, into: str | None) -> None:
    """Take back what you answered to a REQUEST in a role: neither a sign-off nor a rejection of yours counts then.

    \b
    Example:
      policy withdraw models/fraud/4/REQUEST.json --role validator --key ~/.ssh/id_ed25519 --reason "…"
    """
    answer(request, "withdraw", role, key, reason, into, yes=yes)
