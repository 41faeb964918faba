"""One expression by itself: a condition with its explanation, or a value in words."""

from __future__ import annotations

from letpass.evaluation.explanation import Explanation
from letpass.evaluation.input import Input
from letpass.evaluation.interpreter import Interpreter
from letpass.evaluation.reading import Reader, Reading, shown
from letpass.frozen import replace
from letpass.language import typed
from letpass.language.typed import bare

_TERMS = (typed.Constant, typed.Word, typed.Instant, typed.Now, typed.Moved, typed.Scalar, typed.Measured, typed.MeasuredField, typed.Element, typed.Add, typed.Scale, typed.Absolute, typed.Extremum, typed.Counterpart)  # fmt: skip


def evaluate(node: typed.Truth | typed.Term, input_: Input) -> tuple[Explanation, str | None]:
    """A condition's explanation and None, or what a value is in words; an unknown value is an explanation too."""
    interpreter, reader = Interpreter(input_), Reader(input_)
    if isinstance(meant := bare(node), _TERMS):
        node = replace(meant, span=node.span)
    if not isinstance(node, _TERMS):
        return interpreter.truth(node), None
    if isinstance(node, typed.Add | typed.Scale | typed.Absolute | typed.Constant):
        unit = _unit(node)
        at = typed.Comparison(node, "==", node, _kind(node), unit)
        number = interpreter.values.number(node, at, (), reader)
        found = Reading(number.value, unit, number.why, number.seen)
    else:
        found = interpreter.values.term(node, (), reader)
    text = " ".join(node.span.text.split())
    if found.why:
        return Explanation(text, None, found.seen, found.why), None
    kind = (
        "date"
        if isinstance(node, typed.Now | typed.Moved | typed.Instant)
        or getattr(getattr(node, "type", None), "kind", "") == "date"
        else "number"
    )
    return Explanation(text, True), shown(found.value, kind, found.unit)


def _kind(node: typed.Term) -> str:
    match node:
        case typed.Constant():
            return node.kind
        case typed.Add():
            left = _kind(node.left)
            return left if left != "number" else _kind(node.right)
        case typed.Scale() | typed.Absolute():
            return _kind(node.operand)
        case typed.Extremum():
            return node.value.type.kind
        case typed.Measured() | typed.Scalar() | typed.MeasuredField() | typed.Element():
            return node.type.kind
        case _:
            return "number"


def _unit(node: typed.Term) -> str:
    from letpass.language.terms import unit_of

    return unit_of(node) or {"duration": "s", "size": "B"}.get(_kind(node), "")
