"""One line a rule, for grep: what blocks first."""

from __future__ import annotations

from collections.abc import Iterator

from letpass.diagnostics import clean
from letpass.evaluation.decision import Outcome
from letpass.evaluation.remedies import remedy
from letpass.reports.interface import Report
from letpass.reports.words import against, shown, summary, target


def render(report: Report) -> str:
    """`PLACE: OUTCOME[CODE] POLICY/LABEL MODEL@VERSION: what was wrong`, and a line for each verdict."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    for fault in report.faults:
        yield clean(f"{fault.span.place}: error[{fault.code}] {fault.message}")
    for decision in report.decisions:
        name = decision.record.name
        for result in shown(decision.rules):
            found = remedy(result)
            yield clean(
                f"{result.rule.span.place}: {result.outcome.value}[{found.code}] {result.rule.id} {name}: {found.label}"
            )
        for said in decision.objections:
            yield clean(f"{name}: {said.kind}[GATE402]: {against(said)}")
        for hold in decision.holds:
            yield clean(f"{name}: held[{hold.code}]: {hold.what}")
        if report.style.verbose:
            for result in decision.rules:
                if result.outcome is Outcome.PASS:
                    yield clean(f"{result.rule.span.place}: pass {result.rule.id} {name}")
        yield clean(f"{name}: {decision.verdict.value} {target(decision)}: {summary(decision)}")
