"""Reports of an earlier run: they are removed before another begins, and what is not ours never is."""

from __future__ import annotations

import stat
from collections.abc import Iterable
from pathlib import Path

import click

from letpass import disk

_READ = 8_192  # bytes in which a report shows what it is
_NO_TESTS = b'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites />\n'
_BEGIN = {
    "decision.json": b'{"decision',
    "decision.md": b"<!-- letpass ",
    "gl-code-quality.json": b"[",
    "letpass.env": b"LETPASS_VERDICT=",
    "decision.css": b":root {\n  color-scheme: light dark;",
}
_HOLD = {
    "decision.html": b'<meta name="generator" content="Letpass">',
    "junit.xml": b'package="letpass"',
    "decision.sarif": b'"name":"Letpass"',
}


def remove(folder: Path, names: Iterable[str]) -> None:
    """Remove those that are there.  Raises a usage error where one is not a report, once the others are gone: a folder of
    models may hold a record of that name, and one of tests their own `junit.xml`.
    """
    others = []
    for name in names:
        path = folder / name
        try:
            if _is_ours(path, name):
                path.unlink(missing_ok=True)
            else:
                others.append(path)
        except OSError as error:
            why = disk.reason(error)
            raise click.UsageError(f"cannot write `{path}`: {why}") from None
    if others:
        raise click.UsageError(f"`{others[0]}` is no report of an earlier run, and reports go to a folder of their own")


def _is_ours(path: Path, name: str) -> bool:
    """Is it a report, or nothing that anybody would miss: no file, an empty one, or a link, of which the end stays."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return True
    if stat.S_ISLNK(found.st_mode) or not found.st_size:
        return not stat.S_ISDIR(found.st_mode)
    if not stat.S_ISREG(found.st_mode):
        return False
    return _begins(path, name)


def is_page(path: Path, name: str) -> bool:
    """Is it a page of an earlier run, by its format `html` or `markdown`."""
    known = {"html": "decision.html", "markdown": "decision.md"}.get(name)
    try:
        return known is not None and path.is_file() and _begins(path, known)
    except OSError:
        return False


def _begins(path: Path, name: str) -> bool:
    """Does a file show that it is a report of ours."""
    with path.open("rb") as file:
        start = file.read(_READ)
    if start == _NO_TESTS:
        return True
    return start.startswith(_BEGIN[name]) if name in _BEGIN else _HOLD[name] in start
