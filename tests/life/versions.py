"""Rules about what versions are, by commands and past them."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.life.values import ALLOW, ANNA, CODES, OWNERS, PRODUCTION, SIGNERS, STAGING, Facts, Version
from tests.life.walk import WHICH, Walk

ACCURACIES = (0.3, 0.7, 0.85, 0.92, 0.95, 0.97)
AUTHORS = (ANNA, SIGNERS[0], OWNERS[1])
MOST = 6
"""Versions of an example."""


class Versions(Walk):
    """Versions come, are edited, copied and deleted, and evidence is added."""

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
        self._taken_over()
        differs = self.model.differs(version)
        wanted = self._verdict(version, "registration") if gated else ALLOW
        code = self.project.run("register", f"fraud@{version.number}")
        self._did("register what is there", code)
        assert code == (2 if differs else CODES[wanted]), self._told(code, wanted)
        if gated and not differs:
            self.model.decided(version, "registration", code == 0)
        if code == 0:
            self.model.registered(version, gated=gated)

    @precondition(lambda self: self.project_type.files)
    @rule(which=WHICH, accuracy=st.sampled_from(ACCURACIES))
    def judge_a_copy(self, which: int, accuracy: float) -> None:
        """A record from elsewhere that bears the name of a version is that version's, or is refused."""
        version = self._some(which)
        file = self.project.aside(version.number, version.facts.accuracy, accuracy)
        wanted = self._verdict(version, self.model.kind_to(version))
        there = self._is_there(version, PRODUCTION)
        code = self.project.run("check", file, "--to", PRODUCTION)
        same = accuracy == version.facts.accuracy
        self._did("judge a copy", code)
        assert code == (CODES[wanted] if same else 2) or (there and same), self._told(code, wanted if same else 2)

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
            self.model.versions[number] = Version(number, version.facts)
            self.touched = number
            self._did("copy")

    @rule(which=WHICH)
    def delete(self, which: int) -> None:
        if len(self.model.there) > 2:
            version = self._some(which)
            self.project.delete(version.number)
            version.deleted = True
            if not self.project.files:  # its alias goes with it
                version.stage = ""
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

    @precondition(lambda self: self.project_type.files)
    @rule(which=WHICH)
    def rebuild(self, which: int) -> None:
        """Other bytes under the name of a version of which nobody has said anything."""
        version = self._some(which)
        spoken = version.number in self.model.unfit or any(
            w.version == version.number or w.bytes == version.facts.bytes for w in self.model.words
        )
        if not spoken:
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
        version = self._some(which)
        self.project.take_away(version.number)
        self.model.taken_away(version)
        self._did("take statements away")

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
