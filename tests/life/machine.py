"""Hypothesis walks through the life of versions, and holds the program against the model after every step."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from letpass.configuration import load
from letpass.gathering import own_policies
from tests.life import invariants, known
from tests.life.model import (
    ALLOW,
    ANNA,
    ARCHIVED,
    BOB,
    CODES,
    DENY,
    OWNERS,
    PRODUCTION,
    RITA,
    SIGNERS,
    STAGING,
    UNDECIDED,
    Entered,
    Facts,
    Model,
    Policies,
    Proof,
    Request,
    Version,
    Waiver,
    Word,
)
from tests.life.project import Clock, Killed, Project, before, fast, template

TEMPLATES: dict[tuple[type[Project], int], Path] = {}
ACCURACIES = (0.3, 0.7, 0.85, 0.92, 0.95, 0.97)
AUTHORS = (ANNA, SIGNERS[0], OWNERS[1])
WHICH = st.integers(0, 11)
MOST = 6
"""Versions of an example."""


class Life(RuleBasedStateMachine):
    """A folder registry and a ledger in SQLite."""

    project_type: ClassVar[type[Project]] = Project
    steps: ClassVar[Counter[str]] = Counter()
    """How often each rule was executed, with the exit code of its command where it has one."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.stack = ExitStack()
        self.touched = 0
        self.named = 100  # the next new bytes
        self.logged = self.seen = 0  # entries of the ledger that were looked at

    # ------------------------------------------------------------ begin and end

    @initialize(
        owners=st.sampled_from((0, 1, 2)),
        policies=st.builds(
            Policies, gate=st.just("0.9"), rollback=st.booleans(), registration=st.sampled_from((False, False, True))
        ),
    )
    def begin(self, owners: int, policies: Policies) -> None:
        self.stack.enter_context(fast(self.clock))
        self.stack.enter_context(self.project_type.clocks(self.clock))
        self.project = self._begun(owners)
        self.stack.callback(self.project.close)
        self.clock.pass_(hours=1)
        self.model = Model(owners, files=self.project_type.files)
        self.model.policies = policies
        self.project.write_policies(policies)
        if owners:
            self._sign_policies(self.model.owners)
        for number, accuracy, risk, author in (
            (1, 0.95, "low", ANNA),
            (2, 0.92, "low", SIGNERS[0]),
            (3, 0.97, "high", ANNA),
        ):
            self._register(number, accuracy, risk, author, number)

    def _begun(self, owners: int) -> Project:
        kind = self.project_type
        if (kind, owners) not in TEMPLATES:
            TEMPLATES[kind, owners] = template(kind, owners)
        project = kind(owners, self.clock)
        project.copied(TEMPLATES[kind, owners])
        return project

    def teardown(self) -> None:
        try:
            if hasattr(self, "model"):
                invariants.at_the_end(self)
        finally:
            self.stack.close()

    @property
    def set_in_force(self) -> str:
        """The digest of the policies by which an allow was given in this step: those that are here."""
        return own_policies(load()).digest.partition(":")[2]

    def _did(self, name: str, code: int | str = "") -> None:
        Life.steps[f"{name} → {code}" if code != "" else name] += 1
        if code == "":
            self.project.log.append(f"   {name}: {self.touched}")
        self.model.day = (self.clock.at - invariants.BEGIN).total_seconds() / 86400

    def _day(self) -> float:
        return (self.clock.at - invariants.BEGIN).total_seconds() / 86400

    def _some(self, which: int) -> Version:
        there = self.model.there
        found = there[which % len(there)]
        self.touched = found.number
        return found

    def _verdict(self, version: Version, kind: str) -> str:
        self.model.day = self._day()
        return self.model.verdict(version, kind)

    # ------------------------------------------------------------ versions

    def _register(self, number: int, accuracy: float, risk: str, author: str, bytes_: int) -> None:
        version = Version(number, Facts(accuracy, risk, author, bytes_))
        file = self.project.create(number, accuracy, risk, author, bytes_)
        gated = self.model.gated("registration")
        wanted = self._verdict(version, "registration") if gated else ALLOW
        code = self.project.run("register", file)
        self._did("register", code)
        assert code == CODES[wanted], self._told(code, wanted)
        if gated:
            self.model.decided(version, "registration", wanted == ALLOW)
        if wanted == ALLOW or not self.project.files:
            self.model.versions[number] = version
        if wanted == ALLOW and gated:
            version.proofs.append(Proof("registration", version.facts, made=False))

    @rule(
        accuracy=st.sampled_from(ACCURACIES), risk=st.sampled_from(("low", "low", "high")), author=st.sampled_from(AUTHORS)
    )  # fmt: skip
    def register(self, accuracy: float, risk: str, author: str) -> None:
        number = max(self.model.versions) + 1 if len(self.model.versions) < MOST else 0
        if number:
            self._register(number, accuracy, risk, author, number)

    @rule(which=WHICH)
    def register_what_is_there(self, which: int) -> None:
        version = self._some(which)
        gated = self.model.gated("registration")
        wanted = self._verdict(version, "registration") if gated else ALLOW
        already = gated and version.registered is True
        code = self.project.run("register", f"fraud@{version.number}")
        self._did("register what is there", code)
        assert code in {CODES[wanted], *([0] if already else [])}, self._told(code, wanted)
        if gated and not (already and code == 0):
            self.model.decided(version, "registration", wanted == ALLOW)

    @rule(accuracy=st.sampled_from(ACCURACIES), risk=st.sampled_from(("low", "high")))
    def put_by_hand(self, accuracy: float, risk: str) -> None:
        """Somebody writes a record into the registry, past `policy register`."""
        number = max(self.model.versions) + 1
        if number <= MOST:
            self.project.put(number, accuracy, risk, ANNA, number)
            self.model.versions[number] = Version(number, Facts(accuracy, risk, ANNA, number))
            self.touched = number
            self._did("put by hand")

    @rule(which=WHICH)
    def copy(self, which: int) -> None:
        """The same bytes under another number: what was said of them is said of it too."""
        version, number = self._some(which), max(self.model.versions) + 1
        if number <= MOST:
            self.project.copy(version.number, number)
            self.model.versions[number] = Version(number, replace(version.facts, tagged=False))
            self.touched = number
            self._did("copy")

    @rule(which=WHICH)
    def delete(self, which: int) -> None:
        if len(self.model.there) > 2:
            version = self._some(which)
            self.project.delete(version.number)
            version.deleted = True
            if not self.project.files:  # its alias goes with it
                version.stage, version.served = "", False
            self._did("delete")

    @rule(which=WHICH, accuracy=st.sampled_from(ACCURACIES))
    def edit_evidence(self, which: int, accuracy: float) -> None:
        version = self._some(which)
        if version.facts.accuracy != accuracy:
            self.project.edit(version.number, "value", version.facts.accuracy, accuracy)
            version.facts = replace(version.facts, accuracy=accuracy)
            self._did("edit evidence")

    @rule(which=WHICH)
    def edit_what_a_version_is(self, which: int) -> None:
        version = self._some(which)
        depth = version.facts.depth
        self.project.edit(version.number, "depth", depth, depth + 1)
        version.facts = replace(version.facts, depth=depth + 1)
        self._did("edit what a version is")

    @rule(which=WHICH)
    def rebuild(self, which: int) -> None:
        """Other bytes under the name of a version of which nobody has said anything."""
        version = self._some(which)
        spoken = version.facts.bytes in self.model.unfit or any(
            w.version == version.number or w.bytes == version.facts.bytes for w in self.model.words
        )
        if not spoken and self.project.files:
            self.named += 1
            self.project.rebuild(version.number, version.facts.bytes, self.named)
            version.facts = replace(version.facts, bytes=self.named)
            self._did("rebuild")

    @rule(which=WHICH, passed=st.booleans())
    def add_evidence(self, which: int, passed: bool) -> None:
        version = self._some(which)
        report = self.project.report(failed=not passed)
        code = self.project.run("evidence", "add", f"fraud@{version.number}", report, "--suite", "Fairness Check")
        self._did("add evidence", code)
        assert code == 0, self._told(code, 0)
        version.facts = replace(version.facts, suites=(*version.facts.suites, passed))

    @rule(which=WHICH)
    def take_statements_away(self, which: int) -> None:
        """Whoever carries files loses what people said; what the ledger has counts all the same."""
        self.project.take_away(self._some(which).number)
        self._did("take statements away")

    # ------------------------------------------------------------ looking

    @rule(which=WHICH, stage=st.sampled_from((PRODUCTION, PRODUCTION, STAGING)))
    def check_and_log(self, which: int, stage: str) -> None:
        version = self._some(which)
        if stage == STAGING and not self.project.files:
            return
        if (stage == STAGING and not self.model.gated(STAGING)) or self._is_there(version, stage):
            return
        kind = STAGING if stage == STAGING else self.model.kind_to(version)
        wanted = self._verdict(version, kind)
        code = self.project.run("check", f"fraud@{version.number}", "--to", stage, "--log")
        self._did("check and log", code)
        assert code == CODES[wanted], self._told(code, wanted)
        self.model.decided(version, kind, wanted == ALLOW)
        if wanted == ALLOW:
            self.model.allowed(version, kind, made=False)

    @rule(words=st.sampled_from(("history fraud", "show fraud", "pending", "doctor", "standing --all", "runs fraud")))
    def look_around(self, words: str) -> None:
        """Commands that only tell end with a documented code, whatever there is."""
        self._did(words, self.project.run(*words.split()))

    # ------------------------------------------------------------ people

    @precondition(lambda self: self.model.owners)
    @rule(which=WHICH, asker=st.sampled_from((BOB, BOB, SIGNERS[1], "")))
    def request(self, which: int, asker: str) -> None:
        version = self._some(which)
        if self._is_there(version, PRODUCTION) or asker in self.model.revoked or not self.model.policies.gate:
            return
        kind = self.model.kind_to(version)
        key = ("--key", f"keys/{asker}") if asker else ("--requester", BOB)
        code = self.project.run("request", f"fraud@{version.number}", "--to", PRODUCTION, *key, "--log")
        self._did("request", code)
        assert code == 0, self._told(code, 0)
        path = next(line.split()[1] for line in self.project.said.splitlines() if line.startswith("wrote"))
        facts, policies = version.facts, self.model.policies
        self.model.requests.append(Request(version.number, kind, facts, policies, asker, self._day(), path))

    @precondition(lambda self: self.model.requests)
    @rule(which=WHICH, who=st.sampled_from(SIGNERS))
    def sign(self, which: int, who: str) -> None:
        request = self.model.requests[-1 - which % min(len(self.model.requests), 3)]
        version = self.model.versions[request.version]
        self.touched = version.number
        named = self.project.statement(request.path, version.number)
        if version.deleted or not named:
            return
        code = self.project.run("sign", *named, "--role", "validator", "--key", f"keys/{who}", "--log")
        self._did("sign", code)
        able = who in self.model.validators and who not in self.model.revoked
        assert code == 2 if not able else code in {0, 2}, self._told(code, able)
        current = self.model.request_of(version, request.kind) is request
        assert code == 0 or not able or not current, self._told(code, "signed")
        if code == 0 and who not in request.signed:
            request.signed.append(who)

    @precondition(lambda self: self.model.owners)
    @rule(which=WHICH)
    def sign_twice(self, which: int) -> None:
        """Two validators sign what is asked, as they do where all is well."""
        version = self._some(which)
        request = self.model.request_of(version, self.model.kind_to(version))
        if request is None or not (named := self.project.statement(request.path, version.number)):
            return
        for who in SIGNERS:
            if who in self.model.validators - self.model.revoked:
                code = self.project.run("sign", *named, "--role", "validator", "--key", f"keys/{who}")
                assert code == 0, self._told(code, 0)
                if who not in request.signed:
                    request.signed.append(who)
        self._did("sign twice")

    @precondition(lambda self: self.model.owners)
    @rule(
        which=WHICH, who=st.sampled_from((*SIGNERS, OWNERS[0])), against=st.sampled_from((PRODUCTION, "deployment", ""))
    )
    def reject(self, which: int, who: str, against: str) -> None:
        version = self._some(which)
        role = "validator" if who in SIGNERS else "policy-owner"
        target = {PRODUCTION: ("--to", PRODUCTION), "deployment": ("--on", "deployment"), "": ("--all",)}[against]
        code = self.project.run(
            "reject", f"fraud@{version.number}", *target, "--role", role, "--key", f"keys/{who}", "--reason", "no"
        )
        self._did("reject", code)
        able = who not in self.model.revoked and (who not in SIGNERS or who in self.model.validators)
        assert code == (0 if able else 2), self._told(code, able)
        if able:
            self.model.words.append(Word("objection", version.number, version.facts.bytes, against, who, role))

    @precondition(lambda self: self.model.owners)
    @rule(which=WHICH, who=st.sampled_from((*SIGNERS, RITA)))
    def withdraw(self, which: int, who: str) -> None:
        version = self._some(which)
        role = "risk" if who == RITA else "validator"
        code = self.project.run(
            "withdraw", f"fraud@{version.number}", "--all", "--role", role, "--key", f"keys/{who}", "--reason", "sorry"
        )
        self._did("withdraw", code)
        words = [
            w for w in self.model.words if w.stands and w.by == who and w.role == role and w.version == version.number
        ]
        signed = [r for r in self.model.requests if r.version == version.number and who in r.signed]
        assert code in {0, 2}, self._told(code, 0)
        if who in self.model.revoked:
            assert code == 2, self._told(code, 2)
        if code == 0:
            for word in words:
                word.stands = False
            for request in signed:
                request.signed.remove(who)
            for waiver in self.model.waivers if who == RITA else ():
                waiver.withdrawn = waiver.withdrawn or waiver.version == version.number
        else:
            able = who not in self.model.revoked and (who == RITA or who in self.model.validators)
            assert not (words and able), self._told(code, "withdrawn")

    @rule(which=WHICH, who=st.sampled_from(("all", *OWNERS)))
    def lift(self, which: int, who: str) -> None:
        version = self._some(which)
        standing = [w for w in self.model.words if w.stands and w.bytes == version.facts.bytes]
        owners = self._owners(who)
        if not standing or (self.model.owners and not owners):
            return
        codes = [
            self._as_owner(o, "lift", f"fraud@{version.number}", "--reason", self._reason()) for o in owners or [""]
        ]
        self._did("lift", max(codes))
        assert set(codes) <= {0, 2}, self._told(max(codes), 0)
        did = tuple(o for o, code in zip(owners or [""], codes, strict=True) if code == 0)
        if did:
            self.model.lift(version, did)

    @rule(which=WHICH, who=st.sampled_from(("all", *OWNERS)))
    def revoke(self, which: int, who: str) -> None:
        version = self._some(which)
        owners = self._owners(who)
        if self.model.owners and not owners:
            return
        for owner in owners or [""]:
            code = self._as_owner(owner, "revoke", f"fraud@{version.number}", "--reason", self._reason())
            self._did("revoke", code)
            assert code in {0, 2}, self._told(code, 0)
            own = owner == version.facts.author
            if code == 0 and not own:
                self.model.unfit.setdefault(version.facts.bytes, set()).add(owner)
        said = self.model.unfit.get(version.facts.bytes, set())
        if len(said) >= max(1, len(self.model.owners)):
            self.model.words.append(Word("revocation", version.number, version.facts.bytes, ""))
            del self.model.unfit[version.facts.bytes]

    @precondition(lambda self: self.model.owners)
    @rule(which=WHICH)
    def waive(self, which: int) -> None:
        version = self._some(which)
        model = self.model
        if self._is_there(version, PRODUCTION) or not model.policies.gate or RITA in model.revoked:
            return
        kind = model.kind_to(version)
        misses = version.facts.accuracy < float(model.policies.gate)
        covered = model.waiver_of(version, kind) is not None
        code = self.project.run(
            "waive", "gate/good", f"fraud@{version.number}", "--to", PRODUCTION, "--until", self.clock.days(10),
            "--reason", "until it is better", "--key", f"keys/{RITA}",
        )  # fmt: skip
        self._did("waive", code)
        assert code in {0, 2}, self._told(code, 0)
        if code == 0:
            assert misses, self._told(code, "a rule that holds is not waived")
            until = (self.clock.at.replace(hour=0, minute=0, second=0) - invariants.BEGIN).total_seconds() / 86400 + 10
            model.waivers.append(
                Waiver(version.number, version.facts.bytes, version.facts.accuracy, model.policies.gate, until)
            )
        else:
            assert not misses or covered or kind == "rollback", self._told(code, "waived")

    # ------------------------------------------------------------ owners, policies and trust

    def _owners(self, who: str) -> list[str]:
        return [o for o in self.model.owners if who in {"all", o}]

    def _reason(self) -> str:
        """Why the owners say something, which is another text each time where that makes it another word."""
        again = known.THE_SAME_WORD_AGAIN_IS_NOT_LOGGED and not self.model.owners
        return f"for a reason of {self.clock.text}" if again else "for a reason"

    def _as_owner(self, owner: str, *words: str) -> int:
        return self.project.run(*words, *(("--key", f"keys/{owner}") if owner else ()))

    def _sign_policies(self, owners: tuple[str, ...]) -> None:
        for owner in owners:
            code = self.project.run("sign", "policies", "--role", "policy-owner", "--key", f"keys/{owner}")
            self._did("sign policies", code)
            assert code == 0, self._told(code, 0)
        self.model.sign_policies(owners)

    @precondition(lambda self: self.model.owners)
    @rule(who=st.sampled_from(("all", "all", *OWNERS)))
    def sign_policies(self, who: str) -> None:
        owners = tuple(self._owners(who))
        alone = len(owners) < len(self.model.owners)
        if owners and not (alone and self.model.policies.gates - self.model.sticky):
            self._sign_policies(owners)

    @rule(
        gate=st.sampled_from(("0.9", "0.8", "0.9", "")), rollback=st.booleans(), staging=st.booleans(),
        registration=st.sampled_from((False, False, True)), review=st.sampled_from((True, True, False)), sign=st.booleans(),
    )  # fmt: skip
    def edit_policies(
        self, gate: str, rollback: bool, staging: bool, registration: bool, review: bool, sign: bool
    ) -> None:
        """Policies are edited, added and deleted; whether the owners sign them is another matter."""
        self.model.policies = Policies(gate, rollback, staging and self.project.files, registration, review=review)
        self.project.write_policies(self.model.policies)
        self._did("edit policies")
        if sign and self.model.owners:
            self._sign_policies(self.model.owners)

    @precondition(lambda self: self.model.gated(STAGING) or self.model.gated("registration"))
    @rule(what=st.sampled_from((STAGING, "registration")))
    def ungate(self, what: str) -> None:
        for owner in self.model.owners or [""]:
            code = self._as_owner(owner, "ungate", what, "--reason", self._reason())
            self._did("ungate", code)
            assert code in {0, 2}, self._told(code, 0)
        if code == 0:
            self.model.ungate(what)
        else:
            signed = self.model.in_force.gates if self.model.in_force else set()
            assert not self.model.gated(what) or what in self.model.policies.gates | signed, self._told(code, "ungated")

    @precondition(lambda self: self.model.owners)
    @rule(who=st.sampled_from(SIGNERS))
    def leave_a_role_or_come_back(self, who: str) -> None:
        if who in self.model.validators:
            if len(self.model.validators) == 1:
                return
            self.project.done("trust", "remove", "member", "validator", who)
            self.model.validators.discard(who)
        else:
            self.project.done("trust", "add", "role", "validator", "--member", who)
            self.model.validators.add(who)
        self.project.sign_trust()
        self._did("leave a role or come back")

    @precondition(lambda self: self.model.owners)
    @rule(who=st.sampled_from((*SIGNERS, RITA)))
    def revoke_a_key(self, who: str) -> None:
        if who not in self.model.revoked and len(self.model.revoked) < 2:
            self.project.done("trust", "revoke", who, "--reason", "it was lost")
            self.project.sign_trust()
            self.model.revoked.add(who)
            self._did("revoke a key")

    @rule(which=WHICH, what=st.sampled_from(("trust", "trust is gone", "policy.toml", "bytes", "a policy", "ledger")))
    def tamper(self, which: int, what: str) -> None:
        """While what decides is not what it was nothing is allowed, whatever stands elsewhere."""
        version = self._some(which)
        name, project = f"fraud@{version.number}", self.project
        if what.startswith("trust") and not self.model.owners:
            return
        if not self.project.files and (what == "ledger" or (what == "bytes" and not version.bound)):
            return
        with project.tampering(what, version.facts.bytes):
            for words in (("check", name, "--to", PRODUCTION), ("promote", name, "--to", PRODUCTION)):
                if words[0] == "promote" and self._is_there(version, PRODUCTION) and what == "bytes":
                    continue
                code = project.run(*words)
                assert code != 0, self._told(code, f"no allow while {what} is tampered with")
            if what == "bytes":
                file = self.project.artifact(version.facts.bytes)
                code = project.run("verify", name, "--to", PRODUCTION, "--artifact", file)
                assert code != 0, self._told(code, "other bytes do not verify")
        self._did(f"tamper: {what}")

    @rule(days=st.sampled_from((1, 4, 11, 31)))
    def days_pass(self, days: int) -> None:
        if self._day() < 250:
            self.clock.pass_(days=days)
            self._did("days pass")

    # ------------------------------------------------------------ moves

    def _is_there(self, version: Version, stage: str) -> bool:
        """Is a version in a stage already, by registry and ledger, and with the bytes that came there."""
        came = next((e for e in reversed(self.model.entered[stage]) if e.version == version.number), None)
        inside = version.stage == stage and self.model.inside[stage] == version.number
        return inside and came is not None and came.facts.bytes == version.facts.bytes

    def _is_half(self, version: Version) -> bool:
        """Has the registry moved a version, and the process died before the ledger had the end of it."""
        return self.model.half is not None and self.model.half[0] == version.number and self.model.half[2]

    def _promote(self, version: Version, *more: str) -> tuple[int, str, str]:
        """Promote to production; the code, the kind of move, and what it must have been judged."""
        kind = self.model.kind_to(version)
        wanted = self._verdict(version, kind)
        return self.project.run("promote", f"fraud@{version.number}", "--to", PRODUCTION, *more), kind, wanted

    @rule(which=WHICH)
    def promote(self, which: int) -> None:
        version = self._some(which)
        there = self._is_there(version, PRODUCTION)
        half = self._is_half(version)
        holds = there and self._holds(version)
        code, kind, wanted = self._promote(version)
        self._did("promote", code)
        if there:
            assert code == (0 if holds else 1), self._told(code, f"there already, and its approval holds: {holds}")
            return
        if half and code == 0 and wanted != ALLOW:
            assert not self.model.against(version, kind), self._told(code, "what is against it is not completed")
        else:
            self._as_wanted(version, PRODUCTION, code, wanted)
        self._judged(version, kind, code)

    def _as_wanted(self, version: Version, stage: str, code: int, wanted: str) -> None:
        """A promotion came out as it must, or could not be made since several hold the stage."""
        crowded = wanted == ALLOW and self.model.crowded(version, stage)
        assert code == (4 if crowded else CODES[wanted]), self._told(code, wanted)

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

    def _judged(self, version: Version, kind: str, code: int) -> None:
        self.model.decided(version, kind, code == 0)
        if code == 0:
            self.model.move(version, PRODUCTION, kind, gated=True)

    def _holds(self, version: Version) -> bool:
        self.model.day = self._day()
        proof = self._current(version)
        return proof is None or self.model.stands(version, proof)

    def _current(self, version: Version) -> Proof | None:
        """The proof by which a version is in production."""
        return next((p for p in reversed(version.proofs) if p.made and p.kind in {"promotion", "rollback"}), None)

    @precondition(lambda self: not self.project_type.files)
    @rule(which=WHICH)
    def move_through_the_gate(self, which: int) -> None:
        """A client of a gated server moves the alias."""
        version = self._some(which)
        there, half = self._is_there(version, PRODUCTION), self._is_half(version)
        kind = self.model.kind_to(version)
        wanted = self._verdict(version, kind)
        code = self.project.through_the_gate(version.number)
        self._did("move through the gate", code)
        if there or half:
            assert code in {0, 1}, self._told(code, wanted)
            if half and code == 0:
                self._judged(version, kind, code)
            return
        assert (code == 0) == (wanted == ALLOW), self._told(code, wanted)
        self._judged(version, kind, code)

    @rule(which=WHICH)
    def promote_to_staging(self, which: int) -> None:
        version = self._some(which)
        if not self.project.files:
            return
        gated, there = self.model.gated(STAGING), self._is_there(version, STAGING)
        if gated and version.stage == STAGING and not there:  # it was free when it came, or somebody has put it there
            return
        wanted = self._verdict(version, STAGING) if gated else ALLOW
        code = self.project.run("promote", f"fraud@{version.number}", "--to", STAGING)
        self._did("promote to staging", code)
        if there:
            assert code in {0, 1} if gated else code == 0, self._told(code, "there already")
            return
        if gated:
            self._as_wanted(version, STAGING, code, wanted)
            self.model.decided(version, STAGING, code == 0)
        else:
            assert code == 0, self._told(code, 0)
        if code == 0:
            self.model.move(version, STAGING, STAGING, gated=gated)

    @rule(which=WHICH)
    def retire(self, which: int) -> None:
        version = self._some(which)
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
                other.stage = ""  # an alias is with one version
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
                owner, "adopt", f"fraud@{version.number}", "--to", PRODUCTION, "--reason", self._reason()
            )
            self._did("adopt", code)
            assert code in {0, 2}, self._told(code, 0)
        if version.stage != PRODUCTION:
            assert code == 2, self._told(code, 2)
        elif holds and self.model.inside[PRODUCTION] != version.number:
            assert code == 0, self._told(code, 0)
        if code == 0:
            self.model.inside[PRODUCTION] = version.number
            self.model.entered[PRODUCTION].append(Entered(version.number, version.facts, adopted=True))

    @rule(which=WHICH)
    def deploy(self, which: int) -> None:
        version = self._some(which)
        wanted = self._verdict(version, "deployment")
        code = self.project.run(
            "deploy", f"fraud@{version.number}", "--endpoint", "https://fraud.corp.example", "--environment", "eu-west"
        )
        self._did("deploy", code)
        assert code == CODES[wanted], self._told(code, wanted)
        self.model.decided(version, "deployment", code == 0)
        if code == 0:
            self.model.followed(version)
            for other in self.model.versions.values():
                other.served = False
            version.served = True
            version.proofs.append(Proof("deployment", version.facts, made=True))

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
            if v.served or v.stage == PRODUCTION or (v.stage == STAGING and self.model.gated(STAGING))
        ]
        lost = any(v.deleted and (v.stage or v.served) for v in self.model.versions.values())
        wanted = {v.number: self._verdict(v, "review") for v in serving} if self.model.policies.review else {}
        code = self.project.run("review", *(["--apply"] if apply else []))
        self._did(f"review{' and apply' if apply else ''}", code)
        found = set(wanted.values()) - ({DENY} if apply else set())
        worst = 1 if DENY in found else 3 if UNDECIDED in found else 0
        assert code == worst or lost, self._told(code, wanted)
        for version in serving:
            if wanted.get(version.number) == ALLOW:
                self.model.mend(version)
            if wanted.get(version.number) == DENY:
                self._denied(version)
                if apply:
                    self.model.leave(version)

    def _denied(self, version: Version) -> None:
        evidence = len(version.facts.suites), len(version.observed)
        self.model.words.append(
            Word("denial", version.number, version.facts.bytes, "", evidence=evidence, policies=self.model.policies)
        )

    @rule(which=WHICH)
    def renew(self, which: int) -> None:
        version = self._some(which)
        there = version.stage == PRODUCTION
        current = self._current(version)
        kind = "promotion"  # whatever brought it there: it is judged as if it came now
        wanted = self._verdict(version, kind)
        code = self.project.run("renew", f"fraud@{version.number}")
        self._did("renew", code)
        assert code == CODES[wanted] if there else True, self._told(code, wanted)
        if there and code == 0:
            self.model.renewed(version, kind)
        if there and code == 1 and current is not None:
            current.renewal_denied = True

    # ------------------------------------------------------------ what comes in between

    @rule(which=WHICH, moved=st.booleans())
    def kill_between_two_steps(self, which: int, moved: bool) -> None:
        """The process ends after `begun`: before the registry has moved, or right behind it."""
        version = self._some(which)
        if self._is_there(version, PRODUCTION) or self._is_half(version):
            return
        kind = self.model.kind_to(version)
        wanted = self._verdict(version, kind)
        request = self.model.request_of(version, kind)
        try:
            with self.project.killed(moved=moved):
                code, *_ = self._promote(version)
        except Killed:
            code = -1
        self._did(f"kill {'behind' if moved else 'before'} the move", "killed" if code == -1 else code)
        if code != -1:
            self._as_wanted(version, PRODUCTION, code, wanted)
        self.model.decided(version, kind, code == -1)
        if code == -1:
            self.model.allowed(version, kind, made=False)
            self.model.followed(version)
            self.model.half = (version.number, request, moved)
            if moved:
                self.model.moved(version, PRODUCTION, gated=True)

    @rule(which=WHICH, other=WHICH)
    def two_writers(self, which: int, other: int) -> None:
        """While one move is under way another one is made as a whole: at most one of them holds the stage then."""
        first, second = self._some(which), self._some(other)
        if first is second or any(self._is_there(v, PRODUCTION) or self._is_half(v) for v in (first, second)):
            return
        kind = self.model.kind_to(first)
        wanted, request = self._verdict(first, kind), self.model.request_of(first, kind)
        inner: list[int] = []

        def between(*_: Any, **__: Any) -> None:
            asked, said = self.project.asked, self.project.said
            code, kind, wanted = self._promote(second)
            # while another move is under way it may be told to wait; it is never allowed what it would not be alone
            assert code == 4 or code == CODES[wanted], self._told(code, wanted)
            inner.append(code)
            if code != 4:
                self._judged(second, kind, code)
            self.project.asked, self.project.said = asked, said

        with before(*self.project.mover(), between):
            code = self.project.run("promote", f"fraud@{first.number}", "--to", PRODUCTION)
        self._did("two writers", f"{code} and {inner[0] if inner else 'none'}")
        if not inner:
            self._as_wanted(first, PRODUCTION, code, wanted)
            self.model.decided(first, kind, allowed=False)
            return
        self.model.decided(first, kind, allowed=True)
        assert {code, inner[0]} != {0}, self._told(code, f"both were moved at once: {inner}")
        assert code in {0, 4}, self._told(code, "made, or told that another one was")
        if code == 0:
            self.model.move(first, PRODUCTION, kind, gated=True)
            return
        self.model.allowed(first, kind, made=False)
        if request is not None:  # another move has followed the one that was begun
            request.used = True

    # ------------------------------------------------------------ after every step

    @invariant()
    def holds(self) -> None:
        if hasattr(self, "model"):
            self.model.day = self._day()
            invariants.after_each_step(self)

    def _told(self, code: int, wanted: object) -> str:
        return f"the documents say {wanted!r}, and {self.project.told(code)}"
