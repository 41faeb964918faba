"""What a terminal is written with: colours, and links from codes to their pages."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, TypeVar

import click

import letpass

if TYPE_CHECKING:
    from letpass.diagnostics import Diagnostic

Part = TypeVar("Part")
_NO_LINKS = {"", "dumb", "linux", "unknown"}  # what TERM says where a link would be lost, or printed as it is
_ADDRESS = re.compile(r"(?:https?://[\w.\[-]|file://)[\w.~:/%@!$&'()*+,;=\[\]-]+", re.ASCII | re.IGNORECASE)


def shows(stream: TextIO | None) -> bool:
    """Does somebody look at what is written to a stream: is it a terminal."""
    return stream is not None and stream.isatty()


def colored(stream: TextIO | None, color: str) -> bool:
    """Are colours written to a stream: where they were asked for, or a terminal shows them."""
    if color != "auto":
        return color == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (shows(stream) and os.environ.get("TERM") != "dumb")


def pages(stream: TextIO | None, color: str = "auto") -> str:
    """The address of a code's page, `{}` for the code; empty where a stream gets no links.

    Only a terminal gets them, only with colours, and never in a pipeline: its log may be shown as one.  A page of this
    very machine is no use to who has come over SSH.
    """
    if not shows(stream) or not colored(stream, color) or os.environ.get("CI"):
        return ""
    if os.environ.get("TERM", "").lower() in _NO_LINKS and not os.environ.get("WT_SESSION"):
        return ""
    if base := os.environ.get("LETPASS_DOCS"):
        return f"{base.rstrip('/')}/errors/{{}}.html" if _ADDRESS.fullmatch(base) else ""
    if os.environ.get("SSH_CONNECTION") or not folder().is_dir():
        return ""
    return f"{folder().resolve().as_uri()}/{{}}.md"


def folder() -> Path:
    """Where the pages are: in the installed package, else in the checkout that it lies in."""
    package = Path(letpass.__file__).parent
    installed = package / "errors"
    return installed if installed.is_dir() else package.parents[1] / "docs" / "errors"


def tell(diagnostics: Iterable[Diagnostic], *, apart: bool = False) -> None:
    """Write diagnostics to standard error; `apart`: with an empty line behind each."""
    from letpass.diagnostics import render

    context = click.get_current_context(silent=True)
    links = pages(sys.stderr, str(context.params.get("color", "auto")) if context else "auto")
    for diagnostic in diagnostics:
        click.echo(render(diagnostic, links) + ("\n" if apart else ""), err=True)


def bar(
    parts: Iterable[Part], length: int, label: str, worth: Callable[[Part], int] = lambda _: 1, *, quiet: bool = False
) -> Iterator[Part]:
    """Parts of some work, with a bar on a terminal that grows by what each is worth of the whole length."""
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        yield from parts
        return
    with click.progressbar(length=length, label=label, file=sys.stderr, show_pos=True) as shown:
        for part in parts:
            yield part
            shown.update(worth(part))
