"""Builds the package, and records what is known of that: the record that `release/policies/release.policy` judges.

    python release/record.py --tests build/release/tests.xml --into build/release

Nothing is taken from whoever calls but where the report of the tests is.  What cannot be found out is left out, and the gate does not
know it.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from datetime import UTC, datetime
from email.parser import HeaderParser
from pathlib import Path
from typing import Any

from letpass import capture_environment
from letpass.evidence.interface import Asked, reader
from letpass.facts.artifact import digests

ROOT = Path(__file__).resolve().parents[1]
Record = dict[str, Any]


def build(source: Path, into: Path) -> dict[str, bytes]:
    """Wheel and source distribution of a folder, by name."""
    shutil.rmtree(into, ignore_errors=True)
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", str(into)], cwd=source, check=True, stdout=sys.stderr
    )
    return {p.name: p.read_bytes() for p in sorted(into.iterdir())}


def git(*words: str) -> bytes | None:
    """What git says of the repository, None where it does not."""
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else None


def build_again() -> dict[str, bytes]:
    """The same from the commit alone, in a folder of its own."""
    files = git("archive", "--format=tar", "HEAD")
    if files is None:
        return {}
    with tempfile.TemporaryDirectory() as folder, tarfile.open(fileobj=io.BytesIO(files)) as archive:
        archive.extractall(folder, filter="data")
        return build(Path(folder), Path(folder, "dist"))


def metadata(wheel: bytes) -> Any:
    """The headers of a wheel's own description."""
    with zipfile.ZipFile(io.BytesIO(wheel)) as files:
        (name,) = [n for n in files.namelist() if n.endswith(".dist-info/METADATA")]
        return HeaderParser().parsestr(files.read(name).decode())


def noted(text: str, version: str) -> bool:
    """Has the changelog a section for the version, with a day, and does nothing wait above it."""
    parts = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)[1:]
    sections = {heading: body.strip() for heading, body in zip(parts[::2], parts[1::2], strict=True)}
    dated = [
        body
        for heading, body in sections.items()
        if re.fullmatch(rf"{re.escape(version)} \(\d{{4}}-\d\d-\d\d\)", heading)
    ]
    return sections.get("Unreleased") == "" and len(dated) == 1 and dated[0] != ""


def code(version: str) -> tuple[Record, Record]:
    """The record's `code`, and the facts that git knows."""
    commit = git("rev-parse", "HEAD")
    if commit is None:
        return {}, {}
    changes = git("status", "--porcelain")
    tags = (git("tag", "--points-at", "HEAD") or b"").decode().split()
    found: Record = {"commit": commit.decode().strip(), "dirty": changes != b""}
    if place := os.environ.get("GITHUB_REPOSITORY"):
        found["repository"] = f"{os.environ.get('GITHUB_SERVER_URL', '')}/{place}".lstrip("/")
    facts: Record = {"tagged": f"v{version}" in tags}
    for main in ("refs/remotes/origin/main", "refs/heads/main"):
        if git("rev-parse", "--verify", "--quiet", main) is not None:
            facts["merged"] = git("merge-base", "--is-ancestor", "HEAD", main) is not None
            break
    return found, facts


def scan() -> Record:
    """The workflows, and what else says how things are built, looked at by zizmor."""
    files = [*sorted((ROOT / ".github/workflows").glob("*.yml")), ROOT / ".github/dependabot.yml", ROOT / "action.yml"]
    zizmor = str(Path(sys.executable).with_name("zizmor"))
    words = ["--offline", "--no-progress", "--persona=pedantic", "--no-exit-codes", "--format=sarif"]
    done = subprocess.run([zizmor, *words, *map(str, files)], cwd=ROOT, capture_output=True, check=True)
    return reader("sarif")(done.stdout, Asked("zizmor.sarif", ran_at=now(), scanned=len(files)))


def now() -> str:
    """This second, in UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def record(tests: Path, dist: Path) -> Record:
    """What is known of the files that were just built into `dist`; `tests` is the JUnit report of this day's tests."""
    built = build(ROOT, dist)
    (wheel,) = [data for name, data in built.items() if name.endswith(".whl")]
    said = metadata(wheel)
    version = said["Version"]
    found, facts = code(version)
    environment = capture_environment()
    packages = [{"name": name, "version": of} for name, of in environment.pop("packages").items()]
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    return {
        "model": "letpass",
        "version": version,
        "license": said["License-Expression"],
        "code": found,
        "artifact": {"uri": dist.name, "digest": digests(dist)[0], "size": sum(map(len, built.values()))},
        "environment": {**environment, "packages": packages},
        **reader("junit")(tests.read_bytes(), Asked("tests.xml", suite="tests")),
        **scan(),
        "facts": {**facts, "noted": noted(changes, version), "rebuilt": build_again() == built},
    }


def main() -> None:
    """Build into `INTO/dist`, and write `INTO/record.json`."""
    words = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    words.add_argument("--tests", type=Path, required=True, help="the JUnit report of all tests")
    words.add_argument("--into", type=Path, required=True, help="the folder for what is built, and for the record")
    asked = words.parse_args()
    found = record(asked.tests, asked.into.resolve() / "dist")
    (asked.into / "record.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
