"""The program as its surroundings see it: standard input, closed pipes, crashes, interrupts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
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
            [sys.executable, "-m", "assay", "check", "fraud@1", *TO],
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
    assert err.startswith("error[GATE901]: a defect in assay itself: RuntimeError: broken on purpose\n")
    assert "Traceback" not in err


def test_an_interrupt_is_130(project: Path) -> None:
    """Who waits for input and is interrupted has decided nothing."""
    program = subprocess.Popen(
        [sys.executable, "-m", "assay", "check", "-", *TO],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environ(),
    )
    with program:
        time.sleep(1.5)
        program.send_signal(signal.SIGINT)
        out, err = program.communicate(timeout=60)

    assert (program.returncode, out.strip()) == (130, b"")
    assert b"Traceback" not in err
