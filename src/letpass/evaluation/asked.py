"""The comparisons of a rule, each with its operator, turned round where the comparison is negated.

A picture says on which side of a bound a value should be, and a table which way a measure is better: both are read from
the rule, never from how a value came out.
"""

from __future__ import annotations

from collections.abc import Iterator

from letpass.diagnostics import Span
from letpass.evaluation.drawn import SIDES
from letpass.frozen import Frozen
from letpass.language import typed
from letpass.language.operators import MIRRORED, OPPOSITE
from letpass.language.typed import bare


class Asked(Frozen):
    """One comparison; span: the place under which it is explained · negated: the rule holds where it does not · each: it is asked
    of every group of a metric.
    """

    node: typed.Comparison | typed.SuitePassed
    span: Span
    negated: bool = False
    each: bool = False

    @property
    def operator(self) -> str:
        """How the left side has to stand to the right one."""
        found = self.node.operator or ""
        return OPPOSITE.get(found, "") if self.negated else found

    @property
    def side(self) -> str:
        """On which side of its bound a value should be: `higher`, `lower`, or nothing where it is equality."""
        return SIDES.get(self.operator, "")

    @property
    def level(self) -> float | None:
        """The confidence at which an interval's end is compared, and not the value."""
        return self.node.level if isinstance(self.node, typed.Comparison) else None

    @property
    def measured(self) -> typed.Measured | None:
        """The candidate's measure that is compared as it is: no sum, no field of it, no element of a list."""
        left = bare(self.node.left) if isinstance(self.node, typed.Comparison) else None
        return left if isinstance(left, typed.Measured) and not left.champion else None


def asked(
    test: typed.Node, *, negated: bool = False, each: bool = False, span: Span | None = None
) -> Iterator[Asked]:  # fmt: skip
    """The comparisons by which a condition holds or fails, without those in a `where`, which choose elements of a list."""
    match test:
        case typed.Not():
            yield from asked(test.operand, negated=not negated, each=each)
        case typed.Both() | typed.Either():
            for part in test.parts:
                yield from asked(part, negated=negated, each=each)
        case typed.Named():
            yield from asked(test.body, negated=negated, each=each)
        case typed.AttestedBy():
            yield from asked(test.operand, negated=negated, each=each, span=span or test.span)
        case typed.ForAll():
            yield from asked(test.have, negated=negated, each=each or isinstance(test.list, typed.Slices))
        case typed.Comparison() | typed.SuitePassed():
            yield Asked(test, span or test.span, negated, each)


def better(test: typed.Node) -> Iterator[tuple[typed.Measured, str]]:
    """The candidate's measures that a condition bounds, each with the side that it wants them on, or nothing."""
    for one in asked(test):
        if isinstance(one.node, typed.Comparison):
            left, right = bare(one.node.left), bare(one.node.right)
            if isinstance(left, typed.Measured) and not left.champion:
                yield left, one.side
            elif isinstance(right, typed.Measured) and not right.champion:
                yield right, SIDES.get(MIRRORED.get(one.operator, ""), "")
