"""Statements that have been verified: what evaluation may believe of people.

Times are microseconds since 1970 in UTC.
"""

from __future__ import annotations

import shlex
import unicodedata
from collections.abc import Mapping

from letpass.frozen import Frozen, part
from letpass.trust.missed import Missed

BREAK_GLASS = "break-glass"
"""The role whose waivers every report shows first."""


class Signoff(Frozen):
    """One person's approval of one request in one role."""

    person: str
    role: str
    at: int


class Objection(Frozen):
    """A word against a version: somebody's objection, or its revocation by the owners of the policies.

    kind: `objection` or `revocation` · person, role: who said it, several joined · at: when, in microseconds · against:
    which moves it is against, in words · model, version, artifact: what it is about · digest: names the statement ·
    covers: whether it is against this move of this version; None where its bytes and these cannot be compared · ended:
    who has taken it back, when and why; nothing while it stands · entry: where the ledger has it, None where it has it not.
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

    @property
    def denies(self) -> bool:
        """Does it stand, and is it against this move."""
        return self.covers is True and not self.ended

    @property
    def doubtful(self) -> bool:
        """Does it stand, and nobody can tell whether it is about these bytes."""
        return self.covers is None and not self.ended


class Waiver(Frozen):
    """A signed leave to miss one rule until a time.

    rule: the digest of the rule's canonical form · people: who signed it · missed: the conditions that it is for.
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

    @property
    def person(self) -> str:
        """Who signed it, in words."""
        return " and ".join(self.people)


class Judged(Frozen):
    """What became of one statement: whether it counts, and why not.  `digest` names it, `name` says where it lies."""

    kind: str
    name: str
    digest: str = ""
    person: str = ""
    role: str = ""
    counts: bool = False
    why: str = ""


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

    thresholds: how many members a role needs at least · members: who may sign in each role that the trust file has, None
    where there is no trust file · aliases: people by every name, folded, that they are known by · judged: every statement
    and whether it counts · holds: what keeps an allow back · digests: of the request and the trust file, by name · next:
    the command that gathers what is missing · expires: when the request that was signed ends, as it says · objections:
    every word against the version, also those that were taken back.

    Derived: people, who signed in each role, whatever the time.
    """

    signoffs: tuple[Signoff, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    requester: str | None = None
    thresholds: Mapping[str, int] = part(default_factory=dict)
    members: Mapping[str, tuple[str, ...]] | None = None
    aliases: Mapping[str, str] = part(default_factory=dict)
    judged: tuple[Judged, ...] = ()
    holds: tuple[Hold, ...] = ()
    digests: tuple[tuple[str, str], ...] = ()
    next: NextCommand | None = None
    expires: str = ""
    objections: tuple[Objection, ...] = ()
    people: Mapping[str, frozenset[str]] = part(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        roles = {s.role for s in self.signoffs}
        self.__dict__["people"] = {r: frozenset(s.person for s in self.signoffs if s.role == r) for r in roles}

    def persons(self, text: object) -> frozenset[str]:
        """Everybody whom a name of the registry may mean: as written, and the people of whom a name stands in it."""
        if type(text) is not str or not text:
            return frozenset()
        name = folded(text)
        return frozenset({text, *[person for alias, person in self.aliases.items() if alias in name]})


def folded(name: str) -> str:
    """A name as names are compared: without regard to case, blanks around it, and how its letters are composed."""
    seen = "".join(c for c in unicodedata.normalize("NFKC", name) if not _unseen(c))
    return unicodedata.normalize("NFKC", seen.casefold()).strip()


# Default_Ignorable_Code_Point (Unicode's DerivedCoreProperties) beside the format characters: nobody sees them
_IGNORABLE = ((0x34F, 0x34F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x2060, 0x206F), (0x3164, 0x3164),
              (0xFE00, 0xFE0F), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0xE0000, 0xE0FFF))  # fmt: skip


def _unseen(character: str) -> bool:
    """Is a character one that is not shown."""
    code = ord(character)
    return unicodedata.category(character) == "Cf" or any(low <= code <= high for low, high in _IGNORABLE)


NOTHING = Accepted()
