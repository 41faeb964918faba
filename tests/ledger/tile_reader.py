"""A client of transparency logs in sixty lines: c2sp.org/tlog-tiles, tlog-checkpoint and signed-note, and nothing of Letpass."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Fetch = Callable[[str], bytes]


def of_folder(folder: Path, vkey: str) -> Client:
    """A client of the log in a folder."""
    return Client(lambda path: (folder / path).read_bytes(), vkey)


class Client:
    """A log, known by its public key's line, whose files somebody else serves."""

    def __init__(self, fetch: Fetch, vkey: str) -> None:
        self._fetch = cache(fetch)
        body, _, signatures = fetch("checkpoint").decode().partition("\n\n")
        name, _, rest = vkey.partition("+")
        identity, _, key = rest.partition("+")
        signed = [line.split(" ") for line in signatures.splitlines()]
        found = [base64.b64decode(s) for dash, n, s in signed if (dash, n) == ("—", name)]
        (one,) = [s[4:] for s in found if s[:4].hex() == identity]
        raw = base64.b64decode(key)
        assert raw[:1] == b"\x01", "an Ed25519 key"
        Ed25519PublicKey.from_public_bytes(raw[1:]).verify(one, (body + "\n").encode())
        origin, size, root = body.split("\n")[:3]
        assert origin == name
        self.size, self.root = int(size), base64.b64decode(root)

    def _tile(self, level: str, index: int, above: int) -> bytes:
        """A tile or bundle; `above`: how many hashes or entries its level has in all."""
        width = min(256, above - 256 * index)
        parts = [f"{index // 1000**n % 1000:03}" for n in range(max(1, -(-len(str(index)) // 3)))][::-1]
        path = "/".join(["tile", level, *(f"x{p}" for p in parts[:-1]), parts[-1]])
        return self._fetch(path + (f".p/{width}" if width < 256 else ""))

    def _full(self, height: int, index: int) -> bytes:
        """The hash over 2**height leaves from index * 2**height on."""
        level, rows = divmod(height, 8)
        first = index << rows
        tile = self._tile(str(level), first // 256, self.size >> (8 * level))
        nodes = [tile[32 * n : 32 * n + 32] for n in range(first % 256, first % 256 + (1 << rows))]
        while len(nodes) > 1:
            nodes = [hashlib.sha256(b"\x01" + a + b).digest() for a, b in zip(nodes[::2], nodes[1::2], strict=True)]
        return nodes[0]

    def over(self, begin: int, end: int, leaf: tuple[int, bytes] | None = None) -> bytes:
        """RFC 6962's hash over leaves; with a leaf's index and hash the way to it is not read but reckoned from that."""
        if leaf is not None and not begin <= leaf[0] < end:
            leaf = None
        count = end - begin
        if count == 1 and leaf is not None:
            return leaf[1]
        if leaf is None and count & (count - 1) == 0 and begin % count == 0:
            return self._full(count.bit_length() - 1, begin // count)
        split = 1 << (count - 1).bit_length() - 1
        left, right = (self.over(*half, leaf) for half in ((begin, begin + split), (begin + split, end)))
        return hashlib.sha256(b"\x01" + left + right).digest()

    def entry(self, index: int) -> bytes:
        """An entry, found to be in the tree that the checkpoint signs."""
        bundle, at = self._tile("entries", index // 256, self.size), 0
        for _ in range(index % 256):
            at += 2 + int.from_bytes(bundle[at : at + 2], "big")
        found = bundle[at + 2 : at + 2 + int.from_bytes(bundle[at : at + 2], "big")]
        assert self.over(0, self.size, (index, hashlib.sha256(b"\x00" + found).digest())) == self.root, index
        return found
