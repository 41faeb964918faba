"""`policy request`: ask people to sign one move of one version."""

from __future__ import annotations

import shlex
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from letpass.cli import apart, moving, options, people
from letpass.cli.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Callable

    from letpass.trust.chain import Trust


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
@click.option(
    "--requester",
    metavar="PERSON",
    help="Who asks; a person's --key says so, a service asks for them; else git's user.email.",
)
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
      policy request models/fraud/4.yaml --to production --key ~/.ssh/id_ed25519
    """
    with options.diagnosed():
        from letpass.canonical import digest_bytes
        from letpass.cli.commands.check import move_of
        from letpass.cli.records import one_record
        from letpass.diagnostics import LetpassError, clean
        from letpass.gate import case as cases
        from letpass.lifecycle import issuing
        from letpass.project.configuration import load

        configuration = load()
        loaded = options.load_policies((), configuration)
        move = move_of(configuration.stage(stage) if stage is not None else None, on, loaded, rollback=rollback)
        record = one_record(model, configuration)
        project, trust = people.trusted(configuration, (), [Path(p) for p in beside])
        who, service, sign = asker(trust, key, requester, yes=yes)
        at_hand = Path(artifact) if artifact else None
        before = cases.opened(project, loaded, record, move, people.now(), at_hand).verified.request
        if before is not None and before.issued >= people.now():
            time.sleep(1)  # times are in seconds, and the newest request is to be told from this one
        for again in (True, False):
            case = cases.opened(project, loaded, record, move, people.now(), at_hand)
            asked = issuing.request(case, trust, who, expires, reason, service)
            data = sign(asked)
            try:
                path = people.put(project, record, digest_bytes(asked), data, into)
                break
            except LetpassError as error:
                # a gated server may know evidence about these bytes that did not lie here
                if not (again and getattr(error, "said", {}).get("again")):
                    raise
        first = (
            cases.opened(project, loaded, record, move, people.now(), at_hand).verified.request if not into else None
        )
        if log:
            people.logged(project, loaded, record, move)
        now_is = cases.opened(project, loaded, record, move, people.now(), at_hand)
        notes = list(apart.of_case(now_is)) if into is None else []
    people.written(path)
    for line in notes:
        click.echo(clean(line))
    if first is not None and first.statement.digest != digest_bytes(asked):
        theirs = f"the request of {first.statement.text('requester')}, `{first.statement.name}`, is signed or answered"
        click.echo(clean(f"note: {theirs}, and counts until this one is; whoever signs this one names its file"))
    what = path if Path(path).is_file() else model
    click.echo(
        f"next: `policy sign {shlex.quote(what)} --role ROLE --key KEY`; `policy pending` lists who is waited for"
    )
    return Exit.DONE


def asker(
    trust: Trust, key: str | None, requester: str | None, *, yes: bool
) -> tuple[str, str, Callable[[bytes], bytes]]:
    """Who asks, the service that asks for them, and what makes a request of its payload: signed by either, or by nobody.

    Raises `LetpassError` for a key that would not count, and a usage error where a service does not say for whom it asks.
    """
    from letpass.lifecycle import issuing

    if not key:

        def unsigned(payload: bytes) -> bytes:
            people.show(payload, "request")
            return issuing.unsigned(payload)

        return requester or people.requester(), "", unsigned
    if service := tool(trust, Path(key).expanduser(), requester):
        assert requester is not None
        return requester, service, lambda payload: people.sign_as_service(payload, Path(key).expanduser(), yes=yes)
    who, ssh, file = people.signer(trust, key)
    if requester not in {None, who}:
        raise click.UsageError(f"the key is of {who}, and --requester says {requester}")
    return who, "", lambda payload: people.sign(payload, ssh, file, yes=yes)


def tool(trust: Trust, file: Path, requester: str | None) -> str:
    """The service whose key is in a file, nothing where it is a person's; raises where it may not ask, or not for that one."""
    from letpass.diagnostics import StatementError, TrustError
    from letpass.trust.signing import service_key
    from letpass.trust.trustfile import REQUEST

    try:
        name = trust.current.tool(service_key(file))
    except TrustError:
        return ""  # the private half of a person's key may be elsewhere
    if not name:
        return ""
    if REQUEST not in trust.current.services[name].may:
        help_ = f"`policy trust add service {name} --may request`, or ask with a person's key"
        raise StatementError.of("GATE415", f"the service `{name}` may not ask for moves", str(file), help_)
    if requester is None:
        raise click.UsageError(f"the service `{name}` asks for somebody: name them with --requester")
    named = trust.current.directory.named(requester)
    if not named.person:
        raise StatementError.of("GATE415", f"for whom does it ask? {named.detail}", str(file), named.help)
    return name
