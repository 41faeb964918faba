"""Options that several commands share, and how they report errors and write output."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from letpass import disk
from letpass.cli import terminal, watched
from letpass.cli.exits import Exit

if TYPE_CHECKING:
    from letpass.project.commits import Commit
    from letpass.project.configuration import Configuration
    from letpass.project.policyset import PolicySet
    from letpass.reports.interface import Style

policies_option = click.option(
    "-p",
    "--policy",
    "policies",
    multiple=True,
    metavar="PATH",
    help="Policy file or folder; may be given again. Default: from policy.toml, else policies/.",
)
policy_ref_option = click.option(
    "--policy-ref",
    "policy_ref",
    metavar="REF",
    help="Judge by the policies, policy.toml, trust file and registry of this git commit, not by those that are here.",
)
statements_option = click.option(
    "--statements",
    "beside",
    multiple=True,
    metavar="PATH",
    help="More statements: a file, or a folder of them; may be given again.",
)
artifact_option = click.option(
    "--artifact", metavar="PATH", help="The artifact's bytes, to be hashed; else its uri, where that is a path here."
)
color_option = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colours; NO_COLOR turns them off.",
)


def clock(at: str | None) -> tuple[int, bool]:
    """The decision's time in microseconds, and whether it is another than now."""
    if at is None:
        now = datetime.now(UTC)
        return int(now.timestamp()) * 1_000_000, False
    found = time(at, "--at")
    return found - found % 1_000_000, True  # a decision's clock has whole seconds


def time(text: str, option: str) -> int:
    """The time that an option names, in microseconds; raises a usage error."""
    from letpass.facts.values import date

    found = date(text)
    if not isinstance(found, int):
        raise click.BadParameter(f"`{text}` is {found.why}", param_hint=option)
    return found


def shown_time(at: int) -> str:
    """A time in microseconds, for people."""
    from letpass.facts.values import moment

    return moment(at)


@contextmanager
def diagnosed() -> Iterator[None]:
    """Show what is wrong as diagnostics, and leave with 2, or with 4 where another try may mend it."""
    from letpass.diagnostics import LetpassError, UnreachableError

    try:
        yield
    except LetpassError as error:
        errors = [d for d in error.diagnostics if d.is_error]
        watched.failed(errors[0].code)
        terminal.tell(error.diagnostics, apart=True)
        if len(errors) > 1:
            click.echo(f"{len(errors)} errors", err=True)
        raise click.exceptions.Exit(Exit.UNREACHABLE if isinstance(error, UnreachableError) else Exit.USAGE) from None


def project(policy_ref: str | None, policies: tuple[str, ...], *, quiet: bool = False) -> Configuration:
    """The project's configuration: what is here, or as a commit has it; raises `LetpassError`.

    The files of a commit are there until the command ends.
    """
    from letpass.project.configuration import load

    return load() if policy_ref is None else of_commit(policy_ref, policies, quiet=quiet)[1]


def of_commit(policy_ref: str, policies: tuple[str, ...], *, quiet: bool = False) -> tuple[Commit, Configuration]:
    """The commit that judges, and the project's configuration as it has it; raises as `project` does."""
    from letpass.diagnostics import clean
    from letpass.project import commits

    commit, configuration = click.get_current_context().with_resource(commits.opened(policy_ref, policies))
    if not quiet:
        click.echo(clean(f"policies of {commit.words}"), err=True)
    return commit, configuration


def policy_paths(given: tuple[str, ...], configuration: Configuration) -> tuple[Path, ...]:
    """Where the policies are: as given, else the project's own; raises `PolicyError` where it has none."""
    if given:
        return tuple(Path(p) for p in given)
    from letpass.project.contents import own_paths

    return own_paths(configuration)


def load_policies(given: tuple[str, ...], configuration: Configuration, *, warn: bool = False) -> PolicySet:
    """The policies that a call names, else the project's own; raises `LetpassError`.  `warn`: lint them too."""
    from letpass.facts.schema import VOCABULARY
    from letpass.project.contents import own_policies
    from letpass.project.policyset import load

    if not given:
        return own_policies(configuration, warn=warn)
    roots = tuple(configuration.path(p) for p in configuration.policies)
    return load(policy_paths(given, configuration), VOCABULARY, roots, warn=warn, at=configuration.at)


def style(color: str, *, verbose: bool = False, to_file: bool = False) -> Style:
    """How to write to where standard output goes."""
    from letpass.reports.interface import Style

    if to_file:
        return Style(color == "always", verbose=verbose)
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    unicode = encoding.lower().replace("-", "") == "utf8"
    columns = 0
    if terminal.shows(sys.stdout):
        from shutil import get_terminal_size

        columns = get_terminal_size((0, 0)).columns
    pages = terminal.pages(sys.stdout, color)
    return Style(terminal.colored(sys.stdout, color), columns, unicode, verbose, pages=pages)


def output(text: str | Iterable[str], path: str | None) -> None:
    """Write a report, which may come in pieces, to standard output or to a file; to a file whole or not at all."""
    pieces = (text,) if isinstance(text, str) else text
    if path is None or path == "-":
        stream = sys.stdout
        encoding = stream.encoding or "ascii"
        stream.writelines(piece.encode(encoding, "backslashreplace").decode(encoding) for piece in pieces)
        stream.flush()  # before what is said about it, where both go to one log
        return
    target = Path(path)
    try:
        if target.exists() and not target.is_file():
            with target.open("w", encoding="utf-8") as file:  # a device or a pipe is written to, never replaced
                file.writelines(pieces)
            return
        # the file behind a link, so that the link stays one; half of a report may say `allow`
        disk.replace(target.resolve(), (piece.encode("utf-8") for piece in pieces))
    except OSError as error:
        raise unwritable(path, error) from None


def stdout_is_closed() -> bool:
    """Was there no standard output when the program began; the entry point has put the null device in its place."""
    return getattr(sys.stdout, "name", "") == os.devnull


def unwritable(path: object, error: OSError) -> Exception:
    """What to raise where a place cannot be written: a usage error, or, where another try may do it, exit code 4."""
    message = f"cannot write `{path}`: {disk.reason(error)}"
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EIO}:  # safe to try again, as with a full standard output
        click.echo(f"error: {message}", err=True)
        return click.exceptions.Exit(Exit.UNREACHABLE)
    return click.UsageError(message)
