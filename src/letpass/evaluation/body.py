"""The body of the function that is printed: its blocks, in which every shared part is written once.

A number that is not known is `nan`, with which every comparison is false; any other value is None.  So no line asks whether a value
is known before it is compared.  What reads no element of a list stands before the loop over it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from letpass.evaluation.ranks import Ranks, collected
from letpass.semantics import formula as f
from letpass.semantics import places, values
from letpass.semantics.formula import Formula, Loop
from letpass.semantics.nodes import Node

_PARTS = {"V": "values", "L": "whole", "M": "measures", "N": "sole", "S": "sections", "T": "runs", "W": "trust"}

LONGEST = 400  # characters of an expression: what is longer gets a name
SHORT = 40  # characters of a condition on an element that stands several times: asking again is cheaper than keeping it


class Block:
    """The body of the function, or of a loop: its lines, the names in it, the loops that begin in it, by what they walk."""

    def __init__(self, level: int, loops: Iterable[Loop], ranks: Ranks) -> None:
        self.level, self.element, self.lines = level, "", list[str]()
        self.known: dict[Node, str] = {}
        self.gaps: dict[values.Sum, str] = {}
        self.groups: dict[tuple[Node, int, int], list[Loop]] = {}
        for loop in loops:
            self.groups.setdefault(ranks.key(loop), []).append(loop)


class Body:
    """Writes the body of one function; `roots` are all that it will be asked for, `text` and `loop` are the subclass's."""

    def __init__(self, roots: list[Formula]) -> None:
        self.uses: Counter[Node] = Counter(roots)
        self.ranks = Ranks()
        everything = collected(roots)
        for node in everything:
            self.uses.update(node.parts)
        closed = [n for n in everything if isinstance(n, Loop) and not n.levels]
        self.blocks = [Block(-1, closed, self.ranks)]
        self.constants: dict[str, Any] = {}
        self.parts: set[str] = set()
        self._constants: dict[object, str] = {}
        self._count = 0

    # ------------------------------------------------------------ names and lines

    def line(self, text: str) -> None:
        """Write lines into the innermost block."""
        self.blocks[-1].lines += text.split("\n")

    def name(self, prefix: str) -> str:
        """A name that nothing has yet."""
        self._count += 1
        return f"{prefix}{self._count}"

    def constant(self, value: Any, key: object) -> str:
        """The name of a constant; equal keys share one."""
        if key not in self._constants:
            self._constants[key] = f"K{len(self._constants)}"
            self.constants[self._constants[key]] = value
        return self._constants[key]

    def part(self, name: str, *, champion: bool = False) -> str:
        """A part of the record, or of the champion's."""
        name = f"C{name}" if champion else name
        self.parts.add(name)
        return name

    def home(self, node: Node) -> int:
        """The block in which a node is known: the innermost whose element it speaks of."""
        return max((at for at, block in enumerate(self.blocks) if block.level in node.levels), default=0)

    @contextmanager
    def at(self, home: int) -> Iterator[Block]:
        """Write into a block, without what is inside it."""
        inner = self.blocks[home + 1 :]
        del self.blocks[home + 1 :]
        yield self.blocks[home]
        self.blocks += inner

    def named(self, node: Node, text: str = "") -> str:
        """The name of a value or formula; what it comes to is written once, in the block where it is known."""
        if isinstance(node, values.Literal | values.Clock | places.Element | f.Always):
            return self.text(node)
        home = self.home(node)
        known = self.blocks[home].known
        if node not in known:
            with self.at(home):
                text = text or self.text(node)
                name = self.name(type(node).__name__[0].lower())
                self.line(f"{name} = {text}")
            known[node] = name
        return known[node]

    def expression(self, node: Node) -> str:
        """A value or formula: its name, or its text where that is wanted once or costs nothing."""
        if isinstance(node, Loop):
            return self.loop(node)
        home = self.home(node)
        if node in self.blocks[home].known:
            return self.blocks[home].known[node]
        if home == len(self.blocks) - 1:
            once = self.uses[node] <= 1 or isinstance(node, values.Pick | values.Absolute)
            if once or (home > 0 and isinstance(node, f.Compare | f.Not)):
                text = self.text(node)
                return text if len(text) < (LONGEST if once else SHORT) else self.named(node, text)
        return self.named(node)

    def text(self, node: Node) -> str:
        """The text of a node, in terms of its parts."""
        raise NotImplementedError

    def loop(self, node: Loop) -> str:
        """What a loop comes to."""
        raise NotImplementedError


def parts_of(names: set[str]) -> list[str]:
    """The lines that give the parts of the record their names."""
    lines = ["R = I.record"]
    own = [f"{name} = R.{part}" for name, part in _PARTS.items() if name in names]
    own += [f"{name} = I.{part}" for name, part in (("A", "accepted"), ("now", "now")) if name in names]
    own += ["Q = {}"] if "Q" in names else []
    own += ["X = left_out(R, I.accepted)"] if "X" in names else []
    theirs = {f"C{name}": part for name, part in _PARTS.items() if f"C{name}" in names}
    if theirs or "C" in names:
        lines.append("C = I.champion if type(I.champion) is Record else None")
    if theirs:
        there = "; ".join(f"{name} = C.{part}" for name, part in theirs.items())
        own += [f"if C is None: {' = '.join(theirs)} = Z", f"else: {there}"]
    return lines + own
