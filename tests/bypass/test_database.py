"""Door: the databases.  What somebody can do who writes the ledger's, or MLflow's own, past every trigger and with no key."""

from __future__ import annotations

import os
import shutil
import sqlite3
import uuid
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from letpass.cli.main import run
from letpass.diagnostics import UnreachableError
from letpass.ledger import gatekey, merkle, place
from letpass.ledger.entry import Entry
from letpass.ledger.entry import read as entry_in
from letpass.ledger.history import BEGUN, DONE, Step, entry
from letpass.ledger.log import Ledger
from letpass.ledger.packing import packed, unpacked
from letpass.move import Stage
from letpass.project.configuration import load
from letpass.project.project import Project
from tests.bypass.served import (  # noqa: F401 - fixtures
    configured,
    named,
    spoilt,
    standing,
    unmodified,
)
from tests.cli import conftest as cli
from tests.cli.conftest import Call, write
from tests.integration import conftest as real
from tests.integration import mlflow as mlflows
from tests.integration import postgres
from tests.integration.test_mlflow_gate import held, refused
from tests.lifecycle.conftest import PROMOTION, RECORD, state

pytestmark = [
    pytest.mark.once,
    pytest.mark.filterwarnings("ignore:.*stage.*:FutureWarning"),
    # commands in this process leave their connections to the collector
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:.*deleted while still open.*:ResourceWarning"),
]
_call, _server = cli._call, real._server  # fixtures
Row = tuple[int, str, bytes, str, str | None]


class Hand:
    """Whoever can write the ledger's database: in SQLite, or as PostgreSQL's superuser."""

    def __init__(self, address: str) -> None:
        self.address = address

    def run(self, *statements: str, values: Sequence[Any] = ()) -> list[Any]:
        """What the last statement finds, with no trigger in the way; they are there again afterwards."""
        if "://" in self.address:
            import psycopg

            with psycopg.connect(self.address, autocommit=True) as connection:
                connection.execute("SET session_replication_role = replica")
                for statement in statements:
                    done = connection.execute(statement.replace("?", "%s"), values if "?" in statement else ())  # type: ignore[arg-type]
                return done.fetchall() if done.description else []
        with closing(sqlite3.connect(self.address)) as connection, connection:
            sql = "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'"
            triggers = connection.execute(sql).fetchall()
            for name, _, _ in triggers:
                connection.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                found = connection.execute(statement, values if "?" in statement else ()).fetchall()
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            for _, table, trigger in triggers:
                if table in tables:
                    connection.execute(trigger)
        return found

    def numbered(self, number: int) -> None:
        """Say that the layout has a number."""
        if "://" in self.address:
            self.run(f"COMMENT ON TABLE head IS 'letpass ledger, schema {number}'")
        else:
            self.run(f"PRAGMA user_version = {number}")

    def rows(self) -> list[Row]:
        return [
            (i, b, bytes(leaf), k, c)
            for i, b, leaf, k, c in self.run("SELECT idx, body, leaf, key, checkpoint FROM entry ORDER BY idx")
        ]

    def texts(self) -> dict[str, bytes]:
        """The large texts by their digests, as they were before they were packed."""
        rows = {digest: bytes(data) for digest, data in self.run("SELECT digest, data FROM material")}
        return {digest: unpacked(data, rows.get) or b"" for digest, data in rows.items()}

    def of(self, kind: str, words: str = "") -> Row:
        """The last entry of a kind whose text has some words."""
        return [r for r in self.rows() if entry_in(r[0], r[1]).entry.kind == kind and words in r[1]][-1]

    def put(self, index: int, text: str) -> None:
        """Insert an entry as the gate would write it, but for its signature."""
        key = entry_in(index, text).entry.key
        leaf = merkle.leaf_hash(text.encode())
        self.run("INSERT INTO entry (idx, body, leaf, key) VALUES (?, ?, ?, ?)", values=(index, text, leaf, key))

    def edit(self, index: int, text: str) -> None:
        """Put another text in an entry's place, with its own hash and key."""
        key, leaf = entry_in(index, text).entry.key, merkle.leaf_hash(text.encode())
        self.run("UPDATE entry SET body = ?, leaf = ?, key = ? WHERE idx = ?", values=(text, leaf, key, index))


def _begin(folder: Path, ledger: str = "") -> None:
    """A project whose version 1 is in production, whose better version 2 was revoked, and whose version 3 is denied."""
    write(folder / "policies/gate.policy", PROMOTION)
    if ledger:
        write(folder / "policy.toml", f'ledger = "{ledger}"\n')
    for version, accuracy in ((1, 0.95), (2, 0.97), (3, 0.5)):
        write(folder / f"fraud-{version}.onnx", f"bytes {version}")
        write(folder / f"models/fraud/{version}.yaml", RECORD.format(version=version, accuracy=accuracy, year=2024))
    for command, code in (
        (("promote", "fraud@1", "--to", "production"), 0),
        (("revoke", "fraud@2", "--reason", "trained on leaked labels"), 0),
        (("promote", "fraud@2", "--to", "production"), 1),
        (("promote", "fraud@3", "--to", "production"), 1),
        (("verify", "fraud@1", "--to", "production"), 0),
        (("ledger", "verify"), 0),
    ):
        assert run(list(command)) == code, command


def _alone(patch: pytest.MonkeyPatch, folder: Path) -> None:
    for name in [n for n in os.environ if n.startswith("LETPASS_") or n in {"NO_COLOR", "FORCE_COLOR"}]:
        patch.delenv(name)
    patch.chdir(folder)


@pytest.fixture(name="begun", scope="module")
def _begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("begun")
    with pytest.MonkeyPatch.context() as patch:
        _alone(patch, folder)
        _begin(folder)
    return folder


@pytest.fixture(name="hand")
def _hand(begun: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hand:
    """A copy of that project as the working directory, and the hand on its ledger."""
    shutil.copytree(begun, tmp_path, dirs_exist_ok=True)
    _alone(monkeypatch, tmp_path)
    return Hand(str(tmp_path / ".letpass/ledger.db"))


@pytest.fixture(name="other")
def _other(server: postgres.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hand:
    """The same project with its ledger in PostgreSQL."""
    address = server.fresh(f"bypass{uuid.uuid4().hex[:8]}")
    _alone(monkeypatch, tmp_path)
    _begin(tmp_path, address)
    return Hand(address)


def _put_back(folder: Path, file: Path) -> None:
    """Another file in the ledger's place.  What this process still has open of the old one goes on by itself."""
    ledger = folder / ".letpass/ledger.db"
    for suffix in ("", "-wal", "-shm"):
        if (path := ledger.with_name(f"ledger.db{suffix}")).exists():
            path.rename(folder / f"gone{suffix}")
    shutil.copy(file, ledger)


def shut(call: Call, folder: Path) -> None:
    """Nothing moves, nothing verifies, and it is told that the ledger is not what it was."""
    before = state(folder)
    for command in (
        ("promote", "fraud@2", "--to", "production"), ("promote", "fraud@3", "--to", "production"),
        ("check", "fraud@2", "--to", "production"), ("verify", "fraud@1", "--to", "production"), ("ledger", "verify"),
    ):  # fmt: skip
        code, out, err = call(*command)
        assert code in {1, 4}, (command, out, err)
        assert command[0] != "promote" or code == 4, (command, out, err)
        assert "ALLOWED" not in out
    assert state(folder) == before


# ---------------------------------------------------------------- the ledger in either database


@pytest.fixture(name="either", params=["hand", "other"])
def _either(request: pytest.FixtureRequest) -> Hand:
    found: Hand = request.getfixturevalue(request.param)
    return found


def test_the_honest_way_works(either: Hand, call: Call) -> None:
    """With nobody's hand on it the ledger verifies, and what was decided stands."""
    assert call("ledger", "verify")[0] == 0
    assert call("verify", "fraud@1", "--to", "production")[0] == 0
    assert call("check", "fraud@2", "--to", "production")[0] == 1


def test_a_revocation_that_is_deleted_is_missed(either: Hand, call: Call, tmp_path: Path) -> None:
    """The word against version 2, from the middle of the log."""
    either.run("DELETE FROM entry WHERE idx = ?", values=(either.of("revocation")[0],))

    shut(call, tmp_path)


def test_a_revocation_that_is_left_out_of_its_lists_is_missed(either: Hand, call: Call, tmp_path: Path) -> None:
    """The entry stays where it was signed, and nobody is led to it."""
    either.run("DELETE FROM listed WHERE idx = ?", values=(either.of("revocation")[0],))

    shut(call, tmp_path)


def test_a_revocation_that_an_older_state_does_not_know_is_missed(either: Hand, call: Call, tmp_path: Path) -> None:
    """The lists and the signed state of before it, with another word behind them that has moved the head on."""
    call("revoke", "fraud@3", "--reason", "nobody needs it")
    state, nodes = either.run("SELECT note FROM state")[0][0], either.run("SELECT place, body FROM node")
    call("revoke", "fraud@2", "--reason", "it is worse than it seemed")
    either.run("UPDATE state SET note = ?", values=(state,))
    either.run("DELETE FROM node")
    for place_, body in nodes:
        either.run("INSERT INTO node (place, body) VALUES (?, ?)", values=(place_, body))

    shut(call, tmp_path)


def test_a_ledger_that_is_made_to_look_like_an_earlier_one_has_lost_nothing(
    either: Hand, call: Call, tmp_path: Path
) -> None:
    """Without what its lists are vouched for by it is refused; brought to the layout of now, it has every word."""
    either.run("DROP TABLE state", "DROP TABLE node", "DROP TABLE listed", "DROP TABLE subtree")
    either.numbered(2)

    code, _, err = call("check", "fraud@2", "--to", "production")
    assert (code, "the ledger has the layout 2" in err) == (4, True)
    assert call("ledger", "migrate")[0] == 0
    assert call("check", "fraud@2", "--to", "production")[0] == 1
    assert call("ledger", "verify")[0] == 0


def test_a_ledger_that_says_it_has_an_earlier_layout_is_not_looked_at_less(
    either: Hand, call: Call, tmp_path: Path
) -> None:
    """Its lists are bent, and its number is that of a layout without lists."""
    either.run("DELETE FROM listed WHERE idx = ?", values=(either.of("revocation")[0],))
    either.numbered(2)

    code, out, _ = call("ledger", "verify")
    assert (code, "somebody has set the number back" in out) == (1, True)
    assert call("check", "fraud@2", "--to", "production")[0] == 4
    assert call("ledger", "migrate")[0] == 0
    assert call("check", "fraud@2", "--to", "production")[0] == 1
    assert call("ledger", "verify")[0] == 0


def test_a_head_that_says_that_there_is_nothing_forgets_nothing(either: Hand, call: Call, tmp_path: Path) -> None:
    """Its size alone is another one, with nothing signed for it."""
    either.run("UPDATE head SET size = 0")

    shut(call, tmp_path)


def test_a_head_that_says_what_a_process_has_read_already_brings_nothing_back(
    either: Hand, call: Call, tmp_path: Path
) -> None:
    """A server that knows the model by so many entries looks again, and is not told of fewer."""
    running = Project(load())
    before = running.past("fraud")
    size = len(either.rows())
    assert call("revoke", "fraud@1", "--reason", "it drifts")[0] == 0
    either.run("UPDATE head SET size = ?", values=(size,))

    with pytest.raises(UnreachableError, match="the ledger is not to be trusted"):
        running.past("fraud")
    assert len(before.of_kind("revocation")) == 1
    shut(call, tmp_path)


def test_a_denial_that_is_edited_into_an_allow_with_its_own_hash_allows_nothing(
    either: Hand, call: Call, tmp_path: Path
) -> None:
    """The signed allow of version 1 under the name of version 3: text, leaf and key fit each other, and no signed tree."""
    index, text, *_ = either.of("decision", '"version":"3"')
    allow, at = entry_in(0, either.of("decision", '"version":"1"')[1]).entry, entry_in(index, text).at
    either.edit(index, Entry("decision", allow.statement, allow.data, "fraud", "3", allow.artifact).text(at))

    shut(call, tmp_path)


def test_a_forged_text_with_the_stolen_hash_of_an_entry_is_found(either: Hand, call: Call, tmp_path: Path) -> None:
    """The tree over the stored hashes is right; the text below one of them is not."""
    index, text, *_ = either.of("revocation")
    either.run("UPDATE entry SET body = ? WHERE idx = ?", values=(text.replace("fraud", "other"), index))

    shut(call, tmp_path)


def test_a_tail_that_is_cut_with_its_head_put_back_is_missed(either: Hand, call: Call, tmp_path: Path) -> None:
    """The head and checkpoint of before the revocation are signed, and shorter than what was kept."""
    first = either.of("revocation")[0]
    head = next(r for r in reversed(either.rows()) if r[0] < first and r[4])
    frontier: list[bytes] = []
    for index, _, leaf, _, _ in either.rows()[: head[0] + 1]:
        merkle.push(frontier, index, leaf)
    either.run("DELETE FROM entry WHERE idx > ?", values=(head[0],))
    either.run(
        "UPDATE head SET size = ?, frontier = ?, checkpoint = ?", values=(head[0] + 1, b"".join(frontier), head[4])
    )

    shut(call, tmp_path)


def test_entries_that_are_forged_behind_the_head_count_for_nobody(either: Hand, call: Call, tmp_path: Path) -> None:
    """A move of version 3 that was "done", with text, hash and key as the gate writes them: it is not signed."""
    last = either.rows()[-1]
    made = Step(
        0, 0, "fraud", "3", "sha256:" + "0" * 64, DONE, "promotion", Stage("production"), "0" * 16, decision=last[0]
    )
    either.put(last[0] + 1, entry(made).text(entry_in(last[0], last[1]).at))

    shut(call, tmp_path)
    assert call("history", "fraud")[0] == 4


def test_a_lease_that_nobody_signed_holds_no_model_up_for_good(either: Hand, call: Call, tmp_path: Path) -> None:
    """A `begun` until the year 2999: the ledger is refused as long as the row is there, and never believed; then all goes on."""
    last = either.rows()[-1]
    at = entry_in(last[0], last[1]).at
    begun = Step(
        0, 0, "fraud", "1", "", BEGUN, "promotion", Stage("production"), "0" * 16, holder="elsewhere/1/1/1",
        until=at + 10**15,
    )  # fmt: skip
    either.put(last[0] + 1, entry(begun).text(at))
    code, _, err = call("retire", "fraud@1", "--reason", "it is over")
    assert (code, "is being moved" in err, "GATE421" in err) == (4, False, True), err
    shut(call, tmp_path)

    either.run("DELETE FROM entry WHERE idx = ?", values=(last[0] + 1,))
    assert call("promote", "fraud@2", "--to", "production")[0] == 1
    assert call("lift", "fraud@2", "--reason", "they were not leaked")[0] == 0
    assert call("promote", "fraud@2", "--to", "production")[0] == 0
    assert call("ledger", "verify")[0] == 0


# ---------------------------------------------------------------- the ledger in a file


def test_an_older_copy_of_the_file_forgets_no_revocation(hand: Hand, call: Call, tmp_path: Path) -> None:
    """A sound ledger of before, put back whole: the kept checkpoint knows a longer one."""
    hand.run("PRAGMA wal_checkpoint(TRUNCATE)")
    older = shutil.copy(hand.address, tmp_path / "older.db")
    assert call("revoke", "fraud@1", "--reason", "it drifts")[0] == 0
    assert call("verify", "fraud@1", "--to", "production")[0] == 1

    _put_back(tmp_path, Path(older))

    shut(call, tmp_path)


def test_a_write_ahead_log_of_another_time_brings_nothing_back(hand: Hand, call: Call, tmp_path: Path) -> None:
    """Kept before a revocation and put back after it: SQLite reads none of it, or the ledger is refused."""
    kept: dict[str, bytes] = {}
    with closing(sqlite3.connect(hand.address)) as open_:
        open_.execute("SELECT count(*) FROM entry").fetchall()
        assert call("check", "fraud@1", "--to", "production", "--log")[0] == 0
        for suffix in ("-wal", "-shm"):
            if (path := Path(hand.address + suffix)).exists():
                kept[suffix] = path.read_bytes()
        assert call("revoke", "fraud@1", "--reason", "it drifts")[0] == 0
        open_.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert kept["-wal"]
    for suffix, data in kept.items():
        Path(hand.address + suffix).write_bytes(data)

    assert call("verify", "fraud@1", "--to", "production")[0] in {1, 4}
    assert call("promote", "fraud@2", "--to", "production")[0] in {1, 4}


def test_a_ledger_of_another_key_with_its_own_checkpoint_is_another_ledger(
    hand: Hand, call: Call, tmp_path: Path
) -> None:
    """Sound, signed, and without the revocation: but by a key that nobody named, and no continuation of what was kept."""
    stranger = gatekey.load_or_make(tmp_path / "stranger.key")
    forged = Ledger(place.store(str(tmp_path / "forged.db"), make=True), (), stranger)
    for row in hand.rows():
        found = entry_in(row[0], row[1])
        if found.entry.kind != "revocation":
            forged.append([found.entry], found.at)
    assert forged.faults() == []
    forged.store.run("PRAGMA wal_checkpoint(TRUNCATE)", ())
    _put_back(tmp_path, tmp_path / "forged.db")

    shut(call, tmp_path)
    (tmp_path / "ledger.checkpoint").unlink()
    shut(call, tmp_path)


def test_entries_of_another_log_between_ours_are_found(hand: Hand, call: Call, tmp_path: Path) -> None:
    """Another gate's signed allow in the place of our denial, and its checkpoint behind it."""
    stranger = gatekey.load_or_make(tmp_path / "stranger.key")
    forged = Ledger(place.store(str(tmp_path / "forged.db"), make=True), (), stranger)
    allow = entry_in(0, hand.of("decision", '"version":"1"')[1])
    forged.append(
        [Entry("decision", allow.entry.statement, allow.entry.data, "fraud", "3", allow.entry.artifact)], allow.at
    )
    theirs = Hand(str(tmp_path / "forged.db")).rows()[0]
    ours = hand.of("decision", '"version":"3"')[0]
    hand.run("UPDATE entry SET body = ?, leaf = ?, key = ?, checkpoint = ? WHERE idx = ?", values=(*theirs[1:], ours))

    shut(call, tmp_path)


def test_entries_in_another_order_are_another_log(hand: Hand, call: Call, tmp_path: Path) -> None:
    """The revocation before the version's first request, with hashes, keys and checkpoints."""
    ours = hand.of("revocation")[0]
    hand.run(
        f"UPDATE entry SET idx = -1 WHERE idx = {ours}", f"UPDATE entry SET idx = {ours} WHERE idx = 0",
        "UPDATE entry SET idx = 0 WHERE idx = -1",
    )  # fmt: skip

    shut(call, tmp_path)


def test_a_word_is_not_swallowed_by_a_row_that_bears_its_key(hand: Hand, call: Call) -> None:
    """Whoever knows what will be said files another entry under its key, so that it seems to be logged already."""
    first, last = hand.rows()[0], hand.rows()[-1]
    coming = Entry("objection", "what somebody will have signed", {}, "fraud", "1")
    hand.run("UPDATE entry SET key = ? WHERE idx = ?", values=(coming.key, first[0]))

    with pytest.raises(UnreachableError, match="entry 0 is filed under another's key"):
        Project(load()).ledger.writer().append([coming], entry_in(last[0], last[1]).at)

    assert len(hand.rows()) == last[0] + 1
    assert call("ledger", "verify")[0] in {1, 4}


def test_a_second_head_is_no_way_to_an_older_log(hand: Hand, call: Call, tmp_path: Path) -> None:
    """The table made anew without its check, and the head of before the revocation first in it."""
    first = hand.of("revocation")[0]
    old = next(r for r in reversed(hand.rows()) if r[0] < first and r[4])
    frontier: list[bytes] = []
    for index, _, leaf, _, _ in hand.rows()[: old[0] + 1]:
        merkle.push(frontier, index, leaf)
    with closing(sqlite3.connect(hand.address)) as connection, connection:
        own = connection.execute("SELECT size, frontier, checkpoint FROM head").fetchone()
        connection.execute("DROP TABLE head")
        connection.execute("CREATE TABLE head (one INTEGER, size INTEGER, frontier BLOB, checkpoint TEXT)")
        for row in ((old[0] + 1, b"".join(frontier), old[4]), own):
            connection.execute("INSERT INTO head VALUES (1, ?, ?, ?)", row)

    shut(call, tmp_path)


def test_a_material_that_was_edited_is_no_material(hand: Hand, call: Call) -> None:
    """The whole decision on version 3, with another verdict: it has another digest than the entry names."""
    index = hand.of("decision", '"version":"3"')[0]
    assert call("ledger", "show", str(index), "--material")[0] == 0
    for digest, data in hand.texts().items():
        row = packed(data.replace(b"deny", b"allow"))
        hand.run("UPDATE material SET data = ? WHERE digest = ?", values=(row, digest))

    code, out, _ = call("ledger", "show", str(index), "--material")

    assert (code in {1, 2, 4}, '"allow"' in out) == (True, False)
    assert call("promote", "fraud@3", "--to", "production")[0] in {1, 4}
    assert call("promote", "fraud@2", "--to", "production")[0] in {1, 4}


def test_a_time_that_is_edited_ends_no_lease_and_no_approval(hand: Hand, call: Call, tmp_path: Path) -> None:
    """An entry of yesterday dated into next year, and one of today into the last."""
    for index, year in ((1, "2999"), (0, "2000")):
        text = hand.rows()[index][1]
        at = entry_in(index, text).at
        from letpass.trust import strict

        hand.edit(index, text.replace(strict.written(at), f"{year}{strict.written(at)[4:]}"))
    shut(call, tmp_path)


# ---------------------------------------------------------------- MLflow's own database


@pytest.fixture(name="write_row")
def _write_row(gated: mlflows.Server) -> Callable[..., None]:
    """Write MLflow's database past its server."""

    def write_row(sql: str, *values: Any) -> None:
        with closing(sqlite3.connect(gated.database, timeout=30)) as connection, connection:
            assert connection.execute(sql, values).rowcount > 0

    return write_row


@pytest.fixture(name="pair")
def _pair(client: Any, name: str, project: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A model whose version 1 is in production, whose version 2 is denied, and whose version 3 is better than 1."""
    _alone(monkeypatch, project)
    for version, accuracy in ((1, 0.95), (2, 0.2), (3, 0.97)):
        mlflows.version(client, name, {"accuracy": accuracy}, binary=f"bytes {version}".encode())
    client.set_registered_model_alias(name, "champion", "1")
    assert refused(lambda: client.set_registered_model_alias(name, "champion", "2"))[0] == 403
    return name


def _verified(call: Call, name: str, version: str) -> int:
    return call("verify", f"{name}@{version}", "--to", "production")[0]


def test_an_alias_that_is_written_into_mlflows_table_has_no_proof_and_no_successor_by_it(
    pair: str, client: Any, call: Call, write_row: Callable[..., None]
) -> None:
    """Version 2 is served, and does not verify; nobody is compared with it, and `doctor` says who holds the stage undecided."""
    assert _verified(call, pair, "1") == 0
    assert _verified(call, pair, "2") != 0
    write_row("UPDATE registered_model_aliases SET version = 2 WHERE name = ? AND alias = 'champion'", pair)

    assert _verified(call, pair, "2") != 0
    status, said = refused(lambda: client.set_registered_model_alias(pair, "champion", "3"))
    assert (status in {403, 409}, held(client, pair)) == (True, {"champion": "2"}), said
    _, out, _ = call("doctor")
    assert pair in out


def test_a_stage_that_is_written_into_mlflows_table_has_no_proof(
    pair: str, client: Any, call: Call, write_row: Callable[..., None]
) -> None:
    """Version 2 beside the champion: two hold the stage, and so nobody follows until one of them has left."""
    write_row("UPDATE model_versions SET current_stage = 'Production' WHERE name = ? AND version = 2", pair)

    assert _verified(call, pair, "2") != 0
    assert refused(lambda: client.set_registered_model_alias(pair, "champion", "3"))[0] in {403, 409, 503}
    client.transition_model_version_stage(pair, "2", "Archived")
    client.set_registered_model_alias(pair, "champion", "3")
    assert (held(client, pair), _verified(call, pair, "3")) == ({"champion": "3"}, 0)


def test_proofs_that_are_copied_from_row_to_row_prove_nothing_of_another_version(
    pair: str, client: Any, call: Call, write_row: Callable[..., None]
) -> None:
    """The decision and the standing of version 1 as tags of version 2, and its alias too."""
    for key, value in client.get_model_version(pair, "1").tags.items():
        write_row("INSERT INTO model_version_tags (key, value, name, version) VALUES (?, ?, ?, 2)", key, value, pair)
    write_row("UPDATE registered_model_aliases SET version = 2 WHERE name = ?", pair)

    assert _verified(call, pair, "2") != 0
    assert refused(lambda: client.set_registered_model_alias(pair, "production", "2"))[0] in {403, 409}


def test_other_files_under_an_allowed_versions_row_are_other_bytes(
    pair: str, client: Any, call: Call, write_row: Callable[..., None]
) -> None:
    """The row of version 1 points to the files of version 2: neither verified nor moved again."""
    evil = client.get_model_version_download_uri(pair, "2")
    write_row("UPDATE model_versions SET storage_location = ? WHERE name = ? AND version = 1", evil, pair)

    assert refused(lambda: client.transition_model_version_stage(pair, "1", "Production"))[0] in {403, 409}
    assert standing(client, pair)[1] == {}
    client.delete_registered_model_alias(pair, "champion")
    assert refused(lambda: client.set_registered_model_alias(pair, "champion", "1"))[0] == 403


def test_versions_whose_rows_changed_places_are_not_who_was_allowed(
    pair: str, client: Any, call: Call, write_row: Callable[..., None]
) -> None:
    """Version 2 has the number of version 1, with its own source, run and files: another version of that name."""
    columns = ("source", "storage_location", "run_id", "creation_time")
    one, two = (client.get_model_version(pair, v) for v in ("1", "2"))
    for version, other in (("1", two), ("2", one)):
        write_row(
            f"UPDATE model_versions SET {', '.join(f'{c} = ?' for c in columns)} WHERE name = ? AND version = ?",
            other.source, client.get_logged_model(other.source.removeprefix("models:/")).artifact_location, other.run_id,
            other.creation_timestamp, pair, version,
        )  # fmt: skip

    assert _verified(call, pair, "1") != 0
    client.delete_registered_model_alias(pair, "champion")
    assert refused(lambda: client.set_registered_model_alias(pair, "champion", "1"))[0] == 403
    assert held(client, pair) == {}


def test_a_champion_that_is_deleted_from_mlflows_table_is_still_compared_with(
    pair: str, client: Any, write_row: Callable[..., None], project: Path
) -> None:
    """Its alias and its row are gone; the ledger knows that somebody held the stage, and allows nobody blindly."""
    mlflows.version(client, pair, {"accuracy": 0.91}, binary=b"bytes 4")
    write_row("DELETE FROM registered_model_aliases WHERE name = ?", pair)
    assert refused(lambda: client.set_registered_model_alias(pair, "champion", "4"))[0] == 403
    write_row("DELETE FROM model_version_tags WHERE name = ? AND version = 1", pair)
    write_row("DELETE FROM model_versions WHERE name = ? AND version = 1", pair)

    assert refused(lambda: client.set_registered_model_alias(pair, "champion", "4"))[0] == 403
    assert held(client, pair) == {}
    assert [s.state for s in Project(load(project)).past(pair).steps] == ["begun", "done"]
