"""What picklescan prints: one scan.  It has no format but its text, and says neither its version nor the time."""

from __future__ import annotations

from letpass.diagnostics import InvalidError
from letpass.evidence import sources
from letpass.evidence.interface import Asked, Part

# it goes on after these, and ends with 0 when nothing else was found
_RETRIED = "WARNING: Invalid PyTorch magic number"  # and reads it as another kind of file
_TROUBLE = ("WARNING", "ERROR", "Invalid file ", "Unhandled exception", "Traceback")


def read(data: bytes, asked: Asked) -> Part:
    """The scan in picklescan's output: every dangerous import is critical, and suspicious ones, which are only counted, are low.

    A file that could not be parsed leaves the scan incomplete.  asked: `ran_at`.  Raises `InvalidError` for a text without
    its summary, or one that counts other imports than it shows.
    """
    lines, said = sources.summed_up(data)
    found = [pair for line in lines if (pair := _found(line))]
    dangerous = sources.summed_count(said, "Dangerous globals")
    if dangerous != len(found):
        raise InvalidError(f"it counts {dangerous} dangerous globals and shows {len(found)}")
    findings = [
        {"id": what, "severity": "critical", "title": f"dangerous import {what}", "component": file}
        for file, what in found
    ]
    suspicious = sources.summed_count(said, "Suspicious globals") if "Suspicious globals" in said else 0
    if suspicious:
        findings.append({"severity": "low", "title": f"{suspicious} suspicious globals, which it does not name"})
    scan = sources.scan(
        asked,
        "picklescan",
        None,
        completed=not any(line.startswith(_TROUBLE) and not line.startswith(_RETRIED) for line in lines),
        scanned=sources.summed_count(said, "Scanned files"),
        findings=findings,
    )
    return {"scans": [scan]}


def _found(line: str) -> tuple[str, str] | None:
    """The file and the import of a line that reports one."""
    line = line.removesuffix(" (promoted by --strict)")
    file, middle, what = line.removesuffix("' FOUND").rpartition(": dangerous import '")
    return (file, what) if middle and line.endswith("' FOUND") else None
