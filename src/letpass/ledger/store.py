"""Where entries lie: two tables and one for large material, in SQL that SQLite and PostgreSQL share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

from letpass.diagnostics import UnreachableError
from letpass.frozen import Frozen

Row = tuple[Any, ...]
BATCH = 10_000  # rows read at a time


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

    def transaction(self) -> AbstractContextManager[None]:
        """One writer at a time, the head locked from the begin on: all is committed, or nothing."""
        raise NotImplementedError

    def reading(self) -> AbstractContextManager[None]:
        """One view of the log over several reads."""
        raise NotImplementedError

    def close(self) -> None:
        """Let the connection go; once or often."""
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

    def insert(self, rows: Sequence[tuple[int, str, bytes, str, str | None]]) -> None:
        """Add entries: index, text, leaf hash, key, and the checkpoint behind the last of a batch."""
        self.many("INSERT INTO entry (idx, body, leaf, key, checkpoint) VALUES (?, ?, ?, ?, ?)", rows)

    def many(self, sql: str, rows: Sequence[Row]) -> None:
        raise NotImplementedError

    def find(self, key: str) -> tuple[int, str] | None:
        """The index and text of the entry with a key."""
        row = self.run("SELECT idx, body FROM entry WHERE key = ?", (key,)).fetchone()
        found: tuple[int, str] | None = self.typed(row, int, str) if row else None
        return found

    def last(self) -> int:
        """How many entries there must be, by the last index."""
        row = self.run("SELECT max(idx) FROM entry", ()).fetchone()
        return -1 if row[0] is None else int(self.typed(row, int)[0])

    def rows(self, start: int | None = None) -> Iterator[tuple[int, str, bytes, str, str | None]]:
        """Entries in order, whatever their first index: index, text, leaf hash, key, checkpoint."""
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
        found = self.run("SELECT leaf FROM entry WHERE idx < ? ORDER BY idx", (size,)).fetchall()
        return [self.typed(r, bytes)[0] for r in found]

    def keep(self, digest: str, data: bytes) -> None:
        """Store large material under its digest."""
        self.run("INSERT INTO material (digest, data) VALUES (?, ?) ON CONFLICT (digest) DO NOTHING", (digest, data))

    def materials(self) -> Iterator[tuple[str, bytes]]:
        """All large material, by its digest."""
        for row in self.run("SELECT digest, data FROM material ORDER BY digest", ()).fetchall():
            yield self.typed(row, str, bytes)

    def material(self, digest: str) -> bytes | None:
        row = self.run("SELECT data FROM material WHERE digest = ?", (digest,)).fetchone()
        found: bytes | None = self.typed(row, bytes)[0] if row else None
        return found
