"""What the root says about the ledger itself: it waits for signatures, and is logged with the last that it needs."""

from __future__ import annotations

import base64
import json
import re
import shutil
import sqlite3
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from letpass.ledger.entry import Entry
from letpass.trust import statements
from tests.cli.conftest import ARGUMENTS, OWN, Call, ledger_of, proof_file

REASON = ("--reason", "the host's clock was ahead")


def ahead(folder: Path) -> tuple[int, str]:
    """An entry of two hours from now is in the ledger: which, and of when it should be."""
    ledger, now = ledger_of(folder), datetime.now(UTC).replace(microsecond=0)
    later = int((now + timedelta(hours=2)).timestamp()) * 1_000_000
    (receipt,) = ledger.append([Entry("move", data={"n": 1}, model="fraud")], later)
    return receipt.index, now.strftime("%Y-%m-%dT%H:%M:%SZ")


def add_to_root(call: Call, name: str, threshold: int) -> None:
    """Vera is of the root too."""
    assert (
        call("trust", "add", "role", "root", "--member", f"{name}@corp.example", "--threshold", str(threshold))[0] == 0
    )
    for key in (OWN, name):
        assert call("trust", "sign", "--key", key)[0] == 0


def test_the_root_mends_a_time_that_stops_every_writer(call: Call, allowed: Path) -> None:
    """What is told then works, and what was refused before is logged."""
    index, at = ahead(allowed)
    code, _, err = call("check", "models/fraud/4.yaml", "--to", "production", "--log")
    assert code == 4
    assert f"`policy ledger mend-clock {index} --reason TEXT` mends it" in re.sub(r"\s+", " ", err)

    code, out, err = call("ledger", "mend-clock", str(index), "--at", at, *REASON, "--key", OWN, "-y")

    assert (code, err) == (0, "")
    assert f"entries that get another time: {index}\n" in out
    assert out.endswith(f"logged as entry {index + 1}\n")
    assert not (allowed / "ledger.next.json").exists()
    assert call("check", "models/fraud/4.yaml", "--to", "production", "--log")[0] == 0
    assert call("ledger", "verify")[0] == 0
    code, out, _ = call("ledger", "show", str(index))
    assert at in out.splitlines()[0]
    assert "its time was mended: it bears " in out
    code, out, _ = call("ledger", "list", "--kind", "clock")
    assert out.rstrip().endswith(f"entry {index} is of {at}: the host's clock was ahead")


def test_a_mend_waits_for_the_whole_threshold_of_the_root(call: Call, allowed: Path) -> None:
    """One of two signatures logs nothing; nobody else signs; the last one logs it."""
    add_to_root(call, "vera", 2)
    index, at = ahead(allowed)
    code, out, _ = call("ledger", "mend-clock", str(index), "--at", at, *REASON, "--key", OWN, "-y")
    assert code == 0
    assert "1 of 2 signatures by the root of version 3; vera@corp.example can sign\nnext: `policy ledger sign" in out
    assert len(ledger_of(allowed).entries()) == index + 1

    code, _, err = call("ledger", "sign", "--key", "vito", "-y")
    assert code == 2
    assert "is of nobody in the root" in err
    code, _, err = call("ledger", "mend-clock", str(index), "--at", at, *REASON, "--key", "vera", "-y")
    assert code == 2
    assert "another word about the ledger waits: a clock" in err
    code, out, _ = call("ledger", "sign", "--key", "vera", "-y")

    assert code == 0
    assert f"logged as entry {index + 2}\n" in out  # behind the newer trust file
    assert call("ledger", "verify")[0] == 0


def test_a_word_that_waits_and_was_changed_has_lost_its_signatures(call: Call, allowed: Path) -> None:
    """What is logged is what was signed."""
    add_to_root(call, "vera", 2)
    index, at = ahead(allowed)
    assert call("ledger", "mend-clock", str(index), "--at", at, *REASON, "--key", OWN, "-y")[0] == 0
    path = allowed / "ledger.next.json"
    statement = statements.read("", path.read_bytes())
    bent = statements.build(
        statement.type, statement.subject, statement.artifact, {**statement.predicate, "reason": "another"}
    )
    whole = json.loads(path.read_text())
    path.write_text(json.dumps({**whole, "payload": base64.b64encode(bent).decode()}))

    code, out, _ = call("ledger", "sign", "--key", "vera", "-y")

    assert code == 0
    assert "1 of 2 signatures by the root of version 3 (signature 1: the signature does not fit" in out
    assert path.exists()


def test_a_word_of_a_root_that_was_replaced_meanwhile_is_said_anew(call: Call, allowed: Path) -> None:
    """The trust file changed while it waited; what waits is told to be void, and the same command goes on."""
    index, at = ahead(allowed)
    assert call("ledger", "mend-clock", str(index), "--at", at, *REASON)[0] == 0
    assert call("trust", "add", "person", "zoe@corp.example")[0] == 0
    assert call("trust", "sign", "--key", OWN)[0] == 0

    code, _, err = call("ledger", "sign", "--key", OWN, "-y")
    assert (code, "the word that waits is of another version of the trust file" in err) == (2, True)
    assert len(ledger_of(allowed).entries()) == index + 1
    (allowed / "ledger.next.json").unlink()

    assert call("ledger", "mend-clock", str(index), "--at", at, *REASON, "--key", OWN, "-y")[0] == 0
    assert call("ledger", "verify")[0] == 0


def test_without_a_trust_file_a_time_is_mended_with_a_reason(call: Call, project: Path) -> None:
    """As every word of the owners is, in a project where nobody signs."""
    assert call("check", "models/fraud/1.yaml", "--to", "production", "--log")[0] == 0
    index, at = ahead(project)

    code, out, err = call("ledger", "mend-clock", str(index), "--at", at, *REASON, "--as", "anna")

    assert (code, err) == (0, "")
    assert out.endswith(f"logged as entry {index + 1}; there is no trust file, so nobody signs it\n")
    assert call("check", "models/fraud/1.yaml", "--to", "production", "--log")[0] == 0
    assert call("ledger", "verify")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (("99", "--at", "2026-11-30", *REASON, "--key", OWN), 2, "there is no entry 99"),
        (("0", "--at", "2199-01-01", *REASON, "--key", OWN), 2, "cannot be of 2199-01-01T00:00:00Z: it stands between"),
        (("0", "--at", "someday", *REASON, "--key", OWN), 2, "`someday` is"),
        (("0", "--at", "2026-11-30", "--reason", " ", "--key", OWN), 2, "it needs a reason"),
    ],
)  # fmt: skip
def test_a_mend_of_nothing_is_refused(
    call: Call, allowed: Path, arguments: tuple[str, ...], code: int, why: str
) -> None:
    """And leaves nothing that waits."""
    found, _, err = call("ledger", "mend-clock", *arguments, "-y")

    assert (found, why in err) == (code, True), err
    assert not (allowed / "ledger.next.json").exists()
    assert call("ledger", "sign")[0] == 2


# ---------------------------------------------------------------- another key of the gate

ROTATE = ("ledger", "rotate-key", "--reason", "a new machine")


def named(call: Call) -> str:
    """The next key, once the trust file names it."""
    code, out, _ = call("ledger", "key", "--next")
    assert code == 0
    assert call("trust", "add", "ledger", out.strip())[0] == 0
    assert call("trust", "sign", "--key", OWN)[0] == 0
    return out.strip()


def test_the_gates_key_changes_and_the_log_and_its_proofs_stay(call: Call, allowed: Path) -> None:
    """Refused until the trust file names it; then everything goes on, and the old proof is verified offline too."""
    old = call("ledger", "key")[1].strip()
    new = call("ledger", "key", "--next")[1].strip()
    assert new.partition("+")[0] == old.partition("+")[0]
    assert new != old
    code, _, err = call(*ROTATE)
    assert (code, "the trust file does not name the new key" in err) == (2, True)
    assert call("ledger", "key")[1].strip() == old

    assert named(call) == new
    code, out, err = call(*ROTATE)

    assert (code, err) == (0, "")
    assert out == f"logged as entry 9: {new} signs the ledger from here on\n"
    assert call("ledger", "key")[1].strip() == new
    assert (allowed / ".letpass/gate.old.key").exists()
    assert not (allowed / ".letpass/gate.next.key").exists()
    assert call("check", "models/fraud/4.yaml", "--to", "production", "--log")[0] == 0
    assert call("ledger", "verify")[0] == 0
    for more in ((), ("--offline",)):
        code, out, _ = call(*ARGUMENTS, *more)
        assert "NO   signed by the gate" not in out
        assert "NO   checkpoint signed" not in out
    code, out, _ = call("ledger", "list", "--kind", "key")
    assert out.rstrip().endswith(f"{new} follows {old}: a new machine")


def test_a_project_without_a_trust_file_rotates_its_key(call: Call, project: Path) -> None:
    """Old and new key sign; what was proven before is still believed."""
    assert call("check", "models/fraud/1.yaml", "--to", "production", "--log")[0] == 0
    code, _, err = call(*ROTATE, "--lost")
    assert (code, "there is no trust file, so nobody can sign in the place of a key that is lost" in err) == (2, True)

    assert call(*ROTATE)[0] == 0
    assert call(*ROTATE)[0] == 0  # once more

    assert call("check", "models/fraud/1.yaml", "--to", "production", "--log")[0] == 0
    assert call("ledger", "verify")[0] == 0
    assert call("ledger", "list", "--kind", "key")[1].count(" follows ") == 2


def test_the_root_lets_a_key_follow_one_that_is_lost(call: Call, allowed: Path) -> None:
    """The new key waits for the whole threshold."""
    new = named(call)
    (allowed / ".letpass/gate.key").unlink()
    code, _, err = call("check", "models/fraud/4.yaml", "--to", "production", "--log")
    assert (code, "`policy ledger rotate-key --lost --reason TEXT` lets it follow" in err) == (2, True)

    code, out, err = call(*ROTATE, "--lost")
    assert (code, err) == (0, "")
    assert "0 of 1 signatures by the root" in out
    code, _, err = call("ledger", "sign", "--key", "vera", "-y")
    assert (code, "is of nobody in the root" in err) == (2, True)
    code, out, err = call("ledger", "sign", "--key", OWN, "-y")

    assert (code, err) == (0, "")
    assert call("ledger", "key")[1].strip() == new
    assert call("check", "models/fraud/4.yaml", "--to", "production", "--log")[0] == 0
    assert call("ledger", "verify")[0] == 0


def test_a_change_of_the_key_that_was_cut_off_is_ended(call: Call, allowed: Path) -> None:
    """It was logged, and the files were not put into their places: nothing is logged, and the same command goes on."""
    named(call)
    before = (allowed / ".letpass/gate.key").read_bytes(), (allowed / ".letpass/gate.next.key").read_bytes()
    assert call(*ROTATE)[0] == 0
    (allowed / ".letpass/gate.key").write_bytes(before[0])
    (allowed / ".letpass/gate.next.key").write_bytes(before[1])
    (allowed / ".letpass/gate.next.key").chmod(0o600)
    code, _, err = call("check", "models/fraud/4.yaml", "--to", "production", "--log")
    assert (code, "the gate's key is another by now" in err) == (4, True)

    code, out, _ = call(*ROTATE)

    assert (code, "signs the ledger by now, and is the gate's key here" in out) == (0, True)
    assert call("check", "models/fraud/4.yaml", "--to", "production", "--log")[0] == 0


# ---------------------------------------------------------------- a tail that was lost

RECOVER = ("ledger", "recover", "--reason", "the disk failed")


def restored(call: Call, folder: Path) -> None:
    """An older copy of the ledger is brought back: a decision is missing."""
    shutil.copytree(folder / ".letpass", folder / "older")
    time.sleep(1.1)  # a decision of the same second is the same one
    assert call("check", "models/fraud/4.yaml", "--to", "production", "--log")[0] == 0
    shutil.move(folder / ".letpass", folder / "newer")
    shutil.move(folder / "older", folder / ".letpass")


def test_a_ledger_of_which_the_tail_is_lost_goes_on_and_says_so(call: Call, allowed: Path) -> None:
    """Refused before; afterwards every command goes on, and `verify` names what is missing for ever."""
    code, _, err = call(*RECOVER, "--key", OWN, "-y")
    assert (code, "nothing is missing: it goes on from the kept checkpoint" in err) == (2, True)
    restored(call, allowed)
    kept = (allowed / "ledger.checkpoint").read_text()
    code, _, err = call("check", "models/fraud/4.yaml", "--to", "production", "--log")
    assert (code, "it has 8 entries, and a checkpoint of 9 was kept" in err) == (4, True)

    code, out, err = call(*RECOVER, "--key", OWN, "-y")

    assert (code, err) == (0, "")
    assert "lost: the entries 8 to 8\n" in out
    assert out.endswith("logged as entry 8\n")
    assert call("check", "models/fraud/4.yaml", "--to", "production", "--log")[0] == 0
    (allowed / "elsewhere").write_text(kept)
    for more in ((), ("--checkpoint", "elsewhere")):
        code, out, err = call("ledger", "verify", *more)
        assert (code, err) == (0, "")
        assert (
            "note: entry 8 is lost, as entry 8 says: the log had 9 entries, and an older copy of it was brought back"
            in out
        )
    assert call("ledger", "list", "--kind", "recovery")[1].rstrip().endswith("8 to 8 are lost: the disk failed")


def test_a_proof_of_an_entry_that_is_lost_is_verified_no_more(call: Call, allowed: Path) -> None:
    """One whose entry the copy still has is: its head alone is lost."""
    gone = proof_file(allowed)
    held = gone.with_name(f"kept.{gone.name}")
    shutil.copy(gone, held)  # the next proof of the same move takes its place
    shutil.copytree(allowed / ".letpass", allowed / "older")
    time.sleep(1.1)
    assert call("check", "models/fraud/4.yaml", "--to", "production", "--log")[0] == 0
    shutil.rmtree(allowed / ".letpass")
    shutil.move(allowed / "older", allowed / ".letpass")
    assert call(*RECOVER, "--key", OWN, "-y")[0] == 0

    arguments = ("--to", "production", "--artifact", "fraud-4.onnx")
    code, out, _ = call("verify", str(held.relative_to(allowed)), *arguments)
    assert "NO   the ledger continues it" not in out, out
    code, out, _ = call("verify", str(gone.relative_to(allowed)), *arguments)
    assert (code, "NO   the ledger continues it" in out) == (1, True)


def test_a_loss_waits_for_the_whole_threshold_of_the_root(call: Call, allowed: Path) -> None:
    """The last one of them signs in a process of its own."""
    add_to_root(call, "vera", 2)
    restored(call, allowed)
    code, out, _ = call(*RECOVER, "--key", OWN, "-y")
    assert (code, "1 of 2 signatures by the root of version 3; vera@corp.example can sign" in out) == (0, True)
    assert call("check", "models/fraud/4.yaml", "--to", "production", "--log")[0] == 4

    assert call("ledger", "sign", "--key", "vera", "-y")[0] == 0

    assert call("check", "models/fraud/4.yaml", "--to", "production", "--log")[0] == 0
    assert call("ledger", "verify")[0] == 0


def test_a_loss_is_not_logged_where_a_newer_copy_was_found_meanwhile(call: Call, allowed: Path) -> None:
    """The word had all signatures but one; nothing is missing any more, and it is taken back."""
    add_to_root(call, "vera", 2)
    restored(call, allowed)
    assert call(*RECOVER, "--key", OWN, "-y")[0] == 0
    shutil.rmtree(allowed / ".letpass")
    shutil.move(allowed / "newer", allowed / ".letpass")
    size = len(ledger_of(allowed).entries())

    code, _, err = call("ledger", "sign", "--key", "vera", "-y")

    assert (code, "nothing is missing: the ledger has the entries that the word calls lost" in err) == (2, True), err
    assert "delete `ledger.next.json`" in err
    assert len(ledger_of(allowed).entries()) == size
    (allowed / "ledger.next.json").unlink()
    code, out, _ = call("ledger", "verify")
    assert (code, "lost" in out) == (0, False)


def test_what_is_cut_is_told_with_what_names_the_loss(call: Call, allowed: Path) -> None:
    """By `verify` too; a ledger that is edited is not to be gone on with so."""
    restored(call, allowed)
    code, out, _ = call("ledger", "verify")
    assert (code, "where there is none, `policy ledger recover --reason TEXT` names what is missing" in out) == (
        1,
        True,
    )

    with sqlite3.connect(allowed / ".letpass/ledger.db") as connection:
        connection.execute("DROP TRIGGER entry_stays")
        connection.execute("UPDATE entry SET body = body || ' ' WHERE idx = 5")
    connection.close()
    code, out, _ = call("ledger", "verify")

    assert (code, "entry 5 was edited" in out) == (1, True)
    assert "ledger recover" not in out


def test_without_a_trust_file_a_loss_is_named_with_a_reason(call: Call, project: Path) -> None:
    """As every word of the root is, in a project where nobody signs."""
    check = ("check", "models/fraud/1.yaml", "--to", "production", "--log")
    assert call(*check)[0] == 0
    shutil.copytree(project / ".letpass", project / "older")
    time.sleep(1.1)
    assert call(*check)[0] == 0
    shutil.rmtree(project / ".letpass")
    shutil.move(project / "older", project / ".letpass")
    assert call(*check)[0] == 4

    assert call(*RECOVER)[0] == 0

    assert call(*check)[0] == 0
    assert " is lost, as entry " in call("ledger", "verify")[1]
