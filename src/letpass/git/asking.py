"""One question to git: its answer, or why there is none in one line with a remedy."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

from letpass.language.diagnostics import NOWHERE, PolicyError, refuse

CODE = "GATE015"
# no other variable of git's stays, since those lead to other repositories, objects and indexes; with these a platform
# says whose repositories may be read
_KEPT = re.compile(r"GIT_CONFIG_(GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_\d+|VALUE_\d+)\Z")
_OURS = {"GIT_NO_REPLACE_OBJECTS": "1", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
# a folder that looks like a bare repository is a folder, and nobody watches the files
_SETTINGS = ("safe.bareRepository=explicit", "core.fsmonitor=false")
_PATIENCE = 300  # seconds: a clone that left blobs out fetches them now


def refused(message: str, help_: str = "") -> PolicyError:
    """Why the files of a commit cannot be read, ready to raise."""
    return refuse(CODE, message, NOWHERE, help_)


def answer(*arguments: str, given: bytes = b"", where: Path | None = None) -> bytes:
    """What git answers; raises `PolicyError` where it does not."""
    done = run(*arguments, given=given, where=where)
    if done.returncode != 0:
        raise _why(done.stderr.decode("utf-8", "replace"))
    return done.stdout


def line(*arguments: str, where: Path | None = None) -> str:
    """The first line of what git answers, nothing where it says no."""
    done = run(*arguments, where=where)
    return os.fsdecode(done.stdout).split("\n")[0] if done.returncode == 0 else ""


def run(*arguments: str, given: bytes = b"", where: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    """Run git; raises `PolicyError` where it cannot be run or does not end."""
    program = shutil.which("git")
    if program is None:
        raise refused("there is no git on this machine", "install git: the policies of a commit are read with it")
    settings = [word for setting in _SETTINGS for word in ("-c", setting)]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_") or _KEPT.fullmatch(k)}
    try:
        return subprocess.run(  # noqa: S603 - no shell reads it
            [program, "--no-pager", "--literal-pathspecs", *settings, *arguments],
            input=given, capture_output=True, env={**environment, **_OURS}, cwd=where, timeout=_PATIENCE, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise refused(f"git did not answer within {_PATIENCE} s", "try again") from None
    except (OSError, ValueError) as error:
        raise refused(f"git cannot be run: {error}") from None


def _why(said: str) -> PolicyError:
    """What git said, as one line and a remedy."""
    if "dubious ownership" in said:
        named = re.search(r"repository at '(.+)'", said)
        where = shlex.quote(named[1] if named else str(Path.cwd()))
        return refused(
            "git refuses this repository, since somebody else owns it",
            f"`git config --global --add safe.directory {where}`, where that is meant",
        )
    if "not a git repository" in said:
        return refused(
            "this is no git repository, and the policies of a commit are asked for",
            "run it in a checkout of the project",
        )
    if "work tree" in said or "bare repository" in said:
        return refused("there is no working tree here", "run it in a checkout of the project")
    fatal = next((row for row in said.splitlines() if row.startswith("fatal: ")), said.strip().split("\n")[0])
    return refused(f"git cannot tell: {fatal.removeprefix('fatal: ')[:200] or 'it did not say why'}")
