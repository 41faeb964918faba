"""One append among those that wait: what is to be logged, under which conditions, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from letpass.frozen import Frozen
from letpass.ledger.entry import Entry, Logged
from letpass.ledger.gatekey import GateKey
from letpass.ledger.listing import Places, places


class Receipt(Frozen):
    """Where an entry stands, when it was logged, and whether this append did it."""

    index: int
    at: int
    fresh: bool


class Unless(Frozen):
    """A condition: no entry from the index `since` on may stand in the way.

    stands: why an entry stands in the way, nothing where it does not."""

    since: int
    stands: Callable[[Logged], str]


class Append:
    """What somebody wants to log; arguments as of `Ledger.append`.  `ended` once it is known what came of it: `receipts`, or `error`.

    by: whose append it is, so that only those are written together that believe and sign alike · keys, places: of its entries,
    once it is `prepared`.
    """

    def __init__(
        self, by: object, new: Sequence[Entry], now: int, material: Sequence[tuple[str, bytes]], unless: Unless | None,
        mends: Mapping[int, int] | None, key: GateKey | None, like: str,
    ) -> None:  # fmt: skip
        self.by, self.new, self.now, self.material, self.like = by, tuple(new), now, tuple(material), like
        self.unless, self.mends, self.key = unless, mends or {}, key
        self.keys: tuple[str, ...] = ()
        self.places: tuple[Places, ...] = ()
        self.receipts: tuple[Receipt, ...] = ()
        self.error: BaseException | None = None
        self.ended = False

    @property
    def alone(self) -> bool:
        """Is it written by itself, since it says what those behind it go by."""
        return bool(self.mends) or self.key is not None

    def prepare(self) -> None:
        """Work out what needs nothing of the log; raises ValueError for an entry that cannot be written at all."""
        self.keys = tuple(each.key for each in self.new)
        self.places = tuple(places(each) for each in self.new)

    def end(self, receipts: tuple[Receipt, ...] = (), error: BaseException | None = None) -> None:
        """Set its result; a second call changes nothing."""
        if self.ended:
            return
        self.receipts, self.error, self.ended = receipts, error, True

    def result(self) -> tuple[Receipt, ...]:
        """The receipts; raises the error with which it ended."""
        if self.error is not None:
            raise self.error
        return self.receipts
