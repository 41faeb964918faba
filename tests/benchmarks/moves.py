"""What people wait for who sign and move: whole commands in a project with signatures, beside an empty Python."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.cli import office

OWN = "home/.ssh/id_ed25519"
COMMANDS: dict[str, Sequence[str]] = {
    "policy check": ("check", "fraud@4", "--to", "production"),
    "policy sign": ("sign", "fraud@4", "--to", "production", "--role", "validator", "--key", OWN, "--yes"),
    "policy promote": ("promote", "fraud@4", "--to", "production"),
    "policy verify": ("verify", "fraud@4", "--to", "production"),
}
"""Each in a copy of the same project; `verify` in the one where the move was made."""


def _signed(folder: Path) -> Path:
    """A project whose version 4 two validators have signed for production, and whose policies are in force."""
    request = office.request_of(office.build(folder))
    before = Path.cwd()
    os.chdir(folder)
    try:
        for name in ("vera", "vito"):
            office.policy("sign", request, "--role", "validator", "--key", name, "--yes")
        office.policy("sign", "policies", "--role", "policy-owner", "--key", OWN, "--yes")
    finally:
        os.chdir(before)
    return folder


def _took(folder: Path, arguments: Sequence[str]) -> float:
    """Milliseconds of a command in a folder, which must end with 0."""
    begun = time.perf_counter()
    environment = {**os.environ, "HOME": str(folder / "home")}
    done = subprocess.run([sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return (time.perf_counter() - begun) * 1000


def main(rounds: int) -> None:
    """Print one line for each command: milliseconds, and times an empty Python."""
    with tempfile.TemporaryDirectory() as place:
        signed = _signed(Path(place) / "signed")
        times: dict[str, list[float]] = {name: [] for name in ("python -c pass", *COMMANDS)}
        for n in range(rounds):
            for name in times:
                if name in {"policy check", "policy sign", "policy promote"}:
                    folder = Path(shutil.copytree(signed, Path(place) / f"{n}-{name.split()[1]}"))
                else:
                    folder = Path(place) / f"{n}-promote" if name == "policy verify" else signed
                words = ("-m", "letpass", *COMMANDS[name]) if name in COMMANDS else ("-c", "pass")
                times[name].append(_took(folder, words))
        empty = statistics.median(times["python -c pass"])
        print("\ntwo validators, the owner's signature of the policies, a signed request, a trust file of two versions")
        for name in COMMANDS:
            took = statistics.median(times[name])
            print(f"{name:44} {took:15.0f} ms   {took / empty:7.1f} x an empty Python")


if __name__ == "__main__":
    main(9)
