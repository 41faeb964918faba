"""The formulas that conditions are lowered to.

Every formula is true or false.  A value is known or not, and **a formula over a value that is not known is false**, also one that
is negated in itself (`Among`, `Matches` and `Shaped` with `negated`).  `Not` turns what is false into true, whatever the reason.
So no back end needs a third truth value.

    nodes.py   what all of these have     places.py   where values stand, and lists     values.py   numbers, texts, dates, flags

Equal nodes are one value: what is shared is worked out once.
"""

from __future__ import annotations

from enum import Enum

from letpass.semantics.nodes import Node
from letpass.semantics.places import List, Measure, Place, Provided, Twin
from letpass.semantics.values import Extreme, Given, Input, Value


class Always(Node):
    """True, or false."""

    truth: bool


class Known(Node):
    """Is a value, list or measure known."""

    of: Value | List | Measure | Twin


class Written(Node):
    """Does anything stand in a field of a place, readable or not."""

    place: Place
    field: str


class Compare(Node):
    """Two values of one kind, by `>=` `<=` `>` `<` `==` `!=`.

    `scale`: they are equal where they differ by no more than 1e-12 of it, and a side that is not finite is not known.
    """

    left: Value
    operator: str
    right: Value
    scale: Value | None = None


class Among(Node):
    """A text is one of several; negated: it is another."""

    value: Value
    words: frozenset[str]
    negated: bool = False


class Matches(Node):
    """A text consists of the parts, in order, with any run of characters between each two."""

    value: Value
    pattern: tuple[str, ...]
    negated: bool = False


class Shape(Enum):
    """What a value may look like."""

    FILLED = "is no blank text"
    WHOLE = "has no fraction"
    DIGEST = (
        "is, or ends behind its last `@` in, sha256:, sha384: or sha512: and so many hexadecimal digits in lower case"
    )


class Shaped(Node):
    """A value has a shape; negated: it has not."""

    value: Value
    shape: Shape
    negated: bool = False


class Whole(Node):
    """Are the elements of a list known to be all there are: it is no list of what a scan that was not whole has found."""

    list: List


class And(Node):
    """All hold."""

    operands: tuple[Formula, ...]


class Or(Node):
    """One holds."""

    operands: tuple[Formula, ...]


class Not(Node):
    """The operand does not hold."""

    operand: Formula


class AtLeast(Node):
    """So many elements of a list satisfy a condition; none where the list is not known."""

    count: int
    list: List
    level: int
    where: Formula

    def _levels(self) -> frozenset[int]:
        return self.list.levels | (self.where.levels - {self.level})


Straight = Always | Known | Written | Compare | Among | Matches | Shaped | Whole | And | Or | Not
"""The formulas that neither go through a list nor are given."""
Formula = Straight | AtLeast | Input
Loop = AtLeast | Extreme

TRUE, FALSE = Always(True), Always(False)


def conj(*operands: Formula) -> Formula:
    """All of these hold, in their shortest form."""
    return _joined(And, operands, TRUE, FALSE)


def disj(*operands: Formula) -> Formula:
    """One of these holds, in its shortest form."""
    return _joined(Or, operands, FALSE, TRUE)


def _joined(of: type[And | Or], operands: tuple[Formula, ...], silent: Formula, decides: Formula) -> Formula:
    """`silent` beside others says nothing, and `decides` all."""
    flat = dict.fromkeys(o for each in operands for o in (each.operands if isinstance(each, of) else (each,)))
    flat.pop(silent, None)
    if decides in flat:
        return decides
    found = tuple(flat)
    return silent if not found else found[0] if len(found) == 1 else of(found)


def no(operand: Formula) -> Formula:
    """This does not hold, in its shortest form."""
    match operand:
        case Always():
            return FALSE if operand.truth else TRUE
        case Not():
            return operand.operand
        case Or():
            return conj(*[no(o) for o in operand.operands])
        case And():
            return disj(*[no(o) for o in operand.operands])
        case _:
            return Not(operand)


def provided(found: List, *conditions: Formula) -> List:
    """A list where all these hold; what is asked of it twice is asked once, so that behind it stands the list itself."""
    condition = conj(*conditions)
    if condition == TRUE:
        return found
    if isinstance(found, Provided):
        return Provided(found.list, conj(found.condition, condition))
    return Provided(found, condition)


def given(value: Value, *conditions: Formula) -> Value:
    """A value where all these hold."""
    condition = conj(*conditions)
    return value if condition == TRUE else Given(value, condition)
