"""Comparisons with confidence as the reference interpreter understands them: shown to hold, shown not to, or too few cases to tell."""

from __future__ import annotations

from math import isfinite

from letpass.evaluation import pricing, settling
from letpass.evaluation.counterparts import Counterparts
from letpass.evaluation.explaining import as_percent, once, text_of, unknown
from letpass.evaluation.explaining import margin as margin_of
from letpass.evaluation.explanation import Ends, Explanation, Price, show
from letpass.evaluation.meanings import exactly, in_unit, nearly
from letpass.evaluation.reading import At, Reader, Reading
from letpass.evaluation.reasons import Reason, ReasonKind
from letpass.evaluation.reckoning import Levels, Values
from letpass.evaluation.seen import Seen, SeenKind
from letpass.facts import contrasts, estimates, judges
from letpass.facts.contrasts import Pairs, Side
from letpass.facts.estimates import Interval
from letpass.facts.record import Element, raw_of
from letpass.frozen import Frozen, replace
from letpass.language import typed
from letpass.language.truth import Truth3
from letpass.language.types import UNITS, Type

_FAILS = {">=": "<", ">": "<=", "<=": ">", "<": ">="}
_SHARES = {"ratio", "number", "open"}
SAMPLES_STEP = "measure anew and add the outcomes of the cases with the results: `policy evidence add MODEL FILE`, and `--samples FILE` where the tool writes them apart"
INTERVAL_STEP = (
    "record how sure it is: `successes` of `samples` where it is a share, else a `standard_error` or an `interval`"
)
JUDGE_STEP = "record the `judge` with its counts on cases that people judged too, and `successes` of `samples`"
TRIES_STEP = "record how many candidates were measured before this one was chosen: `tries: N` in the metric"


class Measured(Frozen):
    """A value that was read, and the piece and measure that it stands in."""

    reading: Reading
    piece: Element
    owner: Element


def sure(
    node: typed.Comparison,
    levels: Levels,
    reader: Reader,
    values: Values,
    counterparts: Counterparts,
    why: tuple[Reason, ...],
) -> Explanation:
    """Whether a comparison is shown to hold at its level of confidence; `why`: why its sides cannot be compared."""
    found = _measured(node.left, levels, reader, values, counterparts)
    if isinstance(found, Reading):
        made = unknown(node, (*found.why, *why), found.seen)
    elif node.against is None:
        made = _bounded(node, found)
    else:
        made = _contrasted(node, found, levels, reader, values, counterparts, why)
    return made if node.tries is None else _tried(node, made, levels, reader)


def _measured(
    node: typed.Term, levels: Levels, reader: Reader, values: Values, counterparts: Counterparts
) -> Measured | Reading:
    """A measured value with what stands beside it, or why there is none."""
    reading = values.term(node, levels, reader)
    if not reading.known:
        return reading
    at = _place(node, levels, reader, counterparts)
    assert isinstance(at, At)
    assert at.owner is not None
    return Measured(reading, at.element, at.owner)


def _place(node: typed.Term, levels: Levels, reader: Reader, counterparts: Counterparts | None = None) -> At | Reading:
    if isinstance(node, typed.Element):
        return levels[node.level]
    if isinstance(node, typed.Counterpart):
        assert counterparts is not None
        return counterparts.fellow(node, levels, reader)
    assert isinstance(node, typed.Measured)
    found = reader.measure(node)
    return At(found.piece, found.piece) if found.piece is not None and found.known else found


# ---------------------------------------------------------------- against a constant


def _bounded(node: typed.Comparison, of: Measured) -> Explanation:
    """A metric's interval against a constant bound."""
    assert node.level is not None
    assert isinstance(node.right, typed.Constant)
    found, name = of.reading, text_of(node.left)
    interval = _corrected(node, of) if node.corrected else _interval(node, of)
    if isinstance(interval, str):
        step = JUDGE_STEP if node.corrected else INTERVAL_STEP
        return unknown(node, (Reason(ReasonKind.MISSING, name, interval, step=step),), found.seen)
    limit, percent = in_unit(node.right, node.kind, found.unit), as_percent(node, found.unit)
    low, high = [(end, max(interval.largest, abs(end), abs(limit))) for end in (interval.low, interval.high)]
    truth = _told(node.operator, low, high, limit)
    lower = node.operator in {">=", ">"}
    end = interval.low if lower else interval.high

    def shown(value: float) -> str:
        return show(float(f"{value * (100 if percent else 1):.5g}"), "%" if percent else found.unit)

    value = show(float(f"{found.value * (100 if percent else 1):.6g}"), "%" if percent else found.unit)
    seen = (
        *[replace(s, value=value) for s in found.seen],
        Seen(
            SeenKind.DERIVED,
            f"{'lower' if lower else 'upper'} bound of {name}",
            f"{shown(end)} ({interval.source})",
            str(of.piece["@"]),
        ),
    )
    middle = (interval.low + interval.high) / 2 if node.corrected else found.value
    ends = Ends(middle, interval.low, interval.high, limit, node.level, found.unit, percent)
    if truth is None:
        between = f"{value}, at {_level(node)} between {shown(interval.low)} and {shown(interval.high)}"
        share = limit / interval.largest if "Wilson" in interval.source else None
        cases = (
            settling.by_score(of.piece, middle / interval.largest, share, node.z)
            if share is not None
            else settling.by_width(of.piece, middle, interval.low, interval.high, limit)
        )
        detail = f"{between}; the bound of {shown(limit)} lies inside"
        reason = Reason(ReasonKind.TOO_FEW, name, detail, step=settling.step(cases))
        return replace(unknown(node, (reason,), seen), ends=ends)
    margin = margin_of(end, node.operator, limit, found.unit, percent=percent)
    return Explanation(text_of(node), truth, seen, margin=margin, ends=ends)


def _interval(node: typed.Comparison, of: Measured) -> Interval | str:
    assert node.level is not None
    unit = of.reading.unit
    share = node.kind in _SHARES and unit in {"", "%"}
    return estimates.interval(of.piece, of.reading.value, node.level, node.z, percent=unit == "%", share=share)


def _corrected(node: typed.Comparison, of: Measured) -> Interval | str:
    """The interval of the share that people would find."""
    percent = of.reading.unit == "%"
    counts = estimates.counts(of.piece, of.reading.value, percent=percent, share=True)
    if isinstance(counts, str):
        return counts
    found = judges.corrected(of.piece, *counts, node.z)
    if isinstance(found, str):
        return found
    whole = 100.0 if percent else 1.0
    return Interval(found.low * whole, found.high * whole, "corrected for its judge", whole)


# ---------------------------------------------------------------- against the champion


def _contrasted(
    node: typed.Comparison,
    ours: Measured,
    levels: Levels,
    reader: Reader,
    values: Values,
    counterparts: Counterparts,
    why: tuple[Reason, ...],
) -> Explanation:
    """A metric against the champion's, case by case where both have the outcomes, else by both intervals."""
    assert node.against is not None
    theirs = _measured(node.against.champion, levels, reader, values, counterparts)
    seen = (*ours.reading.seen, *theirs.reading.seen) if isinstance(theirs, Measured) else ours.reading.seen
    if isinstance(theirs, Reading):
        return unknown(node, (*theirs.why, *why), (*seen, *theirs.seen))
    units = {ours.reading.unit, theirs.reading.unit}
    if node.kind == "open" and len(units) > 1:
        detail = "the sides are recorded in " + " and ".join(f"`{u or 'no unit'}`" for u in sorted(units))
        why = (*why, Reason(ReasonKind.NOT_COMPARABLE, text_of(node), detail))
    if why:
        return unknown(node, why, seen)
    paired = _paired(node, ours, theirs)
    if isinstance(paired, Reason):
        return unknown(node, (paired,), seen)
    unit = ours.reading.unit if node.kind == "open" else node.unit
    found = _case_by_case(node, paired, unit) if paired is not None else _by_intervals(node, ours, theirs)
    if isinstance(found, Reason):
        return unknown(node, (found,), seen)
    return found.explained(node, seen, str(ours.piece["@"]))


def _paired(node: typed.Comparison, ours: Measured, theirs: Measured) -> Pairs | Reason | None:
    """The outcomes of both; None where two intervals are compared; else why they cannot be compared case by case."""
    against, name = node.against, text_of(node.left)
    assert against is not None
    of = against.champion.of if isinstance(against.champion, typed.Counterpart) else against.champion
    if node.kind not in {"ratio", "open"} or against.factor != 1 or of.section != "metrics":
        return None
    lacking = [who for who, m in ((f"champion.{name}", theirs), (name, ours)) if "outcomes" not in m.piece]
    clusters = any(raw_of(m.piece, "clusters") is not None for m in (ours, theirs))
    if lacking or clusters:
        if not against.paired:
            return None
        if lacking:
            detail = f"`paired` needs the outcomes of both, and {' and '.join(lacking)} {'have' if len(lacking) > 1 else 'has'} none"
            return Reason(ReasonKind.MISSING, lacking[0], detail, step=SAMPLES_STEP)
        return Reason(ReasonKind.UNREADABLE, name, "its samples come in clusters, so that no case stands by itself")
    for who, m in ((name, ours), (f"champion.{name}", theirs)):
        unit = m.reading.unit
        counts = estimates.counts(m.piece, m.reading.value, percent=unit == "%", share=unit in {"", "%"})
        if isinstance(counts, str):
            return Reason(ReasonKind.UNREADABLE, who, counts)
        for field in ("cases", "right"):
            if type(m.piece["outcomes"].get(field)) is not str:
                bad = raw_of(m.piece["outcomes"], field)
                detail = "are not recorded" if bad is None else f"cannot be read: {bad.written} is {bad.why}"
                return Reason(
                    ReasonKind.UNREADABLE, f"{who}.outcomes.{field}", detail, predicate=True, step=SAMPLES_STEP
                )
    a, b = ours.piece, theirs.piece
    if a["outcomes"]["cases"] != b["outcomes"]["cases"] or a["samples"] != b["samples"]:
        cases = [str(m["outcomes"]["cases"])[:19] for m in (b, a)]
        detail = f"measured on other cases ({cases[0]}…) than {name} ({cases[1]}…)"
        step = "measure both versions on the same cases, and record the outcomes"
        return Reason(ReasonKind.NOT_COMPARABLE, f"champion.{name}", detail, step=step)
    return contrasts.pairs(a["outcomes"]["right"], b["outcomes"]["right"], a["samples"])


class _Contrast(Frozen):
    """What a comparison with the champion came to: its truth, the difference with its interval, how that was found.

    bound: what the difference is held to · cases: about how many would settle it, None where that cannot be told.
    """

    truth: Truth3
    value: float
    low: float
    high: float
    bound: float
    how: str
    cases: float | None
    price: Price
    unit: str

    def explained(self, node: typed.Comparison, seen: tuple[Seen, ...], path: str) -> Explanation:
        percent = node.kind == "ratio" or self.unit == "%"
        times = 100.0 if percent and self.unit != "%" else 1.0

        def shown(value: float, *, bare: bool = False) -> str:
            number = float(f"{value * times:.3g}")
            return show(number, "" if bare else "points" if percent else self.unit)

        between = f"at {_level(node)} between {shown(self.low, bare=True)} and {shown(self.high)}"
        factor = node.against.factor if node.against is not None else 1
        what = "the difference" if factor == 1 else f"the difference from {float(factor * 100):g}% of the champion's"
        seen = (*seen, Seen(SeenKind.DERIVED, what, f"{shown(self.value)}, {between} ({self.how})", path))
        assert node.level is not None
        points = percent and times != 1.0
        seen = (*seen, *self._costs(node, shown(abs(self.bound)), path))
        ends = Ends(
            self.value,
            self.low,
            self.high,
            self.bound,
            node.level,
            self.unit,
            points,
            difference=True,
            price=self.price,
        )
        if self.truth is None:
            if not (isfinite(self.low) and isfinite(self.high)):
                detail = "the numbers are too large to reckon with"
                return unknown(node, (Reason(ReasonKind.UNREADABLE, text_of(node), detail),), seen)
            detail = f"{self.how}: {shown(self.value)}, {between}; the bound of {shown(self.bound)} lies inside"
            reason = Reason(ReasonKind.TOO_FEW, text_of(node.left), detail, step=settling.step(self.cases))
            return replace(unknown(node, (reason,), seen), ends=ends)
        end = self.low if node.operator in {">=", ">"} else self.high
        margin = margin_of(end, node.operator, self.bound, self.unit, percent=points)
        return Explanation(text_of(node), self.truth, seen, margin=margin, ends=ends)

    def _costs(self, node: typed.Comparison, margin: str, path: str) -> tuple[Seen, ...]:
        """How often an equal model passes; nothing where that cannot be told, or none is meant to."""
        worse = self.bound < 0 if node.operator in {">=", ">"} else self.bound > 0
        if self.price.equal is None or not worse or node.against is None or node.against.factor != 1:
            return ()
        equal, wrong = pricing.told(self.price.equal), pricing.told(self.price.wrong)
        text = f"{equal}, and of one that is {margin} worse {wrong}"
        return (Seen(SeenKind.DERIVED, "the chance of an equal model", text, path),)


def _case_by_case(node: typed.Comparison, pairs: Pairs, unit: str) -> _Contrast:
    """Tango's test; where less is better the sides are swapped."""
    assert node.against is not None
    upward = node.operator in {">=", ">"}
    shift = float(node.against.shift)
    seen = pairs if upward else pairs.mirrored()
    margin = -shift if upward else shift
    gain, error = contrasts.tango(seen, margin)
    largest, reach = max(pairs.cases * abs(margin), pairs.better, pairs.worse), node.z * error
    more = nearly(gain, ">", 0.0, largest) and nearly(gain, ">=" if "=" in node.operator else ">", reach, largest)
    less = nearly(gain, "<", 0.0, largest) and nearly(gain, "<" if "=" in node.operator else "<=", -reach, largest)
    low, high = contrasts.tango_interval(pairs, node.z)
    whole = 100.0 if unit == "%" else 1.0
    how = f"better {pairs.better:,.0f}, worse {pairs.worse:,.0f} of {pairs.cases:,.0f}"
    cases = pairs.cases * (reach / gain) ** 2 if gain else None
    value = (pairs.better - pairs.worse) / pairs.cases
    truth = True if more else False if less else None
    numbers = (value * whole, low * whole, high * whole, shift * whole)
    return _Contrast(truth, *numbers, how, cases, pricing.paired(node, pairs, margin), unit)


def _by_intervals(node: typed.Comparison, ours: Measured, theirs: Measured) -> _Contrast | Reason:
    """The intervals of both, by MOVER."""
    assert node.against is not None
    sides = list[Side]()
    sources = list[str]()
    for who, m in ((text_of(node.left), ours), (f"champion.{text_of(node.left)}", theirs)):
        found = _interval(node, m)
        if isinstance(found, str):
            return Reason(ReasonKind.MISSING, who, found, step=INTERVAL_STEP)
        unit = m.reading.unit
        same = node.kind not in UNITS or unit == node.unit
        by = 1.0 if same else float(UNITS[node.kind][unit] / UNITS[node.kind][node.unit])
        sides.append(Side(m.reading.value * by, found.low * by, found.high * by))
        sources.append(found.source)
    a, b = sides
    factor = float(node.against.factor)
    shift = float(node.against.shift / UNITS[node.kind][node.unit]) if node.kind in UNITS else float(node.against.shift)
    low, high = contrasts.mover(a, b, factor)
    middle = b.value * factor
    scales = [
        max(abs(a.value), abs(middle), abs(end), abs(other), abs(shift))
        for end, other in ((a.low, b.high), (a.high, b.low))
    ]
    truth = _told(node.operator, (low, scales[0]), (high, scales[1]), shift)
    value = a.value - middle
    cases = settling.by_width(ours.piece, value, low, high, shift)
    price = pricing.apart(node, a, b, (ours.piece, theirs.piece), shift)
    unit = ours.reading.unit if node.kind == "open" else node.unit
    return _Contrast(truth, value, low, high, shift, " against ".join(dict.fromkeys(sources)), cases, price, unit)


# ---------------------------------------------------------------- all of them


def _told(operator: str, low: tuple[float, float], high: tuple[float, float], bound: float) -> Truth3:
    """What an interval says of a bound; each end with the largest term that went into it."""
    near, far = (low, high) if operator in {">=", ">"} else (high, low)
    if isfinite(near[0]) and nearly(near[0], operator, bound, near[1]):
        return True
    return False if isfinite(far[0]) and nearly(far[0], _FAILS[operator], bound, far[1]) else None


def _tried(node: typed.Comparison, made: Explanation, levels: Levels, reader: Reader) -> Explanation:
    """With so many candidates as the rule is for."""
    assert node.tries is not None
    at = _place(node.left, levels, reader)
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
    return replace(made, truth=False, seen=seen, why=(), note=note, margin=made.margin if made.truth is False else None)


def _level(node: typed.Comparison) -> str:
    """The level as it is asked of the interval."""
    assert node.level is not None
    return f"{node.level * 100:.6g}%"
