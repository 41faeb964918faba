"""Whether the ledger could be written now, found out without writing into it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from letpass import disk
from letpass.diagnostics import UnreachableError
from letpass.ledger import place
from letpass.project.project import Project

PATIENCE = 2_000
"""Milliseconds for which another writer is waited for."""
ROOM = 1 << 20
"""Bytes that must be free where the ledger and its kept checkpoint lie: what some ten decisions take."""


def look(project: Project, now: int) -> int:
    """How many entries the ledger has, where a decision could be logged now; 0 where the first one would begin it.

    1. there is room for the checkpoint that is kept, and for a ledger in a file · 2. the gate's key is there, and is believed
    · 3. the ledger answers, is what its head signs, and goes on from the kept checkpoint · 4. the lock of its writers is to be
    had · 5. the clocks agree · 6. the trust file that the ledger has seen is there.
    Raises `LetpassError` with what is in the way.  What a database's own disk has left is not known here.
    """
    own = project.ledger
    folders = [own.kept.parent, *([] if place.is_address(own.name) else [Path(own.name).parent])]
    for folder in dict.fromkeys(folders):  # (1)
        _room(folder)
    size = own.appendable(now, PATIENCE)  # (2) to (5)
    project.not_lost()  # (6)
    return size


def _room(folder: Path) -> None:
    """Raise `UnreachableError` where nothing can be written in a folder, or in the one in which it would be made."""
    there = next((p for p in (folder, *folder.absolute().parents) if p.is_dir()), Path())
    try:
        with tempfile.TemporaryFile(dir=there, buffering=0) as file:  # it never has a name
            left = ROOM
            while left:
                left -= file.write(bytes(left))
    except OSError as error:
        what = f"the ledger cannot be written: {disk.reason(error)} in `{there}`, of which {ROOM >> 10} KiB are needed"
        raise UnreachableError.of("GATE420", what, str(folder), "make room, or let the gate write there") from None
