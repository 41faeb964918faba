"""Verdicts alone, by the compiled form: for many records, of which most are allowed and need no explanation."""

from __future__ import annotations

import threading
from functools import cached_property
from typing import Any

from letpass.evaluation.compiled import NotCompiledError, compile_rules
from letpass.evaluation.decision import Decision, Outcome, PolicyResult, RuleResult, Verdict, governing
from letpass.evaluation.explanation import Explanation
from letpass.evaluation.input import Input
from letpass.frozen import Frozen
from letpass.language import typed
from letpass.language.truth import Truth3
from letpass.move import Move


class Answer(Frozen):
    """A verdict without its reasons.  It is no `Decision`: nothing moves by it, and nothing of it is logged or proved.

    blocking: the ids of the rules that block, `POLICY/LABEL`, failed ones first · plain: is nothing left to be said of an allow,
    not even an advice that was not followed.
    """

    verdict: Verdict
    blocking: tuple[str, ...] = ()
    plain: bool = False

    @property
    def allowed(self) -> bool:
        """Would the policies allow it."""
        return self.verdict is Verdict.ALLOW

    def __bool__(self) -> bool:
        """`allowed`."""
        return self.allowed


class Unexplained(Decision):
    """An allow of which nothing is left to be said, for reports that count it or give it a line.

    Its rules all hold, and none is explained; neither a stored form nor a proof is made of it.
    """

    def as_json(self) -> dict[str, Any]:
        """Raises TypeError: there is nothing to store."""
        raise TypeError("an allow without explanations is not stored")


def answer(decision: Decision) -> Answer:
    """A decision without its reasons."""
    unknown = tuple(f"{p.policy.name}/applies" for p in decision.policies if p.governs is None)
    blocking = (*(r.rule.id for r in decision.blocking), *unknown)
    return Answer(decision.verdict, blocking, says_nothing(decision))


def says_nothing(decision: Decision) -> bool:
    """Is it an allow of which nothing is left to be said."""
    return decision.allowed and all(r.outcome is Outcome.PASS for r in decision.rules)


class Verdicts:
    """The policies that govern a move, compiled once; `of` gives the answer on one input.

    Raises `NotCompiledError` for policies that the compiled form does not answer for.
    """

    def __init__(self, policies: tuple[typed.Policy, ...], move: Move) -> None:
        self.policies = governing(policies, move)
        self._rules = tuple(r for p in self.policies for r in p.rules)
        asked = [*self._rules]
        # what applies and what guards are conditions like any other, and are compiled beside the rules that share parts with them
        self._applies = {n: _at(asked, p.name, p.applies) for n, p in enumerate(self.policies) if p.applies is not None}
        self._guards = {n: _at(asked, r.policy, r.guard) for n, r in enumerate(self._rules) if r.guard is not None}
        self._truths = compile_rules(tuple(asked)).truths if asked else lambda _: []

    def of(self, given: Input) -> Answer:
        """The verdict by the rules alone: whoever signs, objects or waives is not looked at beyond what rules ask."""
        truths = self._truths(given)
        failed, unknown = list[str](), list[str]()
        governed = held = False
        plain = True
        at = 0
        for n, policy in enumerate(self.policies):
            first, at = at, at + len(policy.rules)
            governs = truths[self._applies[n]] if n in self._applies else True
            if governs is False:
                continue
            governed = True
            if governs is None:
                unknown.append(f"{policy.name}/applies")
            for number in range(first, at):
                truth, rule = truths[number], self._rules[number]
                in_force = not rule.advice and (rule.since is None or rule.since <= given.now)
                if truth is True:
                    held = held or (in_force and self._asks(number, truths))
                    continue
                plain = False
                if in_force:
                    (failed if truth is False else unknown).append(rule.id)
        blocking = (*failed, *unknown)
        if failed or not governed:
            return Answer(Verdict.DENY, blocking)
        if unknown or not held:
            return Answer(Verdict.UNDECIDED, blocking)
        return Answer(Verdict.ALLOW, (), plain)

    def agree(self, decision: Decision, given: Input) -> bool:
        """Does the compiled form find every policy and every rule of a decision on an input as that has them."""
        truths = self._truths(given)
        by_policy = {p.policy.name: p for p in decision.policies}
        at = 0
        for n, policy in enumerate(self.policies):
            ours, at = truths[at : at + len(policy.rules)], at + len(policy.rules)
            governs = truths[self._applies[n]] if n in self._applies else True
            theirs = by_policy.pop(policy.name, None)
            if theirs is None:
                if governs is not False:
                    return False
            elif theirs.governs is not governs or [r.truth for r in theirs.rules] != ours:
                return False
        return not by_policy

    @cached_property
    def unexplained(self) -> tuple[PolicyResult, ...]:
        """What every policy comes to where all rules hold, without explanations."""
        return tuple(
            PolicyResult(
                p, True, None, tuple(RuleResult(r, Outcome.PASS, True, Explanation(r.text, True)) for r in p.rules)
            )
            for p in self.policies
        )

    def _asks(self, number: int, truths: list[Truth3]) -> bool:
        """Does a rule ask for something: its guard does not say that it is of no concern."""
        return number not in self._guards or truths[self._guards[number]] is not False


_KEPT = 32
"""Compiled sets that a process keeps, by the digest of the policies and the move."""
_compiled: dict[tuple[str, str], Verdicts | None] = {}
_LOCK = threading.Lock()


def verdicts_of(policies: tuple[typed.Policy, ...], digest: str, move: Move) -> Verdicts | None:
    """The policies that govern a move, compiled and kept; None where the compiled form does not answer for them.

    `digest`: of the policies.
    """
    key = digest, move.key
    with _LOCK:
        if key not in _compiled:
            while len(_compiled) >= _KEPT:
                _compiled.pop(next(iter(_compiled)))
            try:
                _compiled[key] = Verdicts(policies, move)
            except NotCompiledError:
                _compiled[key] = None
        return _compiled[key]


def _at(asked: list[typed.Rule], policy: str, condition: typed.Truth) -> int:
    """Ask for a condition too; its place among the truths."""
    asked.append(typed.Rule(policy, None, "", condition))
    return len(asked) - 1
