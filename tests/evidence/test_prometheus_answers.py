"""What a server answers to one query, and what of it is a number."""

from __future__ import annotations

from typing import Any

import pytest

from letpass.evidence import prometheus


def _vector(*series: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"status": "success", "data": {"resultType": "vector", "result": list(series)}, **more}


def _one(text: Any = "0.0001") -> dict[str, Any]:
    return {"metric": {}, "value": [1796000000, text]}


def _read(answer: Any) -> Any:
    return prometheus._value(answer, "errors")


@pytest.mark.parametrize(
    "answer",
    [
        _vector(_one()),
        _vector(_one(), infos=["PromQL info: metric might not be a counter"]),
        _vector(_one(), isPartial=False, stats={"seriesFetched": "3"}),
        _vector(_one(), warnings=[], error=""),
        {"status": "success", "data": {"resultType": "scalar", "result": [1796000000, "0.0001"]}},
    ],
)
def test_one_value_of_the_whole_is_a_number(answer: Any) -> None:
    """Notes beside it say nothing against it."""
    assert _read(answer) == 0.0001


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (_vector(_one(), isPartial=True), "is a part: not every node"),
        (_vector(_one(), isPartial="true"), "not as Prometheus gives it"),
        (_vector(_one(), isPartial=1), "not as Prometheus gives it"),
        (_vector(_one(), warnings=["store gateway unavailable"]), "the server warns of the query of `errors`: store"),
        (_vector(_one(), warnings=["store\ngateway"]), "the server warns of the query of `errors`: store gateway"),
        (_vector(_one(), warnings={"a": "b"}), "not as Prometheus gives it"),
        (_vector(_one(), warnings="unavailable"), "not as Prometheus gives it"),
        (_vector(_one(), error="timed out"), "not as Prometheus gives it"),
        ({**_vector(_one()), "status": "error"}, "not as Prometheus gives it"),
        (_vector(), "gives no data"),
        (_vector(_one(), _one("0.9")), "gives 2 series"),
        (_vector({"metric": {}, "histogram": [1, {}]}), "not as Prometheus gives it"),
        (_vector(_one(0.0001)), "not as Prometheus gives it"),
        (_vector(_one("")), "which is no number"),
        (_vector(_one("0,1")), "which is no number"),
        (_vector({"metric": {}, "value": []}), "not as Prometheus gives it"),
        ({"status": "success", "data": {"resultType": "matrix", "result": []}}, "gives a matrix"),
        ({"status": "success", "data": {"resultType": "string", "result": [1, "0.1"]}}, "gives a string"),
        ({"status": "success", "data": {"resultType": "a\nb", "result": []}}, "not as Prometheus gives it"),
        ({"status": "success"}, "not as Prometheus gives it"),
        ([], "not as Prometheus gives it"),
    ],
)
def test_what_is_a_part_or_no_single_value_is_no_number(answer: Any, why: str) -> None:
    """In words; nothing is recorded."""
    with pytest.raises(ValueError, match=why):
        _read(answer)


@pytest.mark.parametrize("text", ["NaN", "+Inf", "-Inf", "1e999"])
def test_what_is_no_finite_number_stays_as_it_is_written(text: str) -> None:
    """A record shows it, and no rule can use it."""
    assert _read(_vector(_one(text))) == text
