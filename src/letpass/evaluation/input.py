"""All that an evaluation may look at."""

from __future__ import annotations

from letpass.facts.record import Holder, Record
from letpass.facts.slots import as_of
from letpass.facts.tenure import Tenure
from letpass.frozen import Frozen
from letpass.move import Move
from letpass.trust.accepted import NOTHING, Accepted
from letpass.trust.bars import UNTOLD, Bars


class Input(Frozen):
    """A record, the move that is asked for, the clock, and what was verified beside them.

    now: microseconds since 1970 in UTC; the only clock.  champion: the other version that now holds the target
    stage, or held it last, NOBODY where nobody ever did, UNASKED where it cannot be told.  tenure: how that is known.
    bars: whether those in force are older than the evidence.
    """

    record: Record
    move: Move
    now: int
    champion: Record | Holder = Holder.UNASKED
    accepted: Accepted = NOTHING
    tenure: Tenure | None = None
    bars: Bars = UNTOLD

    def __post_init__(self) -> None:
        # evidence from the future is none: what claims to be newer than now cannot push aside what is not
        self.__dict__["record"] = as_of(self.record, self.now)
        if isinstance(self.champion, Record):
            self.__dict__["champion"] = as_of(self.champion, self.now)
