"""What a gated server counts: shared by its workers, never in the way of a decision, and read by Prometheus's own tool."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from letpass.enforcement import counts, drift
from letpass.enforcement.exposition import Family, Sample, text
from letpass.enforcement.shared import Shared
from letpass.events.watch import Became, Line
from letpass.lifecycle.differences import Kind

BOOT = "0123456789abcdef" * 2
ROOT = Path(__file__).parents[2]


@pytest.fixture(name="numbers")
def _numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shared:
    """The numbers of a server whose workers know that they are of one."""
    monkeypatch.setenv("_MLFLOW_SERVER_BOOT_ID", BOOT)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    return counts.of_server()


# ---------------------------------------------------------------- shared numbers


def test_another_users_file_or_a_link_is_not_written_and_not_believed(tmp_path: Path) -> None:
    """Whoever puts it there would choose what is counted, or where it is written."""
    aim = tmp_path / "aim"
    aim.write_bytes(b"")
    (tmp_path / "link").symlink_to(aim)
    open_ = tmp_path / "open"
    open_.write_bytes(b"")
    open_.chmod(0o666)
    os.mkfifo(tmp_path / "pipe", 0o600)
    (tmp_path / "other").write_bytes(b"letpass1" + bytes(24))
    (tmp_path / "other").chmod(0o600)
    for name in ("link", "open", "pipe", "other", "missing/one"):
        with pytest.raises(OSError, match=r".+"), Shared(tmp_path / name, ["a", "b"]).changed() as found:
            found["a"] = 1.0

    assert (aim.read_bytes(), open_.read_bytes()) == (b"", b"")
    mine = Shared(tmp_path / "mine", ["a", "b"])
    with mine.changed() as found:
        found["b"] = 0.5
    assert mine.read() == {"a": 0.0, "b": 0.5}
    assert stat.S_IMODE((tmp_path / "mine").stat().st_mode) == 0o600


def test_nothing_that_many_processes_and_threads_add_at_once_is_lost(tmp_path: Path) -> None:
    code = (
        "import sys, threading\nfrom pathlib import Path\nfrom letpass.enforcement.shared import Shared\n"
        "numbers = Shared(Path(sys.argv[1]), ['n'])\n"
        "def add():\n    for _ in range(250):\n        with numbers.changed() as found:\n            found['n'] += 1\n"
        "both = [threading.Thread(target=add) for _ in range(2)]\n[t.start() for t in both]\n[t.join() for t in both]\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "numbers")], env=environment) for _ in range(4)
    ]

    assert [p.wait() for p in running] == [0] * 4
    assert Shared(tmp_path / "numbers", ["n"]).read() == {"n": 2000.0}


def test_a_change_that_breaks_off_changes_nothing(tmp_path: Path) -> None:
    numbers = Shared(tmp_path / "numbers", ["n"])
    with numbers.changed() as found:
        found["n"] = 1.0

    def breaks_off() -> None:
        with numbers.changed() as found:
            found["n"] = 2.0
            raise KeyError

    with pytest.raises(KeyError):
        breaks_off()
    assert numbers.read() == {"n": 1.0}


# ---------------------------------------------------------------- decisions


@pytest.mark.parametrize("boot", ["", "../../etc/passwd", BOOT.upper(), BOOT[:-1]])
def test_workers_that_do_not_know_their_server_count_nothing_and_say_so(
    boot: str, numbers: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each would tell of its own decisions as if they were all."""
    monkeypatch.setenv("_MLFLOW_SERVER_BOOT_ID", boot)

    counts.add([Line("mlflow", Became.ALLOW)])

    with pytest.raises(OSError, match="was not started by `mlflow server`"):
        counts.of_server()


def test_a_decision_is_not_held_up_where_it_cannot_be_counted(numbers: Shared) -> None:
    numbers.path.mkdir()

    counts.add([Line("mlflow", Became.ALLOW)])

    with pytest.raises(OSError, match=r".+"):
        numbers.read()


def test_decisions_are_counted_by_verdict_and_by_how_long_they_took(numbers: Shared) -> None:
    """A bound counts what took as long as it, and all buckets together what was decided."""
    took = {Became.ALLOW: (25.0, 25.1, 200.0), Became.DENY: (11_000.0,)}
    counts.add([Line("mlflow", verdict, ms=ms) for verdict, times in took.items() for ms in times])
    counts.add([])

    said = text(counts.families(numbers.read())).splitlines()
    of_allow = [
        line.partition(",")[2] for line in said if line.startswith('letpass_decision_seconds_bucket{verdict="allow"')
    ]
    assert of_allow == [
        *('le="0.025"} 1', 'le="0.05"} 2', 'le="0.1"} 2', 'le="0.25"} 3', 'le="0.5"} 3', 'le="1"} 3', 'le="2.5"} 3'),
        *('le="5"} 3', 'le="10"} 3', 'le="+Inf"} 3'),
    ]
    totals = [line for line in said if line.startswith(("letpass_decisions_total", "letpass_decision_seconds_count"))]
    assert totals == [
        f'{name}{{verdict="{verdict}"}} {n}'
        for name in ("letpass_decisions_total", "letpass_decision_seconds_count")
        for verdict, n in {"allow": 3, "deny": 1, "undecided": 0, "free": 0, "refused": 0, "error": 0}.items()
    ]
    assert 'letpass_decision_seconds_sum{verdict="deny"} 11' in said
    assert 'letpass_decision_seconds_bucket{verdict="deny",le="10"} 0' in said


def test_the_number_of_series_does_not_depend_on_what_is_decided(numbers: Shared) -> None:
    """No name of a model, a person or a stage is a label."""
    before = text(counts.families(numbers.read())).count("\n")
    counts.add(
        [Line("mlflow", Became.DENY, f"p{n}", f"m{n}@1", f"promotion to s{n}", request=str(n)) for n in range(50)]
    )

    after = text(counts.families(numbers.read()))
    assert after.count("\n") == before < 100
    assert "m7" not in after


def test_a_label_cannot_break_out_of_its_line() -> None:
    (line,) = text([Family("a", "gauge", "A.", (Sample(0.5, (("b", 'x"} 1\nc 2\\'),)),))]).splitlines()[2:]

    assert line == 'a{b="x\\"} 1\\nc 2\\\\"} 0.5'


# ---------------------------------------------------------------- drift


def told(numbers: Shared) -> list[str]:
    """What is told of drift, without its times."""
    said = text(counts.families(numbers.read())).splitlines()
    return [
        line for line in said if line.startswith("letpass_drift") and "_seconds" not in line and not line.endswith(" 0")
    ]


def test_drift_is_not_told_before_it_was_compared_nor_where_it_cannot_be(numbers: Shared) -> None:
    """No difference known is not no difference."""

    def fails() -> Mapping[Kind, int]:
        raise RuntimeError("out of\nreach")

    assert "drift" not in text(counts.families(numbers.read()))
    thread = drift.look(numbers, fails)
    assert thread is not None
    thread.join()
    said = text(counts.families(numbers.read()))
    assert told(numbers) == ["letpass_drift_failed 1"]
    assert "letpass_drift{" not in said
    assert "timestamp" not in said

    _due(numbers)
    thread = drift.look(numbers, lambda: {Kind.MOVED: 2})
    assert thread is not None
    thread.join()
    assert told(numbers) == ['letpass_drift{kind="moved"} 2']
    assert text(counts.families(numbers.read())).count("letpass_drift{") == len(Kind)

    _due(numbers)
    thread = drift.look(numbers, fails)
    assert thread is not None
    thread.join()
    assert told(numbers) == ["letpass_drift_failed 1"]
    assert "timestamp" in text(counts.families(numbers.read())), "of the last one that was made"


def _due(numbers: Shared) -> None:
    with numbers.changed() as found:
        assert found[counts.DUE] > time.time() + drift.EVERY - 60
        found[counts.DUE] = 0.0


def test_nobody_waits_for_a_comparison_and_one_at_a_time_is_made(numbers: Shared) -> None:
    """However many read the metrics, in however many workers."""
    go, begun = threading.Event(), list[float]()

    def slow() -> Mapping[Kind, int]:
        begun.append(time.monotonic())
        assert go.wait(10)
        return {}

    first = drift.look(numbers, slow)
    others = [drift.look(Shared(numbers.path, counts._NAMES), slow) for _ in range(5)]
    go.set()
    assert first is not None
    first.join()

    assert (len(begun), others, drift.look(numbers, slow)) == (1, [None] * 5, None)


def test_the_longer_a_comparison_takes_the_rarer_it_is(numbers: Shared, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drift, "EVERY", 0.0)

    def takes() -> Mapping[Kind, int]:
        time.sleep(0.2)
        return {}

    thread = drift.look(numbers, takes)
    assert thread is not None
    thread.join()

    found = numbers.read()
    assert 19 < (found[counts.DUE] - found[counts.AT]) / found[counts.TOOK] < 21
    assert found[counts.TOOK] >= 0.2


def test_prometheus_own_tool_finds_no_fault(numbers: Shared) -> None:
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("there is no promtool: install Debian's package prometheus")
    counts.add([Line("mlflow", verdict, ms=30) for verdict in Became])
    thread = drift.look(numbers, lambda: {Kind.EDITED: 1})
    assert thread is not None
    thread.join()

    said = text(counts.families(numbers.read()))
    done = subprocess.run([program, "check", "metrics"], input=said.encode(), capture_output=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")
    bent = said.replace('le="+Inf"', "le=+Inf").encode()
    assert subprocess.run([program, "check", "metrics"], input=bent, capture_output=True, check=False).returncode
