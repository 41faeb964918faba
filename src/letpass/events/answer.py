"""What became of one delivery."""

from __future__ import annotations

from letpass.frozen import Frozen


class Answer(Frozen):
    """accepted: the target has the event · said: why it has it not · answered: the target answered at all · wait: the seconds
    after which it wants to be asked again · gone: it wants nothing any more."""

    accepted: bool
    said: str = ""
    answered: bool = True
    wait: float = 0.0
    gone: bool = False
