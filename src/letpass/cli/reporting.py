"""Where reports go: the formats that were asked for, and what a build server is given."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from letpass import disk
from letpass.cli import buildserver, leftovers, options, platforms, variables
from letpass.cli.buildserver import rendered
from letpass.cli.exits import Exit
from letpass.reports import FORMATS

if TYPE_CHECKING:
    from letpass.cli.sheets import Sheets
    from letpass.diagnostics import Diagnostic
    from letpass.evaluation.decision import Decision
    from letpass.facts.record import Holder, Record
    from letpass.project.configuration import Configuration
    from letpass.reports.interface import Report

COUNTING = frozenset({"concise", "text"})
"""Those that explain no allow where there are several."""


def reported(command: Callable[..., Exit]) -> Callable[..., Exit]:
    """The options of the commands that report decisions."""
    for option in (
        options.color_option,
        click.option("-q", "--quiet", is_flag=True, help="Print nothing; the exit code tells.  Files are written."),
        click.option("-v", "--verbose", is_flag=True, help="Show passing rules and every model too."),
        variables.option(
            "--reports", "folder", variable="LETPASS_REPORTS", metavar="FOLDER", default=buildserver.FOLDER, show_default=True, help="Where --ci writes reports."
        ),
        variables.option(
            "--ci", variable="LETPASS_CI", type=click.Choice(platforms.CHOICES), default="none", show_default=True,
            help="Write what a build server shows: reports, annotations, outputs.",
        ),
        variables.option(
            "-o", "--output", "outputs", variable="LETPASS_OUTPUT", multiple=True, metavar="FORMAT[=PATH]",
            help=f"{', '.join(FORMATS)}; may be given again.",
        ),
    ):  # fmt: skip
        command = option(command)
    return command


class Reporting:
    """How a command's decisions are to be shown: in which formats, and to which build server."""

    def __init__(
        self, outputs: tuple[str, ...] = (), ci: str = "none", folder: str = buildserver.FOLDER, color: str = "auto", *,
        verbose: bool = False, quiet: bool = False,
    ) -> None:  # fmt: skip
        self.color, self.verbose, self.quiet = color, verbose, quiet
        self.server = buildserver.of(ci, folder)
        self.chosen: list[tuple[str, str | None]] = []
        self._growing: Sheets | None = None
        with self.diagnosed():
            self.chosen = parse(outputs)
            self._apart()

    @property
    def wants_inputs(self) -> bool:
        """Is a format wanted that holds what a replay needs."""
        return self.server is not None or any(name == "json" for name, _ in self.chosen)

    @property
    def counts(self) -> bool:
        """Does no report that was chosen explain what is allowed: each counts the allows, or gives them a line."""
        brief = all(name in COUNTING for name, _ in self.chosen)
        return (
            self.server is None
            and not self.verbose
            and (brief or (self.quiet and all(p is None for _, p in self.chosen)))
        )

    @property
    def speaks(self) -> bool:
        """Does a report go to standard output, where nothing else may stand then."""
        return not self.quiet and any(path in {None, "-"} for _, path in self.chosen)

    @property
    def tells_of_entries(self) -> bool:
        """Is a format wanted that says where the ledger has a decision."""
        return self.server is not None or any(name in {"html", "markdown"} for name, _ in self.chosen)

    @property
    def lists(self) -> bool:
        """Does a report for people go to standard output."""
        return not self.quiet and ("text", None) in self.chosen

    def show(self, report: Report, *, serve: bool = True) -> None:
        """Write a report in each format that was chosen, then what the build server is given.  `serve`: not yet, where
        what is done next decides about the exit code.
        """
        self._spare(report)
        for name, path in self.chosen:
            to_file = path not in {None, "-"}
            if not self.quiet or to_file:
                options.output(rendered(name, self._whole(report, to_file=to_file)), path)
        if serve:
            self.serve(report)

    def sheets(self, report: Report) -> Sheets:
        """The reports that were chosen, of models that are not judged yet; `report`: what is known of it before."""
        from letpass.cli.sheets import Sheets

        written = [(n, p) for n, p in self.chosen if not self.quiet or p not in {None, "-"}]
        wanted = [(name, self._whole(report, to_file=path not in {None, "-"}), path) for name, path in written]
        self._growing = Sheets(wanted, self, self._whole(report, to_file=True))
        return self._growing

    def serve(self, report: Report, code: Exit | None = None) -> None:
        """Give the build server its reports, and the exit code where it is another than the verdicts'."""
        if self.server is not None and self.was_read():
            self.server.serve(self._whole(report, to_file=True), code)

    def was_read(self) -> bool:
        """Could somebody read what went to standard output; else the build server is told that nobody could."""
        from letpass.diagnostics import Diagnostic

        sys.stdout.flush()  # what nobody could read is told to nobody else
        if options.stdout_is_closed() and not self.quiet:
            told = Diagnostic("usage", "standard output is closed, and nobody could read the verdict", help="add `-q`")
            self.fails((told,), Exit.UNREACHABLE)
            return False
        return True

    @contextmanager
    def diagnosed(self) -> Iterator[None]:
        """`options.diagnosed`, and the build server is told of whatever ends the run without an answer: reports that were
        written are taken back, and its outputs say `error`, the last word that they have."""
        from letpass.diagnostics import Diagnostic, LetpassError, UnreachableError

        with options.diagnosed():
            try:
                yield
            except LetpassError as error:
                code = Exit.UNREACHABLE if isinstance(error, UnreachableError) else Exit.USAGE
                self.fails(tuple(d for d in error.diagnostics if d.is_error), code)
                raise
            except click.UsageError as error:
                self.fails((Diagnostic("usage", error.format_message()),), Exit.USAGE)
                raise
            except click.exceptions.Exit as stop:
                if stop.exit_code not in {Exit.ALLOW, Exit.NO, Exit.UNDECIDED}:
                    self.fails((Diagnostic("usage", "the run could not be brought to its end"),), Exit(stop.exit_code))
                raise
            except OSError as error:
                why = disk.reason(error)
                self.fails((Diagnostic("usage", f"cannot write: {why}"),), Exit.UNREACHABLE)
                raise
            except KeyboardInterrupt:
                self.fails((Diagnostic("usage", "the run was interrupted"),), Exit.INTERRUPTED)
                raise
            except Exception as error:
                said = f"a defect in letpass itself: {type(error).__name__}"
                self.fails((Diagnostic("GATE901", said),), Exit.DEFECT)
                raise

    def fails(self, faults: tuple[Diagnostic, ...], code: Exit) -> None:
        """Tell the build server of faults, whoever looks at a page of an earlier run, which would else be taken for this one's,
        and whoever has read lines of this one already."""
        from letpass.reports.interface import Report

        if self._growing is not None:
            with suppress(OSError):
                self._growing.fail(faults)
        for name, path in self.chosen:
            if path not in {None, "-"} and leftovers.is_page(Path(str(path)), name):
                with suppress(OSError, click.ClickException, click.exceptions.Exit):
                    options.output(rendered(name, self._whole(Report((), (), faults), to_file=True)), path)
        if self.server is not None:
            self.server.failed(self._whole(Report((), (), faults), to_file=True), code)

    def _whole(self, report: Report, *, to_file: bool) -> Report:
        """A report with how it is written, and what the environment has said."""
        from letpass.frozen import replace

        style = options.style(self.color, verbose=self.verbose, to_file=to_file)
        style = replace(style, base=self.server.base if self.server is not None else "")
        return replace(report, style=style, environment=variables.used(click.get_current_context()))

    def _spare(self, report: Report) -> None:
        """No report goes where what it is about stands."""
        self.spare_judged(
            {n for d in report.decisions for n in _files(d)} | {f.span.source.name for f in report.faults}
        )

    def spare_judged(self, files: Iterable[str | Path]) -> None:
        """Refuse a report in the place of what is judged, or of what that is judged by."""
        self._elsewhere(files, "`{path}` is what is judged; name another file for `{name}`")

    def spare(self, configuration: Configuration) -> None:
        """Refuse, before anything is decided, a report in the place of what the project is judged by."""
        self._elsewhere(files_of_project(configuration), "`{path}` is a file of the project; name another for `{name}`")

    def _elsewhere(self, files: Iterable[str | Path], said: str) -> None:
        chosen = [
            (name, path, os.path.realpath(path)) for name, path in self.chosen if path not in {None, "-"} and path
        ]
        taken = {os.path.realpath(file) for file in files if str(file)} if chosen else ()
        for name, path, place in chosen:
            if place in taken:
                raise click.BadParameter(said.format(path=path, name=name), param_hint="-o")

    def _apart(self) -> None:
        """No format of `-o` may go to a file of `--ci`."""
        files = self.server.paths if self.server is not None else ()
        self._elsewhere(files, "`--ci` writes `{path}` too; name another file for `{name}`")


def files_of_project(configuration: Configuration) -> list[Path]:
    """The files that a project is judged by, but for its policies and its registry."""
    named = (configuration.trust_file, configuration.checkpoint, configuration.ledger)
    files = [configuration.path(n) for n in named if "://" not in n]
    return [*files, *([configuration.source] if configuration.source is not None else [])]


def files_of(*records: Record | Holder | None) -> set[str]:
    """The files that records were read from, their models' states too."""
    documents = [d for r in records if (d := getattr(r, "document", None)) is not None]
    return {s.source.name for d in documents for s in (d, d.state) if s is not None}


def _files(decision: Decision) -> set[str]:
    """The files of a decision: of its records, and of its policies."""
    return files_of(decision.record, decision.champion) | {r.rule.span.source.name for r in decision.rules}


def parse(given: tuple[str, ...]) -> list[tuple[str, str | None]]:
    """`FORMAT[=PATH]` values; at most one goes to standard output."""
    found = []
    for value in given or ("text",):
        name, _, path = value.partition("=")
        if name not in FORMATS:
            raise click.BadParameter(f"there is no format `{name}`; formats are {', '.join(FORMATS)}", param_hint="-o")
        found.append((name, path or None))
    files = [os.path.realpath(str(path)) for _, path in found if path not in {None, "-"}]
    if len(set(files)) != len(files):
        raise click.BadParameter("two formats cannot go to one file", param_hint="-o")
    if sum(path in {None, "-"} for _, path in found) > 1:
        raise click.BadParameter(
            "only one format can go to standard output; write `FORMAT=PATH` for the others", param_hint="-o"
        )
    return found
