"""The limit for lists inside lists: how many combinations of their elements a condition may look at."""

from __future__ import annotations

from letpass.evaluation.reading import At, Reader
from letpass.evaluation.reasons import Reason, ReasonKind
from letpass.language import typed

MOST = 1_000_000


def too_large(node: typed.Quantified, levels: tuple[At, ...], reader: Reader) -> Reason | None:
    """Why a condition is not evaluated; None where its combinations are at most `MOST`, which is nearly always."""
    if not node.inside:  # one list is as long as the record
        return None
    if _combinations(node, levels, reader) <= MOST:
        return None
    text = " ".join(node.span.text.split())
    return Reason(ReasonKind.TOO_LARGE, text, f"its lists make more than {MOST:,} combinations of elements")


def _combinations(node: typed.Quantified, levels: tuple[At, ...], reader: Reader) -> int:
    """The elements of a list, times those of the longest way through the lists inside that depend on them.

    Beyond `MOST` the count is no longer exact.
    """
    elements, _ = reader.elements(node.list, levels)
    depth, most = len(levels), len(elements)
    for inner in node.inside if elements else ():
        if not inner.depends(depth + 1):
            continue
        if _enters(inner, depth):  # a list inside the element: as long as each element has it
            found = 0
            for at in elements:
                found += _combinations(inner, (*levels, at), reader)
                if found > MOST:
                    return found
        else:
            found = len(elements) * _combinations(inner, (*levels, elements[0]), reader)
        most = max(most, found)
    return most


def _enters(node: typed.Quantified, level: int) -> bool:
    """Does it go through a list that is inside an element of a level."""
    return any(isinstance(n, typed.ElementList) and n.level == level for n in _lists(node))


def _lists(node: typed.Quantified) -> tuple[typed.List, ...]:
    return (node.list, *(below for inner in node.inside for below in _lists(inner)))
