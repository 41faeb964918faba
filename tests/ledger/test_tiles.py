"""The log as static files: what is written is what any client of transparency logs reads, and finds to be signed."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature

from letpass.diagnostics import InvalidError
from letpass.ledger import gatekey, merkle, note, tiles
from letpass.ledger.gatekey import GateKey
from tests.ledger.tile_reader import Client, of_folder

SIZES = (1, 2, 255, 256, 257, 511, 513, 65_536, 70_000)


@pytest.fixture(name="signer", scope="module")
def _signer(tmp_path_factory: pytest.TempPathFactory) -> GateKey:
    path = tmp_path_factory.mktemp("key") / "gate.key"
    gatekey.make(path)
    return gatekey.load(path)


def written(folder: Path, size: int, signer: GateKey, other: bytes = b"") -> Client:
    """A log of so many entries as tiles, and a client of it; `other`: another last entry than was signed."""
    texts = [f'{{"n":{n}}}'.encode() * (n % 3 + 1) for n in range(size)]
    seen = tiles.Tiles(folder / "seen")
    for text in texts:
        seen.push(text)
    root = merkle.root_of(seen.frontier)
    signed = note.sign(signer.private, signer.public, note.body(signer.public.name, size, root))
    tiles.write(folder / "log", [*texts[:-1], other or texts[-1]], size, root, signed)
    return of_folder(folder / "log", str(signer.public))


@pytest.mark.parametrize("size", SIZES)
def test_a_client_finds_every_entry_in_the_tree_that_is_signed(tmp_path: Path, signer: GateKey, size: int) -> None:
    """By tiles and bundles alone, with partial ones at the end of each level."""
    log = written(tmp_path, size, signer)

    assert (log.size, log.over(0, size)) == (size, log.root)
    for index in sorted({0, 1, 254, 255, 256, 257, 65_535, 65_536, size // 2, size - 2, size - 1} & set(range(size))):
        assert log.entry(index) == f'{{"n":{index}}}'.encode() * (index % 3 + 1)


def test_the_files_are_those_that_the_specification_lists(tmp_path: Path, signer: GateKey) -> None:
    """Its example of 70,000 entries: 273 full tiles of level 0 and a partial one, 1 and 1 of level 1, a partial one of level 2."""
    written(tmp_path, 70_000, signer)
    found = sorted(str(p.relative_to(tmp_path / "log")) for p in (tmp_path / "log").rglob("*") if p.is_file())

    assert len([p for p in found if p.startswith("tile/0/") and ".p" not in p]) == 273
    assert [p for p in found if p.startswith("tile/") and (".p" in p or p.startswith(("tile/1", "tile/2")))] == [
        "tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1", "tile/entries/273.p/112",
    ]  # fmt: skip
    assert len(found) == 2 * 274 + 3 + 1


@pytest.mark.parametrize(
    ("index", "path"),
    [(0, "tile/0/000"), (999, "tile/0/999"), (1000, "tile/0/x001/000"), (1234067, "tile/0/x001/x234/067"), (10**9, "tile/0/x001/x000/x000/000")],
)  # fmt: skip
def test_an_index_has_three_digits_in_a_folder(index: int, path: str) -> None:
    """As in the specification's example."""
    assert tiles.place("0", index) == path
    assert tiles.place("0", index, 8) == f"{path}.p/8"


def test_entries_that_are_not_those_of_the_checkpoint_get_none(tmp_path: Path, signer: GateKey) -> None:
    """Nothing is left that a client would believe."""
    with pytest.raises(InvalidError, match="not those that its checkpoint signs"):
        written(tmp_path, 300, signer, other=b"{}")
    assert not (tmp_path / "log/checkpoint").exists()


def test_a_client_misses_what_is_altered(tmp_path: Path, signer: GateKey) -> None:
    """An entry, a hash of any level, the head, or another log's key."""
    log = tmp_path / "log"
    written(tmp_path, 600, signer)
    for name, index in (
        ("tile/entries/001", 257),
        ("tile/0/000", 5),
        ("tile/1/000.p/2", 599),
        ("tile/0/002.p/88", 599),
    ):
        path = log / name
        data = path.read_bytes()
        path.write_bytes(data[:40] + bytes([data[40] ^ 1]) + data[41:])
        found = of_folder(log, str(signer.public))
        with pytest.raises(AssertionError):
            found.entry(index)
        path.write_bytes(data)
    assert of_folder(log, str(signer.public)).entry(599)
    head = (log / "checkpoint").read_text(encoding="utf-8")
    (log / "checkpoint").write_text(head.replace("\n600\n", "\n599\n"), encoding="utf-8")
    with pytest.raises(InvalidSignature):
        of_folder(log, str(signer.public))
