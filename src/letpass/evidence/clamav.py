"""What clamscan prints: one scan.  It knows no severities, so whatever it finds is critical."""

from __future__ import annotations

import re

from letpass.diagnostics import InvalidError
from letpass.evidence import sources
from letpass.evidence.interface import Asked, Part

_TIME = re.compile(r"(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)\Z")


def read(data: bytes, asked: Asked) -> Part:
    """The scan in clamscan's output; a file that could not be read leaves it incomplete.

    asked: `ran_at`, since its dates have no zone.  Raises `InvalidError` for a text without its summary, for one that counts
    other files than it shows, and for a scan without a signature to look for.
    """
    lines, said = sources.summed_up(data)
    found = [pair for line in lines if (pair := _found(line))]
    infected = sources.summed_count(said, "Infected files")
    # with --allmatch a file is shown once for each match
    if not len({file for file, _ in found}) <= infected <= len(found):
        raise InvalidError(f"it counts {infected} infected files and shows {len(found)}")
    scanned = sources.summed_count(said, "Scanned files")
    if sources.summed_count(said, "Known viruses") == 0:
        raise InvalidError("it knew no viruses, so it could find none")
    errors = sources.summed_count(said, "Total errors") if "Total errors" in said else 0
    end = said.get("End Date", "")
    scan = sources.scan(
        asked,
        "clamav",
        _TIME.sub(r"\1-\2-\3T\4", end) if end else None,
        version=said.get("Engine version"),
        completed=not errors and not any(_trouble(line) for line in lines),
        scanned=scanned,
        findings=[{"id": name, "severity": "critical", "title": name, "component": file} for file, name in found],
    )
    return {"scans": [scan]}


def _found(line: str) -> tuple[str, str] | None:
    """The file and the signature of a line that reports one."""
    file, colon, name = line.removesuffix(" FOUND").rpartition(": ")
    return (file, name) if colon and line.endswith(" FOUND") else None


def _trouble(line: str) -> bool:
    """Does a line tell of something that could not be looked at."""
    return (
        line.startswith(("LibClamAV Error", "ERROR"))
        or line.endswith((" ERROR", ": Access denied"))
        or (line.startswith("WARNING: ") and ("Can't" in line or "Cannot" in line))
    )
