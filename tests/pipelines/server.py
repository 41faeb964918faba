"""A build server for one job: a bare origin, a pull request that would weaken its judge, and steps run by real shells."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from tests import warm
from tests.cli.conftest import POLICY, RECORD, write
from tests.cli.repository import WEAK, commit, git
from tests.pipelines.files import Step

ATTACK = "import pathlib\npathlib.Path('pwned').write_text('')\n"
STAND_IN = """#!/bin/sh
# stands in for the Python of the machine: makes an environment at once, in which the gate of this checkout is
case "$*" in
  "-I -m venv "*)
    for place; do :; done
    mkdir -p "$place/bin"
    printf '#!/bin/sh\\nexit 0\\n' > "$place/bin/python"
    cp "$POLICY" "$place/bin/policy"
    chmod +x "$place/bin/python" ;;
  *) echo "asked for $*" >&2; exit 96 ;;
esac
"""


UNREACHED = ("Could not find a version that satisfies", "Temporary failure in name resolution", "ConnectionError")
"""What pip says where it has no index to ask."""


class Done(NamedTuple):
    """How a job ended: the exit code of its last step, and what it printed."""

    code: int
    out: str
    err: str


def origin(where: Path) -> Path:
    """A bare repository: `main` with its policies, and a pull request that weakens them and brings other things."""
    work = where / "work"
    work.mkdir()
    git(work, "init", "--quiet")
    write(work / "policies/gate.policy", POLICY)
    write(work / "models/fraud/1.yaml", RECORD.format(1, "0.95"))
    write(work / "models/fraud/with blank.yaml", RECORD.format("with blank", "0.95"))
    commit(work, "main")
    git(work, "branch", "other/branch")
    git(work, "checkout", "--quiet", "-b", "change")
    write(work / "policies/gate.policy", WEAK)
    write(work / "policy.toml", 'policies = ["easy"]\n')
    write(work / "easy/gate.policy", WEAK)
    write(work / ".gitattributes", "* export-ignore filter=evil\n")
    write(work / "models/fraud/2.yaml", RECORD.format(2, "0.5"))
    # modules that Python would find in the working directory, were it let
    for name in ("venv.py", "pip.py", "letpass.py", "sitecustomize.py", "yaml.py"):
        write(work / name, ATTACK)
    commit(work, "a change")
    git(where, "clone", "--quiet", "--bare", str(work), "origin.git")
    git(where / "origin.git", "update-ref", "refs/pull/1/merge", "change")
    return where / "origin.git"


def bring(where: Path, **files: str) -> None:
    """Let a checkout be another pull request: `main`, with these files of the model besides, `_yaml` for `.yaml`."""
    git(where, "fetch", "--quiet", "--no-tags", "--depth=1", "origin", "+refs/heads/main:refs/remotes/pull/main")
    git(where, "checkout", "--quiet", "--force", "--detach", "refs/remotes/pull/main")
    for name, text in files.items():
        write(where / "models/fraud" / name.replace("_yaml", ".yaml").removeprefix("v"), text)
    git(where, "add", "models")
    git(where, "commit", "--quiet", "--message", "a change")


GOOD = {"v3_yaml": RECORD.format(3, "0.95")}
STATE = {"state_yaml": '"1": {stage: production}\n'}
"""What `bring` makes of a pull request: a version that is allowed, and a move that nobody decided about."""


def checkout(origin_: Path, where: Path, ref: str = "refs/pull/1/merge") -> Path:
    """A shallow, detached checkout, as build servers make it."""
    where.mkdir()
    git(where, "init", "--quiet")
    git(where, "remote", "add", "origin", origin_.as_uri())
    git(where, "fetch", "--quiet", "--no-tags", "--depth=1", "origin", f"+{ref}:refs/remotes/pull/merge")
    git(where, "checkout", "--quiet", "--detach", "refs/remotes/pull/merge")
    return where


def policy_program(where: Path) -> Path:
    """A `policy` that is this checkout's, in a folder of its own."""
    path = write(where / "policy", f'#!/bin/sh\nexec {shlex.join(warm.command())} "$@"\n')
    path.chmod(0o755)
    return path


def python_program(where: Path) -> Path:
    """A `python3` that makes environments at once."""
    path = write(where / "python3", STAND_IN)
    path.chmod(0o755)
    return path


def environment(home: Path, *first: Path, **more: str) -> dict[str, str]:
    """What a job starts with: a path with some folders first, a home without configuration, and the platform's own."""
    home.mkdir(exist_ok=True)
    path = os.pathsep.join([*map(str, first), os.environ["PATH"]])
    kept = {k: v for k, v in os.environ.items() if k.startswith(("PIP_", "SSL_", "REQUESTS_")) or k.endswith("_proxy")}
    return {**kept, "PATH": path, "HOME": str(home), "LANG": "C.UTF-8", "CI": "true", **more}


def run(step: Step, where: Path, given: dict[str, str]) -> Done:
    """Run one step: its script in a file, by its shell, in the checkout."""
    shell = shutil.which(step.shell[0])
    assert shell is not None
    script = write(where.parent / "scripts" / f"{step.name}.sh", step.script)
    done = subprocess.run(
        [shell, *step.shell[1:], str(script)],
        cwd=where, env={**given, **step.environment}, capture_output=True, encoding="utf-8", timeout=300, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return Done(done.returncode, done.stdout, done.stderr)


def run_all(steps: list[Step], where: Path, given: dict[str, str]) -> Done:
    """Run steps one after the other, until one fails."""
    done = Done(0, "", "")
    for step in steps:
        done = run(step, where, given)
        if done.code != 0:
            break
    return done


HOSTILE = ("; touch pwned #", "$(touch pwned)`touch pwned`", "x\ntouch pwned", "'\"; touch pwned; '\"", "--help")
