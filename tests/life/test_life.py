"""The life of versions, against a model of it that was written from the documentation: some of the same walks in every run.

`make long` goes further, by ways that nobody has gone before.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest
from hypothesis.stateful import rule

from tests.integration import postgres
from tests.life.machine import Life
from tests.life.values import BOB, PRODUCTION, Word
from tests.life.walking import until, walk

pytestmark = pytest.mark.once


@pytest.mark.parametrize("number", range(5))
def test_a_life_in_a_folder_goes_as_the_documents_say(number: int) -> None:
    """A folder registry, and a ledger in SQLite."""
    walk(Life, number, examples=4)


@pytest.fixture(name="served")
def _served() -> Iterator[type[Life]]:
    """The machine on MLflow, whose PostgreSQL ends with the test."""
    if postgres.programs() is None:
        pytest.skip("there is no PostgreSQL server: install Debian's package postgresql")
    pytest.importorskip("mlflow", reason="the extra `mlflow` is not installed")
    pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")
    from tests.life import mlflow

    class Served(Life):
        project_type = mlflow.Served

    yield Served
    mlflow.end()


@pytest.mark.filterwarnings("ignore")  # of MLflow's own store, which is in this process here
def test_a_life_in_mlflow_goes_as_the_documents_say(served: type[Life]) -> None:
    """MLflow's store, the gate before one door of it, and a ledger in PostgreSQL."""
    walk(served, 1, examples=1, length=25)


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("kind", "steps"), [("folder", 2000), ("mlflow", 100)])
def test_a_longer_life_goes_as_the_documents_say(kind: str, steps: int) -> None:
    """By ways that nobody has gone: a failure says by which seed it is found again."""
    assert until(kind, secrets.randbits(32), steps, small=True)[1] == []


class Moving(Life):
    """Somebody moves a version, and the model is not told."""

    @rule()
    def move_unseen(self) -> None:
        self.project.hand_move(2, PRODUCTION)
        self._did("move unseen")


class Forgetting(Life):
    """A word against a version was said, and the program has lost it."""

    @rule()
    def lose_a_word(self) -> None:
        self.touched = 1
        version = self.model.versions[1]
        self.model.words.append(Word("objection", 1, version.facts.bytes, "", BOB))
        self._did("lose a word")


@pytest.mark.parametrize("machine", [Moving, Forgetting])
def test_what_goes_otherwise_is_found(machine: type[Life]) -> None:
    """A move that no document knows, and a word that is not told any more."""
    with pytest.raises(AssertionError, match="the documents say"):
        walk(machine, 1, examples=10)
