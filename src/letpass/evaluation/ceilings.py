"""A limit for what a waiver covers: the worst value that somebody accepts, where it is not the one that is seen."""

from __future__ import annotations

from letpass.diagnostics import InvalidError, PolicyError, Source
from letpass.evaluation.meanings import exactly, in_unit
from letpass.evaluation.miss import Miss
from letpass.evaluation.telling import in_words
from letpass.frozen import replace
from letpass.language import syntax, terms, typed
from letpass.language.operators import UPWARD
from letpass.language.parser import parse_expression
from letpass.language.terms import Operand
from letpass.trust.missed import DATE, ORDERED, Missed

_LITERALS = (syntax.Number, syntax.Percent, syntax.Quantity, syntax.Date)


def up_to(misses: tuple[Miss, ...], text: str) -> Missed:
    """The one condition that a rule misses, waived up to a value as policies write it (`6 points`, `85%`, `60 ms`).

    Raises `InvalidError` where the rule misses anything but one comparison, or the value is not on the wrong side of the
    bound, not as bad as what is seen, or of another kind.
    """
    if len(misses) != 1 or not misses[0].kind or misses[0].missed.unknown or misses[0].missed.operator not in ORDERED:
        what = "; ".join(f"`{m.missed.condition}`" for m in misses[:3]) or "nothing"
        raise InvalidError(f"a limit is for one comparison with a number or a date, and the rule misses {what}")
    miss = misses[0]
    missed, limit = miss.missed, _number(miss, _literal(text), text)
    seen, bound = missed.value, miss.bound
    assert seen is not None
    operator = missed.operator
    if exactly(limit, operator, bound):
        raise InvalidError(
            f"at `{text}` the condition `{missed.condition}` holds: {in_words(missed, bound)} is its bound"
        )
    worse = limit < seen if operator in UPWARD else limit > seen  # type: ignore[operator]
    if not worse and limit != seen:
        raise InvalidError(f"{in_words(missed, seen)} is seen now, which is worse than `{text}`")
    return replace(missed, up_to=limit)


def _literal(text: str) -> Operand:
    try:
        node = parse_expression(Source("", text))
        if isinstance(node, _LITERALS):
            return terms.literal(node)
    except PolicyError as error:
        said = error.diagnostics[0].message if error.diagnostics else "it does not read"
        raise InvalidError(f"`{text}` is no value: {said}") from None
    raise InvalidError(f"`{text}` is no value such as `0.85`, `6 points`, `60 ms` or `2027-12-02`")


def _number(miss: Miss, found: Operand, text: str) -> float | int:
    """A literal in the unit of what was seen; raises `InvalidError` for one of another kind."""
    kind, node = miss.kind, found.node
    if isinstance(node, typed.Instant):
        if kind == DATE:
            return node.microseconds
    elif isinstance(node, typed.Constant):
        plain = found.written == "number"
        if kind == "ratio":
            if found.written == "points" and not miss.points:
                percent = f"{(node.amount * 100).normalize():f}%"
                raise InvalidError(f"points measure a difference of two ratios, and `{text}` is for one: `{percent}`?")
            if (plain or found.kind == "ratio") and -1 <= node.amount <= 1:
                return in_unit(node, kind, miss.missed.unit)
        elif found.kind == kind or (plain and kind in {"number", "count", "open"}):
            return in_unit(node, kind, miss.missed.unit)
    what = {"open": "number", "ratio": "ratio from 0 to 1"}.get(kind, kind)
    raise InvalidError(f"`{text}` is no {what}, and `{miss.missed.condition}` compares one")
