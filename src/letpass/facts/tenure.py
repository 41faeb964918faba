"""How it is known who the champion is: who holds the target stage of a move, or held it last."""

from __future__ import annotations

from enum import Enum
from typing import Any

from letpass.facts.values import moment
from letpass.frozen import Frozen


class Known(Enum):
    """What is known of the champion; the value is its word in JSON."""

    HOLDS = "holds"
    """It holds the stage."""
    HELD = "held"
    """It held the stage last, and nobody else holds it."""
    NEVER = "never"
    """Nobody but this version, and none that counts, ever held the stage."""
    UNKNOWN = "unknown"
    """It cannot be told who it is; `why` says the reason."""
    TOLD = "told"
    """The call says who it is: nothing vouches for that."""


class Tenure(Frozen):
    """How the champion came to be the one that is compared with.

    since, until: when it held the stage, in microseconds, `until` None while it does · entry: what brought it there in the
    ledger, None where no ledger tells · by, reason: who took it out, and why · why, help: why it is unknown, and what
    mends that.
    """

    known: Known
    version: str = ""
    since: int | None = None
    until: int | None = None
    entry: int | None = None
    by: str = ""
    reason: str = ""
    why: str = ""
    help: str = ""

    @property
    def vouched(self) -> bool:
        """Does the ledger say who it is, or that nobody is."""
        return self.known in {Known.HOLDS, Known.HELD, Known.NEVER} and (
            self.entry is not None or self.known is Known.NEVER
        )

    def __str__(self) -> str:
        match self.known:
            case Known.TOLD:
                return "as the call says, and nothing vouches for it"
            case Known.UNKNOWN:
                return self.why
            case Known.NEVER:
                return "nobody ever held the stage"
            case Known.HELD:
                left = (
                    f"away since {moment(self.until)}"
                    if self.until is not None
                    else "away, and no move says since when"
                )
                who = f", taken out by {self.by}" if self.by else ""
                return f"it held the stage last: {left}{who}{f': {self.reason}' if self.reason else ''}"
            case Known.HOLDS if self.entry is None:
                return "the registry says so, and no ledger vouches for it"
            case Known.HOLDS:
                return f"since {moment(self.since)}, entry {self.entry} of the ledger" if self.since is not None else ""

    def as_json(self) -> dict[str, Any]:
        """The tenure as plain data, without what does not apply."""
        data: dict[str, Any] = {"known": self.known.value, "vouched": self.vouched}
        texts = {"version": self.version, "by": self.by, "reason": self.reason, "why": self.why, "help": self.help}
        times = {k: moment(t) for k, t in (("since", self.since), ("until", self.until)) if t is not None}
        return (
            data
            | {k: v for k, v in texts.items() if v}
            | times
            | ({"entry": self.entry} if self.entry is not None else {})
        )


def from_json(data: dict[str, Any]) -> Tenure:
    """The tenure in plain data; raises KeyError, TypeError or ValueError for something else."""
    from letpass.facts.values import date

    def time(name: str) -> int | None:
        found = date(data[name]) if name in data else None
        if found is not None and not isinstance(found, int):
            raise ValueError(f"`{name}` is no time")
        return found

    texts = {name: str(data.get(name, "")) for name in ("version", "by", "reason", "why", "help")}
    return Tenure(Known(data["known"]), since=time("since"), until=time("until"), entry=data.get("entry"), **texts)


TOLD = Tenure(Known.TOLD)
UNASKED = Tenure(Known.UNKNOWN, why="it is not known who holds the stage",
                 help="name the champion: `--champion MODEL`, or `none` where nobody holds the stage")  # fmt: skip
