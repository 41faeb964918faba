"""`policy ledger export --tiles`: the log for clients of transparency logs."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.cli.conftest import Call
from tests.ledger.tile_reader import of_folder


def test_a_client_reads_what_the_gate_has_logged(office: Path, call: Call) -> None:
    """The command, and what it says where the folder is there, or where an entry was edited."""
    for model in ("fraud@4", "fraud@1"):
        call("check", model, "--to", "production", "--log")
    _, key, _ = call("ledger", "key")
    code, out, err = call("ledger", "export", "log", "--tiles")
    assert (code, err) == (0, ""), err
    log = of_folder(office / "log", key.strip())
    assert out == f"wrote {log.size} entries to log\n"
    _, shown, _ = call("ledger", "show", str(log.size - 1))
    assert log.size > 2
    assert log.entry(log.size - 1).decode() in shown or b'"kind":"decision"' in log.entry(log.size - 1)

    code, _, err = call("ledger", "export", "log", "--tiles")
    assert (code, "name a folder that is not there yet" in err) == (2, True), (code, err)
    with closing(sqlite3.connect(".letpass/ledger.db", isolation_level=None)) as database:
        database.execute("DROP TRIGGER entry_stays")
        database.execute("UPDATE entry SET body = replace(body, 'kind', 'kine')")
    code, _, err = call("ledger", "export", "other", "--tiles")
    assert (code, "not to be trusted" in err, (office / "other/checkpoint").exists()) == (4, True, False), err
