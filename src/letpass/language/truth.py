"""The three truth values and their tables (strong Kleene): all that the engines share.

True and False are Python's; unknown is None, so that `is True` is the one test that allows.
"""

from __future__ import annotations

from collections.abc import Iterable

Truth3 = bool | None

NEGATION: dict[Truth3, Truth3] = {True: False, False: True, None: None}
CONJUNCTION: dict[tuple[Truth3, Truth3], Truth3] = {
    (True, True): True,
    (True, False): False,
    (True, None): None,
    (False, True): False,
    (False, False): False,
    (False, None): False,
    (None, True): None,
    (None, False): False,
    (None, None): None,
}
DISJUNCTION: dict[tuple[Truth3, Truth3], Truth3] = {
    (a, b): NEGATION[CONJUNCTION[NEGATION[a], NEGATION[b]]] for a, b in CONJUNCTION
}


def negation(a: Truth3) -> Truth3:
    """`not` in three-valued logic: what is not known stays so."""
    return NEGATION[a]


def conjunction(values: Iterable[Truth3]) -> Truth3:
    """The conjunction of one or more values."""
    result: Truth3 = True
    for value in values:
        result = CONJUNCTION[result, value]
    return result


def disjunction(values: Iterable[Truth3]) -> Truth3:
    """The disjunction of one or more values."""
    result: Truth3 = False
    for value in values:
        result = DISJUNCTION[result, value]
    return result


def word(value: Truth3) -> str:
    """`true`, `false` or `unknown`."""
    return {True: "true", False: "false", None: "unknown"}[value]
