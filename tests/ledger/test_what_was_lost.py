"""An older copy that was brought back has forgotten; the root names what is missing, and the log says so for ever."""

from __future__ import annotations

import base64
import shutil
from pathlib import Path
from typing import Any

import pytest

from letpass.diagnostics import UnreachableError
from letpass.ledger.entry import Entry
from letpass.ledger.log import Ledger
from letpass.ledger.note import Checkpoint
from letpass.trust import dsse, signers, statements, strict
from letpass.trust.kinds import RECOVERY
from tests.ledger.conftest import NOW, Bench, entry
from tests.ledger.test_mended_times import FIRST, RAVI, ROSA, VERA, opened, seen, trust
from tests.trust import world
from tests.trust.keys import SshKey

LATER = NOW + 10**10


class Lost:
    """A log of eight entries of which the last three are gone, and the head that was kept."""

    def __init__(self, bench: Bench, *, rooted: bool) -> None:
        self.bench, self.rooted = bench, rooted
        ledger = self.opened()
        ledger.append([seen(FIRST) if rooted else entry(0), *(entry(n) for n in range(1, 5))], NOW)
        self.early = ledger.checkpoint()
        ledger.store.run("PRAGMA wal_checkpoint(TRUNCATE)", ())
        copy = Path(shutil.copy(bench.path, bench.folder / "copy.db"))
        ledger.append([entry(n) for n in range(5, 8)], NOW)
        self.kept, self.between = ledger.checkpoint(), ledger.stored(5)
        ledger.store.close()
        shutil.move(copy, bench.path)

    def opened(self) -> Ledger:
        return opened(self.bench, trust() if self.rooted else None)

    def said(self, **changes: Any) -> dict[str, Any]:
        heads = [{"size": c.size, "root": base64.b64encode(c.root).decode()} for c in (self.kept, self.early)]
        return {"lost": heads[0], "head": heads[1], "from": 5, "to": 7, **changes}

    def word(self, *keys: SshKey, **changes: Any) -> Entry:
        predicate = {
            **self.said(), "trust": world.strict_digest(FIRST.payload), "root": world.root_of(world.FIRST),
            "issuedAt": strict.written(NOW), "reason": "the disk", **changes,
        }  # fmt: skip
        payload = statements.build(RECOVERY, "log", f"sha256:{self.kept.root.hex()}", predicate)
        message = dsse.encode(dsse.STATEMENT, payload)
        signed = tuple(("", key.sign(signers.NAMESPACE, message)) for key in keys)
        return Entry("recovery", dsse.Envelope(dsse.STATEMENT, payload, signed).text().decode())


WORDS = "the entries 5 to 7 are lost, as entry 5 says: the log had 8 entries, and an older copy of it was brought back"


@pytest.mark.parametrize("rooted", [True, False])
def test_a_log_goes_on_once_it_is_said_what_is_missing(bench: Bench, rooted: bool) -> None:
    """The head that was kept is known as lost, and every look at the log says so; other heads of it are not known."""
    lost = Lost(bench, rooted=rooted)
    with pytest.raises(UnreachableError, match="it has 5 entries, and a checkpoint of 8 was kept"):
        lost.opened().goes_on(lost.kept)
    lost.opened().goes_on(lost.early)

    said = lost.word(ROSA, RAVI) if rooted else Entry("recovery", data={**lost.said(), "person": "anna", "reason": "r"})
    lost.opened().append([said], LATER)
    lost.opened().append([entry(n) for n in range(20, 30)], LATER)

    ledger = lost.opened()
    ledger.goes_on(lost.kept)
    ledger.goes_on(lost.early)
    assert ledger.faults() == []
    assert ledger.audit().notes == [WORDS]
    with pytest.raises(UnreachableError, match="its first 8 entries are not those of the checkpoint that was kept"):
        ledger.continues(lost.kept)
    for other in (Checkpoint(lost.kept.origin, 8, bytes(32)), Checkpoint("another", 8, lost.kept.root)):
        with pytest.raises(UnreachableError):
            ledger.goes_on(other)


REFUSED = {
    "by one of two": lambda lost: lost.word(ROSA),
    "by somebody else": lambda lost: lost.word(ROSA, VERA),
    "by nobody": lambda lost: Entry("recovery", data={**lost.said(), "person": "anna", "reason": "r"}),
    "under another root": lambda lost: lost.word(ROSA, RAVI, root="sha256:" + "0" * 64),
    "of entries that are there": lambda lost: lost.word(ROSA, RAVI, **{"from": 7, "to": 6}),
    "of fewer than the head has": lambda lost: lost.word(ROSA, RAVI, to=6),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_loss_that_the_root_has_not_signed_together_is_none(bench: Bench, name: str) -> None:
    """Whoever holds the gate's key can write it into the log, and the log is still refused."""
    lost = Lost(bench, rooted=True)
    lost.opened().append([REFUSED[name](lost)], LATER)

    ledger = lost.opened()
    with pytest.raises(UnreachableError, match="it has 6 entries, and a checkpoint of 8 was kept"):
        ledger.goes_on(lost.kept)
    assert ledger.audit().notes == []
