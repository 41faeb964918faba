"""The exit codes and their meaning.  Only 0 lets a pipeline go on, and only the end of a command gives it."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """The exit codes of every command, which gives back the one that it ends with."""

    ALLOW = 0
    DONE = 0
    NO = 1
    USAGE = 2
    UNDECIDED = 3
    UNREACHABLE = 4
    DEFECT = 70
    INTERRUPTED = 130


_WORST = (Exit.DEFECT, Exit.USAGE, Exit.UNREACHABLE, Exit.NO, Exit.UNDECIDED, Exit.ALLOW)
_OF = {"allow": Exit.ALLOW, "deny": Exit.NO, "undecided": Exit.UNDECIDED}


def of(verdict: str) -> Exit:
    """The exit code of a verdict's word."""
    return _OF[verdict]


def worst(codes: list[Exit]) -> Exit:
    """The exit code of several answers; of none, a usage error."""
    return min(codes, key=_WORST.index, default=Exit.USAGE)
