"""Which cases files lie among files and folders, and which policies have none beside them."""

from __future__ import annotations

import os
from pathlib import Path

from letpass import disk
from letpass.authoring.cases.reading import SUFFIX
from letpass.diagnostics import CaseError, Diagnostic, LetpassError, Source
from letpass.frozen import Frozen
from letpass.language.parser import parse
from letpass.project import policyset

LIKE_CASES = (".cases.yml", ".cases.json")
"""Endings that somebody means cases by."""


class Cases(Frozen):
    """Cases files in order of their paths, policies that have none, and what is named like cases and is none."""

    files: tuple[Path, ...] = ()
    untested: tuple[Path, ...] = ()
    faults: tuple[Diagnostic, ...] = ()


def find(paths: tuple[Path, ...]) -> Cases:
    """All cases files among files and folders; the path of a policy stands for the cases beside it.

    Raises `CaseError` where a path leads to nothing.
    """
    files: list[Path] = []
    policies: list[Path] = []
    faults: list[Diagnostic] = []
    for path in paths:
        if path.is_dir():
            _below(path, files, policies, faults)
        elif not path.exists():
            raise _refused(path, f"there is no `{disk.shown(path)}`", "name a folder of policies, or a cases file")
        elif path.name.endswith(SUFFIX) and path.is_file():
            files.append(path)
        elif path.suffix == policyset.SUFFIX:
            policies.append(path)
            files += [beside for beside in [_beside(path)] if beside.exists()]
        else:
            raise _refused(path, f"`{disk.shown(path)}` is no cases file", f"its name ends in `{SUFFIX}`")
    untested = tuple(p for p in dict.fromkeys(policies) if not _beside(p).exists() and _is_policy(p))
    return Cases(tuple(dict.fromkeys(files)), untested, tuple(faults))


def _below(folder: Path, files: list[Path], policies: list[Path], faults: list[Diagnostic]) -> None:
    """What lies in a folder.  What is named like cases and cannot be read as such is a fault: no test vanishes unseen."""

    def unread(error: OSError) -> None:
        where = Path(str(error.filename or folder))
        faults.extend(_refused(where, f"`{disk.shown(where)}` cannot be read", "make it readable").diagnostics)

    for here, folders, names in os.walk(folder, onerror=unread):
        folders.sort()
        for name in sorted([*folders, *names]):
            path, lower = Path(here, name), name.casefold()
            if path.is_dir() and path.is_symlink():
                faults += _refused(path, f"`{disk.shown(path)}` is a linked folder", "put it in its place").diagnostics
            elif lower.endswith((SUFFIX, *LIKE_CASES)):
                if name.endswith(SUFFIX) and path.is_file():
                    files.append(path)
                else:
                    what = f"`{disk.shown(path)}` is named like cases, and is no file that ends in `{SUFFIX}`"
                    faults += _refused(path, what, "give it another name").diagnostics
            elif name.endswith(policyset.SUFFIX) and path.is_file():
                policies.append(path)


def _beside(policy: Path) -> Path:
    return policy.with_name(f"{policy.name.removesuffix(policyset.SUFFIX)}{SUFFIX}")


def _is_policy(path: Path) -> bool:
    """Is a policy in a file, and not only what others use; one that does not read is for `policy lint` to tell."""
    try:
        text, _ = parse(Source(disk.shown(path), policyset.read_text(path)))
    except LetpassError:
        return True
    return text.header is not None


def _refused(path: Path, message: str, help_: str) -> CaseError:
    return CaseError.of("GATE308", message, disk.shown(path), help_)
