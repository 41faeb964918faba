"""Large texts as they lie in a store: compressed, and those that repeat another one by what they have beside it.

A row begins with a byte that says how it is packed, and that no text begins with; a row without one is the text itself, as
earlier versions have written it.  Compression is zlib's (RFC 1950), whose preset dictionary is the text that is repeated.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable

_ALONE, _BESIDE = b"\x01", b"\x02"
_WINDOW = 32_768  # bytes of a dictionary that zlib can refer to
_DEEP = 8  # texts of which each repeats the next one; the gate's own rows have one
_LARGEST = 256 << 20  # bytes of a text: a small row that claims more was not written by the gate
_PREFIX = "sha256:"


def packed(data: bytes, like: str = "", other: bytes = b"") -> bytes:
    """A text as it is stored.  like, other: the digest of a text that it repeats much of, and that text."""
    if other and like.startswith(_PREFIX):
        maker = zlib.compressobj(zdict=other[-_WINDOW:])
        return _BESIDE + bytes.fromhex(like.removeprefix(_PREFIX)) + maker.compress(data) + maker.flush()
    return _ALONE + zlib.compress(data)


def unpacked(row: bytes, other: Callable[[str], bytes | None], deep: int = 0) -> bytes | None:
    """The text in a row, None where the one that it repeats is not kept any more.

    other: the row of a text by its digest · deep: how many others repeat this one.  What cannot be unpacked is given as it
    is: no digest fits it.
    """
    if row[:1] not in {_ALONE, _BESIDE}:
        return row
    dictionary, body = b"", row[1:]
    if row[:1] == _BESIDE:
        like = other(f"{_PREFIX}{row[1:33].hex()}")
        if like is None:
            return None
        if deep == _DEEP:
            return row
        if (found := unpacked(like, other, deep + 1)) is None:
            return None
        dictionary = found
        body = row[33:]
    maker = zlib.decompressobj(zdict=dictionary[-_WINDOW:]) if dictionary else zlib.decompressobj()
    try:
        text = maker.decompress(body, _LARGEST)
    except zlib.error:
        return row
    return text if maker.eof and not maker.unconsumed_tail and not maker.unused_data else row
