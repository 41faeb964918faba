"""Changing values of a YAML or JSON text where they stand: what is not changed stays as people wrote it, to the character."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from letpass.facts.document import Document, is_json
from letpass.facts.paths import join, key_path, parent
from letpass.facts.values import as_json
from letpass.registries import state

_CRLF = re.compile(r"\r?\n")
Edit = tuple[int, int, str]
"""From where to where a text is replaced by what."""


class CannotError(Exception):
    """A change is none of those that can be made where the value stands."""


def same(one: Any, other: Any) -> bool:
    """Do two values say the same, however they are written; `true` is not 1, and a text is no number."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(v, other[k]) for k, v in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    one, other = as_json(one), as_json(other)
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def edited(read: Document, changes: Mapping[str, Any]) -> str:
    """The text with other values of top-level fields; raises `CannotError` where a value would have to be written anew.

    A value can grow by keys and elements, a plain value can be another one, and a value can become the first of a list.
    The caller reads the text back.
    """
    text = read.source.text
    writer = _Writer(read)
    if any(value is None for value in changes.values()):
        raise CannotError
    for key in read.data.keys() & changes.keys():
        writer.put(join("", key), read.data[key], changes[key])
    writer.add("", read.data, {k: v for k, v in changes.items() if k not in read.data})
    in_order = sorted(enumerate(writer.edits), key=lambda e: (e[1][0], e[0]), reverse=True)
    for _, (start, end, written) in in_order:  # of two at one place the later stands behind the other
        text = text[:start] + (written if "\r\n" not in text else _CRLF.sub("\r\n", written)) + text[end:]
    return text


class _Writer:
    """The edits that a change comes to.  None of them overlap: each value is grown, replaced, or stays."""

    def __init__(self, read: Document) -> None:
        self.read, self.text, self.json = read, read.source.text, is_json(read.source)
        self.edits: list[Edit] = []

    def put(self, path: str, old: Any, new: Any) -> None:
        """Let what stands at a path say something else."""
        if same(old, new):
            return
        start, end = self._place(path)
        flow = self.text[start] in "{["
        if isinstance(old, dict) and isinstance(new, dict) and (old or flow) and old.keys() <= new.keys():
            for key in old:
                self.put(join(path, key), old[key], new[key])
            self.add(path, old, {k: v for k, v in new.items() if k not in old})
        elif isinstance(old, list) and isinstance(new, list) and (old or flow) and all(map(same, old, new)):
            self.add(path, old, new[len(old) :])
        elif isinstance(new, list) and len(new) > 1 and same({"value": old}, new[0]):
            self._first(path, old, new[1:], "value")
        elif isinstance(new, list) and len(new) > 1 and same(old, new[0]):
            self._first(path, old, new[1:])
        elif (
            not isinstance(old, dict | list) and not flow and (not isinstance(new, dict | list) or as_json(old) is None)
        ):
            self.edits.append((start, end, self._flow(new)))
        else:
            raise CannotError

    def add(self, path: str, old: Mapping[str, Any] | Sequence[Any], more: Any) -> None:
        """Put keys behind the last one of a mapping, or elements behind the last one of a list."""
        if not more:
            return
        start, _ = self._place(path)
        if self.text[start] not in "{[":
            self._below(path, old, more, self._column(start))
            return
        last, begins = self._last(path, old) if old else (None, start + 1)
        before = self.text[:begins]
        blank = before[len(before.rstrip()) :]
        gap = blank if "\n" in blank else " "
        indent = blank.rpartition("\n")[2] if "\n" in blank else None
        pieces = (
            [self._flow({k: v}, indent, bare=True) for k, v in more.items()]
            if isinstance(more, dict)
            else [self._flow(v, indent) for v in more]
        )
        at = self._after(*last) if last is not None else begins
        self.edits.append((at, at, (f",{gap}" if last is not None else "") + f",{gap}".join(pieces)))

    def _first(self, path: str, old: Any, more: list[Any], key: str = "") -> None:
        """Make a value the first element of a list, with more behind it.  `key`: below which it stands there."""
        start, _ = self._place(path)
        after = self._after(path, old)
        begins = self.read.exactly(key_path(path))
        outer = self._place(parent(path))[0]
        if begins is None:
            raise CannotError
        if self.text[outer] in "{[":
            name = f'"{key}"' if self.json else key
            self.edits.append((start, start, f"[{{{name}: " if key else "["))
            self.edits.append((after, after, ("}" if key else "") + "".join(f", {self._flow(v)}" for v in more) + "]"))
            return
        between = self.text[begins.end : start]
        if isinstance(old, dict) and self.text[start] != "{":
            stop = self._line_end(after)
            at = self.text.find("\n", start) + 1
            self.edits.append((start, start, "- "))
            while 0 < at < stop:
                self.edits.append((at, at, "  " if self.text[at] != "\n" else ""))
                at = self.text.find("\n", at) + 1
            self._below(path, old, more, self._column(start))
        elif between.strip() == ":" and "\n" not in between + self.text[start:after]:
            column = self._column(begins.start)
            begun = f":\n{' ' * column}- {f'{key}: ' if key else ''}"
            self.edits.append((begins.end, start, begun))
            self._below(path, old, more, column)
        else:
            raise CannotError

    def _below(self, path: str, old: Any, more: Any, column: int) -> None:
        """Write keys or elements on lines of their own, below those on which a value stands."""
        made = state.dump(more) if isinstance(more, dict) else state.dump({"": more}).partition("\n")[2]
        at = self._line_end(self._after(path, old))
        written = "".join(f"{' ' * column}{line}\n" for line in made.splitlines())
        self.edits.append((at, at, written if self.text[at - 1] == "\n" else f"\n{written}"))

    # ------------------------------------------------------------ places

    def _place(self, path: str) -> tuple[int, int]:
        found = self.read.exactly(path)
        if found is None or self.text[found.start : found.start + 1] in {"", "\n", "#"}:  # a value that is left out
            raise CannotError
        return found.start, found.end

    def _last(self, path: str, old: Mapping[str, Any] | Sequence[Any]) -> tuple[tuple[str, Any], int]:
        """The path and value of the last part of a mapping or list, and where that begins, its key too."""
        if isinstance(old, Mapping):
            key = next(reversed(list(old)))
            return (join(path, key), old[key]), self._place(key_path(join(path, key)))[0]
        below = f"{path}[{len(old) - 1}]"
        return (below, old[-1]), self._place(below)[0]

    def _after(self, path: str, value: Any) -> int:
        """Where a value ends, its closing bracket too."""
        start, end = self._place(path)
        if self.text[start] in "{[" and not self.json and isinstance(value, dict | list):
            return self.text.index("}" if self.text[start] == "{" else "]", end) + 1
        if isinstance(value, dict | list) and self.text[start] not in "{[" and value:
            return self._after(*self._last(path, value)[0])
        return end

    def _line_end(self, at: int) -> int:
        """Where the line below begins: behind a comment, and at once where the value has taken its line's end with it."""
        if self.text[at - 1] == "\n":
            return at
        return self.text.find("\n", at) + 1 or len(self.text)

    def _column(self, at: int) -> int:
        return at - (self.text.rfind("\n", 0, at) + 1)

    def _flow(self, value: Any, indent: str | None = None, *, bare: bool = False) -> str:
        """A value between brackets; of JSON over several lines where the ones around it are.  `bare`: a mapping without them."""
        if not self.json and isinstance(value, dict | list):
            made = state.dump(value, flow=True).strip()
            return made[1:-1] if bare else made
        if bare:
            ((key, inner),) = value.items()
            return f"{json.dumps(key, ensure_ascii=False)}: {self._flow(inner, indent)}"
        step = None if indent is None else "\t" if "\t" in indent else 2
        made = json.dumps(as_json(value), ensure_ascii=False, indent=step)
        return made.replace("\n", f"\n{indent or ''}")
