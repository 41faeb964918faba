"""`policy doctor`: ask whether the gate is really in the way."""

from __future__ import annotations

import secrets
import shlex
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from letpass.cli import environments, moving, options, people, variables
from letpass.cli.commands import adopt, reconcile
from letpass.cli.exits import Exit
from letpass.diagnostics import so_many

if TYPE_CHECKING:
    from letpass.lifecycle.differences import Difference
    from letpass.project.configuration import Configuration
    from letpass.project.policyset import PolicySet
    from letpass.project.project import Project
    from letpass.registries.folder import Folder
    from letpass.registries.mlflow_registry import MlflowRegistry

Finding = tuple[bool | None, str, str]
"""Whether it is as it should be (None: only told), what was looked at, and what to do."""
_WORDS = {True: "ok", False: "NO", None: "-"}


@click.command("doctor", short_help="Ask whether the gate is really in the way.")
@moving.policies_option
@click.option("--holders", metavar="FILE", help="Write the list of those who hold a gated stage without a decision.")
def command(holders: str | None) -> Exit:
    """Look at the project's policies, trust file, ledger and registry, and ask whether the gate is really in the way: in
    MLflow a probe model is made, a protected alias of it is moved as any client could, and the probe is taken away again.

    --holders writes the versions that hold a gated stage although no decision brought them there, each with the digest of
    its bytes; `policy adopt --from` takes that list in.  Exit 0 where all is as it should be, 1 where something is not.

    \b
    Example:
      policy doctor
    """
    with options.diagnosed():
        from letpass.diagnostics import clean
        from letpass.lifecycle import differences
        from letpass.project.configuration import load
        from letpass.project.project import Project

        configuration = load()
        loaded = options.load_policies((), configuration)
        project = Project(configuration)
        differing, untold = _compared(project, loaded)
        held = differences.unvouched(differing)
        found = [*_findings(configuration, project, loaded), *untold]
        found += _differing(differing) if _has_ledger(project) and not untold else ()
        found += [*_listed(held, holders), *_ended(project, loaded), *environments.findings(project, loaded)]
        if holders is not None:
            options.output(adopt.written(held), holders)
    for good, what, help_ in found:
        click.echo(clean(f"{_WORDS[good]:4} {what}"))
        if help_ and good is not True:
            click.echo(clean(f"     {help_}"))
    return Exit.NO if any(good is False for good, _, _ in found) else Exit.DONE


def _findings(configuration: Configuration, project: Project, policies: PolicySet) -> Iterator[Finding]:
    from letpass.cli.commands.trust_files import Files
    from letpass.diagnostics import LetpassError
    from letpass.gate import gated, readiness
    from letpass.move import Stage
    from letpass.registries.interface import PassingOver
    from letpass.reports.words import from_environment

    moves = ", ".join(sorted({str(m) for p in policies.policies for m in p.moves}))
    where = f"`{configuration.source}`" if configuration.source is not None else "no policy.toml, so the defaults"
    yield True, f"configuration: {where}", ""
    if said := variables.used(click.get_current_context()):
        yield None, from_environment(said), ""
    yield True, f"{so_many(len(policies.policies), 'policy', 'policies')}, on {moves}", ""
    if project.trust is None:
        yield None, "there is no trust file, so nobody can sign", "`policy trust init`"
    else:
        yield _trusted(project)
        yield _in_force(project, policies)
    ledger = project.ledger.reader()
    if ledger is None:
        yield None, f"the ledger `{project.ledger.name}` is not begun", "the first move begins it"
    else:
        yield (
            True,
            f"ledger `{project.ledger.name}`: {so_many(ledger.size(), 'entry', 'entries')}, as its head signs",
            "",
        )
    try:
        project.names.identified()
    except LetpassError as error:
        yield False, error.diagnostics[0].message, error.diagnostics[0].help
    protects = configuration.source.name if configuration.source is not None else "policy.toml"
    declared = [Stage(s) for s in (*configuration.protected, *configuration.aliases)]
    waiting = Files(configuration).next_version()
    for warning in readiness.faults(
        policies, gated.stages(project, policies), declared, project.trust, protects, waiting
    ):
        at = f"{warning.span.place}: " if warning.span.end else ""
        yield False, f"{at}{warning.message}", warning.help
    if isinstance(project.registry, PassingOver) and not gated.of_prompts(project, policies):
        help_ = "a policy that `applies when kind is prompt` gates them"
        yield None, "prompts move freely: no policy speaks of `kind is prompt`", help_
    yield from _gate(configuration, project)


def _has_ledger(project: Project) -> bool:
    """Is there a ledger, here or behind a gated server, that could know who came where."""
    return project.ledger.begun or project.registry.gate() is not None


def _compared(project: Project, policies: PolicySet) -> tuple[list[Difference], list[Finding]]:
    """Where registry and ledger differ, and what is told where a gated server has no version at which it could be asked; a ledger
    that was not begun has brought nobody anywhere."""
    from letpass.lifecycle import reconciliation

    if project.registry.gate() is not None and not any(True for _ in project.registry.versions()):
        return [], [(None, "the registry has no version yet, so there is nothing to compare with the ledger", "")]
    if _has_ledger(project):
        return reconcile.differences(project, policies), []
    return reconciliation.compare(project, policies, people.now()), []


def _differing(found: Sequence[Difference]) -> Iterator[Finding]:
    """Each difference between registry and ledger, and whether there is none."""
    for each in found:
        yield False, reconcile.line(each), f"{each.who}: {each.help}"
    if not found:
        yield True, "registry and ledger show the same", ""


def _listed(held: Sequence[Difference], listed: str | None) -> Iterator[Finding]:
    """How those are taken in who hold a gated stage, and whom neither a decision nor an adoption has brought there."""
    if held and listed is not None:
        command = f"policy adopt --from {shlex.quote(listed)} --reason TEXT"
        yield None, f"the list of {so_many(len(held), 'holder')} is in {listed}", f"`{command}` takes them in"
    elif held:
        help_ = "`policy doctor --holders FILE` lists them, and `policy adopt --from FILE --reason TEXT` takes them in"
        yield None, f"of who holds a gated stage {len(held)} came there by no decision of a ledger here", help_


def _trusted(project: Project) -> Finding:
    """Is the trust file still in force."""
    from letpass.cli.people import now
    from letpass.facts.values import moment

    assert project.trust is not None
    current = project.trust.current
    if current.expires <= now():
        return (
            False,
            f"trust file: version {current.number} has expired, {moment(current.expires)}",
            "`policy trust rotate`",
        )
    return True, f"trust file: version {current.number}, until {moment(current.expires)}", ""


def _in_force(project: Project, policies: PolicySet) -> Finding:
    """Have the owners put these policies in force."""
    from letpass.cli.people import now
    from letpass.trust import inforce

    assert project.trust is not None
    hold, _ = inforce.judge(project.trust, project.signed_sets(), policies.digest, now(), str(project.policies[0]))
    if hold is not None:
        return False, f"nothing is allowed by these policies: {hold.what}", hold.help
    return True, "the policies are in force, as their owners signed them", ""


def _ended(project: Project, policies: PolicySet) -> Iterator[Finding]:
    """Versions that hold a gated stage although something has ended the approval by which they came there."""
    from letpass.cli.people import now
    from letpass.facts.record import Record
    from letpass.gate import approvals, endings, gated
    from letpass.language.kinds import KINDS, PROMPT
    from letpass.lifecycle import listing
    from letpass.move import promotion
    from letpass.registries import own

    stages = {kind: gated.stages(project, policies, kind) for kind in KINDS} if project.ledger.begun else {}
    for record in listing.versions(project, prompts=bool(stages[PROMPT])) if any(stages.values()) else ():
        if not isinstance(record, Record) or record.stage not in stages[record.kind]:
            continue
        past = project.past(record.text("model"))
        entry = past.approval(record.text("version"), promotion(record.stage))
        made = past.decisions.get(entry) if entry is not None else None
        if entry is None or made is None:
            continue
        for ending in endings.of(
            approvals.proven(project, past, entry, made, now(), own.again(project.registry, record))
        ):
            name = shlex.quote(record.name)
            what = f"{record.name} holds `{record.stage}`, and its approval has ended: {ending.kind} {ending.detail}"
            yield False, what, f"`policy retire {name} --reason TEXT`, or mend it and `policy renew {name}`"


def _folder(registry: Folder) -> Iterator[Finding]:
    """Do the versions of a folder registry read."""
    from letpass.facts.record import Record

    if not registry.root.is_dir():
        yield None, f"the registry's folder `{registry.name}` is not there", "`policy register` begins it"
        return
    found = list(registry.versions())
    faults = [f for f in found if not isinstance(f, Record)]
    if faults:
        first = f"{faults[0].span.source.name}: {faults[0].message}"
        yield (
            False,
            f"{so_many(len(faults), 'fault')} among {so_many(len(found) - len(faults), 'version')} of `{registry.name}`",
            first,
        )
    else:
        yield True, f"{so_many(len(found), 'version')} in `{registry.name}`, and all read", ""


def _gate(configuration: Configuration, project: Project) -> Iterator[Finding]:
    from letpass.registries import place
    from letpass.registries.folder import Folder
    from letpass.registries.mlflow_registry import MlflowRegistry

    registry = project.registry
    if not isinstance(registry, MlflowRegistry):
        kind = "a folder" if not place.is_address(registry.name) else "no server of MLflow"
        help_ = "guard its branch: let only a pipeline that runs `policy promote` write it"
        if isinstance(registry, Folder):
            yield from _folder(registry)
        yield None, f"the registry `{registry.name}` is {kind}: whoever can write it can move versions", help_
        return
    said = registry.gate()
    if said is None:
        help_ = "start it with `mlflow server --registry-store-uri gate:…`; docs/registries.md"
        yield False, f"no gate answers at `{registry.name}`: any client moves what it likes", help_
    elif said.get("registry") != registry.name:
        help_ = f'write `registry = "{said.get("registry")}"` here, or that one there: requests name it'
        yield False, f"the gate knows the registry as `{said.get('registry')}`, and here it is `{registry.name}`", help_
    else:
        yield True, f"the gate of `{registry.name}` answers: letpass {said.get('gate')}", ""
    warnings = said.get("warnings", []) if said is not None else []
    yield from ((None, str(w), "docs/registries.md") for w in warnings if isinstance(warnings, list))
    for alias in dict.fromkeys(
        [*configuration.protected, *[a for names in configuration.aliases.values() for a in names]]
    ):
        yield _probed(registry, alias)


def _probed(registry: MlflowRegistry, alias: str) -> Finding:
    """Try to move a protected alias of a model that is made for it."""
    from letpass.registries.mlflow_connection import DOCTOR, GateRefusedError

    name = f"{DOCTOR}{secrets.token_hex(6)}"
    connection = registry.connection
    try:
        with connection.translating_errors():
            connection.mlflow.create_registered_model(name)
            version = connection.mlflow.create_model_version(name, "s3://letpass-doctor/none", await_creation_for=0)
        try:
            connection.set_alias(name, alias, version.version)
        except GateRefusedError as refused:
            return True, f"moving `{alias}` is refused: {refused.message}", ""
        connection.delete_alias(name, alias)
        return False, f"`{alias}` of a probe was moved without a decision", "the gate is not in the way of this server"
    finally:
        with connection.translating_errors():
            connection.mlflow.delete_registered_model(name)
