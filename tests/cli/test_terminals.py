"""Reports on terminals: narrow ones, ones of another encoding, none at all, and ones that have gone."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from letpass.cli.reporting import FORMATS
from letpass.reports.layout import fit, taken
from tests import warm
from tests.cli.conftest import ARRESTS, ROOT, Call

MOVE = ("--to", "production", "--champion", f"{ARRESTS}/1.yaml", "--at", "2026-11-23T12:00:00Z")


def _on_a_terminal(columns: int, *arguments: str, **environment: str) -> tuple[int, str]:
    """Run a command on a terminal of so many columns: exit code, and what it showed."""
    main, side = pty.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    kept = {k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "FORCE_COLOR", "COLUMNS", "CI"}}
    running = subprocess.Popen(
        [*warm.command(), *arguments],
        cwd=ROOT,
        env={**kept, "PYTHONPATH": str(ROOT / "src"), "TERM": "xterm", "PYTHONUTF8": "1", **environment},
        stdin=side,
        stdout=side,
        stderr=side,
    )
    os.close(side)
    shown = b""
    while True:
        ready, _, _ = select.select([main], [], [], 60)
        try:
            piece = os.read(main, 65536) if ready else b""
        except OSError:
            piece = b""
        if not piece:
            break
        shown += piece
    os.close(main)
    return running.wait(60), shown.decode("utf-8", "replace").replace("\r\n", "\n")


@pytest.mark.parametrize("columns", [20, 40, 80, 200])
def test_a_narrow_terminal_shows_all_words_whole(columns: int) -> None:
    """Lines are broken between words; source lines and single words alone may be longer; nothing is lost."""
    code, shown = _on_a_terminal(columns, "check", f"{ARRESTS}/3.yaml", *MOVE)
    wide_code, wide = _on_a_terminal(1000, "check", f"{ARRESTS}/3.yaml", *MOVE)
    too_long = [
        line for line in shown.splitlines()
        if taken(line) > columns and len(line.split()) > 1 and not re.match(r"\s*\d*\s*(\||-->)", line)
    ]  # fmt: skip

    assert (code, wide_code) == (1, 1)
    assert [line for line in too_long if taken(line.split()[-1]) < columns - 8] == []
    words = [set(re.sub(r"\x1b\[[0-9;]*m|in \d+ ms", "", text).replace("^", "").split()) for text in (shown, wide)]
    assert words[1] - words[0] - {"|"} == set()


def test_lines_break_between_words() -> None:
    """What continues stands further in."""
    assert fit("  = help: one two three four", 16) == ["  = help: one", "     two three", "     four"]
    assert fit("  = help: one two three four", 0) == ["  = help: one two three four"]
    assert fit("a-word-that-is-longer-than-any-line and more", 10) == [
        "a-word-that-is-longer-than-any-line",
        "   and",
        "   more",
    ]
    assert fit("10 | require a: b >= c and d and e", 10) == ["10 | require a: b >= c and d and e"]


def test_colours_take_no_room() -> None:
    """Nor do links."""
    assert taken("\x1b[31mFAIL\x1b[0m[\x1b]8;;file:///a/b\x1b\\GATE300\x1b]8;;\x1b\\]") == len("FAIL[GATE300]")


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_is_written_where_only_ascii_is(call: Call, form: str) -> None:
    """A terminal without UTF-8 gets every report, with the same exit code."""
    done = subprocess.run(
        [*warm.command(), "check", f"{ARRESTS}/3.yaml", *MOVE, "-o", form],
        cwd=ROOT, capture_output=True, check=False, timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii", "LC_ALL": "C"},
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (1, b"")
    assert len(done.stdout) > 200
    assert done.stdout.isascii()


@pytest.mark.parametrize("form", FORMATS)
def test_a_closed_pipe_is_no_answer(form: str) -> None:
    """Whoever reads has gone: exit code 4, whatever the verdict, and no traceback."""
    read, shut = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "letpass", "check", f"{ARRESTS}/3.yaml", *MOVE, "-o", form],
        cwd=ROOT, stdout=shut, stderr=subprocess.PIPE, check=False, timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )  # fmt: skip
    os.close(shut)

    assert done.returncode == 4
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("form", FORMATS)
def test_without_a_terminal_there_are_no_colours(
    call: Call, monkeypatch: pytest.MonkeyPatch, form: str, tmp_path: Path
) -> None:
    """Neither in a pipe nor in a file, whatever is forced on the screen."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("FORCE_COLOR", "1")
    path = tmp_path / "report"
    code, out, _ = call("check", f"{ARRESTS}/3.yaml", *MOVE, "-o", f"{form}={path}")

    assert (code, out) == (1, "")
    assert b"\x1b" not in path.read_bytes()


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("place", ["missing/report", "taken/report", "folder"])
def test_a_place_that_cannot_be_written_is_a_fault(project: Path, call: Call, form: str, place: str) -> None:
    """Exit code 2, and it is named; a denial is not mistaken for it, nor it for a denial."""
    (project / "taken").write_text("a file", encoding="utf-8")
    (project / "folder").mkdir()

    code, out, err = call("check", "fraud@1", "--to", "production", "-o", f"{form}={place}")

    assert (code, out) == (2, "")
    assert f"cannot write `{place}`" in err
    assert sorted(p.name for p in project.iterdir()) == ["folder", "models", "policies", "taken"]
