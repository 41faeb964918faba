"""The drawing of a rule, made from its explanation: its gauge, and metrics by group as the interpreter judged them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isfinite

from letpass.diagnostics import Span
from letpass.evaluation.asked import Asked, asked
from letpass.evaluation.counterparts import by_group
from letpass.evaluation.drawn import LEVEL, MOST_GROUPS, Gauge, Group, Groups, Standing
from letpass.evaluation.explaining import as_percent, text_of
from letpass.evaluation.explanation import Ends, Explanation, Judged, Margin
from letpass.evaluation.input import Input
from letpass.evaluation.meanings import exactly, in_unit, same_data
from letpass.evaluation.reading import Reader, unit_of
from letpass.evaluation.reasons import Reason
from letpass.facts import estimates
from letpass.facts.record import Element, Record
from letpass.frozen import Frozen, replace
from letpass.language import typed
from letpass.language.truth import Truth3
from letpass.language.typed import bare
from letpass.language.types import UNITS, dimension

MOST_WHY = 2
_Z = 1.959963984540054  # the normal quantile of that level
_ORDER = (Standing.MISSED, Standing.UNKNOWN, Standing.MET, Standing.SHOWN, Standing.NOT_ASKED)


def rule(
    test: typed.Truth, found: Explanation, truth: Truth3, input_: Input
) -> tuple[Gauge | None, tuple[Groups, ...]]:
    """What is drawn of one rule that applies; found: the explanation of its condition."""
    return gauge(test, found, truth, input_), tuple(groups(test, found, input_))


# ---------------------------------------------------------------- gauges


def gauge(test: typed.Truth, found: Explanation, truth: Truth3, input_: Input) -> Gauge | None:
    """The picture of a rule that compares one number with a bound; None where it is about something else."""
    drawn = _drawn(test, found, truth)
    if drawn is None:
        return None
    part, one = drawn
    name = part.seen[0].name if part.seen else text_of(one.node)
    if part.ends is not None:
        return _with_ends(name, part, part.ends, one, truth, input_)
    margin = part.margin
    assert margin is not None
    made = Gauge(name, margin.value, margin.bound, margin.unit, margin.percent, one.operator, truth, margin.amount)
    if one.measured is None:
        return made
    reader = Reader(input_, None)
    ours = _measured(reader, one.measured, margin.unit)
    if ours is None:
        return made
    low, high = interval(ours.piece, ours.unit, margin.unit)
    return replace(made, low=low, high=high, champion=_champion(one.measured, ours, margin.unit, input_))


def _with_ends(name: str, part: Explanation, ends: Ends, one: Asked, truth: Truth3, input_: Input) -> Gauge:
    """The picture of a comparison with confidence, also where its bound lies inside the interval."""
    champion = None
    if one.measured is not None and not ends.difference:
        ours = _measured(Reader(input_, None), one.measured, ends.unit)
        champion = _champion(one.measured, ours, ends.unit, input_) if ours is not None else None
    return Gauge(
        f"{name}, from the champion's" if ends.difference else name,
        ends.value,
        ends.bound,
        ends.unit,
        ends.percent,
        one.operator,
        truth,
        part.margin.amount if part.margin is not None else None,
        champion,
        ends.low,
        ends.high,
        None if ends.level == LEVEL else ends.level,
        ends.difference,
    )


def _champion(of: typed.Measured, ours: _Measure, unit: str, input_: Input) -> float | None:
    """The champion's value on the same data, where it has one."""
    if not isinstance(input_.champion, Record):
        return None
    theirs = _measured(Reader(input_, None), replace(of, champion=True), unit)
    if theirs is None or (of.section == "metrics" and not same_data(ours.piece, theirs.piece)):
        return None
    return theirs.value


def _drawn(test: typed.Truth, found: Explanation, truth: Truth3) -> tuple[Explanation, Asked] | None:
    """The comparison that is drawn: one that came out as the rule did, or, where that is undecided, the first.

    Another one's picture would have the rule's colour, and not say why the rule came out so.
    """
    known: dict[Span, set[Asked]] = {}
    for part in _leaves(found):
        margin = part.margin
        if part.ends is None and (margin is None or part.truth is None):
            continue
        for one in () if known else asked(test):
            known.setdefault(one.span, set()).add(one)
        both = known.get(part.span, set())
        if len({o.negated for o in both}) != 1:
            continue
        one = next(iter(both))
        if one.each:
            continue  # single groups have a picture of their own
        numbers = _numbers(part)
        if not all(isfinite(v) for v in numbers):
            continue
        if (
            isinstance(one.node, typed.SuitePassed)
            and margin is not None
            and exactly(margin.value, one.node.operator or "", margin.bound) is not part.truth
        ):
            continue  # its score is not why it came out so
        if truth is None or (part.truth is not None and truth is (part.truth is not one.negated)):
            return part, one
    return None


def _numbers(part: Explanation) -> tuple[float, ...]:
    """The numbers that a picture of a condition has to find a place for."""
    if part.ends is not None:
        return part.ends.value, part.ends.low, part.ends.high, part.ends.bound
    return (part.margin.amount, part.margin.value, part.margin.bound) if part.margin is not None else ()


def _leaves(part: Explanation) -> Iterator[Explanation]:
    """The conditions that were compared, what decided first."""
    yield from part.deciding()
    stack = [part]
    while stack:
        one = stack.pop(0)
        yield one
        stack += one.parts


class _Measure(Frozen):
    """A measure: its value in the unit that was wanted, and its piece of the record with the unit that this is in."""

    value: float
    piece: Element
    unit: str


def _measured(reader: Reader, node: typed.Measured, wanted: str) -> _Measure | None:
    """A measure that has a number which can be told in a unit."""
    found, piece = reader.measured(node), reader.measure(node).piece
    factor = scale(found.unit, wanted) if found.known and piece is not None else None
    if piece is None or factor is None or not isfinite(found.value * factor):
        return None
    return _Measure(found.value * factor, piece, found.unit)


def interval(piece: Element, unit: str, wanted: str) -> tuple[float | None, float | None]:
    """The 95% interval of a measure whose value is in `unit`, told in the wanted one; or nothing."""
    raw, factor = piece.get("value"), scale(unit, wanted)
    if not isinstance(raw, float) or factor is None:
        return None, None
    found = estimates.interval(piece, raw, LEVEL, _Z, percent=unit == "%", share=True)
    if isinstance(found, str) or not isfinite((found.high - found.low) * factor):
        return None, None
    return found.low * factor, found.high * factor


def scale(unit: str, wanted: str) -> float | None:
    """What a value in `unit` is multiplied by to be in the wanted one; None where it cannot be."""
    if unit == wanted:
        return 1.0
    if {unit, wanted} == {"%", ""}:
        return 0.01 if unit else 100.0
    if dimension(unit) is None or dimension(unit) != dimension(wanted):
        return None
    units = UNITS[str(dimension(unit))]
    return float(units[unit] / units[wanted])


# ---------------------------------------------------------------- groups


def groups(test: typed.Truth, found: Explanation, input_: Input) -> Iterator[Groups]:
    """The metrics of whose groups a condition asks something, each group as it was judged; then those of which it asks the
    least or the most.
    """
    nodes = dict(_quantified(test))
    seen: list[Groups] = []
    stack = [found] if nodes else []
    while stack:
        one = stack.pop(0)
        stack += one.parts
        node = nodes.get(one.span)
        if node is None or not isinstance(node.list, typed.Slices):
            continue
        table = _table(node.list, {j.place: j for j in one.judged}, node, one.why, input_)
        if table is not None and table not in seen:
            seen.append(table)
            yield table
    yield from _least(test, input_)


def _quantified(test: typed.Node, span: Span | None = None) -> Iterator[tuple[Span, typed.ForAll]]:
    """The conditions on every group of a metric of the candidate that stand inside no other list, each with the place under
    which it is explained: that of whatever asks who attested it.
    """
    match test:
        case typed.ForAll():
            if isinstance(test.list, typed.Slices) and not test.list.of.champion:
                yield span or test.span, test
        case typed.Both() | typed.Either():
            for part in test.parts:
                yield from _quantified(part)
        case typed.Not():
            yield from _quantified(test.operand)
        case typed.AttestedBy():
            yield from _quantified(test.operand, span or test.span)
        case typed.Named():
            yield from _quantified(test.body)


def _least(test: typed.Truth, input_: Input) -> Iterator[Groups]:
    """The metrics of whose groups a condition asks the least or the most, and nothing of each."""
    for node in typed.walk(test):
        if isinstance(node, typed.Extremum) and isinstance(node.list, typed.Slices) and not node.list.of.champion:
            found = _table(node.list, {}, None, (), input_)
            if found is not None:
                yield found


def _table(
    slices: typed.Slices, judged: Mapping[str, Judged], node: typed.ForAll | None, why: tuple[Reason, ...], input_: Input
) -> Groups | None:  # fmt: skip
    reader = Reader(input_, None)  # the values are shown whoever vouches for them; what counts was judged
    owner = reader.measure(slices.of).piece
    elements = owner.get(slices.field) if owner is not None else None
    if owner is None or not isinstance(elements, tuple) or not elements:
        return None
    own = unit_of(owner.get("unit"), slices.of.type) or ""
    ask = _of_values(node)
    of_each = [(e, judged.get(str(e["@"]))) for e in elements]
    margins = [_margin(j) if ask is not None else None for _, j in of_each]
    known = next((m for m in margins if m is not None and scale(own, m.unit) is not None), None)
    unit, percent = (known.unit, known.percent) if known is not None else (own, False)
    factor = scale(own, unit) or 1.0
    bounds = {m.bound for m in margins if m is not None and m.unit == unit}
    if known is None and ask is not None:  # nothing was compared, and yet the rule says what with
        percent, bounds = _wanted(ask, own)
    # one of which nothing is known is held to the others' bound, where they have but one
    others = next(iter(bounds)) if len(bounds) == 1 else None
    theirs = _theirs(reader, slices.of, owner, unit) if isinstance(input_.champion, Record) else {}
    rows = []
    for (element, found), margin in zip(of_each, margins, strict=True):
        value = _finite(element.get("value"))
        value = _finite(value * factor) if value is not None else None
        name = str(element.get("group", ""))
        wanted = margin if margin is not None and margin.unit == unit else None
        made = Group(
            name, value, _standing(found, node), _finite(element.get("samples")),
            wanted.bound if wanted is not None else others, wanted.amount if wanted is not None else None, theirs.get(name),
            why=_why(found, node),
        )  # fmt: skip
        rows.append((made, element))
    side = ask.side if ask is not None else ""
    rows.sort(key=lambda r: _worst(r[0], lower=side == "lower"))
    kept = []
    for made, element in rows[:MOST_GROUPS]:
        low, high = interval(element, own, unit) if made.value is not None else (None, None)
        kept.append(replace(made, low=low, high=high))
    return Groups(
        slices.of.name, text_of(node) if node is not None else "", tuple(kept), unit, percent,
        ask.operator if ask is not None else "", max(0, len(rows) - MOST_GROUPS),
        why if any(found is None for _, found in of_each) else (),
    )  # fmt: skip


def _worst(row: Group, *, lower: bool) -> tuple[int, bool, float]:
    """The sort key of a group: missed ones first, then unknown ones, of each first those without a value, then the worst."""
    value = row.value or 0.0
    return _ORDER.index(row.standing), row.value is not None, -value if lower else value


def _of_values(node: typed.ForAll | None) -> Asked | None:
    """What is asked of every group's value; None where something else is, or more than one thing."""
    found = list(asked(node.have)) if node is not None else []
    left = bare(found[0].node.left) if len(found) == 1 and isinstance(found[0].node, typed.Comparison) else None
    return found[0] if isinstance(left, typed.Element) and left.of is not None and left.field == "value" else None


def _wanted(ask: Asked, unit: str) -> tuple[bool, set[float]]:
    """Was a bound that is written out a percentage, and the bound in the unit of the values."""
    node = ask.node
    if not isinstance(node, typed.Comparison) or not isinstance(node.right, typed.Constant):
        return False, set()
    fits = node.kind not in UNITS or unit in UNITS[node.kind]
    return as_percent(node, unit), {in_unit(node.right, node.kind, unit)} if fits else set()


def _margin(found: Judged | None) -> Margin | None:
    """How far a group is from its bound."""
    parts = _parts(found.have) if found is not None and found.have is not None else iter(())
    return next((m for p in parts if (m := p.margin) is not None and isfinite(m.amount)), None)


def _parts(part: Explanation) -> Iterator[Explanation]:
    yield part
    for inner in part.parts:
        yield from _parts(inner)


def _standing(found: Judged | None, node: typed.ForAll | None) -> Standing:
    if node is None:
        return Standing.SHOWN
    if found is None:
        return Standing.UNKNOWN
    if found.selected is False:
        return Standing.NOT_ASKED
    truth = found.have.truth if found.have is not None else None
    if found.selected is None and truth is not True:  # it would have to be asked for what it misses to count
        truth = None
    return {True: Standing.MET, False: Standing.MISSED, None: Standing.UNKNOWN}[truth]


def _why(found: Judged | None, node: typed.ForAll | None) -> tuple[Reason, ...]:
    if found is None or _standing(found, node) is not Standing.UNKNOWN:
        return ()
    where = found.where.why if found.where is not None and found.selected is None else ()
    have = found.have.why if found.have is not None else ()
    return tuple(dict.fromkeys((*where, *have)))[:MOST_WHY]


def _theirs(reader: Reader, node: typed.Measured, owner: Element, wanted: str) -> dict[str, float]:
    """The champion's values by group, of the same metric on the same data; of groups of one name none."""
    theirs = reader.measure(replace(node, champion=True)).piece
    factor = scale(unit_of(theirs.get("unit"), node.type) or "", wanted) if theirs is not None else None
    if theirs is None or factor is None or not same_data(owner, theirs):
        return {}
    ours, _ = by_group(owner)
    return {
        name: v
        for name, each in by_group(theirs)[0].items()
        if each is not None and ours.get(name) is not None
        and (raw := _finite(each.get("value"))) is not None and isfinite(v := raw * factor)
    }  # fmt: skip


def _finite(value: object) -> float | None:
    return value if isinstance(value, float) and isfinite(value) else None
