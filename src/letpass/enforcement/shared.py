"""Numbers that the processes of one server share: a small file, locked while one of them changes it."""

from __future__ import annotations

import fcntl
import os
import stat
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from errno import EINVAL
from pathlib import Path

_MAGIC = b"letpass1"
_threads = threading.Lock()


class Shared:
    """Numbers by name, 0 at first.  They are of whoever runs the server alone, and are lost with the file.

    path: the file, made where it is not there · names: in the order in which they stand there.
    """

    def __init__(self, path: Path, names: Sequence[str]) -> None:
        self.path, self._names = path, tuple(names)
        self._form = struct.Struct(f"<{len(_MAGIC)}s{len(self._names)}d")

    @contextmanager
    def changed(self) -> Iterator[dict[str, float]]:
        """The numbers, to be changed while nobody else does; they are written at the end.

        Raises OSError where they cannot be shared: another user's file lies there, or the disk is full.
        """
        with _threads, self._locked() as handle:
            found = self._read(handle)
            yield found
            # one write of less than a page: a process that is killed has written all of it, or nothing
            os.pwrite(handle, self._form.pack(_MAGIC, *(found[name] for name in self._names)), 0)

    def read(self) -> dict[str, float]:
        """The numbers as they are; raises as `changed` does."""
        with _threads, self._locked() as handle:
            return self._read(handle)

    @contextmanager
    def _locked(self) -> Iterator[int]:
        # opened each time: a lock is of a descriptor, and what was forked shares those of its parent
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
        try:
            about = os.fstat(handle)
            if not stat.S_ISREG(about.st_mode) or about.st_uid != os.geteuid() or about.st_mode & 0o077:
                raise OSError(EINVAL, "it is no file of this user's own")
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield handle
        finally:
            os.close(handle)

    def _read(self, handle: int) -> dict[str, float]:
        data = os.pread(handle, self._form.size + 1, 0)
        if not data:
            return dict.fromkeys(self._names, 0.0)
        if len(data) != self._form.size or not data.startswith(_MAGIC):
            raise OSError(EINVAL, "it holds other numbers")
        return dict(zip(self._names, self._form.unpack(data)[1:], strict=True))
