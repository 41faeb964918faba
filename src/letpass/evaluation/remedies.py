"""What would change a rule's outcome, and who can do it: a code, one line of what was wrong, and steps."""

from __future__ import annotations

from letpass.evaluation.decision import Outcome, RuleResult
from letpass.evaluation.explanation import UNHELD, Explanation, Seen
from letpass.evaluation.meanings import days
from letpass.frozen import Frozen
from letpass.language import typed
from letpass.language.typed import walk

CODES = {
    "missing": "GATE310",
    "unreadable": "GATE311",
    "ambiguous": "GATE312",
    "stale": "GATE313",
    "not comparable": "GATE314",
    "not attested": "GATE315",
    "empty": "GATE316",
    "not computed": "GATE317",
    "awaiting sign-off": "GATE401",
}
_STEPS = {
    "missing": "record it in the model's record",
    "unreadable": "record a value that can be read",
    "ambiguous": 'name the data set: `… on "DATA SET"` in the policy, or record one',
    "stale": "run it again, and record the new run",
    "not comparable": "measure both versions on the same data set",
    "not attested": "bring evidence that the service has signed: `policy attest MODEL FILE --key KEY`",
    "empty": "record what was looked at; nothing is not enough",
    "not computed": "let the gate hash the artifact",
    "awaiting sign-off": "ask the people in the role to sign",
}


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
        refused = [s for s in result.test.all_seen() if s.name.startswith("rejection as ")]
        if refused:
            roles = (s.name.removeprefix("rejection as ") for s in refused)
            code = "GATE402"
            label = "; ".join(f"rejected as {role} by {s.value}" for role, s in zip(roles, refused, strict=True))
            steps.append("mend it and ask anew, or let them take it back with `policy withdraw`")
    else:
        kinds = list(dict.fromkeys(r.kind for r in result.why))
        code = CODES.get(kinds[0], "GATE310") if kinds else "GATE310"
        label = "; ".join(str(r) for r in result.why[:3]) + (
            f" and {len(result.why) - 3} more" if len(result.why) > 3 else ""
        )
        # what is missing is not mended by what would mend a miss: that comes second
        asked = [_step(k, result) for k in kinds]
        steps = steps or asked if kinds == ["awaiting sign-off"] else [*asked, *steps]
    if rule.waivable is not None and result.outcome in {Outcome.FAIL, Outcome.UNKNOWN}:
        longest = f" for at most {days(rule.waivable.microseconds)}" if rule.waivable.microseconds else ""
        steps.append(f"or a waiver by role `{rule.waivable.role}`{longest}")
    if rule.owner:
        steps.append(f"questions to {rule.owner}")
    return Remedy(code, label, tuple(steps))


def _step(kind: str, result: RuleResult) -> str:
    """What mends one kind of unknown; where nobody can sign, or only a service can tell, that is what is missing."""
    nobody = [r for r in result.why if r.able == ()]
    if kind == "missing" and any(r.detail == UNHELD for r in result.why):
        return "name the champion: `--champion MODEL`, or `none` where nobody holds the stage"
    if kind == "awaiting sign-off" and nobody:
        return f"`policy trust add role {nobody[0].about.split('`')[1]} --member PERSON`, and let the root sign it"
    if kind == "missing" and any(isinstance(part, typed.AttestedBy) for part in walk(result.rule.test)):
        return _STEPS["not attested"]
    return _STEPS[kind]


def said(seen: Seen) -> str:
    """A value that was seen, as part of a sentence."""
    return (
        f"{seen.name} {seen.value}"
        if seen.value in {"passed", "failed", "ran"} or seen.name.endswith(" ran")
        else f"{seen.name} is {seen.value}"
    )


def failing(test: Explanation) -> str:
    """What made a condition false, in a few words: the value and by how much it missed."""
    words = []
    for part in test.deciding()[:3]:
        seen = ", ".join(said(s) for s in part.seen[:3] if s.name != "now" and not s.name.endswith(" ran"))
        if part.margin is not None:
            words.append(f"{seen}, {part.margin}" if seen else str(part.margin))
        elif seen:
            words.append(seen + (f" ({part.note})" if part.note else ""))
        elif part.note:
            words.append(part.note)
    note = f"{test.note}: " if test.note and test.parts else ""
    return note + "; ".join(dict.fromkeys(words)) if words else "it does not hold"
