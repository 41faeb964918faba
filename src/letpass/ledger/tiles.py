"""The log as static files, which any client of transparency logs can read from a folder or a web server.

c2sp.org/tlog-tiles: hashes of the tree in tiles of 256, entries in bundles of as many, and the signed checkpoint.  A tile of
level 0 holds hashes of leaves, one of the next level the roots of 256 tiles of the level below; the last of a level may be partial.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from letpass.diagnostics import InvalidError
from letpass.ledger import merkle

WIDTH = 256
"""Hashes in a full tile, and entries in a full bundle."""


def place(level: str, index: int, width: int = WIDTH) -> str:
    """The path of a tile or bundle: `tile/LEVEL/INDEX`, with `.p/WIDTH` for a partial one; `level`: a number, or `entries`.

    The index has three digits in a folder, all folders but the last begin with `x`: 1234067 is `x001/x234/067`.
    """
    digits = f"{index:03}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    *above, last = [digits[n : n + 3] for n in range(0, len(digits), 3)]
    return "/".join(["tile", level, *(f"x{part}" for part in above), last]) + (f".p/{width}" if width < WIDTH else "")


class Tiles:
    """Tiles and bundles in a folder, written as entries come."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.size = folder, 0
        self.frontier: list[bytes] = []
        self._open = dict[str, list[bytes]]()  # what the last tile of each level has, and the last bundle
        self._done = dict[str, int]()

    def push(self, text: bytes) -> None:
        """Write another entry; raises OSError."""
        leaf = merkle.leaf_hash(text)
        merkle.push(self.frontier, self.size, leaf)
        self.size += 1
        self._add("entries", len(text).to_bytes(2, "big") + text)
        level = 0
        while (hashes := self._add(str(level), leaf)) is not None:  # a full tile is one hash of the level above
            leaf, level = merkle.root(hashes), level + 1

    def end(self) -> None:
        """Write what is partial; raises OSError."""
        for level, pieces in self._open.items():
            if pieces:
                self._write(level, pieces)

    def _add(self, level: str, piece: bytes) -> list[bytes] | None:
        pieces = self._open.setdefault(level, [])
        pieces.append(piece)
        if len(pieces) < WIDTH:
            return None
        self._write(level, pieces)
        self._open[level] = []
        self._done[level] = self._done.get(level, 0) + 1
        return pieces

    def _write(self, level: str, pieces: list[bytes]) -> None:
        path = self.folder / place(level, self._done.get(level, 0), len(pieces))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(pieces))


def write(folder: Path, texts: Iterable[bytes], size: int, root: bytes, checkpoint: str) -> None:
    """Write a log of so many entries into a folder, its checkpoint last.

    Raises `InvalidError` where its entries are not those of the checkpoint's root, OSError where a file cannot be written.
    """
    tiles = Tiles(folder)
    for text in texts:
        tiles.push(text)
    tiles.end()
    if (tiles.size, merkle.root_of(tiles.frontier)) != (size, root):
        raise InvalidError("its entries are not those that its checkpoint signs")
    (folder / "checkpoint").write_text(checkpoint, encoding="utf-8", newline="")
