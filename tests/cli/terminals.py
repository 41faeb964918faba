"""Programs on pseudo-terminals: what they write where somebody looks at it."""

from __future__ import annotations

import os
import select
import subprocess
import time

import pytest

from tests import warm
from tests.cli.conftest import environ

QUIET = {"CI": "", "NO_COLOR": "", "FORCE_COLOR": "", "SSH_CONNECTION": "", "LETPASS_DOCS": ""}
"""An environment that says nothing of colours and links."""


def show(*arguments: str, out: bool = True, err: bool = True, **environment: str) -> tuple[str, str]:
    """Run a program with standard output and error each on a terminal, or in a pipe: what was written to them."""
    pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")
    ends = [pty.openpty() if terminal else os.pipe() for terminal in (out, err)]
    process = subprocess.Popen(
        [*warm.command(), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=ends[0][1],
        stderr=ends[1][1],
        env=environ(**{**QUIET, "TERM": "xterm-256color", **environment}),
    )
    for _, theirs in ends:
        os.close(theirs)
    written = [_read(ours, process).decode().replace("\r\n", "\n") for ours, _ in ends]
    process.wait(timeout=60)
    for ours, _ in ends:
        os.close(ours)
    return written[0], written[1]


def _read(file: int, process: subprocess.Popen[bytes]) -> bytes:
    found = b""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if select.select([file], [], [], 0.1)[0]:
            try:
                more = os.read(file, 65536)
            except OSError:  # the other end was closed
                return found
            if not more:
                return found
            found += more
        elif process.poll() is not None:
            return found
    raise AssertionError("the program did not end")
