"""What `policy doctor` tells of the environments that versions are deployed to, and of the stages that they need."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from letpass.project.policyset import PolicySet
    from letpass.project.project import Project


def findings(project: Project, policies: PolicySet) -> Iterator[tuple[bool | None, str, str]]:
    """Listed environments whose stage nothing gates, and those with deployments that are not listed.

    Each as whether it is as it should be (None: only told), what was looked at, and what to do.
    """
    from letpass.gate import gated

    configuration = project.configuration
    for name, stage in configuration.environments.items():
        if not gated.is_gated(project, policies, configuration.stage(stage)):
            what = f"the environment `{name}` needs `{stage}`, which nothing gates, so nothing is ever deployed there"
            yield False, what, f"write a policy `on promotion to {stage}`, or name another stage in `[environments]`"
    stages = configuration.stages_for("")
    for name in sorted(_deployed(project) - {configuration.environment(e) for e in configuration.environments}):
        help_ = (
            f'`{_key(name)} = "STAGE"` below `[environments]` in policy.toml, which the owners sign with the policies'
        )
        if len(stages) == 1:
            yield None, f"the environment `{name}` is not listed, so it needs `{stages[0]}`", help_
        else:
            asks = (
                "every stage in `protected`, which a version cannot hold at once"
                if stages
                else "a stage in `protected`"
            )
            yield (
                False,
                f"the environment `{name}` is not listed, so it asks for {asks}: nothing more is deployed there",
                help_,
            )


def _deployed(project: Project) -> set[str]:
    """The environments that the ledger or the registry shows deployments to."""
    from letpass.facts.record import Record
    from letpass.ledger import history
    from letpass.move import DEPLOYMENT
    from letpass.registries import own

    ledger = project.ledger.reader()
    steps = history.steps(ledger.entries_of("move")) if ledger is not None else []
    found = {s.environment for s in steps if s.kind == DEPLOYMENT.kind}
    for record in project.registry.versions() if own.is_there(project.registry) else ():
        if isinstance(record, Record):
            found |= {str(d.get("environment") or "") for d in record.lists.get("deployments", ())}
    return {project.configuration.environment(e) for e in found if e}


def _key(name: str) -> str:
    """A name as TOML's key; one with a blank or a dot stands in quotation marks."""
    return name if name.replace("-", "").replace("_", "").isalnum() and name.isascii() else f'"{name}"'
