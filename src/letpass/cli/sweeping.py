"""`policy check FOLDER`: records are read, judged, written and let go of, on every core."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from letpass.cli import sheets, terminal
from letpass.cli.exits import Exit, of, worst
from letpass.diagnostics import Diagnostic, LetpassError, RecordError
from letpass.evaluation.decision import Verdict
from letpass.facts.record import Record
from letpass.frozen import Frozen
from letpass.gate.sweep import Sweep
from letpass.registries import own, references, walking
from letpass.registries.folder import Folder
from letpass.reports.tally import Row, Tally, row

if TYPE_CHECKING:
    from letpass.cli.reporting import Reporting
    from letpass.cli.sheets import Sheets, Wanted
    from letpass.reports.interface import Report

MANY = 64
"""From so many files on."""


class Part(Frozen):
    """What came of some files, in their order: a row for each model, why some do not read, and how many are none; of how many."""

    rows: tuple[Row, ...]
    faults: tuple[Diagnostic, ...]
    others: int
    files: int


class Job(Frozen):
    """What every process does.

    sweep: makes a sweep of its own, with its own ledger and registry · formats: of which the parts are made · explained: is every
    decision the interpreter's · told: are the decisions' digests asked for.
    """

    folder: Path
    sweep: Callable[[], Sweep]
    formats: tuple[Wanted, ...]
    explained: bool
    told: bool


class Judging:
    """The judging of some of a folder's files, in one process."""

    def __init__(self, job: Job) -> None:
        self.job, self.sweep = job, job.sweep()
        self._registry = self.sweep.project.registry
        self._ahead = Counter[Verdict]()

    def part(self, paths: Sequence[Path]) -> Part:
        """Judge the records in some files."""
        root = self._registry.root if isinstance(self._registry, Folder) else None
        rows, faults, others = list[Row](), list[Diagnostic](), 0
        for found in walking.among(paths, self.job.folder, registry=root):
            if isinstance(found, RecordError):
                faults += found.diagnostics
                continue
            others += not found
            for record in found:
                try:
                    rows.append(self._row(own.own(self._registry, record)))
                except RecordError as error:
                    faults += error.diagnostics
        return Part(tuple(rows), tuple(faults), others, len(paths))

    def _row(self, record: Record) -> Row:
        case = self.sweep.opened(record)
        made = self.sweep.decided(case, explained=self.job.explained)
        kept = sheets.parts(self.job.formats, made, lambda: case.inputs, self._ahead[made.verdict])
        self._ahead[made.verdict] += 1
        return row(made, kept, made.id if self.job.told else "")


def check(folder: Path, sweep: Callable[[], Sweep], shown: Reporting, report: Report, begun: float) -> Exit | None:
    """Judge the records below a folder, and report; None where they are few, or every model is to be told of in full.

    report: what is known of it before · begun: by the performance counter, when the command began.  Raises as `Sweep.opened` does,
    and `RecordError` for a folder without a model.
    """
    if shown.verbose:
        return None
    paths, unread = walking.listed(folder)
    if len(paths) < MANY:
        return None
    shown.spare_judged(paths)
    written = shown.sheets(report)
    tally = Tally()
    tally.faults += [d for error in unread for d in error.diagnostics]
    _judge(
        Job(folder, sweep, written.formats, not shown.counts, written.told), paths, tally, written, quiet=shown.quiet
    )
    if shown.lists and tally.total == 1 and not tally.faults:
        return None  # of one alone everything is told
    if not tally.total and not tally.faults:
        raise references.nothing_below(folder, tally.others)
    if shown.quiet:
        terminal.tell(tally.faults)
    code = worst([*[of(v.value) for v in tally.verdicts], *([Exit.USAGE] if tally.faults else [])])
    written.finish(tally, (time.perf_counter() - begun) * 1000, code)
    return code


def _judge(job: Job, paths: Sequence[Path], tally: Tally, written: Sheets, *, quiet: bool) -> None:
    """Judge all files, count the rows, and give the sheets each model as soon as it is its turn.

    Raises as `Sweep.opened` does, and RuntimeError where a process that judged has died: then nothing is decided.
    """
    seen = {f.told: f for f in tally.faults}
    for part in _bar(_parts(job, paths), len(paths), quiet=quiet or (written.flows and sys.stdout.isatty())):
        for one in part.rows:
            tally.add(one)
            written.add(one)
        seen |= {f.told: f for f in part.faults}  # a state that does not read is told by everybody who reads beside it
        tally.others += part.others
    tally.faults = list(seen.values())


def _parts(job: Job, paths: Sequence[Path]) -> Iterator[Part]:
    workers = min(_cores(), len(paths) // MANY)
    size = max(16, min(256, len(paths) // (max(workers, 1) * 8)))
    chunks = [paths[n : n + size] for n in range(0, len(paths), size)]
    if workers < 2:
        yield from map(Judging(job).part, chunks)
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


_begun = list[tuple[Job, list[Judging]]]()
"""Of a process of the pool: its job, and the judging that it goes on with from one chunk to the next."""


def _begin(job: Job) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _begun.append((job, []))


def _in_process(paths: Sequence[Path]) -> Part | LetpassError:
    """What came of some files, or why they cannot be judged."""
    ((job, begun),) = _begun
    try:
        if not begun:
            begun.append(Judging(job))
        return begun[0].part(paths)
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
