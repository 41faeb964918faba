"""The decision: every rule's outcome, the verdict, and what would change it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from functools import cached_property
from typing import Any

from letpass import __version__
from letpass.canonical import digest
from letpass.diagnostics import as_shown, so_many
from letpass.evaluation.about import About
from letpass.evaluation.counted import FOR_RULES, Counted, counted
from letpass.evaluation.drawn import MOST_BESIDE, Beside, Gauge, Groups, Sketch
from letpass.evaluation.explanation import Explanation
from letpass.evaluation.miss import Miss
from letpass.evaluation.reasons import Reason, ReasonKind
from letpass.evaluation.unused import Unused
from letpass.facts.record import Holder, Record
from letpass.facts.tenure import Tenure
from letpass.facts.values import moment
from letpass.frozen import Frozen, part
from letpass.language.rules import Policy, Rule
from letpass.language.truth import Truth3, word
from letpass.move import LASTING, Move
from letpass.trust import strict
from letpass.trust.accepted import Hold, Judged, NextCommand, Objection, Waiver

SCHEMA = "letpass.decision/v1"
FORM = 2
"""What the JSON holds: 1 the judgement alone, 2 also what is drawn of it.  A stored decision is compared in its own form."""
LAST = 253_402_300_799_000_000  # 9999-12-31T23:59:59Z in microseconds, the last moment that can be written


class Verdict(Enum):
    """The answer to a move."""

    ALLOW = "allow"
    DENY = "deny"
    UNDECIDED = "undecided"


class Outcome(Enum):
    """The outcome of a rule."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"
    WAIVED = "waived"
    ADVICE = "advice"
    COMING = "coming"


BLOCKING = frozenset({Outcome.FAIL, Outcome.UNKNOWN})
"""What keeps an allow back."""


class RuleResult(Frozen):
    """One rule: its outcome, what it would be without a waiver, and why.

    waiver: the one that covers it · unused: its other waivers · misses: what keeps a rule that can be waived from holding ·
    sketch: its gauge, and the metrics of whose groups it asks something.
    """

    rule: Rule
    outcome: Outcome
    truth: Truth3
    test: Explanation
    guard: Explanation | None = None
    waiver: Waiver | None = None
    unused: tuple[Unused, ...] = ()
    misses: tuple[Miss, ...] = ()
    sketch: Sketch[tuple[Gauge | None, tuple[Groups, ...]]] | None = part(default=None, compare=False, repr=False)

    def __repr__(self) -> str:
        from letpass.evaluation.remedies import remedy

        why = f": {remedy(self).label}" if self.outcome is not Outcome.PASS else ""
        return as_shown(f"RuleResult {self.outcome.value} {self.rule.id}{why}")

    @property
    def gauge(self) -> Gauge | None:
        """The number that it compares, where it applies and compares one."""
        return self.sketch.drawn[0] if self.sketch is not None else None

    @property
    def groups(self) -> tuple[Groups, ...]:
        """The metrics of whose groups it asks something, where it applies."""
        return self.sketch.drawn[1] if self.sketch is not None else ()

    @property
    def blocks(self) -> bool:
        """Does this outcome alone keep the verdict from being an allow."""
        return self.outcome in BLOCKING

    @property
    def applicable(self) -> bool:
        """False where its `when` is false, and so nothing was asked."""
        return self.guard is None or self.guard.truth is not False

    @property
    def awaits_people(self) -> bool:
        """Nothing but sign-offs is missing."""
        return self.truth is None and bool(self.why) and all(w.kind is ReasonKind.AWAITING_SIGNOFF for w in self.why)

    @property
    def awaits_cases(self) -> bool:
        """Nothing is missing but that more cases are measured."""
        return self.truth is None and bool(self.why) and all(w.kind is ReasonKind.TOO_FEW for w in self.why)

    @property
    def why(self) -> tuple[Reason, ...]:
        """Why it is unknown, the guard's reasons behind the test's."""
        guard = self.guard.why if self.guard is not None and self.guard.truth is None else ()
        return tuple(dict.fromkeys((*self.test.why, *guard)))


def outcome_of(rule: Rule, truth: Truth3, now: int, *, waived: bool = False) -> Outcome:
    """What a rule's truth comes to at a time; `waived`: is there a waiver that covers it."""
    if truth is True:
        return Outcome.PASS
    if rule.advice:
        return Outcome.ADVICE
    if rule.since is not None and now < rule.since:
        return Outcome.COMING
    if waived:
        return Outcome.WAIVED
    return Outcome.FAIL if truth is False else Outcome.UNKNOWN


def verdict_of(governs: Iterable[Truth3], outcomes: Iterable[Outcome], *, held: bool) -> Verdict:
    """The verdict of policies that govern a move, or may, and of all their rules.

    `held`: is a requirement that is in force, and asks for something, met or waived; by itself nothing else allows.
    """
    governs, outcomes = tuple(governs), tuple(outcomes)
    if not governs or Outcome.FAIL in outcomes:
        return Verdict.DENY
    if Outcome.UNKNOWN in outcomes or not all(g is True for g in governs):
        return Verdict.UNDECIDED
    return Verdict.ALLOW if held else Verdict.UNDECIDED


class PolicyResult(Frozen):
    """One policy that governs the move, or may."""

    policy: Policy
    governs: Truth3
    applies: Explanation | None
    rules: tuple[RuleResult, ...]

    def __repr__(self) -> str:
        blocking = sum(r.blocks for r in self.rules)
        return as_shown(
            f"PolicyResult {self.policy.name}: governs {word(self.governs)}, {blocking} of {so_many(len(self.rules), 'rule')} block"
        )


class Decision(Frozen):
    """The answer, and all that it rests on.  Equal inputs make equal decisions, byte for byte in JSON.

    environments: those that a deployment is to, where they are named · added: where the change that is judged adds to the
    record that the commit has · sketch: what it is about, and the candidate beside the champion · engine: the version of the program that decided · form: see `FORM`.
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
    sketch: Sketch[tuple[About, tuple[Beside, ...]]] | None = part(default=None, compare=False, repr=False)
    engine: str = __version__
    form: int = FORM

    def __repr__(self) -> str:
        blocks = f": {', '.join(r.rule.id for r in self.blocking[:3])}" if self.blocking else ""
        more = f" and {len(self.blocking) - 3} more" if len(self.blocking) > 3 else ""
        return as_shown(f"Decision {self.verdict.value} {self.record.name}, {self.move}{blocks}{more}")

    @property
    def about(self) -> About:
        """What the decision is about, in a few facts of the record."""
        return self.sketch.drawn[0] if self.sketch is not None else About()

    @property
    def beside(self) -> tuple[Beside, ...]:
        """The candidate's measures beside the champion's, `MOST_BESIDE` at most."""
        return self.sketch.drawn[1][:MOST_BESIDE] if self.sketch is not None else ()

    @property
    def beside_left_out(self) -> int:
        """How many measures `beside` leaves out."""
        return max(0, len(self.sketch.drawn[1]) - MOST_BESIDE) if self.sketch is not None else 0

    @property
    def rules(self) -> tuple[RuleResult, ...]:
        """The results of all rules, policy by policy, in the order in which they are written."""
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

    def end_by(self, policy: Policy) -> int | None:
        """The end that one policy sets to the approval; None: it sets none, or nothing serves by such a move."""
        if policy.approved is None or self.move.kind not in LASTING:
            return None
        return min(self.now + policy.approved, LAST)

    @property
    def allowed(self) -> bool:
        """May the move be made."""
        return self.verdict is Verdict.ALLOW

    def __bool__(self) -> bool:
        """The same as `allowed`, so that `if decision` lets nothing else through."""
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
            "policies": [{**_policy(p, self.form), **_end(self.end_by(p.policy))} for p in self.policies],
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
            **(self._drawn() if self.form > 1 else {}),
            "engine": self.engine,
        }

    def _drawn(self) -> dict[str, Any]:
        """What the second form has beside the judgement."""
        found = self.about.as_json()
        return {
            "form": self.form,
            **({"about": found} if found else {}),
            **({"beside": [b.as_json() for b in self.beside]} if self.beside else {}),
            **({"beside_left_out": self.beside_left_out} if self.beside_left_out else {}),
        }


def governing(policies: tuple[Policy, ...], move: Move) -> tuple[Policy, ...]:
    """The policies that name a move.  Stages are compared without regard to case.

    A rollback for which no policy was written is judged as the promotion that it also is.
    """
    found = tuple(p for p in policies if move in p.moves)
    if not found and move.kind == "rollback":
        return governing(policies, Move("promotion", move.stage))
    return found


def _end(of_approval: int | None) -> dict[str, str]:
    return {} if of_approval is None else {"approved_until": strict.written(of_approval)}


def _policy(result: PolicyResult, form: int) -> dict[str, Any]:
    policy = result.policy
    data: dict[str, Any] = {
        "name": policy.name,
        "title": policy.title,
        "owner": policy.owner,
        "digest": policy.digest,
        "governs": word(result.governs),
        "rules": [_rule(r, form) for r in result.rules],
    }
    if result.applies is not None:
        data["applies"] = result.applies.as_json()
    return _plain(data)


def _rule(result: RuleResult, form: int) -> dict[str, Any]:
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
        "gauge": result.gauge.as_json() if form > 1 and result.gauge is not None else None,
    }
    if form > 1 and result.groups:
        data["groups"] = [g.as_json() for g in result.groups]
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
