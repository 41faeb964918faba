"""Verdicts alone, by the compiled form: for many records, of which most are allowed and need no explanation."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from letpass.evaluation.compiled import NotCompiledError, compile_rules
from letpass.evaluation.decision import (
    BLOCKING,
    Decision,
    Outcome,
    PolicyResult,
    RuleResult,
    Verdict,
    governing,
    outcome_of,
    verdict_of,
)
from letpass.evaluation.explanation import Explanation
from letpass.evaluation.input import Input
from letpass.frozen import Frozen
from letpass.language import typed
from letpass.language.kinds import PROMPT, is_silent
from letpass.language.rules import Policy, Rule
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

    def __init__(self, policies: tuple[Policy, ...], move: Move) -> None:
        self.policies = governing(policies, move)
        self._rules = tuple(r for p in self.policies for r in p.rules)
        asked = [*self._rules]
        # what applies and what guards are conditions like any other, and are compiled beside the rules that share parts with them
        self._applies = {n: _at(asked, p.name, p.applies) for n, p in enumerate(self.policies) if p.applies is not None}
        self._guards = {n: _at(asked, r.policy, r.guard) for n, r in enumerate(self._rules) if r.guard is not None}
        self._program = compile_rules(tuple(asked))
        # where each rule holds and one of these asks for something whatever the record says, nothing is left to be found out
        always = any(r.guard is None and r.since is None and not r.advice for r in self._rules)
        self._may_be_plain = always and not self._applies

    def of(self, given: Input) -> Answer:
        """The verdict by the rules alone: whoever signs, objects or waives is not looked at beyond what rules ask."""
        plain = self._may_be_plain and given.record.kind != PROMPT
        if plain and not any(n < len(self._rules) for n in self._program.missed(given)):
            return _PLAIN
        truths = self._program.truths(given)
        governing_, outcomes, blocking = list[Truth3](), list[Outcome](), list[tuple[Outcome, str]]()
        met = False
        for policy, governs, first, ours in self._by_policy(truths, given):
            if governs is False:
                continue
            governing_.append(governs)
            if governs is None:
                blocking.append((Outcome.UNKNOWN, f"{policy.name}/applies"))
            for rule, truth in zip(policy.rules, ours, strict=True):
                outcome = outcome_of(rule, truth, given.now)
                outcomes.append(outcome)
                if outcome in BLOCKING:
                    blocking.append((outcome, rule.id))
            met = met or any(self._is_met(n, truths, given.now) for n in range(first, first + len(ours)))
        verdict = verdict_of(governing_, outcomes, held=met)
        blocking.sort(key=lambda one: one[0] is not Outcome.FAIL)
        return Answer(
            verdict, tuple(rule for _, rule in blocking), verdict is Verdict.ALLOW and set(outcomes) == {Outcome.PASS}
        )

    def rules(self, given: Input) -> Iterator[tuple[Rule, Truth3, Outcome]]:
        """The truth and the outcome of each rule of the policies that govern, or may; whoever waives is not looked at."""
        for policy, governs, _, ours in self._by_policy(self._program.truths(given), given):
            if governs is not False:
                for rule, truth in zip(policy.rules, ours, strict=True):
                    yield rule, truth, outcome_of(rule, truth, given.now)

    def agree(self, decision: Decision, given: Input) -> bool:
        """Does the compiled form find every policy and every rule of a decision on an input as that has them."""
        by_name = {p.policy.name: p for p in decision.policies}
        for policy, governs, _, ours in self._by_policy(self._program.truths(given), given):
            theirs = by_name.pop(policy.name, None)
            if theirs is None:
                if governs is not False:
                    return False
            elif theirs.governs is not governs or [r.truth for r in theirs.rules] != ours:
                return False
        return not by_name

    def _by_policy(self, truths: list[Truth3], given: Input) -> Iterator[tuple[Policy, Truth3, int, list[Truth3]]]:
        """Each policy, whether it governs, the place of its first rule, and the truths of its rules."""
        at, kind = 0, given.record.kind
        for n, policy in enumerate(self.policies):
            governs = truths[self._applies[n]] if n in self._applies else True
            if kind == PROMPT and is_silent(policy, kind):
                governs = False
            yield policy, governs, at, truths[at : at + len(policy.rules)]
            at += len(policy.rules)

    @cached_property
    def unexplained(self) -> tuple[PolicyResult, ...]:
        """What every policy comes to where all rules hold, without explanations."""
        return tuple(
            PolicyResult(
                p, True, None, tuple(RuleResult(r, Outcome.PASS, True, Explanation(r.text, True)) for r in p.rules)
            )
            for p in self.policies
        )

    def _is_met(self, number: int, truths: list[Truth3], now: int) -> bool:
        """A requirement in force that asked for something and got it."""
        rule, guard = self._rules[number], self._guards.get(number)
        in_force = not rule.advice and (rule.since is None or rule.since <= now)
        return in_force and truths[number] is True and (guard is None or truths[guard] is not False)


_PLAIN = Answer(Verdict.ALLOW, plain=True)
_KEPT = 32
"""Compiled sets that a process keeps, by the digest of the policies and the move."""
_compiled: dict[tuple[str, str], Verdicts | None] = {}
_LOCK = threading.Lock()


def verdicts_of(policies: tuple[Policy, ...], digest: str, move: Move) -> Verdicts | None:
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


def _at(asked: list[Rule], policy: str, condition: typed.Truth) -> int:
    """Ask for a condition too; its place among the truths."""
    asked.append(Rule(policy, None, "", condition))
    return len(asked) - 1
