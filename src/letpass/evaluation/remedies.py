"""What would change a rule's outcome, and who can do it: a code, one line of what was wrong, and steps."""

from __future__ import annotations

import shlex

from letpass.evaluation.decision import Outcome, RuleResult
from letpass.evaluation.explanation import Explanation
from letpass.evaluation.reasons import ReasonKind
from letpass.evaluation.seen import SeenKind
from letpass.evaluation.telling import days
from letpass.frozen import Frozen
from letpass.language import typed
from letpass.language.typed import walk

CODES = {
    ReasonKind.MISSING: "GATE310",
    ReasonKind.UNREADABLE: "GATE311",
    ReasonKind.AMBIGUOUS: "GATE312",
    ReasonKind.STALE: "GATE313",
    ReasonKind.NOT_COMPARABLE: "GATE314",
    ReasonKind.NOT_ATTESTED: "GATE315",
    ReasonKind.EMPTY: "GATE316",
    ReasonKind.NOT_COMPUTED: "GATE317",
    ReasonKind.TOO_LARGE: "GATE318",
    ReasonKind.TOO_FEW: "GATE319",
    ReasonKind.REFUTED: "GATE320",
    ReasonKind.AWAITING_SIGNOFF: "GATE401",
    ReasonKind.NOBODY: "GATE407",
    ReasonKind.REQUEST_UNSIGNED: "GATE409",
    ReasonKind.CHAMPION_UNKNOWN: "GATE310",
    ReasonKind.NOT_BEGUN: "GATE405",
}
_STEPS = {
    ReasonKind.MISSING: "record it in the model's record",
    ReasonKind.UNREADABLE: "record a value that can be read",
    ReasonKind.AMBIGUOUS: 'name the data set: `… on "DATA SET"` in the policy, or record one',
    ReasonKind.STALE: "run it again, and record the new run",
    ReasonKind.NOT_COMPARABLE: "measure both versions on the same data set",
    ReasonKind.NOT_ATTESTED: "bring evidence that the service has signed: `policy attest MODEL FILE --key KEY`",
    ReasonKind.EMPTY: "record what was looked at; nothing is not enough",
    ReasonKind.NOT_COMPUTED: "let the gate hash the artifact",
    ReasonKind.TOO_LARGE: "record fewer elements, or let the policy ask of one list at a time",
    ReasonKind.TOO_FEW: "measure on more cases",
    ReasonKind.REFUTED: "calibrate the judge on cases like these",
    ReasonKind.AWAITING_SIGNOFF: "ask the people in the role to sign",
    ReasonKind.NOBODY: "write the address of the person",
    ReasonKind.CHAMPION_UNKNOWN: "let a version hold the stage that a decision brought there, or `policy adopt` who does",
    ReasonKind.NOT_BEGUN: "let the service say that a run begins before it measures: `policy evidence begin MODEL --key KEY`",
    ReasonKind.REQUEST_UNSIGNED: "ask with a key, and let people sign that: `policy request MODEL --to STAGE --key KEY`",
}
_PASSED_OVER = {SeenKind.CLOCK, SeenKind.RUN_AT}
"""Never why a condition is false: the clock, and when something ran, since what ran too long ago is unknown."""


class Remedy(Frozen):
    """For one rule that is not met: the code of its page, what was wrong in a few words, and what mends it."""

    code: str
    label: str
    steps: tuple[str, ...]


def remedy(result: RuleResult) -> Remedy:
    """The remedy of a rule whose outcome is no pass."""
    rule = result.rule
    steps = [rule.fix] if rule.fix else []
    if result.truth is False:
        code, label = "GATE300", failing(result.test)
        steps += dict.fromkeys(part.step for part in result.test.deciding() if part.step)
    else:
        kinds = list(dict.fromkeys(r.kind for r in result.why))
        code = CODES[kinds[0]] if kinds else "GATE310"
        label = "; ".join(str(r) for r in result.why[:3]) + (
            f" and {len(result.why) - 3} more" if len(result.why) > 3 else ""
        )
        # what is missing is not mended by what would mend a miss: that comes second
        own = list(dict.fromkeys(r.step for r in result.why if r.step))
        asked = [*own, *[_step(k, result) for k in kinds if any(r.kind is k and not r.step for r in result.why)]]
        steps = steps or asked if kinds == [ReasonKind.AWAITING_SIGNOFF] else [*asked, *steps]
    if rule.waivable is not None and result.outcome in {Outcome.FAIL, Outcome.UNKNOWN}:
        longest = f" for at most {days(rule.waivable.microseconds)}" if rule.waivable.microseconds else ""
        steps.append(f"or a waiver by role `{rule.waivable.role}`{longest}")
    if rule.owner:
        steps.append(f"questions to {rule.owner}")
    return Remedy(code, label, tuple(steps))


def _step(kind: ReasonKind, result: RuleResult) -> str:
    """What mends one kind of unknown; where nobody can sign, or only a service can tell, that is what is missing."""
    nobody = next((r for r in result.why if r.able == ()), None)
    if kind is ReasonKind.AWAITING_SIGNOFF and nobody is not None:
        return f"`policy trust add role {shlex.quote(nobody.role)} --member PERSON`, and let the root sign it: `policy trust sign`"
    if kind is ReasonKind.MISSING and any(isinstance(part, typed.AttestedBy) for part in walk(result.rule.test)):
        return _STEPS[ReasonKind.NOT_ATTESTED]
    return _STEPS[kind]


def failing(test: Explanation) -> str:
    """What made a condition false, in a few words: the value and by how much it missed."""
    words, deciding = [], test.deciding()
    for part in deciding[:3]:
        seen = ", ".join(str(s) for s in part.seen[:3] if s.kind not in _PASSED_OVER)
        if part.margin is not None:
            words.append(f"{seen}, {part.margin}" if seen else str(part.margin))
        elif seen:
            words.append(seen + (f" ({part.note})" if part.note else ""))
        elif part.note:
            words.append(part.note)
    note = f"{test.note}: " if test.note and test.parts and deciding != (test,) else ""
    return note + "; ".join(dict.fromkeys(words)) if words else "it does not hold"
