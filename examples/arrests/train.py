"""Train five versions of the model `arrests`, measure, test and scan them, and write their records.

For example: `python examples/arrests/train.py --at 2026-11-20T10:00:00Z`; all options: `--help`.
"""

from __future__ import annotations

import argparse
import pickle
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

import dataset
import measure
import record
import report
import scan
import suites
from versions import VERSIONS, Version, pipeline

HERE = Path(__file__).resolve().parent
WORK = HERE / ".work"


def instant(text: str) -> str:
    """A time such as 2026-11-20T10:00:00Z, as given; anything else is refused."""
    datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
    return text


def arguments() -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    parser.add_argument("--at", type=instant, default=now, help="the time that all records state (default: now)")
    parser.add_argument("--image", default=record.EXAMPLE_IMAGE, help="container image to state, pinned by digest")
    parser.add_argument("--repository", default=record.EXAMPLE_REPOSITORY, help="code repository to state")
    parser.add_argument("--commit", default=record.EXAMPLE_COMMIT, help="commit to state if the checkout has none")
    parser.add_argument("--out", type=Path, default=HERE / "models", help="folder of the records")
    return parser.parse_args()


def train(version: Version, data: dataset.Arrests) -> Path:
    """Train one version and save it; the file's bytes are the same in each run."""
    model = pipeline(version.estimator()).fit(data.train, data.train_released)
    file = WORK / f"arrests-{version.number}.pkl"
    file.write_bytes(pickle.dumps(model))
    return file


def evidence(version: Version, file: Path, data: dataset.Arrests, origin: record.Origin) -> dict[str, Any]:
    """Everything that can be found out about a version: its provenance, metrics, suites and scan."""
    scanned = scan.scan(file, origin.at)
    # Measured is what was saved, not what is still in memory.
    metrics = measure.everything(pickle.loads(file.read_bytes()), data)
    return {
        **record.provenance(version, origin),
        "metrics": record.measured(metrics, origin),
        "suites": suites.run_all(file, origin.at),
        "scans": [scanned],
    }


def hurried(file: Path, data: dataset.Arrests) -> dict[str, Any]:
    """What an author in a hurry finds out: one number, not even saying on how many cases."""
    predicted = np.asarray(pickle.loads(file.read_bytes()).predict(data.test), dtype=np.int64)
    return {"metrics": {"accuracy": {"value": measure.accuracy(predicted, data)["value"]}}}


def make(version: Version, data: dataset.Arrests, origin: record.Origin) -> dict[str, Any]:
    """Train one version and put its record together."""
    file = train(version, data)
    known = record.identity(version, version.estimator(), file, origin)
    return known | (evidence(version, file, data, origin) if version.evidence else hurried(file, data))


def main() -> None:
    """Make all versions, write their records, and show what was measured."""
    options = arguments()
    WORK.mkdir(exist_ok=True)
    scan.check_scanner(WORK)
    data = dataset.load()
    commit, dirty = record.commit_and_dirty(options.commit)
    origin = record.Origin(options.at, options.image, options.repository, commit, dirty, data.digest)
    records = []
    for version in VERSIONS:
        print(f"version {version.number}: {version.purpose} …", flush=True)
        records.append(make(version, data, origin))
        record.write(records[-1], options.out)
    # Only a run that writes the committed records may change the table that describes them.
    if options.out == HERE / "models":
        report.put_into(HERE / "README.md", report.table(records))
    print(report.table(records))


if __name__ == "__main__":
    main()
