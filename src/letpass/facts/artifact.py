"""The digest of a model's own bytes: SHA-256 of a file, dirHash1 of a folder.

dirHash1 (in-toto's digest set) is the SHA-256 of the lines `HEX  NAME` of all files, in the order of their names' bytes,
so that the names count too; it equals

    find . -type f | cut -c3- | LC_ALL=C sort | xargs -r sha256sum | sha256sum

Links are refused, but for those of a snapshot in a Hugging Face cache, which is all links: `snapshots/REVISION/NAME` leads to
`blobs/HASH` of the same repository, and is hashed like the file that it leads to.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from letpass import disk
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


def digests(path: Path, also: str = "") -> tuple[str, ...]:
    """All names of the same bytes, first `sha256:…` of a file, `dirHash1:…` of a folder.

    also: a digest whose algorithm is wanted too.

    A file has its digest in that algorithm, where `hashlib` knows it.  A folder of one file has the file's digests too,
    since a copy may lie in a folder of its own.

    Raises `InvalidError` for what would let two readers see different bytes: links but for a cache's, devices, odd names, an
    empty folder.
    """
    return files(path, also).digests


def files(path: Path, also: str = "") -> Files:
    """A file, or those of a folder, each hashed; `also` and what it raises as `digests`."""
    wanted = dict.fromkeys(["sha256", *([a] if (a := also.partition(":")[0].lower()) in _KNOWN else [])])
    try:
        mode = os.lstat(path).st_mode
        if stat.S_ISLNK(mode) and _up(str(path.readlink())) is None:
            raise InvalidError(f"`{path}` is a link; name what it leads to")
        if stat.S_ISREG(mode) or stat.S_ISLNK(mode):
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
        raise InvalidError(f"cannot read `{path}`: {disk.reason(error)}") from None
    raise InvalidError(f"`{path}` is neither a file nor a folder")


def digests_at(path: Path, also: str = "") -> tuple[str, ...]:
    """All names of the bytes of a file or folder, as `digests`; raises `ArtifactError`."""
    try:
        return digests(path, also)
    except InvalidError as error:
        raise ArtifactError.of("GATE416", f"the artifact cannot be hashed: {error}", str(path)) from None


_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | getattr(os, "O_CLOEXEC", 0)
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | getattr(os, "O_CLOEXEC", 0)
_BLOB = re.compile(r"((?:\.\./){2,})blobs/([0-9a-f]{32,128})")
"""What a link in a snapshot says: out of the snapshot's folders and of `snapshots`, and to a blob by its hash."""


def _up(target: str) -> tuple[int, str] | None:
    """How many folders a link leads up before it leads to `blobs`, and to which blob; None for any other link."""
    found = _BLOB.fullmatch(target)
    return (found[1].count("/"), found[2]) if found is not None else None


def opened(path: Path) -> int:
    """A descriptor of a file to be read, without following a link; of a cache's link that of the blob.  Raises `InvalidError`.

    The folders around it are held open one by one, so that nobody can put others in their place: `..` is the folder that is
    really above, whatever name led there.
    """
    try:
        return os.open(path, _READ)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
    held = [os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | getattr(os, "O_CLOEXEC", 0))]
    try:
        led = _up(os.readlink(path.name, dir_fd=held[0]))
        if led is None:
            raise InvalidError(f"`{path}` is a link")
        for _ in range(led[0]):
            held.append(os.open("..", _FOLDER, dir_fd=held[-1]))
        snapshots = os.stat("snapshots", dir_fd=held[-1], follow_symlinks=False)
        if not os.path.samestat(snapshots, os.fstat(held[-2])):
            raise InvalidError(f"`{path}` is a link out of what is no snapshot of a cache")
        held.append(os.open("blobs", _FOLDER, dir_fd=held[-1]))
        return os.open(led[1], _READ, dir_fd=held[-1])
    except OSError as error:
        why = "leads to a link" if error.errno in {errno.ELOOP, errno.ENOTDIR} else disk.reason(error)
        raise InvalidError(f"`{path}` is a link into no cache: {why}") from None
    finally:
        for handle in held:
            os.close(handle)


def _file(path: Path, algorithm: str = "sha256") -> str:
    """The hexadecimal digest of a regular file, opened without following a link, and the same from begin to end."""
    handle = opened(path)
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
                if _up(str(Path(entry.path).readlink())) is None:
                    raise InvalidError(f"`{folder / entry.name}` is a link")
                yield raw
            elif entry.is_dir(follow_symlinks=False):
                yield from _names(folder / entry.name, name + "/")
            elif entry.is_file(follow_symlinks=False):
                yield raw
            else:
                raise InvalidError(f"`{folder / entry.name}` is no regular file")
