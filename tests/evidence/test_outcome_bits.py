"""Outcomes as a record holds them: one bit a case, in an order that does not depend on the file's, and how something was measured."""

from __future__ import annotations

import hashlib
from binascii import a2b_base64
from math import sqrt
from random import Random
from typing import Any

import pytest

from letpass.evidence import outcomes, protocols
from letpass.facts.values import Plain


def test_bits_stand_in_the_order_of_the_bytes_of_the_ids() -> None:
    """The highest bit of a byte first, what is behind the last case 0; the digest is over one line for each case."""
    right = {"b": True, "a": False, "10": True, "9": True, "é": True, "z": False, "0": False, "c": True, "d": True}
    contents = {case: f"content of {case}" for case in right}
    found = outcomes.of(right, contents)
    order = ["0", "10", "9", "a", "b", "c", "d", "z", "é"]
    assert a2b_base64(found["right"]) == bytes([0b01101110, 0b10000000])
    text = "".join(f"{case}\tcontent of {case}\n" for case in order)
    assert found["cases"] == f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    shuffled = list(right.items())
    Random(1).shuffle(shuffled)
    assert outcomes.of(dict(shuffled), contents) == found


@pytest.mark.parametrize(("cases", "length"), [(1, 4), (8, 4), (9, 4), (1319, 220), (10_000, 1668)])
def test_outcomes_are_as_short_as_bits_can_be(cases: int, length: int) -> None:
    """1,319 cases are 220 characters."""
    right = {str(n): n % 3 == 0 for n in range(cases)}
    assert len(outcomes.of(right, dict.fromkeys(right, "c"))["right"]) == length


def test_other_contents_are_other_cases() -> None:
    """Under the same ids."""
    right = {"a": True}
    assert outcomes.of(right, {"a": "1"})["cases"] != outcomes.of(right, {"a": "2"})["cases"]


@pytest.mark.parametrize("id_", ["", "a\tb", "a\nb", "\x00"])
def test_an_id_that_would_be_two_fields_is_refused(id_: str) -> None:
    """Two lists of cases would have one digest."""
    with pytest.raises(ValueError, match="holds what does not print"):
        outcomes.of({id_: True}, {id_: "c"})


def test_cases_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a record's are."""
    monkeypatch.setattr(outcomes, "MOST_CASES", 2)
    with pytest.raises(ValueError, match="more than 2 cases"):
        outcomes.of(dict.fromkeys("abc", True), {})


def test_right_and_wrong_are_0_and_1_and_nothing_else() -> None:
    """A half, a text and nothing are neither."""
    assert outcomes.truths([1, 0.0, True, False, 1.0]) == [True, False, True, False, True]
    for odd in (0.5, "1", None, [1], float("nan"), 2):
        assert outcomes.truths([1, odd]) is None


def test_a_standard_error_proves_that_cases_are_right_or_wrong_and_no_other_does() -> None:
    """Of values within 0 and 1 only those at the ends spread so far; at 0 and 1 themselves none may differ."""
    random = Random(7)
    for _ in range(300):
        cases = random.randint(2, 400)
        values: list[float] = [random.choice((0.0, 1.0)) for _ in range(cases)]
        mean = sum(values) / cases
        error = sqrt(sum((v - mean) ** 2 for v in values) / (cases - 1) / cases)
        assert outcomes.successes(mean, error, cases) == sum(values)
        graded = [*values[:-1], 0.5]
        mean = sum(graded) / cases
        error = sqrt(sum((v - mean) ** 2 for v in graded) / (cases - 1) / cases)
        assert outcomes.successes(mean, error, cases) is None


@pytest.mark.parametrize(
    ("value", "error", "cases"),
    [(1.0, 0.1, 12), (0.5, 0.0, 12), (1.5, 0.0, 12), ("1", 0.0, 12), (1.0, "N/A", 12), (1.0, 0.0, 0), (0.3, sqrt(0.021 / 10), 11), (10**400, 0, 1)],
)  # fmt: skip
def test_where_nothing_is_proved_nothing_is_counted(value: Any, error: Any, cases: int) -> None:
    """Also where so many cases cannot make the value."""
    assert outcomes.successes(value, error, cases) is None


# ---------------------------------------------------------------- protocols


def test_a_protocol_is_what_was_said_in_any_order() -> None:
    """What is None says nothing; where a function lay in memory is left out."""
    one = protocols.digest("t", "1.2", a={"x": 1, "y": None}, f="<function f at 0x7f00>")
    assert one == protocols.digest("t", "1.9", f="<function f at 0x1234>", a={"x": 1}, b=None, c={})
    assert one != protocols.digest("t", "2.0", a={"x": 1}, f="<function f>")


@pytest.mark.parametrize("odd", [Plain("NaN"), 10**400, float("inf"), {1, 2}])
def test_what_has_no_one_form_leaves_no_protocol(odd: Any) -> None:
    """It would be comparable with itself by chance."""
    assert protocols.digest("t", "1", a=[odd]) is None


@pytest.mark.parametrize(
    ("version", "major"), [("0.4.13", "0.4"), ("1.24.1", "1"), ("0", "0"), ("", ""), ("12.0", "12")]
)
def test_a_version_counts_as_far_as_it_changes_what_is_measured(version: str, major: str) -> None:
    """Before 1.0 that is the second number."""
    assert protocols.major(version) == major


@pytest.mark.parametrize(
    ("model", "pinned"),
    [
        ("gpt-4o", False), ("gpt-4o-latest", False), ("llama-3.3-70b", False), ("corp/judge", False), ("mockllm/model", False), ("m@main", False),
        ("qwen2.5-72b-instruct", False), ("gpt-4o-2024-08-06", True), ("claude-3-5-sonnet-20241022", True), ("corp/judge@0f3a1c9e", True),
        ("m@sha256:0123456789abcdef", True), ("llama-3.3-70b@2026-08", True),
    ],
)  # fmt: skip
def test_a_model_is_named_by_a_date_a_commit_or_a_digest(model: str, pinned: bool) -> None:
    """By nothing else."""
    assert protocols.pinned([model]) is pinned
    assert protocols.pinned([model, "gpt-4o"]) is False
    assert protocols.pinned([])
