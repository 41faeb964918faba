"""A witness: a second party that cosigns a log's head only where it continues what it saw before (c2sp.org/tlog-witness)."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from letpass import disk
from letpass.diagnostics import InvalidError
from letpass.ledger import merkle, note
from letpass.ledger.gatekey import GateKey
from letpass.ledger.note import Checkpoint
from letpass.ledger.proofs import read_offer
from letpass.trust import strict
from letpass.trust.verifiers import LOG, WITNESS, VerifierKey


def witness(text: str, logs: tuple[VerifierKey, ...], key: GateKey, state: Path, seconds: int) -> str:
    """The cosignature of an offered head, as a line of a note; raises `InvalidError`.

    1. the head is signed by a log that this witness knows · 2. the proof begins where it saw that log last · 3. and shows
    that the head continues it · 4. what it saw is on disk before it signs.
    """
    offered = read_offer(text)
    head = note.read(offered.note)
    known = tuple(k for k in logs if k.kind == LOG and k.name == head.origin)
    if not note.signed_by(offered.note, known):  # (1)
        raise InvalidError(f"the head of `{head.origin}` is not signed by a log that this witness knows")
    with _kept(state) as (seen, keep):
        size, root = seen.get(head.origin, (0, merkle.root_of(())))
        if offered.old != size:  # (2)
            raise InvalidError(
                f"this witness saw {size} entries of `{head.origin}` last, and the proof begins at {offered.old}; `policy ledger checkpoint --since {size}`"
            )
        if head.size < size:
            raise InvalidError(f"the log went back from {size} entries to {head.size}")
        if not merkle.continues(size, head.size, root, head.root, offered.proof):  # (3)
            raise InvalidError(
                f"the head does not continue the {size} entries of `{head.origin}` that this witness saw"
            )
        keep(head)  # (4)
    return note.cosign(key.private, key.public, note.parse(offered.note).text, seconds)


@contextmanager
def _kept(state: Path) -> Iterator[tuple[dict[str, tuple[int, bytes]], Callable[[Checkpoint], None]]]:
    """What the witness saw of each log, locked until it has kept what it sees now."""
    state.parent.mkdir(parents=True, exist_ok=True)
    with state.with_name(f"{state.name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        seen = _seen(state)

        def keep(head: Checkpoint) -> None:
            seen[head.origin] = (head.size, head.root)
            text = json.dumps({o: {"size": s, "root": r.hex()} for o, (s, r) in seen.items()}, indent=1)
            # a witness that forgets would cosign a log that was cut
            disk.replace(state, text.encode("utf-8"), durable=True)

        yield seen, keep


def _seen(state: Path) -> dict[str, tuple[int, bytes]]:
    if not state.exists():
        return {}
    try:
        with disk.opened(state) as file:
            found = strict.loads(file.read((1 << 20) + 1), 1 << 20)
        return {origin: (int(s["size"]), bytes.fromhex(s["root"])) for origin, s in found.items()}
    except (OSError, ValueError, AttributeError, KeyError, TypeError):
        raise InvalidError(f"the witness's state `{state}` cannot be read; it does not sign without it") from None


def quorum(text: str, witnesses: tuple[VerifierKey, ...]) -> int:
    """How many different witnesses have cosigned a head; raises `InvalidError` where one's cosignature does not fit."""
    return len(note.signed_by(text, tuple(k for k in witnesses if k.kind == WITNESS)))
