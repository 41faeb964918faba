"""Decisions in the ledger: the entry of each, who signed it, and its whole text."""

from __future__ import annotations

import base64

from letpass.diagnostics import InvalidError, LedgerError, UnreachableError
from letpass.ledger import material, proofs
from letpass.ledger.entry import Logged
from letpass.ledger.log import Ledger
from letpass.reports.interface import Entry
from letpass.trust import dsse, verifiers

LARGEST = 1 << 20  # bytes of an entry


def entry(ledger: Ledger, logged: Logged) -> Entry:
    """The entry of a decision as plain data, with the log's present head.

    Raises `UnreachableError` for a ledger that is not what its head signs.
    """
    head = ledger.checkpoint()
    key = verifiers.signer(dsse.parse(logged.entry.statement.encode("utf-8"), LARGEST), ledger.believed)
    root = base64.b64encode(head.root).decode("ascii")
    return Entry(logged.index, str(key) if key is not None else "", head.size, root)


def decision(ledger: Ledger, index: int, proved: str | None = None) -> tuple[str, Entry]:
    """The whole text of a decision and where it stands, found to be in the log and signed by the gate.

    proved: the entry's own text as a file beside the model has it, which must be the same.  Raises `LedgerError` where there
    is no such decision, or its text is gone or was changed, and `UnreachableError` for a ledger that is not to be trusted.
    """
    name = ledger.store.name
    try:
        proof, logged = ledger.prove(index), ledger.entry(index)
    except InvalidError as error:
        raise LedgerError.of("GATE420", str(error), name, "`policy ledger list --kind decision`") from None
    if not proofs.shows(proof) or (proved is not None and proof.text != proved):
        what = f"entry {index} of this ledger is not the one that the file proves"
        raise LedgerError.of("GATE421", what, name, "replay the file in the project whose ledger has it")
    if logged.entry.kind != "decision":
        what = f"entry {index} is no decision, but of the kind {logged.entry.kind}"
        raise LedgerError.of("GATE420", what, name, "`policy ledger list --kind decision`")
    found = entry(ledger, logged)
    if not found.key:
        raise UnreachableError.of("GATE421", f"entry {index} is not signed by the gate's key", name)
    return material.text(ledger.store, logged), found
