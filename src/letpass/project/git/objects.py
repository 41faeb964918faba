"""The files of a commit, their bytes exactly as they were committed.

`git archive` is not used: it leaves out what a `.gitattributes` calls `export-ignore`, writes into what it calls
`export-subst`, and runs filters.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from letpass.diagnostics import CommitError
from letpass.frozen import Frozen
from letpass.project.git import asking

_AT_ONCE = 64 << 20  # bytes that are held in memory together


class Entry(Frozen):
    """One entry of a commit's tree.  `path`: from the repository's top."""

    mode: str
    id: str
    path: str

    @property
    def is_file(self) -> bool:
        """Is it a file, and no link."""
        return self.mode.startswith("100")

    @property
    def is_folder(self) -> bool:
        """Is it a folder."""
        return self.mode == "040000"

    @property
    def is_link(self) -> bool:
        """Is it a symbolic link."""
        return self.mode == "120000"


def entries(commit: str, paths: Sequence[str], top: Path, *, deep: bool = True) -> list[Entry]:
    """The files, links and submodules of a commit at some paths and below them; `""`: all of it.

    `deep`: else what is at these paths alone, also where it is a folder.
    """
    below = [] if "" in paths else ["--", *paths]
    words = ["-r"] if deep else []
    told = asking.answer("ls-tree", *words, "-z", "--full-tree", commit, *below, where=top) if paths else b""
    return [_entry(row) for row in told.split(b"\0") if row]


def _entry(row: bytes) -> Entry:
    said, _, path = row.partition(b"\t")
    mode, _, id_ = said.decode().split(" ")
    name = os.fsdecode(path)
    if any(part in {"", ".", "..", ".git"} for part in name.casefold().split("/")):
        raise CommitError.of(
            "GATE015",
            f"the commit has a file `{name}`, whose name leads elsewhere",
            help="no git makes such a commit by itself",
        )
    return Entry(mode, id_, name)


def tracked(paths: Sequence[str], top: Path) -> set[str]:
    """Which of some paths are files, links or submodules of the index, and so came with the commit that is checked out."""
    told = asking.answer("ls-files", "-z", "--cached", "--", *paths, where=top) if paths else b""
    return {os.fsdecode(name) for name in told.split(b"\0")} & set(paths)


def any_tracked(path: str, top: Path) -> str:
    """A file of the index at a path or below it, nothing where there is none."""
    told = asking.answer("ls-files", "-z", "--cached", "--", path, where=top)
    return os.fsdecode(told.split(b"\0")[0])


def blobs(ids: Sequence[str], largest: int, top: Path) -> Iterator[tuple[int, bytes | None]]:
    """The size and bytes of blobs, in order; None for the bytes of one that is larger than `largest`."""
    told = asking.answer("cat-file", "--batch-check", given=_rows(ids), where=top) if ids else b""
    sizes = [_size(row) for row in told.splitlines()]
    at = 0
    while at < len(ids):
        end, held = at + 1, sizes[at]
        while end < len(ids) and held + sizes[end] <= _AT_ONCE:
            held, end = held + sizes[end], end + 1
        yield from _some(ids[at:end], sizes[at:end], largest, top)
        at = end


def _some(ids: Sequence[str], sizes: Sequence[int], largest: int, top: Path) -> Iterator[tuple[int, bytes | None]]:
    small = [i for i, size in zip(ids, sizes, strict=True) if size <= largest]
    told = asking.answer("cat-file", "--batch", given=_rows(small), where=top) if small else b""
    start = 0
    for size in sizes:
        if size > largest:
            yield size, None
            continue
        begin = told.index(b"\n", start) + 1
        start = begin + size + 1
        yield size, told[begin : begin + size]


def _rows(ids: Sequence[str]) -> bytes:
    return "".join(f"{i}\n" for i in ids).encode()


def _size(row: bytes) -> int:
    """The size that `--batch-check` tells of a blob."""
    said = row.decode().split(" ")
    if len(said) != 3 or said[1] != "blob":
        raise CommitError.of(
            "GATE015",
            "an object of the commit is not here",
            help="fetch the commit whole: `git fetch --refetch origin`",
        )
    return int(said[2])
