"""From an empty folder to the first signed promotion: how many commands that takes, and what none of them gives away.

The model is of high risk, by the policies of the library: two validators and the risk office sign, none of them its author.
Keys are made here by stock `ssh-keygen`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from letpass.authoring.scaffold import library
from tests.cli import office
from tests.cli.conftest import Call, write

MOST, SIGNERS = 8, 2
PEOPLE = """person,aliases,key,roles
rosa@corp.example,Rosa R.,keys/rosa.pub,policy-owner
vera@corp.example,,keys/vera.pub,validator; risk
vito@corp.example,,keys/vito.pub,validator
ben@corp.example,Ben B.,keys/ben.pub,
ana@example.org,Ana,,
"""
SIGNED = (("vera", "validator"), ("vera", "risk"), ("vito", "validator"))
SCAN = {"tool": "modelscan", "version": "0.8.8", "completed": True, "scanned": 1, "findings": []}


@pytest.fixture(name="empty")
def _empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, keys of four people, and nothing at home or in the environment."""
    if shutil.which("ssh-keygen") is None:
        pytest.skip("there is no ssh-keygen: install OpenSSH's client")
    for name in [n for n in os.environ if n.startswith(("LETPASS_", "MLFLOW_")) or n in {"NO_COLOR", "FORCE_COLOR"}]:
        monkeypatch.delenv(name)
    folder = tmp_path / "gate"
    for name in ("rosa", "vera", "vito", "ben", "mallory"):
        office.key(folder / "keys" / name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(home / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.chdir(folder)
    return folder


class Commands:
    """Calls commands, and counts them: all, and those that signers type."""

    def __init__(self, call: Call) -> None:
        self.call, self.typed, self.signers = call, 0, 0

    def __call__(self, *words: str, code: int = 0) -> str:
        self.typed += 1
        self.signers += words[0] == "sign"
        found, out, err = self.call(*words)
        assert found == code, "\n".join((*words, out, err))
        return out + err


def trained(folder: Path) -> None:
    """What training and its tools leave: the model, its record, and a scan."""
    now = datetime.now(UTC) - timedelta(minutes=1)
    model = write(folder / "work/loans-7.onnx", "weights")
    text = (library.folder() / "shared/candidate.base.yaml").read_text(encoding="utf-8")
    text = text.replace("2026-03-01T12:00:00Z", f"{now:%Y-%m-%dT%H:%M:%SZ}")
    text = text.replace("2027-03-01T12:00:00Z", f"{now + timedelta(days=300):%Y-%m-%dT%H:%M:%SZ}")
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    text = text.replace("'s3://models/loans/7'", "work/loans-7.onnx").replace("sha256:cc", f"sha256:{digest}")
    kept = [line for line in text.splitlines() if not line.startswith(("scans:", "- {tool:", "stage:"))]
    write(folder / "new/7.yaml", "\n".join(kept) + "\n")
    write(folder / "scan.json", json.dumps({"scans": [{**SCAN, "ran_at": f"{now:%Y-%m-%dT%H:%M:%SZ}"}]}))


def begun(commands: Commands, folder: Path, people: str = PEOPLE, *more: str) -> str:
    """A project and its trust file; what the second command printed."""
    write(folder / "people.csv", people)
    commands("init")
    return commands("trust", "init", "--key", "keys/rosa", *more)


def asked(commands: Commands, folder: Path) -> None:
    """A registered version with its evidence, and the request for its promotion."""
    trained(folder)
    commands("register", "new/7.yaml")
    commands("evidence", "add", "loans@7", "scan.json")
    commands("request", "loans@7", "--to", "production", "--key", "keys/ben")


def test_a_signed_promotion_takes_eight_commands_of_which_signers_type_two(empty: Path, call: Call) -> None:
    """A record with evidence from a tool, sign-offs in two roles, and an allow that can be verified."""
    commands = Commands(call)

    begun(commands, empty)
    asked(commands, empty)
    commands("sign", "loans@7", "--role", "validator", "--role", "risk", "--key", "keys/vera")
    commands("sign", "loans@7", "--key", "keys/vito")
    said = commands("promote", "loans@7", "--to", "production")

    assert (commands.typed <= MOST, commands.signers) == (True, SIGNERS), commands.typed
    assert "moved: loans@7 is in production" in said
    code, out, err = call("verify", "loans@7", "--to", "production")
    assert (code, err) == (0, "")
    assert out.startswith("VERIFIED  loans@7, promotion to production: allow")
    told = call("history", "loans")[1]
    assert [told.count(f"by {n}@corp.example as {r} for") for n, r in SIGNED] == [1, 1, 1], told


def test_the_same_without_one_signer_is_not_promoted(empty: Path, call: Call) -> None:
    """The second validator is still waited for."""
    commands = Commands(call)
    begun(commands, empty)
    asked(commands, empty)
    commands("sign", "loans@7", "--role", "validator", "--role", "risk", "--key", "keys/vera")

    said = commands("promote", "loans@7", "--to", "production", code=3)

    assert "role `validator`: 1 of 2 sign-offs" in said
    assert "nothing was moved" in said


# ---------------------------------------------------------------- what was found out is said, and gives nothing away


def test_what_was_found_out_is_said_in_a_line_each(empty: Path, call: Call) -> None:
    """The list, who begins, the two roles that decide, those that the policies name, and the ledger's key."""
    said = begun(Commands(call), empty)

    fingerprint = fingerprint_of(empty / "keys/rosa")
    assert [re.sub(r"letpass-\S+", "letpass-…", line) for line in said.split("you are about")[0].splitlines()] == [
        "found     5 people in `people.csv`, 4 with a key",
        f"found     you are rosa@corp.example, by keys/rosa ({fingerprint})",
        "role      root: 1 of rosa@corp.example, since nobody was named for it",
        "role      policy-owner: 1 of rosa@corp.example",
        "role      chief-risk-officer: nobody; may waive",
        "role      risk: vera@corp.example; the policies ask for 1",
        "role      validator: vera@corp.example, vito@corp.example; the policies ask for 2",
        "made      the gate's key, by which the ledger is known: letpass-…",
    ]
    for name in ("rosa", "vera", "vito", "ben"):
        key = json.dumps({"key": f"ssh-ed25519 {fingerprint_of(empty / 'keys' / name)}"})
        assert f"  + people.{name}@corp.example.keys: {key}\n" in said
    assert "these policies are in force now\n" in said


def test_without_a_list_whoever_begins_is_known_by_git_and_the_key_at_home(
    empty: Path, call: Call, tmp_path: Path
) -> None:
    """Both are said; nobody is asked where there is no terminal, and so nothing is signed without `--yes`."""
    home = tmp_path / "home"
    (home / "gitconfig").write_text("[user]\nemail = Nora@Corp.example\n")
    code, _, err = call("trust", "init")
    assert (code, "name your key with --key" in err) == (2, True)
    office.key(home / ".ssh/id_ed25519")

    code, out, _ = call("trust", "init")
    assert (code, "you are nora@corp.example, by git's user.email, who is taken in with this key" in out) == (0, True)
    assert f"note      not signed: name your key with --key {home}/.ssh/id_ed25519, or say --yes" in out
    assert (Path("trust.json").exists(), Path("trust.next.json").exists()) == (False, True)
    Path("trust.next.json").unlink()

    code, out, _ = call("trust", "init", "--yes")
    assert (code, "policy-owner: 1 of nora@corp.example, since nobody was named for it" in out) == (0, True)
    assert "note: there is no `policies`, so none is put in force; later: `policy sign policies --key KEY`" in out
    assert (Path("trust.json").exists(), Path("trust.next.json").exists()) == (True, False)


def test_a_key_that_nobody_is_known_by_begins_nothing(empty: Path, call: Call) -> None:
    """Neither the list nor git says whose it is."""
    code, _, err = call("trust", "init", "--key", "keys/mallory")

    assert (code, "is nobody's of those named, and git's user.email tells no address" in err) == (2, True)
    assert list(empty.glob("trust*")) == []


@pytest.mark.parametrize(
    ("people", "key", "said"),
    [
        (PEOPLE, "keys/mallory", "is of nobody in the root"),
        (PEOPLE, "keys/vito", "is of nobody in the root"),
        (PEOPLE.replace("keys/vito.pub", "keys/vera.pub"), "keys/rosa", "one key under two names"),
        (PEOPLE.replace("keys/rosa.pub", ""), "keys/rosa", "no key is named of rosa@corp.example"),
        (PEOPLE.replace("keys/rosa.pub", "keys/mallory.pub"), "keys/rosa", "is of nobody in the root"),
        (PEOPLE.replace("keys/vito.pub", "keys/vito"), "keys/rosa", "a private key, where its public half is wanted"),
        (PEOPLE.replace("vito@corp", "Vito@corp"), "keys/rosa", "names no person"),
    ],
)
def test_a_trust_file_that_would_trust_the_wrong_ones_is_not_begun(
    empty: Path, call: Call, people: str, key: str, said: str
) -> None:
    """A stranger's key, one key for two people, an owner without a key: nothing is written; the list as it was begins one."""
    write(empty / "people.csv", people)
    call("init")
    code, _, err = call("trust", "init", "--key", key)
    assert (code, said in err, list(empty.glob("trust*"))) == (2, True, []), err

    write(empty / "people.csv", PEOPLE)
    assert call("trust", "init", "--key", "keys/rosa")[0] == 0


def test_a_stranger_in_the_list_signs_nothing(empty: Path, call: Call) -> None:
    """Mallory's key stands there for Vito: Vito's own does not count, and hers only as whom the signed list says."""
    commands = Commands(call)
    begun(commands, empty, PEOPLE + "mallory@corp.example,,keys/mallory.pub,\n")
    asked(commands, empty)

    code, _, err = call("sign", "loans@7", "--key", "keys/mallory")
    assert (code, "no rule awaits a sign-off by mallory@corp.example" in err) == (2, True)
    code, _, err = call("sign", "loans@7", "--role", "validator", "--key", "keys/mallory")
    assert (code, "mallory@corp.example is not in the role `validator`" in err) == (2, True)
    assert call("sign", "loans@7", "--key", "keys/vito")[0] == 0


def test_two_owners_put_policies_in_force_together(empty: Path, call: Call) -> None:
    """Whoever begins is not alone where others were named: until the second has signed, an allow is held back."""
    people = PEOPLE.replace("keys/vito.pub,validator", "keys/vito.pub,validator; policy-owner")
    commands = Commands(call)

    said = begun(commands, empty, people)
    assert "role      root: 2 of rosa@corp.example, vito@corp.example, since nobody was named for it" in said
    assert "trust.next.json: version 1 waits for signatures" in said
    assert not (empty / "policies/signatures").exists()
    said = commands("trust", "sign", "--key", "keys/vito", "--yes")
    assert "not in force yet: the policy set `sha256:" in said
    assert "has 1 of 2 signatures by its owners" in said
    asked(commands, empty)
    commands("sign", "loans@7", "--role", "validator", "--role", "risk", "--key", "keys/vera")
    commands("sign", "loans@7", "--key", "keys/vito")
    code, out, _ = call("promote", "loans@7", "--to", "production")
    assert (code, "HELD[GATE403]" in out) == (3, True)

    assert "these policies are in force now" in call("sign", "policies", "--key", "keys/rosa")[1]
    assert call("promote", "loans@7", "--to", "production")[0] == 0


def test_whoever_begins_does_not_own_what_others_were_named_for(empty: Path, call: Call) -> None:
    """The list names Vito alone for both: Rosa's key signs neither."""
    write(empty / "people.csv", PEOPLE.replace(",policy-owner", ",").replace("vito.pub,", "vito.pub,policy-owner; "))
    call("init")
    code, _, err = call("trust", "init", "--key", "keys/rosa")
    assert (code, "is of nobody in the root" in err) == (2, True)

    code, out, _ = call("trust", "init", "--key", "keys/vito")
    assert (code, "policy-owner: 1 of vito@corp.example\n" in out) == (0, True)


def test_more_signatures_can_be_asked_for_than_there_would_be(empty: Path, call: Call) -> None:
    """Two for the root, and never more than there are."""
    people = PEOPLE.replace(",policy-owner", ",root").replace("vito.pub,", "vito.pub,root; ")
    write(empty / "people.csv", people)
    code, _, err = call("trust", "init", "--threshold", "3", "--key", "keys/rosa")
    assert (code, "the threshold of `root` is a number from 1 to that of its members, 2" in err) == (2, True)

    code, out, _ = call("trust", "init", "--threshold", "1", "--key", "keys/rosa")
    assert (code, "root: 1 of rosa@corp.example, vito@corp.example\n" in out) == (0, True)


def test_bare_takes_the_root_alone(empty: Path, call: Call) -> None:
    """Nothing is looked for, and no policy signed."""
    assert call("trust", "init", "--bare", "--key", "keys/rosa")[0] == 2
    write(empty / "people.csv", PEOPLE)
    call("init")
    code, out, _ = call("trust", "init", "--bare", "--root", "rosa@corp.example=keys/rosa.pub", "--key", "keys/rosa")

    assert (code, "found" in out, (empty / "policies/signatures").exists()) == (0, False, False)
    shown = json.loads(call("trust", "show", "--json")[1])
    assert (list(shown["people"]), list(shown["roles"])) == (["rosa@corp.example"], ["root"])


def test_the_key_of_a_gate_that_is_elsewhere_is_named(empty: Path, call: Call) -> None:
    """Then this one makes no key, and its decisions would not be believed."""
    code, out, _ = call("ledger", "key")
    key = out.strip()
    shutil.rmtree(empty / ".letpass")
    write(empty / "people.csv", PEOPLE)
    call("init")

    assert call("trust", "init", "--ledger", key, "--key", "keys/rosa")[0] == code == 0
    assert json.loads(call("trust", "show", "--json")[1])["ledger"] == {"keys": [key]}
    assert not (empty / ".letpass/gate.key").exists()


def test_policies_that_do_not_compile_are_not_put_in_force(empty: Path, call: Call) -> None:
    """The trust file is begun all the same, and the output says what is left to do."""
    write(empty / "people.csv", PEOPLE)
    write(empty / "policies/bad.policy", 'policy bad: "B"\n  on promotion to production\nrequire x: acuracy >=\n')
    call("init")
    code, out, _ = call("trust", "init", "--key", "keys/rosa")

    assert (code, "so none is put in force; later: `policy sign policies --key KEY`" in out) == (0, True)
    assert ((empty / "trust.json").exists(), (empty / "policies/signatures").exists()) == (True, False)


# ---------------------------------------------------------------- in which role


def test_a_role_is_left_out_only_where_one_is_awaited(empty: Path, call: Call) -> None:
    """Vera holds two that are: she names them; what is signed is said."""
    commands = Commands(call)
    begun(commands, empty)
    asked(commands, empty)

    code, _, err = call("sign", "loans@7", "--key", "keys/vera")
    assert (code, "you are awaited in `risk` and `validator`: name each with --role" in err) == (2, True)
    code, _, err = call("sign", "loans@7", "--key", "keys/ben")
    assert (code, "no rule awaits a sign-off by ben@corp.example" in err) == (2, True)
    assert "role: validator, which is yours and awaited\n" in commands("sign", "loans@7", "--key", "keys/vito")


def test_what_a_change_of_trust_adds_is_said(empty: Path, call: Call) -> None:
    """`add person` and `add role` printed the same four lines."""
    begun(Commands(call), empty)

    out = call("trust", "add", "person", "mia@corp.example", "--key", "keys/mallory.pub")[1]
    key = json.dumps({"key": f"ssh-ed25519 {fingerprint_of(empty / 'keys/mallory')}"})
    assert out.splitlines()[:2] == [
        f"  + people.mia@corp.example.keys: {key}",
        "trust.next.json: version 2 waits for signatures",
    ]
    out = call("trust", "add", "role", "risk", "--member", "mia@corp.example")[1]
    assert out.splitlines()[0] == '  + roles.risk.members: "mia@corp.example"'
    out = call("trust", "remove", "member", "risk", "vera@corp.example")[1]
    assert out.splitlines()[0] == '  - roles.risk.members: "vera@corp.example"'


def fingerprint_of(key: Path) -> str:
    """As `ssh-keygen -l` prints it."""
    done = subprocess.run(["ssh-keygen", "-l", "-f", f"{key}.pub"], capture_output=True, text=True, check=True)
    return done.stdout.split()[1]
