"""`policy reject`: object to a version."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from letpass.cli import options, people, words
from letpass.cli.answering import meant, request_in
from letpass.cli.exits import Exit

if TYPE_CHECKING:
    from letpass.facts.record import Record
    from letpass.move import Target
    from letpass.project.project import Project


@click.command("reject", short_help="Object to a version, before a move or after it.")
@click.argument("what", metavar="MODEL|REQUEST")
@click.option("--to", "stage", metavar="STAGE", help="Object to every move to this stage, rollbacks too.")
@click.option(
    "--on", "on", type=click.Choice(["registration", "deployment", "review"]), help="Object to this move alone."
)
@click.option("--all", "every", is_flag=True, help="Object to every move of the version.")
@people.role_option
@click.option("--reason", metavar="TEXT", required=True, help="Why, for everybody to read.")
@people.key_option
@people.yes_option
@options.artifact_option
@words.log_option
@words.into_option
def command(
    what: str, stage: str | None, on: str | None, every: bool, role: str, reason: str, key: str | None, yes: bool,
    artifact: str | None, log: bool | None, into: str | None,
) -> Exit:  # fmt: skip
    """Object to MODEL, or to the version that a REQUEST (its file) is about, in a role that the trust file gives you for its
    model and stage, whatever the rules ask.

    An objection denies, and no waiver, guard or date covers it.  It speaks of these bytes under every version of the model,
    and stands until you withdraw it (`policy withdraw`) or the owners of the policies lift it (`policy lift`).  It is logged
    at once where the gate's key is; else the next logged decision takes it in.

    \b
    Example:
      policy reject models/fraud/4.yaml --to production --role validator --key ~/.ssh/id_ed25519 --reason "…"
    """
    if sum((stage is not None, on is not None, every)) > 1:
        raise click.UsageError("--to, --on and --all exclude each other")
    if not reason.strip():
        raise click.UsageError("an objection needs a reason")
    with options.diagnosed():
        from letpass.diagnostics import StatementError
        from letpass.lifecycle import issuing
        from letpass.project.configuration import load
        from letpass.registries.interface import Beside
        from letpass.trust import statements

        configuration = load()
        project, trust = people.trusted(configuration)
        record, asked = _version(what, project)
        against = _against(project, record, stage, on, every=every, asked=asked)
        who, ssh, file = people.signer(trust, key, role)
        if fault := trust.current.roles[role].covers(record.text("model"), against.stage):
            raise StatementError.of("GATE415", f"the role `{role}`: {fault}")
        computed, _ = project.artifacts.computed(record, Path(artifact) if artifact else None)
        recorded = record.text("artifact.digest")
        past = project.past(record.text("model"), (*computed, recorded))
        digests = [*[d for d in (recorded,) if d], *computed]
        before = issuing.last_word(statements.readable(project.carrier(record).statements(record)), who)
        payload = issuing.objection(
            trust, record, [*digests, *past.names_of(digests)], against, role, who, people.now(), reason, before
        )
        signed = people.sign(payload, ssh, file, yes=yes)
        words.put(project, record, payload, signed, Beside.OBJECTION, into, log=log)
        if against.stage in {None, record.stage} and against.kind in {None, ""}:
            words.still_there(record)
    return Exit.DONE


def _version(what: str, project: Project) -> tuple[Record, Target | None]:
    """The version that is meant, and where the move leads that a request asks for, where one was named."""
    from letpass.cli.records import one_record
    from letpass.move import Target

    path = Path(what)
    if path.suffix != ".json" or not path.is_file():
        return one_record(what, project.configuration), None
    asked = request_in(path)
    return meant(asked, path.parent, project), Target.of_move(asked.move)


def _against(
    project: Project, record: Record, stage: str | None, on: str | None, *, every: bool, asked: Target | None
) -> Target:
    """What is objected to: as said, else what the request asks for, else the one stage that the project gates."""
    from letpass.diagnostics import StatementError
    from letpass.gate import gated
    from letpass.move import Target

    if every:
        return Target()
    if on is not None:
        return Target(kind=on)
    policies = options.load_policies((), project.configuration)
    if stage is not None:
        named = gated.named(project, policies, stage)
        gated.not_a_slip(named, gated.stages(project, policies, record.kind), project.registry.name)
        return Target(named)
    if asked is not None:
        return asked
    stages = gated.stages(project, policies, record.kind)
    if len(stages) == 1:
        return Target(stages[0])
    known = ", ".join(str(s) for s in stages) or "none"
    raise StatementError.of(
        "GATE413", f"what is objected to? the gated stages are {known}", record.name,
        "name one with --to STAGE, another move with --on MOVE, or every one with --all",
    )  # fmt: skip
