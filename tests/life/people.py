"""Rules about what people say."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.life import invariants
from tests.life.values import BOB, OWNERS, PRODUCTION, RITA, SIGNERS, Request, Waiver, Word
from tests.life.walk import WHICH, Walk


class People(Walk):
    """People ask, sign, object, take back, lift, revoke and waive."""

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
                code = self.project.run("sign", *named, "--role", "validator", "--key", f"keys/{who}", "--log")
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
            self.model.spoken_of.add(version.number)
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
            w for w in self.model.standing(version) if w.by == who and w.role == role and w.version == version.number
        ]
        signed = [r for r in self.model.requests if r.version == version.number and who in r.signed]
        assert code in {0, 2}, self._told(code, 0)
        if who in self.model.revoked:
            assert code == 2, self._told(code, 2)
        if code == 0:
            self.model.spoken_of.add(version.number)
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
        standing = self.model.standing(version)
        owners = self._owners(who)
        if not standing or (self.model.owners and not owners):
            return
        codes = [
            self._as_owner(o, "lift", f"fraud@{version.number}", "--reason", "for a reason") for o in owners or [""]
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
            code = self._as_owner(owner, "revoke", f"fraud@{version.number}", "--reason", "for a reason")
            self._did("revoke", code)
            assert code in {0, 2}, self._told(code, 0)
            own = owner == version.facts.author
            if code == 0:
                self.model.spoken_of.add(version.number)
            if code == 0 and not own:
                self.model.unfit.setdefault(version.number, set()).add(owner)
        said = self.model.unfit.get(version.number, set())
        if len(said) >= max(1, len(self.model.owners)):
            self.model.words.append(Word("revocation", version.number, version.facts.bytes, ""))
            del self.model.unfit[version.number]

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
