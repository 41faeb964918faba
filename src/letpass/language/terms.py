"""Typing of numbers, texts and dates: kinds, dimensions, bounds."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from letpass.diagnostics import PolicyError, Span
from letpass.frozen import Frozen, replace
from letpass.language import syntax, typed
from letpass.language.types import NUMERIC, UNITS, Type, dimension
from letpass.language.unitwords import quantity

MICROSECOND = Decimal(10) ** 6
DIGITS = 15  # a double keeps every decimal number of so many digits apart


class Operand(Frozen):
    """A typed term with what its neighbours must know.

    kind: a numeric kind, `date`, `text`, `flag`, `choice`, `order`, or `open` (its use will tell).
    `difference`: of two ratios, so that points measure it.  `written`: the literal's own form.
    """

    node: typed.Term
    kind: str
    symbols: tuple[str, ...] = ()
    difference: bool = False
    arithmetic: bool = False
    written: str = ""

    @property
    def is_constant(self) -> bool:
        """Is it written out as a literal."""
        return bool(self.written)

    @property
    def span(self) -> Span:
        """Where it is written."""
        return self.node.span


def literal(node: syntax.Number | syntax.Percent | syntax.Quantity | syntax.Date) -> Operand:
    """A literal in its base unit."""
    if isinstance(node, syntax.Date):
        return Operand(typed.Instant(instant(node), span=node.span), "date", written="date")
    if len(node.value.normalize().as_tuple().digits) > DIGITS:
        raise PolicyError.of(
            "GATE214", "a number has at most 15 significant digits", node.span, "a recorded double holds no more"
        )
    if isinstance(node, syntax.Number):
        return Operand(typed.Constant(node.value, "number", span=node.span), "number", written="number")
    if isinstance(node, syntax.Percent):
        return Operand(typed.Constant(node.value / 100, "ratio", span=node.span), "ratio", written="percent")
    kind = dimension(node.unit)
    assert kind is not None, node.unit
    written = "points" if node.unit.startswith("point") else "unit"
    return Operand(typed.Constant(node.value * UNITS[kind][node.unit], kind, span=node.span), kind, written=written)


def instant(node: syntax.Date) -> int:
    """Microseconds since 1970 of a date literal; a day is its first moment in UTC."""
    try:
        moment = datetime.fromisoformat(node.text)
    except ValueError:
        raise PolicyError.of(
            "GATE215",
            f"`{node.text}` is no day of the calendar",
            node.span,
            "a date is written as in `2027-12-02` or `2027-12-02T09:00:00Z`",
        ) from None
    moment = moment.replace(tzinfo=UTC)
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * 1_000_000


def microseconds(node: syntax.Quantity, *, longest: Decimal = Decimal(100 * 366 * 86400)) -> int:
    """A duration in microseconds; raises for another dimension, below one and beyond a century."""
    found = literal(node)
    assert isinstance(found.node, typed.Constant)
    if found.kind != "duration":
        raise PolicyError.of(
            "GATE202", f"`{node.span.text}` is no duration", node.span, "write a time, such as `30 days`"
        )
    if not 0 < found.node.amount <= longest:
        raise PolicyError.of(
            "GATE203",
            f"`{node.span.text}` is out of range",
            node.span,
            "a duration is longer than 0 and at most a century",
        )
    return int(found.node.amount * MICROSECOND)


def add(left: Operand, right: Operand, sign: int, span: Span) -> Operand:
    """`left ± right`: numbers of one dimension, or a date and a duration."""
    if left.kind == "date" and isinstance(right.node, typed.Constant) and right.kind == "duration":
        return Operand(
            typed.Moved(left.node, sign * int(right.node.amount * MICROSECOND), span=span), "date", arithmetic=True
        )
    if "date" in {left.kind, right.kind}:
        raise PolicyError.of(
            "GATE202", "a date is moved by a duration, and by nothing else", span, "write `now - 30 days`"
        )
    for side in (left, right):
        _numeric(side)
        if side.written == "percent":
            raise PolicyError.of(
                "GATE206",
                f"`{side.span.text}` beside `+` or `-` can mean two things",
                side.span,
                f"write `{_points(side)}` for an absolute difference, `* {_relative(side, sign)}` for a share of the other side",
            )
    kind = common_kind(left, right, span)
    if kind == "open" and (left.is_constant or right.is_constant):
        kind = "number"
    if kind != "open":  # else what the sum is compared with tells
        left, right = settle(left, kind), settle(right, kind)
    difference = kind == "ratio" and sign < 0 and not left.is_constant and not right.is_constant
    written = "number" if left.is_constant and right.is_constant else ""
    if written:
        assert isinstance(left.node, typed.Constant)
        assert isinstance(right.node, typed.Constant)
        constant = typed.Constant(left.node.amount + sign * right.node.amount, kind, span=span)
        return Operand(
            constant, kind, arithmetic=True, written=left.written if left.written == right.written else written
        )
    return Operand(typed.Add(left.node, right.node, sign, span=span), kind, difference=difference, arithmetic=True)


def _points(side: Operand) -> str:
    assert isinstance(side.node, typed.Constant)
    return quantity(f"{(side.node.amount * 100).normalize():f}", "points")


def _relative(side: Operand, sign: int) -> str:
    assert isinstance(side.node, typed.Constant)
    return f"{((1 + sign * side.node.amount) * 100).normalize():f}%"


def scale(left: Operand, right: Operand, span: Span) -> Operand:
    """`a * 99%`: one side is a plain number or a percentage."""
    for constant, other in ((right, left), (left, right)):
        if constant.written in {"number", "percent"}:
            assert isinstance(constant.node, typed.Constant)
            _numeric(other)
            if isinstance(other.node, typed.Constant):
                product = typed.Constant(other.node.amount * constant.node.amount, other.kind, span=span)
                return Operand(product, other.kind, arithmetic=True, written=other.written)
            return Operand(
                typed.Scale(other.node, constant.node.amount, span=span),
                other.kind,
                difference=other.difference,
                arithmetic=True,
            )
    raise PolicyError.of(
        "GATE213", "a product needs a constant on one side", span, "scale it as in `champion.accuracy * 99%`"
    )


def absolute(operand: Operand, span: Span) -> Operand:
    """`abs(x)`"""
    _numeric(operand)
    return Operand(
        typed.Absolute(operand.node, span=span), operand.kind, difference=operand.difference, arithmetic=True
    )


def _numeric(side: Operand) -> None:
    if side.kind not in NUMERIC and side.kind != "open":
        raise PolicyError.of(
            "GATE204",
            f"`{side.span.text}` is a {side.kind}, and a number is wanted",
            side.span,
            "arithmetic is for numbers of one dimension",
        )


def common_kind(left: Operand, right: Operand, span: Span) -> str:
    """The kind in which two numeric sides meet; raises where their dimensions differ."""
    kinds = {left.kind, right.kind}
    if kinds == {"open"}:
        return "open"
    kinds.discard("open")
    if len(kinds) == 1:
        return kinds.pop()
    for side, other in ((left, right), (right, left)):
        if side.kind == "number" and side.is_constant and other.kind in {"ratio", "count"}:
            return other.kind
    if kinds <= {"number", "count"}:
        return "number"
    if kinds == {"number", "ratio"}:
        bad = left if left.kind == "ratio" else right
        if bad.is_constant:
            raise PolicyError.of(
                "GATE202",
                f"`{bad.span.text}` is a share, and the other side a plain number",
                bad.span,
                "write the bound as a plain number",
            )
        return "ratio"
    raise PolicyError.of(
        "GATE202",
        f"`{left.span.text}` is a {_named(left)} and `{right.span.text}` a {_named(right)}",
        *_unit_help(left, right, span),
    )


def _named(side: Operand) -> str:
    return "number without a unit" if side.kind in {"number", "count"} else side.kind


def _unit_help(left: Operand, right: Operand, span: Span) -> tuple[Span, str]:
    """What to underline where the dimensions of two sides differ, and what helps."""
    for side, other in ((left, right), (right, left)):
        if side.is_constant and other.kind in {"duration", "size"}:
            unit = unit_of(other.node) or ("ms" if other.kind == "duration" else "MB")
            return side.span, f"write `{side.span.text.split()[0].rstrip('%')} {unit}`, with its unit"
    return span, "compare numbers of one dimension"


def unit_of(node: typed.Term) -> str:
    """The declared unit of the first metric in a term, or none."""
    match node:
        case typed.Measured() | typed.Scalar() | typed.Element() | typed.MeasuredField() | typed.Counterpart():
            return node.type.unit or ""
        case typed.Named():
            return unit_of(node.body)  # type: ignore[arg-type]
        case typed.Add():
            return unit_of(node.left) or unit_of(node.right)
        case typed.Scale() | typed.Absolute():
            return unit_of(node.operand)
        case typed.Extremum():
            return unit_of(node.value)
        case _:
            return ""


def settle(side: Operand, kind: str) -> Operand:
    """The same term, what was open in it now of `kind`."""
    if isinstance(side.node, typed.Constant):
        return replace(side, node=replace(side.node, kind=kind), kind=kind)
    if side.kind != "open":
        return side
    if kind == "open":
        # two values of no declared kind: metrics keep their recorded units, anything else must be a plain number
        return replace(side, node=_plain(side.node))
    return replace(side, node=_settled(side.node, Type(kind)), kind=kind)  # type: ignore[arg-type]


def _plain(node: typed.Term) -> typed.Term:
    match node:
        case typed.Scalar() if node.type.kind == "open":
            return replace(node, type=Type("number"))
        case typed.Add():
            return replace(node, left=_plain(node.left), right=_plain(node.right))
        case typed.Scale() | typed.Absolute():
            return replace(node, operand=_plain(node.operand))
        case typed.Named():
            return replace(node, body=_plain(node.body))  # type: ignore[arg-type]
        case _:
            return node


def _settled(node: typed.Term, type_: Type) -> typed.Term:
    match node:
        case typed.Measured() | typed.Scalar() if node.type.kind == "open":
            return replace(node, type=type_)
        case typed.Element() if node.type.kind == "open":
            of = replace(node.of, type=type_) if node.of else None
            return replace(node, type=type_, of=of)
        case typed.Counterpart() if node.type.kind == "open":
            return replace(node, of=replace(node.of, type=type_))
        case typed.Named():
            return replace(node, body=_settled(node.body, type_))  # type: ignore[arg-type]
        case typed.Add():
            return replace(node, left=_settled(node.left, type_), right=_settled(node.right, type_))
        case typed.Scale() | typed.Absolute():
            return replace(node, operand=_settled(node.operand, type_))
        case typed.Extremum():
            value = _settled(node.value, type_)
            assert isinstance(value, typed.Element)
            return replace(node, value=value)
        case _:
            return node
