"""`policy attest`: sign what a tool found, as a statement about one artifact."""

from __future__ import annotations

from typing import Any

import click

from letpass.cli import gathered, options
from letpass.cli.exits import Exit


@click.command("attest", short_help="Sign what a tool found, as evidence about one artifact.")
@click.argument("model", metavar="MODEL")
@click.argument("file", metavar="FILE")
@gathered.reads
@options.artifact_option
@gathered.key_option
@gathered.into_option
def command(model: str, file: str, key: str | None, **how: Any) -> Exit:
    """Sign a FILE as evidence: a report of a tool, or a part of a record.  `policy evidence formats` lists what is read.

    What a service has signed counts for `attested by "SERVICE"` where the trust file lets its key say so.

    \b
    Example:
      policy attest models/fraud/4.yaml results.xml --suite "Fairness Check" --key ci.pem
    """
    if not key:
        raise click.UsageError("which key signs? name the service's with --key, or set LETPASS_SERVICE_KEY")
    with options.diagnosed():
        gathered.add(model, file, key=key, **how)
    return Exit.DONE
