"""`policy withdraw`: take back your answer to a request."""

from __future__ import annotations

import click

from letpass.cli import people
from letpass.cli.answering import answer
from letpass.cli.exits import Exit


@click.command("withdraw", short_help="Take back your answer to a request.")
@click.argument("request", metavar="REQUEST|MODEL")
@people.answers
def command(
    request: str, which: people.Which, role: str, key: str | None, reason: str, yes: bool, log: bool, into: str | None
) -> Exit:
    """Take back what you answered to a REQUEST (its file, or the MODEL) in a role: neither a sign-off nor a rejection of yours counts then.

    \b
    Example:
      policy withdraw models/fraud/4.yaml --role validator --key ~/.ssh/id_ed25519 --reason "…"
    """
    return answer(request, "withdraw", role, key, reason, into, which, yes=yes, log=log)
