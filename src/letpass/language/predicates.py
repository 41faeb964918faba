"""Typing of predicates: what is asked of one value, of a suite of tests, of a scan and of signatures."""

from __future__ import annotations

from decimal import Decimal

from letpass.diagnostics import PolicyError, Span
from letpass.frozen import replace
from letpass.language import syntax, terms, typed
from letpass.language.operators import UPWARD
from letpass.language.terms import Operand
from letpass.language.types import Kind, Type

MOST_ROLES = 12


def text(operand: Operand, node: syntax.Term) -> typed.Term:
    """The text that `like` and `is pinned` are asked of; raises `PolicyError` where it is none."""
    operand = _declared(operand, "text")
    if operand.kind != "text":
        raise PolicyError.of(
            "GATE204",
            f"`{node.span.text}` is a {operand.kind}, and a text is wanted",
            node.span,
            "`like` and `is pinned` are for texts",
        )
    return operand.node


def date(operand: Operand, node: syntax.Term) -> typed.Term:
    """The recorded date that `within` is asked of; raises `PolicyError` where it is none."""
    operand = _declared(operand, "date")
    if operand.kind != "date" or operand.arithmetic or operand.is_constant or isinstance(operand.node, typed.Now):
        raise PolicyError.of(
            "GATE204",
            f"`{node.span.text}` is no recorded date",
            node.span,
            "`within` is for a date of the record, such as `registered_at`",
        )
    return operand.node


def _declared(operand: Operand, kind: Kind) -> Operand:
    """An operand, a value of the record of no declared kind as one of `kind`."""
    if operand.kind != "open" or not isinstance(operand.node, typed.Scalar | typed.Element):
        return operand
    return replace(operand, node=replace(operand.node, type=Type(kind)), kind=kind)


def computed(operand: Operand, node: syntax.Computed) -> typed.Truth:
    """`artifact.digest is computed`; raises `PolicyError` for every other name."""
    if not isinstance(operand.node, typed.Scalar) or operand.node.path != "artifact.digest":
        raise PolicyError.of(
            "GATE204",
            f"the gate computes no `{node.operand.span.text}`",
            node.span,
            "write `artifact.digest is computed`",
        )
    return typed.Computed(operand.node, span=node.span)


def passed(node: syntax.Passed) -> typed.Truth:
    """A suite that passed; raises `PolicyError` where the score is none, or has no floor."""
    score = None
    if node.score is not None:
        found = terms.literal(node.score)
        if (
            not isinstance(found.node, typed.Constant)
            or found.written not in {"number", "percent"}
            or not 0 <= found.node.amount <= 1
        ):
            raise PolicyError.of(
                "GATE203", f"`{node.score.span.text}` is no score", node.score.span, "a score is from 0% to 100%"
            )
        if node.operator not in UPWARD:
            raise PolicyError.of(
                "GATE204",
                f"a score has a floor, and `{node.operator}` is none",
                node.span,
                "a floor is asked as in `with score > 90%`",
            )
        score = float(found.node.amount)
    return typed.SuitePassed(node.suite, node.operator, score, _age(node.within), span=node.span)


def scanned(node: syntax.Scanned) -> typed.Truth:
    """A scan with a tool."""
    return typed.ToolScanned(node.tool, _age(node.within), span=node.span)


def signed(node: syntax.Signed) -> typed.Truth:
    """Signatures in roles; raises `PolicyError` for too many roles, and for one that is named twice."""
    if len(node.roles) > MOST_ROLES:
        raise PolicyError.of("GATE217", f"{len(node.roles)} roles are too many", node.span, f"the most is {MOST_ROLES}")
    if len(set(node.roles)) != len(node.roles):
        raise PolicyError.of(
            "GATE204",
            "one role is named twice",
            node.span,
            'write `signed by 2 in role "…"` for two people of one role',
        )
    count = 1 if node.count is None else whole(node.count, node.span, least=1)
    return typed.SignedBy(node.roles, count, node.other_than_author, _age(node.within), span=node.span)


def whole(value: Decimal, span: Span, *, least: int) -> int:
    """A number that can be counted to; raises `PolicyError` where it is broken, too small or above a million."""
    if value != int(value) or not least <= value <= 1_000_000:
        raise PolicyError.of(
            "GATE217", f"`{value}` cannot be counted to", span, f"write a whole number, at least {least}"
        )
    return int(value)


def _age(duration: syntax.Quantity | None) -> int | None:
    return None if duration is None else terms.microseconds(duration)
