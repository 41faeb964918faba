"""Where entries lie, and what is derived from them, in SQL that SQLite and PostgreSQL share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import lru_cache
from typing import Any

from letpass.diagnostics import UnreachableError
from letpass.frozen import Frozen
from letpass.ledger.packing import packed, unpacked
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

    def number(self) -> int:
        """The number of the schema; raises `UnreachableError` for one that this version does not know."""
        raise NotImplementedError

    def set_number(self, number: int) -> None:
        """Say the number of the schema."""
        raise NotImplementedError

    def lay_out(self, *, anew: bool = False) -> None:
        """Make the tables and safeguards that are not there, within a transaction; `anew`: those of what is derived as well."""
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

    def follows(self) -> bool:
        """Is this a replica, which follows another database and may be behind it."""
        return False

    def now(self) -> int | None:
        """The database's clock, in microseconds; None where it is that of whoever asks."""
        return None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One writer at a time, the head locked from the begin on: all is committed, or nothing."""
        with self._writing():
            self._in_view = True
            try:
                yield
            finally:
                self._in_view = False

    def together(self) -> AbstractContextManager[None]:
        """Statements whose answers nobody waits for one by one: what is wrong with one is raised at the end."""
        return nullcontext()

    def trying(self, patience: int) -> AbstractContextManager[None]:
        """A transaction as `transaction` is, for which somebody else's lock is waited for so many milliseconds at most."""
        raise NotImplementedError

    def _writing(self) -> AbstractContextManager[None]:
        """A transaction that writes."""
        raise NotImplementedError

    @contextmanager
    def reading(self) -> Iterator[None]:
        """One view of the log over several reads, also where it is within another one, or within a transaction."""
        if self._in_view:
            yield
            return
        with self._view():
            self._in_view = True
            try:
                yield
            finally:
                self._in_view = False

    _in_view = False

    def _view(self) -> AbstractContextManager[None]:
        """A transaction that only reads."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the connection; closing it again does nothing."""
        self.drop_second()
        connection = self.__dict__.pop("connection", None)
        if connection is not None:
            self._let_go(connection)

    def _let_go(self, connection: Any) -> None:
        connection.close()

    def __del__(self) -> None:
        self.close()

    def head(self, *, lock: bool = False) -> Head:
        """The log's head, an empty one where nothing was appended.  `lock`: nobody else appends until the transaction ends."""
        sql = "SELECT size, frontier, checkpoint FROM head WHERE one = 1"
        row = self.run(sql + (self.for_update if lock else ""), ()).fetchone()
        if row is None:
            return EMPTY
        return Head(*self.typed(row, int, bytes, str))

    def newest(self, *, lock: bool = False) -> tuple[Head, str]:
        """The head, and the signed state beside it, nothing where there is none."""
        if lock:
            # one statement would give the head as it is when the lock is had, and the state as it was when it was asked for
            return self.head(lock=True), self.state()
        sql = (
            "SELECT h.size, h.frontier, h.checkpoint, s.note FROM head h LEFT JOIN state s ON s.one = 1 WHERE h.one = 1"
        )
        row = self.run(sql, ()).fetchone()
        if row is None:
            return EMPTY, ""
        *head, note = self.typed(row, int, bytes, str, str | None)
        return Head(*head), note or ""

    for_update = ""

    def typed(self, row: Row, *types: Any) -> Any:
        """A row whose values have these types; raises `UnreachableError` for one that somebody has bent."""
        if not all(isinstance(value, type_) for value, type_ in zip(row, types, strict=True)):
            what = "it holds values of other types than were written"
            raise UnreachableError.of("GATE421", f"the ledger is not to be trusted: {what}", self.name)
        return row

    def _all_typed(self, rows: Sequence[Row], *types: Any) -> Sequence[Row]:
        """Many rows, as `typed` has one."""
        for column, type_ in zip(zip(*rows, strict=True), types, strict=False):
            if not all(issubclass(found, type_) for found in set(map(type, column))):
                self.typed((next(v for v in column if not isinstance(v, type_)),), type_)
        return rows

    def set_head(self, head: Head) -> None:
        """Put another head in place of the log's."""
        self.run(
            "INSERT INTO head (one, size, frontier, checkpoint) VALUES (1, ?, ?, ?) ON CONFLICT (one) DO UPDATE SET"
            " size = excluded.size, frontier = excluded.frontier, checkpoint = excluded.checkpoint",
            (head.size, head.frontier, head.checkpoint),
        )

    def insert(self, rows: Sequence[Written]) -> None:
        """Add entries."""
        self.many("INSERT INTO entry (idx, body, leaf, key, checkpoint) VALUES (?, ?, ?, ?, ?)", rows)

    def many(self, sql: str, rows: Sequence[Row]) -> None:
        """Run a statement once for each row of values."""
        raise NotImplementedError

    def find(self, key: str) -> int | None:
        """The index of the entry with a key."""
        row = self.run("SELECT idx FROM entry WHERE key = ?", (key,)).fetchone()
        found: int | None = self.typed(row, int)[0] if row else None
        return found

    def filed(self, keys: Sequence[str]) -> dict[str, int]:
        """The first index that is found by each of some keys, as whoever appends looks for it."""
        rows = self._all_typed(list(self._among("SELECT idx, key FROM entry WHERE key IN", keys)), int, str)
        return {key: index for index, key in sorted(rows, reverse=True)}

    def found(self, keys: Sequence[str]) -> dict[str, tuple[int, str]]:
        """The index and text of each entry with one of these keys."""
        sql = "SELECT key, idx, body FROM entry WHERE key IN"
        rows = (self.typed(row, str, int, str) for row in self._among(sql, keys))
        return {key: (index, text) for key, index, text in rows}

    def _among(self, sql: str, values: Sequence[str | int | bytes], first: Sequence[int] = ()) -> Iterator[Row]:
        """The rows of a query whose last column is one of these values; `first`: the values before those."""
        for begin in range(0, len(values), _ASKED):
            some = values[begin : begin + _ASKED]
            yield from self.run(f"{sql} ({', '.join('?' * len(some))})", (*first, *some)).fetchall()

    def last(self) -> int:
        """How many entries there must be, by the last index."""
        row = self.run("SELECT max(idx) FROM entry", ()).fetchone()
        return -1 if row[0] is None else int(self.typed(row, int)[0])

    def rows(self, start: int | None = None) -> Iterator[Written]:
        """Entries in order, whatever their first index."""
        after = -(2**62) if start is None else start - 1
        sql = "SELECT idx, body, leaf, key, checkpoint FROM entry WHERE idx > ? ORDER BY idx"
        for page in self._pages(sql, (after,), 1):
            yield from self._all_typed(page, int, str, bytes, str, str | None)

    def texts(self, begin: int, count: int) -> list[tuple[int, str]]:
        """The index and text of so many entries from an index on, fewer where one is missing."""
        sql = "SELECT idx, body FROM entry WHERE idx >= ? AND idx < ? ORDER BY idx"
        return list(self._all_typed(self.run(sql, (begin, begin + count)).fetchall(), int, str))

    def leaves(self, begin: int, count: int) -> list[bytes]:
        """The leaf hashes of so many entries from an index on, fewer where one is missing."""
        sql = "SELECT idx, leaf FROM entry WHERE idx >= ? AND idx < ? ORDER BY idx"
        return self._run_of(sql, (begin, begin + count), begin)

    def subtrees(self, level: int, begin: int, count: int) -> list[bytes]:
        """So many roots of full subtrees of a level of tiles, fewer where one is missing."""
        sql = "SELECT idx, hash FROM subtree WHERE level = ? AND idx >= ? AND idx < ? ORDER BY idx"
        return self._run_of(sql, (level, begin, begin + count), begin)

    def all_subtrees(self) -> Iterator[tuple[int, int, bytes]]:
        """All roots of full subtrees, by level and number."""
        sql = "SELECT level, idx, hash FROM subtree WHERE (level, idx) > (?, ?) ORDER BY level, idx"
        for page in self._pages(sql, (-1, -1), 2):
            yield from self._all_typed(page, int, int, bytes)

    def _run_of(self, sql: str, values: Sequence[int], begin: int) -> list[bytes]:
        rows = self._all_typed(self.run(sql, values).fetchall(), int, bytes)
        return [found for at, (index, found) in enumerate(rows, begin) if index == at]

    def state(self) -> str:
        """The signed state beside the head, nothing where there is none."""
        row = self.run("SELECT note FROM state WHERE one = 1", ()).fetchone()
        return str(self.typed(row, str)[0]) if row else ""

    def set_state(self, note: str) -> None:
        """Put another note in place of the one that signs the lists and the subtrees."""
        self.run(
            "INSERT INTO state (one, note) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET note = excluded.note", (note,)
        )

    def nodes(self, places: Sequence[int]) -> dict[int, bytes]:
        """The nodes of the tree of lists in these places."""
        rows = self._among("SELECT place, body FROM node WHERE place IN", places)
        return dict(self.typed(row, int, bytes) for row in rows)

    def all_nodes(self) -> Iterator[tuple[int, bytes]]:
        """All nodes of the tree of lists, by their places."""
        for page in self._pages("SELECT place, body FROM node WHERE place > ? ORDER BY place", (0,), 1):
            yield from self._all_typed(page, int, bytes)

    def set_nodes(self, nodes: Mapping[int, bytes]) -> None:
        """Write nodes of the tree over the lists, by their places; those of the same places are replaced."""
        self.many(
            "INSERT INTO node (place, body) VALUES (?, ?) ON CONFLICT (place) DO UPDATE SET body = excluded.body",
            list(nodes.items()),
        )

    def listed(self, key: bytes, after: int) -> list[tuple[int, str]]:
        """The entries of a list behind an index: the index and text of each, in order."""
        sql = "SELECT l.idx, e.body FROM listed l JOIN entry e ON e.idx = l.idx WHERE l.list = ? AND l.idx > ? ORDER BY l.idx"
        return list(self._all_typed(self.run(sql, (key, after)).fetchall(), int, str))

    def listed_of(self, keys: Sequence[bytes], begin: int, end: int) -> list[tuple[bytes, int]]:
        """What stands in some lists of the entries from an index up to another, not included: in order of key and index."""
        sql = "SELECT list, idx FROM listed WHERE idx >= ? AND idx < ? AND list IN"
        rows = self._among(sql, list(dict.fromkeys(keys)), (begin, end))
        return sorted(self.typed(row, bytes, int) for row in rows)

    def all_listed(self, begin: bytes = b"", end: bytes = b"") -> Iterator[tuple[bytes, int]]:
        """What stands in the lists from one key up to another, not included, else to the last: the key of the list and the index
        of the entry, in order of both."""
        sql = "SELECT list, idx FROM listed WHERE (list, idx) > (?, ?) ORDER BY list, idx"
        for page in self._pages(sql, (begin, -(2**62)), 2):
            rows = self._all_typed(page, bytes, int)
            if end and rows and rows[-1][0] >= end:
                yield from (row for row in rows if row[0] < end)
                return
            yield from rows

    def last_listed(self) -> int:
        """The last entry that stands in any list, -1 where none does."""
        row = self.run("SELECT max(idx) FROM listed", ()).fetchone()
        return -1 if row[0] is None else int(self.typed(row, int)[0])

    def add_listed(self, rows: Sequence[tuple[bytes, int]]) -> None:
        """Add entries to lists: the list's hash with the entry's index."""
        self.many("INSERT INTO listed (list, idx) VALUES (?, ?)", rows)

    def add_subtrees(self, rows: Sequence[tuple[int, int, bytes]]) -> None:
        """Add hashes of complete subtrees: level, index, hash."""
        self.many("INSERT INTO subtree (level, idx, hash) VALUES (?, ?, ?)", rows)

    def _pages(self, sql: str, after: Sequence[Any], keys: int) -> Iterator[Sequence[Row]]:
        """The rows of a query behind a key of so many columns, which come first, a page at a time."""
        while True:
            found = self.run(f"{sql} LIMIT {BATCH}", after).fetchall()
            yield found
            if len(found) < BATCH:
                return
            after = found[-1][:keys]

    def keep(self, digest: str, data: bytes, like: str = "", other: bytes = b"") -> None:
        """Store large material under its digest; `like`, `other`: the digest of one that it repeats much of, and that one."""
        sql = "INSERT INTO material (digest, data) VALUES (?, ?) ON CONFLICT (digest) DO NOTHING"
        self.run(sql, (digest, packed(data, like, other)))

    def keep_anew(self, texts: Mapping[str, bytes]) -> None:
        """Store large material under its digest in place of what is there."""
        self.many("UPDATE material SET data = ? WHERE digest = ?", [(packed(t), d) for d, t in texts.items()])

    def materials(self) -> Iterator[tuple[str, bytes | None]]:
        """All large material, by its digest; None for what repeats one that is not kept any more."""
        sql = f"SELECT digest, data FROM material WHERE digest > ? ORDER BY digest LIMIT {_MATERIALS}"  # noqa: S608
        after, other = "", lru_cache(maxsize=16)(self._packed)
        while True:
            found = [self.typed(row, str, bytes) for row in self.run(sql, (after,)).fetchall()]
            yield from ((digest, unpacked(data, other)) for digest, data in found)
            if len(found) < _MATERIALS:
                return
            after = found[-1][0]

    def kept(self, digests: Sequence[str]) -> dict[str, bytes | None]:
        """The large material with one of these digests."""
        rows = self._among("SELECT digest, data FROM material WHERE digest IN", digests)
        return {d: unpacked(data, self._packed) for d, data in (self.typed(row, str, bytes) for row in rows)}

    def material(self, digest: str) -> bytes | None:
        """One of it, None where it, or what it repeats, is not kept any more."""
        row = self._packed(digest)
        return unpacked(row, self._packed) if row is not None else None

    def _packed(self, digest: str) -> bytes | None:
        row = self.run("SELECT data FROM material WHERE digest = ?", (digest,)).fetchone()
        found: bytes | None = self.typed(row, bytes)[0] if row else None
        return found
