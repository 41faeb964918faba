"""The engine's answers: policies and records go in as texts."""

from __future__ import annotations

from typing import Any

from letpass.diagnostics import PolicyError, Severity, Source
from letpass.evaluation.compiled import compile_rules
from letpass.evaluation.deciding import judge_rule
from letpass.evaluation.input import Input
from letpass.evaluation.interpreter import Interpreter
from letpass.facts.attested import fragment, merged
from letpass.facts.reader import with_digest
from letpass.facts.record import Holder, Record
from letpass.facts.schema import VOCABULARY
from letpass.language.rules import Policy
from letpass.move import promotion
from letpass.project.policyset import from_texts
from letpass.registries import files
from letpass.trust.accepted import Accepted, Asked, Made, Signoff
from letpass.trust.bars import Bars
from letpass.trust.directory import Directory
from tests.oracle.facts import Side
from tests.oracle.people import People
from tests.oracle.pools import COMMIT
from tests.oracle.records import dumped
from tests.oracle.world import World

MOVE = promotion("production")


def read(text: str) -> Policy | str:
    """The policy, or the first error in it."""
    try:
        return from_texts({"oracle.policy": text}, VOCABULARY, warn=False).policies[0]
    except PolicyError as error:
        first = next(d for d in error.diagnostics if d.severity is Severity.ERROR)
        return f"{first.code} {first.message}"


def record(side: Side) -> Record:
    """A side's record with all that vouches for it."""
    name = "record.yaml" if side.yaml else "record.json"
    found = files.parse(Source(name, dumped(side.data)))[0]
    if side.computed:
        found = with_digest(found, side.computed)
    parts = tuple(fragment(f"{service}.json", data, service, 1) for service, data in side.parts)
    return merged(found, parts) if parts else found


def accepted(people: People) -> Accepted:
    """Who signed."""
    directory = None
    if people.known is not None:
        directory = Directory(dict(people.known), frozenset(people.domains), frozenset())
    return Accepted(
        signoffs=tuple(Signoff(s.person, s.role, s.at) for s in people.signatures),
        asked=None if people.asked is None else Asked(people.asked, people.signed),
        thresholds=dict(people.thresholds),
        directory=directory,
        made=Made(COMMIT, people.committed) if people.committed else None,
    )


def input_of(world: World) -> Input:
    """All that an evaluation looks at."""
    champion: Record | Holder = Holder.UNASKED if world.champion == "unasked" else Holder.NOBODY
    if isinstance(world.champion, Side):
        champion = record(world.champion)
    bars = Bars(world.bars, ("said so",) if world.bars is None else ())
    return Input(record(world.candidate), MOVE, world.now, champion, accepted(world.people), bars=bars)


def truths(policy: Policy, given: Input) -> list[bool | None]:
    """Of each rule, and of `applies when` where it stands; by the reference interpreter."""
    interpreter = Interpreter(given)
    found = [judge_rule(r, given, interpreter).truth for r in policy.rules]
    return found + ([interpreter.truth(policy.applies).truth] if policy.applies is not None else [])


def compiled(policy: Policy) -> Any:
    """The program of the rules."""
    return compile_rules(policy.rules)
