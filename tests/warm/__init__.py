"""The program as processes of their own that need not load it: a process that has loaded everything forks for each.

Loading takes ten times as long as most commands.  What a test says of loading, of closed or odd standard streams, of
Python's own variables or of signals needs `python -m letpass`, and so does who kills it: what is killed here is its client,
and the program a moment later.  For all else `command()` is the same program.
"""

from __future__ import annotations

import atexit
import functools
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.warm import measured

HERE = Path(__file__).parent
PLACE = tempfile.gettempdir()
"""Asked for when tests are collected: one of them may say that it is elsewhere for a while."""
ROOT = HERE.parents[1]


@functools.cache
def _server() -> tuple[subprocess.Popen[bytes], str]:
    """The process that forks, and its socket.  It ends when this process does, as its standard input is closed then."""
    path = str(Path(tempfile.mkdtemp(prefix="letpass-warm-", dir=PLACE)) / "socket")
    process = subprocess.Popen(
        [sys.executable, str(HERE / "server.py"), path], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env={"PYTHONPATH": str(ROOT / "src"), "PYTHONUTF8": "1", measured.NAME: measured.FOLDER},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    process.stdout.close()
    atexit.register(process.communicate)
    return process, path


def command() -> list[str]:
    """What to put before the program's arguments, instead of `python -m letpass`."""
    return [sys.executable, "-I", "-S", str(HERE / "client.py"), _server()[1]]


def function() -> str:
    """A line of a shell that makes `policy` this checkout's."""
    return f'policy() {{ {shlex.join(command())} "$@"; }}'
