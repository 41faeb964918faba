"""How many combinations of elements a form inside forms makes; over a million it is unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.oracle import conditions as c
from tests.oracle.names import Scope

if TYPE_CHECKING:
    from tests.oracle.meaning import Meaning

MOST = 1_000_000


def too_large(meaning: Meaning, of: c.ForAll | c.Count, scope: Scope) -> bool:
    """Whether it is. Random records never are; see the tests of it."""
    return False
