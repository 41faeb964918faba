"""Who has signed: what an evaluation is told of people, counted."""

from __future__ import annotations

from letpass.language import typed
from letpass.semantics.formula import TRUE, Compare, conj
from letpass.semantics.meaning import Meaning, positive
from letpass.semantics.values import Asked, Greatest, Input, Literal


def signed(node: typed.SignedBy) -> Meaning:
    """Enough different people signed, and it is known whom to leave out."""
    apart = Input(Asked.APART) if node.other_than_author else TRUE
    if len(node.roles) > 1:
        return positive(conj(apart, Input(Asked.MATCHED, (node.roles, node.other_than_author, node.microseconds))))
    (role,) = node.roles
    people = Input(Asked.SIGNED, (role, node.other_than_author, node.microseconds))
    needed = Greatest((Literal(float(node.count)), Input(Asked.NEEDED, (role,))))
    return positive(conj(apart, Compare(people, ">=", needed)))
