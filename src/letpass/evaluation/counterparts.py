"""The champion's group beside the candidate's: `champion.value` inside a metric's slices."""

from __future__ import annotations

from letpass.evaluation.input import Input
from letpass.evaluation.meanings import data_of, same_data
from letpass.evaluation.reading import At, Reader, Reading, element_name, missing
from letpass.evaluation.reasons import Reason, ReasonKind
from letpass.facts.record import Element
from letpass.language import typed

Groups = dict[str, Element | None]
"""A measure's slices by the group that each is of; None where several are of one."""


class Counterparts:
    """Finds slices of the champion by their group; the groups of a measure are sorted once."""

    def __init__(self, input_: Input) -> None:
        self.input = input_
        self._groups: dict[int, tuple[Groups, bool]] = {}

    def value(self, node: typed.Counterpart, levels: tuple[At, ...], reader: Reader) -> Reading:
        """The champion's value for the group at hand, measured on the same data set; unknown where there is not one."""
        found = self.fellow(node, levels, reader)
        if not isinstance(found, At):
            return found
        assert found.owner is not None
        name = f"champion.{element_name(levels[node.level], 'value')}"
        path = f"{found.element['@']}.value"
        return reader.measured_value(found.element, found.owner, node.type, name, path, champion=True)

    def fellow(self, node: typed.Counterpart, levels: tuple[At, ...], reader: Reader) -> At | Reading:
        """The champion's slice of the group at hand, or why there is not one."""
        at = levels[node.level]
        assert at.owner is not None
        name = f"champion.{element_name(at, 'value')}"
        group = at.element.get("group")
        if not isinstance(group, str):
            return _unknown(ReasonKind.UNREADABLE, name, "the group at hand has no name that can be read")
        if self._of(at.owner)[0].get(group) is None:
            return _unknown(ReasonKind.AMBIGUOUS, name, f"the candidate has several slices of `{group}`")
        found = self.piece(node, at.owner, name, reader)
        if found.piece is None or not found.known:
            return found
        if "slices" not in found.piece:
            return missing(name, "was not measured in groups", predicate=True)
        groups, torn = self._of(found.piece)
        if torn:
            return _unknown(ReasonKind.UNREADABLE, name, "a group of the champion has no name that can be read")
        if group not in groups:
            return missing(name, f"the champion has no group `{group}`", predicate=False)
        theirs = groups[group]
        if theirs is None:
            return _unknown(ReasonKind.AMBIGUOUS, name, f"the champion has several slices of `{group}`")
        return At(theirs, found.piece, champion=True)

    def piece(self, node: typed.Counterpart, owner: Element, name: str, reader: Reader) -> Reading:
        """The champion's measure on the data set of the slices at hand."""
        record = reader.record(champion=True, about=name)
        if isinstance(record, Reading):
            return record
        pieces = record.measures.get((node.of.section, node.of.name), ())
        if not pieces:
            return missing(f"champion.{node.of.name}")
        same = [p for p in pieces if same_data(owner, p)]
        if not same:
            theirs = ", ".join(data_of(p) for p in pieces)
            return _unknown(
                ReasonKind.NOT_COMPARABLE, name, f"measured on {theirs}, and {node.of.name} on {data_of(owner)}"
            )
        piece = same[0]
        if "@unreadable" in piece:
            return _unknown(ReasonKind.UNREADABLE, name, str(piece["@unreadable"]))
        reason = reader.vouched(str(piece.get("@trust", "")), name)
        return Reading(why=(reason,), piece=piece) if reason else Reading(piece=piece)

    def _of(self, measure: Element) -> tuple[Groups, bool]:
        if id(measure) not in self._groups:
            self._groups[id(measure)] = by_group(measure)
        return self._groups[id(measure)]


def by_group(measure: Element) -> tuple[Groups, bool]:
    """A measure's slices by their groups, and whether the group of one of them cannot be read."""
    groups, torn = Groups(), False
    for each in measure.get("slices", ()):
        name = each.get("group")
        torn = torn or not isinstance(name, str)
        if isinstance(name, str):
            groups[name] = None if name in groups else each
    return groups, torn


def _unknown(kind: ReasonKind, name: str, detail: str) -> Reading:
    return Reading(why=(Reason(kind, name, detail),))
