"""One question to git: its answer, or why there is none in one line with a remedy."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

from letpass.diagnostics import CommitError

# no other variable of git's stays, since those lead to other repositories, objects and indexes; with these a platform
# says whose repositories may be read
_KEPT = re.compile(r"GIT_CONFIG_(GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_\d+|VALUE_\d+)\Z")
_OURS = {"GIT_NO_REPLACE_OBJECTS": "1", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
# a folder that looks like a bare repository is a folder, and nobody watches the files
_SETTINGS = ("safe.bareRepository=explicit", "core.fsmonitor=false")
_PATIENCE = 300  # seconds: a clone that left blobs out fetches them now


def answer(*arguments: str, given: bytes = b"", where: Path | None = None) -> bytes:
    """What git answers; raises `CommitError` where it does not."""
    done = run(*arguments, given=given, where=where)
    if done.returncode != 0:
        raise _why(done.stderr.decode("utf-8", "replace"))
    return done.stdout


def line(*arguments: str, where: Path | None = None) -> str:
    """The first line of what git answers, nothing where it says no."""
    done = run(*arguments, where=where)
    return os.fsdecode(done.stdout).split("\n")[0] if done.returncode == 0 else ""


def run(*arguments: str, given: bytes = b"", where: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    """Run git; raises `CommitError` where it cannot be run or does not end."""
    program = shutil.which("git")
    if program is None:
        raise CommitError.of(
            "GATE015", "there is no git on this machine", help="install git: the policies of a commit are read with it"
        )
    settings = [word for setting in _SETTINGS for word in ("-c", setting)]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_") or _KEPT.fullmatch(k)}
    try:
        return subprocess.run(  # noqa: S603 - no shell reads it
            [program, "--no-pager", "--literal-pathspecs", *settings, *arguments],
            input=given, capture_output=True, env={**environment, **_OURS}, cwd=where, timeout=_PATIENCE, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise CommitError.of("GATE015", f"git did not answer within {_PATIENCE} s", help="try again") from None
    except (OSError, ValueError) as error:
        raise CommitError.of("GATE015", f"git cannot be run: {error}") from None


def _why(said: str) -> CommitError:
    """What git said, as one line and a remedy."""
    if "dubious ownership" in said:
        named = re.search(r"repository at '(.+)'", said)
        where = shlex.quote(named[1] if named else str(Path.cwd()))
        return CommitError.of(
            "GATE015",
            "git refuses this repository, since somebody else owns it",
            help=f"`git config --global --add safe.directory {where}`, where that is meant",
        )
    if "not a git repository" in said:
        return CommitError.of(
            "GATE015",
            "this is no git repository, and the policies of a commit are asked for",
            help="run it in a checkout of the project",
        )
    if "work tree" in said or "bare repository" in said:
        return CommitError.of("GATE015", "there is no working tree here", help="run it in a checkout of the project")
    fatal = next((row for row in said.splitlines() if row.startswith("fatal: ")), said.strip().split("\n")[0])
    return CommitError.of("GATE015", f"git cannot tell: {fatal.removeprefix('fatal: ')[:200] or 'it did not say why'}")
