"""Archives: unpacked within limits whatever they claim, or refused with the command that converts them."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from letpass.evidence import archives
from letpass.evidence.archives import Archive
from tests.evidence import evaluations as made
from tests.evidence.evaluations import archive, log, zipped, zstandard
from tests.evidence.reading import read

HEADER = "header.json"


def test_without_the_package_for_zstandard_the_command_that_converts_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is deflated needs nothing."""
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(ValueError, match=r"`inspect log convert LOG --to json .*`letpass\[inspect\]`"):
        read("inspect", archive(log(), 93))
    assert read("inspect", archive(log(), 8)) == read("inspect", log())


def test_a_run_that_was_killed_has_no_header() -> None:
    """Its archive has the journal and some samples; one of another program has neither."""
    with pytest.raises(ValueError, match=r"was killed or still goes on: its archive has no `header\.json`"):
        read("inspect", archive(log(), header=b""))
    with pytest.raises(ValueError, match="no log of Inspect"):
        read("inspect", zipped([("a.txt", b"a")], 0))


def test_only_what_is_needed_is_unpacked() -> None:
    """What else lies in the archive is not looked at, however large it says it is."""
    files = [(HEADER, made.dumped({k: v for k, v in log().items() if k not in {"samples", "reductions"}}))]
    packed = zipped([*files, ("_journal/bomb", b"\0" * 5_000_000), ("../up.json", b"{}")], 8)
    assert list(read("inspect", packed)["metrics"]) == ["plain/match/accuracy"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (zipped([(HEADER, b"\0" * (17 << 20))], 8), "has 17,825,792 bytes, and 16,777,216 are the most"),
        (zipped([(HEADER, b"\0" * (1 << 20))], 8), "is more than 200 times larger than packed"),
        (zipped([(HEADER, b"\0" * (1 << 20))], 8, {HEADER: 100}), "its `header.json` is broken"),
        (zipped([(HEADER, b"{}")], 8, {HEADER: 300}), "its `header.json` is broken"),
        (zipped([(HEADER, b"{}"), (HEADER, b"[]")], 0), "two entries have one name"),
        (zipped([(HEADER, b"{}")], 0)[:-1], "no ZIP archive that can be read"),
        (zipped([(HEADER, b"{}")], 0).replace(b"{}", b"[]", 1), "its `header.json` is broken"),
        (b"PK\x03\x04", "no ZIP archive that can be read"),
        (zipped([(HEADER, b"{}")], 0).replace(b"PK\x03\x04", b"PK\x03\x05"), "its `header.json` is broken"),
    ],
    ids=["large", "a bomb", "larger than it says", "smaller", "a name twice", "cut", "another sum", "cut at once", "no entry"],
)  # fmt: skip
def test_what_would_be_more_than_it_says_is_refused(data: bytes, said: str) -> None:
    """Sizes, ratio, sums and names are compared before and after unpacking."""
    with pytest.raises(ValueError, match=said):
        read("inspect", data)


def test_all_entries_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many entries within their own limits are a bomb together; how it is made smaller is said."""
    monkeypatch.setattr(archives, "MOST", 1500)
    with pytest.raises(ValueError, match=r"more than 1,500 bytes unpacked: `inspect log dump --header-only"):
        read("inspect", archive(log()))
    monkeypatch.setattr(archives, "ENTRIES", 3)
    with pytest.raises(ValueError, match="more than 3 entries"):
        read("inspect", archive(log()))


def test_a_frame_of_zstandard_is_unpacked_no_further_than_it_says() -> None:
    """A block that repeats one byte 131,072 times takes four."""
    repeated = b"\x28\xb5\x2f\xfd\x00\x58" + ((1 << 17) << 3 | 2).to_bytes(3, "little") + b"\0"
    repeated += ((1 << 17) << 3 | 3).to_bytes(3, "little") + b"\0"
    found = zipped([(HEADER, b"{}")], 93).replace(zstandard(b"{}"), repeated[:9].ljust(len(zstandard(b"{}")), b"\0"))
    with pytest.raises(ValueError, match=r"its `header.json` is broken|cannot be unpacked"):
        Archive(found).read(HEADER)
    assert len(archives._zstandard(repeated, 1000)) <= 1001


def test_entries_that_lie_over_one_another_are_refused() -> None:
    """A small archive of many entries, each of which is all of it, would take for ever."""
    data = zipped([(f"{n:03}", b"x" * 1000) for n in range(3)], 0)
    begin = data.index(b"PK\x01\x02")
    entries = bytearray(data)
    for n in range(3):  # every entry in the directory is the first one, and as long as all of them
        at = begin + n * (46 + 3)
        entries[at + 42 : at + 46] = bytes(4)
        entries[at + 20 : at + 24] = (2900).to_bytes(4, "little")
    archive_ = Archive(bytes(entries))
    first, second, _ = (archive_._entries[name] for name in archive_.names)
    assert len(archive_._packed(first)) == 2900
    with pytest.raises(ValueError, match="its entries lie over one another"):
        archive_._packed(second)


@pytest.mark.parametrize("method", [8, 93])
def test_an_entry_that_is_no_stream_is_refused(method: int) -> None:
    """In words, and never by another error."""
    data: Any = zipped([(HEADER, b"{}")], method)
    at = data.index(HEADER.encode()) + len(HEADER)
    with pytest.raises(ValueError, match=r"cannot be unpacked|is broken"):
        Archive(data[:at] + b"\xff" + data[at + 1 :]).read(HEADER)
    with pytest.raises(ValueError, match="packed in a way that is not read here"):
        Archive(data.replace(method.to_bytes(2, "little") + b"\0\0\x21\0", b"\x0c\0\0\0\x21\0")).read(HEADER)
