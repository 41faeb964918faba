"""Statements that have been verified: what evaluation may believe of people.

Times are microseconds since 1970 in UTC.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from enum import Enum

from letpass.frozen import Frozen, part
from letpass.trust.directory import Directory
from letpass.trust.missed import Missed


class NotCounted(Enum):
    """Why a sign-off is not counted; the value is its word in JSON."""

    AUTHOR = "author"
    REQUESTER = "requester"
    NOT_IN_TIME = "not in time"
    AUTHOR_UNKNOWN = "author unknown"
    REQUESTER_UNKNOWN = "requester unknown"
    NOT_ASKED_FOR = "not asked for"
    """No rule asks for its role."""
    KEY = "key"
    """Nobody's key, one that did not hold, or a signature that does not fit."""
    OTHER_REQUEST = "other request"
    EXPIRED = "expired"
    WRONG_ROLE = "wrong role"
    TAKEN_BACK = "taken back"
    """A later answer of the same person stands."""

    @property
    def words(self) -> str:
        """The reason in words, for reports."""
        return _NOT_COUNTED[self]


_NOT_COUNTED = {
    NotCounted.AUTHOR: "made the version",
    NotCounted.REQUESTER: "asks for the move",
    NotCounted.NOT_IN_TIME: "did not sign within the time",
    NotCounted.AUTHOR_UNKNOWN: "it is not known who made the version",
    NotCounted.REQUESTER_UNKNOWN: "it is not known who asks for the move",
    NotCounted.NOT_ASKED_FOR: "no rule asks for the role",
    NotCounted.KEY: "the key does not vouch for it",
    NotCounted.OTHER_REQUEST: "it answers another request",
    NotCounted.EXPIRED: "it has expired",
    NotCounted.WRONG_ROLE: "not in the role",
    NotCounted.TAKEN_BACK: "a later answer stands",
}


class Signoff(Frozen):
    """One person's approval of one request in one role.

    statement: the digest of the sign-off · key: the fingerprint of the key that signed it, which held then.
    """

    person: str
    role: str
    at: int
    statement: str = ""
    key: str = ""


class Objection(Frozen):
    """A word against a version: somebody's objection, or its revocation by the owners of the policies.

    kind: `objection` or `revocation` · person, role: who said it, several joined · at: when, in microseconds · against:
    which moves it is against, in words · model, version, artifact: what it is about · digest: names the statement ·
    covers: whether it is against this move of this version; None where its bytes and these cannot be compared · ended:
    who has taken it back, when and why; nothing while it stands · entry: where the ledger has it, None where it has it not ·
    about: whether it is about this version, whatever the move; None where that cannot be told · statements: the digests of all
    by which it was said.
    """

    kind: str
    person: str
    role: str
    at: int
    reason: str
    against: str
    model: str
    version: str
    artifact: str
    digest: str
    covers: bool | None
    ended: str = ""
    entry: int | None = None
    about: bool | None = True
    statements: tuple[str, ...] = ()

    @property
    def denies(self) -> bool:
        """Does it stand, and is it against this move."""
        return self.covers is True and not self.ended

    @property
    def doubtful(self) -> bool:
        """Does it stand, and nobody can tell whether it is about these bytes."""
        return self.covers is None and not self.ended


class Waiver(Frozen):
    """A signed permission to miss one rule until a time.

    rule: the digest of the rule's canonical form · people: who signed it · missed: the conditions that it is for ·
    statements: the digests of what was signed.
    """

    policy: str
    label: str
    rule: str
    people: tuple[str, ...]
    role: str
    at: int
    until: int
    reason: str
    missed: tuple[Missed, ...]
    statements: tuple[str, ...] = ()

    @property
    def person(self) -> str:
        """Who signed it, in words."""
        return " and ".join(self.people)


class Asked(Frozen):
    """Who asks for a move.

    requester: as the request says · signed: by the requester, who is a person of the trust file, or by a service ·
    service: the one that asks for them, where they do not sign themselves.
    """

    requester: str
    signed: bool = True
    service: str = ""


class Made(Frozen):
    """What the gate itself found out of who made a version.

    commit: the commit that the record names, where the project's own repository has it · author: its author, `name
    <address>` · protected: it is on the branch by whose policies is judged · user: whom the registry's gated server had
    authenticated when the version was made.
    """

    commit: str = ""
    author: str = ""
    protected: bool = False
    user: str = ""


class Judged(Frozen):
    """What became of one statement: whether it is valid for this move, and why not.

    digest names it, name says where it lies · key: the fingerprint of the person's key that signed it, which held then, at:
    when, in microseconds; both only where that is so · not_counted: of an answer, the kind of reason for which it is not valid.
    """

    kind: str
    name: str
    digest: str = ""
    person: str = ""
    role: str = ""
    valid: bool = False
    why: str = ""
    key: str = ""
    at: int = 0
    not_counted: NotCounted | None = None


STAGE_NEEDED = "GATE417"
"""The code of the holds that keep a version from being deployed before its promotion; `from any stage` lifts them."""


class Hold(Frozen):
    """Why an allow is held back although every rule holds; a refusal stands without it."""

    code: str
    what: str
    help: str = ""


class NextCommand(Frozen):
    """The command that gathers what is missing; `in_role`: it is one that a person gives in a role, with a key."""

    command: str
    in_role: bool = False

    def line(self, role: str = "") -> str:
        """The command for a shell; `ROLE` stands in it where no role is named."""
        return (
            f"{self.command} --role {shlex.quote(role) if role else 'ROLE'} --key KEY" if self.in_role else self.command
        )


class Accepted(Frozen):
    """All accepted statements about one move of one version.

    asked: who asks for the move, None where there is no request · thresholds: how many members a role needs at least ·
    members: who may sign in each role that the trust file has · directory: its people by all their names; both None where
    there is no trust file · judged: every statement and whether it is valid · holds: what keeps an allow back · digests: of the
    request and the trust file, by name · next: the command that gathers what is missing · expires: when the request that was
    signed ends, as it says · objections: every word against the version, also those that were taken back · made: what the
    gate found out of who made the version · ask: the command by which a person asks.

    Derived: people, who signed in each role, whatever the time.
    """

    signoffs: tuple[Signoff, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    asked: Asked | None = None
    thresholds: Mapping[str, int] = part(default_factory=dict)
    members: Mapping[str, tuple[str, ...]] | None = None
    directory: Directory | None = None
    judged: tuple[Judged, ...] = ()
    holds: tuple[Hold, ...] = ()
    digests: tuple[tuple[str, str], ...] = ()
    next: NextCommand | None = None
    expires: str = ""
    objections: tuple[Objection, ...] = ()
    made: Made | None = None
    ask: str = ""
    people: Mapping[str, frozenset[str]] = part(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        roles = {s.role for s in self.signoffs}
        self.__dict__["people"] = {r: frozenset(s.person for s in self.signoffs if s.role == r) for r in roles}


NOTHING = Accepted()
