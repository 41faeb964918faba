"""What a gated server says of its ledger to whoever asks: at most once in a moment, without waiting for ever, and nothing that names anything."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path

import pytest

from letpass.enforcement import watching
from letpass.enforcement.watching import Once, Watched
from letpass.ledger.entry import Entry
from letpass.project.configuration import load
from letpass.project.project import Project


@pytest.fixture(name="begun")
def _begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose ledger has an entry; it is the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(watching, "FRESH", 0.0)
    Project(load()).log([Entry("move", data={"n": 1})], watching._now())
    return tmp_path


def test_of_many_who_ask_at_once_one_looks_and_the_answer_stands_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look takes the lock of the ledger's writers."""
    looks = list[float]()

    def look() -> str:
        looks.append(time.monotonic())
        time.sleep(0.05)
        return f"look {len(looks)}"

    once, found = Once(look, "late"), list[str]()
    threads = [threading.Thread(target=lambda: found.append(once.answer())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (found, once.answer()) == (["look 1"] * 8, "look 1")

    monkeypatch.setattr(watching, "FRESH", 0.0)
    again = Once(look, "late")
    assert [again.answer(), again.answer()] == ["look 2", "look 3"]


def test_nobody_waits_for_ever_for_a_look_of_somebody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """The threads that answer for the whole server would be used up."""
    monkeypatch.setattr(watching, "WAITING", 0.05)
    go, begun = threading.Event(), threading.Event()

    def stands_still() -> str:
        begun.set()
        assert go.wait(10)
        return "at last"

    once = Once(stands_still, "late")
    thread = threading.Thread(target=once.answer)
    thread.start()
    assert begun.wait(10)
    assert once.answer() == "late"
    go.set()
    thread.join()
    assert once.answer() == "at last"


def test_a_look_that_breaks_off_is_not_the_last_one() -> None:
    """A defect answers nobody, and keeps nobody from asking again."""
    answers = iter([RuntimeError("defect"), "found"])

    def look() -> str:
        answer = next(answers)
        if isinstance(answer, RuntimeError):
            raise answer
        return answer

    once = Once(look, "late")
    with pytest.raises(RuntimeError):
        once.answer()
    assert once.answer() == "found"


@pytest.mark.parametrize(
    ("spoil", "said"), [
        (lambda folder: (folder / ".letpass/gate.key").unlink(), "GATE412: the gate's key cannot be used"),
        (lambda folder: (folder / ".letpass/ledger.db").unlink(), "GATE421: the ledger is not what it was, or a clock is wrong"),
        (lambda folder: (folder / ".letpass/ledger.db").write_bytes(b"x" * 9000), "GATE420: the ledger cannot be written"),
        (lambda folder: (folder / "policy.toml").write_text('[trust]\nroot = "sha256:' + "0" * 64 + '"\n'), "GATE411: the trust file cannot be used"),
        (lambda folder: (folder / "policy.toml").write_text("hunter2 = 1\n"), "GATE013: the gate's project cannot be read"),
    ],
)  # fmt: skip
def test_a_stranger_is_told_the_code_and_no_path_or_name_and_the_log_has_the_reason_once(
    begun: Path, spoil: object, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    watched = Watched()
    assert watched.fault.answer() == ""
    assert callable(spoil)
    spoil(begun)

    with caplog.at_level(logging.INFO, "letpass"):
        assert [watched.fault.answer() for _ in range(3)] == [said] * 3

    (record,) = caplog.records
    assert (record.levelname, record.getMessage().startswith(f"not ready: {said[:8]} ")) == ("WARNING", True)
    assert len(record.getMessage()) > len("not ready: GATE412: ")


def test_the_gauges_are_left_out_where_the_ledger_cannot_be_read(begun: Path) -> None:
    """0 entries would be another ledger."""
    watched = Watched()
    assert [f.name for f in watched.gauges.answer()] == [
        "letpass_ledger_entries", "letpass_ledger_checkpoint_entries", "letpass_ledger_checkpoint_age_seconds",
    ]  # fmt: skip
    (begun / ".letpass/ledger.db").unlink()

    assert watched.gauges.answer() == ()


def test_a_ledger_that_was_not_begun_is_ready_and_has_no_entries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first decision begins it."""
    monkeypatch.chdir(tmp_path)
    watched = Watched()

    assert watched.fault.answer() == ""
    assert [(f.name, [s.value for s in f.samples]) for f in watched.gauges.answer()] == [
        ("letpass_ledger_entries", [0])
    ]
    assert list(tmp_path.iterdir()) == []
