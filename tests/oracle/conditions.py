"""What can be true, false or unknown. `service` is that of `attested by`, where it stands."""

from __future__ import annotations

from dataclasses import dataclass

from tests.oracle.terms import Literal, Name, Term


@dataclass(frozen=True)
class Compare:
    """Two sides; level: as it is written, `95` of `at 95% confidence` · judged: `corrected for its judge`."""

    left: Term
    sign: str
    right: Term
    level: str | None = None
    service: str | None = None
    paired: bool = False
    judged: bool = False
    tries: int | None = None


@dataclass(frozen=True)
class Is:
    """`is` and `is not`."""

    name: Name
    word: str
    negated: bool = False
    service: str | None = None


@dataclass(frozen=True)
class In:
    """`in` and `not in`."""

    name: Name
    words: tuple[str, ...]
    negated: bool = False
    service: str | None = None


@dataclass(frozen=True)
class Like:
    """A glob."""

    name: Name
    pattern: str
    service: str | None = None


@dataclass(frozen=True)
class Within:
    """A date that is not older."""

    name: Name
    age: Literal
    service: str | None = None


@dataclass(frozen=True)
class Recorded:
    """One name or several."""

    names: tuple[Name, ...]
    service: str | None = None


@dataclass(frozen=True)
class Pinned:
    """A reference that carries a digest."""

    name: Name
    service: str | None = None


@dataclass(frozen=True)
class Computed:
    """`artifact.digest is computed`."""


@dataclass(frozen=True)
class Champion:
    """`there is a champion`."""


@dataclass(frozen=True)
class Flag:
    """A flag, or a `let` that is a truth."""

    name: Name
    service: str | None = None


@dataclass(frozen=True)
class Passed:
    """A suite; score: the sign and the bound."""

    suite: str
    score: tuple[str, Literal] | None = None
    age: Literal | None = None
    service: str | None = None


@dataclass(frozen=True)
class Scanned:
    """A tool."""

    tool: str
    age: Literal | None = None
    service: str | None = None


@dataclass(frozen=True)
class Signed:
    """`signed by N in role`; written: whether N is."""

    role: str
    count: int = 1
    other: bool = False
    age: Literal | None = None


@dataclass(frozen=True)
class SignedRoles:
    """`signed by roles`."""

    roles: tuple[str, ...]
    other: bool = False


@dataclass(frozen=True)
class Not:
    """Turned round."""

    of: Condition


@dataclass(frozen=True)
class And:
    """All of them."""

    of: tuple[Condition, ...]


@dataclass(frozen=True)
class Or:
    """One of them."""

    of: tuple[Condition, ...]


@dataclass(frozen=True)
class ForAll:
    """`all LIST where P have Q`."""

    list: Name
    where: Condition | None
    have: Condition
    service: str | None = None


@dataclass(frozen=True)
class Count:
    """`no`, `at most N`, `at least N` of a list."""

    how: str
    count: int
    list: Name
    where: Condition | None
    service: str | None = None


Condition = (
    Compare
    | Is
    | In
    | Like
    | Within
    | Recorded
    | Pinned
    | Computed
    | Champion
    | Flag
    | Passed
    | Scanned
    | Signed
    | SignedRoles
    | Not
    | And
    | Or
    | ForAll
    | Count
)
