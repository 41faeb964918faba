"""Help: every command shows an example, and every example runs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from assay.cli.main import GROUPS
from tests.cli.conftest import ROOT, Call, environ

COMMANDS = [name for commands in GROUPS.values() for name in commands]


def _example(help_: str) -> str:
    """The command line below `Example:`."""
    found = re.search(r"^  Example:\n    (policy .+)\n", help_, re.MULTILINE)
    assert found is not None
    return found[1]


@pytest.fixture(name="shell")
def _shell(tmp_path: Path) -> dict[str, str]:
    """An environment in which `policy` is this checkout's."""
    script = tmp_path / "bin/policy"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m assay "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    return environ(PATH=f"{script.parent}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_the_example_of_every_command_runs(call: Call, shell: dict[str, str], command: str) -> None:
    """Copied from the help into a shell in the checkout, it answers: allowed, no, or undecided."""
    if shutil.which("sh") is None:
        pytest.skip("there is no shell here")
    code, out, err = call(*command.split(), "--help")
    example = _example(out)

    done = subprocess.run(["sh", "-c", example], cwd=ROOT, env=shell, capture_output=True, timeout=60)

    assert (code, err) == (0, "")
    assert f"policy {command}" in example
    assert done.returncode in {0, 1, 3}
    assert done.stderr == b""


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
            module = import_module(f"assay.cli.{'evaluate' if name == 'eval' else name}")
            assert module.command.short_help == sentence


def test_both_scripts_are_one_program(call: Call) -> None:
    """`--version` names the program, whichever script was called."""
    code, out, _ = call("--version")

    assert code == 0
    assert re.fullmatch(r"assay, version \S+\n", out)


@pytest.mark.parametrize("shell_name", ["bash", "zsh", "fish"])
def test_completion_is_offered(spawn: Call, shell_name: str) -> None:
    """Each shell gets its completion script."""
    code, out, err = spawn("ignored", _POLICY_COMPLETE=f"{shell_name}_source")

    assert (code, err) == (0, "")
    assert "_POLICY_COMPLETE" in out


def test_completion_completes_commands(spawn: Call) -> None:
    """The commands that begin with what was typed."""
    code, out, _ = spawn(_POLICY_COMPLETE="bash_complete", COMP_WORDS="policy ch", COMP_CWORD="1")

    assert (code, out.splitlines()) == (0, ["plain,check"])
