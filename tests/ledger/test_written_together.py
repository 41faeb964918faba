"""Appends of threads that wait are written together: one head and one commit, and each has what it would have had alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from letpass.diagnostics import InvalidError, UnreachableError
from letpass.ledger import place
from letpass.ledger.entry import LARGEST, Entry, Logged
from letpass.ledger.log import Ledger, Receipt, Unless
from letpass.ledger.memory import Memory
from tests.ledger.conftest import NOW, Bench, entry


class _Writers:
    """Writers of one process, each with a connection of its own, who all wait until all of them do."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.memory = bench, Memory()

    def ledger(self) -> Ledger:
        return Ledger(place.store(str(self.bench.path), make=True), (), self.bench.key, self.memory)

    def together(self, *appends: Callable[[Ledger], Any]) -> list[Future[Any]]:
        """What comes of appends that were asked for, in this order, while somebody else was writing."""
        self.ledger().append([entry(-1)], NOW)
        with ThreadPoolExecutor(len(appends)) as pool:
            with self.memory.leading:
                futures = []
                for number, each in enumerate(appends, 1):
                    futures.append(pool.submit(each, self.ledger()))
                    while len(self.memory.waiting) < number:
                        time.sleep(0.001)
            for future in futures:
                future.exception()
        return futures


@pytest.fixture(name="writers")
def _writers(bench: Bench) -> _Writers:
    return _Writers(bench)


def _commits(ledger: Ledger) -> int:
    return sum(row[4] is not None for row in ledger.store.rows())


def test_those_who_wait_are_written_with_one_head(writers: _Writers) -> None:
    """In the order in which they came, each entry once, and found by everybody."""
    found = writers.together(
        *[lambda ledger, n=n: ledger.append([entry(n), entry(100 + n)], NOW + n) for n in range(16)]
    )

    ledger = writers.bench.ledger()
    assert [[r.index for r in f.result()] for f in found] == [[1 + 2 * n, 2 + 2 * n] for n in range(16)]
    assert [e.entry.data["n"] for e in ledger.entries(1)] == [v for n in range(16) for v in (n, 100 + n)]
    assert (_commits(ledger), ledger.faults()) == (2, [])
    assert len(ledger.about("fraud")) == 33


def test_what_two_want_to_log_at_once_is_logged_once(writers: _Writers) -> None:
    """And only one of them did it."""
    found = writers.together(*[lambda ledger: ledger.append([entry(5), entry(5)], NOW)] * 3)

    assert [[(r.index, r.fresh) for r in f.result()] for f in found] == [
        [(1, True), (1, False)], [(1, False), (1, False)], [(1, False), (1, False)],
    ]  # fmt: skip
    assert writers.bench.ledger().size() == 2


def test_of_two_who_must_be_the_first_one_is(writers: _Writers) -> None:
    """What stands in the way may be written with it."""

    def first(ledger: Ledger, n: int) -> tuple[Receipt, ...]:
        def stands(logged: Logged) -> str:
            return f"entry {logged.index} was first" if logged.entry.data["n"] >= 0 else ""

        return ledger.append([entry(n)], NOW, unless=Unless(0, stands))

    one, two, three = writers.together(*[lambda ledger, n=n: first(ledger, n) for n in range(3)])

    assert [r.index for r in one.result()] == [1]
    for other in (two, three):
        with pytest.raises(UnreachableError, match="entry 1 was first"):
            other.result()
    assert writers.bench.ledger().size() == 2


def test_one_that_cannot_be_logged_holds_nobody_up(writers: _Writers) -> None:
    """Nothing of it is there, and the others are."""
    bad = [entry(50), Entry("move", data={"x": "y" * LARGEST})]
    one, two, three, four = writers.together(
        lambda ledger: ledger.append([entry(1)], NOW),
        lambda ledger: ledger.append(bad, NOW),
        lambda ledger: ledger.append([entry(2)], NOW - 3600 * 1_000_000),
        lambda ledger: ledger.append([entry(3)], NOW),
    )

    assert [f.result()[0].index for f in (one, four)] == [1, 2]
    with pytest.raises(InvalidError, match="too many for an entry"):
        two.result()
    with pytest.raises(UnreachableError, match="the clock runs behind"):
        three.result()
    assert [e.entry.data["n"] for e in writers.bench.ledger().entries()] == [-1, 1, 3]


def test_what_is_wrong_with_one_is_wrong_with_no_other(writers: _Writers) -> None:
    """A text that is none, and a condition that fails in a way that nobody thought of."""

    def odd(logged: Logged) -> str:
        raise KeyError(logged.index)

    one, two, three, four = writers.together(
        lambda ledger: ledger.append([entry(1)], NOW),
        lambda ledger: ledger.append([entry(50)], NOW, unless=Unless(0, odd)),
        lambda ledger: (
            ledger.append([entry(51), Entry("move", data={"x": [{}.keys()]})], NOW)
            if not writers.memory.waiting
            else ledger.append([entry(52), Entry("nothing")], NOW)
        ),
        lambda ledger: ledger.append([entry(3)], NOW),
    )

    assert [f.result()[0].index for f in (one, four)] == [1, 2]
    with pytest.raises(KeyError):
        two.result()
    with pytest.raises(InvalidError, match="is no kind of entry"):
        three.result()
    assert [e.entry.data["n"] for e in writers.bench.ledger().entries()] == [-1, 1, 3]


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb"])
def test_an_entry_that_no_text_can_hold_is_refused_before_anybody_waits_for_it(bench: Bench, text: str) -> None:
    """Half of a surrogate pair, as a body of JSON brings it."""
    ledger = bench.filled(4)

    with pytest.raises(ValueError, match="surrogates"):
        ledger.append([Entry("move", data={"x": text})], NOW)

    assert ledger.memory.waiting == []
    assert (ledger.size(), ledger.faults()) == (4, [])


def test_who_is_interrupted_while_waiting_has_logged_nothing(writers: _Writers) -> None:
    """Nor does the next one log it for him."""
    ledger, other = writers.ledger(), writers.ledger()
    ledger.append([entry(-1)], NOW)

    class Interrupting:
        def __enter__(self) -> None:
            raise KeyboardInterrupt

        def __exit__(self, *_: object) -> None: ...

    real, writers.memory.leading = writers.memory.leading, Interrupting()  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        other.append([entry(5)], NOW)
    writers.memory.leading = real
    ledger.append([entry(6)], NOW)

    assert [e.entry.data["n"] for e in writers.bench.ledger().entries()] == [-1, 6]


def test_where_the_one_who_writes_fails_nobody_has_logged_anything(
    writers: _Writers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is told so, and each may try again."""
    ledger = writers.ledger()
    ledger.append([entry(-1)], NOW)
    kind = type(ledger.store)
    real = kind.set_state
    with monkeypatch.context() as patch:
        failing = [True]

        def once(self: Any, note: str) -> None:
            if (
                len(writers.memory.waiting) == 0
                and failing
                and threading.current_thread() is not threading.main_thread()
            ):
                failing.clear()
                raise UnreachableError.of("GATE420", "the ledger cannot be used: disk full", self.name)
            real(self, note)

        patch.setattr(kind, "set_state", once)
        found = writers.together(*[lambda ledger, n=n: ledger.append([entry(n)], NOW) for n in range(4)])
    for future in found:
        with pytest.raises(UnreachableError, match="disk full"):
            future.result()
    assert writers.bench.ledger().size() == 1
    again = writers.together(*[lambda ledger, n=n: ledger.append([entry(n)], NOW) for n in range(4)])
    assert sorted(f.result()[0].index for f in again) == [1, 2, 3, 4]
    assert writers.bench.ledger().faults() == []


def test_many_threads_for_a_while_leave_a_log_that_is_whole(writers: _Writers) -> None:
    """As they come: every receipt is where it says, and no more commits than appends."""

    def write(worker: int) -> list[tuple[int, int]]:
        ledger = writers.ledger()
        return [(n, ledger.append([entry(n, f"m{worker}")], NOW)[0].index) for n in range(25)]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(write, range(8)))

    ledger = writers.bench.ledger()
    assert ledger.faults() == []
    assert sorted(i for rows in found for _, i in rows) == list(range(200))
    assert [[(e.entry.data["n"], e.index) for e in ledger.about(f"m{w}")] for w in range(8)] == found
    assert _commits(ledger) <= 200
