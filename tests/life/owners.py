"""Rules about what decides: policies, trust, and the clock."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.life.values import CODES, DENY, OWNERS, PRODUCTION, RITA, SIGNERS, STAGING, UNDECIDED, Policies
from tests.life.walk import WHICH, Walk

IN_FILES = ("ledger", "registry is gone", "another registry")
"""What decides, and lies in a file where the registry does."""
WHAT = ("trust", "trust is gone", "policy.toml", "bytes", "a policy", *IN_FILES)


class Owners(Walk):
    """Policies and trust change, time passes, and what decides is tampered with."""

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
        """Policies are edited, added and deleted; whether the owners sign them is another subject."""
        self.model.policies = Policies(gate, rollback, staging and self.project.files, registration, review=review)
        self.project.write_policies(self.model.policies)
        self._did("edit policies")
        if sign and self.model.owners:
            self._sign_policies(self.model.owners)

    @precondition(lambda self: self.model.gated(STAGING) or self.model.gated("registration"))
    @rule(what=st.sampled_from((STAGING, "registration")))
    def ungate(self, what: str) -> None:
        code = 0
        for owner in self.model.owners or [""]:
            code = self._as_owner(owner, "ungate", what, "--reason", "for a reason")
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

    @rule(which=WHICH, what=st.sampled_from(WHAT))
    def tamper(self, which: int, what: str) -> None:
        """While what decides is not what it was nothing is allowed, whatever stands elsewhere."""
        version = self._some(which)
        name, project = f"fraud@{version.number}", self.project
        if what.startswith("trust") and not self.model.owners:
            return
        if not self.project.files and (what in IN_FILES or (what == "bytes" and not version.bound)):
            return
        with project.tampering(what, version.facts.bytes):
            for words in (("check", name, "--to", PRODUCTION), ("promote", name, "--to", PRODUCTION)):
                there = self._is_there(version, PRODUCTION) or self.model.half is not None
                if words[0] == "promote" and there and what == "bytes":
                    continue
                code = project.run(*words)
                assert code != 0, self._told(code, f"no allow while {what} is tampered with")
                if words[0] == "promote" and code in {
                    CODES[DENY],
                    CODES[UNDECIDED],
                }:  # it is decided upon, and that is logged
                    self.model.decided(version, self.model.kind_to(version), allowed=False)
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
