"""Lines of Python that are being written: blocks inside each other, names, constants, and what is already there.

An expression that stands twice is written once: `once` looks it up by what it is made of, and puts it into the
outermost block in which all its parts are known.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

T = TypeVar("T")


class Block:
    """The body of the function, or of a loop inside it: its lines, and what is known in it by then."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.known: dict[Hashable, Any] = {}


class Emitter:
    """Writes one function.  Depth 0 is its body, depth n the n-th loop around what is being written."""

    def __init__(self) -> None:
        self.blocks = [Block()]
        self.constants: dict[str, Any] = {}
        self._names: dict[Hashable, str] = {}
        self._count = 0

    def name(self, prefix: str = "x") -> str:
        """A name that nothing has yet."""
        self._count += 1
        return f"{prefix}{self._count}"

    def constant(self, value: Any, key: Hashable = None) -> str:
        """The name of a constant; equal keys share one."""
        key = (type(value).__name__, key if key is not None else value)
        if key not in self._names:
            self._names[key] = f"K{len(self._names)}"
            self.constants[self._names[key]] = value
        return self._names[key]

    def line(self, depth: int, text: str) -> None:
        """Write one or more lines into a block."""
        self.blocks[depth].lines += text.split("\n")

    def once(self, depth: int, key: Hashable, write: Callable[[], T]) -> T:
        """What `write` gives, written at most once for a key in the blocks around."""
        for block in self.blocks[: depth + 1]:
            if key in block.known:
                return cast("T", block.known[key])
        found = write()
        self.blocks[depth].known[key] = found
        return found

    def body(self) -> str:
        """The text of the function's body."""
        return "\n".join(f"    {line}" for line in self.blocks[0].lines)


def indented(lines: list[str], by: int = 1) -> str:
    """Lines as the body of a block; an empty one does nothing."""
    return "\n".join("    " * by + line for line in lines or ["pass"])
