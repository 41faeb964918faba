"""What clamscan prints: one scan.  It knows no severities, so whatever it finds is critical."""

from __future__ import annotations

import re
from collections.abc import Mapping

from letpass.diagnostics import InvalidError
from letpass.evidence import sources
from letpass.evidence.interface import Asked, Part

_LOOKED_AT = frozenset({"OK", "Empty file"})
_NO_FILES = ("LibClamAV debug", "LibClamAV Warning", "Loading:", "Compiling:", "WARNING: ")
_OPTIONS = ("WARNING: Ignoring ", "WARNING: Using deprecated ")
_TIME = re.compile(r"(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)\Z")


def read(data: bytes, asked: Asked) -> Part:
    """The scan in clamscan's output; not whole where a file was not read, or was skipped and is not harmless by its content.

    asked: `ran_at`, since its dates have no zone; `files`.  Raises `InvalidError` for a text without its summary, for one that counts
    other files than it shows, and for a scan without a signature to look for.
    """
    head, tail, said = sources.summed_up(data)
    lines = head + tail
    found = [pair for line in lines if (pair := _found(line))]
    infected = sources.summed_count(said, "Infected files")
    # with --allmatch a file is shown once for each match
    if not len({file for file, _ in found}) <= infected <= len(found):
        raise InvalidError(f"it counts {infected} infected files and shows {len(found)}")
    scanned = sources.summed_count(said, "Scanned files")
    if sources.summed_count(said, "Known viruses") == 0:
        raise InvalidError("it knew no viruses, so it could find none")
    errors = sources.summed_count(said, "Total errors") if "Total errors" in said else 0
    skipped = {pair[0]: pair[1] for line in head if (pair := _skipped(line))}
    left_out, missed = sources.passed_over(asked, skipped)
    unread = (
        [line for line in lines if _trouble(line)] + [f"{errors} errors"] * bool(errors) + missed + _unscanned(said)
    )
    end = said.get("End Date", "")
    scan = sources.scan(
        asked,
        "clamav",
        _TIME.sub(r"\1-\2-\3T\4", end) if end else None,
        version=said.get("Engine version"),
        completed=not unread,
        scanned=scanned,
        findings=[{"id": name, "severity": "critical", "title": name, "component": file} for file, name in found],
        unread=sources.listed(unread),
        left_out=sources.listed(left_out),
    )
    return {"scans": [scan]}


def _found(line: str) -> tuple[str, str] | None:
    """The file and the signature of a line that reports one."""
    file, colon, name = line.removesuffix(" FOUND").rpartition(": ")
    return (file, name) if colon and line.endswith(" FOUND") else None


def _skipped(line: str) -> tuple[str, str] | None:
    """The file that a line before the summary says was not looked at, and why."""
    file, colon, why = line.rpartition(": ")
    looked_at = not colon or why in _LOOKED_AT or why.endswith(" FOUND")
    return None if looked_at or line.startswith(_NO_FILES) or _trouble(line) else (file, why)


def _trouble(line: str) -> bool:
    """Does a line tell of something that could not be looked at."""
    if line.startswith("LibClamAV Warning: *"):  # how old its database is
        return False
    return (
        line.startswith(("LibClamAV Error", "LibClamAV Warning", "ERROR"))
        or line.endswith((" ERROR", ": Access denied"))
        or (line.startswith("WARNING: ") and not line.startswith(_OPTIONS))
    )


def _unscanned(said: Mapping[str, str]) -> list[str]:
    """What the summary says of files that it read and passed on, since they are larger than its limits."""
    scanned, read_ = (said.get(name, "").split() for name in ("Data scanned", "Data read"))
    if scanned[:1] != ["0.00"] or len(read_) < 2 or read_[1] not in {"MB", "MiB", "GB", "GiB"}:
        return []
    return [] if read_[0].startswith(("0.0", "-")) else [f"{' '.join(read_[:2])} read and none of it scanned"]
