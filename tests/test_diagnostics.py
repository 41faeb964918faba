"""Errors on their way from one process to another."""

from __future__ import annotations

import pickle

import pytest

from letpass.diagnostics import LetpassError, RecordError, UnreachableError
from letpass.registries.mlflow_connection import GateRefusedError

RECORD = RecordError.of("GATE307", "there is no `x`", "models/x.yaml", "name another")
GONE = UnreachableError.of("GATE421", "the ledger is gone", "ledger.db", "bring it back")


@pytest.mark.parametrize(
    "error", [RECORD, GONE, GateRefusedError("registry", "refused", {"entry": 7})], ids=lambda e: type(e).__name__
)
def test_an_error_is_the_same_behind_the_way(error: LetpassError) -> None:
    """Of its class, with its reasons and what else it knows, whatever it is made from."""
    found = pickle.loads(pickle.dumps(error))

    assert (type(found), str(found), found.args) == (type(error), str(error), error.args)
    assert [(d.identity, d.help) for d in found.diagnostics] == [(d.identity, d.help) for d in error.diagnostics]
    assert vars(found).keys() == vars(error).keys()
    assert getattr(found, "said", None) == getattr(error, "said", None)
