"""Why nobody can decide a condition."""

from __future__ import annotations

from enum import Enum
from typing import Any

from letpass.facts.tenure import UNASKED, Known, Tenure
from letpass.frozen import Frozen

RUN_ANEW = "run it anew so that nothing is left out, and add its report: `policy evidence add MODEL FILE`"
"""What mends a run of a suite or scanner that cannot be used as it is."""


class ReasonKind(Enum):
    """The kinds of reasons; the value is its word in JSON."""

    MISSING = "missing"
    UNREADABLE = "unreadable"
    AMBIGUOUS = "ambiguous"
    STALE = "stale"
    NOT_COMPARABLE = "not comparable"
    NOT_ATTESTED = "not attested"
    NOT_COMPUTED = "not computed"
    AWAITING_SIGNOFF = "awaiting sign-off"
    NOBODY = "nobody"
    """A text that should name a person names none that the trust file knows."""
    REQUEST_UNSIGNED = "request not signed"
    EMPTY = "empty"
    TOO_LARGE = "too large"
    TOO_FEW = "too few cases"
    REFUTED = "calibration refuted"
    """What a judge found cannot come of how often it agrees with people, as that is recorded."""
    CHAMPION_UNKNOWN = "champion unknown"
    NOT_BEGUN = "run not begun"
    """Evidence of which the ledger does not know when the run began that made it."""


ABOUT_PEOPLE = frozenset({ReasonKind.AWAITING_SIGNOFF, ReasonKind.NOBODY, ReasonKind.REQUEST_UNSIGNED})
"""The kinds that no evidence mends: people have to sign, or to be known."""


class Reason(Frozen):
    """Why something is unknown: its kind, what it is about, and the particulars.

    predicate: the detail goes on a sentence that begins with what it is about, as `is not recorded` does; otherwise it
    stands behind a colon · role: whose sign-off is awaited · able: who can sign, where the trust file says it · step: what
    mends this very thing, where that is more than its kind tells.
    """

    kind: ReasonKind
    about: str
    detail: str
    predicate: bool = False
    role: str = ""
    able: tuple[str, ...] | None = None
    step: str = ""

    def __str__(self) -> str:
        return f"{self.about}{' ' if self.predicate else ': '}{self.detail}"

    def as_json(self) -> dict[str, Any]:
        """The reason as plain data; what does not apply is left out."""
        data: dict[str, Any] = {"kind": self.kind.value, "about": self.about, "detail": self.detail}
        if self.role:
            data["role"] = self.role
        if self.able is not None:
            data["able"] = list(self.able)
        return data


def champion_unknown(about: str, tenure: Tenure | None) -> Reason:
    """Why nothing of the champion is known."""
    known = tenure if tenure is not None and tenure.known is Known.UNKNOWN else UNASKED
    return Reason(ReasonKind.CHAMPION_UNKNOWN, about, known.why, step=known.help)
