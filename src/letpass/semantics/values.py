"""The values that formulas speak of.  Each is known or not; numbers are doubles, dates whole microseconds since 1970 in UTC."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from letpass.semantics.nodes import Node
from letpass.semantics.places import List, Place

if TYPE_CHECKING:
    from letpass.semantics.formula import Formula


class Kind(Enum):
    """What a value is; `ANY` is one of the others."""

    NUMBER = "number"
    DATE = "date"
    TEXT = "text"
    FLAG = "flag"
    ANY = "any"


class Read(Node):
    """A readable value of a place by its field: `code.commit` of the record, `interval.low` of a measure, `@trust` of any.

    `@trust` is who vouches for the place (`computed`: the gate), of a field of the record `@trust:FIELD`.  `typed`: the schema
    lets nothing else be readable there; else what is of another kind is not known.
    """

    place: Place
    field: str
    kind: Kind
    typed: bool = True


class Literal(Node):
    """A number, date, text or flag of the policy."""

    value: float | int | str | bool


class Clock(Node):
    """The decision's time, a date."""


class Sum(Node):
    """`left + right`, with `sign` -1 `left - right`."""

    left: Value
    right: Value
    sign: int = 1


class Product(Node):
    """`left * right`"""

    left: Value
    right: Value


class Quotient(Node):
    """`left / right`, not known where the right is zero."""

    left: Value
    right: Value


class Absolute(Node):
    """The absolute value."""

    operand: Value


class Greatest(Node):
    """The greatest of several numbers, not known where one of them is not."""

    values: tuple[Value, ...]


class Root(Node):
    """The square root of a number; not known of a negative one."""

    operand: Value


class Apart(Node):
    """How many cases are right in the one and not in the other, of two texts of one length in base64 with one bit a case."""

    ours: Value
    theirs: Value


class Wilson(Node):
    """One end, from 0 to 1, of Wilson's score interval: p = successes/samples, q = z*z,

    (p + q/2n ∓ z*sqrt((p(1-p) + q/4n)/n)) / (1 + q/n); not known where the successes are not of so many samples.
    """

    successes: Value
    samples: Value
    z: float
    lower: bool


class Pick(Node):
    """The number that a text stands for: `absent` where the text is not known, not known where it is none of the table's."""

    key: Value
    table: tuple[tuple[str, float], ...]
    absent: float | None = None


class Given(Node):
    """A value where a condition holds, else not known."""

    value: Value
    condition: Formula


class Default(Node):
    """A value, or another one where it is not known."""

    value: Value
    otherwise: Value


class Extreme(Node):
    """The least or greatest known `value` among the elements for which `where` holds; not known where there is none."""

    which: str
    list: List
    level: int
    value: Value
    where: Formula

    def _levels(self) -> frozenset[int]:
        return self.list.levels | ((self.value.levels | self.where.levels) - {self.level})


class Combinations(Node):
    """How many elements a form looks at: those of a list, times those of the longest way through the lists inside it.

    `inside` are the lists that are gone through for each of its elements.  Of one that is inside the element, itself or further in,
    those of all elements are added up.  A list that is not known has none.
    """

    list: List
    level: int
    inside: tuple[Combinations, ...]

    def _levels(self) -> frozenset[int]:
        return self.list.levels | frozenset().union(*[inner.levels for inner in self.inside]) - {self.level}


class Asked(Enum):
    """What an evaluation is given beside the records; the value says what is true, or which number."""

    CHAMPION = "there is a champion, and its record is at hand"
    NOBODY = "nobody holds the stage, or ever held it"
    OLDER = "every bar in force stood before the runs began that made its evidence"
    YOUNGER = "some bar in force did not, or was not as strict"
    APART = "it is known for sure whom `other than author` leaves out"
    SIGNED = "how many different people signed in a role, in time, without those left out"
    NEEDED = "how many people the trust file asks of a role"
    MATCHED = "each of several roles can be given as many people of its own as it needs"
    FILLED = "an entry of a mapping can be read and is not empty, and this service vouches for it"
    MANY = "a list or mapping that is not empty stands in a place for one value, and this service vouches for it"


class Input(Node):
    """An answer that is given: a formula, or of `SIGNED` and `NEEDED` a number.

    about: `SIGNED` role, whether people are left out, longest age in microseconds or None · `NEEDED` role · `MATCHED` the roles,
    and as `SIGNED` · `FILLED`, `MANY` path, whether the champion's, service or None.
    """

    asked: Asked
    about: tuple[object, ...] = ()


Value = (
    Read | Literal | Clock | Sum | Product | Quotient | Absolute | Greatest | Root | Apart | Wilson | Pick | Given | Default | Extreme | Combinations | Input
)  # fmt: skip
