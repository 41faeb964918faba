"""Patterns in which `*` is any run of characters and nothing else is special, matched in linear time."""

from __future__ import annotations


def matches(glob: str, text: str) -> bool:
    """Does a whole text fit a pattern."""
    return consists(text, tuple(glob.split("*")))


def consists(text: str, parts: tuple[str, ...]) -> bool:
    """Does a whole text consist of the parts, in order, with any run of characters between each two."""
    if len(parts) == 1:
        return text == parts[0]
    first, *middle, last = parts
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    # the earliest place of each part leaves the most to the ones behind it, so that nothing is tried twice
    for part in middle:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True
