"""Programs of the development environment."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def answer(name: str, *words: str) -> tuple[int, str]:
    """The exit code of a program that lies beside this Python, and all that it said."""
    program = str(Path(sys.executable).with_name(name))
    done = subprocess.run([program, *words], capture_output=True, text=True, check=False, timeout=100, cwd=ROOT)
    return done.returncode, done.stdout + done.stderr
