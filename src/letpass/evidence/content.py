"""What a file is by its content: text, an image or safetensors, of which nothing runs when they are read as what they are.

The whole structure is looked at, never the name.  A file that is also something else (an archive behind an image, a pickle that
reads as text) is none of these.
"""

from __future__ import annotations

import bz2
import io
import os
import re
import stat
import tarfile
import zlib
from collections.abc import Callable
from hashlib import file_digest
from pathlib import Path

from letpass.diagnostics import InvalidError
from letpass.evidence import images, pickles, safetensors
from letpass.facts.artifact import opened
from letpass.frozen import Frozen

HELD = 64 << 20  # bytes of a file that are looked at in memory; a larger one can only be safetensors
_TAIL = (1 << 16) + 22  # in which a ZIP archive's end stands, with its comment
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f]")
_DEFLATED = (b"\x1f\x8b", b"x")  # gzip (RFC 1952), and zlib (RFC 1950) as joblib knows it
_HDF5 = b"\x89HDF\r\n\x1a\n"


class Seen(Frozen):
    """A file's bytes as far as they are looked at: the first ones and the last ones, how many there are, their SHA-256.

    probes: the eight bytes at each place where an HDF5 file may begin (HDF5 file format 3.0, II.A).
    """

    head: bytes
    tail: bytes
    size: int
    sha256: str
    probes: tuple[bytes, ...] = ()

    @property
    def whole(self) -> bool:
        """Is the head all of it."""
        return self.size == len(self.head)


def harmless(path: Path, sha256: str) -> str | None:
    """What a file is, in a word, where it is one of these; None for every other one, and for other bytes than expected."""
    try:
        seen = _seen(path)
    except (InvalidError, OSError):
        return None
    return kind(seen) if seen is not None and seen.sha256 == sha256 else None


def kind(seen: Seen) -> str | None:
    """`text`, `a PNG image`, `safetensors`, …, or None."""
    found = next((word for word, is_one in _KINDS if is_one(seen)), None)
    return None if found is None or _is_more(seen) else found


def _seen(path: Path) -> Seen | None:
    """The bytes of a regular file that does not change while it is read."""
    handle = opened(path)
    with open(handle, "rb", buffering=0) as file:  # noqa: PTH123 - a descriptor, not a path
        before = os.fstat(handle)
        if not stat.S_ISREG(before.st_mode):
            return None
        sha256 = file_digest(file, "sha256").hexdigest()
        size = before.st_size
        head = _at(file, 0, min(size, HELD))
        tail = _at(file, max(0, size - _TAIL), min(size, _TAIL))
        places = [0, *(512 << n for n in range(64) if 512 << n < size)]
        probes = tuple(_at(file, place, 8) for place in places)
        after = os.fstat(handle)
    same = (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
    return Seen(head, tail, size, sha256, probes) if same else None


def _at(file: io.FileIO, place: int, length: int) -> bytes:
    file.seek(place)
    found = b""
    while length > len(found) and (more := file.read(length - len(found))):
        found += more
    return found


def _is_text(seen: Seen) -> bool:
    """UTF-8 without control characters; JSON is one of these."""
    if not seen.whole:
        return False
    try:
        return _CONTROLS.search(seen.head.decode("utf-8")) is None
    except UnicodeDecodeError:
        return False


def _image(is_one: Callable[[bytes], bool]) -> Callable[[Seen], bool]:
    return lambda seen: seen.whole and is_one(seen.head)


_KINDS: tuple[tuple[str, Callable[[Seen], bool]], ...] = (
    ("text", _is_text),
    ("a PNG image", _image(images.is_png)),
    ("a JPEG image", _image(images.is_jpeg)),
    ("a GIF image", _image(images.is_gif)),
    ("a WebP image", _image(images.is_webp)),
    ("safetensors", lambda seen: safetensors.is_one(seen.head, seen.size)),
)


def _is_more(seen: Seen) -> bool:
    """Is it something else too, that a loader may take it for: a ZIP or tar archive, a packed stream, HDF5, a pickle."""
    if b"PK\x05\x06" in seen.tail or _HDF5 in seen.probes:
        return True
    return _is_tar(seen.head[:512]) or _is_packed(seen) or pickles.imports(seen.head, whole=seen.whole)


def _is_tar(head: bytes) -> bool:
    """Does it begin as a tar archive does, of the oldest format too, which has no name but its checksum."""
    if head[257:262] == b"ustar":
        return True
    try:
        tarfile.TarInfo.frombuf(head, "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError):
        return False
    return True


def _is_packed(seen: Seen) -> bool:
    """Does anything come out of it as a stream of gzip, zlib or bzip2, which can be plain text; joblib tells them by their beginning."""
    if seen.head.startswith(b"ZF0x"):  # joblib's own header before one
        return True
    for begins, machine in ((_DEFLATED, zlib.decompressobj(47)), (b"BZh", bz2.BZ2Decompressor())):
        if not seen.head.startswith(begins):
            continue
        try:
            if machine.decompress(seen.head, 1) or not seen.whole:
                return True
        except (zlib.error, OSError):
            continue
    return False
