"""Whether the numbers of a comparison may stand beside each other: the champion's only on the candidate's data set."""

from __future__ import annotations

from collections.abc import Iterator

from letpass.evaluation.counterparts import Counterparts
from letpass.evaluation.meanings import data_of, same_data
from letpass.evaluation.reading import At, Reader, measure_name
from letpass.evaluation.reasons import Reason, ReasonKind
from letpass.facts.record import Element
from letpass.language import typed
from letpass.language.typed import own, walk


def incomparable(
    node: typed.Comparison, levels: tuple[At, ...], reader: Reader, counterparts: Counterparts
) -> tuple[Reason, ...]:
    """Why numbers of the champion's metrics cannot stand beside those of the candidate's; nothing where they can."""
    ours, theirs = dict[str, Element](), dict[str, Element]()
    for name, champion, piece in _measures(node, levels, reader, counterparts):
        (theirs if champion else ours)[name] = piece
    return tuple(
        Reason(ReasonKind.NOT_COMPARABLE, name, f"measured on {data_of(a)}, and {other} on {data_of(b)}")
        for name, a in theirs.items()
        for other, b in ours.items()
        if not same_data(a, b)
    )


def _measures(
    node: typed.Comparison, levels: tuple[At, ...], reader: Reader, counterparts: Counterparts
) -> Iterator[tuple[str, bool, Element]]:
    """The measures whose numbers are compared, wherever these stand: in words, whether of the champion, and the piece."""
    sides = (node.left, node.right)
    for each in walk(sides):
        if isinstance(each, typed.Measured) and each.section == "metrics":
            piece = reader.measure(each).piece
            if piece is not None:
                yield measure_name(each), each.champion, piece
    for each in own(sides):
        if isinstance(each, typed.Element) and each.level < len(levels):
            at = levels[each.level]
            if at.owner is not None:
                yield str(at.owner["@"]), at.champion, at.owner
        elif isinstance(each, typed.Counterpart) and each.level < len(levels):
            owner = levels[each.level].owner
            piece = counterparts.piece(each, owner, "", reader).piece if owner is not None else None
            if piece is not None:
                yield f"champion.{each.of.name}", True, piece
