"""Comparisons as the reference interpreter understands them: numbers, dates, ordered words, and intervals against a bound."""

from __future__ import annotations

from math import isfinite

from letpass.evaluation.comparable import incomparable
from letpass.evaluation.counterparts import Counterparts
from letpass.evaluation.explaining import as_percent, text_of, unknown
from letpass.evaluation.explaining import margin as margin_of
from letpass.evaluation.explanation import Explanation, show
from letpass.evaluation.meanings import exactly, in_unit, nearly
from letpass.evaluation.reading import Reader
from letpass.evaluation.reasons import Reason, ReasonKind
from letpass.evaluation.reckoning import Levels, Values
from letpass.evaluation.seen import Seen, SeenKind
from letpass.evaluation.sure import sure
from letpass.frozen import replace
from letpass.language import typed
from letpass.language.typed import bare


def compare(
    node: typed.Comparison, levels: Levels, reader: Reader, values: Values, counterparts: Counterparts
) -> Explanation:
    """Whether a comparison holds, with what was compared and by how much it holds or misses."""
    if node.kind == "date" or node.symbols:
        return _ordered(node, levels, reader, values)
    why = incomparable(node, levels, reader, counterparts)
    if node.level is not None:
        return sure(node, levels, reader, values, counterparts, why)
    if not node.tolerant and isinstance(node.right, typed.Constant):
        found = values.term(node.left, levels, reader)
        if not found.known:
            return unknown(node, found.why, found.seen)
        limit = in_unit(node.right, node.kind, found.unit)
        truth = exactly(found.value, node.operator, limit)
        percent = as_percent(node, found.unit)
        seen = (
            tuple(replace(s, value=show(float(f"{found.value * 100:.6g}"), "%")) for s in found.seen)
            if percent
            else found.seen
        )
        margin = margin_of(found.value, node.operator, limit, found.unit, percent=percent)
        return Explanation(text_of(node), truth, seen, margin=margin)
    left = values.number(node.left, node, levels, reader)
    right = values.number(node.right, node, levels, reader)
    reasons = (*left.why, *right.why, *why)
    if not reasons and node.kind == "open" and len(units := left.units | right.units) > 1:
        reasons = (
            Reason(
                ReasonKind.NOT_COMPARABLE,
                text_of(node),
                "the sides are recorded in " + " and ".join(f"`{u or 'no unit'}`" for u in sorted(units)),
            ),
        )
    if not reasons and not (isfinite(left.value) and isfinite(right.value)):
        reasons = (Reason(ReasonKind.UNREADABLE, text_of(node), "the numbers are too large to reckon with"),)
    seen = (*left.seen, *right.seen)
    if reasons:
        return unknown(node, reasons, seen)
    largest = max(left.largest, right.largest) if node.tolerant or left.converted or right.converted else 0.0
    truth = nearly(left.value, node.operator, right.value, largest)
    percent = as_percent(node, node.unit)
    reckoned = bare(node.left)
    if isinstance(reckoned, typed.Add | typed.Absolute) and isinstance(node.right, typed.Constant):
        shown = show(float(f"{left.value * (100 if percent else 1):.6g}"), "%" if percent else node.unit)
        what = "the difference" if isinstance(reckoned, typed.Absolute) or reckoned.sign < 0 else "the sum"
        seen = (Seen(SeenKind.DERIVED, what, shown), *seen)
    unit = next(iter((*left.units, *right.units)), "") if node.kind == "open" else node.unit
    return Explanation(
        text_of(node), truth, seen, margin=margin_of(left.value, node.operator, right.value, unit, percent=percent)
    )


def _ordered(node: typed.Comparison, levels: Levels, reader: Reader, values: Values) -> Explanation:
    """Dates, and words of one ordered enumeration."""
    left, right = values.term(node.left, levels, reader), values.term(node.right, levels, reader)
    seen = (*left.seen, *right.seen)
    if left.why or right.why:
        return unknown(node, (*left.why, *right.why), seen)
    a, b = (
        (node.symbols.index(left.value), node.symbols.index(right.value)) if node.symbols else (left.value, right.value)
    )
    return Explanation(text_of(node), exactly(a, node.operator, b), seen)
