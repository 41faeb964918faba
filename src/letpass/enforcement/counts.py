"""Counters of a gated server over all of its workers: decisions by verdict, and how long they took.

The workers of one server share a file of numbers in the temporary folder, under a name that nobody can guess.
"""

from __future__ import annotations

import os
import re
import tempfile
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from letpass.enforcement.exposition import Family, Sample, histogram
from letpass.enforcement.shared import Shared
from letpass.events.watch import Became, Line
from letpass.lifecycle.differences import Kind

BOUNDS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds: the bounds of the histogram of decisions."""
DUE, TOOK, AT, FAILED = "drift due", "drift took", "drift at", "drift failed"
"""Of the comparison of registry and ledger: when the next is due, how long the last took, when it ended (seconds since
1970, 0: never), and 1 where it failed."""
_BOOT = "_MLFLOW_SERVER_BOOT_ID"
"""What MLflow calls a server's start, in the environment of all of its workers."""
_VERDICTS = tuple(b.value for b in Became)
_NAMES = (
    *(f"{verdict} {part}" for verdict in _VERDICTS for part in ("sum", *range(len(BOUNDS) + 1))),
    *(f"drift {kind.value}" for kind in Kind), DUE, TOOK, AT, FAILED,
)  # fmt: skip


def drift(kind: Kind) -> str:
    """The name of how many differences of a kind there are."""
    return f"drift {kind.value}"


def of_server() -> Shared:
    """The numbers of this server; raises OSError where its workers do not know that they are of one."""
    boot = os.environ.get(_BOOT, "")
    if not re.fullmatch(r"[0-9a-f]{32}", boot):
        raise OSError(f"the server was not started by `mlflow server`: {_BOOT} is not set")
    return Shared(Path(tempfile.gettempdir(), f"letpass-{boot}.numbers"), _NAMES)


def add(lines: Iterable[Line]) -> None:
    """Count decisions.  Where that cannot be done nothing is held up by it: the metrics say so."""
    told = list(lines)
    if not told:
        return
    with suppress(OSError), of_server().changed() as numbers:
        for line in told:
            seconds = line.ms / 1000
            numbers[f"{line.verdict.value} {bisect_left(BOUNDS, seconds)}"] += 1
            numbers[f"{line.verdict.value} sum"] += seconds


def families(numbers: dict[str, float]) -> Sequence[Family]:
    """The numbers as metrics."""
    by_verdict = {v: [numbers[f"{v} {n}"] for n in range(len(BOUNDS) + 1)] for v in _VERDICTS}
    seconds = [
        sample
        for verdict, counts in by_verdict.items()
        for sample in histogram(BOUNDS, counts, numbers[f"{verdict} sum"], {"verdict": verdict})
    ]
    found = [
        Family("letpass_decisions_total", "counter", "Decisions of the gate, and calls that it refused or could not decide.",
               tuple(Sample(sum(counts), (("verdict", verdict),)) for verdict, counts in by_verdict.items())),
        Family("letpass_decision_seconds", "histogram", "How long a call took until its decision was logged and made.",
               tuple(seconds)),
    ]  # fmt: skip
    done, failed = bool(numbers[AT]), bool(numbers[FAILED])
    kinds = [Sample(numbers[drift(kind)], (("kind", kind.value),)) for kind in Kind]
    return [
        *found,
        Family("letpass_drift", "gauge", "Differences between registry and ledger, as policy reconcile finds them.",
               tuple(kinds) if done and not failed else ()),
        Family("letpass_drift_compared_timestamp_seconds", "gauge", "When registry and ledger were last compared.",
               (Sample(numbers[AT]),) if done else ()),
        Family("letpass_drift_compared_seconds", "gauge", "How long the last comparison took.",
               (Sample(numbers[TOOK]),) if done or failed else ()),
        Family("letpass_drift_failed", "gauge", "1 where the last comparison could not be made.",
               (Sample(numbers[FAILED]),) if done or failed else ()),
    ]  # fmt: skip
