"""A metric beside the champion's with confidence, as the reference interpreter understands it: case by case, or by two intervals."""

from __future__ import annotations

from math import isfinite

from letpass.evaluation import pricing, settling
from letpass.evaluation.counterparts import Counterparts
from letpass.evaluation.estimated import INTERVAL_STEP, Measured, against_bound, asked_level, interval_of, measured
from letpass.evaluation.explaining import margin as margin_of
from letpass.evaluation.explaining import text_of, unknown
from letpass.evaluation.explanation import Ends, Explanation, Price, show
from letpass.evaluation.meanings import nearly
from letpass.evaluation.reading import Reader, Reading
from letpass.evaluation.reasons import Reason, ReasonKind
from letpass.evaluation.reckoning import Levels, Values
from letpass.evaluation.seen import Seen, SeenKind
from letpass.facts import contrasts, estimates
from letpass.facts.contrasts import Pairs, Side
from letpass.facts.record import CLAIMED, Record, raw_of
from letpass.frozen import Frozen, replace
from letpass.language import typed
from letpass.language.operators import UPWARD
from letpass.language.truth import Truth3
from letpass.language.types import UNITS

SAMPLES_STEP = "measure anew and add the outcomes of the cases with the results: `policy evidence add MODEL FILE`, and `--samples FILE` where the tool writes them apart"


def contrasted(
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
    theirs = measured(node.against.champion, levels, reader, values, counterparts)
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
    vouched = {str(m.piece.get("@trust", "")) for m in (ours, theirs)}
    trust = vouched.pop() if len(vouched) == 1 else CLAIMED  # who vouches for one of both vouches for no difference
    if paired is not None and paired.better == paired.worse == 0 and not _one_artifact(reader):
        what = "the same in every case, though the artifacts are not: were they copied?"
        seen = (*seen, Seen(SeenKind.DERIVED, "what both versions answered", what, str(ours.piece["@"]), trust=trust))
    return found.explained(node, seen, str(ours.piece["@"]), trust)


def _one_artifact(reader: Reader) -> bool:
    """Are candidate and champion known to be the same bytes."""
    champion = reader.input.champion
    digest = reader.input.record.text("artifact.digest")
    return isinstance(champion, Record) and bool(digest) and digest == champion.text("artifact.digest")


def _paired(node: typed.Comparison, ours: Measured, theirs: Measured) -> Pairs | Reason | None:
    """The outcomes of both; None where two intervals are compared; else why they cannot be compared case by case."""
    against, name = node.against, text_of(node.left)
    assert against is not None
    if node.kind not in {"ratio", "open"} or against.factor != 1 or against.metric.section != "metrics":
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

    def explained(self, node: typed.Comparison, seen: tuple[Seen, ...], path: str, trust: str) -> Explanation:
        """The explanation of a comparison, of which this was seen in the record, the candidate's piece stands at `path`, and both are
        vouched for by `trust`."""
        assert node.level is not None
        assert node.against is not None
        points = node.kind == "ratio" and self.unit != "%"  # a share from 0 to 1 is told in points
        unit = "points" if points or self.unit == "%" else self.unit

        def shown(value: float, *, bare: bool = False) -> str:
            return show(float(f"{value * (100 if points else 1):.3g}"), "" if bare else unit)

        between = f"at {asked_level(node)} between {shown(self.low, bare=True)} and {shown(self.high)}"
        factor = node.against.factor
        what = "the difference" if factor == 1 else f"the difference from {float(factor * 100):g}% of the champion's"
        seen = (*seen, Seen(SeenKind.DERIVED, what, f"{shown(self.value)}, {between} ({self.how})", path, trust=trust))
        if factor == 1 and self.price.equal is not None:
            equal, wrong = pricing.of_100(self.price.equal), pricing.of_100(self.price.wrong)
            text = f"{equal}, and of one that is {shown(abs(self.bound))} worse {wrong}"
            seen = (*seen, Seen(SeenKind.DERIVED, "the chance of an equal model", text, path, trust=trust))
        ends = Ends(
            self.value, self.low, self.high, self.bound, node.level, self.unit, points, difference=True, price=self.price
        )  # fmt: skip
        if self.truth is None:
            if not (isfinite(self.low) and isfinite(self.high)):
                detail = "the numbers are too large to reckon with"
                return unknown(node, (Reason(ReasonKind.UNREADABLE, text_of(node), detail),), seen)
            detail = f"{self.how}: {shown(self.value)}, {between}; the bound of {shown(self.bound)} lies inside"
            reason = Reason(ReasonKind.TOO_FEW, text_of(node.left), detail, step=settling.step(self.cases))
            return replace(unknown(node, (reason,), seen), ends=ends)
        end = self.low if node.operator in UPWARD else self.high
        margin = margin_of(end, node.operator, self.bound, self.unit, percent=points)
        return Explanation(text_of(node), self.truth, seen, margin=margin, ends=ends)


def _case_by_case(node: typed.Comparison, pairs: Pairs, unit: str) -> _Contrast:
    """Tango's test; where less is better the sides are swapped."""
    assert node.against is not None
    upward = node.operator in UPWARD
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
        found = interval_of(node, m)
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
    truth = against_bound(node.operator, (low, scales[0]), (high, scales[1]), shift)
    value = a.value - middle
    cases = settling.by_width(ours.piece, value, low, high, shift)
    price = pricing.apart(node, a, b, (ours.piece, theirs.piece), shift)
    unit = ours.reading.unit if node.kind == "open" else node.unit
    return _Contrast(truth, value, low, high, shift, " against ".join(dict.fromkeys(sources)), cases, price, unit)
