"""Patterns with `*`: what they match, and that no pattern takes long."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letpass.globs import matches

MEGABYTE = 1 << 20
SHORT = st.text("ab*.", max_size=8)


@given(SHORT, st.text("ab.", max_size=10))
def test_a_pattern_matches_as_an_expression_would(glob: str, text: str) -> None:
    """`*` is any run of characters, none too, and a dot is a dot."""
    expression = ".*".join(re.escape(part) for part in glob.split("*"))

    assert matches(glob, text) is (re.fullmatch(expression, text, re.DOTALL) is not None)


@pytest.mark.parametrize(
    ("glob", "text"),
    [
        ("*-*-*-prod", "-" * MEGABYTE),
        ("*" + "a" * 100 + "b*c", "a" * MEGABYTE),
        ("*".join("a" * 300) + "*b", "a" * MEGABYTE),
        ("*" + "ab" * 200 + "b*z*", "ab" * (MEGABYTE // 2)),
        ("*" + "a" * 5000 + "b*", "a" * MEGABYTE),
    ],
    ids=["dashes", "a long part", "many parts", "a period", "a longer part"],
)
def test_no_pattern_takes_long_over_a_megabyte(glob: str, text: str) -> None:
    """An expression tried the first for 19 seconds at 1,600 dashes."""
    begun = time.process_time()

    assert matches(glob, text) is False
    assert time.process_time() - begun < 1
