"""The parse tables driven by hand: the trees of statements that read, without the parser generator.

It is not even imported for them.  A statement that does not read gives None, and is the generator's to explain; tests
hold the two equal.
"""

from __future__ import annotations

import re
from typing import Any

from letpass.language.scanning import Scanner


class Tree:
    """A phrase: its rule's name, its parts (texts and trees), and where it stands."""

    __slots__ = ("children", "data", "end_pos", "start_pos")

    def __init__(self, data: str, children: list[Any], start_pos: int, end_pos: int) -> None:
        self.data, self.children, self.start_pos, self.end_pos = data, children, start_pos, end_pos

    @property
    def meta(self) -> Tree:
        """The place of a tree is its own."""
        return self


class _Slice:
    """A text up to an end, as the scanner takes it."""

    __slots__ = ("end", "text")

    def __init__(self, text: str, end: int) -> None:
        self.text, self.end = text, end


class _Terminal:
    __slots__ = ("_pattern", "name", "order")

    def __init__(self, stored: dict[str, Any]) -> None:
        pattern = stored["pattern"]
        plain = pattern["__type__"] == "PatternStr"
        width = len(pattern["value"]) if plain else pattern["_width"][1]
        self.name: str = stored["name"]
        self._pattern: str = re.escape(pattern["value"]) if plain else pattern["value"]
        # the generator's own order: priority, then the longest first
        self.order = (-stored["priority"], -width, -len(pattern["value"]), self.name)

    @property
    def pattern(self) -> _Terminal:
        return self

    def to_regexp(self) -> str:
        return self._pattern


class Driver:
    """Runs the tables of an LALR(1) parser with a scanner for each of its states."""

    def __init__(self, stored: dict[str, Any]) -> None:
        memo, table = stored["memo"], stored["data"]["parser"]["parser"]
        tokens = table["tokens"]
        self._starts, self._ends = table["start_states"], table["end_states"]
        self._ignored = frozenset(stored["data"]["parser"]["lexer_conf"]["ignore"])
        terminals = [_Terminal(entry) for entry in memo.values() if entry["__type__"] == "TerminalDef"]
        self._terminals = sorted(terminals, key=lambda t: t.order)
        self._rules = {int(key): entry for key, entry in memo.items() if entry["__type__"] == "Rule"}
        self._states = {
            int(s): {tokens[t]: (a[0], a[1] if a[0] == 0 else a[1]["@"]) for t, a in row.items()}
            for s, row in table["states"].items()
        }
        self._scanners: dict[int, Scanner] = {}

    def parse(self, text: str, begin: int, end: int, start: str) -> Tree | None:
        """The tree of one statement, or None where it does not read."""
        states, values = [self._starts[start]], list[tuple[Any, int, int]]()
        where, part = begin, _Slice(text, end)
        while True:
            name, word, at = "$END", "", end
            while where < end:
                found = self._scanner(states[-1]).match(part, where)
                if found is None:
                    return None
                word, name = found
                at, where = where, where + len(word)
                if name not in self._ignored:
                    break
                name, at = "$END", end
            while (action := self._states[states[-1]].get(name)) is not None and action[0] == 1:
                self._reduce(self._rules[action[1]], states, values)
                if name == "$END" and states[-1] == self._ends[start]:
                    tree = values[-1][0]
                    return tree if isinstance(tree, Tree) else None
            if action is None or name == "$END":
                return None
            states.append(action[1])
            values.append((word, at, at + len(word)))

    def _scanner(self, state: int) -> Scanner:
        if state not in self._scanners:
            accepted = self._states[state].keys() | self._ignored
            self._scanners[state] = Scanner([t for t in self._terminals if t.name in accepted])
        return self._scanners[state]

    def _reduce(self, rule: dict[str, Any], states: list[int], values: list[tuple[Any, int, int]]) -> None:
        """Make one phrase of the last values: what is filtered out only counts for its place."""
        expansion = rule["expansion"]
        size, origin = len(expansion), rule["origin"]["name"]
        taken = values[len(values) - size :] if size else []
        if size:
            del values[-size:], states[-size:]
        children: list[Any] = []
        placed = [(s, e) for _, s, e in taken if e >= 0]
        for symbol, (value, _, _) in zip(expansion, taken, strict=True):
            if symbol["__type__"] == "Terminal":
                if not symbol["filter_out"]:
                    children.append(value)
            elif symbol["name"].startswith("_"):
                children += value.children
            else:
                children.append(value)
        begin, end = (placed[0][0], placed[-1][1]) if placed else (-1, -1)
        if rule["options"]["expand1"] and not rule["alias"] and len(children) == 1:
            made = children[0]
        else:
            made = Tree(rule["alias"] or origin, children, begin, end)
        values.append((made, begin, end))
        states.append(self._states[states[-1]][origin][1])
