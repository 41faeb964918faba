"""Files are written whole or not at all, and nothing is left beside them."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from letpass import disk


def listed(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    """By bytes or by their pieces; nothing else stays in the folder."""
    for data, expected in ((b"one", b"one"), (iter([b"t", b"w", b"o"]), b"two")):
        disk.replace(tmp_path / "a", data, durable=expected == b"two")

        assert listed(tmp_path) == {"a": expected}


@pytest.mark.parametrize("end", [KeyboardInterrupt, OSError, MemoryError])
def test_what_ends_in_the_middle_leaves_what_was_there(tmp_path: Path, end: type[BaseException]) -> None:
    """An interrupt between two pieces, too: half of a report may say `allow`."""

    def pieces() -> Iterator[bytes]:
        yield b"half"
        raise end

    disk.replace(tmp_path / "a", b"whole")

    with pytest.raises(end):
        disk.replace(tmp_path / "a", pieces())

    assert listed(tmp_path) == {"a": b"whole"}


def test_what_a_killed_process_left_is_in_nobodys_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a container the next process has the same number; nor is a link that somebody put there followed."""
    monkeypatch.setattr(disk.threading, "get_ident", lambda: 7)
    (tmp_path / "other").write_bytes(b"stays")
    (tmp_path / f".a.{os.getpid()}.7.part").symlink_to("other")

    disk.replace(tmp_path / "a", b"new")

    assert listed(tmp_path) == {"a": b"new", "other": b"stays"}


def test_a_new_file_takes_nobodys_place(tmp_path: Path) -> None:
    """Not that of a link that leads nowhere either."""
    disk.create(tmp_path / "a", b"first", mode=0o600)
    (tmp_path / "b").symlink_to("nowhere")

    for name in ("a", "b"):
        with pytest.raises(FileExistsError):
            disk.create(tmp_path / name, b"second")

    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]
    assert (tmp_path / "a").read_bytes() == b"first"


def test_a_file_system_without_links_has_new_files_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As some network folders are; with the mode that was asked for, and never over what is there."""

    def link(*_: object) -> None:
        raise PermissionError(errno.EPERM, "operation not permitted")

    monkeypatch.setattr(os, "link", link)

    disk.create(tmp_path / "a", b"first", mode=0o600)
    with pytest.raises(FileExistsError):
        disk.create(tmp_path / "a", b"second")

    assert listed(tmp_path) == {"a": b"first"}
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600


def test_the_longest_names_can_be_written(tmp_path: Path) -> None:
    """255 bytes, of letters that take several."""
    disk.replace(tmp_path / ("ä" * 127), b"x")
    disk.create(tmp_path / ("\N{PILE OF POO}" * 63), b"x")

    assert len(listed(tmp_path)) == 2
