"""Lines for a terminal of any width: broken between words, never inside one, so that ids and commands stay whole."""

from __future__ import annotations

import re

from letpass.diagnostics import width

HANGING = 4
_UNSEEN = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\")  # colours and links
_SNIPPET = re.compile(r"\s*\d*\s*(\||-->)")


def fit(line: str, columns: int) -> list[str]:
    """A line as the lines that show it in so many columns; 0: there is no end to it.  Source lines stay as they are."""
    if not columns or taken(line) <= columns or _SNIPPET.match(line):
        return [line]
    margin = len(line) - len(line.lstrip(" "))
    hanging = " " * min(margin + HANGING, columns // 3)
    lines, now = [], " " * margin
    for word in line.split():
        joined = f"{now} {word}" if now.strip() else now + word
        if taken(joined) > columns and now.strip():
            lines.append(now)
            joined = hanging + word
        now = joined
    return [*lines, now]


def taken(line: str) -> int:
    """The columns that a line takes."""
    return width(_UNSEEN.sub("", line))
