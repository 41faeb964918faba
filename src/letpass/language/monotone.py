"""Refusal of conditions that could hold because evidence is missing or has grown older.

The law behind it (docs/language.md, laws): taking evidence away never turns a refusal into an allow.
"""

from __future__ import annotations

from letpass.diagnostics import Diagnostic
from letpass.language import typed

LARGEST = 5_000  # nodes of one condition, its lets written out
LARGEST_LET = 500
DEEPEST = 150  # nodes inside each other, the lets' own included


def measure(node: typed.Node, known: dict[int, tuple[int, int]]) -> tuple[int, int]:
    """How many nodes a condition has with its lets written out, and how deep it is.

    `known` has the measures of the lets that it may hold, by identity, so that sharing costs nothing.
    """
    if id(node) in known:
        return known[id(node)]
    size, depth = 1, 0
    for name in node._fields:
        value = getattr(node, name)
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, typed.Node) and name != "of":
                inner, below = measure(part, known)
                size, depth = size + inner, max(depth, below)
    return size, depth + 1


def check(node: typed.Truth, *, guard: bool = False) -> list[Diagnostic]:
    """Faults of one condition.  A guard counts as negated: a rule passes where its guard is false."""
    walk = _Walk(guard)
    walk.truth(node, positive=not guard)
    if walk.size > LARGEST:
        walk.found.append(
            Diagnostic(
                "GATE008",
                "this condition is too large, its lets written out",
                node.span,
                f"the most is {LARGEST} parts",
            )
        )
    return list(dict.fromkeys(walk.found))


class _Walk:
    def __init__(self, guard: bool) -> None:
        self.guard, self.size, self.found = guard, 0, list[Diagnostic]()

    def truth(self, node: typed.Truth, *, positive: bool) -> None:
        self.size += 1
        if self.size > LARGEST:
            return
        match node:
            case typed.Not():
                self.truth(node.operand, positive=not positive)
            case typed.Both() | typed.Either():
                for part in node.parts:
                    self.truth(part, positive=positive)
            case typed.Named():
                self.truth(node.body, positive=positive)  # type: ignore[arg-type]
            case typed.AttestedBy():
                self.truth(node.operand, positive=positive)
            case typed.ForAll():
                self._inner(node.where, positive=not positive)
                self.truth(node.have, positive=positive)
            case typed.CountOf():
                self._inner(node.where, positive=positive if node.least else not positive)
            case typed.Comparison():
                self.term(node.left)
                self.term(node.right)
            case typed.Recorded() if self.guard or not positive:
                where = "in a guard" if self.guard else "under a negation"
                self.found.append(
                    Diagnostic(
                        "GATE209",
                        f"`{_words(node)}` {where} would hold for want of evidence",
                        node.span,
                        "let a rule of its own ask for it",
                    )
                )
            case typed.Fresh() if not positive:
                self.found.append(
                    Diagnostic(
                        "GATE210",
                        f"`{_words(node)}` could pass here by growing older",
                        node.span,
                        "compare the date with `now`, as in `registered_at <= now - 2 days`",
                    )
                )
            case _:
                pass

    def _inner(self, node: typed.Truth | None, *, positive: bool) -> None:
        if node is not None:
            self.truth(node, positive=positive)

    def term(self, node: typed.Term) -> None:
        self.size += 1
        if self.size > LARGEST:
            return
        match node:
            case typed.Add():
                self.term(node.left)
                self.term(node.right)
            case typed.Scale() | typed.Absolute():
                self.term(node.operand)
            case typed.Named():
                self.term(node.body)  # type: ignore[arg-type]
            case typed.Extremum() if node.where is not None:
                # leaving elements out can move a minimum either way
                self.truth(node.where, positive=False)
                self.truth(node.where, positive=True)
            case _:
                pass


def _words(node: typed.Node) -> str:
    return " ".join(node.span.text.split())
