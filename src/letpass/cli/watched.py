"""The version and move that a command was called for, so that its log line names them also where nothing was decided."""

from __future__ import annotations

import click


def decides(what: str, move: str = "", who: str = "") -> None:
    """Say what the command is to decide about: a version or several, the move in words, and who asks for it."""
    from letpass.events import watch

    call = watch.current()
    if call is not None:
        call.what, call.move, call.who, call.became = what, move, who, watch.Became.ERROR


def by(who: str) -> None:
    """Say who runs a command that moves, and what it was called with."""
    from letpass.events import watch

    given = click.get_current_context().params
    if "model" in given:
        decides(given["model"], f"promotion to {given['stage']}" if "stage" in given else "", who)
    elif (call := watch.current()) is not None:
        call.who = who  # of many versions, each of which has a line of its own where it is decided


def failed(code: str) -> None:
    """Say by which code it went wrong."""
    from letpass.events import watch

    call = watch.current()
    if call is not None:
        call.error = code
