"""The digest of a model's own bytes: SHA-256 of a file, dirHash1 of a folder.

dirHash1 (in-toto's digest set) is the SHA-256 of the lines `HEX  NAME` of all files, in the order of their names' bytes,
so that the names count too; it equals

    find . -type f | cut -c3- | LC_ALL=C sort | xargs -r sha256sum | sha256sum
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from letpass.diagnostics import ArtifactError, InvalidError
from letpass.frozen import Frozen

DEEPEST = 100  # folders inside one another
_KNOWN = frozenset({"sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512", "blake2b", "blake2s"})
"""Algorithms of which nobody can make two files with one digest: of MD5 and SHA-1 anybody can."""


class Files(Frozen):
    """The files of an artifact at hand: where they are, the SHA-256 of each by its name below there, all names of the whole."""

    root: Path
    hashes: Mapping[str, str]
    digests: tuple[str, ...]


def digest(path: Path) -> str:
    """`sha256:…` of a file, `dirHash1:…` of a folder.

    Raises `InvalidError` for what would let two readers see different bytes: links, devices, odd names, an empty folder.
    """
    return digests(path)[0]


def digests(path: Path, also: str = "") -> tuple[str, ...]:
    """All names of the same bytes, that of `digest` first.  `also`: a digest whose algorithm is wanted too.

    A file has its digest in that algorithm, where `hashlib` knows it.  A folder of one file has the file's digests too,
    since a copy may lie in a folder of its own.  Raises `InvalidError` as `digest` does.
    """
    return files(path, also).digests


def files(path: Path, also: str = "") -> Files:
    """A file, or those of a folder, each hashed; `also` and what it raises as `digests`."""
    wanted = dict.fromkeys(["sha256", *([a] if (a := also.partition(":")[0].lower()) in _KNOWN else [])])
    try:
        mode = os.lstat(path).st_mode
        if stat.S_ISLNK(mode):
            raise InvalidError(f"`{path}` is a link; name what it leads to")
        if stat.S_ISREG(mode):
            found = {algorithm: _file(path, algorithm) for algorithm in wanted}
            return Files(path.parent, {path.name: found["sha256"]}, tuple(f"{a}:{h}" for a, h in found.items()))
        if stat.S_ISDIR(mode):
            names = sorted(_names(path, ""))
            hashes = {name: _file(path / os.fsdecode(name)) for name in names}
            alone = [path / os.fsdecode(names[0])] if len(names) == 1 else []
            named = [f"{a}:{_file(file, a)}" for file in alone for a in wanted]
            return Files(
                path, {n.decode("utf-8"): h for n, h in hashes.items()}, (f"dirHash1:{_folder(path, hashes)}", *named)
            )
    except OSError as error:
        raise InvalidError(f"cannot read `{path}`: {(error.strerror or 'no reason given').lower()}") from None
    raise InvalidError(f"`{path}` is neither a file nor a folder")


def digests_at(path: Path, also: str = "") -> tuple[str, ...]:
    """All names of the bytes of a file or folder, as `digests`; raises `ArtifactError`."""
    try:
        return digests(path, also)
    except InvalidError as error:
        raise ArtifactError.of("GATE416", f"the artifact cannot be hashed: {error}", str(path)) from None


def _file(path: Path, algorithm: str = "sha256") -> str:
    """The hexadecimal digest of a regular file, opened without following a link, and the same from begin to end."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | getattr(os, "O_CLOEXEC", 0))
    with open(handle, "rb", buffering=0) as file:  # noqa: PTH123 - a descriptor, not a path
        before = os.fstat(handle)
        if not stat.S_ISREG(before.st_mode):
            raise InvalidError(f"`{path}` is no regular file")
        found = hashlib.file_digest(file, algorithm).hexdigest()
        after = os.fstat(handle)
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise InvalidError(f"`{path}` changed while it was read")
    return found


def _folder(folder: Path, hashes: Mapping[bytes, str]) -> str:
    """The hexadecimal digest of a folder of these files, in the order of their names."""
    if not hashes:
        raise InvalidError(f"`{folder}` holds no file")
    whole = hashlib.sha256()
    for name, found in hashes.items():
        whole.update(f"{found}  ".encode("ascii") + name + b"\n")
    return whole.hexdigest()


def _names(folder: Path, above: str) -> Iterator[bytes]:
    """The names of all files below a folder, hidden ones too, as bytes relative to the top."""
    if above.count("/") > DEEPEST:
        raise InvalidError(f"`{folder}` lies more than {DEEPEST} folders deep")
    with os.scandir(folder) as entries:
        for entry in entries:
            name = above + entry.name
            if "\n" in name or "\\" in name or "\r" in name:
                raise InvalidError(f"the name {name!r} has a line break or backslash in it")
            try:
                raw = name.encode("utf-8")
            except UnicodeEncodeError:
                raise InvalidError(f"the name {name!r} is not UTF-8") from None
            if entry.is_symlink():
                raise InvalidError(f"`{folder / entry.name}` is a link")
            if entry.is_dir(follow_symlinks=False):
                yield from _names(folder / entry.name, name + "/")
            elif entry.is_file(follow_symlinks=False):
                yield raw
            else:
                raise InvalidError(f"`{folder / entry.name}` is no regular file")
