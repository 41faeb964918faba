"""Real reports that were read wrongly once, and the outputs of many tools, where they lie beside the checkout."""

from __future__ import annotations

import json
import os
import re
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from letpass.evidence import content, interface, prometheus
from letpass.evidence.interface import Asked
from tests import warm
from tests.cli.conftest import ROOT

SHARED = Path(os.environ.get("LETPASS_SHARED", ROOT.parent / "shared"))
CASES = SHARED / "findings" / "cases"
OUTPUTS = SHARED / "data" / "evidence"
AT = {"02": "2026-11-29T20:00:00Z"}
"""The clock of a case whose report is younger than that of the others."""


@pytest.mark.parametrize("number", ["01", "02", "04", "10", "13", "15", "18", "19"])
def test_a_case_that_was_handed_over_holds(number: str, tmp_path: Path) -> None:
    """Each drives the program itself, and ends with 0 where it does right; twins of them are in the other files here."""
    script = CASES / number / "run.sh"
    if not script.exists():
        pytest.skip(f"there is no {script}")
    program = tmp_path / "bin" / "policy"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\n{warm.function()}\npolicy "$@"\n')
    program.chmod(0o755)
    found = {k: v for k, v in os.environ.items() if not k.startswith("LETPASS_")}
    found |= {"ASSAY_BIN": str(program.parent), "PYTHONPATH": str(ROOT / "src"), "TMPDIR": str(tmp_path)}
    found |= {"AT": AT[number]} if number in AT else {}

    ended = subprocess.run(["bash", str(script)], env=found, capture_output=True, text=True, timeout=120, check=False)

    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-2000:]


def test_of_the_answers_that_were_handed_over_only_whole_ones_become_numbers() -> None:
    """A part of one, a warning, several series, or no number become none; `stale` is whole, and old."""
    answers = sorted((CASES / "28").glob("*.json"))
    if not answers:
        pytest.skip(f"there is no {CASES / '28'}")
    numbers = set()
    for path in answers:
        try:
            found = prometheus._value(json.loads(path.read_text()), "errors")
        except ValueError:
            continue
        numbers |= {path.stem} if isinstance(found, float) else set()
    assert numbers == {"good", "infos", "stale"}


def _files() -> list[Path]:
    if not OUTPUTS.is_dir():
        pytest.skip(f"there is no {OUTPUTS}")
    return sorted(path for path in OUTPUTS.rglob("*") if path.is_file())


def test_what_another_tool_wrote_is_taken_for_no_run_that_passed() -> None:
    """By no reader of runs: these are outputs of other tools, among them runs that failed, were cancelled or killed."""
    read = []
    for path in _files():
        for format_ in ("junit", "sarif", "modelscan", "picklescan", "clamav", "test-result"):
            try:
                interface.reader(format_)(path.read_bytes(), Asked(suite="S", ran_at="2026-11-20T10:00:00Z", scanned=1))
            except ValueError:
                continue
            read.append((path.name, format_))
    assert read == []


def test_of_real_files_those_that_can_run_are_told_from_the_others() -> None:
    """Archives and weights that may hold anything are not harmless, text and safetensors are."""
    kinds = {path.name: content.harmless(path, sha256(path.read_bytes()).hexdigest()) for path in _files()}
    assert {kinds["model.gguf"], kinds["success.eval"], kinds["killed.eval"]} == {None}
    assert {kind for name, kind in kinds.items() if re.fullmatch(r".*\.(md|jsonl?|csv|log|js|yaml|xml)", name)} == {
        "text"
    }
    assert content.harmless(OUTPUTS / "weights/model.safetensors", "0" * 64) is None
    weights = OUTPUTS / "weights/model.safetensors"
    assert content.harmless(weights, sha256(weights.read_bytes()).hexdigest()) == "safetensors"
