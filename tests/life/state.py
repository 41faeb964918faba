"""What is there: versions, stages, the champion, and what registry and ledger differ in, from the documentation alone."""

from __future__ import annotations

from collections.abc import Iterator

from tests.life.values import (
    ARCHIVED,
    ENVIRONMENTS,
    OWNERS,
    PRODUCTION,
    SIGNERS,
    STAGING,
    Entered,
    Facts,
    Half,
    Policies,
    Request,
    Version,
    Waiver,
    Word,
)


class State:
    """All that was said and done, in plain values.  owners: how many sign the policies, none where nobody signs anything."""

    def __init__(self, owners: int, *, files: bool = True) -> None:
        self.files = files
        self.owners = OWNERS[:owners]
        self.policies = Policies()
        self.signed: dict[str, Policies] = {}
        self.in_force: Policies | None = None
        self.sticky: set[str] = set()
        self.validators = set(SIGNERS)
        self.revoked: set[str] = set()
        self.versions: dict[int, Version] = {}
        self.requests: list[Request] = []
        self.waivers: list[Waiver] = []
        self.words: list[Word] = []
        self.unfit: dict[int, set[str]] = {}  # who of the owners has called a version unfit, until all have
        self.spoken_of: set[int] = set()  # the versions that words against, or what takes them back, were about
        self.entered: dict[str, list[Entered]] = {PRODUCTION: [], STAGING: []}
        self.inside: dict[str, set[int]] = {PRODUCTION: set(), STAGING: set()}
        self.came: dict[
            int, set[int]
        ] = {}  # by version: the bytes with which the ledger shows it to come or go anywhere
        self.serving: dict[tuple[str, str], int] = {}  # by endpoint and environment: which version serves there
        self.half: Half | None = None
        self.day = 0.0

    # ------------------------------------------------------------ what is there

    @property
    def there(self) -> list[Version]:
        """The versions that the registry has."""
        return [v for v in self.versions.values() if not v.deleted]

    def gated(self, what: str) -> bool:
        """Does a stage, or registration, need a decision (docs/policies.md, What is gated)."""
        if what == PRODUCTION:  # `protected` names it
            return True
        signed = self.in_force.gates if self.in_force is not None else set()
        return what in self.policies.gates | self.sticky | signed

    def holders(self, stage: str) -> list[Version]:
        """Who holds a stage by the registry, deleted versions too."""
        return [v for v in self.versions.values() if v.stage == stage]

    def serves(self, version: Version) -> bool:
        """Does a version serve anywhere."""
        return version.number in self.serving.values()

    def needed(self, endpoint: str, environment: str) -> set[str]:
        """The stages that a version must be in to be deployed somewhere (docs/lifecycle.md, Environments): that of the environment,
        and those of every other one in which the endpoint serves."""
        there = {e for at, e in self.serving if at == endpoint}
        return {ENVIRONMENTS.get(e, PRODUCTION) for e in {environment, *there}}

    def against(self, version: Version, kind: str, *, known: bool = True) -> list[Word]:
        """What stands against a move of a version (docs/trust.md, Objections)."""
        return [w for w in self.standing(version, known=known) if self._speaks(w, version, kind)]

    def standing(self, version: Version, *, known: bool = True) -> list[Word]:
        """The words about a version's bytes that stand, whatever move they are against.  known: is it known who made it, else
        nobody lifts anything."""
        about = (w for w in self.words if w.stands and w.bytes == version.facts.bytes)
        return [w for w in about if not (known and self._is_lifted(w, self.lift_nothing(version)))]

    def lift_nothing(self, version: Version) -> set[str]:
        """Who lifts nothing from a version: its author, that of another one that somebody spoke of, before or since, and whoever
        asked for a move of it."""
        made = {v.facts.author for v in self.versions.values() if v.facts.bytes == version.facts.bytes}
        made |= {v.facts.author for v in self.there if v.number in self.spoken_of}
        return made | {r.asker for r in self.requests if r.version == version.number}

    def _is_lifted(self, word: Word, without: set[str]) -> bool:
        """Have as many owners lifted a word as are needed, and not its author alone."""
        able = word.lifted - without
        alone = word.kind == "objection" and able <= {word.by}
        return len(able) >= max(1, len(self.owners)) and not alone

    def doubtful(self, version: Version) -> bool:
        """Do the documents leave open whether a word against a stage is against what serves from elsewhere."""
        standing = self.standing(version)
        return version.stage != PRODUCTION and any(w.against == PRODUCTION for w in standing)

    @staticmethod
    def _speaks(word: Word, version: Version, kind: str) -> bool:
        if word.kind == "denial":  # it ends proofs; what is moved anew is decided anew
            return False
        if word.against == PRODUCTION:
            served_from_there = kind in {"deployment", "review"} and version.stage == PRODUCTION
            return kind in {"promotion", "rollback"} or served_from_there
        return word.against in {"", kind}

    def rolls_back(self, version: Version) -> bool:
        """Is a move of it to production a rollback: it was there before, with these bytes, and a policy is about that."""
        was = any(
            e.version == version.number and e.facts.bytes == version.facts.bytes for e in self.entered[PRODUCTION]
        )
        # whom the ledger has there has never left, whoever took it out by hand
        return self.policies.rollback and was and version.number not in self.inside[PRODUCTION]

    def kind_to(self, version: Version) -> str:
        """How a move of a version to production is judged."""
        return "rollback" if self.rolls_back(version) else "promotion"

    # ------------------------------------------------------------ champion

    def champion(self, version: Version) -> Facts | str:
        """Whom a version is compared with: their facts, `none`, or `unknown` (docs/language.md, The champion)."""
        others = [v for v in self.holders(PRODUCTION) if v.number != version.number]
        if len(others) > 1 or any(v.deleted for v in others):
            return "unknown"
        others = [v for v in others if not self._out(v.number)]
        past = [e for e in self.entered[PRODUCTION] if e.version != version.number and not self._out(e.version)]
        if others:
            if others[0].number not in self.inside[PRODUCTION]:
                return "unknown"
            past = [e for e in past if e.version == others[0].number]
        if not past:
            return "none"
        last = past[-1]
        now = self.versions[last.version]
        if not now.deleted and not self.differs(now):
            return now.facts
        if others and not now.deleted:
            return "unknown"
        return "unknown" if last.adopted else last.facts  # its record is in what the decision was made of

    @staticmethod
    def differs(version: Version) -> bool:
        """Is the record not what the ledger knows of it (docs/records.md, What stays, and what may be added)."""
        if not version.known:
            return False
        anchor = next((k for k in version.known if not k.decided), version.known[0])
        return version.facts.who != anchor.facts.who or not version.facts.holds_what(version.known[-1].facts)

    def _out(self, number: int) -> bool:
        """Have the owners called a version unfit, so that it counts as never there: the bytes with which it came anywhere, or its
        name where it never came anywhere."""
        authors = {v.number: {v.facts.author} for v in self.versions.values()}
        said = [w for w in self.words if w.stands and w.kind == "revocation" and self._counts(w, authors[w.version])]
        came = self.came.get(number)
        return any(w.bytes in came if came else w.version == number for w in said)

    def _counts(self, word: Word, authors: set[str]) -> bool:
        """Does a revocation take its version out as champion: as long as its record is there, which says who made it."""
        unknown = bool(self.owners) and self.versions[word.version].deleted
        return not unknown and not self._is_lifted(word, authors)

    def differences(self) -> Iterator[tuple[str, str]]:
        """What `policy reconcile` names of production and of versions: kinds, and the versions (docs/commands.md)."""
        holders, inside = (
            self.holders(PRODUCTION),
            self.inside[PRODUCTION],
        )  # who was adopted may be there beside others
        moving: set[int] = set()
        if self.half is not None:  # it may be either way until somebody looks
            moving = {v.number for v in (self.half.version, *self.half.leaving)}
            yield "begun", str(self.half.version.number)
        gone = {n for n in inside if self.versions[n].deleted}
        yield from (("deleted", str(n)) for n in gone)
        if not any(v.deleted for v in holders):  # else who holds it cannot be told
            held = {v.number for v in holders}
            yield from (("moved", str(n)) for n in held - inside - moving)
            if len(held) > 1:
                yield "several", ""
            for number in inside - held - moving - gone:
                stage = self.versions[number].stage
                yield "left" if stage == ARCHIVED else "elsewhere" if stage else "not-moved", str(number)
        for version in self.there:
            if version.brought and self.files and self.differs(version):
                yield "edited", str(version.number)
            if self.policies.registration and not version.let_in:
                yield "unregistered", str(version.number)

    def crowded(self, version: Version, stage: str) -> bool:
        """Do several others hold a stage, or one without a record, so that nobody can tell who is to leave it."""
        others = [v for v in self.holders(stage) if v.number != version.number]
        return len(others) > 1 or any(v.deleted for v in others)
