"""From one measurement of a champion to a rule, or to the reason why there is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from letpass.authoring.scaffold import bounds, chance, wording
from letpass.diagnostics import Source
from letpass.facts.record import Element, Record, raw_of
from letpass.facts.values import Unreadable, moment
from letpass.frozen import Frozen, replace
from letpass.language import syntax
from letpass.language.parser import parse
from letpass.language.types import NUMERIC, RECORDED_UNITS

Known = Mapping[str, tuple[syntax.Metric, ...]]
"""Declarations of metrics by the name under which they are recorded, those that count more first."""
FIX = "measure both on the same data; keep the champion where it is better"


class Gated(Frozen):
    """A rule to be: `use` is the metric as the rule names it, `bound` in the value's unit; `kept`: how often an equal version keeps it."""

    label: str
    metric: syntax.Metric
    name: str
    data_set: str | None
    use: str
    unit: str
    value: float
    bound: Decimal
    because: str
    note: str
    kept: str = ""

    @property
    def higher(self) -> bool:
        """Is a larger value the better one."""
        return self.metric.better == "higher"

    @property
    def lines(self) -> list[str]:
        """The rule as a policy's text, line by line, its reason and its remedy with it."""
        bound = bounds.literal(self.bound, self.metric.type.kind, self.unit)
        rule = f"require {self.label}: {self.use} {'>=' if self.higher else '<='} {bound}"
        return [f"# {self.note}", rule, f'  because "{self.because}"', f'  fix "{FIX}"']


def declarations(texts: Iterable[tuple[str, str]]) -> Known:
    """All declarations of metrics in policy texts; those that do not read are left out."""
    found: dict[str, tuple[syntax.Metric, ...]] = {}
    for name, text in texts:
        tree, _ = parse(Source(name, text))
        for s in tree.statements:
            if isinstance(s, syntax.Metric):
                recorded = s.recorded_as or s.name
                found[recorded] = (*found.get(recorded, ()), s)
    return found


def value_of(piece: Element) -> float | Unreadable | None:
    """A measurement's value as it is recorded, or why that cannot be read; None where there is none."""
    found = raw_of(piece, "value")
    return found if isinstance(found, float | Unreadable) or found is None else None


def gated(
    record: Record, name: str, piece: Element, several: bool, known: Known, shipped: Known, margin: Decimal,
    labels: set[str], declared: dict[str, str], *, widened: bool = False,
) -> Gated | str:  # fmt: skip
    """The rule on one measurement, or why there is none; `widened`: with more margin, where chance takes more."""
    value = value_of(piece)
    if "@unreadable" in piece:
        return str(piece["@unreadable"])
    if not isinstance(value, float):
        return "it has no value" if value is None else f"its value {value.written} is {value.why}"
    metric = _declared(name, known, shipped)
    if isinstance(metric, str):
        return f"{metric}; it is {_number(value)}{_unit(piece)}"
    kind = metric.type.kind
    if kind not in NUMERIC:
        return f"it is declared as a {kind}"
    unit = str(piece.get("unit") or metric.type.unit or "")
    if kind in {"duration", "size"} and not unit:
        return f"the unit of {_number(value)} is neither recorded nor declared"
    unit = unit if unit in RECORDED_UNITS else ""
    spread = chance.spread(piece, value, unit)
    if widened and spread is not None:
        margin = max(margin, chance.margin(spread, value) or margin)
    found = bounds.bound(value, margin, kind, unit, higher=metric.better == "higher")
    if bounds.beyond(found, kind, unit, higher=metric.better == "higher") is None:
        return f"it is {_number(value)}, and none could be worse than {bounds.literal(found, kind, unit)}"
    if wording.text(name) is None:
        return "a policy cannot hold its name"
    data_set = piece.get("data_set")
    if data_set is not None and wording.text(str(data_set)) is None:
        return "a policy cannot hold the name of its data set"
    if data_set is None and several:
        return "it says no data set, and others do"
    if name not in declared:
        declared[name] = wording.once(metric.name, set(declared.values()), "_")
    use = declared[name] + (f" on {wording.text(str(data_set))}" if several else "")
    higher = metric.better == "higher"
    kept = chance.kept(spread, value, float(found), higher=higher) if spread is not None else ""
    words = (metric.name, str(data_set)) if several and data_set is not None else (metric.name,)
    label = wording.once(wording.label(*words) or "metric", labels)
    return Gated(
        label, metric, name, None if data_set is None else str(data_set), use, unit, value, found,
        f"a new version is {_slack(margin)} than the champion was", _note(record, piece, value, kept), kept,
    )  # fmt: skip


def _declared(name: str, known: Known, shipped: Known) -> syntax.Metric | str:
    """The declaration that tells the direction, or why there is none: it is never guessed."""
    ours, theirs = known.get(name, ()), shipped.get(name, ())
    for told in (ours, theirs):
        ways = {m.better for m in told if m.better is not None}
        if len(ways) > 1:
            return "it is declared both as higher and as lower is better"
        if ways:
            return replace((*ours, *theirs)[0], better=ways.pop())
    return "nothing declares whether higher or lower is better"


def _note(record: Record, piece: Element, value: float, kept: str) -> str:
    """Where the bound comes from, as a comment, and how often an equal version keeps it."""
    at = piece.get("measured_at")
    measured = f" (measured {moment(at)[:10]})" if isinstance(at, int) else ""
    on = f" on {wording.comment(str(piece['data_set']))}" if piece.get("data_set") is not None else ""
    samples = piece.get("samples")
    cases = f", measured on {samples:,.0f} cases," if isinstance(samples, float) else ""
    passes = f"; of equal versions{cases} {kept} pass" if kept else ""
    slices = piece.get("slices")
    groups = f"; its {len(slices)} slices have no rule of their own" if slices else ""
    return f"champion {wording.comment(record.name)}: {_number(value)}{_unit(piece)}{on}{measured}{passes}{groups}"


def _slack(margin: Decimal) -> str:
    return f"at most {bounds.plain(margin):f} % worse" if margin else "no worse"


def _unit(piece: Element) -> str:
    unit = piece.get("unit")
    return "" if unit is None else f" {wording.comment(str(unit))}"


def _number(value: float) -> str:
    return repr(value) if not value.is_integer() or abs(value) >= 1e15 else str(int(value))


def named(name: str, piece: Element) -> str:
    """A measurement as comments name it: with its data set, where it has one."""
    on = f" on {wording.comment(str(piece['data_set']))}" if piece.get("data_set") is not None else ""
    return shown(name) + on


def shown(name: str) -> str:
    """A name in backticks, fit for a comment of a policy."""
    return f"`{wording.comment(name)}`"
