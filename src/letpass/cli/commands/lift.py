"""`policy lift`: take back a word against a version that its author does not withdraw."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from letpass.cli import options, people, words
from letpass.cli.exits import Exit

if TYPE_CHECKING:
    from letpass.facts.record import Record
    from letpass.project.project import Project
    from letpass.trust.accepted import Objection


@click.command("lift", short_help="Lift what stands against a version.")
@click.argument("model", metavar="MODEL")
@click.option(
    "--of",
    "only",
    metavar="DIGEST",
    multiple=True,
    help="Only the word of this digest (its beginning); may be given again.",
)
@words.spoken
def command(model: str, only: tuple[str, ...], by: words.By) -> Exit:
    """Lift every objection, revocation and denial on review that stands against MODEL, as an owner of the policies.

    It holds once the threshold of `policy-owner` has lifted the same, none of them the author of the model or who asks for
    its move, and not by the objector alone.  What was lifted stays in the log and in every report.  Without a trust file it
    is logged with its reason.

    \b
    Example:
      policy lift fraud@4 --reason "the finding was about another data set" --key ~/.ssh/id_ed25519
    """
    with options.diagnosed():
        from letpass.cli.records import one_record
        from letpass.diagnostics import StatementError, clean
        from letpass.lifecycle import issuing, standings
        from letpass.project.configuration import load
        from letpass.project.project import Project
        from letpass.trust.kinds import LIFT

        project = Project(load())
        record = one_record(model, project.configuration)
        if (
            project.trust is None and project.registry.gate() is not None
        ):  # its server has the ledger, and knows what stands
            return words.owned(project, LIFT, record.name, "", {"of": list(only)}, record, by)
        loaded = options.load_policies((), project.configuration)
        stand = standings.objections(project, loaded, record, people.now())
        chosen = standings.liftable(project, stand, record, people.now())
        if chosen:
            with people.naming():
                chosen = standings.named(chosen, only)
        meant = {d for each in chosen for d in each.statements}
        _not_alone(project, by.key, [o for o in stand if o.digest in meant], model)
        if not chosen:
            raise StatementError.of(
                "GATE413", f"nothing stands against `{record.name}`", model, "`policy check` lists it"
            )
        _not_idle(project, by.key, record, model)
        for each in chosen:
            click.echo(clean(f"lifts {each.what} ({each.statements[0][:19]}…)"))
            said = {"model": record.text("model"), "version": record.text("version"), "of": sorted(each.statements)}
            artifact = issuing.subject_of(record, project.artifacts.computed(record, None)[0])
            words.owned(project, LIFT, record.name, artifact, said, record, by)
    return Exit.DONE


def _not_idle(project: Project, key: str | None, record: Record, model: str) -> None:
    """Refuse what would not count, since of who made a version or asks for its move nobody lifts anything."""
    from letpass.diagnostics import StatementError
    from letpass.gate import approvals

    if project.trust is None:
        return
    who, _, _ = people.signer(project.trust, key)
    left_out = approvals.lift_nothing(project, record, project.past(record.text("model")))
    if left_out is None:
        what = f"who made `{record.name}` is not known, and as long as it is not nobody lifts a word against it"
        raise StatementError.of(
            "GATE415",
            what,
            model,
            "`policy trust add person PERSON --alias TEXT` lets the trust file know whom the record's `author` means",
        )
    if who in left_out:
        what = f"{who} made `{record.name}` or another version that a word is about, or has asked for its move, and lifts nothing"
        raise StatementError.of("GATE415", what, model, "another one of the role `policy-owner` lifts it")


def _not_alone(project: Project, key: str | None, said: Sequence[Objection], model: str) -> None:
    """Refuse what would not count: one owner is enough, and it is they who objected."""
    from letpass.diagnostics import StatementError
    from letpass.trust.roles import POLICY_OWNER

    if project.trust is None or POLICY_OWNER not in project.trust.current.roles:
        return
    who, _, _ = people.signer(project.trust, key)
    own = next((o for o in said if o.kind == "objection" and o.person == who), None)
    if own is not None and project.trust.current.roles[POLICY_OWNER].threshold == 1:
        digest = own.digest.rpartition(":")[2][:12]
        raise StatementError.of(
            "GATE415", f"{who} objected, and nobody lifts alone what they said themselves", model,
            f"`policy withdraw {shlex.quote(model)} --of {digest} --key KEY` takes it back",
        )  # fmt: skip
