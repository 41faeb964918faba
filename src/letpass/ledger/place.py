"""Opening the ledger that a project names: a SQLite file, or a PostgreSQL database."""

from __future__ import annotations

from pathlib import Path

from letpass.ledger.store import Store


def is_address(name: str) -> bool:
    """Is the ledger in a database, and no file."""
    return name.startswith(("postgresql://", "postgres://"))


def shown(name: str) -> str:
    """A name as people and logs may see it: an address without what it says of its user and of how to connect."""
    scheme, mark, rest = name.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2].partition('?')[0]}" if mark else name


def store(name: str, *, make: bool) -> Store:
    """The store behind a name, in which nothing could change what is written or read; with `make` it is made where there is
    none.  Raises `UnreachableError` where it cannot be used, `LedgerError` without its driver.
    """
    opened = _open(name, make=make)
    opened.prepare(make=make)
    return opened


def _open(name: str, *, make: bool) -> Store:
    if is_address(name):
        from letpass.ledger.postgres import PostgresStore

        return PostgresStore(name)
    from letpass.ledger.sqlite import SqliteStore

    return SqliteStore(Path(name), make=make)


def found(name: str) -> Store | None:
    """The store behind a name as it is, not looked into yet; None where no ledger was begun there.

    Raises as `store` does.
    """
    if not is_address(name):
        if not Path(name).exists():
            return None
        from letpass.ledger.sqlite import settle

        settle(Path(name))
        return _open(name, make=False)
    opened = _open(name, make=False)
    return opened if opened.has("head") else None
