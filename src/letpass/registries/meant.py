"""Files that were meant as records and are none, because they are empty or their first words are misspelt."""

from __future__ import annotations

import re
from collections.abc import Iterable

_KEYS = re.compile(r"""(?:^\s{0,3}|[{,]\s*)["']?([A-Za-z][A-Za-z_-]{2,20})["']?\s*:""", re.MULTILINE)
_OUTERMOST = re.compile(r"""^["']?([A-Za-z][A-Za-z_-]{2,20})["']?\s*:""", re.MULTILINE)
_NAMES = ("model", "version")
_SECTIONS = ("artifact", "metrics", "suites", "scans", "hyperparameters", "environment", "seeds")
_OTHERS = frozenset({"mode", "models", "modes", "modal", "versions", "conversion"})
"""Words of their own that are near to one of ours."""
MOST = 2_000
"""Keys that are looked at in a text."""


def is_empty(text: str) -> bool:
    """Does a text hold nothing but blank lines, comments and marks of YAML's."""
    return all(line.strip() in {"", "---", "..."} or line.lstrip().startswith("#") for line in text.splitlines())


def may_be(text: str) -> bool:
    """May a text hold a mapping that was meant as a record; cheap, and asked before it is read."""
    keys = dict.fromkeys(found[1] for found in _KEYS.finditer(text))
    return is_meant(list(keys)[:MOST])


def may_have_been(text: str) -> bool:
    """May a text that does not read have been meant as a record: by its outermost keys, as far as these can be told."""
    if text.lstrip().startswith("{"):
        return may_be(text)
    return is_meant([found[1] for found in _OUTERMOST.finditer(text)][:MOST])


def is_meant(keys: Iterable[object]) -> bool:
    """Do keys of a mapping look like a record's whose words are misspelt: `modl`, `verson`, `metric`.

    One that names a model or a version, and another of both or a record's section.
    """
    words = [str(key).lower().replace("-", "_") for key in keys if len(str(key)) <= 20]
    names = {near for word in words if (near := _near(word, _NAMES))}
    return len(names) == 2 or (bool(names) and any(_near(word, _SECTIONS) for word in words))


def _near(word: str, known: tuple[str, ...]) -> str:
    """The known word that a word is, or is near to; nothing where it is none."""
    from difflib import get_close_matches

    if word in known:
        return word
    if word in _OTHERS:
        return ""
    return next(iter(get_close_matches(word, known, n=1, cutoff=0.83)), "")
