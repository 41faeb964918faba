"""Statements that have been verified: what evaluation may believe of people.

Times are microseconds since 1970 in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping

from assay.frozen import Frozen, part


class Signoff(Frozen):
    """One person's answer to one request in one role; `approve` False is a rejection."""

    person: str
    role: str
    at: int
    approve: bool = True


class Waiver(Frozen):
    """A signed leave to miss one rule until a time; `rule` is the digest of the rule's text."""

    policy: str
    label: str
    rule: str
    person: str
    role: str
    at: int
    until: int
    reason: str


class Accepted(Frozen):
    """All accepted statements about one move of one version.

    Derived: people, who signed in each role, whatever the time; rejected, the roles in which somebody rejected.
    """

    signoffs: tuple[Signoff, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    requester: str | None = None
    people: Mapping[str, frozenset[str]] = part(init=False, compare=False, repr=False)
    rejected: frozenset[str] = part(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        roles = {s.role for s in self.signoffs}
        people = {role: frozenset(s.person for s in self.signoffs if s.role == role and s.approve) for role in roles}
        self.__dict__["people"] = people
        self.__dict__["rejected"] = frozenset(s.role for s in self.signoffs if not s.approve)


NOTHING = Accepted()
