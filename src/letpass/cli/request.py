"""`policy request`: ask people to sign one move of one version."""

from __future__ import annotations

import shlex
import time
from pathlib import Path

import click

from letpass.cli import moving, options, people
from letpass.cli.exits import Exit


@click.command("request", short_help="Ask people to sign one move of one version.")
@click.argument("model", metavar="MODEL")
@moving.policies_option
@click.option("--to", "stage", metavar="STAGE", help="Ask for the promotion to this stage.")
@click.option("--rollback", is_flag=True, help="With --to: the move is a rollback.")
@click.option("--on", "on", type=click.Choice(["registration", "deployment", "review"]), help="Ask for another move.")
@click.option(
    "--expires",
    metavar="DAYS",
    type=click.IntRange(1, 366),
    default=30,
    show_default=True,
    help="Days until the request ends.",
)
@click.option("--requester", metavar="PERSON", help="Who asks; with --key the key says so, else git's user.email.")
@options.statements_option
@options.artifact_option
@people.reason_option
@people.key_option
@people.yes_option
@people.log_option
@click.option("--into", metavar="FOLDER", help="Where to write the request; else beside the record.")
def command(
    model: str, stage: str | None, rollback: bool, on: str | None, expires: int,
    requester: str | None, beside: tuple[str, ...], artifact: str | None, reason: str, key: str | None, yes: bool,
    log: bool, into: str | None,
) -> Exit:  # fmt: skip
    """Write the request that people sign: it binds registry, model, version, artifact, move, policy set, evidence, author,
    requester and the record's facts, so that a signature is about this very thing and no other.

    \b
    Example:
      policy request models/fraud/4.yaml --to production
    """
    with options.diagnosed():
        from letpass import asking
        from letpass import case as cases
        from letpass.canonical import digest_bytes
        from letpass.cli.check import move_of, one_record
        from letpass.configuration import load
        from letpass.diagnostics import LetpassError, clean

        configuration = load()
        loaded = options.load_policies((), configuration)
        move = move_of(configuration.stage(stage) if stage is not None else None, on, loaded, rollback=rollback)
        record = one_record(model, configuration)
        desk, trust = people.trusted(configuration, (), [Path(p) for p in beside])
        who, ssh, file = people.signer(trust, key) if key else (requester or people.requester(), None, None)
        if requester not in {None, who}:
            raise click.UsageError(f"the key is of {who}, and --requester says {requester}")
        at_hand = Path(artifact) if artifact else None
        before = cases.opened(desk, loaded, record, move, people.now(), at_hand).verified.request
        if before is not None and before.issued >= people.now():
            time.sleep(1)  # times are in seconds, and the newest request is to be told from this one
        for again in (True, False):
            case = cases.opened(desk, loaded, record, move, people.now(), at_hand)
            asked = asking.request(case, trust, who, expires, reason)
            if ssh is not None and file is not None:
                data = people.sign(asked, ssh, file, yes=yes)
            else:
                data = asking.unsigned(asked)
                people.show(asked, "request")
            try:
                path = people.put(desk, record, digest_bytes(asked), data, into)
                break
            except LetpassError as error:
                # a gated server may know evidence about these bytes that did not lie here
                if not (again and getattr(error, "said", {}).get("again")):
                    raise
        first = cases.opened(desk, loaded, record, move, people.now(), at_hand).verified.request if not into else None
        if log:
            people.logged(desk, loaded, record, move)
    people.written(path)
    if first is not None and first.statement.digest != digest_bytes(asked):
        theirs = f"the request of {first.statement.text('requester')}, `{first.statement.name}`, is signed or answered"
        click.echo(clean(f"note: {theirs}, and counts until this one is; whoever signs this one names its file"))
    what = path if Path(path).is_file() else model
    click.echo(
        f"next: `policy sign {shlex.quote(what)} --role ROLE --key KEY`; `policy pending` lists who is waited for"
    )
    return Exit.DONE
