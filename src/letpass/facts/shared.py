"""Shared by the readers that go through a record in one pass: texts that occur in many records, made once, and their error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

KEPT = 2_000
"""Texts of one kind that are kept."""
LONGEST = 64
"""Characters of a name whose text is kept."""
LISTS = 500
"""Lists whose places are kept."""
PLACES = 256
"""Places in a list that are kept."""


class UnusualError(Exception):
    """Something is not as the schema wants it, or is not known to those who read in one pass."""


class Made(dict[str, Any]):
    """What is made of a name, kept as long as there are not too many."""

    def __init__(self, make: Callable[[str], Any]) -> None:
        super().__init__()
        self.make = make

    def __missing__(self, name: str) -> Any:
        made = self.make(name)
        if len(self) < KEPT and len(name) <= LONGEST:
            self[name] = made
        return made


_PLACES: dict[str, list[str]] = {}


def places(path: str, length: int) -> list[str]:
    """Where the elements of a list stand, in a list of so many places or more."""
    known = _PLACES.get(path)
    if known is not None and length <= len(known):
        return known
    made = [f"{path}[{at}]" for at in range(length)]
    if length <= PLACES and len(path) <= LONGEST and (known is not None or len(_PLACES) < LISTS):
        _PLACES[path] = made
    return made
