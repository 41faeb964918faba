"""A model file scanned by Debian's ClamAV, on its way into the registry."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

POLICY = """policy entry: "Entry"
  on registration
require scanned: scanned by "clamav" within 7 days
require clean:   no scans.findings where severity >= high
"""
RECORD = "model: fraud\nversion: '{}'\nartifact: {{uri: {}, digest: 'sha256:{}'}}\n"


def _scan(folder: Path, file: Path) -> Path:
    """What clamscan says of a file, by a database that knows the bytes `evil` alone."""
    program = shutil.which("clamscan")
    if program is None:
        pytest.skip("there is no clamscan: install Debian's package clamav")
    evil = hashlib.md5(b"evil bytes", usedforsecurity=False).hexdigest()
    (folder / "own.hdb").write_text(f"{evil}:{len(b'evil bytes')}:Test.Evil\n")
    command = [program, "-d", str(folder / "own.hdb"), "--alert-exceeds-max=yes", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode in {0, 1}, done.stderr
    path = folder / f"{file.name}.txt"
    path.write_text(done.stdout)
    return path


@pytest.mark.parametrize(("content", "code"), [(b"good bytes", 0), (b"evil bytes", 1)])
def test_a_version_comes_in_when_the_scanner_found_nothing(
    elsewhere: Path, call: Any, content: bytes, code: int
) -> None:
    """The scanner's own report is the evidence; without it nothing comes in."""
    (elsewhere / "policies").mkdir()
    (elsewhere / "policies/entry.policy").write_text(POLICY)
    artifact = elsewhere / "fraud-1.onnx"
    artifact.write_bytes(content)
    record = RECORD.format(1, artifact.name, hashlib.sha256(content).hexdigest())
    (elsewhere / "models/fraud").mkdir(parents=True)
    (elsewhere / "models/fraud/1.yaml").write_text(record)
    assert call("register", "fraud@1")[0] == 3
    report = _scan(elsewhere, artifact)
    now = subprocess.run(["date", "-u", "+%FT%TZ"], capture_output=True, text=True, check=True).stdout.strip()

    assert call("evidence", "add", "fraud@1", "--from", "clamav", str(report), "--ran-at", now)[0] == 0

    assert call("register", "fraud@1")[0] == code
    assert call("promote", "fraud@1", "--to", "production")[0] == 1  # no policy speaks of it
