"""A snapshot in a Hugging Face cache is all links into its own repository's blobs: hashed like files.  No other link is."""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
from pathlib import Path

import pytest

from letpass.diagnostics import InvalidError
from letpass.facts.artifact import digests
from tests.trust.world import digest

FILES = {"config.json": b"{}", "model.safetensors": b"weights", "onnx/model.onnx": b"graph", "a/b/c.txt": b"deep"}
REVISION = "0f3a1c" * 6 + "abcd"


def blob(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def cached(root: Path, name: str = "models--corp--churn") -> Path:
    """A snapshot as the Hub's library leaves it, with the files of `FILES`."""
    repository = root / name
    snapshot = repository / "snapshots" / REVISION
    (repository / "blobs").mkdir(parents=True)
    (repository / "refs").mkdir()
    for path, data in FILES.items():
        (repository / "blobs" / blob(data)).write_bytes(data)
        link = snapshot / path
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to("../" * (path.count("/") + 2) + f"blobs/{blob(data)}")
    return snapshot


@pytest.fixture(name="snapshot")
def _snapshot(tmp_path: Path) -> Path:
    return cached(tmp_path / "hub")


def plain(folder: Path, to: Path) -> Path:
    return Path(shutil.copytree(folder, to, symlinks=False))


def test_a_snapshot_has_the_digest_of_the_same_folder_of_files(snapshot: Path, tmp_path: Path) -> None:
    """By any way that leads to it, inner folders and single files too."""
    copy = plain(snapshot, tmp_path / "copy")
    assert digest(snapshot) == digest(copy)
    assert digest(snapshot / "onnx") == digest(copy / "onnx")
    assert digests(snapshot / "a", "sha512:") == digests(copy / "a", "sha512:")
    assert digest(snapshot / "model.safetensors") == f"sha256:{blob(b'weights')}"
    (tmp_path / "way").symlink_to("hub/models--corp--churn/snapshots")
    assert digest(tmp_path / "way" / REVISION) == digest(copy)


def test_a_snapshot_of_links_and_files_is_hashed_whole(snapshot: Path, tmp_path: Path) -> None:
    """A file that was changed in place, where the blob is another one, counts as it is."""
    (snapshot / "config.json").unlink()
    (snapshot / "config.json").write_bytes(b"{} ")
    assert digest(snapshot) == digest(plain(snapshot, tmp_path / "copy"))


@pytest.mark.parametrize(
    "target",
    [
        "/etc/hostname",
        "../../../secret",
        "../../blobs/../../secret",
        f"../../../models--other--model/blobs/{blob(b'weights')}",
        f"../../blobs/sub/{blob(b'weights')}",
        f"../blobs/{blob(b'weights')}",
        f"../../../blobs/{blob(b'weights')}",
        f"..//../blobs/{blob(b'weights')}",
        f"../../blobs/{blob(b'weights').upper()}",
        "../../blobs/..",
        "../../blobs/model.bin",
        f"../../refs/{blob(b'weights')}",
        f"{REVISION}/config.json",
        "config.json",
        f"../../blobs/{blob(b'nothing')}",
    ],
)
def test_every_other_link_is_refused(snapshot: Path, tmp_path: Path, target: str) -> None:
    """Out of the cache, into another repository, through other folders, to nothing."""
    cached(tmp_path / "hub", "models--other--model")
    for place in (tmp_path / "hub", tmp_path / "hub/models--corp--churn"):
        (place / "secret").write_bytes(b"weights")
    digest(snapshot)
    (snapshot / "more.bin").symlink_to(target)
    with pytest.raises(InvalidError, match=r"more\.bin` is a link"):
        digest(snapshot)
    with pytest.raises(InvalidError, match=r"more\.bin` is a link"):
        digest(snapshot / "more.bin")


def test_a_blob_that_is_no_file_is_refused(snapshot: Path, tmp_path: Path) -> None:
    """A link, a folder, a pipe, and `blobs` that is a link."""
    repository = snapshot.parent.parent
    place = repository / "blobs" / blob(b"weights")
    digest(snapshot)
    for make in (lambda: place.symlink_to(blob(b"{}")), place.mkdir, lambda: os.mkfifo(place)):
        place.unlink()
        make()
        with pytest.raises(InvalidError, match=r"link|no regular file|is a directory"):
            digest(snapshot)
        place.rmdir() if place.is_dir() else place.unlink()
        place.write_bytes(b"weights")
    digest(snapshot)
    (repository / "blobs").rename(tmp_path / "elsewhere")
    (repository / "blobs").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InvalidError, match="is a link into no cache"):
        digest(snapshot)


def test_what_only_looks_like_a_snapshot_is_refused(snapshot: Path, tmp_path: Path) -> None:
    """`..` is the folder that is really above: a folder of links elsewhere, to which a cache's name leads, is no snapshot."""
    repository = snapshot.parent.parent
    away = tmp_path / "away" / "deep"
    away.mkdir(parents=True)
    (away / "model.bin").symlink_to(f"../../blobs/{blob(b'weights')}")
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs" / blob(b"weights")).write_bytes(b"evil")
    (repository / "snapshots" / "led").symlink_to(away)
    for folder in (away, repository / "snapshots" / "led" / "."):
        with pytest.raises(InvalidError, match="is a link"):
            digest(folder)
    with pytest.raises(InvalidError, match="is a link; name what it leads to"):
        digest(repository / "snapshots" / "led")

    (tmp_path / "snapshots").symlink_to("away")
    with pytest.raises(InvalidError, match=r"out of what is no snapshot|into no cache"):
        digest(away)


def test_a_linked_folder_in_a_snapshot_is_refused(snapshot: Path) -> None:
    """Links lead to files."""
    digest(snapshot)
    (snapshot / "more").symlink_to("onnx")
    with pytest.raises(InvalidError, match="more` is a link"):
        digest(snapshot)


def test_nobody_gets_foreign_bytes_hashed_by_changing_links_meanwhile(snapshot: Path, tmp_path: Path) -> None:
    """A link that turns between a blob and a file elsewhere is hashed as the blob, or refused."""
    outside = tmp_path / "outside"
    outside.write_bytes(b"evil")
    link, right, stop = snapshot / "model.safetensors", digest(snapshot), threading.Event()
    made = [link.readlink(), outside]

    def turn() -> None:
        at = 0
        while not stop.is_set():
            at += 1
            (snapshot.parent / "new").unlink(missing_ok=True)
            (snapshot.parent / "new").symlink_to(made[at % 2])
            (snapshot.parent / "new").replace(link)

    thread = threading.Thread(target=turn)
    thread.start()
    found = set()
    try:
        for _ in range(300):
            try:
                found.add(digest(snapshot))
            except InvalidError:
                found.add("refused")
    finally:
        stop.set()
        thread.join()
    assert found <= {right, "refused"}
