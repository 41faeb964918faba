"""What is known of one version: its record, what services say of it, and the digest that the gate has computed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from tests.oracle import schema
from tests.oracle.schema import FIELDS, Field
from tests.oracle.slots import NOBODY, Piece, Said, Slots, same, winner


@dataclass(frozen=True)
class Side:
    """A version as it is written. parts: what each service says · yaml: whether the record is laid out as YAML."""

    data: dict[str, Any]
    parts: tuple[tuple[str, dict[str, Any]], ...] = ()
    computed: str | None = None
    yaml: bool = False


@dataclass(frozen=True)
class Listed:
    """The elements of a list. measure: of a metric's slices, the piece that they stand in · more: there may be others."""

    elements: tuple[Piece, ...]
    services: frozenset[str] | None
    measure: Piece | None = None
    more: bool = False


def _at(data: Any, path: list[str]) -> Any:
    """What stands at a path, with keys that hold dots; KeyError."""
    if not path:
        return data
    if isinstance(data, dict):
        for length in range(len(path), 0, -1):
            key = ".".join(path[:length])
            if key in data:
                return _at(data[key], path[length:])
    raise KeyError(path)


class Facts:
    """Read by paths."""

    def __init__(self, side: Side, now: int) -> None:
        self.side = side
        self.now = now

    def said(self, path: str) -> Said | None:
        """A scalar, or an entry of a mapping: what services say, else what the record claims."""
        words: list[tuple[str, Any]] = []
        for service, data in self.side.parts:
            try:
                words.append((service, _at(data, path.split("."))))
            except KeyError:
                continue
        if words:
            differ = any(not same(w, words[0][1]) for _, w in words)
            return Said(None if differ else words[0][1], False, frozenset({words[0][0]}))
        if path == "artifact.digest" and self.side.computed:
            return Said(self.side.computed, False)
        try:
            return Said(_at(self.side.data, path.split(".")), self.side.yaml)
        except KeyError:
            return None

    def scalar(self, path: str) -> Any:
        """The value of a field of the record, None where it is missing or cannot be read."""
        said = self.said(path)
        return None if said is None else said.read(FIELDS[path])

    def _pieces(self, path: tuple[str, ...], fields: dict[str, Field]) -> list[Piece]:
        found = []
        sources: list[tuple[frozenset[str], Any, bool]] = [(NOBODY, self.side.data, self.side.yaml)]
        sources += [(frozenset({s}), data, False) for s, data in self.side.parts]
        for services, data, yaml in sources:
            try:
                at = _at(data, list(path))
            except KeyError:
                continue
            for raw in at if isinstance(at, list) else [at]:
                whole = raw if isinstance(raw, dict) else {"value": raw}
                found.append(Piece(whole, yaml, services, False, fields))
        return found

    def measures(self, section: str, name: str) -> Slots:
        """The piece in each slot of a metric, by data set."""
        fields = schema.PIECE if section == "metrics" else schema.OBSERVED
        about = tuple(f for f in ("unit", "data_digest", "protocol") if f in fields)
        key = "data_set" if "data_set" in fields else None
        time = "measured_at" if section == "metrics" else "until"
        return self._slots(self._pieces((section, name), fields), key, about, time)

    @cached_property
    def suites(self) -> Slots:
        """The run that counts of each suite."""
        runs = self._slots(self._pieces(("suites",), schema.below("suites")), "name", (), "ran_at")
        return replace(runs, filled={name: _told(run) for name, run in runs.filled.items()})

    @cached_property
    def scans(self) -> Slots:
        """The scan that counts of each tool."""
        all_ = self._pieces(("scans",), schema.below("scans"))
        said = [p for p in all_ if not _part(p) or p.raw.get("findings")]
        return self._slots(said, "tool", ("completed",), "ran_at")

    def _slots(self, pieces: list[Piece], key: str | None, about: tuple[str, ...], time: str) -> Slots:
        """about: the other fields without which nobody can tell what a piece says."""
        slots: dict[str | None, list[Piece]] = {}
        stray = []
        for piece in pieces:
            if key is not None and piece.unreadable(key):
                stray.append(piece)
                continue
            torn = any(piece.unreadable(f) for f in about)
            slot = piece.value(key) if key is not None else None
            slots.setdefault(slot, []).append(replace(piece, torn=torn))
        return Slots({slot: winner(rivals, time, self.now) for slot, rivals in slots.items()}, tuple(stray))

    def list(self, path: str) -> Listed | None:
        """A list of the record by its path without brackets; None where it is unknown."""
        if path == "scans.findings":
            return self._findings()
        if path in {"suites", "scans"}:
            found = (self.suites if path == "suites" else self.scans).whole
            if found is None or not self._is_there(path):
                return None
            if path == "scans" and any(not p.value("scanned") and not p.raw.get("findings") for p in found):
                return None
            services = frozenset.intersection(*(p.services for p in found)) if found else NOBODY
            return Listed(found, services)
        said = self.said(path)
        if said is None or not isinstance(said.raw, list | dict):
            return None
        raw = said.raw
        if isinstance(raw, dict):
            raw = [{"name": name, "version": version} for name, version in raw.items()]
        fields = schema.below(path)
        services = said.services if raw else NOBODY
        return Listed(tuple(Piece(e, said.yaml, said.services, False, fields) for e in raw), services)

    def _is_there(self, path: str) -> bool:
        for data in (self.side.data, *(d for _, d in self.side.parts)):
            try:
                if isinstance(_at(data, path.split(".")), list | dict):
                    return True
            except KeyError:
                continue
        return False

    def _findings(self) -> Listed | None:
        scans = self.list("scans")
        if scans is None or not scans.elements:
            return None
        found: list[Piece] = []
        for scan in scans.elements:
            inner = inside(scan, "findings", "scans[].findings")
            if inner is None:
                return None
            found += inner.elements
        return Listed(tuple(found), scans.services, more=any(not whole(scan) for scan in scans.elements))


def whole(scan: Piece) -> bool:
    """Whether a scan looked at everything that it was to look at, and at something."""
    return bool(scan.value("scanned")) and not _part(scan)


def _part(scan: Piece) -> bool:
    return scan.value("completed") is False or _unread(scan)


def _unread(run: Piece) -> bool:
    return run.said("unread") is not None and run.value("unread") != ""


def _told(suite: Piece) -> Piece:
    """A run of which something could not be read has not passed."""
    if not _unread(suite) or suite.value("passed") is not True:
        return suite
    return replace(suite, raw={k: v for k, v in suite.raw.items() if k not in {"passed", "score"}})


def inside(outer: Piece, name: str, path: str, measure: Piece | None = None) -> Listed | None:
    """A list inside an element; None where it is missing or the element cannot be read."""
    raw = outer.raw.get(name)
    if outer.torn or not isinstance(raw, list):
        return None
    fields = schema.below(path)
    elements = tuple(Piece(e, outer.yaml, outer.services, False, fields) for e in raw)
    more = name == "findings" and bool(raw) and not whole(outer)
    return Listed(elements, outer.services, measure, more)
