"""Files read and written with care: bounded, without waiting for pipes, whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
import threading
from pathlib import Path
from typing import BinaryIO


def read(path: Path, largest: int, *, links: bool = False) -> bytes:
    """The bytes of a regular file, at most one more than `largest`; raises OSError.

    `links`: a link is followed, else it is refused; no pipe or device is waited for.
    """
    flags = os.O_RDONLY | os.O_NONBLOCK | (0 if links else os.O_NOFOLLOW)
    with open(os.open(path, flags), "rb") as file:  # noqa: PTH123 - a descriptor
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "no regular file")
        return file.read(largest + 1)


def opened(path: Path) -> BinaryIO:
    """A file that somebody names, to be read; links are followed.  Raises OSError.

    A pipe or device is taken where the name is that of the process itself (`/dev/stdin`, `/dev/fd/63` of a shell's `<(…)`).
    Under any other name nobody may ever write into it, and it is refused, not waited for.
    """
    own = path.parts[:2] in {("/", "dev"), ("/", "proc")}
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | (0 if own else os.O_NONBLOCK))
    mode = os.fstat(handle).st_mode
    if stat.S_ISREG(mode) or (own and not stat.S_ISDIR(mode)):
        return open(handle, "rb")  # noqa: PTH123 - a descriptor
    os.close(handle)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    raise OSError(errno.EINVAL, "no regular file", str(path))


def replace(path: Path, data: bytes, *, durable: bool = False) -> None:
    """Write a file, whole or not at all; raises OSError.  `durable`: it is on the disk when this returns."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.part")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:  # an interrupt too
        temporary.unlink(missing_ok=True)
        raise
    if durable:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def create(path: Path, data: bytes) -> None:
    """Write a new file, whole or not at all; raises OSError, FileExistsError where there is something of that name."""
    temporary = path.with_name(f".{path.name[:100]}.{os.getpid()}.{threading.get_ident()}.part")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            raise
        except OSError:  # a file system without links: the name is taken first, and filled then
            with path.open("xb") as file:
                try:
                    file.write(data)
                except OSError:
                    path.unlink(missing_ok=True)
                    raise
    finally:
        temporary.unlink(missing_ok=True)


def reason(error: OSError) -> str:
    """Why the system refused, for a message."""
    if error.errno == errno.ELOOP:
        return "it is a link"
    return (error.strerror or "no reason given").lower()


def shown(path: Path | str) -> str:
    """A path as text that every encoding can hold: bytes that are not UTF-8 as escapes."""
    return str(path).encode("utf-8", "backslashreplace").decode("utf-8")
