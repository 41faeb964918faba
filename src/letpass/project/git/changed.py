"""What the commit that is checked out has changed since it left another one's line: paths with their entries then and now."""

from __future__ import annotations

import os
from pathlib import Path

from letpass.diagnostics import CommitError
from letpass.frozen import Frozen
from letpass.project.git import asking

_NONE = "000000"


class Changed(Frozen):
    """A path whose entry differs.  `before`, `after`: the mode and id of the file, None where there is none."""

    path: str
    before: tuple[str, str] | None
    after: tuple[str, str] | None


def since(commit: str, top: Path) -> list[Changed]:
    """What differs between where the commit that is checked out left the line of `commit`, and itself; no rename is guessed.

    Where that place cannot be told, as in a clone that was cut short, everything that differs from `commit` itself.  Raises
    `CommitError`.
    """
    here = asking.line("rev-parse", "--verify", "--quiet", "HEAD^{commit}", where=top)
    if not here:
        raise CommitError.of("GATE015", "nothing is checked out", help="check the change out that is judged")
    base = asking.line("merge-base", commit, here, where=top) or commit
    told = asking.answer("diff-tree", "-r", "-z", "--no-renames", "--raw", base, here, where=top).split(b"\0")
    return [_changed(row, path) for row, path in zip(told[0::2], told[1::2], strict=False) if row]


def _changed(row: bytes, path: bytes) -> Changed:
    old, new, before, after, _ = row.decode().removeprefix(":").split(" ")
    return Changed(os.fsdecode(path), None if old == _NONE else (old, before), None if new == _NONE else (new, after))
