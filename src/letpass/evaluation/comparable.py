"""Whether the numbers of a comparison may stand beside each other: the champion's only where it was measured as the candidate."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from letpass.evaluation.counterparts import Counterparts
from letpass.evaluation.meanings import data_of, same_data, same_judge, same_way
from letpass.evaluation.reading import At, Reader, element_name, measure_name
from letpass.evaluation.reasons import Reason, ReasonKind
from letpass.facts.record import Element
from letpass.language import typed
from letpass.language.typed import parts


def incomparable(
    node: typed.Comparison, levels: tuple[At, ...], reader: Reader, counterparts: Counterparts
) -> tuple[Reason, ...]:
    """Why numbers of the champion's metrics cannot stand beside those of the candidate's; nothing where they can."""
    measures = _measures(node, levels, reader, counterparts)
    return (*_reasons(measures, _differs), *_reasons(_slices(node, levels, reader, counterparts), _judges))


def _reasons(
    found: Iterator[tuple[str, bool, Element]], differ: Callable[[Element, Element, str], tuple[str, str] | None]
) -> Iterator[Reason]:
    """Of each of the champion's beside each of the candidate's, in what they differ and what mends that."""
    ours, theirs = dict[str, Element](), dict[str, Element]()
    for name, champion, piece in found:
        (theirs if champion else ours)[name] = piece
    for name, a in theirs.items():
        for other, b in ours.items():
            if (difference := differ(a, b, other)) is not None:
                detail, step = difference
                yield Reason(ReasonKind.NOT_COMPARABLE, name, detail, step=step)


def _differs(theirs: Element, ours: Element, name: str) -> tuple[str, str] | None:
    """In what the measures of the champion and of the candidate, called `name`, cannot be compared, and what mends that."""
    if not same_data(theirs, ours):
        return f"measured on {data_of(theirs)}, and {name} on {data_of(ours)}", ""
    if same_way(theirs, ours):
        return None
    if theirs.get("protocol") != ours.get("protocol"):
        what = [_shown(piece.get("protocol")) for piece in (theirs, ours)]
        step = "measure both versions in the same way: tool, task, prompts, shots, settings"
        return f"measured by {what[0]}, and {name} by {what[1]}", step
    return _judges(theirs, ours, name)


def _judges(theirs: Element, ours: Element, name: str) -> tuple[str, str] | None:
    """By which judges two measures, or two slices, were judged, where these are not one."""
    if same_judge(theirs, ours):
        return None
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


def _slices(
    node: typed.Comparison, levels: tuple[At, ...], reader: Reader, counterparts: Counterparts
) -> Iterator[tuple[str, bool, Element]]:
    """The slices whose numbers are compared: in words, whether of the champion, and the piece."""
    for each, in_let in (*_made_of(node.left), *_made_of(node.right)):
        if in_let or not isinstance(each, typed.Element | typed.Counterpart) or each.level >= len(levels):
            continue
        at = levels[each.level]
        name = element_name(at, "value")
        if isinstance(each, typed.Element):
            if at.owner is not None:
                yield name, at.champion, at.element
        elif isinstance(found := counterparts.fellow(each, levels, reader), At):
            yield f"champion.{name}", True, found.element


def _made_of(node: typed.Node, *, in_let: bool = False) -> Iterator[tuple[typed.Node, bool]]:
    """What a number is made of, and whether it stands in a let.  What a `where` asks is compared there."""
    yield node, in_let
    for below in parts(node):
        if not (isinstance(node, typed.Extremum) and below is node.where):
            yield from _made_of(below, in_let=in_let or isinstance(node, typed.Named))
