"""`policy check FOLDER`: records are read, judged, written and let go of, on every core."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from letpass.cli import processes, sheets, terminal
from letpass.cli.exits import Exit, of, worst
from letpass.cli.reporting import files_of
from letpass.diagnostics import Diagnostic, RecordError
from letpass.evaluation.decision import Verdict
from letpass.frozen import Frozen
from letpass.gate.sweep import Sweep
from letpass.registries import own, references, walking
from letpass.registries.folder import Folder
from letpass.reports.tally import Row, Tally, row

if TYPE_CHECKING:
    from letpass.cli.reporting import Reporting
    from letpass.cli.sheets import Sheets, Wanted
    from letpass.gate.case import Case
    from letpass.reports.interface import Report

MANY = 64
"""From so many files on."""


class Part(Frozen):
    """The results of some files, in their order.

    rows: one for each model · faults: why some files do not read · refused: why some records are not judged · others: how many
    files are none · read: the files that say what was judged · files: how many they are.
    """

    rows: tuple[Row, ...]
    faults: tuple[Diagnostic, ...]
    refused: tuple[RecordError, ...]
    others: int
    read: frozenset[str]
    files: int


class Job(Frozen):
    """The work that each process does.

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
        rows, faults, refused, read, others = list[Row](), list[Diagnostic](), list[RecordError](), set[str](), 0
        for found in walking.among(paths, self.job.folder, registry=root):
            if isinstance(found, RecordError):
                faults += found.diagnostics
                continue
            others += not found
            for record in found:
                read |= files_of(record)
                try:
                    case = self.sweep.opened(own.own(self._registry, record))
                    read |= files_of(case.record, case.champion)
                    rows.append(self._row(case))
                except RecordError as error:
                    refused.append(error)
        return Part(tuple(rows), tuple(faults), tuple(refused), others, frozenset(read), len(paths))

    def _row(self, case: Case) -> Row:
        made = self.sweep.decided(case, explained=self.job.explained)
        kept = sheets.parts(self.job.formats, made, lambda: case.inputs, self._ahead[made.verdict])
        self._ahead[made.verdict] += 1
        return row(made, kept, made.id if self.job.told else "")


def check(folder: Path, sweep: Callable[[], Sweep], shown: Reporting, report: Report, begun: float) -> Exit | None:
    """Judge the records below a folder, and report; None where they are few, or every model is to be told of in full.

    report: what is known of it before · begun: by the performance counter, when the command began.  Raises as `Sweep.opened` does,
    `RecordError` for a folder without a model, or where the only one is not judged.
    """
    if shown.verbose:
        return None
    paths, unread = walking.listed(folder)
    if len(paths) < MANY:
        return None
    written = shown.sheets(report)
    tally = Tally()
    tally.faults += [d for error in unread for d in error.diagnostics]
    job = Job(folder, sweep, written.formats, not shown.counts, written.told)
    shown.spare_judged(_judge(job, paths, tally, written, quiet=shown.quiet))
    if written.tells and tally.total == 1 and not tally.faults:
        return None  # of one alone everything is told
    if not tally.total and not tally.faults:
        raise references.nothing_below(folder, tally.others)
    if shown.quiet:
        terminal.tell(tally.faults)
    code = worst([*[of(v.value) for v in tally.verdicts], *([Exit.USAGE] if tally.faults else [])])
    written.finish(tally, (time.perf_counter() - begun) * 1000, code)
    return code


def _judge(job: Job, paths: Sequence[Path], tally: Tally, written: Sheets, *, quiet: bool) -> set[str]:
    """Judge all files, count the rows, and give the sheets each model as soon as it is its turn; the files that say what was judged.

    Raises as `Sweep.opened` does, `RecordError` where the only record is not judged, and `processes.DiedError` where a process that
    judged has died: then nothing is decided.
    """
    seen, refused = {f.identity: f for f in tally.faults}, list[RecordError]()
    read = set[str]()
    quiet = quiet or (written.flows and sys.stdout.isatty())
    for part in terminal.bar(_parts(job, paths), len(paths), "judging", lambda part: part.files, quiet=quiet):
        for one in part.rows:
            tally.add(one)
            written.add(one)
        seen |= {
            f.identity: f for f in part.faults
        }  # a state that does not read is told by everybody who reads beside it
        refused += part.refused
        read |= part.read
        tally.others += part.others
    if len(refused) == 1 and not seen and not tally.total:
        raise refused[0]
    seen |= {f.identity: f for error in refused for f in error.diagnostics}
    tally.faults = list(seen.values())
    return read | {f.span.source.name for f in tally.faults}


def _parts(job: Job, paths: Sequence[Path]) -> Iterator[Part]:
    workers = min(processes.cores(), len(paths) // MANY)
    size = max(16, min(256, len(paths) // (max(workers, 1) * 8)))
    chunks = [paths[n : n + size] for n in range(0, len(paths), size)]
    yield from processes.each(chunks, lambda: Judging(job).part, workers)
