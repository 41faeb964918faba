"""The author of a commit, as the commit itself says.  `.mailmap` is not read, since whoever writes the tree could write it."""

from __future__ import annotations

import re
from pathlib import Path

from letpass.diagnostics import CommitError
from letpass.frozen import Frozen
from letpass.project.git import asking, names

_WHOLE = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")
_PART = re.compile(r"[0-9a-f]{7,63}\Z")
_AUTHOR = re.compile(rb"author (.*<[^<>\n]*>) -?\d+ [+-]\d+\Z")


class Author(Frozen):
    """The author of a commit, `name <address>`, and the commit's whole id."""

    commit: str
    name: str


def author(commit: str, where: Path) -> Author | None:
    """The author of the commit that an id, or the beginning of one, names in the repository around a folder.

    None where it is no such id, names none or several, or cannot be asked for.  A branch or tag is no id, whatever it is
    called like.
    """
    id_ = commit.strip().lower()
    if not (_WHOLE.match(id_) or _PART.match(id_)) or not is_inside(where):
        return None
    try:
        if not _WHOLE.match(id_):
            found = set(names.by_id(id_, where).values())
            if len(found) != 1:
                return None
            (id_,) = found
        told = asking.run("cat-file", "commit", id_, where=where)
    except CommitError:
        return None
    head = told.stdout.partition(b"\n\n")[0] if told.returncode == 0 else b""
    match = next((m for row in head.split(b"\n") if (m := _AUTHOR.match(row))), None)
    return Author(id_, match[1].decode("utf-8", "replace").strip()) if match is not None else None


def leads_to(commit: str, later: str, where: Path) -> bool:
    """Is a commit another one or before it.  Both are whole ids; False where the history is not here to tell."""
    try:
        return asking.run("merge-base", "--is-ancestor", commit, later, where=where).returncode == 0
    except CommitError:
        return False


def is_inside(where: Path) -> bool:
    """Does a folder lie in a working tree, as far as its parents show; git is not asked."""
    here = where.resolve()
    return any((folder / ".git").exists() for folder in (here, *here.parents))
