"""A program of its own: calls a command, and writes down which files below the working directory Python has opened for it.

python watched.py WHERE WORD...
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

EVENTS = {"open": 0, "sqlite3.connect": 0, "import": 1}
"""What Python tells of itself that names a file, and which argument does."""


def main() -> int:
    """Call the command; the file WHERE then has a path on each line."""
    here, seen = os.path.realpath("."), set[str]()

    def watch(event: str, given: tuple[object, ...]) -> None:
        if event not in EVENTS:
            return
        path = given[EVENTS[event]]
        if isinstance(path, str | bytes) and path:
            real = os.path.realpath(os.fsdecode(path).removeprefix("file:"))
            if real.startswith(f"{here}{os.sep}") and Path(real).is_file():
                seen.add(os.path.relpath(real, here))

    sys.path.pop(0)  # the folder of this file
    sys.addaudithook(watch)
    from letpass.cli.main import run

    code = int(run(sys.argv[2:]))
    found = sorted(seen)
    Path(sys.argv[1]).write_text("\n".join(found), encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main())
