"""Where entries lie: two tables and one for large material, in SQL that SQLite and PostgreSQL share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

from letpass.diagnostics import UnreachableError
from letpass.frozen import Frozen
from letpass.ledger.schema import Oddity

Row = tuple[Any, ...]
Written = tuple[int, str, bytes, str, str | None]
"""An entry's row: index, text, leaf hash, key, and the checkpoint behind the last of a batch."""
BATCH = 10_000  # rows read at a time
_MATERIALS = 200  # large texts read at a time
_ASKED = 500  # keys or digests asked for at a time


class Head(Frozen):
    """The end of the log: how many entries, the frontier of their tree, and the signed checkpoint."""

    size: int
    frontier: bytes
    checkpoint: str


EMPTY = Head(0, b"", "")


class Store:
    """Reads and writes entries.  A subclass brings the connection and its dialect.

    Nothing here verifies anything: that is the ledger's part.
    """

    name: str
    run: Callable[[str, Sequence[Any]], Any]
    """Execute a statement with `?` for values; gives a cursor."""

    def has(self, table: str) -> bool:
        """Is there a table of this name."""
        raise NotImplementedError

    def prepare(self, *, make: bool) -> None:
        """Refuse a database with anything in it that could change what is written or read; `make`: make the tables where
        there are none, put back safeguards that are gone, and bring the schema to this version's.  Raises
        `UnreachableError`.
        """
        raise NotImplementedError

    def odd(self) -> tuple[Oddity, ...]:
        """What the database has that could change what is written or read, and which safeguards it lacks.

        Raises `UnreachableError` for a schema of an unknown number.
        """
        raise NotImplementedError

    def again(self) -> Store:
        """Another connection to the same database."""
        raise NotImplementedError

    @property
    def second(self) -> Store:
        """Another connection to the same database, opened once and kept."""
        found: Store | None = self.__dict__.get("_second")
        if found is None:
            found = self.__dict__["_second"] = self.again()
        return found

    def drop_second(self) -> None:
        """Let the second connection go, for one that is broken."""
        other = self.__dict__.pop("_second", None)
        if other is not None:
            other.close()

    def now(self) -> int | None:
        """The database's clock, in microseconds; None where it is that of whoever asks."""
        return None

    def transaction(self) -> AbstractContextManager[None]:
        """One writer at a time, the head locked from the begin on: all is committed, or nothing."""
        raise NotImplementedError

    def reading(self) -> AbstractContextManager[None]:
        """One view of the log over several reads."""
        raise NotImplementedError

    def close(self) -> None:
        """Let the connection go; once or often."""
        self.drop_second()
        connection = self.__dict__.pop("connection", None)
        if connection is not None:
            connection.close()

    def __del__(self) -> None:
        self.close()

    def head(self, *, lock: bool = False) -> Head:
        sql = "SELECT size, frontier, checkpoint FROM head WHERE one = 1"
        row = self.run(sql + (self.for_update if lock else ""), ()).fetchone()
        if row is None:
            return EMPTY
        return Head(*self.typed(row, int, bytes, str))

    for_update = ""

    def typed(self, row: Row, *types: Any) -> Any:
        """A row whose values have these types; raises `UnreachableError` for one that somebody has bent."""
        if not all(isinstance(value, type_) for value, type_ in zip(row, types, strict=True)):
            what = "it holds values of other types than were written"
            raise UnreachableError.of("GATE421", f"the ledger is not to be trusted: {what}", self.name)
        return row

    def set_head(self, head: Head) -> None:
        self.run(
            "INSERT INTO head (one, size, frontier, checkpoint) VALUES (1, ?, ?, ?) ON CONFLICT (one) DO UPDATE SET"
            " size = excluded.size, frontier = excluded.frontier, checkpoint = excluded.checkpoint",
            (head.size, head.frontier, head.checkpoint),
        )

    def insert(self, rows: Sequence[Written]) -> None:
        """Add entries."""
        self.many("INSERT INTO entry (idx, body, leaf, key, checkpoint) VALUES (?, ?, ?, ?, ?)", rows)

    def many(self, sql: str, rows: Sequence[Row]) -> None:
        raise NotImplementedError

    def find(self, key: str) -> tuple[int, str] | None:
        """The index and text of the entry with a key."""
        row = self.run("SELECT idx, body FROM entry WHERE key = ?", (key,)).fetchone()
        found: tuple[int, str] | None = self.typed(row, int, str) if row else None
        return found

    def found(self, keys: Sequence[str]) -> dict[str, tuple[int, str]]:
        """The index and text of each entry with one of these keys."""
        sql = "SELECT key, idx, body FROM entry WHERE key IN"
        rows = (self.typed(row, str, int, str) for row in self._among(sql, keys))
        return {key: (index, text) for key, index, text in rows}

    def _among(self, sql: str, values: Sequence[str]) -> Iterator[Row]:
        """The rows of a query whose last column is one of these values."""
        for begin in range(0, len(values), _ASKED):
            some = values[begin : begin + _ASKED]
            yield from self.run(f"{sql} ({', '.join('?' * len(some))})", some).fetchall()

    def last(self) -> int:
        """How many entries there must be, by the last index."""
        row = self.run("SELECT max(idx) FROM entry", ()).fetchone()
        return -1 if row[0] is None else int(self.typed(row, int)[0])

    def rows(self, start: int | None = None) -> Iterator[Written]:
        """Entries in order, whatever their first index."""
        after = -(2**62) if start is None else start - 1
        while True:
            found = self.run(
                f"SELECT idx, body, leaf, key, checkpoint FROM entry WHERE idx > ? ORDER BY idx LIMIT {BATCH}",  # noqa: S608
                (after,),
            ).fetchall()
            for row in found:
                yield self.typed(row, int, str, bytes, str, str | None)
            if len(found) < BATCH:
                return
            after = found[-1][0]

    def leaves(self, size: int) -> list[bytes]:
        """The leaf hashes of the first entries, in order."""
        found, after = list[bytes](), -(2**62)
        while True:
            sql = f"SELECT idx, leaf FROM entry WHERE idx > ? AND idx < ? ORDER BY idx LIMIT {10 * BATCH}"  # noqa: S608
            some = [self.typed(row, int, bytes) for row in self.run(sql, (after, size)).fetchall()]
            found += [leaf for _, leaf in some]
            if len(some) < 10 * BATCH:
                return found
            after = some[-1][0]

    def keep(self, digest: str, data: bytes) -> None:
        """Store large material under its digest."""
        self.run("INSERT INTO material (digest, data) VALUES (?, ?) ON CONFLICT (digest) DO NOTHING", (digest, data))

    def materials(self) -> Iterator[tuple[str, bytes]]:
        """All large material, by its digest."""
        after = ""
        while True:
            sql = f"SELECT digest, data FROM material WHERE digest > ? ORDER BY digest LIMIT {_MATERIALS}"  # noqa: S608
            found = [self.typed(row, str, bytes) for row in self.run(sql, (after,)).fetchall()]
            yield from found
            if len(found) < _MATERIALS:
                return
            after = found[-1][0]

    def kept(self, digests: Sequence[str]) -> dict[str, bytes]:
        """The large material with one of these digests."""
        rows = self._among("SELECT digest, data FROM material WHERE digest IN", digests)
        return dict(self.typed(row, str, bytes) for row in rows)

    def material(self, digest: str) -> bytes | None:
        row = self.run("SELECT data FROM material WHERE digest = ?", (digest,)).fetchone()
        found: bytes | None = self.typed(row, bytes)[0] if row else None
        return found
