"""Reading terms from a record for the reference interpreter: each its value, or why there is none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from letpass.evaluation.explanation import show
from letpass.evaluation.input import Input
from letpass.evaluation.reasons import RUN_ANEW, Reason, ReasonKind, champion_unknown
from letpass.evaluation.seen import Seen, SeenKind
from letpass.facts import values
from letpass.facts.record import ANYTHING, COMPUTED, AtLeast, Element, Holder, Record, raw_of
from letpass.facts.values import Unreadable
from letpass.frozen import Frozen
from letpass.language import typed
from letpass.language.types import RECORDED_UNITS, Type

DIGEST = re.compile(r"(?:sha\d+|dirHash1):[0-9a-f]{32,}")
_LABELS = ("id", "name", "group", "tool", "endpoint")  # fields by which an element is known; none has two of them


class Reading(Frozen):
    """A value with its unit, or the reasons why there is none; and what was looked at."""

    value: Any = None
    unit: str = ""
    why: tuple[Reason, ...] = ()
    seen: tuple[Seen, ...] = ()
    piece: Element | None = None

    @property
    def known(self) -> bool:
        """Is there a value."""
        return not self.why


class At(Frozen):
    """One element that a quantifier looks at, and the measure whose slice it is."""

    element: Element
    owner: Element | None = None
    champion: bool = False


def missing(about: str, detail: str = "is not recorded", *, predicate: bool = True) -> Reading:
    """A reading without a value, since nothing is recorded there."""
    return Reading(why=(Reason(ReasonKind.MISSING, about, detail, predicate),))


class Reader(Frozen):
    """Reads terms of one input.  `service`: only evidence that this service attested counts."""

    input: Input
    service: str | None = None

    # ------------------------------------------------------------ whose record

    def record(self, *, champion: bool, about: str) -> Record | Reading:
        """The version's record, or its champion's; for want of a champion the reason, in which `about` is what was asked for."""
        if not champion:
            return self.input.record
        if isinstance(self.input.champion, Record):
            return self.input.champion
        if self.input.champion is Holder.NOBODY:
            return missing(about, "there is no champion", predicate=False)
        return Reading(why=(champion_unknown(about, self.input.tenure),))

    def vouched(self, trust: str, about: str) -> Reason | None:
        """Why a fact of this trust does not count, where a service must have attested it."""
        if self.service is None or trust == self.service:
            return None
        return Reason(ReasonKind.NOT_ATTESTED, about, f"not attested by `{self.service}`")

    # ------------------------------------------------------------ scalars

    def scalar(self, node: typed.Scalar) -> Reading:
        """A field of the record, as a value of its type."""
        path = node.path.removeprefix("facts.")  # as the policy calls it
        name = f"champion.{path}" if node.champion else path
        record = self.record(champion=node.champion, about=name)
        if isinstance(record, Reading):
            return record
        raw = record.raw(node.path)
        if raw is None:
            if node.path in record.sections:
                return Reading(
                    why=(Reason(ReasonKind.UNREADABLE, name, "is a mapping or list, not one value", predicate=True),)
                )
            return missing(name)
        trust = record.trust.get(node.path, "")
        reason = self.vouched(trust, name)
        found = self.of_type(raw, node.type, name, node.path, node.champion, trust)
        return Reading(why=(reason,), seen=found.seen) if reason else found

    def holds_many(self, node: typed.Scalar) -> bool:
        """Is it a list or mapping that is not empty, in a place where anything may stand."""
        record = self.record(champion=node.champion, about=node.path)
        anything = node.path.startswith(f"{ANYTHING}.")
        if not anything or isinstance(record, Reading) or record.raw(node.path) is not None:
            return False
        return record.sections.get(node.path) is True and not self.vouched(record.trust.get(node.path, ""), node.path)

    def of_type(self, raw: Any, type_: Type, name: str, path: str, champion: bool = False, trust: str = "") -> Reading:
        """A raw value as one of its declared type; else unreadable, shown as written."""
        value: Any = raw
        kind, step = type_.kind, ""
        if isinstance(raw, Unreadable):
            value = raw
        elif kind == "date" and isinstance(raw, str):
            value = values.date(raw)
        elif kind in {"ratio", "number", "count", "duration", "size"}:
            fraction = 100 if type_.unit == "%" else 1
            if type(raw) is not float:
                value = Unreadable(values.written(raw), "not a number")
            elif not _fits(raw, kind, fraction):
                value = Unreadable(show(raw), f"not a {kind}")
                if kind == "ratio" and 1 < raw <= 100:
                    unit = (
                        'give its unit: `unit: "%"`'
                        if path.startswith(("metrics", "observations"))
                        else "declare it `ratio in %`"
                    )
                    step = f"record `{show(raw / 100)}`, or {unit}"
        elif kind in {"choice", "order"}:
            if type(raw) is not str or raw not in type_.symbols:
                value = Unreadable(values.written(raw), "not one of " + ", ".join(type_.symbols))
        elif (
            (kind == "text" and type(raw) is not str)
            or (kind == "flag" and type(raw) is not bool)
            or (kind == "date" and type(raw) is not int)
        ):
            value = Unreadable(values.written(raw), f"not a {kind}")
        if isinstance(value, Unreadable):
            return Reading(
                why=(Reason(ReasonKind.UNREADABLE, name, f"{value.written} is {value.why}", step=step),),
                seen=(Seen(SeenKind.VALUE, name, value.written, path, champion, trust),),
            )
        if kind in {"duration", "size"} and type_.unit is None:
            return Reading(
                why=(Reason(ReasonKind.MISSING, name, "its unit is neither declared nor recorded"),),
                seen=(Seen(SeenKind.VALUE, name, show(value), path, champion, trust),),
            )
        return Reading(
            value,
            type_.unit or "",
            seen=(Seen(SeenKind.VALUE, name, shown(value, kind, type_.unit or ""), path, champion, trust),),
        )

    # ------------------------------------------------------------ measures

    def measure(self, node: typed.Measured) -> Reading:
        """The one piece that fills the metric's slot; its value is not read yet."""
        name = measure_name(node)
        record = self.record(champion=node.champion, about=name)
        if isinstance(record, Reading):
            return record
        pieces = record.measures.get((node.section, node.name), ())
        if not pieces:
            return missing(name)
        if node.data_set is not None:
            named = [p.get("data_set") for p in pieces]
            others = ", ".join(f"`{s}`" if isinstance(s, str) else "data that have no name" for s in named)
            pieces = tuple(p for p in pieces if p.get("data_set") == node.data_set)
            if not pieces:
                return missing(
                    name, f"is not recorded on `{node.data_set}`" + (f", only on {others}" if others else "")
                )
        if len(pieces) > 1:
            sets = ", ".join(
                f"`{p['data_set']}`" if isinstance(p.get("data_set"), str) else "an unnamed one" for p in pieces
            )
            return Reading(why=(Reason(ReasonKind.AMBIGUOUS, name, f"recorded on several data sets: {sets}"),))
        piece = pieces[0]
        if "@unreadable" in piece:
            return Reading(why=(Reason(ReasonKind.UNREADABLE, name, str(piece["@unreadable"])),))
        reason = self.vouched(str(piece.get("@trust", "")), name)
        if reason:
            return Reading(why=(reason,), piece=piece)
        return Reading(piece=piece)

    def measured(self, node: typed.Measured) -> Reading:
        """A metric's value in the unit that it was recorded or declared in."""
        found = self.measure(node)
        if found.piece is None or not found.known:
            return found
        return self.measured_value(
            found.piece, found.piece, node.type, measure_name(node), str(found.piece["@"]), champion=node.champion
        )

    def measured_value(
        self, piece: Element, owner: Element, type_: Type, name: str, path: str, *, champion: bool = False
    ) -> Reading:
        """The value of a measure or of one of its slices; `owner` has the unit."""
        raw = raw_of(piece, "value")
        trust = str(owner.get("@trust", ""))
        if raw is None:
            return missing(name, "has no value")
        unit = unit_of(owner.get("unit"), type_)
        if unit is None:
            detail = f"recorded in `{_written(owner.get('unit'))}`, and the policy reads it as a {type_.kind if type_.kind != 'open' else 'number'}"
            return Reading(
                why=(Reason(ReasonKind.UNREADABLE, name, detail),),
                seen=(Seen(SeenKind.VALUE, name, _written(raw), path, champion, trust),),
            )
        if type_.kind in {"duration", "size"} and not unit:
            return Reading(
                why=(Reason(ReasonKind.MISSING, name, "its unit is neither declared nor recorded"),),
                seen=(Seen(SeenKind.VALUE, name, _written(raw), path, champion, trust),),
            )
        kind = type_.kind if type_.kind != "open" else "number"
        return self.of_type(raw, Type(kind, (), unit or None), name, path, champion, trust)

    def measured_field(self, node: typed.MeasuredField) -> Reading:
        """A field of a measurement, such as its number of samples, or why there is no value."""
        name = f"{measure_name(node.of)}.{node.field}"
        found = self.measure(node.of)
        if found.piece is None or not found.known:
            return found
        return self.field(found.piece, node.field, node.type, name, champion=node.of.champion)

    def field(self, piece: Element, field: str, type_: Type, name: str, *, champion: bool = False) -> Reading:
        """A field of an element; `a.b` of a group inside it."""
        raw: Any = piece
        for part in field.split("."):
            raw = raw_of(raw, part) if isinstance(raw, Mapping) else None
        path = f"{piece['@']}.{field}"
        return (
            missing(name)
            if raw is None
            else self.of_type(raw, type_, name, path, champion, str(piece.get("@trust", "")))
        )

    def element(self, node: typed.Element, levels: tuple[At, ...]) -> Reading:
        """A field of an element of a list, or why there is no value.  `levels`: the elements around the node, the outermost first."""
        at = levels[node.level]
        reason = self.vouched(str(at.element.get("@trust", "")), element_name(at, node.field))
        if reason:
            return Reading(why=(reason,))
        if node.of is not None and node.field == "value":
            assert at.owner is not None
            return self.measured_value(
                at.element,
                at.owner,
                node.of.type,
                element_name(at, node.field),
                f"{at.element['@']}.value",
                champion=at.champion,
            )
        return self.field(at.element, node.field, node.type, element_name(at, node.field), champion=at.champion)

    # ------------------------------------------------------------ lists

    def elements(self, node: typed.List, levels: tuple[At, ...]) -> tuple[tuple[At, ...], tuple[Reason, ...]]:
        """The elements of a list, `AtLeast` where there may be more, or why it is unknown."""
        match node:
            case typed.Slices():
                found = self.measure(node.of)
                name = f"{measure_name(node.of)}.{node.field}"
                if found.piece is None or not found.known:
                    return (), found.why
                slices = found.piece.get(node.field)
                if slices is None:
                    return (), (Reason(ReasonKind.MISSING, name, "is not recorded", predicate=True),)
                return tuple(At(e, found.piece, node.of.champion) for e in slices), ()
            case typed.ElementList():
                at = levels[node.level]
                reason = self.vouched(str(at.element.get("@trust", "")), str(at.element["@"]))
                return ((), (reason,)) if reason else self._joined((at,), node.path, ".".join(node.path))
            case typed.RecordList():
                name = ("champion." if node.champion else "") + ".".join((node.root, *node.inner))
                record = self.record(champion=node.champion, about=name)
                if isinstance(record, Reading):
                    return (), record.why
                outer = record.lists.get(node.root)
                if outer is None:
                    return (), (Reason(ReasonKind.MISSING, name, "is not recorded", predicate=True),)
                if self.service is not None and not outer:
                    return (), (
                        Reason(ReasonKind.NOT_ATTESTED, name, f"an empty list, not attested by `{self.service}`"),
                    )
                for element in outer:
                    if "@unreadable" in element:
                        return (), (Reason(ReasonKind.UNREADABLE, name, f"{element['@']}: {element['@unreadable']}"),)
                    reason = self.vouched(str(element.get("@trust", "")), str(element["@"]))
                    if reason:
                        return (), (reason,)
                elements = tuple(At(e, None, node.champion) for e in outer)
                return self._joined(elements, node.inner, name) if node.inner else (elements, ())

    def _joined(
        self, outer: tuple[At, ...], path: tuple[str, ...], name: str
    ) -> tuple[tuple[At, ...], tuple[Reason, ...]]:
        """The inner lists of all outer elements, one after the other; unknown where any is missing.

        They are `AtLeast` where one of them is.
        """
        more = ""
        for step in path:
            if not outer:
                return (), (Reason(ReasonKind.EMPTY, name, f"nothing was recorded that could hold `{step}`"),)
            inner: list[At] = []
            for at in outer:
                found = at.element.get(step)
                if not isinstance(found, tuple):
                    return (), (Reason(ReasonKind.MISSING, name, f"{at.element['@']} has no `{step}`"),)
                inner += [At(e, at.owner, at.champion) for e in found]
                if type(found) is AtLeast:
                    more = f"{at.element['@']} {found.why}"
            outer = tuple(inner)
        return AtLeast.of(outer, more) if more else outer, ()

    def run(self, section: str, key: str, name: str, what: str) -> Reading:
        """The newest run of a suite, or of a scanner; of that one that was not whole is unknown."""
        for element in self.input.record.lists.get(section, ()):
            if element.get(key) == name:
                if why := element.get("@partial"):
                    return Reading(why=(Reason(ReasonKind.UNREADABLE, what, str(why), step=RUN_ANEW),))
                if why := element.get("@unreadable"):
                    return Reading(why=(Reason(ReasonKind.UNREADABLE, what, str(why)),))
                reason = self.vouched(str(element.get("@trust", "")), what)
                return Reading(why=(reason,), piece=element) if reason else Reading(piece=element)
        others = ", ".join(
            sorted({f"`{e[key]}`" for e in self.input.record.lists.get(section, ()) if isinstance(e.get(key), str)})
        )
        return missing(what, "no run is recorded" + (f", only of {others}" if others else ""), predicate=False)

    def is_computed(self, node: typed.Scalar) -> bool:
        """Did the gate work out a field by itself, such as the digest of the bytes."""
        record = self.record(champion=node.champion, about=node.path)
        return isinstance(record, Record) and record.trust.get(node.path) == COMPUTED


def _fits(value: float, kind: str, fraction: float) -> bool:
    """Is a number within the range of its kind."""
    if kind == "ratio":
        return 0 <= value <= fraction
    return kind == "number" or (value >= 0 and (kind != "count" or value.is_integer()))


def unit_of(recorded: Any, type_: Type) -> str | None:
    """The unit of a measure's raw value: as recorded, else as declared; None where the two cannot meet."""
    if recorded is None:
        return type_.unit or ""
    if type(recorded) is not str:
        return None
    kind = RECORDED_UNITS.get(recorded)
    if type_.kind == "open":
        return recorded
    if type_.kind in {"number", "count"}:
        return "" if kind is None else None
    return recorded if kind == type_.kind else None


def measure_name(node: typed.Measured) -> str:
    """A measurement as explanations name it, the champion's with `champion.` before it."""
    name = node.name if node.section == "metrics" else f"{node.section}.{node.name}"
    return f"champion.{name}" if node.champion else name


def label(at: At) -> str:
    """What an element is called in the record, nothing where it has no such text."""
    found = next((found for field in _LABELS if (found := at.element.get(field))), None)
    return found if isinstance(found, str) else ""


def element_name(at: At, field: str) -> str:
    """A field of an element of a list as explanations name it: by the element's label, else by its place."""
    return f"{field} of {called}" if (called := label(at)) else f"{at.element['@']}.{field}"


def shown(value: Any, kind: str, unit: str) -> str:
    """A readable value for people."""
    if kind == "date":
        return values.moment(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return show(value, unit)
    if isinstance(value, str) and DIGEST.fullmatch(value):
        return f"`{value[:19]}…`"
    return f"`{value}`" if isinstance(value, str) else str(value)


def _written(raw: Any) -> str:
    if isinstance(raw, Unreadable):
        return raw.written
    return show(raw) if isinstance(raw, float) else str(raw)
