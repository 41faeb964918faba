"""Makes the parse tables after a change of the grammar: `python -m assay.language.tables [--print]`."""

import os
import sys

from assay.language.parser import TABLES, tables

if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":
        # the generator numbers its states in the order of sets: with one seed the tables are the same on every run
        os.execve(sys.executable, [sys.executable, "-m", "assay.language.tables", *sys.argv[1:]], {**os.environ, "PYTHONHASHSEED": "0"})  # noqa: S606
    if "--print" in sys.argv:
        sys.stdout.write(tables())
    else:
        TABLES.write_text(tables(), encoding="utf-8")
