"""The end of a measure's confidence interval: as recorded, else from its standard error, else Wilson's.

It is what `facts/estimates.py` says, condition by condition, with the numbers of that file.
"""

from __future__ import annotations

from letpass.frozen import Frozen
from letpass.semantics.formula import FALSE, TRUE, Compare, Formula, Known, Written, conj, disj, no
from letpass.semantics.places import Place
from letpass.semantics.terms import Term
from letpass.semantics.values import (
    Absolute,
    Default,
    Given,
    Greatest,
    Kind,
    Literal,
    Product,
    Quotient,
    Read,
    Sum,
    Value,
    Wilson,
)

NOISE = 1e-9  # an error or a width that is smaller, for the value's size, is what rounding left
FEWEST = 30.0  # of samples, or of clusters of them, from which a standard error can be told
ROUNDED = 0.005  # a recorded share may be rounded to two digits, and says another thing beyond
MOST_SAMPLES = 1e15
LARGEST = 1.7976931348623157e308  # what is not beyond it is finite


class End(Frozen):
    """One end of an interval, and the largest term that went into it."""

    value: Value
    largest: Value


class Estimate:
    """What is recorded of one measure or slice."""

    def __init__(self, place: Place, term: Term, *, share: bool) -> None:
        self.place, self.value, self.share = place, term.value, share
        self.hundred = term.unit.pick({"": 1.0, "%": 100.0}) if share and term.unit.recorded else Literal(1.0)
        self.error, self.samples, self.successes, self.clusters = (
            self._number(name) for name in ("standard_error", "samples", "successes", "clusters")
        )

    def _number(self, field: str) -> Read:
        return Read(self.place, field, Kind.NUMBER)

    def end(self, level: float, z: float, *, lower: bool) -> End:
        """The lower or upper end of the two-sided interval at a level, of which `z` is the normal quantile."""
        wide, other = self._recorded(level)
        tells, fits = self._spread(z)
        error = Product(self.error, Literal(z))
        ends: list[tuple[Value, Value | None, Formula]] = [
            (self._number("interval.low" if lower else "interval.high"), None, wide),
            (
                Sum(self.value, error, -1 if lower else 1),
                Greatest((Absolute(self.value), error)),
                conj(other, tells, fits),
            ),
            (self._wilson(z, lower=lower), self.hundred, conj(other, no(tells), self.counts())),
        ]
        value, largest = (_first(ends, which) for which in (0, 1))
        return End(value, largest)

    def _recorded(self, level: float) -> tuple[Formula, Formula]:
        """The recorded interval is wide enough; it is none that could be, or is not, and something else tells."""
        written = Written(self.place, "interval")
        low, high, recorded = (self._number(f"interval.{name}") for name in ("low", "high", "level"))
        sound = conj(
            Compare(low, "<=", self.value),
            Compare(self.value, "<=", high),
            Compare(Sum(high, low, -1), ">", Product(Greatest((Absolute(low), Absolute(high))), Literal(NOISE))),
            Compare(recorded, "<", Literal(1.0)),
        )
        enough = Compare(recorded, ">=", Literal(level))
        return conj(written, sound, enough), disj(no(written), conj(sound, Compare(recorded, "<", Literal(level))))

    def _spread(self, z: float) -> tuple[Formula, Formula]:
        """A standard error is what is looked at; and it can be told by it."""
        zero = Literal(0.0)
        same = disj(Compare(self.successes, "==", zero), Compare(self.successes, "==", self.samples))
        all_or_none = conj(Compare(self.error, "==", zero), same, no(Known(self.clusters)))
        size = disj(
            conj(
                Compare(self.value, "!=", zero),
                Compare(self.error, ">=", Product(Absolute(self.value), Literal(NOISE))),
            ),
            conj(Compare(self.value, "==", zero), Compare(self.error, ">=", Literal(NOISE))),
        )
        reach = Sum(Absolute(self.value), Product(self.error, Literal(z)))
        enough = [
            disj(no(Written(self.place, read.field)), Compare(read, ">=", Literal(FEWEST)))
            for read in (self.samples, self.clusters)
        ]
        fits = conj(Compare(self.error, ">", zero), Compare(reach, "<=", Literal(LARGEST)), size, *enough)
        return conj(Written(self.place, "standard_error"), no(all_or_none)), fits

    def counts(self) -> Formula:
        """Successes of samples are those of the value, and independent of one another."""
        apart = Absolute(Sum(Quotient(self.value, self.hundred), Quotient(self.successes, self.samples), -1))
        return conj(
            TRUE if self.share else FALSE,
            no(Written(self.place, "clusters")),
            Compare(self.successes, ">=", Literal(0.0)),
            Compare(self.successes, "<=", self.samples),
            Compare(self.samples, ">", Literal(0.0)),
            Compare(self.samples, "<", Literal(MOST_SAMPLES)),
            Compare(apart, "<=", Literal(ROUNDED)),
        )

    def _wilson(self, z: float, *, lower: bool) -> Value:
        return Product(Wilson(self.successes, self.samples, z, lower), self.hundred)


def _first(ends: list[tuple[Value, Value | None, Formula]], which: int) -> Value:
    """Of several ends, at most one of which counts, that one, or its largest term."""
    found: Value | None = None
    for value, largest, condition in reversed(ends):
        if condition == FALSE:
            continue
        chosen = value if which == 0 or largest is None else largest
        one = Given(chosen, condition)
        found = one if found is None else Default(one, found)
    assert found is not None
    return found
