"""The innermost conditions that keep a rule from holding: how they are named, and what was seen there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache

from letpass.diagnostics import Source, Span
from letpass.evaluation.explaining import text_of
from letpass.evaluation.explanation import Ends, Explanation
from letpass.evaluation.interpreter import Interpreter
from letpass.evaluation.meanings import exactly
from letpass.evaluation.miss import Miss
from letpass.evaluation.reading import At, Reader
from letpass.evaluation.reasons import Reason, ReasonKind
from letpass.evaluation.reckoning import Levels
from letpass.facts.record import Record, raw_of
from letpass.frozen import Frozen, replace
from letpass.language import typed, writing
from letpass.language.operators import MIRRORED, UPWARD
from letpass.language.parser import parse_expression
from letpass.language.typed import bare, walk
from letpass.trust.missed import DATE, Missed, Value

_NEGATED = {">=": "<", "<": ">=", "<=": ">", ">": "<=", "==": "!=", "!=": "=="}
_NAMING = ("group", "id", "component", "name", "tool", "endpoint", "environment", "kind")
"""The fields by which the elements of a list are told apart."""
_FACTS = (typed.Scalar, typed.Element, typed.MeasuredField, typed.Counterpart)


class Where(Frozen):
    """The elements around a condition, as they are and as they are called, and who must have attested it."""

    levels: Levels = ()
    within: tuple[str, ...] = ()
    service: str | None = None

    def inside(self, at: At, name: str) -> Where:
        """Where a condition on one element of a list is."""
        labels = [v for f in _NAMING if isinstance(v := at.element.get(f), str)] or [str(at.element["@"])]
        called = " ".join([name, *[json.dumps(v, ensure_ascii=False) for v in labels]])
        return replace(self, levels=(*self.levels, at), within=(*self.within, called))


class Leaf:
    """An innermost condition that is not what is wanted of it; `found`: what was made of it."""

    def __init__(
        self, interpreter: Interpreter, node: typed.Truth, where: Where, found: Explanation, *, want: bool
    ) -> None:
        self.interpreter, self.node, self.where, self.found, self.want = interpreter, node, where, found, want
        self.reader = Reader(interpreter.input, where.service)
        unknown = tuple(sorted({self._reason(r) for r in found.why})) if found.truth is None else ()
        self.bare = Missed(named(node, where, want=want), where.within, unknown=unknown)

    def misses(self) -> tuple[Miss, ...]:
        """What was seen, as far as it can be compared with what will be."""
        node = self.node
        match node:
            case typed.CountOf():
                return (self._count(node),)
            case typed.Comparison() if self.found.truth is None and self.found.ends is not None:
                return (self._untold(node, self.found.ends),)
            case _ if self.found.truth is None:
                return (Miss(self.bare),)
            case typed.Comparison():
                return (self._compared(node),)
            case typed.SuitePassed() if self.want:
                return tuple(self._suite(node))
            case typed.Fresh():
                operator = ">=" if self.want else ""
                missed = replace(self.bare, operator=operator, value=self._value(node.operand), unit=DATE)
                return (Miss(missed, "date", bound=self.interpreter.input.now - node.microseconds),)
            case typed.Flag() | typed.Among() | typed.Matches() | typed.Pinned() | typed.Computed():
                return (Miss(replace(self.bare, value=self._value(node.operand))),)
            case typed.HasChampion():
                champion = self.interpreter.input.champion
                return (Miss(replace(self.bare, value=champion.name if isinstance(champion, Record) else None)),)
            case typed.ForAll():
                elements, _ = self.reader.elements(node.list, self.where.levels)
                return (Miss(replace(self.bare, value=float(len(elements)))),)
            case _:
                return (Miss(self.bare),)

    def _reason(self, reason: Reason) -> tuple[str, str]:
        """A reason's kind and what it is about; where that are words of the policy, however they are laid out."""
        own = (n for n in walk(self.node) if n.span.text and text_of(n) == reason.about)
        node = next(own, None)
        return reason.kind.value, canonical(node.span) if node is not None else reason.about

    def _value(self, node: typed.Term) -> Value:
        found = self.interpreter.values.term(node, self.where.levels, self.reader).value
        return found if isinstance(found, float | int | str | bool) else None

    def _operator(self, operator: str) -> str:
        return operator if self.want else _NEGATED[operator]

    def _compared(self, node: typed.Comparison) -> Miss:
        operator = self._operator(node.operator)
        if node.kind == "date":
            return self._dates(node, operator)
        if node.symbols:
            value, bound = self._value(node.left), self._value(node.right)
            return Miss(replace(self.bare, operator=operator, value=value, bound=bound, words=node.symbols))
        margin = self.found.margin
        if margin is None:  # more candidates were measured than the rule is for
            return Miss(self.bare)
        points = node.kind == "ratio" and (
            node.against is not None or isinstance(bare(node.left), typed.Add | typed.Absolute)
        )
        shown_in = "" if not margin.percent else "points" if points else "%"
        missed = replace(
            self.bare, operator=operator, value=margin.value, bound=margin.bound, unit=margin.unit, shown_in=shown_in
        )
        return Miss(missed, node.kind, points, margin.bound)

    def _untold(self, node: typed.Comparison, ends: Ends) -> Miss:
        """Too few cases to tell: no worse is what comes no further from being shown."""
        if any(reason.kind is not ReasonKind.TOO_FEW for reason in self.found.why):
            return Miss(self.bare)
        operator = self._operator(node.operator)
        value = ends.low if operator in UPWARD else ends.high
        shown_in = "" if not ends.percent else "points" if ends.difference else "%"
        missed = replace(self.bare, operator=operator, value=value, bound=ends.bound, unit=ends.unit, shown_in=shown_in)
        return Miss(missed)

    def _dates(self, node: typed.Comparison, operator: str) -> Miss:
        """A side that is the clock is not bound: time that only passes makes nothing worse."""
        left, right = node.left, node.right
        if not any(isinstance(n, _FACTS) for n in walk(left)):
            left, right, operator = right, left, MIRRORED[operator]
        value, bound = (None if self._moves(t) else self._value(t) for t in (left, right))
        missed = replace(self.bare, operator=operator, value=value, bound=bound, unit=DATE)
        return Miss(missed, "date" if value is not None else "", bound=self._value(right))

    def _moves(self, node: typed.Term) -> bool:
        return any(isinstance(n, typed.Now) for n in walk(node))

    def _suite(self, node: typed.SuitePassed) -> Iterator[Miss]:
        """A run that did not end well, and a score that is not enough."""
        run = self.reader.run("suites", "name", node.suite, "").piece
        assert run is not None
        if raw_of(run, "passed") is False:
            yield Miss(replace(self.bare, value=False))
        score = raw_of(run, "score")
        if type(score) is float and node.operator is not None and not exactly(score, node.operator, node.score):
            missed = replace(self.bare, operator=node.operator, value=score, bound=node.score, shown_in="%")
            yield Miss(missed, "ratio", bound=node.score)

    def _count(self, node: typed.CountOf) -> Miss:
        """Too few elements match."""
        elements, why = self.reader.elements(node.list, self.where.levels)
        if why:
            return Miss(self.bare)
        levels, service = self.where.levels, self.where.service
        matching = [
            at
            for at in elements
            if node.where is None or self.interpreter.truth(node.where, (*levels, at), service).truth is True
        ]
        bound = float(node.limit if node.least else node.limit + 1)
        missed = replace(self.bare, operator=">=", value=float(len(matching)), bound=bound)
        return Miss(missed, "count", bound=bound)


def named(node: typed.Truth, where: Where, *, want: bool) -> str:
    """A condition's canonical text, with `not` before it where it must not be true."""
    text = ("" if want else "not ") + canonical(node.span)
    return f'{text} attested by "{where.service}"' if where.service is not None else text


def canonical(span: Span) -> str:
    """The canonical text of the expression at a place."""
    return _spelt(span.text)


@lru_cache(maxsize=256)
def _spelt(text: str) -> str:
    return writing.expression(parse_expression(Source("", text)))
