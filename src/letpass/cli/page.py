"""The page of a code as a terminal shows it: no Markdown at large, only what these pages are written with."""

from __future__ import annotations

import re
import textwrap

_PARTS = re.compile(
    r"^```\w*\n(?P<fence>(?:(?!```).*\n)*)```$|^#+ (?P<heading>.+)$|(?P<prose>(?:^(?!#|```).+\n?)+)", re.MULTILINE
)
_LINK = re.compile(r"\[([^\]]+)\]\([^)\s]+\)")
_INDENT = "  "


def render(text: str, columns: int, *, color: bool = False) -> str:
    """Headings without their marks, prose wrapped to the columns, of links what they are called, examples indented as they are."""
    return "\n".join(_part(part, columns, color=color) for part in _PARTS.finditer(text))


def _part(part: re.Match[str], columns: int, *, color: bool) -> str:
    if heading := part["heading"]:
        return f"\x1b[1m{heading}\x1b[0m\n" if color else f"{heading}\n"
    if part["prose"] is None:
        return textwrap.indent(part["fence"], _INDENT * 2)
    wrapped = textwrap.fill(
        _LINK.sub(r"\1", part["prose"]),
        columns,
        initial_indent=_INDENT,
        subsequent_indent=_INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return f"{wrapped}\n"
