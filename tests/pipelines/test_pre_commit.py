"""The hooks of `.pre-commit-hooks.yaml`, run by pre-commit itself in a repository of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.cli.conftest import write
from tests.cli.repository import commit, git
from tests.pipelines.files import HOOKS, ROOT
from tests.pipelines.server import UNREACHED

pytestmark = pytest.mark.once

POLICY = 'policy gate: "Gate"\n  on promotion to production\n\nrequire good: accuracy on "holdout" >= 0.9\n'
CASES = """- name: enough
  record: {model: fraud, version: '1', metrics: {accuracy: {value: 0.95, data_set: holdout}}}
  move: promotion to production
  at: 2026-03-02T12:00:00Z
  expect: allow
"""
TOP = ("pyproject.toml", "LICENSE", "README.md", "constraints.txt", ".pre-commit-hooks.yaml")


@pytest.fixture(name="hooks", scope="module")
def _hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with this checkout's files, as somebody would name it in their configuration."""
    folder = tmp_path_factory.mktemp("hooks")
    for name in TOP:
        shutil.copy(ROOT / name, folder / name)
    for name in ("src", "policies", "docs"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    git(folder, "init", "--quiet")
    git(folder, "config", "core.excludesFile", os.devnull)
    commit(folder, "hooks")
    return folder


def test_the_hooks_run_where_they_are_named(hooks: Path, tmp_path: Path) -> None:
    """Installed by pre-commit in an environment of its own: a fault and a crooked layout stop a commit, else it goes on."""
    program = shutil.which("pre-commit", path=str(Path(sys.executable).parent)) or shutil.which("pre-commit")
    if program is None:
        pytest.skip("there is no pre-commit: `make services`")
    project = tmp_path / "project"
    project.mkdir()
    git(project, "init", "--quiet")
    ids = [{"id": hook["id"]} for hook in yaml.safe_load(HOOKS.read_text(encoding="utf-8"))]
    named = {"repo": hooks.as_uri(), "rev": git(hooks, "rev-parse", "HEAD"), "hooks": ids}
    write(project / ".pre-commit-config.yaml", yaml.safe_dump({"repos": [named]}))
    write(project / "policies/gate.policy", POLICY)
    write(project / "policies/gate.cases.yaml", CASES)
    git(project, "add", "--all")

    def run() -> tuple[int, str]:
        # what the tests set for this checkout must not reach the hook's own environment
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "LETPASS_", "GIT_"))}
        done = subprocess.run(
            [program, "run", "--all-files", "--color=never"], cwd=project, capture_output=True, text=True, check=False,
            env={**kept, "PRE_COMMIT_HOME": str(tmp_path / "home"), "GIT_CONFIG_GLOBAL": os.devnull}, timeout=300,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    code, said = run()
    if any(words in said for words in UNREACHED):
        pytest.skip("pip reaches no index")
    assert (code, said.count("Passed")) == (0, len(ids)), said

    write(project / "policies/gate.policy", POLICY.replace("  on promotion", "     on promotion"))
    code, said = run()
    assert (code, "files were modified by this hook" in said) == (1, True), said
    assert (project / "policies/gate.policy").read_text() == POLICY

    write(project / "policies/gate.policy", POLICY.replace(">= 0.9", ">= 0.99"))
    code, said = run()
    assert (code, said.count("Failed"), "hook id: policy-test" in said) == (1, 1, True), said

    write(project / "policies/gate.policy", POLICY.replace(">= 0.9", "> ="))
    code, said = run()
    assert (code, "error[GATE0" in said) == (1, True), said
