"""Typed conditions and values, which every engine reads: each name is resolved, and each unit known.

A node that several places use (a `let`) is one object, so a policy is a graph no larger than its text.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import cached_property

from letpass.diagnostics import NOWHERE, Span
from letpass.frozen import Frozen, part
from letpass.language.types import Type


class Node(Frozen):
    """What every typed node has; equality ignores where it stands."""

    span: Span = part(default=NOWHERE, kw_only=True, compare=False, repr=False)


# ---------------------------------------------------------------- terms


class Constant(Node):
    """A number: `amount` in the base unit of `kind` (seconds, bytes, 1 for ratios)."""

    amount: Decimal
    kind: str


class Word(Node):
    """A symbol of an ordered enumeration, as a value to compare with."""

    value: str


class Instant(Node):
    """A date: microseconds since 1970 in UTC."""

    microseconds: int


class Now(Node):
    """The decision's clock."""


class Moved(Node):
    """A date so many microseconds later (earlier when negative)."""

    date: Term
    microseconds: int


class Scalar(Node):
    """A field of the record by its path, such as `code.commit` or `facts.domain`."""

    path: str
    type: Type
    champion: bool = False


class Measured(Node):
    """The value of a metric (`section` metrics) or of an observation.

    `type.unit` is the declared unit of raw numbers; None leaves only the recorded one.
    """

    section: str
    name: str
    data_set: str | None
    type: Type
    champion: bool = False


class MeasuredField(Node):
    """Another field of a metric's record, such as its `samples`."""

    of: Measured
    field: str
    type: Type


class Element(Node):
    """A field of the element at hand; `level` counts the lists around it from 0, the outermost.

    `of` is the metric whose slices are at hand, when its unit is the field's unit.
    """

    level: int
    field: str
    type: Type
    of: Measured | None = None


class Counterpart(Node):
    """`champion.value` among the slices of the metric `of`: the champion's value for the group at hand, on the same data set.

    `level` is that of the slices, as an element's is.
    """

    level: int
    of: Measured

    @property
    def type(self) -> Type:
        """The metric's."""
        return self.of.type


class Add(Node):
    """`left + right`, with `sign` -1 `left - right`."""

    left: Term
    right: Term
    sign: int


class Scale(Node):
    """`operand * factor`."""

    operand: Term
    factor: Decimal


class Absolute(Node):
    """`abs(operand)`."""

    operand: Term


class _Quantified(Node):
    """What goes through a list: its elements are at the level that is the number of lists around it."""

    @cached_property
    def levels(self) -> frozenset[int]:
        """The levels of the elements that it reads, its own among them; those in lets are no levels of it."""
        return levels_read(self)

    @cached_property
    def inside(self) -> tuple[Quantified, ...]:
        """What goes through a list for each of its elements, directly below it."""
        return tuple(_quantified(self))

    def depends(self, depth: int) -> bool:
        """With so many lists around it: does it read an element of one, so that it differs from element to element."""
        return any(level < depth for level in self.levels)


class Extremum(_Quantified):
    """`min(list.field where …)` or max."""

    which: str
    list: List
    value: Element
    where: Truth | None


# ---------------------------------------------------------------- lists


class RecordList(Node):
    """A list of the record by its path, joined with the lists `inner` to it: the findings of all scans."""

    root: str
    inner: tuple[str, ...] = ()
    champion: bool = False


class Slices(Node):
    """The groups that a metric was measured on."""

    of: Measured
    field: str = "slices"


class ElementList(Node):
    """A list inside the element at hand."""

    level: int
    path: tuple[str, ...]


class ListField(Node):
    """A field of every element: only `recorded` asks for it (`data.version is recorded`, or of `data` their names)."""

    list: List
    field: str
    type: Type


List = RecordList | Slices | ElementList


class Section(Node):
    """A mapping of the record as a whole: only `recorded` asks for it."""

    path: tuple[str, ...]
    champion: bool = False


# ---------------------------------------------------------------- truths


class Not(Node):
    """`not a`"""

    operand: Truth


class Both(Node):
    """`a and b`"""

    parts: tuple[Truth, ...]


class Either(Node):
    """`a or b`"""

    parts: tuple[Truth, ...]


class Named(Node):
    """A `let`: its name and its one shared body."""

    name: str
    body: Truth | Term


class Flag(Node):
    """A flag that stands alone."""

    operand: Term


class Contrast(Frozen):
    """What a metric is held to with confidence: `factor` times the champion's same metric, and `shift`, in the base unit.

    paired: the outcomes of the cases have to be compared one by one; else they are where both versions have them.
    """

    champion: Measured | Counterpart
    factor: Decimal = Decimal(1)
    shift: Decimal = Decimal(0)
    paired: bool = False

    @property
    def metric(self) -> Measured:
        """The champion's metric, also where a group of it is compared."""
        return self.champion.of if isinstance(self.champion, Counterpart) else self.champion


class Comparison(Node):
    """Two terms of one kind.

    `unit`: the unit in which arithmetic is done.  `tolerant`: a side has arithmetic or an interval's bound,
    so equality is within 1e-12 of the largest absolute term.  `level`: compare the bounds of the interval of
    that confidence, with `z` the normal quantile; both are of the level that leaves one of `tries` at the one that is written.
    `against`: compare with the champion, and not with a constant.  `corrected`: the interval is of the share that people would find.
    `symbols`: the order of an ordered enumeration.
    """

    left: Term
    operator: str
    right: Term
    kind: str
    unit: str = ""
    tolerant: bool = False
    level: float | None = None
    z: float = 0.0
    symbols: tuple[str, ...] = ()
    against: Contrast | None = None
    corrected: bool = False
    tries: int | None = None


class Among(Node):
    """`x is a`, `x in {a, b}`; negated `x is not a`."""

    operand: Term
    symbols: tuple[str, ...]
    negated: bool


class Matches(Node):
    """`x like "s3://*"`: the pattern's fixed parts, in order, around the `*`s."""

    operand: Term
    parts: tuple[str, ...]


class Fresh(Node):
    """`date within D`."""

    operand: Term
    microseconds: int


class Recorded(Node):
    """`a, b are recorded`: true or unknown, never false."""

    operands: tuple[Term | Section | ListField, ...]


class Pinned(Node):
    """`image is pinned`"""

    operand: Term


class Computed(Node):
    """`artifact.digest is computed`: the gate hashed the bytes itself."""

    operand: Scalar


class HasChampion(Node):
    """`there is a champion`"""


class OlderBars(Node):
    """`bars are older than evidence`"""


class SuitePassed(Node):
    """`passed "SUITE" with score > 90% within D`; score from 0 to 1."""

    suite: str
    operator: str | None
    score: float | None
    microseconds: int | None


class ToolScanned(Node):
    """`scanned by "TOOL" within D`"""

    tool: str
    microseconds: int | None


class SignedBy(Node):
    """`count` different people in one role, or one in each of several."""

    roles: tuple[str, ...]
    count: int
    other_than_author: bool
    microseconds: int | None


class AttestedBy(Node):
    """Every fact that `operand` reads came in evidence signed by `service`."""

    operand: Truth
    service: str


class ForAll(_Quantified):
    """`all LIST where P have P`"""

    list: List
    where: Truth | None
    have: Truth


class CountOf(_Quantified):
    """`no` is `at most` 0; `least` tells `at least` from `at most`."""

    list: List
    where: Truth | None
    least: bool
    limit: int


Quantified = ForAll | CountOf | Extremum
Term = (
    Constant
    | Word
    | Instant
    | Now
    | Moved
    | Scalar
    | Measured
    | MeasuredField
    | Element
    | Counterpart
    | Add
    | Scale
    | Absolute
    | Extremum
    | Named
)
Predicate = Flag | Among | Matches | Fresh | Recorded | Pinned | Computed | SuitePassed | ToolScanned
"""What is asked of one value, suite or scan."""
Truth = (
    Not
    | Both
    | Either
    | Named
    | Comparison
    | HasChampion
    | OlderBars
    | SignedBy
    | AttestedBy
    | ForAll
    | CountOf
    | Predicate
)


# ---------------------------------------------------------------- walks


def walk(node: object, seen: set[int] | None = None) -> Iterator[Node]:
    """Every node of a typed condition once, itself first: in lets, and the metrics that fields and slices are of."""
    seen = set() if seen is None else seen
    for one in node if isinstance(node, tuple) else (node,):
        if isinstance(one, Node) and id(one) not in seen:
            seen.add(id(one))
            yield one
            for below in parts(one):
                yield from walk(below, seen)


def parts(node: Node) -> Iterator[Node]:
    """The nodes directly below one."""
    for name in node._fields:
        value = getattr(node, name)
        for part_ in value if isinstance(value, tuple) else (value,):
            if isinstance(part_, Node):
                yield part_


def levels_read(node: Node) -> frozenset[int]:
    """The levels of the elements that a condition or value reads.  A let reads none: its lists have no others around."""
    if isinstance(node, Named):
        return frozenset()
    own = {node.level} if isinstance(node, Element | ElementList | Counterpart) else set[int]()
    return frozenset(own).union(*(levels_read(below) for below in parts(node)))


def _quantified(node: Node) -> Iterator[Quantified]:
    for below in parts(node):
        if isinstance(below, Quantified):
            yield below
        elif not isinstance(below, Named):
            yield from _quantified(below)


def bare(node: Node) -> Node:
    """What a name stands for: the body of a let, and of the let in it."""
    while isinstance(node, Named):
        node = node.body
    return node
