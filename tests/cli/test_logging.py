"""What `policy check --log` leaves in the ledger, and what it decides where the ledger is not what it was."""

from __future__ import annotations

import json
import shutil
import sqlite3
import time
from pathlib import Path

import pytest

from letpass.ledger import gatekey, place
from letpass.ledger.log import Ledger
from letpass.trust import statements
from tests.cli.conftest import Call, ledger_of, write


def test_a_refusal_is_logged_and_leaves_no_proof(call: Call, office: Path) -> None:
    """Denials and undecided answers are in the ledger too, as FAILED."""
    assert call("check", "models/fraud/3.yaml", "--to", "production", "--log")[0] == 1
    assert call("check", "models/fraud/4.yaml", "--to", "production", "--log")[0] == 3

    found = [json.loads(e.text) for e in ledger_of(office).entries() if e.entry.kind == "decision"]
    results = [statements.read("", f["statement"].encode()).predicate["verificationResult"] for f in found]
    assert results == ["FAILED", "FAILED"]
    assert list(office.rglob("*.decision.json")) == []


def test_a_ledger_that_was_bent_decides_and_verifies_nothing(call: Call, allowed: Path) -> None:
    """Exit 4 where a decision needs it; exit 1, with the entry, where one asks what is wrong."""
    with sqlite3.connect(allowed / ".letpass/ledger.db") as connection:
        connection.execute("DROP TRIGGER entry_stays")
        connection.execute("UPDATE entry SET body = replace(body, 'payload', 'PAYLOAD') WHERE idx = 4")
    connection.close()

    code, out, err = call("check", "models/fraud/4.yaml", "--to", "production")
    assert (code, out, "entry 4 was edited" in err) == (4, "", True)
    assert call("ledger", "verify")[0] == 1


def test_a_ledger_that_is_gone_or_empty_decides_nothing(call: Call, allowed: Path) -> None:
    """The checkpoint that was kept is longer: no plain check, no new begin, and the reason where one asks."""
    shutil.move(allowed / ".letpass/ledger.db", allowed / "kept.db")
    for command in (
        ("check", "models/fraud/4.yaml", "--to", "production"),
        ("check", "models/fraud/4.yaml", "--to", "production", "--log"),
        ("ledger", "verify"),
    ):
        code, _, err = call(*command)
        assert (code, "error[GATE421]: the ledger is gone: `ledger.checkpoint` keeps the head of 8" in err) == (4, True)

    place.store(str(allowed / ".letpass/ledger.db"), make=True).close()
    code, _, err = call("check", "models/fraud/4.yaml", "--to", "production")
    assert (code, "the ledger is empty" in err) == (4, True)


def test_another_gates_key_logs_nothing(call: Call, allowed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does a ledger whose key is gone get a new one."""
    gatekey.make(allowed / "other.key")
    monkeypatch.setenv("LETPASS_GATE_KEY", "other.key")
    code, _, err = call("check", "models/fraud/4.yaml", "--to", "production", "--log")
    assert (code, "the trust file does not name this gate's key" in err) == (2, True)

    monkeypatch.delenv("LETPASS_GATE_KEY")
    (allowed / ".letpass/gate.key").unlink()
    code, _, err = call("check", "models/fraud/4.yaml", "--to", "production", "--log")
    assert (code, "is here, and the gate's key is not" in err) == (2, True)
    assert not (allowed / ".letpass/gate.key").exists()


def test_a_whole_decision_is_kept_beside_its_entry_and_compared(call: Call, allowed: Path, tmp_path: Path) -> None:
    """`--material` gives what `policy replay` reads; where it was changed or deleted it says so."""
    code, out, _ = call("ledger", "show", "7", "--material")
    (tmp_path / "decision.json").write_text(out)
    assert code == 0
    assert call("replay", str(tmp_path / "decision.json"))[1] == "same  fraud@4: allow\n"

    with sqlite3.connect(allowed / ".letpass/ledger.db") as connection:
        connection.execute("UPDATE material SET data = x'7b7d' WHERE length(data) > 3000")
    assert "error[GATE422]: the text of entry 7 was changed" in call("ledger", "show", "7", "--material")[2]
    with connection:
        connection.execute("DELETE FROM material")
    connection.close()
    assert "is not kept any more" in call("ledger", "show", "7", "--material")[2]
    assert call("ledger", "verify")[0] == 0


def test_a_decision_as_of_another_time_is_never_logged(call: Call, office: Path) -> None:
    """Nor are two models given one artifact."""
    assert call("check", "models/fraud/4.yaml", "--to", "production", "--log", "--at", "2026-01-01")[0] == 2
    assert (
        call("check", "models/fraud/3.yaml", "models/fraud/4.yaml", "--to", "production", "--artifact", "fraud-4.onnx")[
            0
        ]
        == 2
    )
    assert not (office / ".letpass/ledger.db").exists()


def test_what_was_logged_counts_though_the_files_are_gone(call: Call, allowed: Path) -> None:
    """The ledger carries what git lost."""
    for path in (allowed / "models/fraud/4").glob("*.json"):
        path.unlink()
    shutil.rmtree(allowed / "policies/signatures")

    code, out, _ = call("check", "models/fraud/4.yaml", "--to", "production")
    assert (code, out.count("of the ledger)")) == (0, 4)


def test_logging_again_logs_only_the_new_decision(call: Call, allowed: Path) -> None:
    """Statements, policies and trust files are there already."""
    before = ledger_of(allowed).checkpoint().size
    time.sleep(1.1)  # two decisions of one second are one

    assert call("check", "models/fraud/4.yaml", "--to", "production", "--log")[0] == 0

    assert ledger_of(allowed).checkpoint().size == before + 1


def test_an_auditor_with_read_only_access_reads_the_ledger(allowed: Path, tmp_path: Path) -> None:
    """A copy in a folder that nobody may write."""
    ledger_of(allowed).store.run("PRAGMA wal_checkpoint(TRUNCATE)", ())
    folder = tmp_path / "sealed"
    folder.mkdir()
    copy = Path(shutil.copy(allowed / ".letpass/ledger.db", folder))
    key = gatekey.load(allowed / ".letpass/gate.key").public
    folder.chmod(0o500)
    copy.chmod(0o400)
    try:
        assert len(Ledger(place.store(str(copy), make=False), (key,)).entries()) == 8
    finally:
        folder.chmod(0o700)


def test_a_ledger_of_other_types_is_torn_and_no_crash(call: Call, allowed: Path) -> None:
    """Tables made anew without their types, which are not the ledger's own any more, and values of others."""
    with sqlite3.connect(allowed / ".letpass/ledger.db") as connection:
        for trigger in ("entry_stays", "entry_remains", "head_grows", "head_remains"):
            connection.execute(f"DROP TRIGGER {trigger}")
        for table in ("entry", "head"):
            connection.execute(f"CREATE TABLE other AS SELECT * FROM {table}")
            connection.execute(f"DROP TABLE {table}")
            connection.execute(f"ALTER TABLE other RENAME TO {table}")
        connection.execute("UPDATE entry SET leaf = 'text' WHERE idx = 2")
    connection.close()

    code, _, err = call("check", "models/fraud/4.yaml", "--to", "production", "--log")
    assert (code, "the table `entry` is not the ledger's own" in err) == (4, True)
    code, out, _ = call("ledger", "verify")
    assert (code, "it holds values of other types than were written" in out) == (1, True)


def test_the_gates_own_folder_stays_out_of_git(call: Call, allowed: Path) -> None:
    """Its key is a private one."""
    assert (allowed / ".letpass/.gitignore").read_text() == "*\n"
    assert call("ledger", "key")[0] == 0


def test_the_kept_checkpoint_may_lie_where_the_judged_cannot_write(
    call: Call, office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`LETPASS_CHECKPOINT` wins over `policy.toml`: a ledger that is begun anew elsewhere decides nothing."""
    monkeypatch.setenv("LETPASS_CHECKPOINT", str(office / "platform/head"))
    (office / "platform").mkdir()
    assert call("check", "models/fraud/4.yaml", "--to", "production", "--log")[0] == 3
    assert (office / "platform/head").exists()

    text = (office / "policy.toml").read_text()
    write(office / "policy.toml", f'ledger = "x/l.db"\ncheckpoint = "x/c"\n{text}')
    code, _, err = call("check", "models/fraud/4.yaml", "--to", "production", "--log")
    assert (code, "error[GATE421]: the ledger is gone" in err) == (4, True)


def test_what_is_foreign_in_the_ledgers_database_is_named_with_what_mends_it(call: Call, allowed: Path) -> None:
    """It refuses decisions and appends; `verify` says what takes it out, and then everything goes on."""

    def sql(statement: str) -> None:
        with sqlite3.connect(allowed / ".letpass/ledger.db") as connection:
            connection.execute(statement)
        connection.close()

    check = ("check", "models/fraud/4.yaml", "--to", "production")
    sql("CREATE TRIGGER swallow BEFORE INSERT ON entry BEGIN SELECT RAISE(IGNORE); END")
    for more in ((), ("--log",)):
        code, out, err = call(*check, *more)
        assert (code, out) == (4, "")
        assert "the ledger is not to be trusted: the trigger `swallow` on `entry` is not the ledger's own" in err
        assert "`DROP TRIGGER swallow` in that database, then `policy ledger verify`" in err
    code, out, _ = call("ledger", "verify")
    assert (code, out) == (
        1, "NO  the trigger `swallow` on `entry` is not the ledger's own\nmend: DROP TRIGGER swallow\n",
    )  # fmt: skip

    sql("DROP TRIGGER swallow")
    sql("DROP TRIGGER entry_remains")
    code, out, _ = call("ledger", "verify")
    assert (code, out) == (
        1, "NO  its trigger `entry_remains` is missing\nmend: the next command that logs something puts it back\n",
    )  # fmt: skip
    assert call(*check)[0] == 0
    assert call(*check, "--log")[0] == 0
    assert call("ledger", "verify")[0] == 0


def test_texts_that_were_deleted_are_counted(call: Call, allowed: Path) -> None:
    """The ledger is what was logged all the same."""
    with sqlite3.connect(allowed / ".letpass/ledger.db") as connection:
        connection.execute("DELETE FROM material")
    connection.close()

    code, out, _ = call("ledger", "verify")

    assert code == 0
    assert out.splitlines()[0] == "note: 4 texts of entries 0, 1, 3, 7 are not kept any more"
    assert out.splitlines()[1].startswith("ok  8 entries of ")
