"""Work on every core: processes that are forked, so that they have what was read already, and whose results come in order."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from typing import Any

from letpass.diagnostics import LetpassError

AHEAD = 2
"""So many chunks a process are worked at, or wait to be taken, at a time."""


class DiedError(RuntimeError):
    """A process that did part of the work has died: nothing came of it."""


def cores() -> int:
    """The processors that this process may use; one where it cannot be forked, or has threads, which a fork would cut off."""
    if "fork" not in multiprocessing.get_all_start_methods() or threading.active_count() > 1:
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def each(chunks: Sequence[Any], begin: Callable[[], Callable[[Any], Any]], workers: int) -> Iterator[Any]:
    """The result of each chunk of work, in their order.

    begin: called once in each process, gives what works at a chunk there.  Fewer than two workers are this process.
    Raises the `LetpassError` that a chunk has raised, and `DiedError`.
    """
    if workers < 2:
        yield from map(begin(), chunks)
        return
    sys.stdout.flush()
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("fork"), _begin, (begin,))
    try:
        begun = deque[Future[Any]]()
        for chunk in chunks:
            begun.append(pool.submit(_one, chunk))
            if len(begun) >= workers * AHEAD:
                yield _done(begun.popleft())
        while begun:
            yield _done(begun.popleft())
    except BrokenProcessPool:
        raise DiedError("a process that did part of the work has died") from None
    finally:
        pool.shutdown(cancel_futures=True)


def _done(one: Future[Any]) -> Any:
    """The result of a chunk; raises the `LetpassError` that it ended with."""
    found = one.result()
    if isinstance(found, LetpassError):
        raise found
    return found


_begun = list[tuple[Callable[[], Callable[[Any], Any]], list[Callable[[Any], Any]]]]()
"""Of a process of the pool: what begins its work, and what it goes on with from one chunk to the next."""


def _begin(begin: Callable[[], Callable[[Any], Any]]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # interrupts are the parent's
    threading.Thread(target=_end_together, daemon=True).start()
    _begun.append((begin, []))


def _end_together() -> None:
    """End with the process that began this one, whatever has ended that: it gives no more work, and nobody else would end this."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)


def _one(chunk: Any) -> Any:
    ((begin, works),) = _begun
    try:
        if not works:
            works.append(begin())
        return works[0](chunk)
    except LetpassError as error:
        return error
