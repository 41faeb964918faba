"""`policy check FOLDER`: records are read, judged, written and let go of, on every core."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from letpass.cli import terminal
from letpass.cli.exits import Exit, of, worst
from letpass.cli.reporting import COUNTING
from letpass.diagnostics import Diagnostic, LetpassError, RecordError
from letpass.frozen import Frozen
from letpass.gate.sweep import Sweep
from letpass.registries import own, references, walking
from letpass.registries.folder import Folder
from letpass.reports import concise, json_line
from letpass.reports.tally import Row, Tally, row

if TYPE_CHECKING:
    from letpass.cli.reporting import Reporting
    from letpass.evaluation.decision import Decision

FORMATS = COUNTING | {"json-line"}
"""The formats that are written while models are judged, or need counts alone."""
MANY = 64
"""From so many files on."""
_LINES: dict[str, Callable[[Decision], str]] = {
    "concise": lambda d: concise.of(d, verbose=False),
    "json-line": json_line.of,
}
_FAULTS = {"concise": concise.fault, "json-line": json_line.fault}


class Part(Frozen):
    """What came of some files, in their order: a row for each model, why some do not read, and how many are none; of how many."""

    rows: tuple[Row, ...]
    faults: tuple[Diagnostic, ...]
    others: int
    files: int


class Job(Frozen):
    """What every process does.  `sweep`: makes a sweep of its own, with its own ledger and registry."""

    folder: Path
    sweep: Callable[[], Sweep]
    format: str

    def part(self, sweep: Sweep, paths: Sequence[Path]) -> Part:
        """Judge the records in some of the folder's files."""
        registry = sweep.project.registry
        root = registry.root if isinstance(registry, Folder) else None
        rows, faults, others = list[Row](), list[Diagnostic](), 0
        text = _LINES.get(self.format)
        for found in walking.among(paths, self.folder, registry=root):
            if isinstance(found, RecordError):
                faults += found.diagnostics
                continue
            others += not found
            for record in found:
                try:
                    made = sweep.judge(own.own(registry, record), explained=self.format == "json-line")
                except RecordError as error:
                    faults += error.diagnostics
                else:
                    rows.append(row(made, text(made) if text is not None else ""))
        return Part(tuple(rows), tuple(faults), others, len(paths))


def check(folder: Path, sweep: Callable[[], Sweep], shown: Reporting, begun: float) -> Exit | None:
    """Judge the records below a folder, and report; None where they are few, or another report is wanted.

    `begun`: by the performance counter, when the command began.  Raises as `Sweep.judge` does, and `RecordError` for a
    folder without a model.
    """
    wanted = dict(shown.chosen)
    name = next(iter(wanted), "")
    if (
        shown.server is not None
        or shown.verbose
        or len(wanted) != 1
        or name not in FORMATS
        or wanted[name] not in {None, "-"}
    ):
        return None
    paths, unread = walking.listed(folder)
    if len(paths) < MANY:
        return None
    text = None if shown.quiet or name == "text" else sys.stdout
    tally = Tally()
    tally.faults += [d for error in unread for d in error.diagnostics]
    _judge(Job(folder, sweep, name if text is not None else ""), paths, tally, text, quiet=shown.quiet)
    if name == "text" and tally.total == 1 and not tally.faults:
        return None  # of one alone everything is told
    if not tally.total and not tally.faults:
        raise references.nothing_below(folder, tally.others)
    if shown.quiet:
        terminal.tell(tally.faults)
    elif name == "text":
        shown.summarize(tally, (time.perf_counter() - begun) * 1000)
    codes = [of(v.value) for v in tally.verdicts]
    return worst([*codes, *([Exit.USAGE] if tally.faults else [])])


def _judge(job: Job, paths: Sequence[Path], tally: Tally, out: IO[str] | None, *, quiet: bool) -> None:
    """Judge all files, count the rows, and write each model's text to `out` as soon as it is its turn.

    Raises as `Sweep.judge` does, and RuntimeError where a process that judged has died: then nothing is decided.
    """
    seen = {f.told: f for f in tally.faults}
    for part in _bar(_parts(job, paths), len(paths), quiet=quiet or (out is not None and sys.stdout.isatty())):
        for one in part.rows:
            tally.add(one)
            if out is not None:
                out.write(one.text)
        seen |= {f.told: f for f in part.faults}  # a state that does not read is told by everybody who reads beside it
        tally.others += part.others
    tally.faults = list(seen.values())
    if out is not None:
        out.writelines(map(_FAULTS[job.format], tally.faults))


def _parts(job: Job, paths: Sequence[Path]) -> Iterator[Part]:
    workers = min(_cores(), len(paths) // MANY)
    size = max(16, min(256, len(paths) // (max(workers, 1) * 8)))
    chunks = [paths[n : n + size] for n in range(0, len(paths), size)]
    if workers < 2:
        alone = job.sweep()
        yield from (job.part(alone, chunk) for chunk in chunks)
        return
    with _pool(workers, job) as pool:
        for each in [pool.submit(_in_process, chunk) for chunk in chunks]:
            part = each.result()
            if isinstance(part, LetpassError):
                raise part
            yield part


@contextmanager
def _pool(workers: int, job: Job) -> Iterator[ProcessPoolExecutor]:
    """Processes that are forked, so that they have what was read already, and that leave interrupts to this one."""
    sys.stdout.flush()
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("fork"), _begin, (job,))
    try:
        yield pool
    except BrokenProcessPool:
        raise RuntimeError("a process that judged some of the records has died") from None
    finally:
        pool.shutdown(cancel_futures=True)


_begun = list[tuple[Job, list[Sweep]]]()
"""Of a process of the pool: its job, and the sweep that it keeps from one chunk to the next."""


def _begin(job: Job) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _begun.append((job, []))


def _in_process(paths: Sequence[Path]) -> Part | LetpassError:
    """What came of some files, or why they cannot be judged."""
    ((job, sweeps),) = _begun
    try:
        if not sweeps:
            sweeps.append(job.sweep())
        return job.part(sweeps[0], paths)
    except LetpassError as error:
        return error


def _cores() -> int:
    """The processors that this process may use; one where it cannot be forked, or has threads, which a fork would cut off."""
    if "fork" not in multiprocessing.get_all_start_methods() or threading.active_count() > 1:
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _bar(parts: Iterable[Part], length: int, *, quiet: bool) -> Iterator[Part]:
    """The parts, with a bar on a terminal."""
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        yield from parts
        return
    with click.progressbar(length=length, label="judging", file=sys.stderr, show_pos=True) as bar:
        for part in parts:
            yield part
            bar.update(part.files)
