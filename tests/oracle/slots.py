"""Which piece fills a slot, and what the lists of a record hold."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from tests.oracle import schema, values
from tests.oracle.schema import Field

NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Said:
    """A value as it is written, and the services that vouch for it; yaml: the layout that it stands in."""

    raw: Any
    yaml: bool
    services: frozenset[str] = NOBODY

    def read(self, of: Field) -> Any:
        """The value, None where it cannot be read."""
        return values.read(self.raw, of.holds, of.words, yaml=self.yaml)


@dataclass(frozen=True)
class Piece:
    """A measurement, a run, a scan, or another element of a list; torn: nothing of it can be read."""

    raw: dict[str, Any]
    yaml: bool
    services: frozenset[str] = NOBODY
    torn: bool = False
    fields: dict[str, Field] = field(default_factory=dict, hash=False, compare=False)

    def said(self, path: str) -> Said | None:
        """What stands at a field, None where nothing does."""
        at: Any = self.raw
        for part in path.split("."):
            if not isinstance(at, dict) or part not in at:
                return None
            at = at[part]
        return Said(at, self.yaml, self.services)

    def value(self, path: str) -> Any:
        """The value of a field, None where it is missing or cannot be read."""
        said = None if self.torn else self.said(path)
        return None if said is None else said.read(self.fields[path])

    def time(self, path: str) -> Any:
        """Of a field that tells when it was; also of a piece of which nothing else can be read."""
        said = self.said(path)
        return None if said is None else said.read(self.fields[path])

    def unreadable(self, path: str) -> bool:
        """Whether something stands there that cannot be read."""
        said = self.said(path)
        return said is not None and said.read(self.fields[path]) is None


def same(one: Any, other: Any) -> bool:
    """Whether two say the same; 1 and 1.0 do, and 1 and true do not."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return isinstance(one, bool) is isinstance(other, bool) and (one == other or one is other)


INSIDE = {"slices": "metrics.NAME.slices", "findings": "scans[].findings"}


def _content(raw: Any, of: Piece, at: str = "") -> Any:
    """What a piece says, as it is read; what cannot be read as it is written."""
    if isinstance(raw, dict):
        return {k: _content(v, of, f"{at}.{k}" if at else k) for k, v in raw.items()}
    if isinstance(raw, list):
        fields = schema.below(INSIDE[at])
        return [_content(e, replace(of, fields=fields)) for e in raw]
    about = of.fields[at]
    read = values.read(raw, about.holds, about.words, yaml=of.yaml)
    return ("unreadable", repr(raw)) if read is None else (type(read).__name__, read)


def winner(rivals: list[Piece], time: str, now: int) -> Piece:
    """The piece that fills the slot; a torn one where nobody can tell."""
    trusted = [p for p in rivals if p.services] or rivals
    once: list[Piece] = []
    for piece in trusted:
        if not any(_content(p.raw, p) == _content(piece.raw, piece) for p in once):
            once.append(piece)
    services = frozenset.intersection(*(p.services for p in once))
    torn = Piece(once[0].raw, once[0].yaml, services, True, once[0].fields)
    times = [p.time(time) for p in once]
    if any(t is not None and t > now for t in times):
        return torn
    if len(once) == 1:
        return once[0]
    if None in times or times.count(max(times)) > 1:
        return torn
    return once[times.index(max(times))]


@dataclass(frozen=True)
class Slots:
    """The piece in each slot. stray: those of which nobody can tell the slot."""

    filled: dict[str | None, Piece]
    stray: tuple[Piece, ...] = ()

    def piece(self, slot: str | None) -> Piece | None:
        """The one in a slot, None where it is empty, or where a stray one that is no less trusted may belong there."""
        found = self.filled.get(slot)
        if found is None or found.torn:
            return None
        return None if any(bool(s.services) >= bool(found.services) for s in self.stray) else found

    @property
    def whole(self) -> tuple[Piece, ...] | None:
        """All pieces; None where one of them cannot be read."""
        pieces = tuple(self.filled.values())
        return None if self.stray or any(p.torn for p in pieces) else pieces
