"""What ought to come of each command, from the documentation alone: docs/lifecycle.md, trust.md, ledger.md, registries.md,
language.md, commands.md.

It is an oracle: nothing here comes from the program that it is held against, and no key, file or clock is in it.  Where the
documents leave open what must come, it names each answer that they allow.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from tests.life.state import State
from tests.life.values import (
    ALLOW,
    ARCHIVED,
    DENY,
    PRODUCTION,
    REQUEST_DAYS,
    RITA,
    STAGING,
    UNDECIDED,
    Entered,
    Facts,
    Half,
    Known,
    Proof,
    Request,
    Version,
    Waiver,
    Word,
)

RENEWED = {"rollback": "promotion"}
"""As what a version is judged anew that came by another move (docs/commands.md, policy renew)."""


class Model(State):
    """What comes of each command over that."""

    # ------------------------------------------------------------ people

    def request_of(self, version: Version, kind: str) -> Request | None:
        """The request that counts (docs/trust.md, What counts, 5)."""
        about = [
            r
            for r in self.requests
            if (r.version, r.kind, r.facts, r.policies) == (version.number, kind, version.facts, self.policies)
            and not r.used and self.day - r.day < REQUEST_DAYS and r.asker not in self.revoked
        ]  # fmt: skip
        return max(about, key=lambda r: (r.asker != "", bool(self._standing(r)), r.day), default=None)

    def _standing(self, request: Request) -> set[str]:
        return {p for p in request.signed if p in self.validators and p not in self.revoked}

    def counted(self, version: Version, kind: str) -> set[str]:
        """The people who have signed a move, and count for `signed by 2 in role "validator" other than author`."""
        request = self.request_of(version, kind)
        if request is None or not request.asker:
            return set()
        return self._standing(request) - {version.facts.author, request.asker}

    def waiver_of(self, version: Version, kind: str) -> Waiver | None:
        """A waiver that covers what a version misses (docs/language.md, Waivers)."""
        request = self.request_of(version, kind)
        if RITA in self.revoked or (request is not None and request.asker == RITA):
            return None
        found = [
            w
            for w in self.waivers
            if (w.version, w.bytes, w.gate) == (version.number, version.facts.bytes, self.policies.gate)
            and w.seen <= version.facts.accuracy and self.day < w.until and not w.withdrawn
        ]  # fmt: skip
        return found[-1] if found else None

    # ------------------------------------------------------------ verdicts

    def verdict(self, version: Version, kind: str, stages: Collection[str] = (PRODUCTION,)) -> str:
        """What must come of judging a move now: `promotion`, `rollback`, `staging`, `registration`, `deployment`, `review`.

        stages: which a deployment needs the version to be in.
        """
        truths = list(self._rules(version, kind))
        if not truths or False in truths or self.against(version, kind):
            return DENY
        return UNDECIDED if None in truths or self._held(version, kind, stages) else ALLOW

    def _rules(self, version: Version, kind: str) -> Iterator[bool | None]:
        facts, policies = version.facts, self.policies
        if kind == "promotion" and policies.gate:
            yield facts.accuracy >= float(policies.gate) or self.waiver_of(version, kind) is not None
            champion = self.champion(version)
            if isinstance(champion, Facts):
                yield facts.accuracy >= champion.accuracy
            elif champion == "unknown":
                yield None
            if facts.risk == "high":
                yield True if len(self.counted(version, kind)) >= 2 else None
        elif (kind == "rollback" and policies.rollback) or (kind == "registration" and policies.registration):
            yield facts.accuracy >= 0.5
        elif kind == STAGING and policies.staging:
            yield facts.accuracy >= 0.6
        elif kind == "deployment" and policies.deployment:
            yield None if not version.stage else version.stage in {PRODUCTION, STAGING}
            yield facts.suites[-1] if facts.suites else None
        elif kind == "review" and policies.review:
            yield version.observed[-1] <= 0.01 if version.observed else None

    def _held(self, version: Version, kind: str, stages: Collection[str]) -> bool:
        """Is an allow held back: by policies that are not in force, other bytes, or a registration that was not allowed."""
        unsigned = bool(self.owners) and self.policies != self.in_force
        other = bool(version.bound) and version.facts.bytes not in version.bound
        late = kind in {"promotion", STAGING, "deployment"}  # a version that comes back was there
        unregistered = late and self.gated("registration") and version.registered is not True
        away = kind == "deployment" and not all(self.is_allowed_in(version, stage) for stage in stages)
        denied = kind not in {"registration", "review"} and bool(self.denials(version))
        return unsigned or other or unregistered or away or self.differs(version) or denied

    def is_allowed_in(self, version: Version, stage: str) -> bool:
        """Is a version in a stage that something gates, by registry and ledger, and does its approval stand."""
        came = next((e for e in reversed(self.entered[stage]) if e.version == version.number), None)
        if version.stage != stage or version.number not in self.inside[stage] or came is None:
            return False
        if not self.gated(stage) or not (came.decided or came.adopted):
            return False
        approval = self.approval(version, stage)
        stands = approval is not None and self.stands(version, approval)
        return came.facts.bytes == version.facts.bytes and (stands or (approval is None and came.adopted))

    def approval(self, version: Version, stage: str = PRODUCTION) -> Proof | None:
        """By what a version is in a stage, or stays; None where the owners have taken it in and nothing was decided since."""
        came = next((e for e in reversed(self.entered[stage]) if e.version == version.number), None)
        since = came.proofs if came is not None and came.adopted else 0
        kinds = {"promotion", "rollback"} if stage == PRODUCTION else {stage}
        made = [p for p in version.proofs[since:] if p.made and p.kind in kinds]
        return made[-1] if made else None

    def denials(self, version: Version) -> list[Word]:
        """The denials on review of a version that nothing newer speaks for (docs/ledger.md, What ends a proof)."""
        return [w for w in self._denied(version) if not self._mends(version, w)]

    def _denied(self, version: Version, *, known: bool = True) -> list[Word]:
        return [w for w in self.standing(version, known=known) if w.kind == "denial" and w.version == version.number]

    def _mends(self, version: Version, denial: Word) -> bool:
        newer = len(version.facts.suites), len(version.observed)
        return self.policies != denial.policies or any(
            now > then for now, then in zip(newer, denial.evidence, strict=True)
        )

    def mend(self, version: Version) -> None:
        """An allow mends the denials on review that it has newer evidence than."""
        for word in self._denied(version):
            word.stands = word.stands and not self._mends(version, word)
            for proof in version.proofs if not word.stands else ():
                proof.mended = True

    # ------------------------------------------------------------ proofs

    def proof_of(self, version: Version, kind: str) -> Proof | None:
        """The proof that counts: of several the newest by which the move was made."""
        proofs = [p for p in version.proofs if p.kind == kind]
        return next((p for p in reversed(proofs) if p.made), proofs[-1] if proofs else None)

    def stands(self, version: Version, proof: Proof) -> bool:
        """Has nothing ended the proof of a move that was made (docs/ledger.md, What ends a proof)."""
        kind = proof.kind
        waiver = proof.waiver
        known = version.facts.who == proof.facts.who  # by a record that says otherwise nobody can tell who made it
        return not (
            self.against(version, kind, known=known)
            or bool(self._denied(version, known=known))
            or proof.renewal_denied
            or any(p in self.revoked or p not in self.requests[at].signed for at, p in proof.signed)
            or (waiver is not None and (waiver.withdrawn or RITA in self.revoked))
            or (waiver is not None and version.stage == PRODUCTION and self.day >= waiver.until)
        )

    def verifies(self, version: Version, kind: str) -> bool:
        """Must `policy verify` find that a version was allowed, and that it holds: that it was moved, too."""
        proof = self.proof_of(version, kind)
        same = proof is not None and version.facts == proof.facts
        return proof is not None and proof.made and same and self.stands(version, proof)

    # ------------------------------------------------------------ what is done

    def sign_policies(self, owners: tuple[str, ...]) -> None:
        """Owners sign the set that is here; it is in force with the last of them."""
        for name in owners:
            self.signed[name] = self.policies
        if all(self.signed.get(n) == self.policies for n in self.owners):
            self.in_force = self.policies
            self.sticky |= self.policies.gates

    def ungate(self, what: str) -> None:
        """The owners sign a stage off, or registration; what policies still name stays gated."""
        self.sticky.discard(what)

    def decided(self, version: Version, kind: str, allowed: bool) -> None:
        """A decision was logged: what it is about stays gated, and bytes that were allowed are those of the version."""
        for waiver in self.waivers:
            waiver.logged = waiver.logged or waiver.version == version.number
        if kind in {STAGING, "registration"}:
            self.sticky.add(kind)
        if kind == "registration":
            version.registered = allowed
            version.let_in = version.let_in or allowed
        self.knows(version)
        if allowed:
            version.bound.add(version.facts.bytes)
            self.mend(version)
            for proof in version.proofs:  # a renewal that was denied is mended by a later allow
                if kind in {proof.kind, RENEWED.get(proof.kind)} and proof.renewal_denied:
                    proof.renewal_denied, proof.mended = False, True

    def knows(self, version: Version) -> None:
        """A decision is on the record of a version, where that was not another one already."""
        if not self.differs(version):
            version.known.append(Known(version.facts, decided=True))

    def registered(self, version: Version, *, gated: bool) -> None:
        """A registration was made: it says who the version is."""
        version.brought = version.brought or gated
        version.known.append(Known(version.facts, decided=False))
        version.let_in = True

    def adopted(self, version: Version) -> None:
        """The owners have taken in who holds production."""
        self.followed()
        self.goes(version)
        self.left(version)
        self.inside[PRODUCTION].add(version.number)
        self.entered[PRODUCTION].append(Entered(version.number, version.facts, True, len(version.proofs)))
        version.known = [Known(version.facts, decided=False)]
        version.let_in = version.brought = True

    def allowed(self, version: Version, kind: str, *, made: bool) -> Proof:
        """An allow leaves its proof."""
        high = kind == "promotion" and version.facts.risk == "high"
        request = self.request_of(version, kind)
        at = self.requests.index(request) if request is not None else -1
        missed = kind == "promotion" and version.facts.accuracy < float(self.policies.gate or 0)
        proof = Proof(
            kind, version.facts, made,
            tuple((at, p) for p in sorted(self.counted(version, kind))) if high else (),
            self.waiver_of(version, kind) if missed else None,
        )  # fmt: skip
        version.proofs.append(proof)
        version.brought = version.brought or made
        return proof

    def move(self, version: Version, stage: str, kind: str, *, gated: bool) -> None:
        """A version has come into a stage, by the registry and by the ledger."""
        if gated:
            self.allowed(version, kind, made=True)
            request = self.request_of(version, kind)
            if request is not None:
                request.used = True
        for other in self.holders(stage) if gated else ():  # the move says of each that it is archived
            self.left(other)
        self.moved(version, stage, gated=gated)
        self.logged(version, stage, gated=gated)

    def moved(self, version: Version, stage: str, *, gated: bool) -> None:
        """A version has come into a stage of the registry, and whoever held one that is gated is archived."""
        for other in self.holders(stage) if gated else ():
            if other is not version:
                self.archive(other)
        version.stage = stage

    def archive(self, version: Version) -> None:
        """A version is archived in the registry."""
        version.stage = ARCHIVED

    def logged(self, version: Version, stage: str, facts: Facts | None = None, *, gated: bool = True) -> None:
        """The ledger says that a version has come into a stage: so it has left every other, and who was there it."""
        self.goes(version, facts)
        self.left(version)
        if stage in self.inside:
            self.inside[stage] = {version.number} if gated else self.inside[stage] | {version.number}
            self.entered[stage].append(Entered(version.number, facts or version.facts, decided=gated))

    def goes(self, version: Version, facts: Facts | None = None) -> None:
        """The ledger says that a version comes or goes somewhere, with the bytes that it has, or had then."""
        self.came.setdefault(version.number, set()).add((facts or version.facts).bytes)

    def left(self, version: Version) -> None:
        """The ledger says that a version has left where it was."""
        for numbers in self.inside.values():
            numbers.discard(version.number)

    def begin(self, version: Version, kind: str, *, moved: bool, entries: int) -> None:
        """A move to production was begun, and its process has ended: before the registry has moved, or right behind it."""
        request, waiver = self.request_of(version, kind), self.waiver_of(version, kind)
        self.goes(version)
        proof = self.allowed(version, kind, made=False)
        leaving = tuple(v for v in self.holders(PRODUCTION) if v is not version)
        ends = min([request.day + REQUEST_DAYS] if request else [1e9])
        ends = min(ends, waiver.until if waiver is not None and proof.waiver is not None else 1e9)
        self.half = Half(version, version.facts, self.policies, request, proof, leaving, ends, entries)
        if moved:
            self.moved(version, PRODUCTION, gated=True)

    def followed(self) -> None:
        """The owners have taken somebody in: as long as the end of a move that was begun is not known, its request is used up."""
        if self.half is not None and self.half.request is not None:
            self.half.request.used = True

    def taken_over(self, *, said: bool) -> None:
        """Whoever moves next looks whether a move was made that was begun: done where it is still allowed, else failed.

        said: the ledger has something about the version since, so that nothing may be taken for allowed any more.
        """
        half, self.half = self.half, None
        if half is None:
            return
        version, request = half.version, half.request
        made = not version.deleted and self.holders(PRODUCTION) == [version]  # whoever has moved it
        if request is not None:
            request.used = False
        if made and self.policies == half.policies and not said and self.day < half.ends:
            half.proof.made = version.brought = True
            if request is not None:
                request.used = True
            for other in half.leaving:
                self.left(other)
            self.logged(version, PRODUCTION, half.facts)

    def renewed(self, version: Version, kind: str) -> None:
        """A version stays by a new decision, which was shown what it is now."""
        self.decided(version, kind, allowed=True)
        self.goes(version)
        self.allowed(version, kind, made=True)

    def renewal_denied(self, version: Version, kind: str) -> None:
        """A version may not stay: whatever brought it into the stage, or let it stay there, proves nothing any more."""
        for proof in version.proofs:
            proof.renewal_denied = proof.renewal_denied or kind in {proof.kind, RENEWED.get(proof.kind)}

    def taken_away(self, version: Version) -> None:
        """What lies beside a version is gone: what was not logged, and nothing else."""
        for waiver in self.waivers:
            if waiver.version == version.number and not waiver.logged:
                waiver.withdrawn = True

    def leave(self, version: Version) -> None:
        """A version is archived, and serves no more."""
        self.archive(version)
        self.goes(version)
        self.serving = {place: n for place, n in self.serving.items() if n != version.number}
        self.left(version)

    def lift(self, version: Version, owners: tuple[str, ...]) -> None:
        """Owners lift what stands against a version; it holds with the last of them, as long as none is left out."""
        for word in self.standing(version):
            if word.kind != "denial" or word.version == version.number:
                word.lifted |= set(owners)
        self.spoken_of.add(version.number)
