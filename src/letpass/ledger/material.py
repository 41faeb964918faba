"""Large texts beside the tree: which of them an entry commits to."""

from __future__ import annotations

from letpass.canonical import digest_bytes
from letpass.diagnostics import InvalidError, LedgerError
from letpass.ledger.entry import Entry, Logged
from letpass.ledger.store import Store
from letpass.trust import statements, summary


def named(entry: Entry) -> str:
    """The digest of the large text that an entry commits to, nothing where it has none."""
    if entry.kind != "decision":
        found = entry.data.get("text", "")
        return found if isinstance(found, str) else ""
    try:
        return summary.read(statements.read("", entry.statement.encode("utf-8"))).decision
    except InvalidError:
        return ""


def text(store: Store, logged: Logged) -> str:
    """The text that an entry names by its digest, compared with it; raises `LedgerError` where it is gone or another."""
    digest = named(logged.entry)
    if not digest:
        raise LedgerError.of("GATE420", f"entry {logged.index} has no large text beside it", store.name)
    data = store.material(digest)
    if data is None:
        raise LedgerError.of("GATE420", f"the text {digest} is not kept any more", store.name)
    if digest_bytes(data) != digest:
        raise LedgerError.of("GATE422", f"the text of entry {logged.index} was changed", store.name)
    return data.decode("utf-8", "replace")
