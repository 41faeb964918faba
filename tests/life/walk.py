"""A walk through the life of versions: how it begins, what it looks at after every step, and how it ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from letpass.project.configuration import load
from letpass.project.contents import own_policies
from tests.life import invariants
from tests.life.model import Model
from tests.life.project import Clock, Project, fast, template
from tests.life.values import ALLOW, ANNA, CODES, PRODUCTION, SIGNERS, Facts, Policies, Proof, Version

TEMPLATES: dict[tuple[type[Project], int], Path] = {}
KILLED = "killed"
WHICH = st.integers(0, 11)
"""Which of the versions that are there a rule is about."""


class Walk(RuleBasedStateMachine):
    """What every rule needs: the project and the model beside each other, and what holds after every step."""

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
        self.looked = 0  # lines of the project's log behind which everything was looked at

    @initialize(
        owners=st.sampled_from((0, 1, 2)),
        policies=st.builds(
            Policies,
            gate=st.just("0.9"),
            rollback=st.booleans(),
            staging=st.booleans(),
            registration=st.sampled_from((False, False, True)),
        ),
    )
    def begin(self, owners: int, policies: Policies) -> None:
        self.stack.enter_context(fast(self.clock))
        self.stack.enter_context(self.project_type.clocks(self.clock))
        self.project = self._begun(owners)
        self.stack.callback(self.project.close)
        self.clock.pass_(hours=1)
        self.model = Model(owners, files=self.project_type.files)
        self.model.policies = replace(policies, staging=policies.staging and self.project_type.files)
        self.project.write_policies(self.model.policies)
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
        self.steps[f"{name} → {code}" if code != "" else name] += 1
        if code in {"", KILLED}:  # what no command has told of
            self.project.log.append(f"   {name}: {self.touched}")
        self.model.day = (self.clock.at - invariants.BEGIN).total_seconds() / 86400

    def _day(self) -> float:
        return (self.clock.at - invariants.BEGIN).total_seconds() / 86400

    def _some(self, which: int) -> Version:
        there = self.model.there
        found = there[which % len(there)]
        self.touched = found.number
        return found

    def _verdict(self, version: Version, kind: str, stages: Collection[str] = (PRODUCTION,)) -> str:
        self.model.day = self._day()
        return self.model.verdict(version, kind, stages)

    def _register(self, number: int, accuracy: float, risk: str, author: str, bytes_: int) -> None:
        version = Version(number, Facts(accuracy, risk, author, bytes_))
        file = self.project.create(number, accuracy, risk, author, bytes_)
        gated = self.model.gated("registration")
        self._taken_over()
        wanted = self._verdict(version, "registration") if gated else ALLOW
        code = self.project.run("register", file)
        self._did("register", code)
        assert code == CODES[wanted], self._told(code, wanted)
        if gated and self.project.files:  # a draft that is not let in is no version that anything is compared with
            self.model.decided(version, "registration", wanted == ALLOW)
            version.known.clear()
        elif gated:
            self.model.decided(version, "registration", wanted == ALLOW)
        if wanted == ALLOW or not self.project.files:
            self.model.versions[number] = version
        if wanted == ALLOW:
            self.model.registered(version, gated=gated)
        if wanted == ALLOW and gated:
            version.proofs.append(Proof("registration", version.facts, made=False))

    def _owners(self, who: str) -> list[str]:
        return [o for o in self.model.owners if who in {"all", o}]

    def _as_owner(self, owner: str, *words: str) -> int:
        return self.project.run(*words, *(("--key", f"keys/{owner}") if owner else ()))

    def _sign_policies(self, owners: tuple[str, ...]) -> None:
        for owner in owners:
            code = self.project.run("sign", "policies", "--role", "policy-owner", "--key", f"keys/{owner}")
            self._did("sign policies", code)
            assert code == 0, self._told(code, 0)
        self.model.sign_policies(owners)

    def _is_there(self, version: Version, stage: str) -> bool:
        """Is a version in a stage already, by registry and ledger, and with the bytes that came there."""
        came = next((e for e in reversed(self.model.entered[stage]) if e.version == version.number), None)
        inside = version.stage == stage and version.number in self.model.inside[stage]
        return inside and came is not None and came.facts.bytes == version.facts.bytes

    def _taken_over(self) -> None:
        """What was begun, and has not ended, is ended by the next command that moves, before it judges anything."""
        half = self.model.half
        if half is None:
            return
        self.model.day = self._day()
        said = any(
            e["kind"] != "move" and e.get("version") == str(half.version.number)
            for e in self.project.entries()[half.entries :]
        )
        self.model.taken_over(said=said)
        self.steps["taken over"] += 1

    def _promote(self, version: Version, *more: str) -> tuple[int, str, str]:
        """Promote to production; the code, the kind of move, and what it must have been judged."""
        self._taken_over()
        kind = self.model.kind_to(version)
        wanted = self._verdict(version, kind)
        return self.project.run("promote", f"fraud@{version.number}", "--to", PRODUCTION, *more), kind, wanted

    def _as_wanted(self, version: Version, stage: str, code: int, wanted: str) -> None:
        """A promotion came out as it must, or could not be made since several hold the stage."""
        crowded = wanted == ALLOW and self.model.crowded(version, stage)
        assert code == (4 if crowded else CODES[wanted]), self._told(code, wanted)

    def _judged(self, version: Version, kind: str, code: int) -> None:
        self.model.decided(version, kind, code == 0)
        if code == 0:
            self.model.move(version, PRODUCTION, kind, gated=True)

    def _holds(self, version: Version) -> bool:
        self.model.day = self._day()
        proof = self.model.approval(version)
        return proof is None or self.model.stands(version, proof)

    @invariant()
    def holds(self) -> None:
        if hasattr(self, "model"):
            self.model.day = self._day()
            invariants.after_each_step(self)

    def _told(self, code: int, wanted: object) -> str:
        return f"the documents say {wanted!r}, and {self.project.told(code)}"
