"""Rules about moves, by commands, through the gate of a server, and past both."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.life.people import People
from tests.life.values import (
    ALLOW,
    ARCHIVED,
    BOB,
    CODES,
    DENY,
    PRODUCTION,
    STAGING,
    UNDECIDED,
    Proof,
    Version,
    Word,
)
from tests.life.walk import WHICH


class Moves(People):
    """Versions move, serve, are observed and reviewed, and leave."""

    @rule(which=WHICH)
    def promote(self, which: int) -> None:
        version = self._some(which)
        self._taken_over()
        there = self._is_there(version, PRODUCTION)
        holds = there and self._holds(version)
        code, kind, wanted = self._promote(version)
        self._did("promote", code)
        if there:
            adopted = any(e.adopted and e.version == version.number for e in self.model.entered[PRODUCTION])
            wants = {0, 1} if adopted else {0 if holds else 1}  # who was adopted has an approval only by a renewal
            assert code in wants, self._told(code, f"there already, and its approval holds: {holds}")
            return
        self._as_wanted(version, PRODUCTION, code, wanted)
        self._judged(version, kind, code)

    @rule(which=WHICH)
    def move_as_people_do(self, which: int) -> None:
        """Policies are signed, somebody asks, validators sign, and the version moves: where that is possible."""
        model = self.model
        if model.owners and model.policies != model.in_force:
            self._sign_policies(model.owners)
        if model.owners:
            self.request(which=which, asker=BOB)
            self.sign_twice(which=which)
        self.promote(which=which)

    @precondition(lambda self: not self.project_type.files)
    @rule(which=WHICH)
    def move_through_the_gate(self, which: int) -> None:
        """A client of a gated server moves the alias."""
        version = self._some(which)
        self._taken_over()
        there, kind = self._is_there(version, PRODUCTION), self.model.kind_to(version)
        asks = not there and self._asks_for_its_registration(version)
        wanted = self._verdict(version, kind)
        code = self.project.through_the_gate(version.number)
        self._did("move through the gate", code)
        if there:
            assert code in {0, 1}, self._told(code, wanted)
            return
        assert (code == 0) == (wanted == ALLOW), self._told(code, wanted)
        if not (asks and self.model.differs(version)):  # else it was refused before its promotion was judged
            self._judged(version, kind, code)

    def _asks_for_its_registration(self, version: Version) -> bool:
        """Does the server decide on a version's registration on the way to its promotion (docs/registries.md, The gate in MLflow's server); where
        it does, that is decided then."""
        allowed = version.registered is True and (not version.bound or version.facts.bytes in version.bound)
        if allowed or not self.model.gated("registration"):
            return False
        if not self.model.differs(version):
            let_in = self._verdict(version, "registration") == ALLOW
            self.model.decided(version, "registration", let_in)
            if let_in:
                self.model.registered(version, gated=True)
        return True

    @precondition(lambda self: self.project_type.files)
    @rule(which=WHICH)
    def promote_to_staging(self, which: int) -> None:
        version = self._some(which)
        gated, there = self.model.gated(STAGING), self._is_there(version, STAGING)
        if gated and version.stage == STAGING and not there:  # it was free when it came, or somebody has put it there
            return
        self._taken_over()
        wanted = self._verdict(version, STAGING) if gated else ALLOW
        code = self.project.run("promote", f"fraud@{version.number}", "--to", STAGING)
        self._did("promote to staging", code)
        if there:
            assert code in {0, 1} if gated else code == 0, self._told(code, "there already")
            return
        if gated:
            self._as_wanted(version, STAGING, code, wanted)
            self.model.decided(version, STAGING, wanted == ALLOW)
        else:
            assert code == 0, self._told(code, 0)
        if code == 0:
            self.model.move(version, STAGING, STAGING, gated=gated)

    @rule(which=WHICH)
    def retire(self, which: int) -> None:
        version = self._some(which)
        self._taken_over()
        code = self.project.run("retire", f"fraud@{version.number}", "--reason", "it is over")
        self._did("retire", code)
        assert code == 0, self._told(code, 0)
        self.model.leave(version)

    @rule(which=WHICH, stage=st.sampled_from((PRODUCTION, ARCHIVED, STAGING)))
    def edit_state(self, which: int, stage: str) -> None:
        """Somebody writes a stage into the registry, past every gate."""
        version = self._some(which)
        if version.stage != stage and (self.project.files or stage != STAGING):
            self.project.hand_move(version.number, stage)
            for other in self.model.holders(stage) if stage == PRODUCTION and not self.project.files else ():
                # an alias is with one version: the other has what its tag says
                other.stage = self.project.stages().get(other.number, "")
            version.stage = stage
            if stage == ARCHIVED:
                self.model.archive(version)
            self._did(f"edit state: {stage}")

    @precondition(lambda self: self.model.holders(PRODUCTION))
    @rule(which=WHICH)
    def adopt(self, which: int) -> None:
        there = [v for v in self.model.there if v.stage == PRODUCTION] or self.model.there
        version = there[which % len(there)]
        self.touched = version.number
        holds = [v.number for v in self.model.holders(PRODUCTION)] == [version.number]
        for owner in self.model.owners or [""]:
            code = self._as_owner(
                owner, "adopt", f"fraud@{version.number}", "--to", PRODUCTION, "--reason", "for a reason"
            )
            self._did("adopt", code)
            assert code in {0, 2}, self._told(code, 0)
        if version.stage != PRODUCTION:
            assert code == 2, self._told(code, 2)
        elif holds and version.number not in self.model.inside[PRODUCTION]:
            assert code == 0, self._told(code, 0)
        if code == 0:
            self.model.adopted(version)

    @rule(which=WHICH, environment=st.sampled_from(("eu-west", "eu-west", "canary", "lab", "")), apart=st.booleans())
    def deploy(self, which: int, environment: str, apart: bool) -> None:
        """To a listed environment, to one that nobody has listed, or to none; apart: at an endpoint that serves nowhere else."""
        version = self._some(which)
        self._taken_over()
        endpoint = f"https://{environment or 'any'}.corp.example" if apart else "https://fraud.corp.example"
        stages = self.model.needed(endpoint, environment)
        wanted = self._verdict(version, "deployment", stages)
        named = ("--environment", environment) if environment else ()
        code = self.project.run("deploy", f"fraud@{version.number}", "--endpoint", endpoint, *named)
        self._did(f"deploy to {environment or 'none'}", code)
        approvals = [self.model.approval(version, stage) for stage in stages]
        mended = any(a.mended for a in approvals if a is not None)
        open_ = [1] if self.model.doubtful(version) else [0, 3] if mended else []
        assert code in {CODES[wanted], *open_}, self._told(code, wanted)
        self.model.decided(version, "deployment", code == 0)
        if code == 0:
            self.model.serving[endpoint, environment] = version.number
            version.brought = True
            version.proofs.append(Proof("deployment", version.facts, made=True))

    @rule(which=WHICH, environment=st.sampled_from(("eu-west", "canary")))
    def serve_as_people_do(self, which: int, environment: str) -> None:
        """A version is checked, moves to where the environment needs it, and is deployed: where that is possible."""
        if environment == "canary" and not self.project.files:
            return
        self.add_evidence(which=which, passed=True)
        if environment == "canary":
            if self.model.owners and self.model.policies != self.model.in_force:
                self._sign_policies(self.model.owners)
            self.promote_to_staging(which=which)
        else:
            self.move_as_people_do(which=which)
        self.deploy(which=which, environment=environment, apart=True)

    @rule(which=WHICH, rate=st.sampled_from((0.001, 0.03)))
    def observe(self, which: int, rate: float) -> None:
        version = self._some(which)
        code = self.project.run("observe", f"fraud@{version.number}", self.project.observed(rate))
        self._did("observe", code)
        assert code == 0, self._told(code, 0)
        version.observed = (*version.observed, rate)

    @rule(apply=st.booleans())
    def review(self, apply: bool) -> None:
        serving = [
            v
            for v in self.model.there
            if self.model.serves(v) or v.stage == PRODUCTION or (v.stage == STAGING and self.model.gated(STAGING))
        ]
        if any(self.model.doubtful(v) for v in serving):
            return
        differ = bool(self.project.entries()) and self.project.run("reconcile") != 0
        wanted = {v.number: self._verdict(v, "review") for v in serving} if self.model.policies.review else {}
        code = self.project.run("review", *(["--apply"] if apply else []))
        self._did(f"review{' and apply' if apply else ''}", code)
        found = set(wanted.values()) - ({DENY} if apply else set())
        worst = 1 if DENY in found or differ else 3 if UNDECIDED in found else 0
        if not self.model.policies.review and not self.project.entries() and not apply:
            worst = 2
        lost = any(
            v.deleted and (self.model.serves(v) or v.stage not in {"", ARCHIVED}) for v in self.model.versions.values()
        )
        assert code == (2 if lost and self.project.files else worst), self._told(
            code, f"{wanted}, and registry and ledger differ: {differ}"
        )
        for version in serving:
            if wanted.get(version.number) == DENY:  # an allow is not logged
                self._denied(version)
        if apply and DENY in wanted.values():
            self._taken_over()
        for version in serving:
            if wanted.get(version.number) == DENY and apply:
                self.model.leave(version)
                version.brought = True  # by a decision, that it is due

    def _denied(self, version: Version) -> None:
        self.model.knows(version)
        evidence = len(version.facts.suites), len(version.observed)
        self.model.words.append(
            Word("denial", version.number, version.facts.bytes, "", evidence=evidence, policies=self.model.policies)
        )

    @rule(which=WHICH)
    def renew(self, which: int) -> None:
        version = self._some(which)
        there = version.stage == PRODUCTION or (version.stage == STAGING and self.model.gated(STAGING))
        if there:
            self._taken_over()
        # whatever brought it to production: it is judged as if it came now
        kind = STAGING if version.stage == STAGING else "promotion"
        wanted = self._verdict(version, kind)
        code = self.project.run("renew", f"fraud@{version.number}")
        self._did("renew", code)
        assert code == CODES[wanted] if there else True, self._told(code, wanted)
        if there and code == 0:
            self.model.renewed(version, kind)
        if there and code != 0:
            self.model.decided(version, kind, allowed=False)
        if there and code == 1:
            self.model.renewal_denied(version, kind)
