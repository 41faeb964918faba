"""The models of a registry in equal parts, so that each of several machines looks at one: which part a model is in, and what is
read of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, runtime_checkable

from letpass.canonical import digest_bytes
from letpass.diagnostics import Diagnostic, InvalidError
from letpass.facts.record import Record
from letpass.frozen import Frozen
from letpass.registries.interface import Registry, Run, parts_of

MOST = 10_000
"""Shards of one run."""
_SHARD = re.compile(r"(\d{1,9})/(\d{1,9})", re.ASCII)
Order = tuple[str, ...]
"""Where something stands in the listing of a whole registry: what comes first is less."""


class Shard(Frozen):
    """One of so many parts, the first of which is 1."""

    number: int
    of: int

    def has(self, model: str) -> bool:
        """Is a model in this part: all its versions are then."""
        return part_of(model, self.of) == self.number

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


@runtime_checkable
class Parted(Protocol):
    """A registry that reads some of its models without the records of the others."""

    def of_models(self, has: Callable[[str], bool]) -> Iterator[tuple[Order, Record | Diagnostic]]:
        """What `Registry.versions` gives of the models that `has` says, in its order, each with its place in that."""


@runtime_checkable
class PartedRuns(Protocol):
    """A registry that tells some of its runs without the others."""

    def runs_of(self, has: Callable[[str], bool]) -> Iterator[tuple[Order, Run | Diagnostic]]:
        """The runs of the models that `has` says, or of whatever else the registry keeps runs in, each with its place among all."""


def part_of(model: str, of: int) -> int:
    """The part that a model is in, from 1 on: by the digest of its name, so that it stays there whatever else there is."""
    return int(digest_bytes(model.encode("utf-8", "surrogatepass")).partition(":")[2], 16) % of + 1


def read(text: str) -> Shard:
    """The shard that a text such as `3/8` names; raises `InvalidError`."""
    found = _SHARD.fullmatch(text)
    number, of = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= of <= MOST or not 1 <= number <= of:
        raise InvalidError(
            f"`{text[:40]}` is no shard: write `3/8` for the third of eight; the first is 1, and {MOST:,} are the most"
        )
    return Shard(number, of)


def versions(registry: Registry, shard: Shard) -> Iterator[tuple[Order, Record | Diagnostic]]:
    """The versions of the models of a shard, and a fault for each that does not read.

    A registry that cannot read some models without the others is listed whole, and the others are let go of.  Raises `LetpassError`
    where a model cannot be kept in one shard.
    """
    if isinstance(registry, Parted):
        yield from registry.of_models(shard.has)
        return
    for number, each in enumerate(registry.versions()):
        if shard.has(model_of(registry, each)):
            yield (_place(number),), each


def numbered(model: str, found: Iterable[Record | Diagnostic]) -> Iterator[tuple[Order, Record | Diagnostic]]:
    """The versions of one model, each with its place among those of a registry that is listed model by model."""
    for number, each in enumerate(found):
        yield (model, f"{number:09}"), each


def model_of(registry: Registry, each: Record | Diagnostic) -> str:
    """The model of a version, or the one that a fault names."""
    return each.text("model") if isinstance(each, Record) else _of_fault(registry, each)


def runs(registry: Registry, shard: Shard) -> Iterator[tuple[Order, Run | Diagnostic]]:
    """The runs of a shard, and a fault for each that does not read: of a folder those of its models, of MLflow those of its
    experiments, by the experiment's id, of any other registry those whose id is in it.

    Runs that stand for versions have no place: among all they stand by their age.
    """
    if isinstance(registry, PartedRuns):
        yield from registry.runs_of(shard.has)
        return
    for number, run in enumerate(registry.runs()):
        if shard.has(run.id if isinstance(run, Run) else _of_fault(registry, run)):
            yield (_place(number),), run


def _of_fault(registry: Registry, fault: Diagnostic) -> str:
    """The model that a fault of a registry without files names, or whatever it names in the place of one."""
    return parts_of(fault.span.source.name.removeprefix(f"{registry.name}#"))[0]


def _place(number: int) -> str:
    return f"{number:012}"
