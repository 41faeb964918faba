"""What versions are and what was said of them, in plain values: what the model is made of."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

OWNERS = ("rosa@corp.example", "ravi@corp.example")
SIGNERS = ("vera@corp.example", "vito@corp.example", "vic@corp.example")
RITA, BOB, ANNA = "rita@corp.example", "bob@corp.example", "anna@corp.example"

ALLOW, DENY, UNDECIDED = "allow", "deny", "undecided"
CODES = {ALLOW: 0, DENY: 1, UNDECIDED: 3}
PRODUCTION, STAGING, ARCHIVED = "production", "staging", "archived"
ENVIRONMENTS = {"eu-west": PRODUCTION, "canary": STAGING}
"""Which stage a version must be in to be deployed there, as policy.toml lists it."""
REQUEST_DAYS = 30
"""How long people may answer a request (docs/decisions/0028)."""


@dataclass(frozen=True)
class Policies:
    """The policies of the project; `gate`: the bound of accuracy for production, nothing where that policy is deleted."""

    gate: str = "0.9"
    rollback: bool = False
    staging: bool = False
    registration: bool = False
    deployment: bool = True
    review: bool = True

    def has(self, name: str) -> bool:
        """Is there a policy of this name."""
        return bool(getattr(self, name))

    @property
    def gates(self) -> set[str]:
        """What is gated because a policy names it."""
        return {name for name in (STAGING, "registration") if self.has(name)}


@dataclass(frozen=True)
class Facts:
    """What a version's record says that decisions bind."""

    accuracy: float
    risk: str
    author: str
    bytes: int
    suites: tuple[bool, ...] = ()
    depth: int = 3

    @property
    def who(self) -> tuple[object, ...]:
        """Who the version is (docs/records.md, What stays)."""
        return self.author, self.bytes, self.depth

    def holds_what(self, shown: Facts) -> bool:
        """Is all of it as it was shown: what was added since is no change."""
        return replace(self, suites=self.suites[: len(shown.suites)]) == shown


@dataclass
class Request:
    """Somebody asks people to sign one move: `facts`, `policies` and `kind` are what it is about."""

    version: int
    kind: str
    facts: Facts
    policies: Policies
    asker: str
    day: float
    path: str
    used: bool = False
    signed: list[str] = field(default_factory=list)


@dataclass
class Waiver:
    """A leave to miss the accuracy, down to what was seen."""

    version: int
    bytes: int
    seen: float
    gate: str
    until: float
    withdrawn: bool = False
    logged: bool = False


@dataclass
class Word:
    """A word against bytes.  against: a stage, a kind of move, or nothing for every move · by: who, who all of the owners for
    a revocation, nobody for a denial on review."""

    kind: str
    version: int
    bytes: int
    against: str
    by: str = ""
    role: str = ""
    lifted: set[str] = field(default_factory=set)
    stands: bool = True
    evidence: tuple[int, int] = (0, 0)  # of a denial on review: how much was measured then
    policies: Policies | None = None  # of a denial: by which


@dataclass
class Proof:
    """What an allow has left: of which facts, and on whose word it rests."""

    kind: str
    facts: Facts
    made: bool
    signed: tuple[tuple[int, str], ...] = ()
    waiver: Waiver | None = None
    renewal_denied: bool = False
    mended: bool = False  # a denial on review that ended it was mended by the allow of another move: it may stand again


@dataclass(frozen=True)
class Known:
    """The ledger knows a version's record: of a decision (`decided`), else of its registration or adoption."""

    facts: Facts
    decided: bool


@dataclass
class Version:
    """A version of the registry, and what has become of it."""

    number: int
    facts: Facts
    stage: str = ""
    observed: tuple[float, ...] = ()
    registered: bool | None = None
    deleted: bool = False
    bound: set[int] = field(default_factory=set)  # the bytes with which it was allowed
    let_in: bool = False  # an allow of its registration, a registration that was made, or an adoption
    brought: bool = False  # a decision or an adoption has brought it somewhere
    known: list[Known] = field(default_factory=list)
    proofs: list[Proof] = field(default_factory=list)


@dataclass
class Entered:
    """A version has come into a stage by the ledger, as it was then.  proofs: how many it had then · decided: did a decision bring it
    there, none was needed where the stage was free."""

    version: int
    facts: Facts
    adopted: bool = False
    proofs: int = 0
    decided: bool = True


@dataclass
class Half:
    """A move to production that was begun, and whose process has ended: until somebody moves a version of the model again.

    ends: the day on which its allow ends · entries: of the ledger behind its begin.
    """

    version: Version
    facts: Facts
    policies: Policies
    request: Request | None
    proof: Proof
    leaving: tuple[Version, ...]
    ends: float
    entries: int
