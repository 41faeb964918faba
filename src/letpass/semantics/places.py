"""Where the values of a record stand, and the lists that can be gone through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from letpass.semantics.nodes import Node

if TYPE_CHECKING:
    from letpass.semantics.formula import Formula


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
