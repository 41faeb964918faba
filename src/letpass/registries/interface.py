"""What every registry offers: finding versions, what lies beside them, and moving them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from enum import Enum
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from letpass.diagnostics import Diagnostic, RegistryError
from letpass.facts.record import Holder, Record
from letpass.frozen import Frozen
from letpass.move import Stage

OUT_OF_REACH = "GATE430"
"""The code of a registry that could not be asked, so that nobody knows whether it did what it was asked."""
NO_LEDGER = "GATE420"
"""The code of a ledger that is out of reach: nothing is wrong with it, as far as anybody knows."""
OVERTAKEN = "GATE431"
"""The code of a move that another one of the model has overtaken, or is in the way of."""


def parts_of(reference: str) -> tuple[str, str]:
    """The two parts of `NAME@VERSION`: a name may hold `@`, a version none.  The first is empty where there is no `@`."""
    name, _, version = reference.rpartition("@")
    return name, version


class Beside(Enum):
    """What lies beside a version: a statement of somebody, or what the gate leaves there."""

    STATEMENT = "statement"
    OBJECTION = "objection"
    DECISION = "decision"
    STANDING = "standing"


class Found(Frozen):
    """What a file, folder or registry gave: records, the faults of those that do not read, how many files are none.

    read: the records as they were read, where others are judged in their place.
    """

    records: tuple[Record, ...] = ()
    faults: tuple[Diagnostic, ...] = ()
    others: int = 0
    read: tuple[Record, ...] = ()


class Change(Frozen):
    """A move to make: who goes where, and who leaves.

    stage: the target · leaving: the versions that hold it now, which are archived in the same move, None where others may
    stay there.
    """

    stage: Stage
    leaving: tuple[str, ...] | None = None


class Run(Frozen):
    """One run of training: what went in, and how it ended.

    at: microseconds · name: the run's, or the version's that came of it · ended: as the registry says, or `refused` ·
    parameters: as they were given.
    """

    id: str
    name: str
    at: int
    ended: str
    commit: str = ""
    data: tuple[str, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def failed(self) -> bool:
        """Did it end in any other way than whole."""
        return self.ended not in {"FINISHED", "registered"}

    @property
    def tuple(self) -> tuple[Any, ...]:
        """What makes two runs the same work: code, data and hyperparameters."""
        return self.commit, self.data, self.parameters

    @property
    def told(self) -> bool:
        """Is anything known of what went in: else two runs are not the same for want of it."""
        return any(self.tuple)


class Registry(Protocol):
    """Where versions live.  Everything raises `UnreachableError` where the registry is out of reach.

    name: as the configuration and requests say it.
    """

    name: str

    @property
    def remote(self) -> bool:
        """Are its moves made by another process, which may go on when the one that asked for them has ended."""

    def identity(self, *, make: bool = False) -> str:
        """What tells this registry from others wherever it lies, nothing where it has no such name; `make`: give it one."""

    def workspace(self) -> str:
        """The part of the registry that is asked, where it has parts with models of their own; nothing in the first of them."""

    def makings(self, model: str) -> Mapping[str, str]:
        """Of the versions of a model that were read, what tells each from others that had or will have its number; none where
        the registry never gives a number anew."""

    def find(self, reference: str) -> Record:
        """The version that `NAME@VERSION` or `NAME@ALIAS` names; raises `RecordError` or `RegistryError` where there is none."""

    def versions(self, model: str = "") -> Iterator[Record | Diagnostic]:
        """All versions, of one model or of every one, in order; a fault in the place of one that does not read."""

    def has(self, record: Record) -> bool:
        """Is a record one of this registry's own."""

    def holder(self, record: Record, stage: Stage) -> Record | Holder:
        """The other version of a record's model that holds a stage; UNASKED where several do or one cannot be read."""

    def holders(self, model: str, stage: Stage) -> frozenset[str] | None:
        """The versions of a model that hold a stage now, by whatever in the registry means it, asked anew; None where that
        cannot be told."""

    def statements(self, record: Record) -> list[tuple[str, bytes]]:
        """Names and bytes of the statements beside a version, objections too, but not what the gate leaves there."""

    def decisions(self, record: Record) -> list[tuple[str, bytes]]:
        """Names and bytes of the decisions beside a version."""

    def standings(self, record: Record) -> list[tuple[str, bytes]]:
        """Names and bytes of the standings beside a version."""

    def objections(self, model: str) -> list[tuple[str, bytes]]:
        """Names and bytes of the objections beside any version of a model, and of what takes them back."""

    def add(self, record: Record, digest: str, data: bytes, kind: Beside = Beside.STATEMENT) -> str:
        """Put what is of a kind beside a version, whole or not at all; where it lies then."""

    def known(self, record: Record) -> Record | None:
        """The registry's own version of a record's name, None where it has none; raises `RegistryError` for another text."""

    def register(self, record: Record) -> None:
        """Take a new version in, with what lies beside it; raises `RegistryError` where another one has its name."""

    def move(self, record: Record, change: Change) -> None:
        """Make a move: the old state, or the new one, and nothing between.

        Raises `UnreachableError` where it was not made: also where somebody else has moved meanwhile.
        """

    def serve(self, record: Record, deployment: Mapping[str, str]) -> None:
        """Write that an endpoint serves a version, and no other version of the model any more."""

    def amend(self, record: Record, changes: Mapping[str, Any]) -> None:
        """Set top-level fields of a version's record to other values (None: none)."""

    def maker(self, record: Record) -> str:
        """Whom the registry's own gate had authenticated when a version was made; nothing where it does not know it."""

    def gate(self) -> Mapping[str, Any] | None:
        """What a gate in the registry's own server says of itself, None where there is none: then callers decide."""

    def ask(self, record: Record, what: str, value: str = "") -> None:
        """Ask that gate for a move, `register`, `promote`, `deploy` or `retire`; raises `RegistryError` where it refuses."""

    def runs(self, model: str = "") -> Iterator[Run | Diagnostic]:
        """Earlier runs of training, the newest first; a fault for each that does not read."""

    def bytes_of(self, record: Record) -> AbstractContextManager[Path | None]:
        """A path where the artifact's bytes are for a while; None where the registry does not have them."""


@runtime_checkable
class PassingOver(Protocol):
    """A registry that keeps other things among its models, which a listing of all of them leaves out."""

    def passed_over(self) -> Mapping[str, str]:
        """What listings of all models have left out so far, in words, by its name; listed by that it is not left out."""


def no_model(model: str, name: str, help_: str = "") -> RegistryError:
    """What to raise where a registry has no version of a model, not even one that does not read."""
    known = "a model is called as the registry lists it, without its version"
    return RegistryError.of("GATE307", f"the registry has no model `{model}`", name, help_ or known)
