"""Statements that have been verified: what evaluation may believe of people.

Times are microseconds since 1970 in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Signoff:
    """One person's answer to one request in one role; `approve` False is a rejection."""

    person: str
    role: str
    at: int
    approve: bool = True


@dataclass(frozen=True, slots=True)
class Waiver:
    """A signed leave to miss one rule until a time; `rule` is the digest of the rule's text."""

    policy: str
    label: str
    rule: str
    person: str
    role: str
    at: int
    until: int
    reason: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """All accepted statements about one move of one version."""

    signoffs: tuple[Signoff, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    requester: str | None = None


NOTHING = Accepted()
