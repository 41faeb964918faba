"""Build the documentation site: `python docs/site [FOLDER]`, else into build/site.  A warning is an error."""

from __future__ import annotations

import sys
from pathlib import Path

import pages
from sphinx.cmd.build import main

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def build(target: Path) -> int:
    """Write the pages beside the target, and the site into it; Sphinx's exit code."""
    sources, memory = target.parent / "pages", target.parent / "doctrees"
    pages.write(ROOT, sources)
    return main(["-q", "-W", "--keep-going", "-c", str(HERE), "-d", str(memory), str(sources), str(target)])


if __name__ == "__main__":
    sys.exit(build(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "site").resolve()))
