"""Branches counted where `make coverage` asks for it: in the process that runs tests, and in the programs that the server forks.

Programs that a test starts by themselves are not counted, so that no test finds a library loaded that the program does not use.
`python measured.py FOLDER` says how much of each room was reached, and ends with 1 where that is too little.
"""

from __future__ import annotations

import atexit
import io
import os
import sys
from collections.abc import Callable
from pathlib import Path

NAME = "LETPASS_COVERAGE"
FOLDER = os.environ.get(NAME, "")
"""Where the counts of each process are written, nothing where nobody asks for them."""
ROOT = Path(__file__).parents[2]
ROOMS = ("language", "semantics", "evaluation", "trust", "ledger", "gate")
FLOOR = 97.0


def begin() -> Callable[[], None]:
    """Count from here to the end of this process, and of each that is forked from it and ends as Python does.

    What is returned ends it before: whoever started a worker of the tests waits for its last word, and not for its end.
    """
    if not FOLDER:
        return lambda: None
    from coverage import Coverage

    counting = Coverage(f"{FOLDER}/counts", data_suffix=True, config_file=str(ROOT / "pyproject.toml"))
    counting.start()

    def end() -> None:
        counting.stop()
        counting.save()

    atexit.register(end)
    return end


def report(folder: str) -> int:
    """Add all counts up, and print the share of each room's lines and branches, with what is missing where it is too small."""
    from coverage import Coverage

    counting = Coverage(f"{folder}/counts", config_file=str(ROOT / "pyproject.toml"))
    counting.combine([folder])
    low = 0
    for room in ROOMS:
        missing = io.StringIO()
        share = counting.report(
            include=f"{ROOT}/src/letpass/{room}/*",
            show_missing=True,
            skip_covered=True,
            precision=1,
            sort="miss",
            file=missing,
        )
        print(f"{share:5.1f} %  {room}", flush=True)  # noqa: T201 - its output
        if share < FLOOR:
            low = 1
            print(f"{missing.getvalue()}\n{room}: less than {FLOOR:g} % were reached", flush=True)  # noqa: T201
    return low


if __name__ == "__main__":
    sys.exit(report(sys.argv[1]))
