"""A writer of the ledger that may be killed at any moment: `python -m tests.integration.writer LEDGER KEY NAME ACKS`.

It appends entries numbered from where its acknowledgements end, and writes each number down only when the ledger has
answered; so the last one may be in the ledger without having been acknowledged, and is tried again.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from letpass.diagnostics import UnreachableError
from letpass.ledger import gatekey, place
from letpass.ledger.entry import Entry
from letpass.ledger.log import Ledger


def acknowledged(path: Path) -> list[tuple[int, int]]:
    """The numbers that were acknowledged whole, and the places that they were given."""
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    return [(int(n), int(index)) for n, index in (line.split() for line in lines)]


def main(name: str, key: str, who: str, acks: str) -> None:
    done = acknowledged(Path(acks))
    number = done[-1][0] + 1 if done else 0
    out = os.open(acks, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.truncate(out, len(b"".join(b"%d %d\n" % pair for pair in done)))  # a line that a kill cut off
    while True:
        try:
            ledger = Ledger(place.store(name, make=True), (), gatekey.load(Path(key)))
            while True:
                receipt = ledger.append(
                    [Entry("move", data={"who": who, "n": number}, model=who)], int(time.time()) * 1_000_000
                )[0]
                os.write(out, b"%d %d\n" % (number, receipt.index))
                number += 1
        except UnreachableError:
            time.sleep(0.05)  # a server that crashed comes back


if __name__ == "__main__":
    main(*sys.argv[1:])
