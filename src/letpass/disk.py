"""Files read and written with care: bounded, without waiting for pipes, whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
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


def replace(path: Path, data: bytes | Iterable[bytes], *, durable: bool = False) -> None:
    """Write a file, whole or not at all; raises OSError, and what the making of its pieces raises.

    data: all of it, or its pieces · durable: it is on the disk when this returns.
    """
    with _beside(path, data, durable=durable) as written:
        written.replace(path)
    if durable:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def create(path: Path, data: bytes, *, mode: int = 0o666) -> None:
    """Write a new file, whole or not at all; raises OSError, FileExistsError where there is something of that name.

    mode: who may read and write it, of which the umask takes away.
    """
    with _beside(path, data, durable=True, mode=mode) as written:
        try:
            os.link(written, path)
        except FileExistsError:
            raise
        except OSError:  # a file system without links: the name is taken first, and filled then
            with _new(path, mode) as file:
                try:
                    file.write(data)
                    file.flush()
                except OSError:
                    path.unlink(missing_ok=True)
                    raise


@contextmanager
def _beside(path: Path, data: bytes | Iterable[bytes], *, durable: bool, mode: int = 0o666) -> Iterator[Path]:
    """A hidden file beside `path` with the data, which is gone at the end: an interrupt leaves no half of one."""
    name = f".{path.name[:40]}.{os.getpid()}.{threading.get_ident()}.part"  # 40: a name has 255 bytes at most
    written = path.with_name(name)
    written.unlink(missing_ok=True)  # of a process that was killed, and had this number
    try:
        with _new(written, mode) as file:
            file.writelines((data,) if isinstance(data, bytes) else data)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        yield written
    finally:
        with suppress(OSError):
            written.unlink()


def _new(path: Path, mode: int) -> BinaryIO:
    """A file that was not there, to be written; no link is followed."""
    return open(path, "xb", opener=lambda name, flags: os.open(name, flags, mode))


def reason(error: OSError) -> str:
    """Why the system refused, for a message."""
    if error.errno == errno.ELOOP:
        return "it is a link"
    return (error.strerror or "no reason given").lower()


def shown(path: Path | str) -> str:
    """A path as text that every encoding can hold: bytes that are not UTF-8 as escapes."""
    return str(path).encode("utf-8", "backslashreplace").decode("utf-8")
