"""Typing of comparisons: numbers, dates and words, their bounds, kinds and confidence."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

from letpass.diagnostics import Diagnostic, PolicyError, Severity, Span, nearest, offer
from letpass.frozen import replace
from letpass.language import syntax, terms, typed
from letpass.language.names import Level, Scope
from letpass.language.terms import Operand
from letpass.language.typed import bare
from letpass.language.types import NUMERIC, Type

R = TypeVar("R")

ORDERED = frozenset({">=", "<=", ">", "<"})
MIRRORED = {">=": "<=", "<=": ">=", ">": "<", "<": ">", "==": "==", "!=": "!="}


class Comparisons:
    """Types comparisons in one scope; `term` is the subclass's."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.warnings: list[Diagnostic] = []

    def term(self, node: syntax.Term, levels: tuple[Level, ...]) -> Operand:
        """The typed form of a value."""
        raise NotImplementedError

    def compare(self, node: syntax.Compare, levels: tuple[Level, ...]) -> typed.Truth:
        symbol = self._symbol_side(node, levels)
        if symbol is not None:
            return symbol
        left, right = each((node.left, node.right), lambda t: self.term(t, levels))
        operator = node.operator
        if left.kind == "date" and right.kind == "date":
            _no_confidence(node)
            return typed.Comparison(left.node, operator, right.node, "date", span=node.span)
        if left.kind == "order" and right.kind == "order" and left.symbols == right.symbols:
            _no_confidence(node)
            return typed.Comparison(left.node, operator, right.node, "order", symbols=left.symbols, span=node.span)
        for side, other in ((left, right), (right, left)):
            if side.kind not in NUMERIC and side.kind != "open":
                raise PolicyError.of(
                    "GATE204",
                    f"`{side.span.text}` is a {side.kind}, which `{operator}` cannot compare with `{other.span.text}`",
                    node.span,
                    _instead(side),
                )
        kind = terms.common_kind(left, right, node.span)
        left, right = terms.settle(left, kind), terms.settle(right, kind)
        if left.is_constant and right.is_constant:
            raise PolicyError.of("GATE204", "both sides are constants", node.span, "name a fact on one side")
        if left.is_constant:
            left, right, operator = right, left, MIRRORED[operator]
        tolerant = left.arithmetic or right.arithmetic
        if right.is_constant and isinstance(right.node, typed.Constant):
            self._bound(left, right, operator)
            # a constant worked out in decimal is as exact as a written one
            tolerant = left.arithmetic
        unit = (
            terms.unit_of(left.node)
            or terms.unit_of(right.node)
            or ("s" if kind == "duration" else "B" if kind == "size" else "")
        )
        found = typed.Comparison(left.node, operator, right.node, kind, unit, tolerant, span=node.span)
        return self._sure(found, left, right, node) if node.confidence is not None else found

    def _bound(self, left: Operand, bound: Operand, operator: str) -> None:
        """Faults of a constant bound: outside the range of a ratio, points on a plain ratio."""
        assert isinstance(bound.node, typed.Constant)
        amount, plain = bound.node.amount, not left.arithmetic and not isinstance(bare(left.node), typed.Extremum)
        if bound.written == "points" and plain:
            raise PolicyError.of(
                "GATE202",
                "points measure a difference of two ratios",
                bound.span,
                f"write `{(amount * 100).normalize():f}%`",
            )
        if left.kind == "ratio" and not (0 <= amount <= 1) and not left.difference:
            given = bound.span.text.strip()
            percent = f"`{given}%`" if bound.written == "number" and 1 < amount <= 100 else "a bound from 0% to 100%"
            raise PolicyError.of(
                "GATE203", f"`{given}` is outside the range of a ratio", bound.span, f"write {percent}"
            )
        if left.kind == "count" and operator in {"==", "!="} and amount != int(amount):
            raise PolicyError.of(
                "GATE203",
                f"`{bound.span.text}` is no whole number, and `{left.span.text}` counts",
                bound.span,
                "compare a count with a whole number",
            )

    def _sure(self, found: typed.Comparison, left: Operand, right: Operand, node: syntax.Compare) -> typed.Comparison:
        from statistics import NormalDist

        assert node.confidence is not None
        estimate = left.node
        if (
            found.operator not in ORDERED
            or not right.is_constant
            or not isinstance(estimate, typed.Measured | typed.Element)
            or (isinstance(estimate, typed.Element) and estimate.field != "value")
        ):
            raise PolicyError.of(
                "GATE211",
                "a confidence is for one metric against a constant bound",
                node.span,
                "write `accuracy >= 85% at 95% confidence`",
            )
        if not Decimal(50) <= node.confidence < Decimal(100):
            raise PolicyError.of(
                "GATE203",
                f"`{node.confidence}%` is no level of confidence",
                node.span,
                "write a level from 50% to below 100%, such as `95%`",
            )
        level = float(node.confidence / 100)
        return replace(found, tolerant=True, level=level, z=NormalDist().inv_cdf(0.5 + level / 2))

    def _symbol_side(self, node: syntax.Compare, levels: tuple[Level, ...]) -> typed.Truth | None:
        """`severity >= high`: opposite an enumeration a bare word is a symbol."""
        for name, other, operator in (
            (node.right, node.left, node.operator),
            (node.left, node.right, MIRRORED[node.operator]),
        ):
            bare = (
                name.path
                if isinstance(name, syntax.Name) and "." not in name.path and name.data_set is None
                else name.value
                if isinstance(name, syntax.Text)
                else None
            )
            if bare is None or isinstance(
                other, syntax.Number | syntax.Percent | syntax.Quantity | syntax.Date | syntax.Text
            ):
                continue
            try:
                operand = self.term(other, levels)
            except PolicyError:
                continue
            if operand.kind in {"choice", "order"} or isinstance(name, syntax.Text):
                _no_confidence(node)
                if operand.kind == "choice" or operator in {"==", "!="} or operand.kind in {"text", "open"}:
                    raise PolicyError.of(
                        "GATE204",
                        f"`{operator}` compares numbers and dates",
                        node.span,
                        f"write `{other.span.text} {'is not' if node.operator == '!=' else 'is'} {name.span.text}`",
                    )
                if operand.kind != "order":
                    raise PolicyError.of(
                        "GATE204",
                        f"`{name.span.text}` is a text, and `{other.span.text}` a {operand.kind}",
                        node.span,
                        "compare it with a number",
                    )
                if bare not in operand.symbols and isinstance(name, syntax.Name) and bare in self.scope.known:
                    raise PolicyError.of(
                        "GATE205",
                        f"`{bare}` is read as a word here, and is not one of the declared ones",
                        name.span,
                        f"write `candidate.{bare}` for the record's own",
                    )
                self._known_symbols(operand.symbols, (bare,), name.span)
                return typed.Comparison(
                    operand.node,
                    operator,
                    typed.Word(bare, span=name.span),
                    "order",
                    symbols=operand.symbols,
                    span=node.span,
                )
        return None

    def member(self, node: syntax.Member, levels: tuple[Level, ...]) -> typed.Truth:
        quoted = node.span.text.endswith('"')
        if node.negated and not node.listed and not quoted and node.symbols[0] in {"recorded", "pinned", "computed"}:
            raise PolicyError.of(
                "GATE209",
                f"`is not {node.symbols[0]}` would hold for want of evidence",
                node.span,
                f"ask that it `is {node.symbols[0]}`, and let the rule block",
            )
        operand = self.term(node.operand, levels)
        if operand.kind in {"choice", "order"}:
            self._known_symbols(operand.symbols, node.symbols, node.span)
        elif operand.kind in {"text", "open"} and isinstance(
            operand.node, typed.Scalar | typed.Element | typed.MeasuredField
        ):
            if node.negated:
                self.warnings.append(
                    Diagnostic(
                        "GATE253",
                        f"`{node.operand.span.text}` is open text: `{node.span.text}` holds for every other spelling",
                        node.span,
                        "say what it may be, or declare it `one of {…}`",
                        Severity.WARNING,
                    )
                )
            if operand.kind == "open":
                operand = replace(operand, node=replace(operand.node, type=Type("text")))
        else:
            raise PolicyError.of(
                "GATE204",
                f"`{node.operand.span.text}` is a {'number' if operand.kind in NUMERIC or operand.kind == 'open' else operand.kind}, and no word",
                node.span,
                "compare numbers and dates with `==`; ask a flag by its name alone",
            )
        return typed.Among(operand.node, node.symbols, node.negated, span=node.span)

    def _known_symbols(self, symbols: tuple[str, ...], used: tuple[str, ...], span: Span) -> None:
        for symbol in used:
            if symbol not in symbols:
                raise PolicyError.of(
                    "GATE205",
                    f"`{symbol}` is not one of the declared words",
                    span,
                    offer(nearest(symbol, symbols)) or "they are " + ", ".join(f"`{s}`" for s in symbols),
                )


def _instead(side: Operand) -> str:
    if side.kind in {"text", "choice"}:
        return "texts are compared with `is`, `in` and `like`"
    if side.kind == "flag":
        return "a flag stands alone: `code.dirty`, `not code.dirty`"
    if side.kind == "order":
        return f"compare it with one of its words: {', '.join(f'`{s}`' for s in side.symbols)}"
    return "compare a date with a date, such as `now - 30 days`"


def _no_confidence(node: syntax.Compare) -> None:
    if node.confidence is not None:
        raise PolicyError.of(
            "GATE211",
            "a confidence is for one metric against a constant bound",
            node.span,
            "write `accuracy >= 85% at 95% confidence`",
        )


def each(items: tuple[Any, ...], work: Callable[[Any], R]) -> list[R]:
    """The work done on every item; the faults of all are raised together."""
    done: list[R] = []
    faults: list[Diagnostic] = []
    failed = False
    for item in items:
        try:
            done.append(work(item))
        except PolicyError as error:
            failed = True
            faults += error.diagnostics
    if failed:
        raise PolicyError(tuple(faults))
    return done
