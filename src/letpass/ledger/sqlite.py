"""The ledger in a SQLite file, for one machine: with a write-ahead log that is on the disk before an append is acknowledged."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from letpass import disk
from letpass.diagnostics import UnreachableError
from letpass.ledger import schema
from letpass.ledger.schema import Oddity
from letpass.ledger.store import Row, Store

WAIT = 10  # seconds for another writer to finish
_TAKEN = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}  # primary result codes: another connection is at it
_LEAST = 65_536  # bytes: with fewer on its disk SQLite has no room for the index of its write-ahead log, and says only `disk I/O error`
_FIRST_PAGE = 4096  # bytes of a file whose tables are still in its write-ahead log
_FULL = "database or disk is full"  # what SQLite says with the result code of that name
_BACK = "stop whoever writes, and bring the newest copy back, as docs/operations.md says"
_HELPS = {
    sqlite3.SQLITE_FULL: "make room on its disk; what was acknowledged is there, and nothing else",
    sqlite3.SQLITE_CORRUPT: _BACK,
    sqlite3.SQLITE_NOTADB: _BACK,
}
"""What mends an error, by its primary result code."""
_TABLES = (
    """CREATE TABLE IF NOT EXISTS entry (
      idx INTEGER PRIMARY KEY,
      body TEXT NOT NULL,
      leaf BLOB NOT NULL CHECK (length(leaf) = 32),
      key TEXT NOT NULL UNIQUE,
      checkpoint TEXT
    ) STRICT""",
    """CREATE TABLE IF NOT EXISTS head (
      one INTEGER PRIMARY KEY CHECK (one = 1),
      size INTEGER NOT NULL, frontier BLOB NOT NULL, checkpoint TEXT NOT NULL
    ) STRICT""",
    "CREATE TABLE IF NOT EXISTS state (one INTEGER PRIMARY KEY CHECK (one = 1), note TEXT NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS node (place INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS listed (list BLOB NOT NULL, idx INTEGER NOT NULL, PRIMARY KEY (list, idx)) STRICT, WITHOUT ROWID",
    """CREATE TABLE IF NOT EXISTS subtree (
      level INTEGER NOT NULL, idx INTEGER NOT NULL, hash BLOB NOT NULL CHECK (length(hash) = 32), PRIMARY KEY (level, idx)
    ) STRICT, WITHOUT ROWID""",
    "CREATE TABLE IF NOT EXISTS material (digest TEXT PRIMARY KEY, data BLOB NOT NULL) STRICT",
)
_STAYS = "SELECT RAISE(ABORT, 'the ledger is append-only')"
_TRIGGERS = (
    ("entry_stays", "UPDATE ON entry"),
    ("entry_remains", "DELETE ON entry"),
    ("head_grows", "UPDATE ON head WHEN new.size < old.size"),
    ("head_remains", "DELETE ON head"),
    ("listed_stays", "UPDATE ON listed"),
    ("listed_remains", "DELETE ON listed"),
    ("subtree_stays", "UPDATE ON subtree"),
    ("subtree_remains", "DELETE ON subtree"),
)
_SCHEMA = (
    *_TABLES,
    *(f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {what} BEGIN {_STAYS}; END" for name, what in _TRIGGERS),
)


class SqliteStore(Store):
    """Entries in one file.  Not for network file systems, whose locks cannot be relied on."""

    def __init__(self, path: Path, *, make: bool) -> None:
        """Open the file, and make it with its folder where asked; raises `UnreachableError`."""
        self.name, self.path = str(path), path
        with self._translating_errors():
            if make:
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                _begin(path)
            # who may only read, an auditor with a copy, reads it as it lies there
            reads = not make and path.is_file() and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))
            mode = "mode=ro&immutable=1" if reads else "mode=rw"
            self.connection = sqlite3.connect(
                f"file:{_quoted(path)}?{mode}",
                timeout=WAIT,
                uri=True,
                isolation_level=None,
                check_same_thread=False,  # one thread uses it; whichever collects it as garbage closes it
            )
            if not reads:
                self._write_ahead()
                self.run("PRAGMA synchronous = FULL", ())
            else:
                self.run("SELECT 1 FROM head", ())

    def prepare(self, *, make: bool) -> None:
        with self._translating_errors():
            odd = self.odd()
            schema.refuse(self.name, odd)
            number = self.number()
            schema.is_of_now(self.name, number, self.head().size if self.has("head") else 0)
            if make and (number < schema.VERSION or odd):
                with self.transaction():
                    self.lay_out()
                    self.set_number(schema.VERSION)

    def number(self) -> int:
        return schema.known(self.name, int(self.run("PRAGMA user_version", ()).fetchone()[0]) or schema.FIRST)

    def lay_out(self, *, anew: bool = False) -> None:
        drops = [f"DROP TABLE IF EXISTS {table}" for table in schema.DERIVED] if anew else []
        for statement in (*drops, *_SCHEMA):
            self.run(statement, ())

    def set_number(self, number: int) -> None:
        self.run(f"PRAGMA user_version = {number}", ())

    def _write_ahead(self) -> None:
        """Turn the write-ahead log on; while others do the same SQLite says that it is locked, and does not wait."""
        for _ in range(WAIT * 20):
            try:
                if self.connection.execute("PRAGMA journal_mode = WAL").fetchone()[0] == "wal":
                    return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF not in _TAKEN:
                    raise
            time.sleep(0.05)
        raise sqlite3.OperationalError("the write-ahead log cannot be turned on")

    def has(self, table: str) -> bool:
        return self.run("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone() is not None

    def odd(self) -> tuple[Oddity, ...]:
        number = self.number()
        there = self.run(
            "SELECT 'main', type, name, tbl_name, sql FROM sqlite_master UNION ALL"
            " SELECT 'temp', type, name, tbl_name, sql FROM sqlite_temp_master",
            (),
        ).fetchall()
        begun = any(str(name).lower() in schema.TABLES for _, _, name, _, _ in there)
        return tuple(self._odd(there, number)) if begun else ()

    def _odd(self, there: Sequence[Row], number: int) -> Iterator[Oddity]:
        ours, found = _ours(), set[str]()
        for where, type_, name, table, sql in there:
            if {str(table).lower(), str(name).lower()}.isdisjoint({*schema.TABLES, *ours}) or type_ == "index":
                continue
            if where == "temp" or (type_, " ".join(str(sql).split())) != ours.get(name):
                what = f"the {type_} `{name}` on `{table}`" if type_ == "trigger" else self._other(type_, name)
                mend = f"DROP TRIGGER {_identifier(name)}" if type_ == "trigger" else ""
                yield Oddity(f"{what} is not the ledger's own", mend)
            found.add(name)
        missing = set(ours) - found - {"delivery"}
        for name in sorted(n for n in missing if not schema.lacks(number, n.partition("_")[0])):
            yield Oddity(f"its {ours[name][0]} `{name}` is missing", lacking=ours[name][0] == "trigger")

    def _other(self, type_: str, name: str) -> str:
        """A table or view that bears one of the ledger's names, with the columns that it has more or lacks."""
        with closing(_pristine()) as own:
            mine = {str(r[0]) for r in own.execute("SELECT name FROM pragma_table_xinfo(?)", (name.lower(),))}
        here = {str(r[0]) for r in self.run("SELECT name FROM pragma_table_xinfo(?)", (name,))}
        more = [f"it has the column `{c}`" for c in sorted(here - mine)]
        less = [f"it has no column `{c}`" for c in sorted(mine - here)]
        columns = ", ".join([*more, *less])
        return f"the {type_} `{name}`" + (f" ({columns})" if columns else "")

    def again(self) -> Store:
        return SqliteStore(self.path, make=False)

    def run(self, sql: str, values: Sequence[Any]) -> Any:
        with self._translating_errors():
            return self.connection.execute(sql, values)

    def many(self, sql: str, rows: Sequence[Row]) -> None:
        with self._translating_errors():
            self.connection.executemany(sql, rows)

    @contextmanager
    def trying(self, patience: int) -> Iterator[None]:
        self.run(f"PRAGMA busy_timeout = {patience}", ())
        try:
            with self.transaction():
                yield
        finally:
            self.run(f"PRAGMA busy_timeout = {WAIT * 1000}", ())

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._translating_errors():
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self.connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _view(self) -> Iterator[None]:
        with self._translating_errors():
            self.connection.execute("BEGIN")
            try:
                yield
            finally:
                with suppress(sqlite3.Error):
                    self.connection.execute("ROLLBACK")

    @contextmanager
    def _translating_errors(self) -> Iterator[None]:
        """What the database says, as an error that another try may mend."""
        try:
            yield
        except sqlite3.Error as error:
            code = self._code(error)
            reason = _FULL if code == sqlite3.SQLITE_FULL else str(error).lower()
            raise UnreachableError.of(
                "GATE420", f"the ledger cannot be used: {reason}", self.name, _HELPS.get(code, "")
            ) from None
        except OSError as error:
            reason = disk.reason(error)
            raise UnreachableError.of("GATE420", f"the ledger cannot be used: {reason}", self.name) from None

    def _code(self, error: sqlite3.Error) -> int:
        """The primary result code of an error; that of a full disk also where SQLite says only that it cannot write."""
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code == sqlite3.SQLITE_IOERR:
            with suppress(OSError):
                return sqlite3.SQLITE_FULL if shutil.disk_usage(self.path.parent).free < _LEAST else code
        return code


def _pristine() -> sqlite3.Connection:
    """A database in memory with the ledger's tables and triggers, and nothing else."""
    made = sqlite3.connect(":memory:")
    for statement in (*_SCHEMA, schema.DELIVERY):
        made.execute(statement)
    return made


@lru_cache(maxsize=1)
def _ours() -> dict[str, tuple[str, str]]:
    """The type and text of the ledger's own tables and triggers, by their names, as SQLite keeps them."""
    with closing(_pristine()) as made:
        found = made.execute("SELECT name, type, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {name: (type_, " ".join(sql.split())) for name, type_, sql in found}


def _identifier(name: str) -> str:
    return name if name.isidentifier() else '"' + name.replace('"', '""') + '"'


def _begin(path: Path) -> None:
    """Make the file, readable to its owner alone, where it is not there.

    One that is there is never opened but by SQLite: closing any descriptor of a file drops all locks that the process has
    on it (POSIX, fcntl), also those of its other connections, and whoever closes the ledger next in another process would
    delete the write-ahead log that they still append to.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def settle(path: Path) -> None:
    """Wait a moment where a ledger has no tables yet, since another process may be making them."""
    if not os.access(path.parent, os.W_OK):
        return
    for _ in range(40):
        try:
            if path.stat().st_size > _FIRST_PAGE:
                return
            with closing(sqlite3.connect(f"file:{_quoted(path)}?mode=ro", timeout=WAIT, uri=True)) as connection:
                if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'head_remains'").fetchone():
                    return
        except sqlite3.OperationalError:
            pass  # locked: it is being begun
        except (OSError, sqlite3.Error):
            return  # what is wrong with it, its next reader tells
        time.sleep(0.05)


def _quoted(path: Path) -> str:
    from urllib.parse import quote

    return quote(os.fsencode(path.absolute()))
