"""Pages that are walked through: their console blocks run one after the other, and print what they show."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests import warm
from tests.cli import office
from tests.docs.blocks import FIRST, ROOT, WALKS, Block, blocks

pytestmark = pytest.mark.once

MARK = "\x1e"
ARRESTS = ROOT / "examples" / "arrests"


def _steps(shown: Sequence[Block]) -> list[tuple[str, list[str]]]:
    """The commands of blocks, each with the lines that are shown below it."""
    found: list[tuple[str, list[str]]] = []
    for block in shown:
        for line in block.text.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


def walk(
    shown: Sequence[Block], folder: Path, seconds: int = 120, **more: str
) -> list[tuple[str, list[str], str]]:  # fmt: skip
    """Each step of blocks with what it printed, all in one shell; `more`: for its environment."""
    steps = _steps(shown)
    script = [warm.function()]
    for command, _ in steps:
        script += [f"__code=$?; printf '{MARK}'; (exit $__code)", command]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LETPASS_")}
    done = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        cwd=folder,
        env={
            **environment,
            "PYTHONPATH": str(ROOT / "src"),
            "PYTHONUTF8": "1",
            "HOME": str(folder / "home"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            **more,
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
        timeout=seconds,
    )
    printed = done.stdout.split(MARK)[1:]
    return [(command, shown, text) for (command, shown), text in zip(steps, printed, strict=True)]


def _shows(line: str, printed: str) -> bool:
    return re.fullmatch(".*".join(re.escape(part) for part in line.split("…")), printed) is not None


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Where a page is walked: a copy of the example, its records alone, or the office."""
    if shutil.which("ssh-keygen") is None or shutil.which("bash") is None:
        pytest.skip("OpenSSH or a shell is not here")
    page: Path = request.getfixturevalue("page")
    if page.parent == ARRESTS:
        return Path(shutil.copytree(ARRESTS, tmp_path / "arrests", ignore=shutil.ignore_patterns(".work")))
    if page == FIRST:
        shutil.copytree(ARRESTS / "models", tmp_path / "new" / "models")
        return tmp_path / "new"
    return office.build(tmp_path / "office")


def missing(steps: Sequence[tuple[str, list[str], str]]) -> list[str]:
    """The lines that a page shows and its commands did not print, each with its command and what that printed."""
    found = []
    for command, shown, text in steps:
        printed = iter(text.splitlines())
        lines = [line for line in shown if line.strip("… ")]
        found += [f"$ {command}\n{line}\n{text}" for line in lines if not any(_shows(line, p) for p in printed)]
    return found


@pytest.mark.parametrize("page", WALKS, ids=lambda p: p.name)
def test_a_page_that_is_walked_through_prints_what_it_shows(page: Path, folder: Path) -> None:
    """Every line that is shown is printed, in order, `…` standing for what was left out."""
    assert missing(walk(blocks(page, "console"), folder)) == []
