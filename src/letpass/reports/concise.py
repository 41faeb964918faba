"""One line a rule, for grep: what blocks first."""

from __future__ import annotations

from collections.abc import Iterator

from letpass.diagnostics import Diagnostic, clean
from letpass.evaluation.decision import Decision, Outcome
from letpass.evaluation.remedies import remedy
from letpass.reports.interface import Report
from letpass.reports.lines import Lines
from letpass.reports.words import against, place_of, shown, summary, target


def part(report: Report) -> str:
    """The lines of one decision: of each rule that does not hold, then of the verdict."""
    return "".join(f"{line}\n" for line in _lines(report.decision, verbose=report.style.verbose))


class Sheet(Lines):
    """`PLACE: OUTCOME[CODE] POLICY/LABEL MODEL@VERSION: what was wrong`, and a line for each verdict, then what does not read."""

    def fault(self, found: Diagnostic) -> str:
        """The line of what does not read."""
        place = place_of(found)
        return clean(f"{place}{': ' if place else ''}error[{found.code}] {found.message}") + "\n"


def _lines(decision: Decision, *, verbose: bool) -> Iterator[str]:
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
    if verbose:
        for result in decision.rules:
            if result.outcome is Outcome.PASS:
                yield clean(f"{result.rule.span.place}: pass {result.rule.id} {name}")
    yield clean(f"{name}: {decision.verdict.value} {target(decision)}: {summary(decision)}")
