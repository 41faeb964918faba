"""What a condition means: when it holds and when it fails.  Where neither does, it is unknown."""

from __future__ import annotations

from letpass.frozen import Frozen
from letpass.semantics.formula import FALSE, Formula, conj, disj


class Meaning(Frozen):
    """Two formulas of which at most one holds, for any records.

    complement: either formula alone is enough for a back end that has a third value of its own.  By Kleene's tables, with each
    formula over a value that is not known being unknown, `holds` comes to the truth of the condition, and `fails` to its negation;
    so where all values in them are known, exactly one of both holds.
    """

    holds: Formula
    fails: Formula
    complement: bool = False


UNKNOWN = Meaning(FALSE, FALSE)


def positive(holds: Formula) -> Meaning:
    """Of what is true or unknown, and never false."""
    return Meaning(holds, FALSE)


def negation(of: Meaning) -> Meaning:
    """`not a`"""
    return Meaning(of.fails, of.holds, of.complement)


def conjunction(of: list[Meaning]) -> Meaning:
    """`a and b`"""
    complement = all([m.complement for m in of])
    return Meaning(conj(*[m.holds for m in of]), disj(*[m.fails for m in of]), complement)


def disjunction(of: list[Meaning]) -> Meaning:
    """`a or b`"""
    return negation(conjunction([negation(m) for m in of]))


def within(of: Meaning, condition: Formula) -> Meaning:
    """The same where a condition holds, else unknown."""
    return Meaning(conj(condition, of.holds), conj(condition, of.fails))
