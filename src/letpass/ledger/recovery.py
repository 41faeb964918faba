"""Entries that were lost when an older copy of the log was restored, as entries of the kind `recovery` name them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from letpass.diagnostics import InvalidError
from letpass.frozen import Frozen
from letpass.ledger.entry import Logged
from letpass.ledger.note import Checkpoint
from letpass.trust import rooted, statements
from letpass.trust.chain import Trust
from letpass.trust.kinds import RECOVERY
from letpass.trust.signers import Learned
from letpass.trust.strict import unbase64

KIND = "recovery"


class Loss(Frozen):
    """A run of entries that is missing.

    entry: that says so · first, last: the entries that were lost · size, root: the head that was kept of the log that had them.
    """

    entry: int
    first: int
    last: int
    size: int
    root: bytes

    @property
    def words(self) -> str:
        """For people, in a line."""
        lost = f"entry {self.first} is" if self.first == self.last else f"the entries {self.first} to {self.last} are"
        return f"{lost} lost, as entry {self.entry} says: the log had {self.size} entries, and an older copy of it was brought back"


def losses(logged: Sequence[Logged], known: Learned, trust: Trust | None) -> tuple[Loss, ...]:
    """The losses that entries of the kind `recovery` name, of those entries that count.

    The threshold of the trust file's root signs it.  One that nobody signed counts where the log had no trust file yet.
    """
    found = list[Loss]()
    for each in logged:
        try:
            found.append(_loss(each.index, _said(each, known, trust)))
        except (InvalidError, KeyError, TypeError, ValueError):
            continue
    return tuple(found)


def _said(logged: Logged, known: Learned, trust: Trust | None) -> Mapping[str, Any]:
    if not logged.entry.statement:
        if any(index < logged.index for _, index in known):
            raise InvalidError("nobody has signed it")
        return logged.entry.data
    if trust is None:
        raise InvalidError("nobody can tell who has signed it")
    statement = statements.read("", logged.entry.statement.encode("utf-8"), logged.at, logged.index)
    rooted.check(trust, known, statement)
    if statement.type != RECOVERY:
        raise InvalidError(f"a statement of the kind `{statement.kind}` names no loss")
    return statement.predicate


def _loss(index: int, said: Mapping[str, Any]) -> Loss:
    first, last, size = int(said["from"]), int(said["to"]), int(said["lost"]["size"])
    if not 0 <= first <= last == size - 1 or first > index:
        raise InvalidError("it names no entries that can be missing")
    return Loss(index, first, last, size, unbase64(str(said["lost"]["root"])))


def of(found: Sequence[Loss], old: Checkpoint) -> Loss | None:
    """The loss of the log that had a head."""
    return next((loss for loss in found if (loss.size, loss.root) == (old.size, old.root)), None)
