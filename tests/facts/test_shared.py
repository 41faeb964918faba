"""Texts that many records have in common are kept, and whoever writes records cannot make them many."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from letpass.diagnostics import Source
from letpass.facts import shared
from letpass.facts.decoding import Decoder
from letpass.facts.fast import Reader
from letpass.facts.shared import KEPT, LONGEST, Made, places


def test_what_is_made_of_a_name_is_made_once() -> None:
    made = Made(lambda name: [name])

    assert made["auc"] is made["auc"]
    assert made["auc"] == ["auc"]


def test_no_more_names_are_kept_than_there_is_room_for() -> None:
    """The others are made each time, and are the same."""
    made = Made(lambda name: f"tags.{name}")

    found = [made[str(n)] for n in range(3 * KEPT)]

    assert found == [f"tags.{n}" for n in range(3 * KEPT)]
    assert len(made) == KEPT


def test_a_long_name_is_not_kept() -> None:
    """One of the length that is kept is."""
    made = Made(lambda name: f"tags.{name}")

    assert [made["a" * n] for n in (LONGEST, LONGEST + 1)] == [f"tags.{'a' * n}" for n in (LONGEST, LONGEST + 1)]
    assert list(made) == ["a" * LONGEST]


def test_places_in_a_list_are_as_many_as_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of a short list are shared with a shorter one; a long list keeps nothing."""
    monkeypatch.setattr(shared, "_PLACES", {})
    few = places("kept", 3)

    assert few == ["kept[0]", "kept[1]", "kept[2]"]
    assert places("kept", 2) is few
    assert places("kept", 4)[:4] == ["kept[0]", "kept[1]", "kept[2]", "kept[3]"]
    assert len(places("long", shared.PLACES + 1)) == shared.PLACES + 1
    assert [len(places(f"list{n}", 2)) for n in range(2 * shared.LISTS)] == [2] * (2 * shared.LISTS)
    assert "long" not in shared._PLACES
    assert len(shared._PLACES) <= shared.LISTS


def test_threads_read_with_one_reader() -> None:
    """Whichever of them is the one with which it begins."""
    text = json.dumps({"model": "churn", "version": "7", "metrics": {"auc": 0.91}})
    for _ in range(20):
        one = Reader(5 * len(text), Decoder(5 * len(text)))
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda n, one=one: one.read(Source(f"{n}.json", text)), range(40)))  # type: ignore[misc]

        assert {record.name for record in found if record is not None} == {"churn@7"}
        assert one.left is None
