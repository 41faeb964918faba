"""Signed notes, checkpoints and cosignatures (c2sp.org: signed-note, tlog-checkpoint, tlog-cosignature)."""

from __future__ import annotations

import base64
import re
from typing import Any

from letpass.diagnostics import InvalidError
from letpass.frozen import Frozen, part
from letpass.ledger.merkle import SIZE
from letpass.trust.strict import unbase64
from letpass.trust.verifiers import LOG, VerifierKey, is_name

LARGEST = 64_000  # bytes of a note
MOST_SIGNATURES = 32
_LINE = re.compile("\u2014 (\\S+) ([A-Za-z0-9+/]+={0,2})")
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f]")
NUMBER = re.compile(r"(?:0|[1-9][0-9]{0,17})\Z", re.ASCII)


class Signed(Frozen):
    """A note: its text, and its signatures as name, key id and bytes."""

    text: str
    signatures: tuple[tuple[str, bytes, bytes], ...]


class Checkpoint(Frozen):
    """The head of a log: who, how many entries, the root over them; `note` is the whole signed text."""

    origin: str
    size: int
    root: bytes
    note: str = part(default="", compare=False)


def parse(note: str) -> Signed:
    """The text and signatures of a note; raises `InvalidError`.  Nothing is verified yet."""
    if len(note.encode("utf-8", "surrogatepass")) > LARGEST:
        raise InvalidError("too long for a signed note")
    if _CONTROL.search(note):
        raise InvalidError("a control character in a signed note")
    text, blank, block = note.rpartition("\n\n")
    if not blank or not block.endswith("\n") or not text:
        raise InvalidError("no signed note: a text, a blank line, and signatures")
    found = []
    for line in block[:-1].split("\n"):
        matched = _LINE.fullmatch(line)
        if matched is None or not is_name(matched[1]):
            raise InvalidError("a line of a signed note is no signature")
        raw = unbase64(matched[2])
        if len(raw) < 5:
            raise InvalidError("a signature of a note is too short")
        found.append((matched[1], raw[:4], raw[4:]))
    if len(found) > MOST_SIGNATURES:
        raise InvalidError(f"{len(found)} signatures; the most is {MOST_SIGNATURES}")
    return Signed(text + "\n", tuple(found))


def read(note: str) -> Checkpoint:
    """The checkpoint in a note; raises `InvalidError`.  Nothing is verified yet."""
    lines = parse(note).text.split("\n")
    if len(lines) < 4 or not lines[0] or not NUMBER.match(lines[1]):
        raise InvalidError("no checkpoint: an origin, a size and a root, a line each")
    root = unbase64(lines[2])
    if len(root) != SIZE:
        raise InvalidError(f"a root has {SIZE} bytes")
    return Checkpoint(lines[0], int(lines[1]), root, note)


def body(origin: str, size: int, root: bytes) -> str:
    """The text of a checkpoint."""
    return f"{origin}\n{size}\n{base64.b64encode(root).decode('ascii')}\n"


def signature_line(key: VerifierKey, signature: bytes) -> str:
    """A signature as a line of a note."""
    return f"\u2014 {key.name} {base64.b64encode(key.id + signature).decode('ascii')}\n"


def sign(private: Any, key: VerifierKey, text: str) -> str:
    """The note of a text, signed by a log's key."""
    return f"{text}\n{signature_line(key, private.sign(text.encode('utf-8')))}"


def cosign(private: Any, key: VerifierKey, text: str, seconds: int) -> str:
    """A witness's cosignature of a checkpoint's text at a time, as a line."""
    signature = private.sign(_cosigned(text, seconds))
    return signature_line(key, seconds.to_bytes(8, "big") + signature)


def _cosigned(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def signed_by(note: str, keys: tuple[VerifierKey, ...]) -> tuple[VerifierKey, ...]:
    """The keys whose signatures stand on a note, each public key once.

    Raises `InvalidError` where a signature under a known name and id does not fit.  Unknown keys are ignored.
    """
    found, given = parse(note), list[VerifierKey]()
    for name, id_, signature in found.signatures:
        key = next((k for k in keys if (k.name, k.id) == (name, id_)), None)
        if key is None:
            continue
        if not _fits(key, found.text, signature):
            raise InvalidError(f"the signature by `{name}` does not fit the checkpoint, or is of another one")
        if key.raw not in {k.raw for k in given}:
            given.append(key)
    return tuple(given)


def _fits(key: VerifierKey, text: str, signature: bytes) -> bool:
    if key.kind == LOG:
        return key.fits(text.encode("utf-8"), signature)
    if len(signature) != 72 or signature[0] & 0x80:
        return False
    return key.fits(_cosigned(text, int.from_bytes(signature[:8], "big")), signature[8:])


def add(note: str, lines: str) -> str:
    """A note with more signature lines, each once; raises `InvalidError` where the result is no note."""
    for line in lines.splitlines(keepends=True):
        if line.strip() and line not in note:
            note += line if line.endswith("\n") else line + "\n"
    parse(note)
    return note
