"""The parser's scanner: the terminals of `policy.lark`, tried one by one instead of as one large expression.

A contextual lexer has a scanner for each state of the parser.  To compile an expression for each of them would be
most of the time that a short run takes; here a keyword is compared as text, and each of the few real expressions is
compiled once for all states.  Tests hold it equal to the parser generator's own scanner.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

_KEYWORD = re.compile(r"([a-z]+)\(\?!\[\\w\.-\]\)")
_AFTER_WORD = re.compile(r"[\w.-]")
_BLANK = frozenset(" \t\r\n")


class Scanner:
    """Finds the first terminal, in the order of their priorities, that matches at a place."""

    def __init__(self, terminals: Any) -> None:
        self.allowed_types = {t.name for t in terminals}
        self._candidates: dict[str, list[tuple[str, str, re.Pattern[str] | None]]] = {}
        self._terminals = [(t.name, t.pattern.to_regexp()) for t in terminals]

    def match(self, text: Any, pos: int) -> tuple[str, str] | None:
        """The text and the name of the terminal at `pos`; None where none is."""
        whole, end = text.text, text.end
        first = whole[pos]
        candidates = self._candidates.get(first)
        if candidates is None:
            candidates = self._candidates[first] = self._beginning_with(first)
        for name, word, pattern in candidates:
            if pattern is None:
                if whole.startswith(word, pos, end) and not _AFTER_WORD.match(whole, pos + len(word), end):
                    return word, name
            elif found := pattern.match(whole, pos, end):
                return found.group(), name
        return None

    def _beginning_with(self, first: str) -> list[tuple[str, str, re.Pattern[str] | None]]:
        """The terminals that may begin with a character: of keywords only its own, of blanks only blanks."""
        found: list[tuple[str, str, re.Pattern[str] | None]] = []
        for name, source in self._terminals:
            keyword = _KEYWORD.fullmatch(source)
            if keyword is not None:
                if keyword[1][0] == first:
                    found.append((name, keyword[1], None))
            elif (first in _BLANK) is (name == "WS"):
                found.append((name, "", _compiled(source)))
        return found


@cache
def _compiled(source: str) -> re.Pattern[str]:
    return re.compile(source)
