"""Images, by their whole structure: from the first byte to the last one nothing that is no part of it."""

from __future__ import annotations

from zlib import crc32

_PNG = b"\x89PNG\r\n\x1a\n"


def is_png(data: bytes) -> bool:
    """A PNG image (PNG 3, 5): chunks with right checksums from IHDR to IEND, and nothing behind."""
    at, first = len(_PNG), True
    while data.startswith(_PNG) and at + 12 <= len(data):
        length, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        end = at + 12 + length
        if (name == b"IHDR") != first or end > len(data) or not name.isalpha():
            return False
        if int.from_bytes(data[end - 4 : end], "big") != crc32(data[at + 4 : end - 4]):
            return False
        if name == b"IEND":
            return length == 0 and end == len(data)
        at, first = end, False
    return False


def is_jpeg(data: bytes) -> bool:
    """A JPEG image (ITU T.81, B): segments and scans from SOI to EOI, and nothing behind."""
    at, scanned = 2, False
    while data[:2] == b"\xff\xd8" and data[at : at + 1] == b"\xff":
        marker = data[at + 1 : at + 2]
        if marker == b"\xd9":
            return scanned and at + 2 == len(data)
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        at += 2 + length
        if not marker or marker[0] < 0xC0 or length < 2 or at > len(data):
            return False
        if marker == b"\xda":
            scanned = True
            at = _scan_end(data, at)
    return False


def _scan_end(data: bytes, at: int) -> int:
    """Where the next marker behind a scan's data begins; `FF 00` and restarts are a part of them."""
    while (at := data.find(b"\xff", at)) >= 0:
        follows = data[at + 1 : at + 2]
        if follows != b"\x00" and not (follows and 0xD0 <= follows[0] <= 0xD7):
            return at
        at += 2
    return len(data)


def is_gif(data: bytes) -> bool:
    """A GIF image (GIF89a, 17 to 27): blocks up to the trailer, and nothing behind."""
    if data[:6] not in {b"GIF87a", b"GIF89a"} or len(data) < 13:
        return False
    at = 13 + _table(data[10])
    while at < len(data):
        begin, at = data[at], at + 1
        if begin == 0x3B:
            return at == len(data)
        if begin == 0x21:
            at += 1
        elif begin == 0x2C and at + 9 < len(data):
            at += 10 + _table(data[at + 8])
        else:
            return False
        while at < len(data) and data[at]:
            at += 1 + data[at]
        at += 1
    return False


def _table(packed: int) -> int:
    """The length of a colour table by its packed field."""
    return 3 << ((packed & 7) + 1) if packed & 0x80 else 0


def is_webp(data: bytes) -> bool:
    """A WebP image (RFC 9649): one RIFF chunk as long as the file, of chunks that fill it."""
    if data[:4] != b"RIFF" or data[8:16] not in {b"WEBPVP8 ", b"WEBPVP8L", b"WEBPVP8X"}:
        return False
    if int.from_bytes(data[4:8], "little") + 8 != len(data):
        return False
    at = 12
    while at + 8 <= len(data):
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8 + length + (length & 1)
    return at == len(data)
