"""People sign with stock OpenSSH: files, agents, keys of every kind; and an auditor checks with `ssh-keygen` alone."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from letpass.cli.main import run
from letpass.trust import signers, signing, sshsig
from tests.cli import office
from tests.trust.keys import armour

RECIPE = Path(__file__).parents[2] / "docs" / "trust.md"


@pytest.fixture(name="project")
def _project(openssh: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The office, made anew, as the working directory."""
    assert openssh
    for name in [n for n in os.environ if n.startswith("LETPASS_")]:
        monkeypatch.delenv(name)
    folder = office.build(tmp_path / "office")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(name="agent")
def _agent(openssh: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """An agent of the tests' own."""
    assert openssh
    socket = tmp_path / "agent"
    started = subprocess.run(["ssh-agent", "-a", str(socket)], capture_output=True, text=True, check=True)
    pid = int(re.findall(r"SSH_AGENT_PID=(\d+)", started.stdout)[0])
    monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
    yield
    os.kill(pid, signal.SIGTERM)


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_stock_ssh_keygen_signs_with_every_kind_of_key(openssh: str, tmp_path: Path, kind: str) -> None:
    """And what it signs is verified to the last byte here, and by itself."""
    file = office.key(tmp_path / "key", kind)
    key = signing.public_key(file)

    blob = signing.by_person(file, key, b"message", signers.NAMESPACE)

    assert sshsig.verify(blob, signers.NAMESPACE, b"message").key == key
    (tmp_path / "sig").write_text(armour(blob))
    done = subprocess.run(
        [openssh, "-Y", "check-novalidate", "-n", signers.NAMESPACE, "-s", str(tmp_path / "sig")],
        input=b"message",
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_key_in_an_agent_signs_where_only_its_public_half_is_at_hand(project: Path, agent: None) -> None:
    """As a security key does, whose private half nobody has in a file."""
    subprocess.run(["ssh-add", "-q", "vera"], check=True, cwd=project)
    (project / "vera").unlink()
    asked = office.request_of(project)

    assert run(["sign", asked, "--role", "validator", "--key", "vera.pub"]) == 0


def test_without_the_key_nothing_is_signed(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The private half is neither in a file nor in an agent."""
    (project / "vera").unlink()
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)

    assert run(["sign", office.request_of(project), "--role", "validator", "--key", "vera.pub"]) == 2
    assert "error[GATE414]: nothing was signed" in capsys.readouterr().err
    assert len(list((project / "models/fraud/4").iterdir())) == 1


def test_a_passphrase_that_nobody_types_signs_nothing(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No terminal, no askpass: an error and no file."""
    subprocess.run(["ssh-keygen", "-q", "-p", "-P", "", "-N", "secret", "-f", "vera"], check=True, cwd=project)
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)

    code = run(["sign", office.request_of(project), "--role", "validator", "--key", "vera"])

    assert code == 2
    assert "nothing was signed" in capsys.readouterr().err


def test_an_auditor_checks_a_signoff_with_ssh_keygen_alone(project: Path) -> None:
    """By the commands that docs/trust.md shows, and nothing of ours but two files."""
    office.policy("sign", office.request_of(project), "--role", "validator", "--key", "vera", "--into", "audit")
    (signed,) = (project / "audit").iterdir()
    shutil.copy(signed, project / "signoff.json")
    (project / "allowed_signers").write_text(office.policy("trust", "show", "--allowed-signers"))
    recipe = re.findall(
        r"^```sh\n(.*?)^```$",
        RECIPE.read_text("utf-8").partition("## Check one with ssh-keygen alone")[2],
        re.MULTILINE | re.DOTALL,
    )[0]
    assert "policy" not in recipe.replace("policy-", "")

    good = subprocess.run(["sh", "-e", "-c", recipe], cwd=project, capture_output=True, text=True, check=False)
    assert (good.returncode, good.stderr) == (0, "")
    assert f'Good "{signers.NAMESPACE}" signature for vera@corp.example' in good.stdout

    text = (project / "signoff.json").read_text()
    payload = re.findall(r'"payload":"([^"]+)"', text)[0]
    (project / "signoff.json").write_text(text.replace(payload, payload[:-8] + "AAAAfX0="))
    bad = subprocess.run(["sh", "-e", "-c", recipe], cwd=project, capture_output=True, text=True, check=False)
    assert bad.returncode != 0


def test_the_whole_way_with_real_keys_on_postgresql(
    project: Path, server: object, database: object, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Request, two signatures, policies in force, a logged allow, its verification by proof and by ledger."""
    assert server
    monkeypatch.setenv("LETPASS_LEDGER", database())  # type: ignore[operator]
    asked = office.request_of(project)
    for name in ("vera", "vito"):
        office.policy("sign", asked, "--role", "validator", "--key", name)
    office.policy("sign", "policies", "--role", "policy-owner", "--key", "home/.ssh/id_ed25519")
    capsys.readouterr()

    assert run(["check", "models/fraud/4.yaml", "--to", "production", "--log"]) == 0
    assert run(["verify", "models/fraud/4.yaml", "--to", "production", "--artifact", "fraud-4.onnx"]) == 0
    assert run(["ledger", "verify"]) == 0
    assert [line for line in capsys.readouterr().out.splitlines() if line.startswith(("  NO", "NO"))] == []
    monkeypatch.delenv("LETPASS_LEDGER")
    assert run(["verify", "models/fraud/4.yaml", "--to", "production", "--artifact", "fraud-3.onnx", "--offline"]) == 1
    assert "these are sha256:" in capsys.readouterr().out
