"""The conditions that keep a rule from holding: each that would have to come out otherwise."""

from __future__ import annotations

from collections.abc import Iterator

from letpass.evaluation.explanation import Explanation
from letpass.evaluation.interpreter import Interpreter
from letpass.evaluation.leaves import Leaf, Where, canonical, named
from letpass.evaluation.miss import Miss
from letpass.evaluation.reading import Reader
from letpass.evaluation.reasons import ReasonKind
from letpass.facts.record import AtLeast
from letpass.frozen import replace
from letpass.language import typed
from letpass.language.rules import Rule
from letpass.trust.missed import MOST, Missed


def misses(rule: Rule, interpreter: Interpreter) -> tuple[Miss, ...]:
    """Every condition that keeps a rule from holding; none where it holds.

    An unknown guard is among them, since the rule would hold if it were false.  Of more than `MOST`, which no waiver
    names, the rest is left out.
    """
    guard = interpreter.truth(rule.guard).truth if rule.guard is not None else True
    if guard is False:
        return ()
    found = _Walk(interpreter)
    found.wanted(rule.test, Where(), want=True)
    if found.misses and guard is None and rule.guard is not None:
        found.wanted(rule.guard, Where(), want=False)
    return tuple(found.misses)


class _Walk:
    """Goes from a condition to the innermost ones that are not what is wanted of them."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.interpreter, self.misses = interpreter, list[Miss]()
        self._done: set[tuple[object, ...]] = set()

    def wanted(self, node: typed.Truth, where: Where, *, want: bool) -> None:
        """Take what keeps a condition from being true, or with `want` False from being false."""
        if len(self.misses) > MOST:
            return
        match node:
            case typed.Not():
                self.wanted(node.operand, where, want=not want)
            case typed.Named():
                self.wanted(node.body, Where(service=where.service), want=want)  # type: ignore[arg-type]
            case typed.AttestedBy() if where.service in {None, node.service}:
                self.wanted(node.operand, replace(where, service=node.service), want=want)
            case _:
                key = (id(node), tuple(str(at.element["@"]) for at in where.levels), where.service, want)
                found = self.interpreter.truth(node, where.levels, where.service)
                if found.truth is want or key in self._done:
                    return
                self._done.add(key)
                self._parts(node, where, found, want=want)

    def _parts(self, node: typed.Truth, where: Where, found: Explanation, *, want: bool) -> None:
        before = len(self.misses)
        match node:
            case typed.Both() | typed.Either():
                for part in node.parts:
                    self.wanted(part, where, want=want)
                return
            case typed.ForAll() if want:
                self._every(node, where)
                self._unseen(node, where, want=want)
            case typed.CountOf() if node.least is not want:
                self._too_many(node, where, want=want)
                self._unseen(node, where, want=want)
        if len(self.misses) == before:  # also a list that cannot be read, or of which nothing is selected
            self.misses += Leaf(self.interpreter, node, where, found, want=want).misses()

    def _every(self, node: typed.ForAll, where: Where) -> None:
        """Each element that should not have been selected, or should have satisfied what is asked."""
        for inner in self._elements(node.list, where):
            if len(self.misses) > MOST:
                return
            chosen = self._truth(node.where, inner)
            if chosen is not False and self._truth(node.have, inner) is not True:
                if chosen is None and node.where is not None:
                    self.wanted(node.where, inner, want=False)
                self.wanted(node.have, inner, want=True)

    def _too_many(self, node: typed.CountOf, where: Where, *, want: bool) -> None:
        """Each element that should not have matched."""
        for inner in self._elements(node.list, where):
            if node.where is not None:
                self.wanted(node.where, inner, want=False)
            else:
                self.misses.append(Miss(Missed(named(node, where, want=want), inner.within)))

    def _unseen(self, node: typed.ForAll | typed.CountOf, where: Where, *, want: bool) -> None:
        """The elements that a list may have beside those that are known; nobody has seen what a waiver of them would accept."""
        elements, _ = Reader(self.interpreter.input, where.service).elements(node.list, where.levels)
        if isinstance(elements, AtLeast):
            unknown = ((ReasonKind.UNREADABLE.value, canonical(node.list.span)),)
            self.misses.append(Miss(Missed(named(node, where, want=want), where.within, unknown=unknown)))

    def _truth(self, node: typed.Truth | None, where: Where) -> bool | None:
        return True if node is None else self.interpreter.truth(node, where.levels, where.service).truth

    def _elements(self, node: typed.List, where: Where) -> Iterator[Where]:
        elements, _ = Reader(self.interpreter.input, where.service).elements(node, where.levels)
        name = canonical(node.span)
        return (where.inside(at, name) for at in elements)
