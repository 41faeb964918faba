"""When to try again: later and later, and not everybody at once."""

from __future__ import annotations

from importlib.util import find_spec

from letpass.diagnostics import SettingsError
from letpass.events.answer import Answer

SHORTEST, LONGEST = 10.0, 3600.0  # seconds


def needed() -> None:
    """Raise `LetpassError` where the library is not installed: what fails could not be tried again."""
    if find_spec("tenacity") is None:
        raise SettingsError.of("GATE440", "events need the extra `events`", help="install `letpass[events]`")


def wait(attempts: int, answer: Answer) -> float:
    """The seconds until the next attempt, after so many; at least what the target asked for, an hour at most."""
    from tenacity import RetryCallState, Retrying, wait_random_exponential

    if answer.gone:
        return LONGEST
    state = RetryCallState(Retrying(), None, (), {})
    state.attempt_number = attempts
    found = wait_random_exponential(multiplier=2 * SHORTEST, min=SHORTEST, max=LONGEST)(state)
    return min(max(found, answer.wait, SHORTEST), LONGEST)
