"""Plug-ins that other packages bring: off unless `policy.toml` lists them, and their faults are told as theirs."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from letpass import Gate
from tests.api.conftest import MOVE
from tests.cli.conftest import Call, write

PLUGIN = """
from pathlib import Path

from letpass.registries.folder import Folder


def read(data, asked):
    if data == b"list":
        return []
    if data == b"key":
        raise KeyError("accuracy")
    if data == b"odd":
        return {"metrics": {"accuracy": {"valeu": 1}}}
    return {"metrics": {"accuracy": {"value": float(data), "data_set": "holdout"}}}


class Older:
    name = "sheets://older"

    def find(self, reference):
        raise AssertionError(reference)


def opened(name, aliases):
    if name.endswith("older"):
        return Older()
    if name.endswith("broken"):
        raise OSError("no such table")
    return Folder(Path(name.partition("://")[2]), name, aliases)


gone = None
"""


@pytest.fixture(name="plugin")
def _plugin(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with entry points, as an installer leaves it; the project is the working directory."""
    site = tmp_path / "site"
    write(site / "sheets.py", PLUGIN)
    write(site / "sheets-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: sheets\nVersion: 1.0\n")
    write(
        site / "sheets-1.0.dist-info/entry_points.txt",
        "[letpass.evidence]\nsheets = sheets:read\ntorn = sheets:missing\njunit = sheets:read\n\n"
        "[letpass.registries]\nsheets = sheets:opened\n",
    )
    monkeypatch.syspath_prepend(str(site))
    importlib.invalidate_caches()
    monkeypatch.chdir(project)
    yield_ = write(project / "accuracy.sheet", "0.97")
    monkeypatch.setitem(sys.modules, "sheets", importlib.import_module("sheets"))
    return yield_


def test_a_plug_in_reads_evidence_where_the_project_lists_it(plugin: Path, project: Path, call: Call) -> None:
    """Listed, its format is one among others."""
    write(project / "policy.toml", 'plugins = ["sheets"]\n')

    code, _, err = call("evidence", "add", "fraud@2", "accuracy.sheet", "--from", "sheets", "--ran-at", "2026-11-20")

    assert (code, err) == (0, "")
    assert "measured_at: '2026-11-20'" in (project / "models/fraud/2.yaml").read_text()
    assert "data_set: holdout" in (project / "models/fraud/2.yaml").read_text()
    assert "sheets" in call("evidence", "formats")[1]


def test_an_installed_plug_in_that_nobody_lists_is_off(plugin: Path, project: Path, call: Call) -> None:
    """Whoever installs a package adds nothing to the gate; nor does a plug-in take the place of what is built in."""
    write(project / "junit.xml", "0.97")
    code, out, err = call("evidence", "add", "fraud@2", "accuracy.sheet", "--from", "sheets")
    assert (code, out, "there is no format `sheets`" in err) == (2, "", True)

    write(project / "policy.toml", 'plugins = ["junit"]\n')
    code, out, err = call("evidence", "add", "fraud@2", "junit.xml")
    assert (code, out, "GATE413" in err) == (2, "", True)
    write(project / "policy.toml", f'registry = "sheets://{project}/models"\n')
    code, out, err = call("show", "fraud")
    assert (code, out, "policy.toml lists no such plug-in" in err) == (2, "", True)


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("sheets", "list", "the plug-in `sheets` gives no mapping"),
        ("sheets", "key", "the plug-in `sheets` failed: KeyError: 'accuracy'"),
        ("sheets", "a lot", "could not convert string to float"),
        ("sheets", "odd", "unknown field"),
        ("torn", "0.97", "the plug-in `torn` does not load"),
        ("absent", "0.97", "no installed package has the plug-in `absent`"),
    ],
)
def test_a_plug_in_that_fails_brings_nothing(
    plugin: Path, project: Path, call: Call, name: str, data: str, why: str
) -> None:
    """Its fault is told as its own, and the record is what it was."""
    before = (project / "models/fraud/2.yaml").read_text()
    write(plugin, data)
    write(project / "policy.toml", f'plugins = ["{name}"]\n')

    code, out, err = call("evidence", "add", "fraud@2", "accuracy.sheet", "--from", name)

    assert (code, out, (project / "models/fraud/2.yaml").read_text()) == (2, "", before)
    assert why in err


def test_a_registry_of_a_plug_in_is_asked_like_any_other(plugin: Path, project: Path, call: Call) -> None:
    """Its scheme is its name."""
    write(project / "policy.toml", f'registry = "sheets://{project}/models"\nplugins = ["sheets"]\n')

    assert Gate(project).decide("fraud@1", MOVE).allowed is True
    code, out, _ = call("show", "fraud")
    assert (code, [line.split()[0] for line in out.splitlines()]) == (0, ["fraud@1", "fraud@2", "fraud@3"])
    write(project / "policy.toml", 'registry = "sheets://broken"\nplugins = ["sheets"]\n')
    code, out, err = call("show", "fraud")
    assert (code, out) == (2, "")
    assert "the plug-in `sheets` does not open the registry: OSError: no such table" in err


def test_a_registry_of_a_plug_in_that_lacks_something_is_refused_before_it_is_asked(
    plugin: Path, project: Path, call: Call
) -> None:
    """One that was written for an earlier version: every method that it has not is named."""
    write(project / "policy.toml", 'registry = "sheets://older"\nplugins = ["sheets"]\n')

    code, out, err = call("show", "fraud")

    assert (code, out) == (2, "")
    assert (
        "the plug-in `sheets` opens a registry without `remote`, `identity`, `workspace`, `makings`, `versions`, `has`"
        in err
    )
