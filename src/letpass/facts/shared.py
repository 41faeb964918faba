"""What those have in common who read records in one pass: texts of many records that are made once, and their error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

KEPT = 2_000
"""Texts of one kind that are kept."""
LONGEST = 64
"""Characters of a name whose text is kept."""
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


_PLACES = Made(lambda path: [f"{path}[{at}]" for at in range(PLACES)])


def places(path: str, length: int) -> list[str]:
    """Where the elements of a list stand; of a short list also where more would."""
    return _PLACES[path] if length <= PLACES else [f"{path}[{at}]" for at in range(length)]
