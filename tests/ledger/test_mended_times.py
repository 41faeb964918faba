"""A clock that was wrong: the entry that it dated stops every writer, until the root says what its time should have been."""

from __future__ import annotations

from typing import Any

import pytest

from letpass.canonical import digest_bytes
from letpass.diagnostics import InvalidError, UnreachableError
from letpass.ledger import mending, place
from letpass.ledger.entry import Entry
from letpass.ledger.log import SKEW, Ledger
from letpass.ledger.model_log import Past
from letpass.trust import chain, dsse, signers, statements, strict
from letpass.trust.chain import Trust
from letpass.trust.kinds import CLOCK, UNGATE
from tests.ledger.conftest import NOW, Bench, entry
from tests.trust import world
from tests.trust.keys import SshKey

MINUTE, HOUR = 60_000_000, 3_600_000_000
ROSA, RAVI, VERA = (world.PEOPLE[name] for name in (world.ROSA, world.RAVI, world.VERA))
FIRST = world.version(world.FIRST, ROSA, RAVI)
NEWER = world.version(
    world.document(
        version=2, previous=world.root_of(world.FIRST),
        roles={**world.FIRST["roles"], "root": {"members": [world.RAVI, world.VERA], "threshold": 2}},
    ),
    ROSA, RAVI, VERA,
)  # fmt: skip


def trust(*versions: dsse.Envelope) -> Trust:
    return chain.load(chain.text(versions or (FIRST,)), world.root_of(world.FIRST), "trust.json")


def opened(bench: Bench, believed: Trust | None = None, now: int | None = None) -> Ledger:
    store = place.store(str(bench.path), make=True)
    return Ledger(store, (), bench.key, trust=believed, **({} if now is None else {"clock": lambda: now}))


def seen(version: dsse.Envelope) -> Entry:
    """A version of the trust file, as an entry."""
    return Entry("trust", data={"digest": world.strict_digest(version.payload), "root": world.root_of(world.FIRST)})


def ahead(bench: Bench, believed: Trust | None = None) -> Ledger:
    """Entry 2 was dated two hours ahead, and entry 3 given the same time behind it."""
    ledger = opened(bench, believed)
    ledger.append([seen(FIRST) if believed else entry(0)], NOW)
    ledger.append([entry(1)], NOW + MINUTE)
    ledger.append([entry(2)], NOW + 2 * HOUR)
    ledger.append([entry(3)], NOW + 2 * HOUR - SKEW)
    return ledger


def word(ledger: Ledger, index: int, at: int, *keys: SshKey, **changes: Any) -> Entry:
    """A mend of an entry's time that these keys have signed."""
    predicate = {
        "entry": index, "at": strict.written(at), "trust": world.strict_digest(FIRST.payload),
        "root": world.root_of(world.FIRST), "issuedAt": strict.written(NOW), "reason": "the host's clock",
    }  # fmt: skip
    digest = changes.pop("artifact", "") or digest_bytes(ledger.entry(index).text.encode())
    payload = statements.build(changes.pop("type", CLOCK), "entry", digest, {**predicate, **changes})
    message = dsse.encode(dsse.STATEMENT, payload)
    signed = tuple(("", key.sign(signers.NAMESPACE, message)) for key in keys)
    return Entry("clock", dsse.Envelope(dsse.STATEMENT, payload, signed).text().decode())


def mend(ledger: Ledger, index: int, at: int, new: Entry, now: int) -> None:
    ledger.append([new], now, mends=mending.proposed(ledger.entries(), index, at, now))


def test_an_entry_dated_ahead_stops_every_writer_until_the_root_mends_it(bench: Bench) -> None:
    """It and the one that got its time are held to be of the time that is signed; everything that reads times goes by it."""
    ledger, now = ahead(bench, trust()), NOW + 10 * MINUTE
    with pytest.raises(UnreachableError) as caught:
        ledger.append([entry(4)], now)
    assert caught.value.message == (
        "the clock runs behind the ledger's last entry: it is 2026-11-23T12:10:00Z, and entry 3 is of 2026-11-23T14:00:00Z"
    )
    assert "`policy ledger mend-clock 3 --reason TEXT` mends it" in caught.value.diagnostics[0].help

    mend(ledger, 2, NOW + 2 * MINUTE, word(ledger, 2, NOW + 2 * MINUTE, ROSA, RAVI), now)
    ledger.append([entry(4)], now + MINUTE)

    reader = opened(bench, trust())
    times = [NOW, NOW + MINUTE, NOW + 2 * MINUTE, NOW + 2 * MINUTE, now, now + MINUTE]
    assert [e.at for e in reader.entries()] == times
    assert [e.at for e in reader.about("fraud") if e.entry.model] == [*times[1:4], times[5]]
    assert [s.at for s in Past("fraud", reader.about("fraud")).steps] == [*times[1:4], times[5]]
    assert reader.entries_of("clock")[0].at == now
    assert reader.entry(2).at == NOW + 2 * MINUTE
    assert reader.faults() == []
    assert '"at":"2026-11-23T14:00:00Z"' in reader.prove(2).text


REFUSED = {
    "by one of two": lambda led: word(led, 2, NOW + 2 * MINUTE, ROSA),
    "by one of them twice": lambda led: word(led, 2, NOW + 2 * MINUTE, ROSA, ROSA),
    "by somebody else": lambda led: word(led, 2, NOW + 2 * MINUTE, ROSA, VERA),
    "of another entry's text": lambda led: word(led, 2, NOW + 2 * MINUTE, ROSA, RAVI, artifact="sha256:" + "0" * 64),
    "under another root": lambda led: word(led, 2, NOW + 2 * MINUTE, ROSA, RAVI, root="sha256:" + "0" * 64),
    "under another version": lambda led: word(led, 2, NOW + 2 * MINUTE, ROSA, RAVI, trust="sha256:" + "0" * 64),
    "before the entry before it": lambda led: word(led, 2, NOW, ROSA, RAVI),
    "of an entry that is not there yet": lambda led: word(led, 9, NOW + HOUR, ROSA, RAVI, artifact="sha256:" + "0" * 64),
    "by nobody": lambda _: Entry("clock", data={"entry": 2, "at": strict.written(NOW + 2 * MINUTE)}),
    "as another word": lambda led: word(
        led, 2, NOW, ROSA, RAVI, type=UNGATE, target={"stage": "x"}, role="policy-owner", signer="x"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_mend_that_the_root_has_not_signed_together_mends_nothing(bench: Bench, name: str) -> None:
    """Whoever holds the gate's key can write it into the log; the times stay, and the order is told."""
    ledger = ahead(bench, trust())
    changed = mending.proposed(ledger.entries(), 2, NOW + 2 * MINUTE, NOW + 10 * MINUTE)

    ledger.append([REFUSED[name](ledger)], NOW + 10 * MINUTE, mends=changed)

    reader = opened(bench, trust())
    assert [e.at for e in reader.entries()][2:4] == [NOW + 2 * HOUR] * 2
    assert reader.mended == {}
    assert reader.faults() == ["entry 4 is older than the one before it"]


def test_a_root_that_was_replaced_mends_nothing_any_more(bench: Bench) -> None:
    """The log has a newer version of the trust file; the word of its root counts, by the same entry."""
    ledger = ahead(bench, trust(FIRST, NEWER))
    ledger.append([seen(NEWER)], NOW + 2 * HOUR)
    changed = mending.proposed(ledger.entries(), 2, NOW + 2 * MINUTE, NOW + 10 * MINUTE)
    named = {"trust": world.strict_digest(NEWER.payload)}

    ledger.append([word(ledger, 2, NOW + 2 * MINUTE, ROSA, RAVI)], NOW + 10 * MINUTE, mends=changed)
    assert opened(bench, trust(FIRST, NEWER)).faults() == ["entry 5 is older than the one before it"]
    ledger.append([word(ledger, 2, NOW + 2 * MINUTE, ROSA, RAVI, **named)], NOW + 10 * MINUTE)
    older = [f"entry {index} is older than the one before it" for index in (5, 6)]
    assert opened(bench, trust(FIRST, NEWER)).faults() == older
    ledger.append([word(ledger, 2, NOW + 2 * MINUTE, VERA, RAVI, **named)], NOW + 10 * MINUTE)

    reader = opened(bench, trust(FIRST, NEWER))
    assert reader.faults() == []
    assert [e.at for e in reader.entries()][2:5] == [NOW + 2 * MINUTE] * 3


def test_a_mend_by_the_root_of_then_stays_when_the_root_changes(bench: Bench) -> None:
    """It is judged by the trust file that the log had when it took it."""
    ledger = ahead(bench, trust())
    mend(ledger, 2, NOW + 2 * MINUTE, word(ledger, 2, NOW + 2 * MINUTE, ROSA, RAVI), NOW + 10 * MINUTE)
    ledger.append([seen(NEWER)], NOW + 11 * MINUTE)

    assert opened(bench, trust(FIRST, NEWER)).faults() == []


def test_without_a_trust_file_a_mend_is_a_word_with_a_reason(bench: Bench) -> None:
    """It stays one when a trust file comes later; once one is there, nobody mends without signatures."""
    ledger, now = ahead(bench), NOW + 10 * MINUTE
    said = {"entry": 2, "at": strict.written(NOW + 2 * MINUTE), "person": "anna", "reason": "the host's clock"}
    mend(ledger, 2, NOW + 2 * MINUTE, Entry("clock", data=said), now)
    assert opened(bench).faults() == []

    ledger.append([seen(FIRST)], now)
    ledger.append([entry(5)], now + HOUR)
    with_trust = opened(bench, trust())
    assert with_trust.faults() == []
    changed = mending.proposed(with_trust.entries(), 6, now, now + HOUR)
    with_trust.append([Entry("clock", data={**said, "entry": 6, "at": strict.written(now)})], now, mends=changed)

    reader = opened(bench, trust())
    assert [e.at for e in reader.entries()][6] == now + HOUR
    assert set(reader.mended) == {2, 3}


@pytest.mark.parametrize(
    ("index", "at", "why"),
    [
        (9, NOW, "there is no entry 9"),
        (3, NOW + 2 * MINUTE, "entry 3 bears the time of the entries before it; mend entry 2"),
        (2, NOW, "entry 2 cannot be of 2026-11-23T12:00:00Z: it stands between 2026-11-23T12:01:00Z and 2026-11-23T12:10:00Z"),
        (2, NOW + HOUR, "entry 2 cannot be of 2026-11-23T13:00:00Z: it stands between 2026-11-23T12:01:00Z and 2026-11-23T12:10:00Z"),
        (1, NOW + MINUTE, "entry 1 is of 2026-11-23T12:01:00Z already"),
    ],
)  # fmt: skip
def test_a_mend_that_would_break_the_order_is_never_drawn_up(bench: Bench, index: int, at: int, why: str) -> None:
    """The untouched twin names what it changes."""
    logged, now = ahead(bench).entries(), NOW + 10 * MINUTE
    assert mending.proposed(logged, 2, NOW + MINUTE, now) == {2: NOW + MINUTE, 3: NOW + MINUTE}

    with pytest.raises(InvalidError) as caught:
        mending.proposed(logged, index, at, now)

    assert str(caught.value) == why
