"""The formulas that conditions are lowered to, and the values that these speak of.

Every formula is true or false.  A value is known or not, and **a formula over a value that is not known is false**, also one that
is negated in itself (`Among`, `Matches` and `Shaped` with `negated`).  `Not` turns what is false into true, whatever the reason.
So no back end needs a third truth value.

Equal nodes are one value: what is shared is worked out once.  Numbers are doubles, dates whole microseconds since 1970 in UTC.
"""

from __future__ import annotations

from enum import Enum

from letpass.frozen import Frozen, part
from letpass.language import typed


class Node(Frozen):
    """What every node has.  It is compared and looked up often, so what that needs is worked out when it is made.

    parts: the nodes directly below, in their order · levels: those of the elements that it speaks of, and does not go through
    itself.
    """

    parts: tuple[Node, ...] = part(init=False, compare=False, repr=False)
    levels: frozenset[int] = part(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        own = self.__dict__
        key = tuple([own[name] for name in self._compared])
        below = [p for v in key for p in (v if type(v) is tuple else (v,)) if isinstance(p, Node)]
        own["_known"] = key, hash((type(self).__name__, key))
        own["parts"] = tuple(below)
        own["levels"] = self._levels()

    def _levels(self) -> frozenset[int]:
        found = NO_LEVELS
        for below in self.parts:
            if below.levels:
                found = found | below.levels
        return found

    def __hash__(self) -> int:
        known: int = self.__dict__["_known"][1]
        return known

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return type(self) is type(other) and self.__dict__["_known"] == other.__dict__["_known"]


NO_LEVELS = frozenset[int]()


# ---------------------------------------------------------------- places: where values stand


class Itself(Node):
    """The record, or the champion's."""

    champion: bool = False


class Measure(Node):
    """The one usable piece that fills the slot of a metric or observation: of this data set, else the only one there is."""

    section: str
    name: str
    data_set: str | None
    champion: bool = False


class Run(Node):
    """The usable run of a suite (`suites`) or the whole one of a scanner (`scans`)."""

    section: str
    name: str


class Element(Node):
    """The element at hand of the list at a level; 0 is the outermost."""

    level: int

    def _levels(self) -> frozenset[int]:
        return frozenset({self.level})


class Twin(Node):
    """The champion's usable measure of the same name on the same data (name, and digest where both have one) as `like`."""

    like: Measure


class Fellow(Node):
    """Of the slices of `twin` that with the `group` of the element at `level`.

    It is there where that group can be read and has one slice among `twin.like`'s, and one among `twin`'s, whose groups can all
    be read.
    """

    twin: Twin
    level: int

    def _levels(self) -> frozenset[int]:
        return frozenset({self.level})


Place = Itself | Measure | Run | Element | Twin | Fellow


# ---------------------------------------------------------------- lists


class Listed(Node):
    """A list of the record; known where it is there and every element of it can be used."""

    root: str
    champion: bool = False


class Inside(Node):
    """A list in a place: the `slices` of a measure, the `findings` of a scan."""

    place: Measure | Element
    field: str


class Joined(Node):
    """The lists `field` of all elements, one behind the other; not known where `outer` is not, has no element, or one lacks it."""

    outer: List
    field: str


class Provided(Node):
    """A list where a condition holds, else not known: nothing goes through it then."""

    list: List
    condition: Formula


List = Listed | Inside | Joined | Provided


# ---------------------------------------------------------------- values


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


class Asked(Enum):
    """What an evaluation is given beside the records; the value says what is true, or which number."""

    CHAMPION = "there is a champion, and its record is at hand"
    NOBODY = "nobody holds the stage, or ever held it"
    APART = "it is known for sure whom `other than author` leaves out"
    SIGNED = "how many different people signed in a role, in time, without those left out"
    NEEDED = "how many people the trust file asks of a role"
    MATCHED = "each of several roles can be given as many people of its own as it needs"
    FILLED = "an entry of a mapping can be read and is not empty, and this service vouches for it"
    MANY = "a list or mapping that is not empty stands in a place for one value, and this service vouches for it"
    AFFORDABLE = "the lists of a condition make at most 1,000,000 combinations of elements"


class Input(Node):
    """An answer that is given: a formula, or of `SIGNED` and `NEEDED` a number.

    about: `SIGNED` role, whether people are left out, longest age in microseconds or None · `NEEDED` role · `MATCHED` the roles,
    whether people are left out · `FILLED`, `MANY` path, whether the champion's, service or None · `AFFORDABLE` how many lists are
    around, service or None.  condition: of `AFFORDABLE`.
    """

    asked: Asked
    about: tuple[object, ...] = ()
    condition: typed.Quantified | None = None


Value = (
    Read | Literal | Clock | Sum | Product | Quotient | Absolute | Greatest | Wilson | Pick | Given | Default | Extreme | Input
)  # fmt: skip


# ---------------------------------------------------------------- formulas


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


Formula = (
    Always | Known | Written | Compare | Among | Matches | Shaped | Whole | And | Or | Not | AtLeast | Input
)  # fmt: skip
Loop = AtLeast | Extreme

TRUE, FALSE = Always(True), Always(False)
OPPOSITE = {">=": "<", "<": ">=", ">": "<=", "<=": ">", "==": "!=", "!=": "=="}


def conj(*operands: Formula) -> Formula:
    """All of these hold, in their shortest form."""
    flat = dict.fromkeys(o for each in operands for o in (each.operands if isinstance(each, And) else (each,)))
    flat.pop(TRUE, None)
    if FALSE in flat:
        return FALSE
    found = tuple(flat)
    return TRUE if not found else found[0] if len(found) == 1 else And(found)


def disj(*operands: Formula) -> Formula:
    """One of these holds, in its shortest form."""
    flat = dict.fromkeys(o for each in operands for o in (each.operands if isinstance(each, Or) else (each,)))
    flat.pop(FALSE, None)
    if TRUE in flat:
        return TRUE
    found = tuple(flat)
    return FALSE if not found else found[0] if len(found) == 1 else Or(found)


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
    """A list where all these hold."""
    condition = conj(*conditions)
    return found if condition == TRUE else Provided(found, condition)


def given(value: Value, *conditions: Formula) -> Value:
    """A value where all these hold."""
    condition = conj(*conditions)
    return value if condition == TRUE else Given(value, condition)
