"""Exit 0 comes from the end of a command alone: never from help, the version, completion, or what Python does behind it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from letpass.cli import variables
from letpass.cli.exits import Exit
from letpass.cli.main import run
from tests.cli import tree
from tests.cli.conftest import Call, environ, write
from tests.cli.tree import ALL, LEAVES

DENIED = ("check", "fraud@2", "--to", "production")
EAGER = ("-h", "--help", "--version")
every = pytest.mark.parametrize("path", LEAVES, ids=" ".join)


@pytest.fixture(name="ends")
def _ends(monkeypatch: pytest.MonkeyPatch) -> object:
    """Let a command do nothing but end with something."""

    def ends(path: tree.Path, how: object) -> None:
        monkeypatch.setattr(LEAVES[path], "callback", lambda **_: how)

    return ends


# ---------------------------------------------------------------- what a command gives back


@every
def test_a_command_ends_with_the_exit_code_that_it_gives_back(call: Call, ends: object, path: tree.Path) -> None:
    """And one that just comes to its end, or says something else, has said nothing."""
    for code in Exit:
        ends(path, code)  # type: ignore[operator]
        assert call(*tree.words(path)) == (code, "", "")
    for nothing in (None, True, False, "0", 0.0, []):
        ends(path, nothing)  # type: ignore[operator]
        with pytest.raises(RuntimeError, match="which is no exit code"):
            run(tree.words(path))
    for number, code in ((0, 2), (1, 1), (256, None), (-256, None)):  # of 256 a system would see its last eight bits
        ends(path, number)  # type: ignore[operator]
        if code is not None:
            assert call(*tree.words(path))[0] == code
        else:
            with pytest.raises(ValueError, match="is not a valid Exit"):
                run(tree.words(path))


def test_every_command_says_that_it_gives_back_an_exit_code() -> None:
    """So that the types are checked."""
    assert {path: command.callback.__annotations__["return"] for path, command in LEAVES.items()} == dict.fromkeys(
        LEAVES, "Exit"
    )


def test_a_command_without_an_answer_is_a_defect(project: Path, spawn: Call) -> None:
    """As a program it leaves with 70 then."""
    broken = "from letpass.cli.commands import schema\nschema.command.callback = lambda document: None\n"
    write(project / "broken/sitecustomize.py", broken)

    code, out, err = spawn("schema", "record", PYTHONPATH=str(project / "broken"))

    assert (code, out) == (70, "")
    assert err.startswith("error[GATE901]: a defect in letpass itself: RuntimeError: a command ended with None")


@pytest.mark.parametrize("ending", ["raise SystemExit(0)", "raise SystemExit", "import sys; sys.exit(False)"])
def test_whoever_ends_the_program_from_within_allows_nothing(project: Path, spawn: Call, ending: str) -> None:
    """At the import of a library, or in the middle of a command."""
    for module in ("click", "yaml"):
        write(project / f"ending/{module}.py", f"{ending}\n")
        code, out, err = spawn(*DENIED, PYTHONPATH=str(project / "ending"))
        assert (code, out, "error[GATE901]" in err) == (70, "", True)
        (project / f"ending/{module}.py").unlink()


# ---------------------------------------------------------------- help and the version


@pytest.mark.parametrize("path", ALL, ids=lambda p: " ".join(p) or "none")
def test_help_alone_is_0(call: Call, path: tree.Path) -> None:
    """Where it is the only word behind the command."""
    for word in ("-h", "--help"):
        code, out, err = call(*path, word)
        assert (code, out.startswith("Usage: "), err) == (0, True, "")


@every
def test_help_beside_other_words_is_never_0(call: Call, ends: object, path: tree.Path) -> None:
    """At every place, twice, behind other flags: it is printed and is 2, or is an option's value, and the answer stays."""
    ends(path, Exit.NO)  # type: ignore[operator]
    words = tree.words(path)
    assert call(*words)[0] == 1
    for word in EAGER:
        for at in range(len(words) + 1):
            asked = [*words[:at], word, *words[at:]]
            if asked != [*path, word] or word == "--version":
                code, out, err = call(*asked)
                assert code in {1, 2}, asked
                assert "Usage: " in out + err or "version" in out or code == 1, asked
    for asked in (["--help", "--help"], ["-hh"], ["--help", "--version"], ["--help", "x"], ["--help", "--"]):
        assert call(*path, *asked)[0] == 2, asked
    for flag in tree.flags(path):
        assert call(*words, f"-{flag}h")[0] == 2, flag
        assert call(*words, f"-h{flag}")[0] == 2, flag
    for word in ("--hel", "--he", "--h", "--help=1", "-help", "--vers"):
        assert call(*words, word)[0] in {1, 2}, word
    assert call(*path, "--", "--help")[0] in {1, 2}


@pytest.mark.parametrize(
    "words",
    [
        [*DENIED, "--help"],
        ["--help", *DENIED],
        ["--version", *DENIED],
        ["check", "--help", *DENIED[1:]],
        ["check", "-h", "fraud@2"],
        ["check", "trust", "--help"],
        ["trust", "--help", "show"],
        ["nosuch", "--help"],
        ["trust", "nosuch", "--help"],
        ["--version", "--help"],
        ["--help", "--version"],
        ["--version", "--version"],
        ["", "--help"],
    ],
    ids=" ".join,
)
def test_help_and_the_version_are_no_answer(project: Path, call: Call, words: list[str]) -> None:
    """The pipeline that has such a word in its line stops."""
    code, out, err = call(*words)

    assert code == 2
    assert ("beside other words" in err) == bool(out)


def test_a_value_that_looks_like_help_is_a_value(project: Path, call: Call) -> None:
    """An option takes the word behind it, whatever it is."""
    assert call("history", "fraud", "--stage", "-h")[:2] == (
        0, "the ledger `.letpass/ledger.db` is not begun: nothing was moved yet\n",
    )  # fmt: skip
    assert call(*DENIED, "--policy-ref", "--help")[0] == 2
    assert "there is no `--help`" in call("check", "--to", "production", "--", "--help")[2]


# ---------------------------------------------------------------- completion


@pytest.mark.parametrize("asked", ["bash_source", "bash_complete", "zsh_source", "fish_complete", "1", "true"])
@pytest.mark.parametrize("name", variables.COMPLETION)
def test_completion_answers_for_no_command(project: Path, forked: Call, name: str, asked: str) -> None:
    """Where words stand behind the command, its variable is named, and the command runs as without it."""
    expected = forked(*DENIED, "-o", "concise")
    told = f"warning: `{name}` completes nothing where words stand behind the command\n"

    surroundings = {name: asked, "COMP_WORDS": "policy ch", "COMP_CWORD": "1"}
    assert forked(*DENIED, "-o", "concise", **surroundings) == (1, expected[1], told + expected[2])


def test_completion_that_nobody_knows_is_2(spawn: Call) -> None:
    """A variable that says something else."""
    assert spawn(_POLICY_COMPLETE="tcsh_source") == (
        2, "", "error: `_POLICY_COMPLETE` is bash_source, zsh_source or fish_source\n",
    )  # fmt: skip


# ---------------------------------------------------------------- Python


def test_an_interpreter_that_stays_has_no_code_of_its_own(project: Path) -> None:
    """With `PYTHONINSPECT` Python would ask on a terminal for more lines, and leave with 0 behind any answer."""
    pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")
    codes = []
    for words in (DENIED, ("check", "fraud@1", *DENIED[2:])):
        ours, theirs = pty.openpty()
        os.write(ours, b"\x04")
        done = subprocess.run(
            [sys.executable, "-m", "letpass", *words, "-q"], stdin=theirs, env=environ(PYTHONINSPECT="1"), timeout=60
        )
        codes.append(done.returncode)
        os.close(ours)
        os.close(theirs)

    assert codes == [1, 0]


def test_a_pinned_trust_file_that_is_gone_is_not_begun_anew(project: Path, spawn: Call) -> None:
    """Nor where Python leaves out what is only asserted."""
    write(project / "policy.toml", f'[trust]\nroot = "sha256:{"0" * 64}"\n')
    for optimised in ("", "1"):
        code, _, err = spawn("trust", "init", "--root", "a@x=a.pub", PYTHONOPTIMIZE=optimised)
        assert (code, "error[GATE411]: a trust root is pinned" in err) == (2, True)
