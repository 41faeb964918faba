"""What a condition looked at."""

from __future__ import annotations

from enum import Enum
from typing import Any

from letpass.facts.values import moment
from letpass.frozen import Frozen
from letpass.trust.accepted import NotCounted, Signoff


class SeenKind(Enum):
    """What was looked at; the value is its word in JSON."""

    VALUE = "value"
    """A value of a record."""
    ELEMENT = "element"
    """An element of a list, which is there."""
    DERIVED = "derived"
    """A number reckoned from values: a sum, a difference, the end of an interval."""
    RUN = "run"
    """A run of a suite or of a scanner, and how it ended."""
    RUN_AT = "run at"
    """When a suite or a scanner ran."""
    SCORE = "score"
    """The score of a suite's run."""
    SIGNOFF = "sign-off"
    CLOCK = "clock"
    """The time of the decision."""
    CHAMPION = "champion"
    NO_CHAMPION = "no champion"
    """Nobody holds the stage."""


class Seen(Frozen):
    """Something that was looked at: its name and its value as people read them.

    path: where it stands in the record · champion: in the champion's · trust: who vouches for it · signoff: the answer of
    a person · why_not: why the rule does not count it.
    """

    kind: SeenKind
    name: str
    value: str
    path: str = ""
    champion: bool = False
    trust: str = ""
    signoff: Signoff | None = None
    why_not: NotCounted | None = None

    def __str__(self) -> str:
        if self.signoff is not None:
            return _answered(self.signoff, self.why_not)
        match self.kind:
            case SeenKind.NO_CHAMPION:
                return "nobody holds the stage"
            case SeenKind.RUN | SeenKind.RUN_AT:
                return f"{self.name} {self.value}"
            case SeenKind.ELEMENT if not self.value:
                return f"{self.name} is there"
            case _:
                return f"{self.name} is {self.value}"

    def as_json(self) -> dict[str, Any]:
        """What was seen as plain data; what does not apply is left out."""
        texts = {"kind": self.kind.value, "name": self.name, "value": self.value, "path": self.path}
        data: dict[str, Any] = {k: v for k, v in texts.items() if v}
        if self.champion:
            data["champion"] = True
        if self.trust:
            data["trust"] = self.trust
        if self.signoff is not None:
            given = self.signoff
            data |= {"role": given.role, "person": given.person, "at": moment(given.at)}
            data |= {k: v for k, v in (("statement", given.statement), ("key", given.key)) if v}
            data["counted"] = self.why_not is None
        if self.why_not is not None:
            data["why_not"] = self.why_not.value
        return data


def answer(signoff: Signoff, why_not: NotCounted | None = None) -> Seen:
    """A person's sign-off in a role, and why the rule does not count it where it does not."""
    value = f"{signoff.person} at {moment(signoff.at)}"
    return Seen(SeenKind.SIGNOFF, f"sign-off as {signoff.role}", value, signoff=signoff, why_not=why_not)


def _answered(signoff: Signoff, why_not: NotCounted | None) -> str:
    said = f"{signoff.person} signed as {signoff.role} at {moment(signoff.at)}"
    return said + (f" (not counted: {why_not.words})" if why_not is not None else "")
