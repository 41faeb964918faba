"""A connection to PostgreSQL whose every wait is bounded: for the server's answers, and for locks that others hold."""

from __future__ import annotations

import atexit
import os
import select
import sys
import time
from collections import deque
from contextlib import suppress
from typing import Any

import psycopg

CONNECT = 3  # seconds for a connection
LOCK = 5  # seconds for somebody else's lock
STATEMENT = 10  # seconds for one statement
ANSWER = 12  # seconds for the server's answer to one: longer than it may take, so that a server that lives says why
IDLE = 10  # seconds between two statements of a writer, who holds the lock of all others
READING = 120  # seconds between two statements of a reader, who holds up nobody
_SETTINGS = (
    "SET synchronous_commit = on;"
    f"SET lock_timeout = '{LOCK}s';"
    f"SET statement_timeout = '{STATEMENT}s';"
    f"SET idle_in_transaction_session_timeout = '{IDLE}s'"
)
READ_ONLY = (
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;"
    f"SET LOCAL idle_in_transaction_session_timeout = '{READING}s'"
)


class Link(psycopg.Connection[Any]):
    """A connection whose statements end in time also where the server does not answer at all.

    The server's own limits do not help where its processes stand still, nor do TCP's as long as the
    kernel of its machine answers.
    """

    begun = 0.0
    """When it was made (monotonic)."""

    def wait(self, gen: Any, *given: Any, **more: Any) -> Any:
        """Run a generator on the connection; raises `psycopg.OperationalError`, and closes it, where no answer came."""
        return super().wait(self._in_time(gen), *given, **more)

    def _in_time(self, gen: Any) -> Any:
        end = time.monotonic() + ANSWER
        try:
            state = next(gen)
            while True:
                ready = yield state
                if not ready and time.monotonic() > end:
                    self.pgconn.finish()  # else leaving its transaction would wait once more
                    raise psycopg.OperationalError(f"no answer within {ANSWER} seconds")
                state = gen.send(ready)
        except StopIteration as ended:
            return ended.value


KEPT = 8  # connections that are kept open for the next one who asks
AGE = 60.0  # seconds for which a connection that nobody uses is kept
LIFE = 600.0  # seconds after which one is made anew: what the database asks of new ones is asked of all in the end
_kept = deque[tuple[int, str, float, Link]]()
"""Connections that nobody uses: the process whose they are, their address, since when (monotonic), and each; the newest last."""
_lent = dict[Link, int]()
"""Those that somebody uses, and the process whose they are: who forgets one gives it back when he is collected himself, and it must
not be collected with him."""


def borrowed(address: str) -> Link:
    """A connection that was given back and that the server has not closed since, else a new one; raises `psycopg.Error`."""
    own = os.getpid()
    for _ in range(len(_kept)):
        try:
            process, of, since, link = _kept.pop()
        except IndexError:
            break
        if (process, of) != (own, address):
            _kept.appendleft((process, of, since, link))  # a process that was forked leaves its parent's alone
        elif time.monotonic() - since < AGE and not select.select([link.pgconn.socket], [], [], 0)[0]:
            _lent[link] = os.getpid()
            return link
        else:
            link.close()  # too old, or there is something to be read: the server's farewell
    link = connect(address)
    _lent[link] = os.getpid()
    return link


def give_back(address: str, link: Link, *, keep: bool) -> None:
    """Keep a connection for the next one who asks, where that is wanted and nothing is under way on it; else it is closed."""
    _lent.pop(link, None)
    if sys.is_finalizing() or not keep or time.monotonic() - link.begun > LIFE:
        link.close()
        return
    idle = not link.closed and link.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    if idle and sum(process == os.getpid() for process, *_ in _kept) < KEPT:
        with suppress(psycopg.Error):
            link.execute("DISCARD TEMP")  # tables of this connection alone, which would stand before the ledger's own
            _kept.append((os.getpid(), address, time.monotonic(), link))
            return
    link.close()


@atexit.register
def _close() -> None:
    """Close what this process has open; what it was forked with is its parent's."""
    own = os.getpid()
    for link in [*(k[3] for k in _kept if k[0] == own), *(link for link, process in _lent.items() if process == own)]:
        link.close()


def connect(address: str) -> Link:
    """Connect; raises `psycopg.Error`."""
    found = Link.connect(
        address,
        autocommit=True,
        connect_timeout=CONNECT,
        keepalives_idle=CONNECT,
        keepalives_interval=CONNECT,
        keepalives_count=2,
        tcp_user_timeout=STATEMENT * 1000,
    )
    found.execute(_SETTINGS)
    found.begun = time.monotonic()
    return found
