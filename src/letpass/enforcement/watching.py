"""The state of a gated server's ledger for monitoring: whether it could be written, its length, and the age of its checkpoints."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from letpass.diagnostics import Diagnostic, LetpassError, clean
from letpass.enforcement.exposition import Family, Sample
from letpass.events import watch
from letpass.project import configuration as configurations
from letpass.project import ready
from letpass.project.ledger import Memories
from letpass.project.project import Project
from letpass.registries.interface import NO_LEDGER

T = TypeVar("T")
FRESH = 2.0
"""Seconds for which an answer stands, so that whoever asks often does not take the ledger's lock often."""
WAITING = 5.0
"""Seconds for which an answer that another thread looks for is waited for."""
SAID = {
    NO_LEDGER: "the ledger cannot be written",
    "GATE421": "the ledger is not what it was, or a clock is wrong",
    "GATE412": "the gate's key cannot be used",
    "GATE410": "the trust file cannot be used",
    "GATE411": "the trust file cannot be used",
}
"""What a caller is told of a fault, who may be anybody: no path, address or name.  The log has it all."""
OTHERWISE = "the gate's project cannot be read"


class Once(Generic[T]):
    """An answer that is looked for by one thread at a time, and stands for a moment."""

    def __init__(self, look: Callable[[], T], late: T) -> None:
        """`late`: what is answered where another thread has looked for it too long."""
        self._look, self._late, self._lock = look, late, threading.Lock()
        self._found: tuple[float, T] | None = None

    def answer(self) -> T:
        """The answer, at most `FRESH` seconds old."""
        if not self._lock.acquire(timeout=WAITING):
            return self._late
        try:
            if self._found is None or time.monotonic() >= self._found[0]:
                answer = self._look()
                self._found = time.monotonic() + FRESH, answer
            return self._found[1]
        finally:
            self._lock.release()


class Watched:
    """One process's look at the project that lies where the server runs."""

    def __init__(self) -> None:
        self.memories: Memories = {}
        self._was_ready = True
        self.fault: Once[str] = Once(self._fault, f"{NO_LEDGER}: {SAID[NO_LEDGER]}")
        self.gauges: Once[Sequence[Family]] = Once(self._gauges, ())

    def _fault(self) -> str:
        """Why the ledger could not be written now, by a code and what it says; nothing where it could."""
        try:
            ready.look(Project(configurations.load(), memories=self.memories), _now())
        except LetpassError as error:
            first = error.diagnostics[0]
            self._told(first)
            return f"{first.code}: {SAID.get(first.code, OTHERWISE)}"
        self._told(None)
        return ""

    def _told(self, fault: Diagnostic | None) -> None:
        """Log that it is ready no more, with the whole reason, or that it is again."""
        if fault is not None and self._was_ready:
            watch.LOGGER.warning("not ready: %s: %s", fault.code, clean(fault.message))
        if fault is None and not self._was_ready:
            watch.LOGGER.info("ready again")
        self._was_ready = fault is None

    def _gauges(self) -> Sequence[Family]:
        """The ledger's numbers; none where it cannot be read."""
        try:
            return tuple(_of_ledger(Project(configurations.load(), memories=self.memories)))
        except LetpassError:
            return ()


def _of_ledger(project: Project) -> list[Family]:
    ledger = project.ledger.reader()
    size = ledger.checkpoint().size if ledger is not None and ledger.size() else 0
    found = [Family("letpass_ledger_entries", "gauge", "Entries of the ledger.", (Sample(size),))]
    if ledger is None or not size:
        return found
    kept = project.ledger.checkpoint(ledger.believed)
    sizes = {"signed": size, **({"kept": kept.size} if kept is not None else {})}
    ages = {name: max(0.0, (_now() - ledger.entry(n - 1).at) / 1e6) for name, n in sizes.items() if 0 < n <= size}
    of = {name: (("checkpoint", name),) for name in sizes}
    return [
        *found,
        Family("letpass_ledger_checkpoint_entries", "gauge", "Entries that a checkpoint of the ledger is of.",
               tuple(Sample(n, of[name]) for name, n in sizes.items())),
        Family("letpass_ledger_checkpoint_age_seconds", "gauge", "Time since the last entry of a checkpoint was logged.",
               tuple(Sample(age, of[name]) for name, age in ages.items())),
    ]  # fmt: skip


def _now() -> int:
    return time.time_ns() // 1000
