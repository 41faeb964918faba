"""What it costs somebody new: `python -m tests.benchmarks.newcomer` installs into an environment of its own, and looks.

Seconds of the install are mostly those of the network to the index of packages, and of the pip that is there.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "first-minutes.md"


def _megabytes(folder: Path) -> float:
    """Of files, once each, as they are counted and not as a file system lays them."""
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file() and not p.is_symlink()) / 1e6


def commands() -> list[str]:
    """The commands from records to a signed promotion, as the page shows them: of `policy`, without what looks only."""
    section = PAGE.read_text(encoding="utf-8").partition("\n## People who sign\n")[2].partition("\n## ")[0]
    found = re.findall(r"^\$ (policy (\w+).*)$", section, re.MULTILINE)
    return [line for line, name in found if name != "verify"]


def install() -> tuple[float, float, int]:
    """Seconds, megabytes more than an environment with nothing but pip, and packages."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "venv"
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        empty = _megabytes(folder)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
        begun = time.perf_counter()
        subprocess.run(
            [*pip, "install", "-q", "--no-compile", "-c", "constraints.txt", "."],
            cwd=ROOT,
            check=True,
            stderr=subprocess.DEVNULL,
        )
        took = time.perf_counter() - begun
        listed = subprocess.run([*pip, "list", "--format", "freeze"], capture_output=True, text=True, check=True)
        packages = [x for x in listed.stdout.split() if not x.startswith(("pip==", "setuptools==", "wheel=="))]
        return took, _megabytes(folder) - empty, len(packages)


def main() -> None:
    """Print a line for each."""
    took, size, packages = install()
    print(f"\n{'install':44} {took:15.1f} s    {size:.0f} MB, {packages} packages with its own")
    print(f"{'commands to the first signed promotion':44} {len(commands()):15}")


if __name__ == "__main__":
    main()
