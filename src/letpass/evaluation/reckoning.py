"""Values as the reference interpreter has them: one term, a least or greatest, and sides of a comparison that are reckoned."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from letpass.evaluation.budget import too_large
from letpass.evaluation.counterparts import Counterparts
from letpass.evaluation.explaining import more, text_of
from letpass.evaluation.explanation import Explanation
from letpass.evaluation.meanings import in_unit
from letpass.evaluation.reading import At, Reader, Reading
from letpass.evaluation.reasons import Reason, ReasonKind
from letpass.evaluation.seen import Seen, SeenKind
from letpass.facts.values import moment
from letpass.frozen import Frozen
from letpass.language import typed
from letpass.language.types import UNITS

T = TypeVar("T")
Levels = tuple[At, ...]
Truth = Callable[[typed.Truth, Levels, str | None], Explanation]


class Number(Frozen):
    """A side of a comparison: its value, its largest absolute term, the units that it was read in."""

    value: float
    largest: float
    why: tuple[Reason, ...] = ()
    seen: tuple[Seen, ...] = ()
    units: frozenset[str] = frozenset()
    converted: bool = False


class Values:
    """Values of one input; that of a `let` is found once.  `truth`: what an element is chosen by."""

    def __init__(self, now: int, counterparts: Counterparts, truth: Truth) -> None:
        self._now, self._counterparts, self._truth = now, counterparts, truth
        self._values: dict[tuple[int, str | None, str, str], Reading | Number] = {}

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
                return self._counterparts.value(node, levels, reader)
            case typed.Extremum():
                return self._chosen(node, levels, reader)
            case typed.Named():
                return self._once(node, "", "", reader.service, lambda: self.term(node.body, (), reader))  # type: ignore[arg-type]
            case typed.Now():
                return Reading(self._now, seen=(Seen(SeenKind.CLOCK, "now", moment(self._now)),))
            case typed.Instant():
                return Reading(node.microseconds)
            case typed.Moved():
                found = self.term(node.date, levels, reader)
                return Reading(found.value + node.microseconds, seen=found.seen) if found.known else found
            case typed.Word():
                return Reading(node.value)
            case typed.Constant() | typed.Add() | typed.Scale() | typed.Absolute():
                raise AssertionError(f"{type(node).__name__} is a number, which `number` has")

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
                chosen = self._truth(node.where, (*levels, at), reader.service)
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
