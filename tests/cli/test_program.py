"""The program as its surroundings see it: standard input, closed pipes, crashes, interrupts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Call, environ, write

TO = ("--to", "production")


def test_standard_input_is_judged(project: Path, spawn: Call) -> None:
    """`-` reads one record."""
    text = (project / "models/fraud/2.yaml").read_bytes()

    assert spawn("check", "-", *TO, "-q", stdin=text) == (1, "", "")


def test_standard_input_that_is_no_text_is_2(project: Path, spawn: Call) -> None:
    """Bytes that are no UTF-8 are a fault of the input."""
    code, out, err = spawn("check", "-", *TO, stdin=b"\xff\xfe")

    assert (code, out) == (2, "")
    assert err.startswith("error[GATE304]: not UTF-8: byte 0\n")
    assert spawn("fmt", "-", stdin=b"\xff")[0] == 2


def test_a_reader_who_has_gone_gets_no_allow(project: Path) -> None:
    """A report into a closed pipe is 4, although the model is allowed."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as closed:
        done = subprocess.run(
            [sys.executable, "-m", "letpass", "check", "fraud@1", *TO],
            stdout=closed,
            stderr=subprocess.PIPE,
            timeout=60,
            env=environ(),
        )

    assert (done.returncode, done.stderr) == (4, b"")


@pytest.mark.parametrize("module", ["click", "yaml"])
def test_a_crash_is_70_and_never_1(project: Path, spawn: Call, module: str) -> None:
    """Whatever breaks, even an import, is a defect and no answer."""
    write(project / f"broken/{module}.py", "raise RuntimeError('broken on purpose')\n")

    code, out, err = spawn("check", "fraud@1", *TO, PYTHONPATH=str(project / "broken"))

    assert (code, out) == (70, "")
    assert err.startswith("error[GATE901]: a defect in letpass itself: RuntimeError: broken on purpose\n")
    assert "Traceback" not in err


@pytest.mark.parametrize("module", ["click", "yaml"])
def test_an_interrupt_is_130(project: Path, spawn: Call, module: str) -> None:
    """Who interrupts, at whatever moment, has got no answer."""
    # a shell starts what runs in its background with this signal ignored, and the tests may run there
    listen = "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    text = f"import os, signal, time\n{listen}os.kill(os.getpid(), signal.SIGINT)\ntime.sleep(9)\n"
    write(project / f"interrupted/{module}.py", text)

    code, out, err = spawn("check", "fraud@1", *TO, PYTHONPATH=str(project / "interrupted"))

    assert (code, out, err.strip()) == (130, "", "")
