"""What a long log costs: commands, a proof, a reading, writers, and the whole log verified; and a folder of many versions.

python -m tests.benchmarks.large --entries 1000000
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from letpass.cli import processes
from letpass.ledger import gatekey, merkle, place
from letpass.ledger.entry import Entry
from letpass.ledger.log import Ledger
from letpass.ledger.memory import Memory
from tests.benchmarks.timing import timed

BATCH = 10_000
MODELS = 1_000
POLICY = 'policy gate: "Gate"\n  on promotion to production\nrequire good: accuracy >= 0.9\n'
RECORD = """model: {model}
version: '{version}'
author: anna@corp.example
artifact: {{digest: 'sha256:{digest:064x}'}}
metrics: {{accuracy: {{value: 0.95, data_set: holdout, measured_at: 2026-01-01T00:00:00Z}}}}
"""


def _now() -> int:
    return int(time.time()) * 1_000_000


def _entry(n: int) -> Entry:
    """An entry of about the size of a sign-off, about one of a thousand models."""
    return Entry("sign-off", f"{n:08}" + "x" * 1400, {}, f"m{n % MODELS}", "4", f"sha256:{n:064x}", "elsewhere")


def fill(ledger: Ledger, entries: int) -> None:
    """Log entries about other models."""
    for begin in range(0, entries, BATCH):
        ledger.append([_entry(n) for n in range(begin, min(begin + BATCH, entries))], _now())


def _project(folder: Path, models: int = 1, versions: int = 1) -> Path:
    """A folder registry; each model's first version is in production."""
    (folder / "policies").mkdir(parents=True)
    (folder / "policies/gate.policy").write_text(POLICY, encoding="utf-8")
    (folder / "policy.toml").write_text("", encoding="utf-8")
    for m in range(models):
        own = folder / f"models/m{m}"
        own.mkdir(parents=True)
        for v in range(1, versions + 1):
            text = RECORD.format(model=f"m{m}", version=v, digest=m * 100_000 + v)
            (own / f"{v}.yaml").write_text(text, encoding="utf-8")
        (own / "state.yaml").write_text('"1": {stage: production}\n', encoding="utf-8")
    return folder


# by a small process: of a child the kernel also counts what its parent had in memory when it was begun
_RUN = """
import os, subprocess, sys, time
begun = time.perf_counter()
command = subprocess.Popen([sys.executable, "-m", "letpass", *sys.argv[1:]], stdout=subprocess.DEVNULL)
_, status, used = os.wait4(command.pid, 0)
command.returncode = os.waitstatus_to_exitcode(status)
print((time.perf_counter() - begun) * 1000, used.ru_maxrss / 1024)
sys.exit(command.returncode)
"""


def _command(folder: Path, *arguments: str) -> tuple[float, float]:
    """Milliseconds of a command in a folder, and the most memory that it took, in MiB."""
    done = subprocess.run(
        [sys.executable, "-c", _RUN, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    took, memory = done.stdout.split()
    return float(took), float(memory)


def _medians(folders: Sequence[Path], arguments: Sequence[str], rounds: int) -> list[tuple[float, float]]:
    """Of a command in each of some folders, interleaved."""
    found = [[_command(folder, *arguments) for folder in folders] for _ in range(rounds)]
    return [
        (statistics.median(took for took, _ in each), max(memory for _, memory in each))
        for each in zip(*found, strict=True)
    ]


def commands(place_: Path, entries: int, rounds: int) -> None:
    """Commands where the log is long, beside the same where it is short."""
    sizes = (1_000, entries)
    folders = [_project(place_ / f"log-{size}") for size in sizes]
    for folder, size in zip(folders, sizes, strict=True):
        _command(folder, "check", "m0@1", "--to", "production", "--log", "-q")
        ledger = Ledger(
            place.store(str(folder / ".letpass/ledger.db"), make=True), (), gatekey.load(folder / ".letpass/gate.key")
        )
        fill(ledger, size)
        ledger.store.close()
    print(f"\nbeside a log of {sizes[0]:,} entries")
    for arguments in (
        ("check", "m0@1", "--to", "production"),
        ("check", "m0@1", "--to", "production", "--log"),
        ("history", "m0"),
        ("ledger", "list", "--newest", "--most", "20"),
    ):
        (short, _), (long, memory) = _medians(folders, arguments, rounds)
        name = f"`policy {' '.join(a for a in arguments if a not in {'m0@1', 'm0', '--to', 'production'})}`, {entries:,} entries"
        print(f"{name:62} {long:9.0f} ms {memory:5.0f} MiB {long / short:7.2f} x")


_GROWN = """
import sys
from pathlib import Path
from letpass.ledger import gatekey, place
from letpass.ledger.log import Ledger
def now():
    return int(next(line for line in open("/proc/self/status") if line.startswith("VmRSS")).split()[1]) / 1024
key = gatekey.load(Path(sys.argv[2]))
begun = now()
ledger = Ledger(place.store(sys.argv[1], make=True), (), key)
ledger.about("new", registry="here"), ledger.prove(3), ledger.gated(), ledger.registries()
print(now() - begun)
"""


def _grown(folder: Path) -> float:
    """MiB by which a process grows that opens a ledger and reads what a decision reads of it."""
    command = [sys.executable, "-c", _GROWN, str(folder / "ledger.db"), str(folder / "gate.key")]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def readings(place_: Path, entries: int, rounds: int) -> None:
    """A proof, what a decision reads, and the whole log verified, beside reading the rows and hashing them."""
    key = gatekey.load(place_ / f"log-{entries}/.letpass/gate.key")
    ledger = Ledger(place.store(str(place_ / f"log-{entries}/.letpass/ledger.db"), make=True), (), key)
    size = ledger.size()

    def hashed() -> None:
        frontier: list[bytes] = []
        for index, text, *_ in ledger.store.rows():
            merkle.push(frontier, index, merkle.leaf_hash(text.encode("utf-8")))

    def verified() -> None:
        assert not ledger.audit(every=lambda c, b: processes.each(c, b, processes.cores())).faults

    def fresh(ask: Callable[[Ledger], object]) -> Callable[[], object]:
        return lambda: ask(Ledger(ledger.store, ledger.keys))

    print(f"\na log of {size:,} entries")
    for name, task in (
        ("a proof, by a process that has read nothing yet", fresh(lambda own: own.prove(size // 3))),
        ("what a decision about a new model reads", fresh(lambda own: own.about("new", registry="here"))),
        ("a proof, by one that has read the head", lambda: ledger.prove(size // 3)),
        ("what it reads for the next decision", lambda: ledger.about("new", registry="here")),
    ):
        print(f"{name:62} {timed(task, 50) * 1000:9.2f} ms")
    few, many = (_grown(place_ / f"log-{n}/.letpass") for n in (1_000, entries))
    print(f"{'memory of a process for it':62} {many:9.1f} MiB {many / few:6.2f} x with 1,000")
    base, whole = timed(hashed, min(rounds, 3)), timed(verified, min(rounds, 3))
    print(
        f"{f'`policy ledger verify`, {processes.cores()} cores':62} {whole:9.2f} s  {whole / base:6.2f} x reading and hashing"
    )
    ledger.store.close()


def writers(place_: Path) -> None:
    """Sixteen threads that log, each with a connection, beside one."""
    key, memory = gatekey.load_or_make(place_ / "writers.key"), Memory()

    def opened() -> Ledger:
        return Ledger(place.store(str(place_ / "writers.db"), make=True), (), key, memory)

    def write(ledger: Ledger, begin: int, count: int) -> None:
        for n in range(begin, begin + count):
            ledger.append([_entry(n)], _now())

    alone, many = opened(), [opened() for _ in range(16)]
    write(alone, 0, 100)
    one = 400 / timed(lambda: write(alone, 1000, 400), 1)
    with ThreadPoolExecutor(16) as pool:
        begun = time.perf_counter()
        list(pool.map(lambda n: write(many[n], 10_000 * (n + 1), 100), range(16)))
        all_ = 1600 / (time.perf_counter() - begun)
    print(f"{'one writer':62} {one:9,.0f} a second")
    print(f"{'sixteen threads of one process':62} {all_:9,.0f} a second {all_ / one:6.2f} x one")


def folders(place_: Path, rounds: int, models: int = MODELS, versions: int = 100) -> None:
    """Commands in a folder of many versions, beside one model of a hundred."""
    kinds = [
        _project(place_ / "few", 1, versions),
        _project(place_ / "many", models, versions),
        _project(place_ / "one", 1, 100 * versions),
    ]
    print(
        f"\nbeside a folder of one model of {versions} versions; {models:,} such models, and one of {100 * versions:,}"
    )
    for arguments in (("show", "m0@2"), ("history", "m0"), ("check", "m0@2", "--to", "production")):
        few, many, one = (took for took, _ in _medians(kinds, arguments, rounds))
        name = f"`policy {' '.join(arguments)}`"
        print(f"{name:62} {few:9.0f} ms {many / few:7.2f} x {one / few:7.2f} x")


def main(rounds: int, entries: int = 100_000, models: int = MODELS, versions: int = 100) -> None:
    """All of it."""
    with tempfile.TemporaryDirectory(prefix="letpass-bench-") as name:
        commands(Path(name), entries, rounds)
        readings(Path(name), entries, rounds)
        writers(Path(name))
        folders(Path(name), max(rounds, 3), models, versions)


if __name__ == "__main__":
    main(5, int(sys.argv[sys.argv.index("--entries") + 1]) if "--entries" in sys.argv else 100_000)
