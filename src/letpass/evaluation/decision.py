"""The decision: every rule's outcome, the verdict, and what would change it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from functools import cached_property
from typing import Any

from letpass import __version__
from letpass.canonical import digest
from letpass.evaluation.counted import FOR_RULES, Counted, counted
from letpass.evaluation.explanation import Explanation
from letpass.evaluation.input import Input
from letpass.evaluation.interpreter import Interpreter
from letpass.evaluation.leaves import Miss
from letpass.evaluation.missing import misses
from letpass.evaluation.reasons import Reason, ReasonKind
from letpass.evaluation.waivers import Unused, WhyUnused, settle
from letpass.facts.record import Holder, Record
from letpass.facts.tenure import Tenure
from letpass.facts.values import moment
from letpass.frozen import Frozen
from letpass.language import typed
from letpass.language.truth import Truth3, disjunction, negation, word
from letpass.move import LASTING, Move
from letpass.trust import strict
from letpass.trust.accepted import STAGE_NEEDED, Accepted, Hold, Judged, NextCommand, Objection, Waiver

SCHEMA = "letpass.decision/v1"
LAST = 253_402_300_799_000_000  # 9999-12-31T23:59:59Z in microseconds, the last moment that can be written


class Verdict(Enum):
    """The answer to a move."""

    ALLOW = "allow"
    DENY = "deny"
    UNDECIDED = "undecided"


class Outcome(Enum):
    """What a rule came to."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"
    WAIVED = "waived"
    ADVICE = "advice"
    COMING = "coming"


class RuleResult(Frozen):
    """One rule: its outcome, what it would be without a waiver, and why.

    waiver: the one that covers it · unused: its other waivers · misses: what keeps a rule that can be waived from holding.
    """

    rule: typed.Rule
    outcome: Outcome
    truth: Truth3
    test: Explanation
    guard: Explanation | None = None
    waiver: Waiver | None = None
    unused: tuple[Unused, ...] = ()
    misses: tuple[Miss, ...] = ()

    @property
    def blocks(self) -> bool:
        return self.outcome in {Outcome.FAIL, Outcome.UNKNOWN}

    @property
    def applicable(self) -> bool:
        """False where its `when` is false, and so nothing was asked."""
        return self.guard is None or self.guard.truth is not False

    @property
    def awaits_people(self) -> bool:
        """Nothing but sign-offs is missing."""
        return self.truth is None and bool(self.why) and all(w.kind is ReasonKind.AWAITING_SIGNOFF for w in self.why)

    @property
    def why(self) -> tuple[Reason, ...]:
        """Why it is unknown, the guard's reasons behind the test's."""
        guard = self.guard.why if self.guard is not None and self.guard.truth is None else ()
        return tuple(dict.fromkeys((*self.test.why, *guard)))


class PolicyResult(Frozen):
    """One policy that governs the move, or may."""

    policy: typed.Policy
    governs: Truth3
    applies: Explanation | None
    rules: tuple[RuleResult, ...]


class Decision(Frozen):
    """The answer, and all that it rests on.  Equal inputs make equal decisions, byte for byte in JSON.

    environments: those that a deployment is to, where they are named · added: where the change that is judged adds to the
    record that the commit has.
    """

    verdict: Verdict
    record: Record
    move: Move
    now: int
    policies: tuple[PolicyResult, ...]
    champion: Record | Holder = Holder.UNASKED
    considered: int = 0
    as_of: bool = False
    digests: tuple[tuple[str, str], ...] = ()
    unused_waivers: tuple[Unused, ...] = ()
    statements: tuple[Judged, ...] = ()
    holds: tuple[Hold, ...] = ()
    next: NextCommand | None = None
    expires: str = ""
    objections: tuple[Objection, ...] = ()
    tenure: Tenure | None = None
    told: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    added: tuple[str, ...] = ()

    @property
    def rules(self) -> tuple[RuleResult, ...]:
        return tuple(r for p in self.policies for r in p.rules)

    @property
    def blocking(self) -> tuple[RuleResult, ...]:
        """The rules that block: failed ones first, then those that lack evidence, those that await people last."""
        found = [r for r in self.rules if r.blocks]
        return tuple(sorted(found, key=lambda r: (r.outcome is not Outcome.FAIL, r.awaits_people)))

    @property
    def approved_until(self) -> int | None:
        """When the approval ends once the move is made, in microseconds since 1970; None: never.

        The earliest end wins.  A policy of which it is unknown whether it governs counts as one that does.
        """
        return min((end for p in self.policies if (end := self.end_by(p.policy)) is not None), default=None)

    def end_by(self, policy: typed.Policy) -> int | None:
        """The end that one policy sets to the approval; None: it sets none, or nothing serves by such a move."""
        if policy.approved is None or self.move.kind not in LASTING:
            return None
        return min(self.now + policy.approved, LAST)

    @property
    def allowed(self) -> bool:
        """May the move be made."""
        return self.verdict is Verdict.ALLOW

    def __bool__(self) -> bool:
        """`allowed`, so that whoever writes `if decision` lets nothing else through."""
        return self.allowed

    @property
    def awaits_only_people(self) -> bool:
        """Undecided, and nothing but sign-offs is awaited."""
        return (
            self.verdict is Verdict.UNDECIDED
            and not self.holds
            and bool(self.blocking)
            and all(p.governs for p in self.policies)
            and all(r.awaits_people for r in self.blocking)
        )

    @cached_property
    def counted(self) -> tuple[Counted, ...]:
        """Every statement with the rules that count it, or why none does."""
        return counted(self.statements, self.rules)

    @cached_property
    def id(self) -> str:
        """The digest of its canonical form, by which it is named wherever it is shown."""
        return digest(self.as_json())

    def as_json(self) -> dict[str, Any]:
        """The decision as plain data, the canonical form of which is its byte form."""
        return {
            "schema": SCHEMA,
            "verdict": self.verdict.value,
            "model": self.record.text("model"),
            "version": self.record.text("version"),
            "move": self.move.as_json(),
            **({"environments": list(self.environments)} if self.environments else {}),
            "now": moment(self.now),
            "as_of": self.as_of,
            "champion": self.champion.name if isinstance(self.champion, Record) else self.champion.value,
            **({"tenure": self.tenure.as_json()} if self.tenure is not None else {}),
            **({"told": list(self.told)} if self.told else {}),
            **({"added": list(self.added)} if self.added else {}),
            "awaits_only_people": self.awaits_only_people,
            "considered": self.considered,
            **_end(self.approved_until),
            "policies": [{**_policy(p), **_end(self.end_by(p.policy))} for p in self.policies],
            "passed_over": list(self.record.passed_over),
            "unused_waivers": [_unused(u) for u in self.unused_waivers],
            **({"statements": [_judged(c) for c in self.counted]} if self.statements else {}),
            **(
                {"holds": [_plain({"code": h.code, "what": h.what, "help": h.help}) for h in self.holds]}
                if self.holds
                else {}
            ),
            **({"objections": [_objection(o) for o in self.objections]} if self.objections else {}),
            "digests": dict(self.digests),
            "engine": __version__,
        }


def decide(
    policies: tuple[typed.Policy, ...], input_: Input, *, as_of: bool = False, digests: tuple[tuple[str, str], ...] = (),
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
    verdict = _verdict(results, input_.now)
    if any(o.denies for o in accepted.objections):
        verdict = Verdict.DENY
    held = bool(holds) or any(o.doubtful for o in accepted.objections)
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
    )


def _next(accepted: Accepted, rules: Iterable[RuleResult]) -> NextCommand | None:
    """The command that gathers what is missing: to sign a request that nobody has signed is in vain where a rule wants that."""
    unsigned = any(w.kind is ReasonKind.REQUEST_UNSIGNED for r in rules if r.blocks for w in r.why)
    return NextCommand(accepted.ask) if unsigned and accepted.ask and accepted.next is not None else accepted.next


def governing(policies: tuple[typed.Policy, ...], move: Move) -> tuple[typed.Policy, ...]:
    """The policies that name a move.  Stages are compared without regard to case.

    A rollback for which no policy was written is judged as the promotion that it also is.
    """
    found = tuple(p for p in policies if move in p.moves)
    if not found and move.kind == "rollback":
        return governing(policies, Move("promotion", move.stage))
    return found


def _judge(policy: typed.Policy, input_: Input) -> PolicyResult | None:
    interpreter = Interpreter(input_)
    applies = interpreter.truth(policy.applies) if policy.applies is not None else None
    governs: Truth3 = True if applies is None else applies.truth
    if governs is False:
        return None
    return PolicyResult(policy, governs, applies, tuple(judge_rule(r, input_, interpreter) for r in policy.rules))


def judge_rule(rule: typed.Rule, input_: Input, interpreter: Interpreter) -> RuleResult:
    """One rule's outcome: `require E when G` is "not G or E"."""
    test = interpreter.truth(rule.test)
    guard = interpreter.truth(rule.guard) if rule.guard is not None else None
    truth = test.truth if guard is None else disjunction((negation(guard.truth), test.truth))
    found = misses(rule, interpreter) if rule.waivable is not None and truth is not True else ()
    waiver, unused = settle(rule, truth, tuple(m.missed for m in found), input_)
    if truth is True:
        outcome = Outcome.PASS
    elif rule.advice:
        outcome = Outcome.ADVICE
    elif rule.since is not None and input_.now < rule.since:
        outcome = Outcome.COMING
    elif waiver is not None:
        outcome = Outcome.WAIVED
    else:
        outcome = Outcome.FAIL if truth is False else Outcome.UNKNOWN
    return RuleResult(rule, outcome, truth, test, guard, waiver, unused, found)


def _verdict(results: tuple[PolicyResult, ...], now: int) -> Verdict:
    rules = [r for p in results for r in p.rules]
    if not results or any(r.outcome is Outcome.FAIL for r in rules):
        return Verdict.DENY
    if any(r.blocks for r in rules) or any(p.governs is not True for p in results):
        return Verdict.UNDECIDED
    return Verdict.ALLOW if any(_held(r, now) for r in rules) else Verdict.UNDECIDED


def _held(result: RuleResult, now: int) -> bool:
    """A requirement in force that asked for something and got it: by itself nothing else allows."""
    rule = result.rule
    in_force = rule.since is None or rule.since <= now
    return not rule.advice and in_force and result.applicable and result.outcome in {Outcome.PASS, Outcome.WAIVED}


def _end(of_approval: int | None) -> dict[str, str]:
    return {} if of_approval is None else {"approved_until": strict.written(of_approval)}


def _policy(result: PolicyResult) -> dict[str, Any]:
    policy = result.policy
    data: dict[str, Any] = {
        "name": policy.name,
        "title": policy.title,
        "owner": policy.owner,
        "digest": policy.digest,
        "governs": word(result.governs),
        "rules": [_rule(r) for r in result.rules],
    }
    if result.applies is not None:
        data["applies"] = result.applies.as_json()
    return _plain(data)


def _rule(result: RuleResult) -> dict[str, Any]:
    rule = result.rule
    data: dict[str, Any] = {
        "id": rule.id,
        "label": rule.label,
        "keyword": "advise" if rule.advice else "require",
        "text": rule.text,
        "place": rule.span.place,
        "outcome": result.outcome.value,
        "truth": word(result.truth),
        "applicable": result.applicable,
        "because": rule.because,
        "fix": rule.fix,
        "owner": rule.owner,
        "from": moment(rule.since) if rule.since is not None else None,
        "test": result.test.as_json(),
        "when": result.guard.as_json() if result.guard is not None else None,
        "waiver": _waiver(result.waiver) if result.waiver is not None else None,
    }
    return _plain(data)


def _waiver(waiver: Waiver) -> dict[str, Any]:
    return {
        "policy": waiver.policy,
        "label": waiver.label,
        "person": waiver.person,
        "role": waiver.role,
        "until": moment(waiver.until),
        "reason": waiver.reason,
        "missed": [m.as_json() for m in waiver.missed],
    }


def _objection(said: Objection) -> dict[str, Any]:
    return _plain(
        {
            "kind": said.kind,
            "person": said.person,
            "role": said.role,
            "at": moment(said.at),
            "reason": said.reason,
            "against": said.against,
            "model": said.model,
            "version": said.version,
            "artifact": said.artifact,
            "digest": said.digest,
            "covers": word(said.covers),
            "ended": said.ended,
            "entry": said.entry,
        }
    )


def _unused(unused: Unused) -> dict[str, Any]:
    found = {
        "now": unused.now.as_json() if unused.now else None,
        "then": unused.then.as_json() if unused.then else None,
    }
    return {**_waiver(unused.waiver), "why": unused.why.value, **_plain(found)}


def _judged(found: Counted) -> dict[str, Any]:
    statement = found.statement
    data = _plain(
        {
            "kind": statement.kind,
            "name": statement.name,
            "digest": statement.digest,
            "person": statement.person,
            "role": statement.role,
            "valid": statement.valid,
            "why": statement.why,
            "key": statement.key,
            "signed_at": moment(statement.at) if statement.key else "",
            "not_counted": found.not_counted[0].value if found.not_counted else "",
        }
    )
    return data | ({"counted_for": list(found.rules)} if found.rules or statement.kind in FOR_RULES else {})


def _plain(data: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in data.items() if v not in (None, "")}
