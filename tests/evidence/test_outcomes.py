"""What a measure says of its cases and of its judge is readable only beside its counts, whichever way it is read."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest

from letpass.diagnostics import Source
from letpass.evaluation.input import Input
from letpass.evaluation.interpreter import Interpreter
from letpass.facts import document, reader
from letpass.facts.decoding import Decoder
from letpass.facts.fast import Reader
from letpass.facts.jsonschema import record_schema
from letpass.facts.record import Element, Holder
from tests.properties.generate import NOW
from tests.properties.judging import MOVE, policy, record

CASES = "sha256:" + "ec" * 32
TWELVE = {"value": 0.75, "samples": 12, "successes": 9, "outcomes": {"cases": CASES, "right": "36A="}}


def bits(right: str) -> str:
    """Outcomes as a record holds them, of a `1` or `0` for each case."""
    whole = right.ljust(-(-len(right) // 8) * 8, "0")
    return b64encode(bytes(int(whole[at : at + 8], 2) for at in range(0, len(whole), 8))).decode()


def _metric(more: dict[str, Any]) -> Element:
    """The metric as the reader reads it that says what is wrong; where the quick one reads it too, it is the same."""
    text = json.dumps({"model": "m", "version": "1", "metrics": {"m": TWELVE | more}})
    (found,) = reader.read(document.read(Source("r.json", text))).measures["metrics", "m"]
    quick = Reader(0, Decoder(1 << 60)).read(Source("r.json", text))
    unread = [piece for piece in (found, *found.get("slices", ())) if _unread(piece)]
    assert (quick is None) == bool(unread)
    assert quick is None or quick.measures["metrics", "m"] == (found,)
    return found


def _unread(piece: Element) -> dict[str, str]:
    inner = {k: b for name in ("outcomes", "judge") for k, b in piece.get(name, {}).get("@bad", {}).items()}
    return {k: f"{b.written}: {b.why}" for k, b in (piece.get("@bad", {}) | inner).items()}


def test_one_bit_a_case_is_read() -> None:
    """Twelve cases take two bytes, of which the last four bits are no case's."""
    assert bits("110111111010") == "36A="
    assert _metric({})["outcomes"] == {"@": "metrics.m.outcomes", "cases": CASES, "right": "36A="}


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (
            {"outcomes": {"cases": CASES, "right": bits("1101111101")}, "samples": 9},
            "a bit is set behind the last case",
        ),
        (
            {"outcomes": {"cases": CASES, "right": bits("110111111010000000")}},
            "3 bytes, and one bit for each of 12 cases",
        ),
        ({"outcomes": {"cases": CASES, "right": bits("11011111")}}, "1 bytes, and one bit"),
        ({"outcomes": {"cases": CASES, "right": bits("110111111011")}}, "10 of them are right, and `successes` says 9"),
        ({"outcomes": {"cases": CASES, "right": "36A"}}, "not base64"),
        ({"outcomes": {"cases": CASES, "right": "36B="}}, "not base64"),
        ({"outcomes": {"cases": CASES, "right": "36A=\n"}}, "not base64"),
        ({"outcomes": {"cases": CASES, "right": "36Aé"}}, "not base64"),
        ({"outcomes": {"cases": CASES, "right": "%%%%36A="}}, "not base64"),
        ({"successes": None}, "without readable `samples` and `successes`"),
        ({"samples": "12"}, "without readable `samples` and `successes`"),
        (
            {"samples": 0, "successes": 0, "outcomes": {"cases": CASES, "right": ""}},
            "outcomes are of 1 to 1,000,000 cases",
        ),
        ({"samples": 1_000_001}, "outcomes are of 1 to 1,000,000 cases"),
    ],
)
def test_bits_that_do_not_fit_the_counts_are_unreadable(more: dict[str, Any], why: str) -> None:
    """Set padding, another length, another number of right ones, no base64, and more cases than are read."""
    found = _metric(more)

    assert "right" not in found["outcomes"]
    assert why in _unread(found)["right"]


@pytest.mark.parametrize("cases", ["", "sha256:ec", "EC" * 32, "sha256:" + "EC" * 32, CASES + "\n"])
def test_cases_are_named_by_a_whole_digest(cases: str) -> None:
    """Two blanks are no name for the same cases."""
    assert "cases" in _unread(_metric({"outcomes": {"cases": cases, "right": "36A="}}))


def test_outcomes_of_a_slice_are_those_of_its_own_counts() -> None:
    """The twelve of the metric do not stand in for the four of the group."""
    four = {"group": "a", "value": 0.5, "samples": 4, "successes": 2}

    assert not _unread(_metric({"slices": [four | {"outcomes": {"cases": CASES, "right": bits("0110")}}]})["slices"][0])
    torn = _metric({"slices": [four | {"outcomes": {"cases": CASES, "right": "36A="}}]})["slices"][0]
    assert list(_unread(torn)) == ["right"]


def test_a_judge_agrees_at_most_as_often_as_it_was_asked() -> None:
    """95 right ones of 90 are no count."""
    asked = {"model": "j@1", "right": 90, "right_of_right": 95, "wrong": 100, "wrong_of_wrong": 90}

    assert _unread(_metric({"judge": asked})) == {"right_of_right": "95.0: more than the 90 of `right`"}
    assert not _unread(_metric({"judge": asked | {"right": 95}}))


def test_a_protocol_that_cannot_be_read_makes_the_piece_unreadable() -> None:
    """Nobody could tell with what it may be compared."""
    assert _metric({"protocol": 5})["@unreadable"] == "its `protocol` is 5, not a text"


def test_the_schema_names_what_a_metric_may_say() -> None:
    """`policy schema record` has the fields, and refuses others in their place."""
    (_, metric, _) = record_schema()["properties"]["metrics"]["additionalProperties"]["anyOf"]

    assert metric["properties"]["outcomes"]["properties"].keys() == {"cases", "right"}
    assert metric["properties"]["judge"]["additionalProperties"] is False
    assert {"protocol", "tries"} <= metric["properties"].keys()


def test_a_million_cases_are_read() -> None:
    """As many as are read at all."""
    million = {
        "samples": 1_000_000,
        "successes": 750_000,
        "outcomes": {"cases": CASES, "right": bits("1110" * 250_000)},
    }

    assert not _unread(_metric(million))


def test_a_policy_may_ask_for_the_protocol() -> None:
    """Like any other field of a metric."""
    rules = policy(
        'policy gate: "Gate"\n  on promotion to production\nmetric m: ratio\nrequire it: m.protocol is recorded\n'
    ).rules
    for said, truth in (({"protocol": "sha256:4f"}, True), ({}, None), ({"protocol": ""}, None)):
        metrics = {"m": TWELVE | said}
        given = Input(record({"model": "m", "version": "1", "metrics": metrics}), MOVE, NOW, Holder.NOBODY)
        assert Interpreter(given).truth(rules[0].test).truth is truth
