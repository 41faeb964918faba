"""All that a truth rests on, and where a name's value is found in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.oracle import names as n
from tests.oracle import schema, values
from tests.oracle.facts import Facts, Listed, Side, inside
from tests.oracle.names import Level, Target
from tests.oracle.people import People
from tests.oracle.policies import Fact
from tests.oracle.slots import NOBODY, Piece, Said


@dataclass(frozen=True)
class World:
    """champion: None where nobody ever held the stage, `unasked` where nobody knows · now: microseconds since 1970 · bars: whether
    those in force are older than the evidence."""

    candidate: Side
    now: int
    champion: Side | str | None = "unasked"
    people: People = field(default_factory=People)
    bars: bool | None = None


@dataclass(frozen=True)
class Found:
    """A value; services: who vouches for it."""

    value: Any
    services: frozenset[str]


class Library:
    """The records of both sides."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sides = {"candidate": Facts(world.candidate, world.now)}
        if isinstance(world.champion, Side):
            self.sides["champion"] = Facts(world.champion, world.now)

    def piece(self, of: n.Measure) -> Piece | None:
        """The measurement that a name means; None where it is missing, ambiguous or cannot be read."""
        side = self.sides.get(of.who)
        if side is None:
            return None
        slots = side.measures(of.section, of.recorded)
        if of.on is not None:
            return slots.piece(of.on)
        return slots.piece(next(iter(slots.filled))) if len(slots.filled) == 1 and not slots.stray else None

    def said(self, target: Target) -> Said | None:
        """What is written where the name leads."""
        match target:
            case n.Measure():
                piece = self.piece(target)
                return None if piece is None else piece.said(target.field)
            case n.Element():
                element = target.level.element
                return None if element.torn else element.said(target.field)
            case n.Entry():
                side = self.sides.get(target.who)
                return None if side is None else side.said(f"{target.section}.{target.key}")
            case n.Scalar():
                side = self.sides.get(target.who)
                return None if side is None else side.said(target.path)
        raise TypeError(target)

    def read(self, target: Target, wanted: str) -> Found | None:
        """A text, word, date or flag; wanted: `text`, `date` or `flag`, for what nothing declares."""
        if isinstance(target, n.Now):
            return None
        said = self.said(target)
        if said is None:
            return None
        value: Any
        if isinstance(target, n.Entry) and target.fact is not None:
            value = declared(said, target.fact)
        elif isinstance(target, n.Entry) and target.section in {"facts", "hyperparameters"}:
            value = values.looks(said.raw, yaml=said.yaml)
            value = values.date(said.raw) if wanted == "date" else value
            expected = {"text": str, "flag": bool, "date": int}[wanted]
            value = value if isinstance(value, expected) else None
        elif isinstance(target, n.Entry):
            value = values.text(said.raw, yaml=said.yaml) if target.section == "tags" else values.number(said.raw)
        else:
            value = said.read(_field(target))
        return None if value is None else Found(value, said.services)

    def list(self, target: Target) -> Listed | None:
        """A list, None where it is missing or cannot be read."""
        match target:
            case n.Measure():
                piece = self.piece(target)
                return None if piece is None else inside(piece, "slices", "metrics.NAME.slices", piece)
            case n.Of():
                side = self.sides.get(target.who)
                return None if side is None else side.list(target.list)
            case n.Element():
                return inside(target.level.element, target.field, "scans[].findings")
        raise TypeError(target)

    def counterpart(self, level: Level) -> tuple[Piece, Piece] | None:
        """The champion's slice of the group at hand, and the measurement that it stands in."""
        ours, of = level.listed.measure, level.of
        if ours is None or of is None:
            return None
        data_set, group = ours.value("data_set"), level.element.value("group")
        side = self.sides.get("champion")
        if side is None or not data_set or group is None:
            return None
        piece = side.measures(of.section, of.recorded).piece(data_set)
        theirs = None if piece is None else inside(piece, "slices", "metrics.NAME.slices", piece)
        if piece is None or theirs is None:
            return None
        if sum(e.value("group") == group for e in level.listed.elements) != 1:
            return None
        groups = [e.value("group") for e in theirs.elements]
        if None in groups or groups.count(group) != 1:
            return None
        return theirs.elements[groups.index(group)], piece


def declared(said: Said, fact: Fact) -> Any:
    """The value of a declared fact; what looks like a number or a flag is no text."""
    if fact.kind in {"text", "one of", "ordered"} and not isinstance(values.looks(said.raw, yaml=said.yaml), str):
        return None
    return values.read(said.raw, fact.kind, fact.words, yaml=said.yaml)


def _field(target: Target) -> schema.Field:
    match target:
        case n.Measure():
            return (schema.PIECE if target.section == "metrics" else schema.OBSERVED)[target.field]
        case n.Element():
            return target.level.fields[target.field]
        case n.Scalar():
            return schema.FIELDS[target.path]
    raise TypeError(target)


__all__ = ["NOBODY", "Found", "Library", "World"]
