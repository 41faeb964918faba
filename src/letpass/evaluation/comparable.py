"""Whether the numbers of a comparison may stand beside each other: the champion's only on the candidate's data set."""

from __future__ import annotations

from collections.abc import Iterator

from letpass.evaluation.counterparts import Counterparts
from letpass.evaluation.meanings import data_of, same_data, same_way
from letpass.evaluation.reading import At, Reader, measure_name
from letpass.evaluation.reasons import Reason, ReasonKind
from letpass.facts.record import Element
from letpass.language import typed
from letpass.language.typed import parts


def incomparable(
    node: typed.Comparison, levels: tuple[At, ...], reader: Reader, counterparts: Counterparts
) -> tuple[Reason, ...]:
    """Why numbers of the champion's metrics cannot stand beside those of the candidate's; nothing where they can."""
    ours, theirs = dict[str, Element](), dict[str, Element]()
    for name, champion, piece in _measures(node, levels, reader, counterparts):
        (theirs if champion else ours)[name] = piece
    return tuple(
        Reason(ReasonKind.NOT_COMPARABLE, name, detail, step=step)
        for name, a in theirs.items()
        for other, b in ours.items()
        if (found := differs(a, b, other))
        for detail, step in (found,)
    )


def differs(theirs: Element, ours: Element, name: str) -> tuple[str, str] | None:
    """In what the measures of the champion and of the candidate, called `name`, cannot be compared, and what mends that."""
    if not same_data(theirs, ours):
        return f"measured on {data_of(theirs)}, and {name} on {data_of(ours)}", ""
    if same_way(theirs, ours):
        return None
    if theirs.get("protocol") != ours.get("protocol"):
        what = [_shown(piece.get("protocol")) for piece in (theirs, ours)]
        step = "measure both versions in the same way: tool, task, prompts, shots, settings"
        return f"measured by {what[0]}, and {name} by {what[1]}", step
    what = [_judge(piece) for piece in (theirs, ours)]
    return f"judged by {what[0]}, and {name} by {what[1]}", "let one judge judge both versions, and record which it is"


def _shown(protocol: object) -> str:
    return f"the protocol `{protocol[:19]}`" if isinstance(protocol, str) else "one that is not recorded"


def _judge(piece: Element) -> str:
    if "judge" not in piece:
        return "no model"
    model = piece["judge"].get("model")
    return f"`{model}`" if isinstance(model, str) else "one that is not named"


def _measures(
    node: typed.Comparison, levels: tuple[At, ...], reader: Reader, counterparts: Counterparts
) -> Iterator[tuple[str, bool, Element]]:
    """The measures whose numbers are compared, wherever these stand: in words, whether of the champion, and the piece."""
    sides = (*_made_of(node.left), *_made_of(node.right))
    for each, _ in sides:
        if isinstance(each, typed.Measured) and each.section == "metrics":
            piece = reader.measure(each).piece
            if piece is not None:
                yield measure_name(each), each.champion, piece
    for each, in_let in sides:
        if in_let:
            continue  # the elements that it reads are those of its own lists
        if isinstance(each, typed.Element) and each.level < len(levels):
            at = levels[each.level]
            if at.owner is not None:
                yield str(at.owner["@"]), at.champion, at.owner
        elif isinstance(each, typed.Counterpart) and each.level < len(levels):
            owner = levels[each.level].owner
            piece = counterparts.piece(each, owner, "", reader).piece if owner is not None else None
            if piece is not None:
                yield f"champion.{each.of.name}", True, piece


def _made_of(node: typed.Node, *, in_let: bool = False) -> Iterator[tuple[typed.Node, bool]]:
    """What a number is made of, and whether it stands in a let.  What a `where` asks is compared there."""
    yield node, in_let
    for below in parts(node):
        if not (isinstance(node, typed.Extremum) and below is node.where):
            yield from _made_of(below, in_let=in_let or isinstance(node, typed.Named))
