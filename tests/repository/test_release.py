"""A release is decided by the gate: what the script records of a build, and what the policy says of it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from letpass import __version__
from letpass.cli.main import run
from tests.cli.repository import commit, git
from tests.repository.programs import ROOT

pytestmark = pytest.mark.once

CASE = '<testcase name="a" classname="t"/>'
CHANGES = f"# Changelog\n\n## Unreleased\n\n## {__version__} (2026-12-01)\n\n- All of it.\n"


def report(cases: int) -> str:
    """A report of tests that all passed, a moment ago."""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return f'<testsuites><testsuite name="pytest" tests="{cases}" failures="0" errors="0" timestamp="{at}">{CASE * cases}</testsuite></testsuites>'


@pytest.fixture(name="released", scope="module")
def _released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This checkout as a repository of its own, whose main has one commit with the tag of the version, and nothing unreleased."""
    folder = tmp_path_factory.mktemp("released")
    listed = subprocess.run(
        ["git", "ls-files", "-zco", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        if not name.startswith("tests/") and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    (folder / "CHANGELOG.md").write_text(CHANGES, encoding="utf-8")
    git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder, "a release")
    git(folder, "tag", f"v{__version__}")
    return folder


def recorded(folder: Path, cases: int = 5000) -> tuple[int, dict[str, Any]]:
    """Build, record and decide, as `make release` does: the exit code, and the record."""
    into = folder / "build/release"
    into.mkdir(parents=True, exist_ok=True)
    (into / "tests.xml").write_text(report(cases), encoding="utf-8")
    command = [sys.executable, "release/record.py", "--tests", str(into / "tests.xml"), "--into", str(into)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder / "release")
        words = ("--to", "published", "--artifact", str(into / "dist"), "-o", f"json={into / 'decision.json'}", "-q")
        code = run(["check", str(into / "record.json"), *words])
    found: dict[str, Any] = json.loads((into / "record.json").read_text(encoding="utf-8"))
    return int(code), found


def missed(folder: Path) -> set[str]:
    """The labels of the rules that keep the decision from being an allow."""
    stored = json.loads((folder / "build/release/decision.json").read_text(encoding="utf-8"))
    (policy,) = stored["decision"]["policies"]
    return {r["label"] for r in policy["rules"] if r["outcome"] != "pass"}


def test_a_release_as_it_should_be_is_allowed(released: Path) -> None:
    """What was built is what the commit says, twice; the decision replays anywhere."""
    code, record = recorded(released)

    assert (code, missed(released)) == (0, set())
    assert record["code"] == {"commit": git(released, "rev-parse", "HEAD"), "dirty": False}
    assert record["facts"] == {"tagged": True, "merged": True, "noted": True, "rebuilt": True}
    assert (record["version"], record["license"]) == (__version__, "Apache-2.0")
    assert [s["findings"] for s in record["scans"]] == [[]]
    assert run(["replay", str(released / "build/release/decision.json")]) == 0


def test_a_file_that_no_commit_has_keeps_a_release_back(released: Path) -> None:
    """It is in the first build, and not in the one from the commit."""
    stray = released / "src/letpass/stray.py"
    stray.write_text("", encoding="utf-8")
    try:
        code, _ = recorded(released)
    finally:
        stray.unlink()

    assert (code, missed(released)) == (1, {"clean", "rebuilt"})


def test_a_commit_beside_main_and_some_of_the_tests_keep_a_release_back(released: Path) -> None:
    """Without the tag too, which is on another commit, and with changes that are still to come."""
    git(released, "checkout", "--quiet", "-b", "beside")
    changes = released / "CHANGELOG.md"
    text = changes.read_text(encoding="utf-8")
    changes.write_text(text.replace("## Unreleased\n", "## Unreleased\n\n- Something.\n"), encoding="utf-8")
    commit(released, "beside")
    try:
        code, _ = recorded(released, cases=10)
    finally:
        git(released, "checkout", "--quiet", "main")

    assert (code, missed(released)) == (1, {"merged", "tagged", "noted", "many-tests"})


def test_the_policy_of_a_release_decides_its_cases(capsys: pytest.CaptureFixture[str]) -> None:
    """Each rule is seen to hold and to be missed; it has no fault, and is laid out in the one way."""
    policies = str(ROOT / "release/policies")
    code = run(["test", policies, "-v"])
    out = capsys.readouterr().out

    assert (code, "no case" in out) == (0, False), out
    assert (run(["lint", "--strict", policies]), run(["fmt", "--check", policies])) == (0, 0)
