"""A project in a git repository: what is protected on `main`, and a change that is checked out and would judge itself."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import POLICY, RECORD, write

PROTECTED = "refs/remotes/origin/main"
WEAK = POLICY.replace(">= 0.9", ">= 0.1")


def git(where: Path, *arguments: str) -> str:
    """Run git as one author, whatever this machine's configuration is; what it printed."""
    settings = {
        "GIT_AUTHOR_NAME": "Anna", "GIT_AUTHOR_EMAIL": "anna@corp.example", "GIT_COMMITTER_NAME": "Anna",
        "GIT_COMMITTER_EMAIL": "anna@corp.example", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1",
    }  # fmt: skip
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    command = ["git", "-c", "protocol.file.allow=always", "-c", "init.defaultBranch=main", *arguments]
    done = subprocess.run(command, cwd=where, env={**kept, **settings}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (arguments, done.stderr)
    return done.stdout.strip()


def commit(where: Path, message: str = "a change") -> str:
    """Commit everything that is not ignored; the commit's id."""
    git(where, "add", "--all")
    git(where, "commit", "--quiet", "--allow-empty", "--message", message)
    return git(where, "rev-parse", "HEAD")


def protected(where: Path) -> str:
    """The project's main branch, as fetched: one policy; 1 is in production and allowed, 2 is denied; the commit's id."""
    git(where, "init", "--quiet")
    write(where / "policies/gate.policy", POLICY)
    write(where / "models/fraud/1.yaml", RECORD.format(1, "0.95"))
    write(where / "models/fraud/2.yaml", RECORD.format(2, "0.5"))
    write(where / "models/fraud/state.yaml", '"1": {stage: production}\n')
    id_ = commit(where, "main")
    git(where, "update-ref", PROTECTED, id_)
    return id_


def change(where: Path, **files: str) -> str:
    """Check a change out: another branch with other files, `__` in their names a `/`; the commit's id."""
    git(where, "checkout", "--quiet", "-B", "change")
    for name, text in files.items():
        write(where / name.replace("__", "/").replace("_policy", ".policy"), text)
    return commit(where)


def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout of the protected branch, the working directory, with no settings of this machine's."""
    for name in [n for n in os.environ if n.startswith(("LETPASS_", "GIT_")) or n in {"NO_COLOR", "FORCE_COLOR"}]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    folder = tmp_path / "project"
    folder.mkdir()
    protected(folder)
    monkeypatch.chdir(folder)
    return folder
