"""Entries of a ZIP archive, each unpacked within limits: PKWARE's APPNOTE 6.3, methods 0 (stored), 8 (deflate), 93 (Zstandard)."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

from letpass.diagnostics import InvalidError

MOST = 64 << 20  # bytes, of all entries that are read together
LARGEST = 16 << 20  # bytes of an entry
RATIO = 200  # how many times larger than packed an entry may be
ENTRIES = 100_000
_LOCAL = struct.Struct("<4s22xHH")  # signature, lengths of name and extra field
ZSTANDARD = 93


class UnknownMethodError(InvalidError):
    """An entry is packed in a way that this Python cannot unpack."""


class TooLargeError(InvalidError):
    """An entry, or all of them together, would be more than is unpacked."""


class Archive:
    """The archive in some bytes; raises `InvalidError` for what is none, and for two entries of one name."""

    def __init__(self, data: bytes) -> None:
        self._data, self._left, self._apart = data, MOST, len(data)
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as file:
                entries = file.infolist()
        except (
            zipfile.BadZipFile,
            ValueError,
            NotImplementedError,
            EOFError,
            UnicodeDecodeError,
            struct.error,
        ) as error:
            raise InvalidError(f"no ZIP archive that can be read: {error}") from None
        if len(entries) > ENTRIES:
            raise InvalidError(f"more than {ENTRIES:,} entries")
        self._entries = {entry.filename: entry for entry in entries}
        if len(self._entries) != len(entries):
            raise InvalidError("two entries have one name")
        self.names = tuple(self._entries)

    def read(self, name: str) -> bytes:
        """The bytes of an entry; raises `InvalidError` where it is broken, or larger than is read."""
        entry = self._entries[name]
        packed = self._packed(entry)
        if entry.file_size > LARGEST:
            raise TooLargeError(f"its `{name}` has {entry.file_size:,} bytes, and {LARGEST:,} are the most")
        if entry.file_size > RATIO * max(1, len(packed)):
            raise TooLargeError(f"its `{name}` is more than {RATIO} times larger than packed")
        self._left -= entry.file_size
        if self._left < 0:
            raise TooLargeError(f"more than {MOST:,} bytes unpacked")
        found = _METHODS.get(entry.compress_type, _unknown)(packed, entry.file_size)
        if len(found) != entry.file_size or zlib.crc32(found) != entry.CRC:
            raise InvalidError(f"its `{name}` is broken")
        return found

    def _packed(self, entry: zipfile.ZipInfo) -> bytes:
        at = entry.header_offset
        header = self._data[at : at + _LOCAL.size]
        if len(header) != _LOCAL.size or entry.flag_bits & 1:
            raise InvalidError(f"its `{entry.filename}` is broken or encrypted")
        signature, name, extra = _LOCAL.unpack(header)
        self._apart -= entry.compress_size
        if self._apart < 0:
            raise InvalidError("its entries lie over one another")
        begin = at + _LOCAL.size + name + extra
        packed = self._data[begin : begin + entry.compress_size]
        if signature != b"PK\x03\x04" or len(packed) != entry.compress_size:
            raise InvalidError(f"its `{entry.filename}` is broken")
        return packed


def _stored(packed: bytes, _: int) -> bytes:
    return packed


def _deflated(packed: bytes, size: int) -> bytes:
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, size + 1)
    except zlib.error as error:
        raise InvalidError(f"an entry that cannot be unpacked: {error}") from None


def _zstandard(packed: bytes, size: int) -> bytes:
    """By the package `zstandard`, which the extra `inspect` brings."""
    try:
        import zstandard
    except ImportError:
        raise UnknownMethodError("its entries are packed with Zstandard") from None
    try:
        with zstandard.ZstdDecompressor(max_window_size=LARGEST).stream_reader(packed) as stream:
            return bytes(stream.read(size + 1))
    except zstandard.ZstdError as error:
        raise InvalidError(f"an entry that cannot be unpacked: {error}") from None


def _unknown(_: bytes, __: int) -> bytes:
    raise InvalidError("its entries are packed in a way that is not read here")


_METHODS: dict[int, Callable[[bytes, int], bytes]] = {0: _stored, 8: _deflated, ZSTANDARD: _zstandard}
