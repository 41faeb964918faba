"""Many models: what a report says of each in a row, and of all of them together."""

from __future__ import annotations

from collections import Counter
from typing import Any

from letpass.diagnostics import Diagnostic, so_many
from letpass.evaluation.decision import Decision, Verdict
from letpass.evaluation.remedies import remedy
from letpass.facts.values import moment
from letpass.frozen import Frozen
from letpass.reports.interface import VERDICTS, Report
from letpass.reports.words import summary

FEW = 40
"""So many models are listed one by one."""
WORST = (Verdict.DENY, Verdict.UNDECIDED, Verdict.ALLOW)
"""Verdicts in the order in which reports of many list them."""


class Row(Frozen):
    """One model: its name, verdict, the ids of the rules that block it, and what blocks it in one line.

    when: of which time it is, where one was given · parts: what formats keep of it · decision: its digest; each where that was
    asked for.
    """

    name: str
    verdict: Verdict
    blocking: tuple[str, ...] = ()
    short: str = ""
    when: str = ""
    parts: tuple[Any, ...] = ()
    decision: str = ""


def row(decision: Decision, parts: tuple[Any, ...] = (), id_: str = "") -> Row:
    """The row of a decision."""
    blocking = tuple(r.rule.id for r in decision.blocking)
    when = f", as of {moment(decision.now)}" if decision.as_of else ""
    return Row(decision.record.name, decision.verdict, blocking, short(decision), when, parts, id_)


def short(decision: Decision) -> str:
    """What blocks one model, in one line."""
    if not decision.blocking:
        return summary(decision)
    first = decision.blocking[0]
    more = f" (+{len(decision.blocking) - 1} more)" if len(decision.blocking) > 1 else ""
    return f"{first.rule.label or first.rule.text}: {remedy(first).label}{more}"


class Tally:
    """The counts of many rows.  Rows are kept as long as they are few, or where every one is to be listed."""

    def __init__(self, *, verbose: bool = False) -> None:
        self.verdicts: Counter[Verdict] = Counter()
        self.blocked: Counter[str] = Counter()
        self.faults: list[Diagnostic] = []
        self.others = 0
        self.when = ""
        self._verbose = verbose
        self._rows: list[Row] = []

    def add(self, one: Row) -> None:
        """Count a row."""
        self.verdicts[one.verdict] += 1
        self.blocked.update(one.blocking)
        self.when = self.when or one.when
        if self._verbose or self.total <= FEW:
            self._rows.append(one)
        else:
            self._rows.clear()

    @property
    def total(self) -> int:
        """How many models there are."""
        return self.verdicts.total()

    @property
    def rows(self) -> list[Row] | None:
        """The rows, the worst first; None where they are too many to list."""
        if not self._verbose and self.total > FEW:
            return None
        return sorted(self._rows, key=lambda r: WORST.index(r.verdict))

    def words(self) -> str:
        """`3 models: 1 denied, 2 allowed, 1 file not a model`."""
        found = [f"{self.verdicts[v]} {VERDICTS[v]}" for v in WORST if self.verdicts[v]]
        found += [so_many(len(self.faults), "fault")] if self.faults else []
        found += [f"{so_many(self.others, 'file')} not a model"] if self.others else []
        return f"{so_many(self.total, 'model')}: {', '.join(found)}"


def tally(report: Report) -> Tally:
    """The rows of a report, counted."""
    found = Tally(verbose=report.style.verbose)
    for decision in report.decisions:
        found.add(row(decision))
    found.faults += report.faults
    found.others = report.others
    return found
