"""What picklescan prints: one scan.  It has no format but its text, and says neither its version nor the time."""

from __future__ import annotations

import re

from letpass.diagnostics import InvalidError
from letpass.evidence import sources
from letpass.evidence.interface import Asked, Part

# it goes on after these, and ends with 0 when nothing else was found
_RETRIED = "WARNING: Invalid PyTorch magic number"  # and reads it as another kind of file
_TROUBLE = (
    *("WARNING", "ERROR", "Error ", "Invalid file ", "Unhandled exception", "Traceback"),
    *("Excluding directory ", "Skipping directory "),
)
_LAMENTS = ("could not ", "cannot ", "unable to ", "failed to ")
_SKIPPED = re.compile(r"(?:Excluding|Skipping) file (.+) \((?:matched|no) (--\S+).*\)")


def read(data: bytes, asked: Asked) -> Part:
    """The scan in picklescan's output: every dangerous import is critical, and suspicious ones, which are only counted, are low.

    It was not whole where a file could not be parsed, or was skipped and is not harmless by its content; what it skips it
    tells with `--log DEBUG`.  asked: `ran_at`, `files`.  Raises `InvalidError` for a text without its summary, or one that
    counts other imports than it shows.
    """
    head, tail, said = sources.summed_up(data)
    lines = head + tail
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
    skipped = {name: why for line in lines for name, why in _skipped(line)}
    left_out, missed = sources.passed_over(asked, skipped)
    unread = [line for line in lines if _trouble(line)] + missed
    scan = sources.scan(
        asked,
        "picklescan",
        None,
        completed=not unread,
        scanned=sources.summed_count(said, "Scanned files"),
        findings=findings,
        unread=sources.listed(unread),
        left_out=sources.listed(left_out),
    )
    return {"scans": [scan]}


def _trouble(line: str) -> bool:
    """Does a line tell of something that could not be looked at."""
    if line.startswith(_RETRIED) or _found(line) is not None or _skipped(line):
        return False
    return line.startswith((*_TROUBLE, "Excluding ", "Skipping ")) or any(word in line.lower() for word in _LAMENTS)


def _skipped(line: str) -> list[tuple[str, str]]:
    """The file that a line says was skipped, and by which option."""
    match = _SKIPPED.fullmatch(line)
    return [(match[1], match[2])] if match else []


def _found(line: str) -> tuple[str, str] | None:
    """The file and the import of a line that reports one."""
    line = line.removesuffix(" (promoted by --strict)")
    file, middle, what = line.removesuffix("' FOUND").rpartition(": dangerous import '")
    return (file, what) if middle and line.endswith("' FOUND") else None
