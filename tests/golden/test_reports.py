"""Whole reports as people see them, of the example's versions.  `UPDATE_GOLDENS=1` writes the texts anew."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from letpass.cli.main import run

HERE = Path(__file__).parent / "reports"
ROOT = Path(__file__).parents[2]
ARRESTS = "examples/arrests/models/arrests"
MOVE = ("--to", "production", "--champion", f"{ARRESTS}/1.yaml", "--at", "2026-11-23T12:00:00Z")
SUFFIXES = {"txt": "", "concise.txt": "-o concise", "md": "-o markdown"}
MACHINES = {
    "html": "html",
    "junit.xml": "junit",
    "sarif": "sarif",
    "github.txt": "github",
    "gitlab.json": "gitlab",
    "azure.txt": "azure",
    "tap": "tap",
    "line": "json-line",
}
CASES = {
    **{
        f"version-{v}.{suffix}": (f"{ARRESTS}/{v}.yaml", more)
        for v in (2, 3, 4, 5)
        for suffix, more in SUFFIXES.items()
    },
    **{f"folder.{suffix}": (ARRESTS, more) for suffix, more in SUFFIXES.items()},
    "verbose.txt": (f"{ARRESTS}/4.yaml", "-v"),
    **{
        f"{name}.{suffix}": (model, f"-o {form}")
        for suffix, form in MACHINES.items()
        for name, model in (("version-3", f"{ARRESTS}/3.yaml"), ("folder", ARRESTS))
        if (name, form) != ("folder", "html")  # it is the same page five times over
    },
}


@pytest.mark.parametrize("name", CASES)
def test_a_report_reads_as_before(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The whole report is the stored one, but for the time that it took."""
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    model, more = CASES[name]

    run(["check", model, *MOVE, *more.split()])
    out, err = capsys.readouterr()
    found = re.sub(r" in \d+ ms(?=[,\n])", "", out)
    found = re.sub(r"(?s)(?<=<style>).*(?=</style>)", "…", found)
    if name.endswith((".sarif", ".json")):
        found = json.dumps(json.loads(found), ensure_ascii=False, indent=1) + "\n"
    if os.environ.get("UPDATE_GOLDENS") == "1":
        (HERE / name).write_text(found, encoding="utf-8")

    assert err == ""
    assert (HERE / name).read_text(encoding="utf-8") == found


def test_every_stored_report_is_compared() -> None:
    """No stored report outlives its case."""
    assert sorted(p.name for p in HERE.iterdir()) == sorted(CASES)
