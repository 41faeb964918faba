"""Texts that are written later than they are made, kept in a file without a name, so that many take no room in memory."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile

SMALL = 1 << 20
"""Bytes that are held in memory."""
_PIECE = 1 << 16


class Spool:
    """Texts in the order in which they were written."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(SMALL)  # noqa: SIM115 - it goes with this object
        self._size = 0

    def __del__(self) -> None:
        self._file.close()

    def write(self, text: str) -> tuple[int, int]:
        """Add a text; where it stands, for `read`."""
        data = text.encode("utf-8", "surrogatepass")
        at, self._size = self._size, self._size + len(data)
        self._file.write(data)
        return at, len(data)

    def read(self, place: tuple[int, int]) -> str:
        """One text."""
        at, size = place
        self._file.seek(at)
        found = self._file.read(size).decode("utf-8", "surrogatepass")
        self._file.seek(0, 2)
        return found

    def all(self) -> Iterator[str]:
        """All of them, in pieces."""
        decoder = codecs.getincrementaldecoder("utf-8")("surrogatepass")
        self._file.seek(0)
        while data := self._file.read(_PIECE):
            yield decoder.decode(data)
        yield decoder.decode(b"", final=True)
        self._file.seek(0, 2)
