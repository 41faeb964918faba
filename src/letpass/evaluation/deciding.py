"""Deciding: every rule's outcome, and the verdict that follows."""

from __future__ import annotations

from collections.abc import Iterable

from letpass.evaluation import drawing
from letpass.evaluation.about import About, about
from letpass.evaluation.beside import beside
from letpass.evaluation.decision import (
    Decision,
    Outcome,
    PolicyResult,
    RuleResult,
    Verdict,
    governing,
    outcome_of,
    verdict_of,
)
from letpass.evaluation.drawn import Beside, Sketch
from letpass.evaluation.input import Input
from letpass.evaluation.interpreter import Interpreter
from letpass.evaluation.missing import misses
from letpass.evaluation.reasons import ReasonKind
from letpass.evaluation.unused import Unused, WhyUnused
from letpass.evaluation.waivers import settle
from letpass.facts.record import Holder, Record
from letpass.language.kinds import is_silent
from letpass.language.rules import Policy, Rule
from letpass.language.truth import Truth3, disjunction, negation
from letpass.trust.accepted import STAGE_NEEDED, Accepted, Made, NextCommand


def decide(
    policies: tuple[Policy, ...], input_: Input, *, as_of: bool = False, digests: tuple[tuple[str, str], ...] = (),
    told: tuple[str, ...] = (), environments: tuple[str, ...] = (), added: tuple[str, ...] = (),
) -> Decision:  # fmt: skip
    """Judge a move by all policies that govern it.

    Allow: at least one policy definitely governs it, at least one requirement in force is true or waived, no rule
    blocks, and nothing holds it back.  Deny: a rule fails, no policy governs the move, or an objection stands, which no
    waiver, guard, date or advice covers.  Else undecided.
    """
    results = tuple(r for r in (_judge(p, input_) for p in governing(policies, input_.move)) if r is not None)
    rules = [r for p in results for r in p.rules]
    known = {(r.rule.policy, r.rule.label) for r in rules}
    strays = [w for w in input_.accepted.waivers if (w.policy, w.label) not in known]
    unused = (*[u for r in rules for u in r.unused], *[Unused(w, WhyUnused.NO_SUCH_RULE) for w in strays])
    accepted = input_.accepted
    # of whom it is unknown whether they govern count too
    anywhere = bool(results) and all(r.policy.from_any for r in results)
    holds = tuple(h for h in accepted.holds if not (anywhere and h.code == STAGE_NEEDED))
    met = any(_met(r, input_.now) for r in rules)
    verdict = verdict_of([p.governs for p in results], [r.outcome for r in rules], held=met)
    if any(o.denies for o in accepted.objections):
        verdict = Verdict.DENY
    held = bool(holds) or any(o.doubtful for o in accepted.objections)
    sketch = Sketch(_of_version, (tuple(r.rule for r in rules), input_.record, input_.champion, accepted.made))
    return Decision(
        Verdict.UNDECIDED if verdict is Verdict.ALLOW and held else verdict,
        input_.record,
        input_.move,
        input_.now,
        results,
        input_.champion,
        len(policies),
        as_of,
        digests,
        unused,
        accepted.judged,
        holds,
        _next(accepted, rules),
        accepted.expires,
        accepted.objections,
        input_.tenure,
        told,
        environments,
        added,
        sketch,
    )


def _of_version(
    rules: tuple[Rule, ...], record: Record, champion: Record | Holder, made: Made | None
) -> tuple[About, tuple[Beside, ...]]:
    """What reports tell and draw of the version as a whole."""
    return about(record, made), beside(rules, record, champion)


def _next(accepted: Accepted, rules: Iterable[RuleResult]) -> NextCommand | None:
    """The command that gathers what is missing: to sign a request that nobody has signed is in vain where a rule wants that."""
    unsigned = any(w.kind is ReasonKind.REQUEST_UNSIGNED for r in rules if r.blocks for w in r.why)
    return NextCommand(accepted.ask) if unsigned and accepted.ask and accepted.next is not None else accepted.next


def _judge(policy: Policy, input_: Input) -> PolicyResult | None:
    interpreter = Interpreter(input_)
    applies = interpreter.truth(policy.applies) if policy.applies is not None else None
    governs: Truth3 = True if applies is None else applies.truth
    if governs is False or is_silent(policy, input_.record.kind):
        return None
    return PolicyResult(policy, governs, applies, tuple(judge_rule(r, input_, interpreter) for r in policy.rules))


def judge_rule(rule: Rule, input_: Input, interpreter: Interpreter) -> RuleResult:
    """One rule's outcome: `require E when G` is "not G or E"."""
    test = interpreter.truth(rule.test)
    guard = interpreter.truth(rule.guard) if rule.guard is not None else None
    truth = test.truth if guard is None else disjunction((negation(guard.truth), test.truth))
    found = misses(rule, interpreter) if rule.waivable is not None and truth is not True else ()
    waiver, unused = settle(rule, truth, tuple(m.missed for m in found), input_)
    outcome = outcome_of(rule, truth, input_.now, waived=waiver is not None)
    applies = guard is None or guard.truth is not False
    sketch = Sketch(drawing.rule, (rule.test, test, truth, input_)) if applies else None
    return RuleResult(rule, outcome, truth, test, guard, waiver, unused, found, sketch)


def _met(result: RuleResult, now: int) -> bool:
    """Is it a requirement in force that asked for something and got it."""
    rule = result.rule
    in_force = rule.since is None or rule.since <= now
    return not rule.advice and in_force and result.applicable and result.outcome in {Outcome.PASS, Outcome.WAIVED}
