"""The tables of a ledger, the number of their form, and what in a database does not belong beside them."""

from __future__ import annotations

from collections.abc import Iterable

from letpass.diagnostics import UnreachableError
from letpass.frozen import Frozen

VERSION = 3
FIRST = 1
"""The number of a schema that says none."""
DERIVES = 3
"""The first schema with the tables that are derived from the entries."""
DERIVED = ("state", "node", "listed", "subtree")
NEEDED = ("entry", "head", "material", *DERIVED)
"""The tables that a ledger has from its begin on; that of deliveries comes with the first target of events."""
TABLES = (*NEEDED, "delivery")
DELIVERY = """CREATE TABLE IF NOT EXISTS delivery (
  target TEXT NOT NULL, model TEXT NOT NULL,
  done BIGINT NOT NULL, attempts BIGINT NOT NULL, due BIGINT NOT NULL, error TEXT NOT NULL,
  holder TEXT NOT NULL, until BIGINT NOT NULL,
  PRIMARY KEY (target, model)
)"""


class Oddity(Frozen):
    """Something that a ledger's database has and Letpass did not make, or that it lacks.

    what: in words · mend: the statement that mends it · lacking: it is one of the ledger's own safeguards that is gone,
    which the next writer puts back; everything else refuses the ledger.
    """

    what: str
    mend: str = ""
    lacking: bool = False


def refuse(name: str, odd: Iterable[Oddity]) -> None:
    """Raise `UnreachableError` where something is there that could change what is written or read."""
    first = next((o for o in odd if not o.lacking), None)
    if first is not None:
        mend = (
            f"`{first.mend}` in that database, then `policy ledger verify`" if first.mend else "`policy ledger verify`"
        )
        raise UnreachableError.of("GATE421", f"the ledger is not to be trusted: {first.what}", name, mend)


def lacks(number: int | str, table: str) -> bool:
    """Does a schema of a number have no such table yet; of a number that is not known nobody can tell."""
    return table in DERIVED and number in range(FIRST, DERIVES)


def is_of_now(name: str, number: int, size: int) -> None:
    """Raise `UnreachableError` where a ledger with entries has an earlier schema than this version's."""
    if number < VERSION and size:
        raise UnreachableError.of(
            "GATE420",
            f"the ledger has the layout {number}, and this version of Letpass reads {VERSION}",
            name,
            "`policy ledger migrate` brings it there, and changes none of its entries",
        )


def known(name: str, number: int | str) -> int:
    """The number of a schema; raises `UnreachableError` for one that this version does not know."""
    if number in range(FIRST, VERSION + 1):
        return int(number)
    raise UnreachableError.of(
        "GATE420",
        f"the ledger's schema says that its number is `{number}`, and this version of Letpass knows {FIRST} to {VERSION}",
        name,
        "use the version of Letpass that wrote it, or a later one; `policy ledger verify` with that one tells whether it is whole",
    )
