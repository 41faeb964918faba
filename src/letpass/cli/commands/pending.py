"""`policy pending`: which requests wait for whom."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from letpass.cli import answering, moving, options, people, terminal
from letpass.cli.exits import Exit

if TYPE_CHECKING:
    from letpass.evaluation.decision import RuleResult
    from letpass.facts.record import Record
    from letpass.gate.case import Case
    from letpass.project.policyset import PolicySet
    from letpass.project.project import Project


@click.command("pending", short_help="List the requests that wait for sign-offs, and who objects.")
@click.argument("models", nargs=-1, metavar="[MODEL]...")
@moving.policies_option
@click.option("--role", metavar="ROLE", help="Only what waits for this role.")
def command(models: tuple[str, ...], role: str | None) -> Exit:
    """List the requests that wait for sign-offs, and for whose, and the words against versions that stand: of MODELs, else of
    the whole registry.

    Exit 2 where a version does not read: the others are listed all the same.

    \b
    Example:
      policy pending --role validator
    """
    with options.diagnosed():
        from letpass.diagnostics import StatementError
        from letpass.facts.record import Record
        from letpass.project.configuration import load
        from letpass.project.contents import find

        configuration = load()
        project, trust = people.trusted(configuration)
        loaded = options.load_policies((), configuration)
        if role is not None and role not in trust.current.roles:
            roles = f"roles are {', '.join(sorted(trust.current.roles))}"
            raise StatementError.of("GATE415", f"the trust file has no role `{role}`", help=roles)
        asked = [find(m, configuration) for m in models]
        listed = [] if models else list(project.registry.versions())
        records = [r for f in asked for r in f.records] + [r for r in listed if isinstance(r, Record)]
        faults = [d for f in asked for d in f.faults] + [d for d in listed if not isinstance(d, Record)]
        found = [line for record in records for line in _waiting(project, loaded, record, role)]
    for line in found:
        click.echo(line)
    if not found:
        click.echo("nothing waits" + (f" for the role `{role}`" if role else ""))
    terminal.tell(faults)
    return Exit.USAGE if faults else Exit.DONE


def whole(project: Project, record: Record) -> Record:
    """A version of the registry with its artifact's own files looked at, which a listing leaves out."""
    from letpass.registries import own

    return own.again(project.registry, record) if project.registry.has(record) else record


def _on_people(result: RuleResult) -> bool:
    """Does a rule wait for sign-offs, or for what keeps those that are there from counting."""
    from letpass.evaluation.reasons import ABOUT_PEOPLE

    return result.truth is None and any(w.kind in ABOUT_PEOPLE for w in result.why)


def _waiting(project: Project, policies: PolicySet, record: Record, role: str | None) -> Iterator[str]:
    """What waits of a version: its open requests, and the words against it that stand."""
    from letpass.diagnostics import clean
    from letpass.lifecycle import standings
    from letpass.reports.words import against
    from letpass.trust.review import options_of

    record = whole(project, record)
    yield from (
        clean(f"{record.name}: {against(said)}")
        for said in standings.objections(project, policies, record, people.now())
    )
    for case in answering.requests_of(project, policies, record):
        if _over(case):
            continue
        request = case.verified.request
        if request is None:
            new = f"policy request {shlex.quote(record.name)} {options_of(case.move)}"
            yield clean(f"{record.name} → {case.move}: no request counts any more; `{new}` makes a new one")
            continue
        awaited = [w for r in case.decision.rules if r.blocks and _on_people(r) for w in r.why]
        about = [w for w in awaited if role is None or w.role in {role, ""}]
        wanted = list(dict.fromkeys(f"{w}; {w.step}" if w.step else str(w) for w in about))
        if wanted:
            yield clean(f"{record.name} → {case.move}, asked by {request.statement.text('requester')}")
            yield from (clean(f"  {w}") for w in wanted)
            file = shlex.quote(request.statement.name)
            file = (
                file
                if Path(request.statement.name).is_file()
                else f"{shlex.quote(record.name)} {options_of(case.move)}"
            )
            yield clean(f"  `policy sign {file} --role {shlex.quote(role) if role else 'ROLE'} --key KEY`")


def _over(case: Case) -> bool:
    """Is nobody waited for any more: the move has been made, or the version came where it leads after it was asked for."""
    from letpass.trust import statements

    assert case.bundle is not None
    asked = [s for s in statements.readable(case.bundle.statement_files) if s.kind == "request" and s.move == case.move]
    newest = max(asked, key=lambda s: (s.time("issuedAt"), s.digest))
    if newest.digest in case.bundle.used:
        return True
    past = case.project.past(case.record.text("model"))
    here = (s for s in past.stays if s.until is None and s.version == case.record.text("version"))
    stay = next((s for s in here if s.stage == case.move.stage), None)
    return stay is not None and stay.since >= newest.time("issuedAt")
