"""Judging many records by one set of policies: allows by the compiled form, everything that is shown by the interpreter.

A sweep moves nothing.  Whatever moves a version, is logged or leaves a proof is judged by `case.Case.decision` in full.
"""

from __future__ import annotations

import random
from collections.abc import Collection

from letpass.evaluation.decision import Decision, Verdict
from letpass.evaluation.verdicts import Unexplained, Verdicts, says_nothing, verdicts_of
from letpass.facts.record import Holder, Record
from letpass.gate import case as cases
from letpass.gate import judgement
from letpass.gate.case import Case
from letpass.move import Move, Place
from letpass.project.policyset import PolicySet
from letpass.project.project import Project

AGAIN = 50
"""Of so many allows one, drawn at random, is judged by the interpreter too."""


class Sweep:
    """One move of many versions, by one set of policies and one clock; arguments as of `case.opened`."""

    def __init__(
        self, project: Project, policies: PolicySet, move: Move, now: int, *, champion: Record | Holder | None = None,
        as_of: bool = False, places: Collection[Place] = (),
    ) -> None:  # fmt: skip
        self.project, self.policies, self.move, self.now = project, policies, move, now
        self.champion, self.as_of, self.places = champion, as_of, places
        self._random = random.SystemRandom()
        project.ledger.settle()

    def opened(self, record: Record) -> Case:
        """The case of one record; raises as `case.opened` does."""
        return cases.opened(
            self.project, self.policies, record, self.move, self.now, champion=self.champion, as_of=self.as_of,
            places=self.places,
        )  # fmt: skip

    def decided(self, case: Case, *, explained: bool = False) -> Decision:
        """The decision on a case, which is `Unexplained` where it is an allow of which nothing is left to be said.

        `explained`: none is; the interpreter judges every record.  Raises as `Case.decision`, and `EnginesDifferError`.
        """
        plainly = self._is_plain(case)
        if plainly and not explained and self._random.randrange(AGAIN):
            return self._allowed(case)
        decision = case.decision
        if plainly is not None and plainly is not says_nothing(decision):
            raise judgement.EnginesDifferError(f"the engines differ on {decision.record.name}")
        return decision

    def _is_plain(self, case: Case) -> bool | None:
        """Does the compiled form allow, with nothing left to be said; None where it is not asked: people have spoken."""
        verdicts = self._compiled(case.move)
        accepted = case.verified.accepted
        if verdicts is None or accepted.holds or accepted.objections or accepted.waivers or accepted.judged:
            return None
        champion = judgement.other(case.record, case.champion, case.tenure)
        given = judgement.input_of(case.move, case.now, champion, case.tenure, case.verified, case.bundle)
        return verdicts.of(given).plain

    def _compiled(self, move: Move) -> Verdicts | None:
        return verdicts_of(self.policies.policies, self.policies.digest, move)

    def _allowed(self, case: Case) -> Unexplained:
        """An allow by every rule.  Of the record it keeps the name alone, so that many take little room."""
        verdicts = self._compiled(case.move)
        assert verdicts is not None
        name = {key: case.record.values[key] for key in ("model", "version") if key in case.record.values}
        return Unexplained(
            Verdict.ALLOW, Record(name), case.move, case.now, verdicts.unexplained,
            considered=len(self.policies.policies), as_of=case.as_of, told=case.told,
        )  # fmt: skip
