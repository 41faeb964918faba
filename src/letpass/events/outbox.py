"""Events around an append to the ledger: targets are noted before it, and events sent after it and later."""

from __future__ import annotations

import time

from letpass.diagnostics import said
from letpass.events.delivery import Outbox, Waiting
from letpass.project.project import Project
from letpass.project.targets import Target


def opened(project: Project) -> Outbox | None:
    """The outbox over the project's verified ledger, every target known; None without targets or ledger.

    Raises `UnreachableError` where the ledger cannot be used, `LetpassError` without the library that it needs.
    """
    ledger = project.ledger.reader() if project.configuration.events else None
    if ledger is None:
        return None
    outbox = Outbox(project, ledger)
    outbox.know()
    return outbox


def before(project: Project) -> None:
    """Note new targets before something is logged, so that they get it too; errors are left for `after` to report."""
    if not project.configuration.events:
        return
    try:
        project.ledger.writer()
        opened(project)
    except Exception:  # noqa: BLE001, S110 - a move does not depend on who is told of it
        pass


def after(project: Project) -> list[str]:
    """One attempt at what is due, within one timeout for each target; gives a line for each that was not told all.

    Never raises: what was logged stands, whatever becomes of its events.
    """
    try:
        outbox = opened(project)
        if outbox is None:
            return []
        outbox.deliver(hurry=True)
        left = dict[Target, list[Waiting]]()
        for waiting in outbox.waiting():
            if not waiting.held:
                left.setdefault(waiting.target, []).append(waiting)
        return [f"note: {line}" for line in map(summary, left.values())]
    except Exception as error:  # noqa: BLE001
        return [f"note: no event was sent: {said(error)}"]


def deliver(project: Project, *, everything: bool = False) -> list[Waiting]:
    """Send what is due, and wait for what another process has in hand; gives what waits after that.

    Raises as `opened` does.
    """
    outbox = opened(project)
    if outbox is None:
        return []
    while True:
        outbox.deliver(everything=everything)
        left = list(outbox.waiting())
        if not left or not (outbox.busy or any(waiting.held for waiting in left)):
            return left
        time.sleep(0.2)


def summary(left: list[Waiting]) -> str:
    """What waits for one target, in one line."""
    count = sum(len(waiting.events) for waiting in left)
    why = next((w.said or w.row.error for w in left if w.said or w.row.error), "not sent yet")
    said = f"{count} event{' waits' if count == 1 else 's wait'} for {left[0].target.shown}: {why}"
    return f"{said}; `policy events list`"
