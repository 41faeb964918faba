"""JUnit XML, as test runners write it: the suites of a run.

Nobody has specified it, so the reading is the one that counts against: of what header and cases say the worse counts, a
failure wins over a skip, and a case of which something is not known cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from letpass.diagnostics import InvalidError
from letpass.evidence import markup, sources
from letpass.evidence.cases import BROKEN, ENDING, HARMLESS, PRINTED, Case
from letpass.evidence.interface import Asked, Part
from letpass.evidence.tallies import Inside, Suite, Tally

_SUITES = frozenset({"testsuite", "testsuites"})
_IN_SUITES = _SUITES | HARMLESS | {"testcase"}


def read(data: bytes, asked: Asked) -> Part:
    """The suites in a JUnit file; asked: `suite`, all of it is one suite of that name; `ran_at`, whatever it says.

    A suite of which a case cannot be read says so, and not whether it passed.  Raises `InvalidError` for what is no JUnit
    XML, and for a header that counts cases which it neither shows nor accounts for.
    """
    reading = _Reading()
    markup.walk(data, reading.begin, reading.end)
    suites = reading.suites
    if not any(s.kind == "testsuite" or s.own.shown for s in suites):
        raise InvalidError("no test suite in it")
    spread = _spread(suites)
    groups: dict[str, list[int]] = {}
    if asked.suite:
        groups[asked.suite] = [0]
    else:
        for at in _groups(suites):
            groups.setdefault(suites[at].name, []).append(at)
    if not groups or "" in groups:
        raise InvalidError("a suite without a name; give one with --suite")
    return {
        "suites": [
            _suite(name, [(suites[at], spread[at]) for at in places], asked.ran_at) for name, places in groups.items()
        ]
    }


class _Reading:
    """Suites and cases while their elements come: what is open, and all suites in the order in which they begin."""

    def __init__(self) -> None:
        self.suites: list[Suite] = []
        self._open: list[Case | Suite | str] = []  # of any other element its name
        self._within: list[tuple[int, Inside]] = []

    def begin(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        above = self._open[-1] if self._open else None
        if not self._open and name not in _SUITES:
            raise InvalidError("no test suite in it")
        if isinstance(above, Case):
            above.holds(name)
        elif isinstance(above, Suite) and name not in _IN_SUITES:
            if name in BROKEN:
                above.direct += 1
            else:
                above.own.doubt(f"it holds `{name[:40]}`")
        elif isinstance(above, str) and name in ENDING and PRINTED.isdisjoint(self._open):
            self._misplaced(name)
        opened: Case | Suite | str = name
        if name in _SUITES:
            opened = Suite(name, attributes, self._within[-1][0] if self._within else -1)
            self._within.append((len(self.suites), Inside()))
            self.suites.append(opened)
        else:
            self._suite.own.time(attributes.get("timestamp"))
            opened = Case(attributes) if name == "testcase" else name
        self._open.append(opened)

    def _misplaced(self, name: str) -> None:
        """What tells how a case ended stands in an element that tells nothing: of which case, or how it ended, nobody can say."""
        around = next((o for o in reversed(self._open) if not isinstance(o, str)), None)
        if isinstance(around, Case):
            around.doubt(f"`{name}` stands inside another element of it")
        elif isinstance(around, Suite):
            around.own.doubt(f"`{name}` stands inside another element of it")

    @property
    def _suite(self) -> Suite:
        return self.suites[self._within[-1][0]]

    def end(self) -> None:
        """The last element that began ends."""
        closed = self._open.pop()
        if isinstance(closed, Case):
            self._suite.own.case(closed)
        elif isinstance(closed, Suite):
            _, inside = self._within.pop()
            closed.closed(inside)
            closed.end = len(self.suites)
            if self._within:
                self._suite.nested = True
                self._suite.whole.add(closed.whole)
                self._within[-1][1].add(closed)


class _Above:
    """What stands above a suite and counts against it, since nobody says which of the suites there it is about."""

    def __init__(self, broken: int = 0, lost: int = 0, why: str = "", time: str | None = None) -> None:
        self.broken, self.lost, self.why, self.time = broken, lost, why, time


def _spread(suites: list[Suite]) -> list[_Above]:
    """What counts against each suite from above it: failures that no suite there shows, cases outside of any suite."""
    found = [_Above()]
    for suite in suites[1:]:
        above, of = found[suite.parent], suites[suite.parent]
        stray = of.own if of.kind == "testsuites" else None  # what is directly in `testsuites` is in no suite
        broken = above.broken + of.direct + of.unaccounted + (stray.failed if stray else 0)
        why = above.why or (of.own.why if stray or not of.own.shown else "")
        times = [t for t in (above.time, of.at) if t]
        found.append(_Above(broken, above.lost + of.lost_inside, why, sources.oldest(times)))
    return found


def _groups(suites: list[Suite]) -> Iterator[int]:
    """The suites that hold cases of their own, or nothing at all; none twice, where one is in another of its name."""
    inside: list[tuple[int, str]] = []
    names: dict[str, int] = {}
    several = len(suites) > 1
    for at, suite in enumerate(suites):
        while inside and inside[-1][0] <= at:
            names[inside.pop()[1]] -= 1
        if not suite.own.shown and (suite.nested or suite.kind == "testsuites"):
            continue
        if suite.kind == "testsuites" and not suite.name and several:
            continue  # its own cases count against every suite in it
        if not names.get(suite.name):
            yield at
        inside.append((suite.end, suite.name))
        names[suite.name] = names.get(suite.name, 0) + 1


def _suite(name: str, parts: list[tuple[Suite, _Above]], ran_at: str | None) -> dict[str, Any]:
    """The parts of one name as one suite of a record."""
    whole = Tally()
    for suite, above in parts:
        whole.add(suite.whole)
        whole.time(above.time)
    broken = sum(suite.broken + above.broken for suite, above in parts)
    lost = sum(min(suite.whole.lost + above.lost, suite.whole.shown) for suite, above in parts)
    why = whole.why or next((above.why for _, above in parts if above.why), "")
    ran = max(0, whole.shown - whole.left_out - lost)
    found: dict[str, Any] = {"name": name}
    if broken or not why:
        found["passed"] = not broken and bool(ran)
    found["cases"] = ran
    if ran and not why:
        found["score"] = (ran - min(ran, broken)) / ran
    if why:
        found["unread"] = f"{why}, and {whole.unread - 1} more" if whole.unread > 1 else why
    found |= {k: n for k, n in (("flaky", whole.flaky), ("reruns", whole.again)) if n}
    if ran_at or whole.times:
        found["ran_at"] = ran_at or whole.times
    return found
