"""Large texts beside the tree: which of them an entry commits to."""

from __future__ import annotations

from letpass.diagnostics import InvalidError
from letpass.ledger.entry import Entry
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
