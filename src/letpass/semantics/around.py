"""Where a condition stands: the lists around it, and who must vouch for what it reads."""

from __future__ import annotations

from letpass.frozen import Frozen
from letpass.language import typed
from letpass.semantics.formula import TRUE, Compare, Formula
from letpass.semantics.places import Measure, Place
from letpass.semantics.values import Kind, Literal, Read


class Level(Frozen):
    """A list around: the measure whose slices are its elements, and whether they are the champion's."""

    owner: Measure | None = None
    champion: bool = False


class Around(Frozen):
    """The lists around, the outermost first, and the service that must have attested every fact; None: whoever says it."""

    levels: tuple[Level, ...] = ()
    service: str | None = None

    @property
    def depth(self) -> int:
        """The level of the elements of a list that begins here."""
        return len(self.levels)

    def inside(self, level: Level) -> Around:
        """On an element of a list that begins here."""
        return Around((*self.levels, level), self.service)

    def outside(self) -> Around:
        """In a let, which has no lists around it."""
        return Around((), self.service)

    def vouched(self, place: Place, field: str = "") -> Formula:
        """What is said in a place, or in a field of the record, counts here."""
        if self.service is None:
            return TRUE
        trust = Read(place, f"@trust:{field}" if field else "@trust", Kind.TEXT)
        return Compare(trust, "==", Literal(self.service))


def measure(of: typed.Measured) -> Measure:
    """Where a metric or an observation stands."""
    return Measure(of.section, of.name, of.data_set, of.champion)
