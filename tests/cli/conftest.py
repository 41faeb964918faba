"""A small project, and two ways to call the commands: in this process, and as a program of their own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from letpass.cli.main import run
from letpass.ledger import gatekey, place, proofs
from letpass.ledger.log import Ledger
from letpass.trust import statements
from tests import warm
from tests.cli import office, spoken

ROOT = Path(__file__).parents[2]
ARRESTS = "examples/arrests/models/arrests"
POLICY = 'policy gate: "Gate"\n  on promotion to production\nrequire good: accuracy >= 0.9\n'
RECORD = "model: fraud\nversion: '{}'\nmetrics: {{accuracy: {}}}\n"
Call = Callable[..., tuple[int, str, str]]
Show = Callable[..., tuple[str, str]]


@pytest.fixture(name="project")
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one policy and three versions: 1 is allowed, 2 denied, 3 undecided.  It is the working directory."""
    for name in [n for n in os.environ if n.startswith("LETPASS_") or n in {"NO_COLOR", "FORCE_COLOR"}]:
        monkeypatch.delenv(name)
    write(tmp_path / "policies/gate.policy", POLICY)
    for version, accuracy in ((1, "0.95"), (2, "0.5"), (3, "null")):
        write(tmp_path / f"models/fraud/{version}.yaml", RECORD.format(version, accuracy))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(name="office_once", scope="session")
def _office_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project whose people sign, made once."""
    if shutil.which("ssh-keygen") is None:
        pytest.skip("there is no ssh-keygen: install OpenSSH's client")
    return office.build(tmp_path_factory.mktemp("office"))


@pytest.fixture(name="office")
def _office(office_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that project, which is the working directory and the home of the one who signs."""
    for name in [n for n in os.environ if n.startswith("LETPASS_") or n in {"NO_COLOR", "FORCE_COLOR"}]:
        monkeypatch.delenv(name)
    folder = Path(shutil.copytree(office_once, tmp_path / "office"))
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(folder / "home"))
    return folder


@pytest.fixture(name="call")
def _call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Run a command in this process: exit code, standard output, standard error.

    Whatever command it tells people to run is one that the program would take.
    """

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(list(arguments))
        out, err = capsys.readouterr()
        told = err if out.startswith("{") else out + err  # what is for programs holds the texts of policies
        assert {c: why for c in spoken.commands(told) if (why := spoken.fault(c))} == {}, arguments
        return int(code), out, err

    return call


@pytest.fixture(name="spawn")
def _spawn() -> Call:
    """Run a command as a program: exit code, standard output, standard error."""

    def spawn(*arguments: str, stdin: bytes = b"", **environment: str) -> tuple[int, str, str]:
        return _run([sys.executable, "-m", "letpass"], arguments, stdin, environment)

    return spawn


@pytest.fixture(name="forked")
def _forked() -> Call:
    """The same of a program that is loaded already, which costs a tenth: for what says nothing of its start and end."""

    def forked(*arguments: str, stdin: bytes = b"", **environment: str) -> tuple[int, str, str]:
        return _run(warm.command(), arguments, stdin, environment)

    return forked


@pytest.fixture(name="show")
def _show(project: Path) -> Show:
    """Run a command as a program on a terminal, in the small project: standard output, standard error."""
    from tests.cli import terminals

    return terminals.show


def _run(
    program: list[str], arguments: tuple[str, ...], stdin: bytes, environment: dict[str, str]
) -> tuple[int, str, str]:
    done = subprocess.run(
        [*program, *arguments], input=stdin, capture_output=True, timeout=60, env=environ(**environment), check=False
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def environ(**more: str) -> dict[str, str]:
    """The environment of a program that finds this checkout."""
    path = os.pathsep.join(
        filter(None, [more.pop("PYTHONPATH", ""), str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    )
    return {**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8", **more}


def write(path: Path, content: str | bytes) -> Path:
    """Write a file, its folder too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


OWN = "home/.ssh/id_ed25519"
ARGUMENTS = ("verify", "models/fraud/4.yaml", "--to", "production", "--artifact", "fraud-4.onnx")


def asked(folder: Path) -> str:
    return office.request_of(folder)


def signed(call: Call, office_: Path) -> None:
    """Both validators and the policy owner sign."""
    request = asked(office_)
    for name in ("vera", "vito"):
        assert call("sign", request, "--role", "validator", "--key", name)[0] == 0
    assert call("sign", "policies", "--role", "policy-owner", "--key", OWN)[0] == 0


def in_days(days: int) -> str:
    from datetime import UTC, datetime, timedelta

    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%d")


def asked_among(folder: Path) -> str:
    """The request among other statements."""
    found = [
        p for p in (folder / "models/fraud/4").glob("*.json") if statements.read("", p.read_bytes()).kind == "request"
    ]
    return str(found[-1].relative_to(folder))


def _signed_once(office_once: Path, folder: Path, *then: str) -> Path:
    """A copy of the office in which everybody has signed, and a command was run; that verifies."""
    made = Path(shutil.copytree(office_once, folder / "office"))
    with pytest.MonkeyPatch.context() as patch:
        for name in [n for n in os.environ if n.startswith("LETPASS_")]:
            patch.delenv(name)
        patch.chdir(made)
        patch.setenv("HOME", str(made / "home"))
        request = asked(made)
        for name in ("vera", "vito"):
            office.policy("sign", request, "--role", "validator", "--key", name)
        office.policy("sign", "policies", "--role", "policy-owner", "--key", OWN)
        office.policy(*then)
        assert office.policy(*ARGUMENTS).startswith("VERIFIED")
    return made


@pytest.fixture(name="allowed_once", scope="session")
def _allowed_once(office_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    words = ("check", "models/fraud/4.yaml", "--to", "production", "--log")
    return _signed_once(office_once, tmp_path_factory.mktemp("allowed"), *words)


@pytest.fixture(name="allowed")
def _allowed(allowed_once: Path, office: Path) -> Path:
    """A project with an allow in its ledger, and the proof of it beside the record."""
    return Path(shutil.copytree(allowed_once, office, dirs_exist_ok=True))


@pytest.fixture(name="moved_once", scope="session")
def _moved_once(office_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _signed_once(office_once, tmp_path_factory.mktemp("moved"), "promote", "fraud@4", "--to", "production")


@pytest.fixture(name="moved")
def _moved(moved_once: Path, office: Path) -> Path:
    """A project with a version in production, by a move through its gate."""
    return Path(shutil.copytree(moved_once, office, dirs_exist_ok=True))


def proof_file(folder: Path) -> Path:
    """The proof beside version 4: that its move was made, where it was, else that it is allowed."""
    found = sorted((folder / "models/fraud/4").glob("*.decision.json"), key=lambda p: b'"made"' not in p.read_bytes())
    assert len(found) in {1, 2}
    return found[0]


def proof_of(folder: Path) -> proofs.Proof:
    return proofs.read_tlog_proof(json.loads(proof_file(folder).read_text())["proof"])


def ledger_of(folder: Path) -> Ledger:
    key = gatekey.load(folder / ".letpass/gate.key")
    return Ledger(place.store(str(folder / ".letpass/ledger.db"), make=True), (key.public,), key)
