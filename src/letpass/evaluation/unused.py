"""Waivers that are valid and of no use, and why, as values."""

from __future__ import annotations

from enum import Enum

from letpass.frozen import Frozen
from letpass.trust.accepted import Waiver
from letpass.trust.missed import Missed


class WhyUnused(Enum):
    """Why a valid waiver is not used; the value is its word in JSON."""

    EXPIRED = "expired"
    NO_SUCH_RULE = "no such rule"
    NOT_ALLOWED = "not allowed"
    """The rule cannot be waived, or not in this role."""
    TOO_LONG = "too long"
    HOLDS = "holds"
    """The rule holds without it."""
    COMING = "coming"
    """The rule is not in force yet."""
    RULE_CHANGED = "rule changed"
    OWN_MODEL = "own model"
    """Too few have signed it who neither made the version nor ask for the move."""
    AUTHOR_UNKNOWN = "author unknown"
    NOT_NAMED = "not named"
    """Something keeps the rule from holding that it does not name."""
    WORSE = "worse"
    OTHER_REASON = "other reason"
    """Something is unknown for another reason than was waived, or was unknown and is known to miss."""
    ANOTHER = "another"
    """Another waiver of the rule lasts longer."""


class Unused(Frozen):
    """A waiver that is not used; now: the condition that it does not cover, then: as the waiver names it."""

    waiver: Waiver
    why: WhyUnused
    now: Missed | None = None
    then: Missed | None = None
