"""What the gate signs beside a checkpoint: the root of its lists, and the time of the last entry."""

from __future__ import annotations

import base64

from letpass.diagnostics import InvalidError
from letpass.frozen import Frozen, part
from letpass.ledger import merkle, note
from letpass.ledger.note import NUMBER
from letpass.trust.strict import unbase64

TYPE = "letpass.state/v1"
"""The first line of the text: no log is called so, so that a state is never taken for a checkpoint."""


class State(Frozen):
    """The state of a log: whose it is, how many entries, the root over them, the root of its lists, and the time of the
    last entry (microseconds) as it is written; `note` is the whole signed text.
    """

    origin: str
    size: int
    root: bytes
    lists: bytes
    at: int
    note: str = part(default="", compare=False)


def body(state: State) -> str:
    """The text that is signed."""
    roots = (base64.b64encode(root).decode("ascii") for root in (state.root, state.lists))
    return "\n".join([TYPE, state.origin, str(state.size), *roots, str(state.at), ""])


def read(text: str) -> State:
    """The state in a note; raises `InvalidError`.  Nothing is verified yet."""
    lines = note.parse(text).text.split("\n")
    if len(lines) != 7 or lines[0] != TYPE or lines[6] or not all(NUMBER.match(lines[i]) for i in (2, 5)):
        raise InvalidError("no state of a log")
    root, lists = unbase64(lines[3]), unbase64(lines[4])
    if {len(root), len(lists)} != {merkle.SIZE}:
        raise InvalidError(f"a root has {merkle.SIZE} bytes")
    return State(lines[1], int(lines[2]), root, lists, int(lines[5]), text)
