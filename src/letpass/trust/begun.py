"""Runs of measurements that a service has announced before it made them: of which bytes, and what they were to measure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from letpass.diagnostics import InvalidError
from letpass.frozen import Frozen
from letpass.trust import evidence, signers
from letpass.trust.chain import Trust
from letpass.trust.kinds import BEGIN
from letpass.trust.statements import Statement

METRICS = "metrics"
RUNS = {"suites": "name", "scans": "tool"}
"""Sections of a record with runs, and the field that names each of them."""


class Slot(Frozen):
    """What is measured: a section of the record and a name in it; of a metric the data set too, where it is said."""

    section: str
    name: str
    data_set: str = ""
    data_digest: str = ""

    def __str__(self) -> str:
        return f"{self.section[:-1]} `{self.name}`" + (f" on `{self.data_set}`" if self.data_set else "")

    def covers(self, other: Slot) -> bool:
        """May what was measured be what was to be: the same, on data of the same digest, or of the same name where one has none;
        data that are not told of may be any."""
        mine, theirs = (slot.data_digest.strip().lower() for slot in (self, other))
        data = (
            mine == theirs
            if mine and theirs
            else self.data_set == other.data_set or "" in {self.data_set, other.data_set}
        )
        return (self.section, self.name) == (other.section, other.name) and data

    def is_same(self, other: Slot) -> bool:
        """Is it what was measured, as far as both tell: on data that are not told of nobody knows on which."""
        return self.covers(other) and (bool(self.data_digest and other.data_digest) or self.data_set == other.data_set)


class Begun(Frozen):
    """A run that was begun.  digest: of the statement that says so · entry: where the ledger has that · issued: when the service
    said it, in microseconds."""

    service: str
    digest: str
    artifact: str
    slots: tuple[Slot, ...]
    entry: int
    issued: int

    def covers(self, slot: Slot) -> bool:
        """Was a slot to be measured in this run."""
        return any(mine.covers(slot) for mine in self.slots)


def slots_in(predicate: Mapping[str, Any]) -> tuple[Slot, ...]:
    """The slots that a statement of this kind announces."""
    return tuple(Slot(**slot) for slot in predicate["slots"])


def measured_in(statement: Statement) -> frozenset[Slot]:
    """The slots that evidence fills, as far as it can be read."""
    try:
        facts = evidence.facts(statement)
    except InvalidError:
        return frozenset()
    found, metrics = set[Slot](), facts.get(METRICS)
    for name, said in metrics.items() if isinstance(metrics, dict) else ():
        found.add(metric(str(name), said if isinstance(said, dict) else {}))
    for section, key in RUNS.items():
        pieces = facts.get(section)
        found |= (
            {Slot(section, str(p.get(key))) for p in pieces if isinstance(p, dict)}
            if isinstance(pieces, list)
            else set()
        )
    return frozenset(found)


def metric(name: str, piece: Mapping[str, Any]) -> Slot:
    """The slot of a metric, with the data set that it says."""
    data = [t if isinstance(t := piece.get(field), str) else "" for field in ("data_set", "data_digest")]
    return Slot(METRICS, name, *data)


def judge(trust: Trust, found: Iterable[Statement], model: str, now: int) -> tuple[Begun, ...]:
    """The runs that services of the trust file have begun, in the order of the ledger; what it does not have has not begun."""
    begun = list[Begun]()
    for statement in found:
        if statement.type != BEGIN or statement.entry is None:
            continue
        try:
            service = signers.service(trust, statement, model, now)
        except InvalidError:
            continue
        begun.append(
            Begun(
                service,
                statement.digest,
                statement.artifact,
                slots_in(statement.predicate),
                statement.entry,
                statement.time("issuedAt"),
            )
        )
    return tuple(sorted(begun, key=lambda b: b.entry))
