"""The interval of the share that people would find, of one that a model judged which errs (Rogan and Gladen; Lang and Reiczigel).

It is what `facts/judges.py` says, with the same arithmetic in the same order.
"""

from __future__ import annotations

from letpass.semantics.formula import Compare, Formula, conj, given
from letpass.semantics.intervals import FEWEST, End, Estimate
from letpass.semantics.values import Greatest, Kind, Literal, Product, Quotient, Read, Root, Sum, Value

LEAST = 0.1  # by how much a judge has to find right cases right more often than wrong ones
CHANCE = 1.96  # standard errors: 2.5 of 100 calibrations that fit are further off
_ONE, _TWO = Literal(1.0), Literal(2.0)


def corrected(of: Estimate, z: float, *, lower: bool) -> End:
    """An end of the interval; it is known where the judge's rates may be those on the cases at hand."""
    right, agreed, wrong, refused = (
        Read(of.place, f"judge.{name}", Kind.NUMBER) for name in ("right", "right_of_right", "wrong", "wrong_of_wrong")
    )
    sharp = Quotient(Sum(agreed, _ONE), Sum(right, _TWO))
    strict = Quotient(Sum(refused, _ONE), Sum(wrong, _TWO))
    apart = Sum(Sum(sharp, strict), _ONE, -1)
    cases = Sum(of.samples, Literal(z * z))
    seen = Quotient(Sum(of.successes, Literal(z * z / 2.0)), cases)
    share = Quotient(Sum(Sum(seen, strict), _ONE, -1), apart)
    rest = Sum(_ONE, share, -1)
    of_right = Quotient(Product(sharp, Sum(_ONE, sharp, -1)), Sum(right, _TWO))
    of_wrong = Quotient(Product(strict, Sum(_ONE, strict, -1)), Sum(wrong, _TWO))
    moved = Product(Literal(2.0 * (z * z)), Sum(Product(share, of_right), Product(rest, of_wrong), -1))
    spread = Sum(
        Sum(Quotient(Product(seen, Sum(_ONE, seen, -1)), cases), Product(Product(share, share), of_right)),
        Product(Product(rest, rest), of_wrong),
    )
    half = Quotient(Product(Literal(z), Root(spread)), apart)
    end = Sum(Sum(share, moved), half, -1 if lower else 1)
    few = Literal(FEWEST)
    tells = conj(
        of.counts(),
        Compare(right, ">=", few),
        Compare(wrong, ">=", few),
        Compare(apart, ">", Literal(LEAST)),
        no_more(of.successes, of.samples, agreed, right),
        no_more(Sum(wrong, refused, -1), wrong, of.successes, of.samples),
    )
    return End(given(Product(_share(end), of.hundred), tells), of.hundred)


def no_more(more: Value, of_more: Value, fewer: Value, of_fewer: Value) -> Formula:
    """The first share is not greater than the second by more than chance (the score test of two shares)."""
    both = Quotient(Sum(more, fewer), Sum(of_more, of_fewer))
    cases = Sum(Quotient(_ONE, of_more), Quotient(_ONE, of_fewer))
    error = Root(Product(Product(both, Sum(_ONE, both, -1)), cases))
    gap = Sum(Quotient(more, of_more), Quotient(fewer, of_fewer), -1)
    return Compare(gap, "<=", Product(Literal(CHANCE), error))


def _share(value: Value) -> Value:
    """A value from 0 to 1; what is greater than 1 is the negative of what is less than -1."""
    minus = Literal(-1.0)
    return Product(minus, Greatest((minus, Product(minus, Greatest((Literal(0.0), value))))))
