"""What the suites of a JUnit report count: headers beside cases, of which the worse counts."""

from __future__ import annotations

from collections.abc import Mapping

from letpass.diagnostics import InvalidError
from letpass.evidence import sources
from letpass.evidence.cases import Case, Ending, said


class Tally:
    """What cases say, and headers of them."""

    def __init__(self) -> None:
        self.shown = self.left_out = self.failed = self.unread = self.flaky = self.again = self.lost = 0
        self.why = ""
        self.times: str | None = None

    def case(self, case: Case) -> None:
        """Count a case."""
        self.shown += 1
        self.left_out += case.ending is Ending.LEFT_OUT
        self.failed += case.ending is Ending.FAILED
        self.again += case.again
        self.flaky += case.flaky and case.ending is not Ending.FAILED
        if case.ending is Ending.UNREAD:
            self.doubt(f"case `{case.name}`: {case.why}")

    def doubt(self, why: str) -> None:
        """Count something that cannot be read."""
        self.unread += 1
        self.why = self.why or why

    def time(self, said: str | None) -> None:
        """Take in a time; the oldest stays."""
        if said:
            self.times = sources.oldest([said, self.times] if self.times else [said])

    def add(self, other: Tally) -> None:
        """Count what another tally counts."""
        self.shown += other.shown
        self.left_out += other.left_out
        self.failed += other.failed
        self.unread += other.unread
        self.flaky += other.flaky
        self.again += other.again
        self.lost += other.lost
        self.why = self.why or other.why
        self.time(other.times)


class Suite:
    """One `testsuite` or `testsuites`: its header, its own cases, and all that are in it."""

    def __init__(self, kind: str, attributes: Mapping[str, str], parent: int) -> None:
        self.kind, self.name, self.parent = kind, attributes.get("name", ""), parent
        self.tests = _count(attributes, "tests")
        failures, errors = _count(attributes, "failures"), _count(attributes, "errors")
        self.accounts = failures is not None and errors is not None
        self.broken = (failures or 0) + (errors or 0)
        self.skipped = sum(_count(attributes, name) or 0 for name in ("skipped", "disabled"))
        self.flakes = _count(attributes, "flakes") or 0
        self.own, self.whole = Tally(), Tally()
        self.at = attributes.get("timestamp")
        self.nested, self.end, self.told, self.unaccounted, self.lost_inside = False, 0, 0, 0, 0
        self.own.time(self.at)
        ending, why = said(attributes)
        self.direct = int(ending is Ending.FAILED)
        if ending in {Ending.UNREAD, Ending.LEFT_OUT}:
            self.own.doubt(why or "a suite that was left out")

    def closed(self, children: Inside) -> None:
        """Compare the header with what is in it, and keep the worse.

        Raises `InvalidError` where the header counts cases that are neither shown nor accounted for by its failures and errors:
        pytest's subtests, Surefire's reruns, Catch2's assertions and Behat's examples are accounted for so.
        """
        self.whole.add(self.own)
        seen = self.own.shown + children.told
        if self.tests is not None and self.tests > seen and not self.accounts:
            raise InvalidError(f"`{self.name[:60] or 'a suite'}` counts {self.tests} cases and shows {seen}")
        self.told = max(self.tests or 0, seen)
        inside = self.own.failed + self.direct + children.broken
        self.unaccounted = max(0, self.broken - inside)
        self.broken = max(self.broken, inside)
        self.whole.flaky = max(self.whole.flaky, self.flakes)
        alone = self._alone()
        of = self.own if alone else self.whole
        lost = max(0, self.skipped - of.left_out + of.shown - (of.shown if self.tests is None else self.tests))
        self.whole.lost = children.lost + lost if alone else max(children.lost, lost)
        self.lost_inside = 0 if alone else self.whole.lost - children.lost

    def _alone(self) -> bool:
        """Is the header of the suite's own cases alone: it counts fewer than there are with those of nested suites.

        Not where it says that more were skipped than there are, or that the whole report has no case.
        """
        if not self.nested or self.tests is None or self.tests >= self.whole.shown:
            return False
        return self.skipped <= self.tests and (self.kind == "testsuite" or self.tests > 0)


class Inside:
    """What the suites directly in one say."""

    def __init__(self) -> None:
        self.told = self.broken = self.lost = 0

    def add(self, suite: Suite) -> None:
        """Take a suite in."""
        self.told += suite.told
        self.broken += suite.broken
        self.lost += suite.whole.lost


def _count(attributes: Mapping[str, str], name: str) -> int | None:
    """A count of a header, None where it says none; raises `InvalidError` for what is no number."""
    text = attributes.get(name) or None
    if text is not None and (not text.isascii() or not text.isdigit() or len(text) > 15):
        raise InvalidError(f"`{name}` of a suite is no number: `{text[:30]}`")
    return None if text is None else int(text)
