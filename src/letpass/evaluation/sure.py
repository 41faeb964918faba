"""Comparisons with confidence as the reference interpreter understands them: shown to hold, shown not to, or too few cases to tell."""

from __future__ import annotations

from letpass.evaluation import settling
from letpass.evaluation.contrasted import contrasted
from letpass.evaluation.counterparts import Counterparts
from letpass.evaluation.estimated import (
    INTERVAL_STEP,
    Measured,
    against_bound,
    asked_level,
    interval_of,
    measured,
    place,
)
from letpass.evaluation.explaining import as_percent, once, text_of, unknown
from letpass.evaluation.explaining import margin as margin_of
from letpass.evaluation.explanation import Ends, Explanation, show
from letpass.evaluation.meanings import exactly, in_unit
from letpass.evaluation.reading import Reader, Reading
from letpass.evaluation.reasons import Reason, ReasonKind
from letpass.evaluation.reckoning import Levels, Values
from letpass.evaluation.seen import Seen, SeenKind
from letpass.facts import estimates, judges
from letpass.facts.estimates import Interval
from letpass.facts.judges import Refuted
from letpass.frozen import replace
from letpass.language import typed
from letpass.language.operators import UPWARD
from letpass.language.types import Type

JUDGE_STEP = "record the `judge` with its counts on cases that people judged too, and `successes` of `samples`"
CALIBRATE_STEP = (
    "have people judge some of these very cases, and record in `judge` how often the judge agrees with them there"
)
TRIES_STEP = "record how many candidates were measured before this one was chosen: `tries: N` in the metric"
FEWER_STEP = "measure the one that was chosen on data on which none was chosen, or let the rule be for as many tries"


def sure(
    node: typed.Comparison,
    levels: Levels,
    reader: Reader,
    values: Values,
    counterparts: Counterparts,
    why: tuple[Reason, ...],
) -> Explanation:
    """Whether a comparison is shown to hold at its level of confidence; `why`: why its sides cannot be compared."""
    found = measured(node.left, levels, reader, values, counterparts)
    if isinstance(found, Reading):
        made = unknown(node, (*found.why, *why), found.seen)
    elif node.against is None:
        made = _bounded(node, found)
    else:
        made = contrasted(node, found, levels, reader, values, counterparts, why)
    return made if node.tries is None else _tried(node, made, levels, reader)


def _bounded(node: typed.Comparison, of: Measured) -> Explanation:
    """A metric's interval against a constant bound."""
    assert node.level is not None
    assert isinstance(node.right, typed.Constant)
    found, name = of.reading, text_of(node.left)
    interval = _corrected(node, of) if node.corrected else interval_of(node, of)
    if isinstance(interval, Refuted):
        refuted = Reason(ReasonKind.REFUTED, name, interval.why, step=CALIBRATE_STEP)
        return unknown(node, (refuted,), found.seen)
    if isinstance(interval, str):
        step = JUDGE_STEP if node.corrected else INTERVAL_STEP
        return unknown(node, (Reason(ReasonKind.MISSING, name, interval, step=step),), found.seen)
    limit, percent = in_unit(node.right, node.kind, found.unit), as_percent(node, found.unit)
    low, high = [(end, max(interval.largest, abs(end), abs(limit))) for end in (interval.low, interval.high)]
    truth = against_bound(node.operator, low, high, limit)
    lower = node.operator in UPWARD
    end = interval.low if lower else interval.high

    def shown(value: float) -> str:
        return show(float(f"{value * (100 if percent else 1):.5g}"), "%" if percent else found.unit)

    value = show(float(f"{found.value * (100 if percent else 1):.6g}"), "%" if percent else found.unit)
    if truth is True:
        what, ends_at = f"{'lower' if lower else 'upper'} bound of {name}", shown(end)
    else:  # whether a miss is shown, or cases are too few, the other end tells
        what = f"interval of {name}"
        ends_at = f"{shown(interval.low)} to {shown(interval.high)} at {asked_level(node)}"
    reckoned = Seen(
        SeenKind.DERIVED,
        what,
        f"{ends_at} ({interval.source})",
        str(of.piece["@"]),
        trust=str(of.piece.get("@trust", "")),
    )
    seen = (*[replace(s, value=value) for s in found.seen], reckoned)
    middle = (interval.low + interval.high) / 2 if node.corrected else found.value
    ends = Ends(middle, interval.low, interval.high, limit, node.level, found.unit, percent)
    if truth is None:
        between = f"{value}, at {asked_level(node)} between {shown(interval.low)} and {shown(interval.high)}"
        whole = interval.largest
        cases = (
            settling.by_score(of.piece, middle / whole, limit / whole, node.z)
            if interval.wilson
            else settling.by_width(of.piece, middle, interval.low, interval.high, limit)
        )
        detail = f"{between}; the bound of {shown(limit)} lies inside"
        reason = Reason(ReasonKind.TOO_FEW, name, detail, step=settling.step(cases))
        return replace(unknown(node, (reason,), seen), ends=ends)
    margin = margin_of(end, node.operator, limit, found.unit, percent=percent)
    return Explanation(text_of(node), truth, seen, margin=margin, ends=ends)


def _corrected(node: typed.Comparison, of: Measured) -> Interval | Refuted | str:
    """The interval of the share that people would find."""
    percent = of.reading.unit == "%"
    counts = estimates.counts(of.piece, of.reading.value, percent=percent, share=True)
    if isinstance(counts, str):
        return counts
    found = judges.corrected(of.piece, *counts, node.z)
    if not isinstance(found, judges.Corrected):
        return found
    whole = 100.0 if percent else 1.0
    return Interval(found.low * whole, found.high * whole, "corrected for its judge", whole)


def _tried(node: typed.Comparison, made: Explanation, levels: Levels, reader: Reader) -> Explanation:
    """The comparison, corrected for as many candidates as the rule is for."""
    assert node.tries is not None
    at = place(node.left, levels, reader)
    name = "tries" if isinstance(node.left, typed.Element) else f"{text_of(node.left)}.tries"
    if isinstance(at, Reading):
        found = Reading(why=at.why)
    else:
        assert at.owner is not None
        reason = reader.vouched(str(at.owner.get("@trust", "")), name)
        found = Reading(why=(reason,)) if reason else reader.field(at.owner, "tries", Type("count"), name)
    seen = (*made.seen, *found.seen)
    if not found.known:
        why = once((*made.why, *[replace(r, step=r.step or TRIES_STEP) if r.about == name else r for r in found.why]))
        return (
            replace(made, seen=seen)
            if made.truth is False
            else replace(made, truth=None, seen=seen, why=why, margin=None)
        )
    if exactly(found.value, "<=", node.tries):
        return replace(made, seen=seen)
    note = f"{found.value:.0f} candidates were measured, and the rule is for {node.tries}"
    margin = made.margin if made.truth is False else None
    return replace(made, truth=False, seen=seen, why=(), note=note, margin=margin, step=FEWER_STEP)
