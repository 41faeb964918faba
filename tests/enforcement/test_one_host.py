"""A ledger in a SQLite file serves one host, and the gate in a server says so where MLflow's store is reached by others."""

from __future__ import annotations

from pathlib import Path

import pytest

from letpass.enforcement.guard import Guard
from letpass.project.configuration import load
from letpass.project.project import Project

LEDGERS = {"file": "", "database": 'ledger = "postgresql://127.0.0.1:9/none"\n'}


def said(folder: Path, monkeypatch: pytest.MonkeyPatch, store: str, ledger: str) -> object:
    """What the gate of a store says to whoever asks what it is, of what is to be known."""
    (folder / "policy.toml").write_text(LEDGERS[ledger], encoding="utf-8")
    monkeypatch.chdir(folder)
    return Guard(lambda: None, store)._warnings(Project(load()))  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize(
    "store", ["postgresql://db.example/mlflow", "mysql://db.example/mlflow", "http://mlflow.example"]
)
def test_a_file_beside_a_store_that_others_reach_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: str
) -> None:
    """With several hosts each would have a log of its own."""
    assert said(tmp_path, monkeypatch, store, "file") == [
        "the ledger is a SQLite file, which serves one host, and MLflow's store is reached by others: name a ledger in PostgreSQL"
    ]
    assert said(tmp_path, monkeypatch, store, "database") == []


@pytest.mark.parametrize("store", ["sqlite:///mlflow.db", "./mlruns", "file:///srv/mlruns"])
def test_a_file_beside_a_store_on_the_same_host_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: str
) -> None:
    """Both are of one machine."""
    assert said(tmp_path, monkeypatch, store, "file") == []
