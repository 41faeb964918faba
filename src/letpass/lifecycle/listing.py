"""The versions that a sweep looks at: those that the registry lists, and those of every model that the ledger knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from letpass.diagnostics import Diagnostic, InvalidError
from letpass.facts.record import Record
from letpass.ledger import history
from letpass.ledger.entry import Logged
from letpass.ledger.history import ADOPTION
from letpass.project.project import Project
from letpass.registries import shards
from letpass.registries.interface import PassingOver
from letpass.registries.shards import Order, Shard
from letpass.trust import statements


def versions(
    project: Project, models: Sequence[str] = (), *, prompts: bool = False
) -> Iterator[Record | Diagnostic]:  # fmt: skip
    """The versions of some models, or of every one, and a fault for each that does not read.

    Of every one: a model that the ledger knows is asked for by its name, too, where the registry does not list it: it stays a
    model, whatever the registry calls it now.  `prompts`: those of prompts too, which the registry keeps among its models.  Raises `LetpassError` where registry or ledger cannot be read.
    """
    registry = project.registry
    if models or not isinstance(registry, PassingOver):
        for model in models or ("",):
            yield from registry.versions(model)
        return
    found = [(shards.model_of(registry, each), each) for each in registry.versions()]
    missed = _missed(project, {model for model, _ in found}, lambda _: True, registry.passed_over() if prompts else ())
    found += [(model, each) for model in missed for each in registry.versions(model)]
    yield from (each for _, each in sorted(found, key=lambda f: f[0]))  # of one model they stay in their order


def of_shard(project: Project, shard: Shard, *, prompts: bool = False) -> Iterator[tuple[Order, Record | Diagnostic]]:
    """What `versions` gives of the models of a shard, each with its place among all of every shard; raises as it does."""
    registry, seen = project.registry, set[str]()
    for order, each in shards.versions(registry, shard):
        seen.add(shards.model_of(registry, each))
        yield order, each
    if isinstance(registry, PassingOver):
        for model in _missed(project, seen, shard.has, registry.passed_over() if prompts else ()):
            yield from shards.numbered(model, registry.versions(model))


def _missed(
    project: Project, seen: Iterable[str], wanted: Callable[[str], bool], prompts: Iterable[str]
) -> list[str]:  # fmt: skip
    """The models and prompts that are to be looked at, and that a listing has not given."""
    return sorted(name for name in (known(project) | set(prompts)) - set(seen) if wanted(name))


def known(project: Project) -> set[str]:
    """The models that the ledger has moved, decided about or taken in, of this registry or of none that is known."""
    ledger = project.ledger.reader()
    if ledger is None or not ledger.size():
        return set()
    scope = project.names.scope
    found = ledger.entries_of("move", "decision", "adoption")
    names = {e.entry.model for e in found if e.entry.model and history.is_of(e.entry, e.entry.model, scope)}
    return names | {name for e in found if e.entry.kind == ADOPTION for name in _adopted(e)}


def _adopted(logged: Logged) -> Iterator[str]:
    """The models whose versions an adoption lists; whether it counts is told where they are looked at."""
    said: Mapping[str, Any] = logged.entry.data
    if logged.entry.statement:
        try:
            said = statements.read("", logged.entry.statement.encode("utf-8")).predicate
        except InvalidError:
            return
    holders = said.get("holders", [])
    for holder in holders if isinstance(holders, list) else ():
        if isinstance(holder, dict) and isinstance(holder.get("model"), str):
            yield holder["model"]


def passed_over(project: Project) -> list[str]:
    """What listings of the registry have left out since nothing of it moves, in words."""
    registry = project.registry
    found = registry.passed_over() if isinstance(registry, PassingOver) else {}
    return [found[name] for name in sorted(found)]
