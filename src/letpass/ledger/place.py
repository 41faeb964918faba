"""Opening the ledger that a project names: a SQLite file, or a PostgreSQL database."""

from __future__ import annotations

from pathlib import Path

from letpass.ledger.gatekey import GateKey
from letpass.ledger.log import Ledger
from letpass.ledger.memory import Memory
from letpass.ledger.store import Store
from letpass.trust.verifiers import VerifierKey


def is_address(name: str) -> bool:
    """Is the ledger in a database, and no file."""
    return name.startswith(("postgresql://", "postgres://"))


def store(name: str, *, make: bool) -> Store:
    """The store behind a name; raises `UnreachableError` where it cannot be used, `LedgerError` without its driver."""
    if is_address(name):
        from letpass.ledger.postgres import PostgresStore

        return PostgresStore(name, make=make)
    from letpass.ledger.sqlite import SqliteStore

    return SqliteStore(Path(name), make=make)


def exists(name: str) -> bool:
    """Has a ledger been begun there; raises `UnreachableError` where a database cannot be asked."""
    if not is_address(name):
        if not Path(name).exists():
            return False
        from letpass.ledger.sqlite import settle

        settle(Path(name))
        return True
    from letpass.ledger.postgres import PostgresStore

    return PostgresStore(name, make=False).has_tables()


def opened(
    name: str, keys: tuple[VerifierKey, ...], signer: GateKey | None = None, memory: Memory | None = None
) -> Ledger:
    """The ledger behind a name; with a signer it is made where there is none."""
    return Ledger(store(name, make=signer is not None), keys, signer, memory)
