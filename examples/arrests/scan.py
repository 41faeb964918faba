"""Scanning a saved model with modelscan, and checking first that the scanner notices anything at all."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

_CLEAN = 0
_FOUND_ISSUES = 1
_ERRORS = 2
_NOTHING_SCANNED = 3


class _Harmful:
    """An object whose pickle would run a command on loading; it is only ever scanned."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return (os.system, ("true",))


def _report(file: Path) -> dict[str, Any]:
    """What modelscan says about the file, as JSON."""
    output = file.with_name(f"{file.name}.scan.json")
    output.unlink(missing_ok=True)
    command = [sys.executable, "-m", "modelscan.cli", "scan", "-p", str(file), "-r", "json", "-o", str(output)]
    done = subprocess.run(command, cwd=file.parent, capture_output=True, text=True, check=False)
    if done.returncode not in (_CLEAN, _FOUND_ISSUES, _ERRORS, _NOTHING_SCANNED) or not output.exists():
        raise RuntimeError(f"modelscan broke down on {file.name}\n{done.stdout}{done.stderr}")
    report: dict[str, Any] = json.loads(output.read_text())
    return report


def _finding(issue: dict[str, Any]) -> dict[str, str]:
    """One issue of modelscan in the record's words."""
    return {
        "id": f"{issue['module']}.{issue['operator']}" if "operator" in issue else issue["scanner"].split(".")[-1],
        "severity": issue["severity"].lower(),
        "title": issue["description"],
        "component": issue["source"],
    }


def scan(file: Path, at: str) -> dict[str, Any]:
    """Scan one file: an entry of the `scans` part of its record."""
    report = _report(file)
    summary = report["summary"]
    scanned = summary["scanned"]["total_scanned"]
    skipped = summary.get("skipped", {}).get("total_skipped", 0)
    return {
        "tool": "modelscan",
        "version": summary["modelscan_version"],
        "ran_at": at,
        # A skipped file is a file about which nothing is known, so such a run does not count as complete.
        "completed": scanned > 0 and not skipped and not report["errors"],
        "scanned": scanned,
        "findings": [_finding(issue) for issue in report["issues"]],
    }


def check_scanner(folder: Path) -> None:
    """Raise unless the scanner finds a pickle that runs a command: else its silence would mean nothing."""
    file = folder / "harmful.pkl"
    file.write_bytes(pickle.dumps(_Harmful()))
    found = scan(file, "")["findings"]
    file.unlink()
    if [finding["severity"] for finding in found] != ["critical"]:
        raise RuntimeError(f"modelscan does not notice a harmful pickle: {found}")
