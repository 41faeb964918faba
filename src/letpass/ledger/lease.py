"""The one process that may move versions of a model: the one whose move was begun in the ledger and has not ended or run out of time.

The entry `begun` is the lease.  It is appended under the lock of the log's head, and only where no other move of the model is
under way, so that moves of one model are serial whatever process, server or machine makes them.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from letpass.ledger.history import Step

LEASE = 60 * 1_000_000
"""Microseconds after which a move that was begun may be taken over."""
_mine = set[str]()  # nonces of the moves that this process makes now


def holder() -> str:
    """What tells this process from every other: the machine's boot, the namespace of its processes, its number and its start."""
    return f"{_machine()}/{os.getpid()}/{_started(os.getpid())}"


@cache
def _machine() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{os.stat('/proc/self/ns/pid').st_ino}"  # noqa: PTH116 - it is no link to follow
    except OSError:
        return socket.gethostname()


def _started(pid: int) -> str:
    """When a process was started, in ticks of this boot; nothing where there is no such process, or nobody can tell."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return text.rpartition(")")[2].split()[19]


@contextmanager
def held(nonce: str) -> Iterator[None]:
    """A block in which this process makes the move with a nonce."""
    _mine.add(nonce)
    try:
        yield
    finally:
        _mine.discard(nonce)


def is_over(begun: Step, now: int, *, elsewhere: bool) -> bool:
    """May a move that was begun be taken over: its time has passed, or who made it is gone.

    `elsewhere`: the registry is written by another process, which may go on when the one that asked it is gone: then only
    its time counts.
    """
    if begun.until <= now:
        return True
    return not elsewhere and _is_gone(begun)


def _is_gone(begun: Step) -> bool:
    """Has the process that began a move ended, or stopped making it, as far as this machine can tell."""
    machine, _, process = begun.holder.rpartition("/")[0].rpartition("/")
    started = begun.holder.rpartition("/")[2]
    if machine != _machine() or not process.isdecimal() or not started:
        return False
    if int(process) == os.getpid():
        return begun.nonce not in _mine
    return _started(int(process)) != started
