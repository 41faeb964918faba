"""Help: every command shows an example, and every example runs."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from letpass.cli.commands.events import SUBCOMMANDS as EVENTS
from letpass.cli.commands.evidence import TABLE as EVIDENCE
from letpass.cli.commands.ledger import SUBCOMMANDS as LEDGER
from letpass.cli.commands.trust import SUBCOMMANDS as TRUST
from letpass.cli.main import GROUPS
from tests import warm
from tests.cli.conftest import ROOT, Call, environ

COMMANDS = [name for commands in GROUPS.values() for name in commands]
SIGNING = [
    *GROUPS["People"],
    *GROUPS["Owners of the policies"],
    *GROUPS["Registry"],
    *GROUPS["Evidence and log"],
    "verify",
]
GROUPED = (("trust", TRUST), ("ledger", LEDGER), ("evidence", EVIDENCE), ("events", EVENTS))
SUBCOMMANDS = [f"{group} {name}" for group, found in GROUPED for name in found]
# what is said beside the answer, so that the answer alone stands on standard output
BESIDE = ("witness ", "moved: ", "registered: ", "deployed: ", "retired: ", "renewed: ", "nothing was moved")
Shell = Callable[[str, Path], tuple[int, str]]
LOGGED = """
for key in vera vito; do policy sign models/fraud/4.yaml --role validator --key $key; done
policy sign policies --role policy-owner --key ~/.ssh/id_ed25519
policy check models/fraud/4.yaml --to production --log"""
LATER = f"{LOGGED}; sleep 1; policy check models/fraud/4.yaml --to production --log"


def _example(help_: str) -> str:
    """The command line below `Example:`."""
    found = re.search(r"^  Example:\n    (policy .+)\n", help_, re.MULTILINE)
    assert found is not None
    return found[1]


@pytest.fixture(name="shell")
def _shell(tmp_path: Path) -> Shell:
    """Runs a line in which `policy` is this checkout's."""
    script = tmp_path / "bin/policy"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nexec {shlex.join(warm.command())} "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    if shutil.which("sh") is None:
        pytest.skip("there is no shell here")

    def shell(line: str, folder: Path) -> tuple[int, str]:
        environment = environ(PATH=f"{script.parent}{os.pathsep}{os.environ['PATH']}")
        done = subprocess.run(["sh", "-c", line], cwd=folder, env=environment, capture_output=True, timeout=60)
        return done.returncode, done.stderr.decode()

    return shell


@pytest.mark.parametrize("command", ["", *[c for c in COMMANDS if c not in SIGNING]])
def test_the_example_of_every_command_runs(call: Call, shell: Shell, command: str, tmp_path: Path) -> None:
    """Copied from the help into a shell in the checkout, it answers: allowed, no, or undecided."""
    where = tmp_path if command == "init" else ROOT  # what begins a project begins it elsewhere
    code, out, err = call(*command.split(), "--help")
    example = _example(out)

    assert (code, err) == (0, "")
    assert f"policy {command}" in example
    code, said = shell(example, where)
    assert (code in {0, 1, 3}, said) == (True, "")


# what an example needs to be there before it
BEFORE = {
    "register": "mkdir new; sed s/version:.*/version:\\ 5/ models/fraud/4.yaml > new/5.yaml",
    "promote": LOGGED.rpartition("\n")[0],
    "deploy": f"""{LOGGED}; policy promote fraud@4 --to production
policy attest models/fraud/4.yaml results.xml --suite "Fairness Check" --key ci.pem
policy waive deployment/fits fraud@4 --until "$(date -u -d '+9 days' +%F)" --reason "as agreed" --key ~/.ssh/id_ed25519""",
    "observe": "echo 'observations: {error_rate: 0.001}' > observed.yaml",
    "review": """printf 'policy review: "R"\n  on review\nrequire known: author is recorded\n' > policies/review.policy""",
    "trust init": "rm trust.json policy.toml",
    "trust sign": "policy trust add person vera@corp.example --alias Vera",
    "verify": LOGGED,
    "withdraw": "policy sign models/fraud/4.yaml --role validator --key ~/.ssh/id_ed25519",
    "lift": "policy reject models/fraud/4.yaml --to production --role validator --key vera --reason no",
    "adopt": "sed 's/version:.*/version: 1/; $a stage: production' models/fraud/4.yaml > models/fraud/1.yaml",
    "ungate": f"""printf 'policy tested: "T"\n  on promotion to staging\nrequire known: author is recorded\n' > policies/s.policy
{LOGGED.replace("production --log", "staging --log")}
policy promote fraud@4 --to staging; rm policies/s.policy
policy sign policies --role policy-owner --key ~/.ssh/id_ed25519""",
    "renew": f"""{LOGGED}; policy promote fraud@4 --to production; sleep 1
policy request models/fraud/4.yaml --to production --key bob
for key in vera vito; do policy sign models/fraud/4.yaml --role validator --key $key; done""",
    "standing": f"{LOGGED}; policy promote fraud@4 --to production",
    "reconcile": f"{LOGGED}; policy promote fraud@4 --to production",
    "runs": "printf 'code: {commit: 0123456789abcdef}\\n' >> models/fraud/4.yaml",
    "doctor": "policy sign policies --role policy-owner --key ~/.ssh/id_ed25519 --yes",
    "events deliver": """printf '[[events]]\\ncommand = ["true"]\\n' >> policy.toml""",
    "ledger": LOGGED,
    "ledger list": LOGGED,
    "ledger show": LOGGED,
    "ledger verify": LOGGED,
    "ledger prove": LOGGED,
    "ledger checkpoint": LOGGED,
    "ledger export": LOGGED,
    "ledger rotate-key": f"""{LOGGED}; policy trust add ledger "$(policy ledger key --next)"
policy trust sign --key ~/.ssh/id_ed25519""",
    "ledger recover": f"{LATER.replace('; sleep 1', '; cp -r .letpass older; sleep 1')}; rm -r .letpass; mv older .letpass",
    "ledger mend-clock": LATER,
    "ledger migrate": LOGGED,
    "ledger sign": f"{LATER}; policy ledger mend-clock 8 --reason ahead",
    "ledger witness": f"{LOGGED}; policy ledger checkpoint --since 0 -o offer.txt",
}


@pytest.mark.parametrize("command", [*SIGNING, *SUBCOMMANDS])
def test_the_example_of_every_command_by_which_people_sign_runs(
    call: Call, shell: Shell, office: Path, command: str
) -> None:
    """In a project whose trust file gives somebody every role, with the key of that person at home."""
    code, out, err = call(*command.split(), "--help")
    example = _example(out)
    if command in BEFORE:
        assert shell(BEFORE[command], office)[0] in {0, 1, 3}

    assert (code, err) == (0, "")
    assert f"policy {command}" in example
    code, said = shell(example, office)
    said = "".join(line for line in said.splitlines(keepends=True) if not line.startswith(BESIDE))
    assert (code, said) == (0, "")


def test_help_lists_every_command_in_its_group(call: Call) -> None:
    """`--help` names all commands, each with its sentence, and all exit codes."""
    code, out, _ = call("--help")

    assert code == 0
    assert [
        line.split()[0] for line in out.splitlines() if line.split()[:1] and line.split()[0] in COMMANDS
    ] == COMMANDS
    assert [g for g in GROUPS if f"\n{g}:\n" not in out] == []
    assert re.sub(r"\s+", " ", out).endswith(
        "0 allow, 1 deny, 2 usage or policy error, 3 undecided, 4 could not evaluate, 70 defect. "
    )


def test_help_of_a_command_says_the_sentence_of_the_list(call: Call) -> None:
    """The list is a table of its own, so that it imports no command; it says what the commands say of themselves."""
    from importlib import import_module

    for commands in GROUPS.values():
        for name, sentence in commands.items():
            module = import_module(f"letpass.cli.commands.{'evaluate' if name == 'eval' else name}")
            assert module.command.short_help == sentence


def test_both_scripts_are_one_program(call: Call) -> None:
    """`--version` names the program, whichever script was called."""
    code, out, _ = call("--version")

    assert code == 0
    assert re.fullmatch(r"letpass, version \S+\n", out)


@pytest.mark.parametrize("shell_name", ["bash", "zsh", "fish"])
def test_completion_is_offered(spawn: Call, shell_name: str) -> None:
    """Each shell gets its completion script."""
    code, out, err = spawn(_POLICY_COMPLETE=f"{shell_name}_source")

    assert (code, err) == (0, "")
    assert "_POLICY_COMPLETE" in out


def test_completion_completes_commands(spawn: Call) -> None:
    """The commands that begin with what was typed."""
    code, out, _ = spawn(_POLICY_COMPLETE="bash_complete", COMP_WORDS="policy ch", COMP_CWORD="1")

    assert (code, out.splitlines()) == (0, ["plain,check"])
