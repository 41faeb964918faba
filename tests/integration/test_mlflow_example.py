"""The example with MLflow: every command of its page runs against a server that it starts itself."""

from __future__ import annotations

import os
import shutil
import signal
import socket
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT, blocks
from tests.docs.test_walkthroughs import missing, walk

pytestmark = pytest.mark.once

EXAMPLE = ROOT / "examples" / "mlflow"


def test_the_page_of_the_mlflow_example_prints_what_it_shows(openssh: str, tmp_path: Path) -> None:
    """From a fresh server to a promotion with two signatures, on a port of its own."""
    pytest.importorskip("mlflow", reason="the extra `mlflow` is not installed")
    folder = Path(shutil.copytree(EXAMPLE, tmp_path / "mlflow", ignore=shutil.ignore_patterns(".work", ".letpass")))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    text = (folder / "policy.toml").read_text()
    (folder / "policy.toml").write_text(text.replace(":5077", f":{port}"))
    try:
        assert missing(walk(blocks(folder / "README.md", "console"), folder, 400)) == []
    finally:
        running = folder / ".work/server.pid"
        if running.exists():
            os.killpg(int(running.read_text()), signal.SIGKILL)
