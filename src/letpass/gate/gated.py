"""What is gated: which stages nothing enters without a decision, and whether versions come in without one.

The project decides that, never the call: its configuration, its policies, the set that their owners signed last, and the
ledger, which remembers what was gated before, until the owners sign it off.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from letpass.diagnostics import RegistryError
from letpass.facts.reader import of_kind
from letpass.language import kinds
from letpass.ledger import in_effect
from letpass.move import ARCHIVED, PROMPTS, REGISTRATION, Stage, Target

if TYPE_CHECKING:
    from letpass.facts.record import Record
    from letpass.language.rules import Policy
    from letpass.project.policyset import PolicySet
    from letpass.project.project import Project

Gates = Mapping[Target, str]
"""What is gated, stages as they are spelt, and what makes each so."""


def gates(project: Project, policies: PolicySet) -> Gates:
    """What needs a decision, each with the reason, in words.

    `policies`: the project's own.  Raises `UnreachableError` where the ledger is out of reach or is not what it was.
    """
    configuration = project.configuration
    found: dict[Target, str] = {}
    sources: list[tuple[str, Iterable[Target]]] = [
        ("`protected` in policy.toml", (Target(Stage(s)) for s in configuration.protected)),
        ("`[aliases]` in policy.toml", (Target(Stage(s)) for s in configuration.aliases)),
        *[(f"the policy {p.name}", of_policies([p])) for p in policies.policies],
        ("the policy set that its owners signed last", project.signed_gates),
        ("the ledger, which shows it gated before", _remembered(project)),
    ]
    for why, targets in sources:
        for target in targets:
            found.setdefault(target, why)
    return {t: why for t, why in found.items() if t != Target() and t.stage != ARCHIVED}


def of_policies(policies: Iterable[Policy]) -> Iterator[Target]:
    """What policies gate: their moves, of models where they may govern one, and of prompts where they may."""
    for policy in policies:
        if any(kinds.may_govern(policy, kind) for kind in (kinds.MODEL, kinds.APPLICATION)):
            yield from map(Target.of_move, policy.moves)
        if kinds.may_govern(policy, kinds.PROMPT):
            yield from (Target.of_move(move, kinds.PROMPT) for move in policy.moves)


def _remembered(project: Project) -> Iterable[Target]:
    """What was gated before, but for what was signed off since."""
    ledger = project.ledger.reader()
    if ledger is None:
        return ()
    ended = in_effect.ungated(project.trust, ledger)
    return [t for t, entry in in_effect.gated_before(ledger).items() if entry > ended.get(t, -1)]


def stages(project: Project, policies: PolicySet, kind: str = kinds.MODEL) -> tuple[Stage, ...]:
    """The stages that are gated for versions of a kind, as they are spelt."""
    return tuple(t.stage for t in gates(project, policies) if t.stage and t.versions == versions_of(kind))


def is_gated(project: Project, policies: PolicySet, stage: Stage, kind: str = kinds.MODEL) -> bool:
    """Does a stage, or the one that an alias means, need a decision where a version of a kind comes into it."""
    return bool(stage) and project.configuration.stage(stage.name) in stages(project, policies, kind)


def registration(project: Project, policies: PolicySet, kind: str = kinds.MODEL) -> bool:
    """Does a version of a kind come into the registry by a decision alone."""
    return Target.of_move(REGISTRATION, versions_of(kind)) in gates(project, policies)


def as_known(project: Project, record: Record) -> Record:
    """A version as what the ledger knows of its name: a prompt takes no place that a model has had."""
    if record.kind == kinds.PROMPT and project.past(record.text("model")).is_of_models:
        return of_kind(record, kinds.MODEL)
    return record


def of_prompts(project: Project, policies: PolicySet) -> bool:
    """Is any move of prompts gated."""
    return any(target.versions == PROMPTS for target in gates(project, policies))


def versions_of(kind: str) -> str:
    """A kind of versions as targets and the ledger have it: `prompt`, or nothing."""
    return PROMPTS if kind == kinds.PROMPT else ""


def named(project: Project, policies: PolicySet, name: str) -> Stage:
    """The stage that a name or an alias means, spelt as the policies or the configuration spell it."""
    stage = project.configuration.stage(name)
    return next((t.stage for t in gates(project, policies) if t.stage == stage), stage)


def not_a_slip(stage: Stage, known: Iterable[Stage], name: str) -> None:
    """Raise `RegistryError` where a stage is none of the gated ones, and looks like one of them.  `name`: the registry's."""
    gated = tuple(known)
    if stage not in gated and (like := near(stage, gated)):
        raise RegistryError.of(
            "GATE433",
            f"`{stage}` is no gated stage, and looks like `{like}`",
            name,
            f"write `--to {like}`, or another name",
        )


def near(stage: Stage, known: Iterable[Stage]) -> str:
    """A gated stage that a free one looks like so much that it may be a slip, or nothing."""
    from difflib import get_close_matches

    folded = {s.folded: s for s in known}
    found = get_close_matches(stage.folded, folded, n=1, cutoff=0.8)
    return folded[found[0]].name if found else ""
