"""Running the test suites with pytest against one saved model, and reading the JUnit results back."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

HERE = Path(__file__).resolve().parent

SUITES = {"Smoke Test": "smoke_check.py", "Fairness Check": "fairness_check.py"}

_ALL_PASSED = 0
_SOME_FAILED = 1


def _run(file: str, model: Path, result: Path) -> None:
    """Run one suite; a run that breaks down, other than by failing cases, is an error."""
    # No configuration of the surrounding project: its options must not change what a record says.
    command = [sys.executable, "-m", "pytest", file, "-q", "-c", os.devnull, "--rootdir", str(HERE)]
    command += ["-p", "no:cacheprovider", f"--junitxml={result}"]
    done = subprocess.run(
        command, cwd=HERE, env={**os.environ, "ARRESTS_MODEL": str(model)}, capture_output=True, text=True, check=False
    )
    if done.returncode not in (_ALL_PASSED, _SOME_FAILED):
        raise RuntimeError(f"{file} did not run to its end\n{done.stdout}{done.stderr}")


def read_junit(result: Path) -> tuple[int, int]:
    """Cases that ran, and those of them that passed; a skipped case did not pass."""
    cases = list(ElementTree.parse(result).iter("testcase"))
    unmet = ("failure", "error", "skipped")
    passed = [case for case in cases if not any(case.find(tag) is not None for tag in unmet)]
    return len(cases), len(passed)


def run_all(model: Path, at: str) -> list[dict[str, Any]]:
    """Run every suite against the saved model: the `suites` part of its record."""
    found = []
    for name, file in SUITES.items():
        result = model.with_name(f"{model.stem}-{Path(file).stem}.xml")
        _run(file, model, result)
        cases, passed = read_junit(result)
        found.append(
            {
                "name": name,
                "passed": passed == cases,
                "score": round(passed / cases, 6),
                "cases": cases,
                "ran_at": at,
                "source": f"examples/arrests/{file}",
            }
        )
    return found
