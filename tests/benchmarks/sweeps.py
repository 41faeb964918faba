"""What judging a folder of many versions costs, as the command that people run, beside loading the same files."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import yaml

from letpass import Gate, Holder, find_records, judge, promotion
from letpass.frozen import Frozen
from letpass.project.configuration import load
from letpass.project.contents import own_policies
from tests.benchmarks.timing import timed

POLICY = """policy gate: "Gate"
  on promotion to production
metric accuracy: ratio, higher is better, on "holdout"
metric parity: ratio, higher is better, on "holdout"
metric latency: duration in ms, lower is better, on "holdout"
require accurate: accuracy >= 0.9
require fair: parity >= 0.8
require fast: latency <= 100 ms
require clean: not code.dirty
require tested: passed "unit"
require licensed: license is MIT
require traced: code.commit is recorded
"""
TO = ("--to", "production")


class Sizes(Frozen):
    """How many records are judged: in YAML and JSON, and in JSON alone."""

    some: int = 1_000
    many: int = 10_000


FULL = Sizes()


def build(folder: Path, count: int, ending: str) -> None:
    """A project with one policy of seven rules and records of 0.9 KB of one model, one in twenty of them denied."""
    at = "2026-11-01T10:00:00Z"
    (folder / "policies").mkdir(parents=True)
    (folder / "policies/gate.policy").write_text(POLICY, encoding="utf-8")
    here = folder / "models/fraud"
    here.mkdir(parents=True)
    for n in range(1, count + 1):
        measured = {"accuracy": 0.95 if n % 20 else 0.5, "parity": 0.9, "latency": 20}
        record = {
            "model": "fraud", "version": str(n), "author": "ann@corp.example", "license": "MIT", "registered_at": at, "risk": "low",
            "code": {"commit": "a" * 40, "dirty": False, "repository": "https://git.corp.example/fraud"},
            "data": [{"name": "train", "version": "1", "digest": "sha256:" + "b" * 64}],
            "artifact": {"digest": f"sha256:{n:064x}"},
            "metrics": {
                name: {"value": value, "data_set": "holdout", "measured_at": at} | ({"unit": "ms"} if name == "latency" else {})
                for name, value in measured.items()
            },
            "suites": [{"name": "unit", "passed": True, "cases": 10, "ran_at": at}],
        }  # fmt: skip
        text = json.dumps(record) if ending == "json" else yaml.safe_dump(record, sort_keys=False)
        (here / f"{n}.{ending}").write_text(text, encoding="utf-8")


def main(rounds: int, sizes: Sizes = FULL) -> None:
    """Seconds of the whole command, beside loading the text of the same files in one process; its memory, over all processes."""
    print(f"\n{'judging a folder':44} {'seconds':>8} {'to loading':>11} {'MiB':>6}")
    for count, ending, form in (
        (sizes.some, "yaml", "concise"), (sizes.some, "json", "concise"), (sizes.many, "json", "concise"),
        (sizes.many, "json", "json"), (sizes.many, "json", "junit"), (sizes.many, "json", "html"),
    ):  # fmt: skip
        with tempfile.TemporaryDirectory() as made:
            folder = Path(made)
            build(folder, count, ending)
            swept, memory = _swept(folder, rounds if form == "concise" else 1, form)
            loaded = timed(lambda f=folder, e=ending: _load(f, e), rounds)  # type: ignore[misc]
            print(
                f"{f'{count:,} records in {ending.upper()}, `-o {form}`':44} {swept:8.2f} {swept / loaded:9.1f} x {memory:6.0f}"
            )
    _library(max(rounds, 5))


def _library(rounds: int) -> None:
    """Microseconds of one decision, in the library."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        build(folder, 1, "json")
        gate, path = Gate(folder), str(folder / "models/fraud/1.json")
        frozen, policies = gate.frozen(), own_policies(load(folder))
        (record,) = find_records(path).records
        now = int(time.time()) * 1_000_000
        move = promotion("production")
        tasks: dict[str, Callable[[], object]] = {
            "`judge`: both engines, prepared record": lambda: judge(policies, record, move, now, Holder.NOBODY),
            "`Gate.decide` of a file": lambda: gate.decide(path, move),
            "`gate.frozen().verdict`, prepared record": lambda: frozen.verdict(record, move, Holder.NOBODY, now=now),
        }
        print(f"\n{'one decision, seven rules':44} {'us':>8}")
        for name, task in tasks.items():
            task()
            print(f"{name:44} {timed(lambda t=task: [t() for _ in range(50)], rounds) / 50 * 1e6:8.1f}")  # type: ignore[misc]


def _load(folder: Path, ending: str) -> None:
    read = json.loads if ending == "json" else lambda t: yaml.load(t, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    for path in (folder / "models").rglob(f"*.{ending}"):
        read(path.read_text(encoding="utf-8"))


def _swept(folder: Path, rounds: int, form: str) -> tuple[float, float]:
    """The median seconds of the command, and the most memory that its processes took together, in MiB."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-m", "letpass", "check", "models", *TO, "-o", form]
    times, most = [], 0.0
    for _ in range(rounds):
        begun = time.perf_counter()
        with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL) as process:
            seen: list[float] = []
            watch = threading.Thread(target=_watch, args=(process, seen), daemon=True)
            watch.start()
            code = process.wait()
            times.append(time.perf_counter() - begun)
            watch.join()
        assert code == 1, code
        most = max(most, *seen, 0.0)
    return statistics.median(times), most


def _watch(process: subprocess.Popen[bytes], seen: list[float]) -> None:
    """Note the memory of a process and its children, what they share counted once, as long as it runs."""
    while process.poll() is None:
        seen.append(sum(map(_memory, [process.pid, *_children(process.pid)])) / 1024)
        time.sleep(0.02)


def _children(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except OSError:
        return []
    return [int(p) for p in text.split()]


def _memory(pid: int) -> int:
    """KiB that a process takes, its share of what it shares with others; nothing where nobody can tell."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
