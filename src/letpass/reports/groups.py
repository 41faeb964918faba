"""A metric by group, as the decision has it: which groups are served worse than a rule allows, and by how much."""

from __future__ import annotations

from letpass.evaluation.decision import Decision
from letpass.evaluation.drawn import Group, Groups, Standing
from letpass.evaluation.explanation import show
from letpass.frozen import Frozen
from letpass.reports.gauges import UNNAMED, of_group, unit_of
from letpass.reports.pictures import Picture


class Row(Frozen):
    """One group: its name, value and samples as they read, how it came out and why, and its picture."""

    name: str
    value: str
    samples: str
    standing: Standing
    why: str
    picture: Picture | None


class Table(Frozen):
    """One metric by group, the worst first; `rule` asks something of every group, or nothing does · why: why none counts."""

    name: str
    rule: str
    rows: tuple[Row, ...]
    left_out: int = 0
    why: str = ""


def groups(decision: Decision) -> list[Table]:
    """The metrics of whose groups a rule asks something; of those that several rules ask alike the first rule's."""
    shown: list[Groups] = []
    tables = []
    for result in decision.rules:
        for table in result.groups:
            if table.asked and table not in shown:
                shown.append(table)
                tables.append(_table(result.rule.id, table))
    for result in decision.rules:
        for table in result.groups:
            if not table.asked and table.name not in {s.name for s in shown}:
                shown.append(table)
                tables.append(_table("", table))
    return tables


def _table(rule: str, table: Groups) -> Table:
    why = "; ".join(str(w) for w in table.why)
    return Table(table.name, rule, tuple(_row(r, table) for r in table.rows), table.left_out, why)


def _row(row: Group, table: Groups) -> Row:
    value = unit_of(table).write(row.value) if row.value is not None else "no number"
    samples = show(row.samples) if row.samples is not None else ""
    why = "; ".join(str(w) for w in row.why)
    return Row(row.name or UNNAMED, value, samples, row.standing, why, of_group(row, table))
