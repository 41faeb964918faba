"""`policy lift`: take back a word against a version that its author does not withdraw."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from letpass.cli import moving, options, people, words
from letpass.cli.exits import Exit

if TYPE_CHECKING:
    from letpass.facts.record import Record
    from letpass.gathering import Desk


@click.command("lift", short_help="Lift what stands against a version.")
@click.argument("model", metavar="MODEL")
@click.option(
    "--of",
    "only",
    metavar="DIGEST",
    multiple=True,
    help="Only the word of this digest (its beginning); may be given again.",
)
@click.option("--reason", metavar="TEXT", required=True, help="Why, for everybody to read.")
@people.key_option
@people.yes_option
@moving.actor_option
@words.log_option
@words.into_option
def command(
    model: str, only: tuple[str, ...], reason: str, key: str | None, yes: bool, actor: str | None, log: bool | None,
    into: str | None,
) -> Exit:  # fmt: skip
    """Lift every objection, revocation and denial on review that stands against MODEL, as an owner of the policies.

    It holds once the threshold of `policy-owner` has lifted the same, none of them the author of the model or who asks for
    its move, and not by the objector alone.  What was lifted stays in the log and in every report.  Without a trust file it
    is logged with its reason.

    \b
    Example:
      policy lift fraud@4 --reason "the finding was about another data set" --key ~/.ssh/id_ed25519
    """
    with options.diagnosed():
        from letpass import asking
        from letpass.cli.check import one_record
        from letpass.configuration import load
        from letpass.diagnostics import StatementError, clean
        from letpass.gathering import Desk
        from letpass.trust.statements import LIFT

        desk = Desk(load())
        record = one_record(model, desk.configuration)
        found = _against(desk, record)
        chosen = {
            d: what for d, what in found.items() if not only or any(d.startswith((o, f"sha256:{o}")) for o in only)
        }
        if not chosen:
            raise StatementError.of(
                "GATE413", f"nothing stands against `{record.name}`", model, "`policy check` lists it"
            )
        for digest, what in chosen.items():
            click.echo(clean(f"lifts {what} ({digest[:19]}…)"))
            said = {"model": record.text("model"), "version": record.text("version"), "of": [digest]}
            artifact = asking.subject_of(record, desk.computed(record, None)[0])
            words.owned(desk, LIFT, record.name, artifact, said, record, reason, key, actor, into, yes=yes, log=log)
    return Exit.DONE


def _against(desk: Desk, record: Record) -> dict[str, str]:
    """What stands against a version, by digest, in words."""
    from letpass import standings

    found = {
        o.digest: f"the {o.kind} by {o.person} about {o.model}@{o.version}: {o.reason}"
        for o in words.standing(desk, record)
    }
    past = desk.past(record.text("model"))
    for digest, index in standings.denied_on_review(desk, past, record, people.now()):
        found[digest] = f"the denial on review in entry {index}"
    return found
