"""Decisions made for reports: of every kind, and of any size."""

from __future__ import annotations

import json
from typing import Any

from letpass.diagnostics import Diagnostic, Source, Span
from letpass.evaluation.decision import Decision
from letpass.evaluation.unused import Unused, WhyUnused
from letpass.facts.record import Holder, Record
from letpass.facts.schema import VOCABULARY
from letpass.frozen import replace
from letpass.gate import judgement
from letpass.move import DEPLOYMENT, promotion
from letpass.project.policyset import PolicySet, from_texts
from letpass.registries import files
from letpass.reports.interface import Report, Style, renderer
from letpass.trust.accepted import Hold, Judged, Waiver
from letpass.trust.missed import Missed

NOW = 1_795_435_200_000_000  # 2026-11-23
DAY = 86_400_000_000
MOVE = promotion("production")
HEADER = 'policy gate: "Gate"\n  on promotion to production\n  owner "risk office"\n\nmetric accuracy: ratio, higher is better\n\n'
RULES = (
    'require exact: accuracy on "holdout" >= 0.9\n  because "people are refused by it"\n  fix "train it longer"\n'
    'require carded: model_card is recorded\nrequire signed: signed by role "risk"\n'
    'require stamped: license is MIT\n  waivable by role "counsel" for 30 days\n'
    "advise traced: code.commit is recorded\nrequire later: author is recorded\n  from 2027-06-01\n"
    "require every: all accuracy.slices where samples >= 10 have value >= 80%\n"
)


def policies(text: str = HEADER + RULES) -> PolicySet:
    """A set of one policy."""
    return from_texts({"gate.policy": text}, VOCABULARY)


def record(**more: Any) -> Record:
    """A record in a file that nothing is wrong with, but for what is given."""
    slices = [{"group": "old", "value": 0.95, "samples": 40}, {"group": "young", "value": 0.9, "samples": 60}]
    metric = {"value": 0.93, "samples": 100, "successes": 93, "data_set": "holdout", "slices": slices}
    data = {"model": "fraud", "version": "4", "license": "MIT", "model_card": "card.md", "code": {"commit": "abc"},
            "author": "ann", "metrics": {"accuracy": metric}, **more}  # fmt: skip
    return files.parse(Source("models/fraud/4.json", json.dumps(data, indent=1)))[0]


def judged(found: Record, text: str = HEADER + RULES, champion: Record | Holder = Holder.UNASKED) -> Decision:
    """The decision on it."""
    return judgement.judge(policies(text), found, MOVE, NOW, champion)


def report(*decisions: Decision, faults: tuple[Diagnostic, ...] = (), **style: Any) -> Report:
    """A report of them, with what a replay needs left empty."""
    return Report(decisions, tuple({"policies": {}} for _ in decisions), faults, style=Style(**style))


def shown(form: str, *decisions: Decision, faults: tuple[Diagnostic, ...] = (), **style: Any) -> str:
    """Them in a format."""
    return renderer(form)(report(*decisions, faults=faults, **style))


def fault(message: str = "`x` is no field", name: str = "models/odd.yaml", help_: str = "take it out") -> Diagnostic:
    """A fault in a file."""
    return Diagnostic("GATE301", message, Span(Source(name, "x: 1\n"), 0, 1), help_)


def waiver(**more: Any) -> Waiver:
    """A leave to miss the rule on the license."""
    given = {"policy": "gate", "label": "stamped", "rule": "", "people": ("cora",), "role": "counsel", "at": NOW - DAY,
             "until": NOW + 3 * DAY, "reason": "the contract is being signed",
             "missed": (Missed("license is MIT", value="GPL"),), **more}  # fmt: skip
    return Waiver(**given)


def unused(text: str = "age") -> tuple[Unused, ...]:
    """A waiver that has expired, one that covers something better, and one that does not name what is missed."""
    within = (f'accuracy.slices "{text}"',)
    then = Missed("value >= 80%", within, ">=", 0.79, 0.8, "", "%", up_to=0.75)
    now = replace(then, value=0.5, up_to=None)
    other = Missed(text, within, unknown=(("missing", text),))
    named = {"label": "every", "people": (text, "otto"), "role": text, "reason": text}
    return (
        Unused(waiver(label="exact", people=(text,), role=text, reason=text, until=NOW - 1), WhyUnused.EXPIRED),
        Unused(waiver(missed=(then,), **named), WhyUnused.WORSE, now, then),
        Unused(waiver(missed=(then,), **named), WhyUnused.NOT_NAMED, other),
    )


def kinds() -> dict[str, Decision]:
    """One decision of every kind that there is."""
    unsigned = 'require exact: accuracy on "holdout" >= 0.9\n'
    allowed = judged(record(), HEADER + unsigned)
    lasting = judged(record(), HEADER.replace("  owner", "  approved for 365 days\n  owner") + unsigned)
    nobody = judgement.judge(policies(), record(), DEPLOYMENT, NOW)
    doubtful = judged(record(), HEADER.replace("  owner", "  applies when risk >= high\n  owner") + unsigned)
    idle = judged(record(), HEADER + 'advise exact: accuracy on "holdout" >= 0.9\n')
    hold = Hold("GATE403", "the policies are not signed", "`policy sign policies`")
    statements = (
        Judged("sign-off", "a.json", "sha256:" + "1" * 64, "vera", "risk", valid=True),
        Judged("waiver", "b.json", "sha256:" + "2" * 64, "cora", "counsel", why="it expired"),
    )
    held = replace(allowed, verdict=type(allowed.verdict)("undecided"), holds=(hold,), statements=statements)
    return {
        "allowed": allowed,
        "allowed for a time": lasting,
        "denied": judged(record(metrics={"accuracy": {"value": 0.5, "data_set": "holdout"}})),
        "undecided": judged(record(model_card=None)),
        "awaiting people": judged(record()),
        "governed by nothing": nobody,
        "governed perhaps": doubtful,
        "asked for nothing": idle,
        "held back": held,
        "denied and held back": replace(nobody, holds=(hold,)),
        "waived": _waived(),
    }


def _waived() -> Decision:
    """A rule that is missed, and its waiver used, another one of no use."""
    made = judged(record(license="GPL"), HEADER + RULES.replace('require signed: signed by role "risk"\n', ""))
    from letpass.evaluation.decision import Outcome, PolicyResult, RuleResult, Verdict

    def with_waiver(result: RuleResult) -> RuleResult:
        used = result.rule.label == "stamped"
        return replace(result, outcome=Outcome.WAIVED, waiver=waiver()) if used else result

    results = tuple(
        PolicyResult(p.policy, p.governs, p.applies, tuple(map(with_waiver, p.rules))) for p in made.policies
    )
    return replace(made, verdict=Verdict.ALLOW, policies=results, unused_waivers=unused())


def sized(count: int, missed: int) -> Decision:
    """A decision on so many rules, the last so many of which do not hold."""
    lines = [
        f'require rule-{n:04}: accuracy on "holdout" >= {0.99 if n >= count - missed else 0.5}\n'
        f'  because "reason number {n} is given at some length so that rows are as long as real ones are"\n'
        f'  fix "train it on more data than number {n}"\n'
        for n in range(count)
    ]
    return judged(record(), HEADER + "".join(lines or ['advise none: accuracy on "holdout" >= 0.1\n']))
