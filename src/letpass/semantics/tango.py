"""Tango's score test of paired shares, in its closed form, as values in one fixed order of arithmetic.

Tango 1998, Statistics in Medicine 17:891-908.  `facts/contrasts.py` has the same in Python; a back end that prints what stands
here comes to the same doubles, bit by bit.
"""

from __future__ import annotations

from letpass.semantics.values import Absolute, Greatest, Literal, Product, Quotient, Root, Sum, Value


class Tango:
    """Of cases that both versions were measured on, `better` are right in the one alone and `worse` in the other alone.

    gain: by how many cases the one is more than `margin` worse than the other · error: one standard error of that, where it is
    just so much worse · largest: the largest term of the gain.
    """

    def __init__(self, better: Value, worse: Value, cases: Value, margin: Value) -> None:
        beyond = Sum(Literal(1.0), margin)
        slope = Sum(Sum(better, worse), Product(Sum(Sum(Product(Literal(2.0), cases), better, -1), worse), margin))
        curve = Product(Product(worse, margin), beyond)
        inside = Sum(Product(slope, slope), Product(Product(Literal(8.0), cases), curve), -1)
        q = Quotient(Sum(Root(Greatest((inside, Literal(0.0)))), slope), Product(Literal(4.0), cases))
        spread = Product(cases, Sum(Product(Literal(2.0), q), Product(margin, beyond), -1))
        self.gain: Value = Sum(Sum(better, worse, -1), Product(cases, margin))
        self.error: Value = Root(Greatest((spread, Literal(0.0))))
        self.largest: Value = Greatest((Product(cases, Absolute(margin)), better, worse))
