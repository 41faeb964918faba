"""Typing of comparisons: numbers, dates and words, their bounds, kinds and confidence."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

from letpass.diagnostics import Diagnostic, PolicyError, Severity, Span, is_one_slip, nearest, offer
from letpass.frozen import replace
from letpass.language import confidence, syntax, terms, typed
from letpass.language.names import Level, Scope
from letpass.language.operators import MIRRORED
from letpass.language.terms import Operand
from letpass.language.typed import bare
from letpass.language.types import NUMERIC, Type

R = TypeVar("R")


# What other languages have for a flag that is set, one that is not, and what is not there.
NOTHING = frozenset({"null", "none", "nil", "undefined", "missing", "empty"})
SPELT = {"true": True, "yes": True, "false": False, "no": False, **dict.fromkeys(NOTHING, False)}


class Comparisons:
    """Types comparisons in one scope; `term` is the subclass's."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.warnings: list[Diagnostic] = []

    def term(self, node: syntax.Term, levels: tuple[Level, ...]) -> Operand:
        """The typed form of a value."""
        raise NotImplementedError

    def compare(self, node: syntax.Compare, levels: tuple[Level, ...]) -> typed.Truth:
        """A comparison with its types checked; raises `PolicyError` for sides that cannot be compared."""
        symbol = self._symbol_side(node, levels)
        if symbol is not None:
            return symbol
        self._flag_side(node, levels)
        left, right = each((node.left, node.right), lambda t: self.term(t, levels))
        operator = node.operator
        if left.kind == "date" and right.kind == "date":
            confidence.refuse(node)
            return typed.Comparison(left.node, operator, right.node, "date", span=node.span)
        if left.kind == "order" and right.kind == "order" and left.symbols == right.symbols:
            confidence.refuse(node)
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
        return confidence.sure(found, left, right, node) if node.confidence is not None else found

    def _flag_side(self, node: syntax.Compare, levels: tuple[Level, ...]) -> None:
        """`code.dirty == false`, `code.commit != null`: words for values that no term of the language is."""
        for side, other in ((node.right, node.left), (node.left, node.right)):
            word = side.path if isinstance(side, syntax.Name) and side.data_set is None else ""
            if word not in SPELT or word in self.scope.known or word in self.scope.metrics:
                continue
            equal, said = node.operator in {"==", "!="}, other.span.text
            if word in NOTHING:
                help_ = (
                    f"write `{said} is recorded`"
                    if node.operator == "!="
                    else "a rule asks what `is recorded`, and not what is missing"
                )
                raise PolicyError.of("GATE204", f"`{word}` is no value", node.span, help_)
            operand = self.term(other, levels)
            flag = operand.kind in {"flag", "open"} and isinstance(operand.node, typed.Scalar | typed.Element)
            help_ = (
                f"write `{_asked(said, SPELT[word] is (node.operator == '=='))}`"
                if flag and equal
                else "a flag stands alone"
            )
            raise PolicyError.of("GATE204", f"`{word}` is no value", node.span, help_)

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
                if isinstance(name, syntax.Name) and not self._is_near(bare, levels):
                    raise  # what this is a word of is not known, so that nothing can be said of it as well
                continue
            if operand.kind in {"choice", "order"} or isinstance(name, syntax.Text):
                confidence.refuse(node)
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

    def _is_near(self, word: str, levels: tuple[Level, ...]) -> bool:
        """Could a word be a name, spelt wrongly perhaps."""
        fields = [f for level in levels for f in level.fields]
        return bool(nearest(word, [*self.scope.known, *fields, *self.scope.spoilt]))

    def member(self, node: syntax.Member, levels: tuple[Level, ...]) -> typed.Truth:
        """`is` with one or several symbols or texts, checked against the type of its left side; raises `PolicyError`."""
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
            self._no_slip(node)
            if node.negated:
                self.warnings.append(
                    Diagnostic(
                        "GATE253",
                        f"`{node.operand.span.text}` is open text: `{node.span.text}` holds for every other spelling",
                        node.span,
                        f"write `{node.operand.span.text} is recorded`, if that is meant"
                        if {s.lower() for s in node.symbols} <= NOTHING
                        else "say what it may be, or declare it `one of {…}`",
                        Severity.WARNING,
                    )
                )
            if operand.kind == "open":
                operand = replace(operand, node=replace(operand.node, type=Type("text")))
        elif (
            operand.kind == "flag"
            and len(node.symbols) == 1
            and node.symbols[0].lower() in {"true", "yes", "false", "no"}
        ):
            said = _asked(node.operand.span.text, SPELT[node.symbols[0].lower()] is not node.negated)
            raise PolicyError.of(
                "GATE204", f"`{node.operand.span.text}` is a flag, and no word", node.span, f"write `{said}`"
            )
        else:
            raise PolicyError.of(
                "GATE204",
                f"`{node.operand.span.text}` is a {'number' if operand.kind in NUMERIC or operand.kind == 'open' else operand.kind}, and no word",
                node.span,
                "compare numbers and dates with `==`; ask a flag by its name alone",
            )
        return typed.Among(operand.node, node.symbols, node.negated, span=node.span)

    def _no_slip(self, node: syntax.Member) -> None:
        """`x is recordde`: a bare word behind `is` that is nearly one of the language's own."""
        word, where = node.symbols[0], _of_symbol(node.symbols[0], node.span)
        near = next((w for w in ("recorded", "pinned", "computed") if is_one_slip(word, w)), None)
        if near is not None and not node.listed and not where.text.startswith('"'):
            help_ = f'write `{near}`, or `"{word}"` if that text is meant'
            raise PolicyError.of("GATE205", f"`{word}` is nearly a word of the language", where, help_)

    def _known_symbols(self, symbols: tuple[str, ...], used: tuple[str, ...], span: Span) -> None:
        for symbol in used:
            if symbol not in symbols:
                raise PolicyError.of(
                    "GATE205",
                    f"`{symbol}` is not one of the declared words",
                    _of_symbol(symbol, span),
                    offer(nearest(symbol, symbols)) or "they are " + ", ".join(f"`{s}`" for s in symbols),
                )


def _of_symbol(symbol: str, span: Span) -> Span:
    """Where a symbol stands in a condition, behind what is compared."""
    found = list(re.finditer(rf'"{re.escape(symbol)}"|(?<![\w.-]){re.escape(symbol)}(?![\w-])', span.text))
    return Span(span.source, span.start + found[-1].start(), span.start + found[-1].end()) if found else span


def _asked(flag: str, is_set: bool) -> str:
    """The condition that a flag is set, or that it is not."""
    return flag if is_set else f"not {flag}"


def _instead(side: Operand) -> str:
    if side.kind in {"text", "choice"}:
        return "texts are compared with `is`, `in` and `like`"
    if side.kind == "flag":
        return "a flag stands alone: `code.dirty`, `not code.dirty`"
    if side.kind == "order":
        return f"compare it with one of its words: {', '.join(f'`{s}`' for s in side.symbols)}"
    return "compare a date with a date, such as `now - 30 days`"


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
