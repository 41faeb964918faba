"""Files of a new project, written all or none: nothing that is there is changed."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from letpass import disk
from letpass.diagnostics import ScaffoldError, UnreachableError
from letpass.frozen import Frozen

Create = Callable[[Path, bytes], None]


class Plan(Frozen):
    """What is to be written and what is there already, by path, in order; `texts`: what will stand there then."""

    new: Mapping[Path, str]
    kept: tuple[Path, ...]
    other: tuple[Path, ...]
    texts: Mapping[Path, str]


def plan(folder: Path, files: Mapping[Path, str]) -> Plan:
    """Which of some files are new; `other` are there and say something else.

    Raises `ScaffoldError` where something is in the way, and for the beginning of a file that an earlier attempt broke off.
    """
    if os.path.lexists(folder) and not folder.is_dir():
        raise _refused(folder, f"`{disk.shown(folder)}` is no folder", "name a folder; one that is not there is made")
    new: dict[Path, str] = {}
    kept: list[Path] = []
    other: list[Path] = []
    texts: dict[Path, str] = {}
    for path, text in files.items():
        _free(folder, path)
        if not os.path.lexists(path):
            new[path] = texts[path] = text
            continue
        there = texts[path] = _text(path)
        kept.append(path)
        if there == text:
            continue
        other.append(path)
        if text.startswith(there):
            what = f"`{disk.shown(path)}` is the beginning of what would be written there: an attempt has broken off"
            raise _refused(path, what, "remove it, and try again")
    return Plan(new, tuple(kept), tuple(other), texts)


def write(folder: Path, new: Mapping[Path, str], create: Create = disk.create) -> None:
    """Write all files, or none: what was made is taken away again where one cannot be.

    Raises `ScaffoldError`, or `UnreachableError` where another try may do it; it says what stands where even that fails.
    """
    made: list[Path] = []
    folders: list[Path] = []
    try:
        _make(folder, folders)
        for path, text in new.items():
            _make(path.parent, folders)
            create(path, text.encode("utf-8"))
            made.append(path)
    except OSError as error:
        standing = _undo(made, folders)
        name = (
            disk.shown(str(error.filename))
            if error.filename and not str(error.filename).endswith(".part")
            else disk.shown(folder)
        )
        what = f"cannot write `{name}`: {disk.reason(error)}"
        rest = (
            f"; what could not be taken away again: {', '.join(f'`{disk.shown(p)}`' for p in standing)}"
            if standing
            else "; nothing was written"
        )
        found = _refused(folder, what + rest, "see whether you may write there, or name another folder")
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EIO}:
            raise UnreachableError(found.diagnostics) from None
        raise found from None
    except BaseException:
        _undo(made, folders)
        raise


def _make(folder: Path, made: list[Path]) -> None:
    """Make a folder and those above it, and note which were not there."""
    missing = []
    at = folder
    while not at.is_dir():
        missing.append(at)
        if at == at.parent:
            break
        at = at.parent
    for one in reversed(missing):
        one.mkdir()
        made.append(one)


def _undo(made: list[Path], folders: list[Path]) -> list[Path]:
    """Take away what was made, the newest first; what stands nevertheless."""
    standing = []
    for path in reversed(made):
        try:
            path.unlink()
        except FileNotFoundError:
            continue
        except OSError:
            standing.append(path)
    for folder in reversed(folders):
        try:
            folder.rmdir()
        except FileNotFoundError:
            continue
        except OSError:  # somebody else has put something there, or it cannot be removed
            standing.append(folder)
    return standing


def _free(folder: Path, path: Path) -> None:
    """Raise where a file or a link is in the place of a folder, or a folder or a link to nothing in that of a file."""
    between = [p for p in path.parents if p != folder and p.is_relative_to(folder)]
    for above in reversed(between):
        name = disk.shown(above)
        if above.is_symlink():
            raise _refused(above, f"`{name}` is a link, and nothing is written behind it", "put a folder in its place")
        if os.path.lexists(above) and not above.is_dir():
            raise _refused(above, f"`{name}` is a file, and a folder is wanted there", "move it elsewhere")
    if os.path.lexists(path) and not path.is_file():
        what = "a folder" if path.is_dir() else "a link that leads nowhere" if path.is_symlink() else "no file"
        raise _refused(path, f"`{disk.shown(path)}` is {what}, and a file is wanted there", "move it elsewhere")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").replace("\r\n", "\n")
    except OSError as error:
        raise _refused(path, f"cannot read `{disk.shown(path)}`: {disk.reason(error)}", "") from None
    except UnicodeDecodeError as error:
        raise _refused(path, f"`{disk.shown(path)}` is not UTF-8: byte {error.start}", "save it as UTF-8") from None


def _refused(path: Path, message: str, help_: str) -> ScaffoldError:
    return ScaffoldError.of("GATE014", message, disk.shown(path), help_)
