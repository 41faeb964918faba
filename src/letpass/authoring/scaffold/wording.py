"""Names from records and metrics, made fit for comments, texts and labels of a policy."""

from __future__ import annotations

import re

from letpass.diagnostics import Source, clean
from letpass.language.statements import cut

LONGEST = 80  # characters of somebody else's word


def comment(text: str) -> str:
    """Words as a comment can hold them: on one line, and without what would make a text read as another."""
    shown = clean(text).strip()
    shown = shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}…"
    if cut(Source("", f"# {shown}")).diagnostics:
        shown = shown.encode("ascii", "backslashreplace").decode("ascii")
    return shown


def text(words: str) -> str | None:
    """Words in the quotation marks of a text; None where none can hold them."""
    found = f'"{words}"'
    fits = clean(words) == words and not set(words) & {'"', "\\"}
    return found if fits and not cut(Source("", f"use {found}")).diagnostics else None


def label(*words: str) -> str:
    """Words as a kebab-case label; nothing where they have no letter or digit of ASCII."""
    found = "-".join(re.findall(r"[a-z0-9]+", " ".join(words).lower()))[:LONGEST].strip("-")
    return f"m-{found}" if found[:1].isdigit() else found


def once(word: str, taken: set[str], joint: str = "-") -> str:
    """A word that is not taken, with a number behind it where needed; it is taken then."""
    found = next(w for n in range(1, len(taken) + 2) if (w := word if n == 1 else f"{word}{joint}{n}") not in taken)
    taken.add(found)
    return found
