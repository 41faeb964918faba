"""The byte form of a value is that of RFC 8785, as another implementation of it has it."""

from __future__ import annotations

import math
import struct
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from letpass.canonical import canonical

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
DOUBLES = st.floats(allow_nan=False, allow_infinity=False) | st.integers(0, 2**64 - 1).map(
    lambda bits: struct.unpack("<d", struct.pack("<Q", bits))[0]
).filter(math.isfinite)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(1 - 2**53, 2**53 - 1) | DOUBLES | TEXTS,
    lambda below: st.lists(below) | st.dictionaries(TEXTS, below),
)


@given(VALUES)
def test_the_form_is_that_of_another_implementation(value: Any) -> None:
    """Numbers, texts, and the order of keys, whatever they are."""
    assert canonical(value) == rfc8785.dumps(value)


def test_numbers_at_the_borders_of_their_forms() -> None:
    """Where ECMAScript begins to write an exponent, and the largest and smallest doubles."""
    for power in range(-324, 309):
        for factor in ("1", "-1", "1.5", "9.999999999999999", "1.2345678901234567"):
            number = float(f"{factor}e{power}")
            if math.isfinite(number):
                assert canonical(number) == rfc8785.dumps(number)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 2**53 + 1, "\ud800", {"\udfff": 1}, b"bytes"])
def test_neither_has_a_form_for_it(value: Any) -> None:
    """No second reading of a value is possible."""
    for form in (canonical, rfc8785.dumps):
        with pytest.raises(ValueError):
            form(value)
