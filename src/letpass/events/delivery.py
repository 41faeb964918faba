"""Which events wait for which target, and their delivery: at least once, and for each model in the order of the ledger.

    entries of the ledger ─▶ events ─▶ those behind the last delivered one ─▶ in hand ─▶ sent ─▶ delivered

A process that is killed after sending leaves the event in hand; when that time is over, it is sent again with its id.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from functools import cached_property

from letpass.canonical import canonical
from letpass.diagnostics import clean
from letpass.events import backoff, command, messages, webhook
from letpass.events.answer import Answer
from letpass.events.messages import Event
from letpass.frozen import Frozen
from letpass.ledger.delivery import EVER, WHOLE, Row, Table
from letpass.ledger.log import Ledger
from letpass.project.project import Project
from letpass.project.targets import Target

SLACK = 5.0  # seconds that an event stays in hand beyond the target's timeout
PATIENCE = 3  # sends in a row to a target that is not there, after which it is left alone for this time


class Waiting(Frozen):
    """The events about one model that wait for a target, the next one first, and how far their delivery has got."""

    target: Target
    events: tuple[Event, ...]
    row: Row
    said: str = ""

    @property
    def held(self) -> bool:
        """Has another process it in hand."""
        return self.row.until > _now()


class Outbox:
    """The targets of a project and a ledger that was verified."""

    def __init__(self, project: Project, ledger: Ledger) -> None:
        self.ledger, self.table = ledger, Table(ledger.store)
        self.targets = project.configuration.events
        self.folder = project.configuration.root
        self.source = messages.source_of(project.configuration.registry)
        self.said: dict[Target, str] = {}
        self.busy = False
        """Did another process have an event in hand that was due."""
        self._failed: set[tuple[str, str]] = set()

    def know(self) -> None:
        """Let each target that is new begin behind the entries that are logged already."""
        known = self.table.targets()
        new = [target for target in self.targets if target.key not in known]
        if new and not self.table.there:
            self.table.make()
        for target in new:
            self.table.begin(target.key, WHOLE, self.ledger.size() - 1)

    @cached_property
    def _size(self) -> int:
        """The number of entries that this delivery looks at; what is logged meanwhile is left to the next one."""
        return self.ledger.size()

    @cached_property
    def _events(self) -> tuple[Event, ...]:
        """The events of the ledger that any target may still wait for."""
        known = self.table.targets()
        since = min(known[target.key] for target in self.targets)
        if self._size <= since + 1:
            return ()
        origin = self.ledger.checkpoint().origin
        looked_at = (e for e in self.ledger.each(since + 1) if e.index < self._size)
        found = [messages.of(logged, origin) for logged in looked_at]
        return tuple(event for event in found if event is not None)

    def _pending(self, target: Target, rows: dict[str, Row]) -> list[Event]:
        since = rows[WHOLE].done
        return [
            event
            for event in self._events
            if event.index > max(since, _row(rows, event.model, since).done) and target.wants(event.kind, event.model)
        ]

    def waiting(self) -> Iterator[Waiting]:
        """All that waits, by target and model."""
        for target in self.targets:
            rows = self.table.rows(target.key)
            found = dict[str, list[Event]]()
            for event in self._pending(target, rows):
                found.setdefault(event.model, []).append(event)
            for model, pending in found.items():
                row = _row(rows, model, rows[WHOLE].done)
                yield Waiting(target, tuple(pending), row, self.said.get(target, ""))

    # ------------------------------------------------------------ sending

    def deliver(self, *, everything: bool = False, hurry: bool = False) -> None:
        """Send what is due to each target, in order; what fails stays, and is due again later.

        everything: also what is not due yet · hurry: no longer than one timeout for each target.
        """
        self.busy = False
        for target in self.targets:
            rows = self.table.rows(target.key)
            pending = self._pending(target, rows)
            if pending:
                try:
                    self._flow(target, pending, rows, everything=everything, hurry=hurry)
                except ValueError as error:  # without its secret nothing was sent, and nothing is held against it
                    self.said[target] = str(error)
                pending = self._pending(target, self.table.rows(target.key))
            if not pending:
                self.table.passed(target.key, self._size - 1)

    def _flow(
        self, target: Target, pending: list[Event], rows: dict[str, Row], *, everything: bool, hurry: bool
    ) -> None:
        webhook.secrets(target)
        begun, stopped, silent = time.monotonic(), set[str](), 0
        since = rows[WHOLE].done
        # what was never sent in vain goes first, so that a few models that hang starve no other
        for event in sorted(pending, key=lambda e: (_row(rows, e.model, since).attempts, e.index)):
            left = target.timeout - (time.monotonic() - begun) if hurry else target.timeout
            if left < target.timeout / 2 or silent >= PATIENCE:
                return  # with less time than that a target that is merely slow would seem to be dead
            if event.model in stopped or (target.key, event.model) in self._failed:
                continue
            answer = self._one(target, event, rows, left, everything=everything)
            if answer is None or not answer.accepted:
                stopped.add(event.model)
            silent = silent + 1 if answer is not None and not answer.answered else 0

    def _one(
        self, target: Target, event: Event, rows: dict[str, Row], left: float, *, everything: bool
    ) -> Answer | None:
        """Take one event in hand and send it; None where it is not due, or in another's hand."""
        key = canonical(event.model).decode("utf-8")
        row = _row(rows, event.model, rows[WHOLE].done)
        if row.done >= event.index:
            return Answer(True)  # another process was faster
        if key not in rows:
            self.table.begin(target.key, key, row.done)
        holder, now = secrets.token_hex(8), _now()
        until, due = now + int((target.timeout + SLACK) * 1e6), EVER if everything else now
        if not self.table.claim(target.key, key, row.done, holder, now, until, due):
            rows[key] = self.table.rows(target.key)[key]
            if rows[key].done >= event.index:
                return Answer(True)
            self.busy = self.busy or rows[key].due <= due
            return None
        try:
            answer = self._send(target, event, left)
        except BaseException:
            self.table.let_go(target.key, key, holder)
            raise
        if answer.accepted:
            self.table.accepted(target.key, key, holder, event.index)
            rows[key] = Row(event.index)
            return answer
        self._failed.add((target.key, event.model))
        attempts = row.attempts + 1
        again = _now() + int(backoff.wait(attempts, answer) * 1e6)
        self.table.failed(target.key, key, holder, attempts, again, clean(answer.said)[:200])
        return answer

    def _send(self, target: Target, event: Event, timeout: float) -> Answer:
        body = event.body(self.source)
        if target.command:
            return command.run(target, event, body, timeout, self.folder)
        return webhook.send(target, event, body, timeout)


def _now() -> int:
    return int(time.time() * 1e6)


def _row(rows: dict[str, Row], model: str, since: int) -> Row:
    """How far a model's events are delivered; of a model without a row, as far as the target's row says."""
    return rows.get(canonical(model).decode("utf-8")) or Row(since)
