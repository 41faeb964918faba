"""Make the folder of this version: `python -m tests.formats`."""

from __future__ import annotations

import sys

from letpass import __version__
from tests.formats import making


def main() -> int:
    """Make it; 1 where it is there, which is never written over."""
    if making.folder(__version__).exists():
        print(f"{making.folder(__version__)} is there: what a release has written stays as it is", file=sys.stderr)
        return 1
    print(making.make(__version__))
    return 0


sys.exit(main())
