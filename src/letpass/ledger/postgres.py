"""The ledger in PostgreSQL, for many machines: the same tables, the head's row as the writers' lock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from letpass.diagnostics import LedgerError, UnreachableError
from letpass.ledger import catalog, place, schema
from letpass.ledger.catalog import Survey
from letpass.ledger.schema import Oddity
from letpass.ledger.store import Row, Store

_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS entry (
  idx BIGINT PRIMARY KEY,
  body TEXT NOT NULL,
  leaf BYTEA NOT NULL CHECK (length(leaf) = 32),
  key TEXT NOT NULL UNIQUE,
  checkpoint TEXT
);
CREATE TABLE IF NOT EXISTS head (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  size BIGINT NOT NULL, frontier BYTEA NOT NULL, checkpoint TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS state (one INTEGER PRIMARY KEY CHECK (one = 1), note TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS node (place BIGINT PRIMARY KEY, body BYTEA NOT NULL);
CREATE TABLE IF NOT EXISTS listed (list BYTEA NOT NULL, idx BIGINT NOT NULL, PRIMARY KEY (list, idx));
CREATE TABLE IF NOT EXISTS subtree (
  level INTEGER NOT NULL, idx BIGINT NOT NULL, hash BYTEA NOT NULL CHECK (length(hash) = 32), PRIMARY KEY (level, idx)
);
CREATE TABLE IF NOT EXISTS material (digest TEXT PRIMARY KEY, data BYTEA NOT NULL);
CREATE OR REPLACE FUNCTION ledger_stays() RETURNS trigger LANGUAGE plpgsql AS
  $${catalog.GUARD}$$;
CREATE OR REPLACE TRIGGER entry_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON entry EXECUTE FUNCTION ledger_stays();
CREATE OR REPLACE TRIGGER head_remains BEFORE DELETE OR TRUNCATE ON head EXECUTE FUNCTION ledger_stays();
CREATE OR REPLACE TRIGGER head_grows BEFORE UPDATE ON head FOR EACH ROW WHEN (new.size < old.size)
  EXECUTE FUNCTION ledger_stays();
CREATE OR REPLACE TRIGGER listed_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON listed EXECUTE FUNCTION ledger_stays();
CREATE OR REPLACE TRIGGER subtree_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON subtree EXECUTE FUNCTION ledger_stays();
INSERT INTO head (one, size, frontier, checkpoint) VALUES (1, 0, '', '') ON CONFLICT (one) DO NOTHING;
"""  # noqa: S608
_SENT = 1000  # rows written at a time
_LOCK = 0x6C657470617373  # one maker of the tables at a time
_HELPS = {
    "42501": "let the role that owns the tables begin or migrate the ledger, and grant this one what docs/operations.md lists",
    "25006": "name the primary: what answers is a replica, or the role may only read",
    "53100": "make room on the database's disk; what was acknowledged is there, and nothing else",
}
"""What mends an error, by its SQLSTATE."""


class PostgresStore(Store):
    """Entries in a database that `postgresql://…` names."""

    for_update = " FOR UPDATE"

    def __init__(self, address: str) -> None:
        """Connect; raises `UnreachableError`, and `LedgerError` without the driver."""
        try:
            import psycopg

            from letpass.ledger import link
        except ImportError:
            raise LedgerError.of(
                "GATE420", "a ledger in PostgreSQL needs the extra `postgres`", help="install `letpass[postgres]`"
            ) from None
        self.psycopg: Any = psycopg
        self.name, self._address = place.shown(address), address
        self._reading, self._give_back = link.READ_ONLY, link.give_back
        self._seen: Survey | None = None
        self._spoilt = False  # something went wrong on its connection, and may go wrong on it again
        with self._translating_errors():
            self.connection = link.borrowed(address)

    def prepare(self, *, make: bool) -> None:
        with self._translating_errors():
            found = self._seen or self._survey()
            schema.refuse(self.name, found.odd)
            self._seen = found
            unfinished = found.number != schema.VERSION or bool(found.odd)
            if unfinished and found.begun:
                schema.is_of_now(self.name, schema.known(self.name, found.number), self.head().size)
            if make and (not found.begun or (found.own and unfinished)):
                with self.transaction():
                    self.lay_out()
                    self.set_number(schema.VERSION)

    def number(self) -> int:
        return schema.known(self.name, self._survey().number)

    def lay_out(self, *, anew: bool = False) -> None:
        self.run("SELECT pg_advisory_xact_lock(?)", (_LOCK,))
        drops = "".join(f"DROP TABLE IF EXISTS {table};" for table in schema.DERIVED) if anew else ""
        self.connection.execute(drops + _SCHEMA)
        self._seen = None

    def set_number(self, number: int) -> None:
        self.connection.execute(f"COMMENT ON TABLE head IS '{catalog.MARK}{number}'")

    def _survey(self) -> Survey:
        found = catalog.survey(self.run(catalog.QUERY, ()).fetchall())
        schema.known(self.name, found.number)
        return found

    def odd(self) -> tuple[Oddity, ...]:
        return self._survey().odd

    def again(self) -> Store:
        return PostgresStore(self._address)

    def _let_go(self, connection: Any) -> None:
        self._give_back(self._address, connection, keep=not self._spoilt)

    def now(self) -> int | None:
        seconds = self.run("SELECT extract(epoch FROM clock_timestamp())", ()).fetchone()[0]
        return int(seconds * 1_000_000)

    def follows(self) -> bool:
        return bool(self.run("SELECT pg_is_in_recovery()", ()).fetchone()[0])

    def has(self, table: str) -> bool:
        return self.run("SELECT to_regclass(?)", (table,)).fetchone()[0] is not None

    def run(self, sql: str, values: Sequence[Any]) -> Any:
        with self._translating_errors():
            return self.connection.execute(sql.replace("?", "%s"), values)

    def many(self, sql: str, rows: Sequence[Row]) -> None:
        with self._translating_errors():
            for begin in range(0, len(rows), _SENT):  # each within the time of one statement
                self.connection.cursor().executemany(sql.replace("?", "%s"), rows[begin : begin + _SENT])

    @contextmanager
    def together(self) -> Iterator[None]:
        with self._translating_errors(), self.connection.pipeline():
            yield

    @contextmanager
    def trying(self, patience: int) -> Iterator[None]:
        with self.transaction():
            self.run("SELECT set_config('lock_timeout', ?, true)", (str(patience),))
            yield

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._translating_errors(), self.connection.transaction():
            yield

    @contextmanager
    def _view(self) -> Iterator[None]:
        with self._translating_errors(), self.connection.transaction():
            self.connection.execute(self._reading)
            yield

    @contextmanager
    def _translating_errors(self) -> Iterator[None]:
        try:
            yield
        except self.psycopg.Error as error:
            self._spoilt = True
            reason = str(error).strip().split("\n")[0].lower()
            raise UnreachableError.of(
                "GATE420", f"the ledger cannot be used: {reason or type(error).__name__}", self.name,
                _HELPS.get(error.sqlstate or "", ""),
            ) from None  # fmt: skip
