"""Statements that have been verified: what evaluation may believe of people.

Times are microseconds since 1970 in UTC.
"""

from __future__ import annotations

import shlex
import unicodedata
from collections.abc import Mapping

from letpass.frozen import Frozen, part

BREAK_GLASS = "break-glass"
"""The role whose waivers every report shows first."""


class Signoff(Frozen):
    """One person's answer to one request in one role; `approve` False is a rejection."""

    person: str
    role: str
    at: int
    approve: bool = True
    reason: str = ""


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


class Judged(Frozen):
    """What became of one statement: whether it counts, and why not.  `digest` names it, `name` says where it lies."""

    kind: str
    name: str
    digest: str = ""
    person: str = ""
    role: str = ""
    valid: bool = False
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
    the command that gathers what is missing · expires: when the request that was signed ends, as it says.

    Derived: people, who signed in each role, whatever the time; rejected, the roles in which somebody rejected.
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
    people: Mapping[str, frozenset[str]] = part(init=False, compare=False, repr=False)
    rejected: frozenset[str] = part(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        roles = {s.role for s in self.signoffs}
        people = {role: frozenset(s.person for s in self.signoffs if s.role == role and s.approve) for role in roles}
        self.__dict__["people"] = people
        self.__dict__["rejected"] = frozenset(s.role for s in self.signoffs if not s.approve)

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
