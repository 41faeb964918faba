"""The reference interpreter: the meaning of every condition, with its explanation.

Clear before fast: the compiled form is the speed, and is held equal to this one.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import TypeVar

from letpass.evaluation import plainly
from letpass.evaluation.budget import too_large
from letpass.evaluation.comparable import incomparable
from letpass.evaluation.counterparts import Counterparts
from letpass.evaluation.explaining import as_percent, decide, joined, more, once, text_of, unknown
from letpass.evaluation.explaining import margin as margin_of
from letpass.evaluation.explanation import Explanation, Judged, show
from letpass.evaluation.input import Input
from letpass.evaluation.meanings import exactly, in_unit, is_pinned, nearly
from letpass.evaluation.people import signed
from letpass.evaluation.presence import Presence
from letpass.evaluation.reading import At, Reader, Reading
from letpass.evaluation.reasons import Reason, ReasonKind, champion_unknown
from letpass.evaluation.seen import Seen, SeenKind
from letpass.facts.estimates import bound
from letpass.facts.record import Element, Holder, Record
from letpass.facts.values import moment
from letpass.frozen import Frozen, replace
from letpass.globs import consists
from letpass.language import typed
from letpass.language.truth import Truth3, conjunction, disjunction, negation
from letpass.language.typed import bare
from letpass.language.types import UNITS

T = TypeVar("T")
Levels = tuple[At, ...]
SHOWN_ELEMENTS = 5


class Interpreter:
    """Evaluates conditions over one input; a `let` once."""

    def __init__(self, input_: Input) -> None:
        self.input = input_
        self.presence = Presence(input_.now, self.term)
        self.counterparts = Counterparts(input_)
        self._named: dict[tuple[int, str | None], Explanation] = {}
        self._free: dict[tuple[int, str | None], Explanation] = {}
        self._values: dict[tuple[int, str | None, str, str], Reading | Number] = {}

    def truth(self, node: typed.Truth, levels: Levels = (), service: str | None = None) -> Explanation:
        """The truth of a condition, and why."""
        return replace(self._truth(node, levels, service), span=node.span)

    def _truth(self, node: typed.Truth, levels: Levels, service: str | None) -> Explanation:
        match node:
            case typed.Not():
                inner = self.truth(node.operand, levels, service)
                return Explanation(text_of(node), negation(inner.truth), why=inner.why, parts=(inner,))
            case typed.Both() | typed.Either():
                parts = tuple(self.truth(p, levels, service) for p in node.parts)
                table = conjunction if isinstance(node, typed.Both) else disjunction
                return joined(text_of(node), table(p.truth for p in parts), parts)
            case typed.Named():
                key = (id(node.body), service)
                if key not in self._named:
                    self._named[key] = self.truth(node.body, (), service)  # type: ignore[arg-type]
                body = self._named[key]
                return Explanation(
                    text_of(node),
                    body.truth,
                    why=body.why,
                    note=f"`{node.name}` is `{text_of(node.body)}`",
                    parts=(body,),
                )
            case typed.AttestedBy():
                if service not in {None, node.service}:
                    detail = f"not attested by `{service}` and `{node.service}` at once"
                    return unknown(node, (Reason(ReasonKind.NOT_ATTESTED, text_of(node.operand), detail),))
                return self.truth(node.operand, levels, node.service)
            case typed.ForAll() | typed.CountOf():
                return self._quantified(node, levels, service)
            case typed.Comparison():
                return self._compare(node, levels, Reader(self.input, service))
            case typed.HasChampion():
                champion = self.input.champion
                if isinstance(champion, Record):
                    return Explanation(text_of(node), True, (Seen(SeenKind.CHAMPION, "champion", champion.name),))
                if champion is Holder.NOBODY:
                    return Explanation(text_of(node), False, (Seen(SeenKind.NO_CHAMPION, "champion", champion.value),))
                return unknown(node, (champion_unknown("champion", self.input.tenure),))
            case typed.SignedBy():
                truth, seen, why = signed(node, self.input)
                return Explanation(text_of(node), truth, seen, why)
            case _:
                return self._predicate(node, levels, Reader(self.input, service))

    def _predicate(self, node: typed.Truth, levels: Levels, reader: Reader) -> Explanation:
        """The conditions on one value."""
        match node:
            case typed.Flag():
                return decide(node, self.term(node.operand, levels, reader), lambda v: v)
            case typed.Among():
                return decide(
                    node, self.term(node.operand, levels, reader), lambda v: (v in node.symbols) is not node.negated
                )
            case typed.Matches():
                return decide(node, self.term(node.operand, levels, reader), lambda v: consists(v, node.parts))
            case typed.Pinned():
                return decide(node, self.term(node.operand, levels, reader), is_pinned)
            case typed.Fresh():
                found = self.term(node.operand, levels, reader)
                if found.known and found.value > self.input.now:
                    return unknown(
                        node,
                        (
                            Reason(
                                ReasonKind.UNREADABLE,
                                text_of(node.operand),
                                f"{moment(found.value)} lies in the future",
                            ),
                        ),
                        found.seen,
                    )
                return decide(node, found, lambda v: self.input.now - node.microseconds <= v)
            case typed.Computed():
                found = reader.scalar(node.operand)
                if found.known and not reader.is_computed(node.operand):
                    return unknown(
                        node,
                        (
                            Reason(
                                ReasonKind.NOT_COMPUTED,
                                node.operand.path,
                                "is what the record says; the gate has not hashed the bytes",
                                predicate=True,
                            ),
                        ),
                        found.seen,
                    )
                return decide(node, found, lambda _: True)
            case typed.Recorded():
                return self.presence.recorded(node, levels, reader)
            case typed.SuitePassed():
                return self.presence.suite(node, reader)
            case typed.ToolScanned():
                return self.presence.scan(node, reader)
            case _:
                raise AssertionError(f"no meaning for {type(node).__name__}")

    # ------------------------------------------------------------ quantifiers

    def _quantified(self, node: typed.ForAll | typed.CountOf, levels: Levels, service: str | None) -> Explanation:
        """A quantified form; one that depends on no element around it is evaluated once, when its budget allows it."""
        if node.depends(len(levels)):
            return self._through(node, levels, service)
        key = (id(node), service)
        if key not in self._free:
            reason = too_large(node, levels, Reader(self.input, service))
            self._free[key] = unknown(node, (reason,)) if reason else self._through(node, levels, service)
        return self._free[key]

    def _plainly(self, node: typed.Truth, levels: Levels, service: str | None) -> Truth3:
        return plainly.truth(node, levels, service, lambda n, at, by: self._truth(n, at, by).truth)

    def _through(self, node: typed.ForAll | typed.CountOf, levels: Levels, service: str | None) -> Explanation:
        if isinstance(node, typed.ForAll):
            judged: list[Judged] = []
            found = self._every(node, levels, service, judged)
            return found if levels else replace(found, judged=tuple(judged))
        return self._count(node, levels, service)

    def _every(
        self, node: typed.ForAll, levels: Levels, service: str | None, judged: list[Judged]
    ) -> Explanation:  # fmt: skip
        elements, why = Reader(self.input, service).elements(node.list, levels)
        if why:
            return unknown(node, why)
        selected, shown = 0, list[Explanation]()
        failed, reasons = 0, list[Reason]()
        every_group = not levels and isinstance(node.list, typed.Slices)  # what became of each is drawn
        for at in elements:
            inner = (*levels, at)
            chosen = self._plainly(node.where, inner, service) if node.where else True
            met = self._plainly(node.have, inner, service) if chosen is not False else None
            selected += chosen is True
            if not every_group and (chosen is False or met is True):
                continue
            where = self.truth(node.where, inner, service) if node.where else None
            have = self.truth(node.have, inner, service) if chosen is not False else None
            if every_group:
                judged.append(Judged(str(at.element["@"]), chosen, where, have))
            if have is None or met is True:
                continue
            if chosen is True and have.truth is False:
                failed += 1
                shown.insert(failed - 1, have)
                continue
            reasons += [*(where.why if where and chosen is None else ()), *have.why] or [
                Reason(ReasonKind.UNREADABLE, str(at.element["@"]), "cannot be decided")
            ]
            shown.append(have if where is None or chosen is True else where)
        note = f"{failed} of {selected} fail" if failed else f"{selected} of {len(elements)} selected"
        if failed:
            return Explanation(text_of(node), False, note=note, parts=tuple(shown[:SHOWN_ELEMENTS]))
        reasons += more(elements, node.list)
        if reasons:
            return Explanation(text_of(node), None, why=once(reasons), note=note, parts=tuple(shown[:SHOWN_ELEMENTS]))
        if not selected:
            detail = "the list is empty" if not elements else f"none of its {len(elements)} elements is selected"
            return unknown(node, (Reason(ReasonKind.EMPTY, text_of(node.list), detail),))
        return Explanation(text_of(node), True, note=note)

    def _count(self, node: typed.CountOf, levels: Levels, service: str | None) -> Explanation:
        elements, why = Reader(self.input, service).elements(node.list, levels)
        if why:
            return unknown(node, why)
        matching, undecided, shown, reasons = 0, 0, list[Explanation](), list[Reason]()
        for at in elements:
            inner = (*levels, at)
            if node.where and self._plainly(node.where, inner, service) is False:
                continue
            where = (
                self.truth(node.where, inner, service)
                if node.where
                else Explanation(str(at.element["@"]), True, (_element(at),))
            )
            if where.truth is True:
                matching += 1
                shown.insert(matching - 1, _named_element(where, at))
            elif where.truth is None:
                undecided += 1
                reasons += where.why
                shown.append(where)
        note = f"{matching} of {len(elements)} match" + (f", {undecided} undecided" if undecided else "")
        if node.least:
            truth: Truth3 = True if matching >= node.limit else False if matching + undecided < node.limit else None
        else:
            truth = False if matching > node.limit else None if undecided else True
        unseen = more(elements, node.list)
        if unseen and truth is not node.least:  # more of them may match
            truth = None
            reasons += unseen
        parts = tuple(shown[:SHOWN_ELEMENTS]) if truth is not True else ()
        return Explanation(text_of(node), truth, why=once(reasons) if truth is None else (), note=note, parts=parts)

    # ------------------------------------------------------------ comparisons

    def _compare(self, node: typed.Comparison, levels: Levels, reader: Reader) -> Explanation:
        if node.kind == "date" or node.symbols:
            return self._ordered(node, levels, reader)
        why = incomparable(node, levels, reader, self.counterparts)
        if node.level is not None:
            return self._sure(node, levels, reader)
        if not node.tolerant and isinstance(node.right, typed.Constant):
            found = self.term(node.left, levels, reader)
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
        left = self.number(node.left, node, levels, reader)
        right = self.number(node.right, node, levels, reader)
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

    def _ordered(self, node: typed.Comparison, levels: Levels, reader: Reader) -> Explanation:
        """Dates, and words of one ordered enumeration."""
        left, right = self.term(node.left, levels, reader), self.term(node.right, levels, reader)
        seen = (*left.seen, *right.seen)
        if left.why or right.why:
            return unknown(node, (*left.why, *right.why), seen)
        a, b = (
            (node.symbols.index(left.value), node.symbols.index(right.value))
            if node.symbols
            else (left.value, right.value)
        )
        return Explanation(text_of(node), exactly(a, node.operator, b), seen)

    def _sure(self, node: typed.Comparison, levels: Levels, reader: Reader) -> Explanation:
        """A metric's interval against a constant bound."""
        assert node.level is not None
        assert isinstance(node.right, typed.Constant)
        found = self.term(node.left, levels, reader)
        if not found.known:
            return unknown(node, found.why, found.seen)
        if isinstance(node.left, typed.Element):
            piece: Element | None = levels[node.left.level].element
        else:
            assert isinstance(node.left, typed.Measured)
            piece = reader.measure(node.left).piece
        assert piece is not None
        lower = node.operator in {">=", ">"}
        share = node.kind in {"ratio", "number"}
        end = bound(piece, found.value, node.level, node.z, lower=lower, percent=found.unit == "%", share=share)
        if isinstance(end, str):
            return unknown(node, (Reason(ReasonKind.MISSING, text_of(node.left), end),), found.seen)
        limit = in_unit(node.right, node.kind, found.unit)
        truth = nearly(end.value, node.operator, limit, max(end.largest, abs(end.value), abs(limit)))
        percent = as_percent(node, found.unit)
        shown = show(float(f"{end.value * (100 if percent else 1):.5g}"), "%" if percent else found.unit)
        name = f"{'lower' if lower else 'upper'} bound of {text_of(node.left)}"
        value = show(float(f"{found.value * (100 if percent else 1):.6g}"), "%" if percent else found.unit)
        seen = (
            *[replace(s, value=value) for s in found.seen],
            Seen(SeenKind.DERIVED, name, f"{shown} ({end.source})", str(piece["@"])),
        )
        return Explanation(
            text_of(node), truth, seen, margin=margin_of(end.value, node.operator, limit, found.unit, percent=percent)
        )

    # ------------------------------------------------------------ terms

    def term(self, node: typed.Term, levels: Levels, reader: Reader) -> Reading:
        """One value, in its own unit."""
        match node:
            case typed.Scalar():
                return reader.scalar(node)
            case typed.Measured():
                return reader.measured(node)
            case typed.MeasuredField():
                return reader.measured_field(node)
            case typed.Element():
                return reader.element(node, levels)
            case typed.Counterpart():
                return self.counterparts.value(node, levels, reader)
            case typed.Extremum():
                return self._chosen(node, levels, reader)
            case typed.Named():
                return self._once(node, "", "", reader.service, lambda: self.term(node.body, (), reader))  # type: ignore[arg-type]
            case typed.Now():
                return Reading(self.input.now, seen=(Seen(SeenKind.CLOCK, "now", moment(self.input.now)),))
            case typed.Instant():
                return Reading(node.microseconds)
            case typed.Moved():
                found = self.term(node.date, levels, reader)
                return Reading(found.value + node.microseconds, seen=found.seen) if found.known else found
            case typed.Word():
                return Reading(node.value)
            case _:
                raise AssertionError(f"{type(node).__name__} is no single value")

    def _chosen(self, node: typed.Extremum, levels: Levels, reader: Reader) -> Reading:
        """A least or greatest; one that depends on no element around it is looked for once."""
        if node.depends(len(levels)):
            return self._extremum(node, levels, reader)

        def choose() -> Reading:
            reason = too_large(node, levels, reader)
            return Reading(why=(reason,)) if reason else self._extremum(node, levels, reader)

        return self._once(node, "", "", reader.service, choose)

    def _once(self, node: typed.Node, kind: str, unit: str, service: str | None, evaluate: Callable[[], T]) -> T:
        """A value that is the same wherever it is used, in the unit of a comparison where it is reckoned with."""
        key = (id(node.body if isinstance(node, typed.Named) else node), service, kind, unit)
        if key not in self._values:
            self._values[key] = evaluate()  # type: ignore[assignment]
        return self._values[key]  # type: ignore[return-value]

    def _extremum(self, node: typed.Extremum, levels: Levels, reader: Reader) -> Reading:
        elements, why = reader.elements(node.list, levels)
        if why:
            return Reading(why=why)
        values, unit = list[Reading](), ""
        for at in elements:
            if node.where is not None:
                chosen = self.truth(node.where, (*levels, at), reader.service)
                if chosen.truth is None:
                    return Reading(why=chosen.why)
                if chosen.truth is False:
                    continue
            found = reader.element(node.value, (*levels, at))
            if not found.known:
                return Reading(why=found.why, seen=found.seen)
            values.append(found)
            unit = found.unit
        if unseen := more(elements, node.list):
            return Reading(why=unseen)
        if not values:
            return Reading(why=(Reason(ReasonKind.EMPTY, text_of(node), "there is nothing to choose from"),))
        pick = min if node.which == "min" else max
        chosen_one = pick(values, key=lambda r: r.value)
        return Reading(chosen_one.value, unit, seen=chosen_one.seen)

    def number(self, node: typed.Term, at: typed.Comparison, levels: Levels, reader: Reader) -> Number:
        """One side of a comparison with arithmetic, in the comparison's unit."""
        match node:
            case typed.Constant():
                value = in_unit(node, at.kind, at.unit)
                return Number(value, abs(value))
            case typed.Add():
                left, right = self.number(node.left, at, levels, reader), self.number(node.right, at, levels, reader)
                value = left.value + right.value if node.sign > 0 else left.value - right.value
                return Number(
                    value,
                    max(left.largest, right.largest),
                    (*left.why, *right.why),
                    (*left.seen, *right.seen),
                    left.units | right.units,
                    left.converted or right.converted,
                )
            case typed.Scale():
                inner = self.number(node.operand, at, levels, reader)
                factor = float(node.factor)
                return Number(
                    inner.value * factor,
                    inner.largest * max(1.0, abs(factor)),
                    inner.why,
                    inner.seen,
                    inner.units,
                    inner.converted,
                )
            case typed.Absolute():
                inner = self.number(node.operand, at, levels, reader)
                return Number(abs(inner.value), inner.largest, inner.why, inner.seen, inner.units, inner.converted)
            case typed.Named():
                body = node.body
                return self._once(
                    node,
                    f"number {at.kind}",
                    at.unit,
                    reader.service,
                    lambda: self.number(body, at, (), reader),  # type: ignore[arg-type]
                )
            case _:
                found = self.term(node, levels, reader)
                if not found.known:
                    return Number(0.0, 0.0, found.why, found.seen)
                if at.kind not in UNITS or found.unit == at.unit:
                    return Number(found.value, abs(found.value), (), found.seen, frozenset({found.unit}))
                value = found.value * float(UNITS[at.kind][found.unit] / UNITS[at.kind][at.unit])
                return Number(value, abs(value), (), found.seen, frozenset({found.unit}), converted=True)


class Number(Frozen):
    """A side of a comparison: its value, its largest absolute term, the units that it was read in."""

    value: float
    largest: float
    why: tuple[Reason, ...] = ()
    seen: tuple[Seen, ...] = ()
    units: frozenset[str] = frozenset()
    converted: bool = False


# ---------------------------------------------------------------- small meanings


def _element(at: At) -> Seen:
    label = (
        at.element.get("id")
        or at.element.get("name")
        or at.element.get("group")
        or at.element.get("tool")
        or at.element.get("endpoint")
    )
    place = str(at.element["@"])
    return Seen(SeenKind.ELEMENT, place, label if isinstance(label, str) else "", place)


def _named_element(where: Explanation, at: At) -> Explanation:
    return Explanation(
        where.text, where.truth, (_element(at), *where.seen), where.why, where.margin, where.note, where.parts
    )
