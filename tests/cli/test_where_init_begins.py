"""Where `policy init` may begin a project."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from letpass.authoring.scaffold import library
from tests.cli.conftest import ROOT, Call, write
from tests.cli.test_init import FIRST, files
from tests.cli.test_init import _empty as _empty
from tests.cli.test_init import _run_next as _run_next

# ---------------------------------------------------------------- where it may begin


def test_inside_another_project_a_folder_must_be_named(
    project: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else that one's configuration would have been meant."""
    write(project / "policy.toml", "")
    (project / "sub").mkdir()
    monkeypatch.chdir(project / "sub")

    code, _, err = call("init")
    assert (code, "inside the project of `../policy.toml`" in err, files(project / "sub")) == (2, True, {})
    assert call("init", ".")[0] == 0
    assert list(files(project / "sub")) == FIRST


def test_a_configuration_that_the_environment_names_would_be_in_force(
    empty: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So no other project begins."""
    monkeypatch.setenv("LETPASS_CONFIG", str(empty / "else/policy.toml"))

    code, _, err = call("init")

    assert (code, "LETPASS_CONFIG" in err, files(empty)) == (2, True, {})


def test_a_configuration_in_pyproject_counts(empty: Path, call: Call) -> None:
    """No second one is written beside it."""
    write(empty / "pyproject.toml", '[tool.letpass]\npolicies = ["gate/policies"]\n')

    assert call("init")[0] == 0
    assert [n for n in files(empty) if n.endswith((".toml", "production.policy"))] == [
        "gate/policies/promotion/production.policy",
        "pyproject.toml",
    ]
    assert call("test")[0] == 0


@pytest.mark.parametrize("folder", ["", " ", "a\nb", "\x1b[2J", "‮"])
def test_a_folder_that_no_line_can_name_is_an_error(empty: Path, call: Call, folder: str) -> None:
    """Its name could not be shown."""
    assert (call("init", folder)[0], files(empty)) == (2, {})


def test_the_library_of_an_installed_package_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a wheel the policies lie in the package itself."""
    shutil.copytree(ROOT / "policies", tmp_path / "letpass/library")
    monkeypatch.setattr("letpass.__file__", str(tmp_path / "letpass/__init__.py"))

    assert library.folder() == tmp_path / "letpass/library"


def test_the_installed_package_begins_a_project_by_itself(empty: Path, tmp_path: Path) -> None:
    """With what the wheel holds, and nothing of a checkout."""
    site = tmp_path / "site"
    shutil.copytree(ROOT / "src/letpass", site / "letpass", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "policies", site / "letpass/library")

    command = [sys.executable, "-m", "letpass", "init"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LETPASS_")}
    done = subprocess.run(
        command, env={**environment, "PYTHONPATH": str(site), "PYTHONUTF8": "1"}, capture_output=True, text=True
    )

    assert (done.returncode, done.stderr, list(files(empty))) == (0, "", FIRST)
