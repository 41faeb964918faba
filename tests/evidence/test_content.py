"""What a file is by its content: only what nothing can run from is harmless."""

from __future__ import annotations

import base64
import gzip
import io
import json
import pickle
import struct
import tarfile
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Any
from zlib import compress, crc32

import pytest

from letpass.evidence import content
from letpass.facts import artifact


class Runs:
    """A value whose pickle calls something."""

    def __reduce__(self) -> Any:
        return print, ("ran",)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", crc32(name + data))


def _png(*more: bytes) -> bytes:
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(more) + _chunk(b"IDAT", compress(b"\0\0")) + _chunk(b"IEND", b"")


def _webp(*more: bytes) -> bytes:
    chunks = b"WEBPVP8L" + struct.pack("<I", 6) + b"\x2f\0\0\0\0\0" + b"".join(more)
    return b"RIFF" + struct.pack("<I", len(chunks)) + chunks


GIF = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\0\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;"
JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQEBAgGBgUGCQgKCgkICQkKDA8MCgsOCwkJDRENDg8QEBEQCgwSExIQEw8Q"
    "EBD/yQALCAABAAEBAREA/8wABgAQEAX/2gAIAQEAAD8A0s8g/9k="
)


def _weights(header: Any = None, data: bytes = b"\0" * 8, pad: int = 0) -> bytes:
    said = {"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}} if header is None else header
    text = (said if isinstance(said, str) else json.dumps(said)).encode() + b" " * pad
    return struct.pack("<Q", len(text)) + text + data


def _zipped(content_: bytes = b"x", comment: bytes = b"") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("archive/data.pkl", content_)
        archive.comment = comment
    return made.getvalue()


def _tarred() -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a"))
    return made.getvalue()


def _oldest() -> bytes:
    """A text that is an archive too: its name, its mode and its checksum are letters, and nothing says `ustar`."""
    head = bytearray(_tarred()[:512])
    head[257:265] = b" " * 8
    letters = bytes(byte or 0x20 for byte in head)
    total = sum(letters[:148]) + 8 * 0x20 + sum(letters[156:])
    return letters[:148] + b"%06o  " % total + letters[156:]


HARMLESS = {
    "a card": (b"---\nlicense: mit\n---\n# Churn \xc3\xa9\xe4\xb8\xad\r\n\tmore\n", "text"),
    "JSON": (b'{"architectures": ["Bert"], "x": "\\u0000"}', "text"),
    "a list": (b"[1, 2]", "text"),
    "attributes": (b"*.bin filter=lfs diff=lfs merge=lfs -text\n", "text"),
    "a vocabulary": (b"[PAD]\n[UNK]\ncat\n", "text"),
    "upper case": (b"README of the model, in which I tell.\n", "text"),
    "a marked text": (b"\xef\xbb\xbftext", "text"),
    "nothing": (b"", "text"),
    "a full stop": (b".DS_Store\n", "text"),
    "PNG": (_png(), "a PNG image"),
    "PNG with a text": (_png(_chunk(b"tEXt", b"Title\0x")), "a PNG image"),
    "GIF": (GIF, "a GIF image"),
    "JPEG": (JPEG, "a JPEG image"),
    "WebP": (_webp(), "a WebP image"),
    "weights": (_weights(), "safetensors"),
    "weights of nothing": (_weights({"__metadata__": {"format": "pt"}}, b""), "safetensors"),
    "two tensors": (
        _weights({
            "b": {"dtype": "U8", "shape": [3], "data_offsets": [4, 7]},
            "a": {"dtype": "BF16", "shape": [1, 2], "data_offsets": [0, 4]},
        }, b"\1" * 7),
        "safetensors",
    ),
}  # fmt: skip
HARMFUL = {
    "a pickle": pickle.dumps(Runs(), protocol=4),
    "a pickle in letters": pickle.dumps(Runs(), protocol=0),
    "a pickle and more": pickle.dumps(Runs(), protocol=0) + b"\n# Model card\n",
    "a pickle of data": pickle.dumps({"weights": [1, 2]}, protocol=2),
    "a text that imports": b"cos\nsystem\n(S'id'\ntR.\n",
    "an INST that imports": b"(S'id'\nios\nsystem\n.",
    "behind a number": b"I1\n0cos\nsystem\n(S'id'\ntR.",
    "a number in hexadecimals before an import": b"I0x10\n0cos\nsystem\n(S'id'\ntR.",
    "a text with a broken escape before an import": b"S'\\xzz'\n0cos\nsystem\n(S'id'\ntR.",
    "a text that is not in ASCII before an import": "Vé\n0cos\nsystem\n(S'id'\ntR.".encode(),
    "text that is zlib's": b"x^KJ.I,. and more",
    "a packed text": gzip.compress(b"cos\nsystem\n(S'id'\ntR."),
    "joblib's header": b"ZF0x1a               " + b"x^text",
    "tar of the oldest format": _oldest(),
    "an archive": _zipped(),
    "tar": _tarred(),
    "ELF": b"\x7fELF\x02\x01\x01" + b"\0" * 60,
    "a control character": b"text\x1b[2J",
    "a NUL": b"text\0text",
    "not UTF-8": b"caf\xe9",
    "UTF-16": "text".encode("utf-16"),
    "PNG and an archive": _png() + _zipped(),
    "PNG that holds an archive": _png(_chunk(b"teXt", _zipped(comment=b"x" * 40))),
    "PNG and a byte": _png() + b"\n",
    "PNG with a wrong sum": _png()[:-1] + b"x",
    "PNG cut off": _png()[:-12],
    "PNG alone by its beginning": b"\x89PNG\r\n\x1a\n" + b"x" * 100,
    "PNG and HDF5": _png(_chunk(b"teXt", b"x" * (512 - 33 - 8) + b"\x89HDF\r\n\x1a\n" + b"\0" * 99)),
    "GIF and an archive": GIF + _zipped(),
    "GIF cut off": GIF[:-1],
    "GIF that imports": b"GIF89a\x01\0\x01" + b"cos\nsystem\n(S'id'\ntR.",
    "JPEG and an archive": JPEG + _zipped(),
    "JPEG cut off": JPEG[:-2],
    "JPEG alone by its beginning": b"\xff\xd8\xff\xd9",
    "WebP and an archive": _webp() + _zipped(),
    "WebP that says another length": _webp()[:4] + b"\xff\0\0\0" + _webp()[8:],
    "weights and an archive": _weights() + _zipped(),
    "weights with an archive in them": _weights({"w": {"dtype": "U8", "shape": [len(_zipped())], "data_offsets": [0, len(_zipped())]}}, _zipped()),
    "weights cut off": _weights()[:-1],
    "weights with a gap": _weights({"w": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}),
    "weights that overlap": _weights({k: {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]} for k in "ab"}),
    "weights of another shape": _weights({"w": {"dtype": "F32", "shape": [3], "data_offsets": [0, 8]}}),
    "weights of another type": _weights({"w": {"dtype": "PY", "shape": [2], "data_offsets": [0, 8]}}),
    "a key twice": _weights('{"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}, "w": {}}'),
    "a header that is a list": _weights("[]", b""),
    "a header that is too long": struct.pack("<Q", 1 << 40) + b"{}",
    "a negative shape": _weights({"w": {"dtype": "F32", "shape": [-2, -1], "data_offsets": [0, 8]}}),
    "a number for metadata": _weights({"__metadata__": {"format": 1}}, b""),
}  # fmt: skip


def _kind(tmp_path: Path, data: bytes) -> str | None:
    (tmp_path / "README.md").write_bytes(data)
    return content.harmless(tmp_path / "README.md", sha256(data).hexdigest())


@pytest.mark.parametrize(("data", "word"), HARMLESS.values(), ids=HARMLESS)
def test_text_images_and_weights_are_told_by_their_content(tmp_path: Path, data: bytes, word: str) -> None:
    """Whatever they are called."""
    assert _kind(tmp_path, data) == word


@pytest.mark.parametrize("data", HARMFUL.values(), ids=HARMFUL)
def test_what_is_anything_else_too_is_none_of_them(tmp_path: Path, data: bytes) -> None:
    """Though it has their name, and often their beginning."""
    assert _kind(tmp_path, data) is None


def test_other_bytes_than_those_that_were_hashed_are_none_of_them(tmp_path: Path) -> None:
    """Nor is a link, or a folder."""
    (tmp_path / "a").write_bytes(b"text")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    hashed = sha256(b"text").hexdigest()

    assert content.harmless(tmp_path / "a", hashed) == "text"
    for name, expected in (("a", sha256(b"other").hexdigest()), ("link", hashed), (".", hashed), ("none", hashed)):
        assert content.harmless(tmp_path / name, expected) is None


def test_a_pickle_without_an_end_is_followed_no_further_than_need_be() -> None:
    """A text of nothing but operations, and one that goes on behind what is looked at."""
    text = b"(" * 1_000_000
    assert content.kind(content.Seen(text, text[-99:], len(text), "")) is None
    weights = _weights()
    assert content.kind(content.Seen(weights, weights, len(weights), "")) == "safetensors"
    begin = struct.pack("<Q", 0x42) + weights[8:]  # BINBYTES, as long as the header is
    assert content.kind(content.Seen(begin, weights, 1 << 40, "")) is None


def test_the_files_of_an_artifact_are_hashed_one_by_one(tmp_path: Path) -> None:
    """By the names that they have below it; a file alone by its own."""
    folder = tmp_path / "m"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.txt").write_bytes(b"a")
    (folder / "sub" / "b.bin").write_bytes(b"b")
    found = artifact.files(folder)

    assert found.hashes == {"a.txt": sha256(b"a").hexdigest(), "sub/b.bin": sha256(b"b").hexdigest()}
    assert (found.root, found.digests) == (folder, artifact.digests(folder))
    alone = artifact.files(folder / "a.txt")
    assert (alone.root, alone.hashes) == (folder, {"a.txt": sha256(b"a").hexdigest()})
