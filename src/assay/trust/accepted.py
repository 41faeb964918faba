"""Statements that have been verified: what evaluation may believe of people.

Times are microseconds since 1970 in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


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
    """All accepted statements about one move of one version.

    Derived: people, who signed in each role, whatever the time; rejected, the roles in which somebody rejected.
    """

    signoffs: tuple[Signoff, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    requester: str | None = None
    people: Mapping[str, frozenset[str]] = field(init=False, compare=False, repr=False)
    rejected: frozenset[str] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        roles = {s.role for s in self.signoffs}
        people = {role: frozenset(s.person for s in self.signoffs if s.role == role and s.approve) for role in roles}
        object.__setattr__(self, "people", people)
        object.__setattr__(self, "rejected", frozenset(s.role for s in self.signoffs if not s.approve))


NOTHING = Accepted()
