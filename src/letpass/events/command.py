"""An event given to a command: on its standard input, and in its environment."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from letpass import disk
from letpass.diagnostics import clean
from letpass.events.answer import Answer
from letpass.events.messages import Event
from letpass.project.targets import Target


def run(target: Target, event: Event, body: bytes, timeout: float, folder: Path) -> Answer:
    """Run the command in the project's folder; exit 0 is an acceptance.

    No shell reads it, and what it prints goes nowhere.  Where it takes longer than `timeout` seconds it is killed, with
    everything that it started in its process group.
    """
    said = {
        "TYPE": event.type,
        "ID": event.id,
        "MODEL": event.model,
        "VERSION": event.version,
        "STAGE": event.stage,
    }
    environment = {**os.environ, **{f"LETPASS_EVENT_{name}": clean(text) for name, text in said.items()}}
    try:
        process = subprocess.Popen(  # noqa: S603 - the project's own configuration names it, and no shell reads it
            target.command, cwd=folder, env=environment, start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    except OSError as error:
        return Answer(False, f"the command cannot be run: {disk.reason(error)}", answered=False)
    try:
        process.communicate(body, timeout)
    except subprocess.TimeoutExpired:
        return Answer(False, f"not done within {round(timeout, 1):g} s, and killed")
    finally:
        if process.poll() is None:
            with suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if process.stdin is not None:
            with suppress(OSError):
                process.stdin.close()
    if process.returncode < 0:
        return Answer(False, f"ended by signal {-process.returncode}")
    return Answer(process.returncode == 0, f"exit {process.returncode}" if process.returncode else "")
