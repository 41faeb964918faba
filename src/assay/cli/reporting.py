"""Where reports go: the formats that were asked for, and what a build server is given."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.cli import leftovers, options, platforms
from assay.cli.exits import Exit, of, worst

if TYPE_CHECKING:
    from assay.language.diagnostics import Diagnostic
    from assay.reports.interface import Report, Style

FORMATS = (
    *("text", "concise", "json", "json-line", "markdown", "html"),
    *("junit", "sarif", "github", "gitlab", "azure", "tap"),
)
FOLDER = "assay-report"
MOST_IDS = 20_000  # characters of the failed rules' ids in an output


def reported(command: Callable[..., None]) -> Callable[..., None]:
    """The options of the commands that report decisions."""
    for option in (
        options.color_option,
        click.option("-q", "--quiet", is_flag=True, help="Print nothing; the exit code tells.  Files are written."),
        click.option("-v", "--verbose", is_flag=True, help="Show passing rules and every model too."),
        click.option(
            "--reports", "folder", metavar="FOLDER", default=FOLDER, show_default=True, help="Where --ci writes reports."
        ),
        click.option(
            "--ci", type=click.Choice(platforms.CHOICES), default="none", show_default=True,
            help="Write what a build server shows: reports, annotations, outputs.",
        ),
        click.option(
            "-o", "--output", "outputs", multiple=True, metavar="FORMAT[=PATH]",
            help=f"{', '.join(FORMATS)}; may be given again.",
        ),
    ):  # fmt: skip
        command = option(command)
    return command


class Reporting:
    """How a command's decisions are to be shown.  Reports of an earlier run are removed from the folder of `--ci` first:
    whatever ends this one, nobody takes them for its answer."""

    def __init__(
        self, outputs: tuple[str, ...] = (), ci: str = "none", folder: str = FOLDER, color: str = "auto", *,
        verbose: bool = False, quiet: bool = False,
    ) -> None:  # fmt: skip
        self.color, self.verbose, self.quiet = color, verbose, quiet
        self.platform = platforms.recognise(ci)
        self.base = platforms.base(self.platform) if self.platform else ""
        self.folder = Path(folder)
        if self.platform is not None:
            self._empty()
        elif ci == "auto" and os.environ.get("CI"):
            click.echo("note: no build server that `--ci` knows; name one, or write reports with `-o`", err=True)
        self.chosen: list[tuple[str, str | None]] = []
        with self.diagnosed():
            self.chosen = parse(outputs)
            self._apart()

    @property
    def wants_inputs(self) -> bool:
        """Is a format wanted that holds what a replay needs."""
        return self.platform is not None or any(name == "json" for name, _ in self.chosen)

    @property
    def lists(self) -> bool:
        """Does a report for people go to standard output."""
        return not self.quiet and ("text", None) in self.chosen

    def show(self, report: Report, *, serve: bool = True) -> None:
        """Write a report in each format that was chosen, then what the build server is given.  `serve`: not yet, where
        what is done next decides about the exit code.
        """
        from assay.frozen import replace

        for name, path in self.chosen:
            to_file = path not in {None, "-"}
            if not self.quiet or to_file:
                options.output(_rendered(name, replace(report, style=self._style(to_file=to_file))), path)
        if serve:
            self.serve(report)

    def serve(self, report: Report, code: Exit | None = None) -> None:
        """Give the build server its reports, and the exit code where it is another than the verdicts'."""
        from assay.frozen import replace
        from assay.language.diagnostics import Diagnostic

        if self.platform is None:
            return
        sys.stdout.flush()  # what nobody could read is told to nobody else
        if options.stdout_is_closed() and not self.quiet:
            told = Diagnostic("usage", "standard output is closed, and nobody could read the verdict", help="add `-q`")
            self._failed((told,), Exit.UNREACHABLE)
            return
        self._serve(replace(report, style=self._style(to_file=True)), code)

    @contextmanager
    def diagnosed(self) -> Iterator[None]:
        """`options.diagnosed`, and the build server is told of whatever ends the run without an answer: reports that were
        written are taken back, and its outputs say `error`, the last word that they have."""
        from assay.language.diagnostics import Diagnostic, PolicyError, UnreachableError

        with options.diagnosed():
            try:
                yield
            except PolicyError as error:
                code = Exit.UNREACHABLE if isinstance(error, UnreachableError) else Exit.USAGE
                self._failed(tuple(d for d in error.diagnostics if d.is_error), code)
                raise
            except click.UsageError as error:
                self._failed((Diagnostic("usage", error.format_message()),), Exit.USAGE)
                raise
            except click.exceptions.Exit as stop:
                if stop.exit_code not in {Exit.ALLOW, Exit.NO, Exit.UNDECIDED}:
                    self._failed(
                        (Diagnostic("usage", "the run could not be brought to its end"),), Exit(stop.exit_code)
                    )
                raise
            except OSError as error:
                why = (error.strerror or "no reason given").lower()
                self._failed((Diagnostic("usage", f"cannot write: {why}"),), Exit.UNREACHABLE)
                raise
            except KeyboardInterrupt:
                self._failed((Diagnostic("usage", "the run was interrupted"),), Exit.INTERRUPTED)
                raise
            except Exception as error:
                said = f"a defect in assay itself: {type(error).__name__}"
                self._failed((Diagnostic("GATE901", said),), Exit.DEFECT)
                raise

    def _failed(self, faults: tuple[Diagnostic, ...], code: Exit) -> None:
        """Tell the build server of faults; it raises nothing, since something has been raised."""
        if self.platform is None:
            return
        from assay.reports.interface import Report

        report = Report((), (), faults, style=self._style(to_file=True))
        try:
            self._serve(report, code)
        except (click.UsageError, click.exceptions.Exit, OSError) as error:
            self._withdraw()
            with suppress(click.UsageError, click.exceptions.Exit, OSError):
                self._tell(report, code)
            if isinstance(error, click.UsageError):
                with suppress(OSError):
                    click.echo(f"error: {error.format_message()}", err=True)

    def _style(self, *, to_file: bool) -> Style:
        from assay.frozen import replace

        return replace(options.style(self.color, verbose=self.verbose, to_file=to_file), base=self.base)

    def _names(self) -> list[str]:
        assert self.platform is not None
        return [*(name for _, name in self.platform.files), "decision.css", "assay.env"]

    def _empty(self) -> None:
        if self.folder.is_symlink():
            raise click.UsageError(f"`{self.folder}` is a link, and reports go to a folder of their own")
        leftovers.remove(self.folder, self._names())
        try:  # before anything is decided, or moved
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise options.unwritable(self.folder, error) from None
        if not os.access(self.folder, os.W_OK | os.X_OK):
            raise click.UsageError(f"cannot write `{self.folder}`: permission denied")

    def _withdraw(self) -> None:
        """Take back what this run has written."""
        for name in self._names():
            with suppress(OSError):
                (self.folder / name).unlink(missing_ok=True)

    def _apart(self) -> None:
        """No format of `-o` may go to a file of `--ci`."""
        if self.platform is None:
            return
        taken = {os.path.realpath(self.folder / name) for name in self._names()}
        for name, path in self.chosen:
            if path not in {None, "-"} and os.path.realpath(str(path)) in taken:
                raise click.BadParameter(f"`--ci` writes `{path}` too; name another file for `{name}`", param_hint="-o")

    def _serve(self, report: Report, code: Exit | None = None) -> None:
        """Write the platform's reports into the folder, and tell it the verdict last.  All are rendered before one is
        written, and of those that were written none stays where the rest cannot be."""
        from assay.frozen import replace

        assert self.platform is not None
        sheet = "decision.css" if self.platform.name == "jenkins" else ""  # its pages hold no style of their own
        texts = {}
        for name, file in self.platform.files:
            style = replace(report.style, sheet=sheet if name == "html" else "")
            texts[file] = _rendered(name, replace(report, style=style))
        if sheet:
            from assay.reports.html import stylesheet

            texts[sheet] = stylesheet()
        annotations = _rendered(self.platform.annotations, report) if self.platform.annotations else ""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise options.unwritable(self.folder, error) from None
        try:
            for file, text in texts.items():
                options.output(text, str(self.folder / file))
            if annotations:
                click.echo(annotations, err=True, nl=False)
            self._tell(report, code)
        except BaseException:
            self._withdraw()
            raise

    def _tell(self, report: Report, code: Exit | None) -> None:
        assert self.platform is not None
        values = said(report, code)
        environment = os.environ
        try:
            if self.platform.name == "github":
                if summary := environment.get("GITHUB_STEP_SUMMARY"):
                    platforms.append(summary, _rendered("markdown", report))
                if outputs := environment.get("GITHUB_OUTPUT"):
                    platforms.append(outputs, platforms.github_outputs({**values, **self._files()}))
            elif self.platform.name == "gitlab":
                options.output(platforms.dotenv(values), str(self.folder / "assay.env"))
            elif self.platform.name == "azure":
                self._tell_azure(values)
        except OSError as error:
            raise options.unwritable(f"what {self.platform.name} reads", error) from None

    def _tell_azure(self, values: dict[str, str]) -> None:
        from assay.reports.azure import command

        for key, value in values.items():
            name = f"ASSAY_{key.upper().replace('-', '_')}"
            click.echo(command("task.setvariable", value, variable=name, isOutput="true"), err=True)
        click.echo(command("task.uploadsummary", str((self.folder / "decision.md").resolve())), err=True)

    def _files(self) -> dict[str, str]:
        """Where the reports are, from the top of the repository."""
        assert self.platform is not None
        names = {"json": "report-json", "html": "report-html", "markdown": "report-markdown"}
        place = self.folder.as_posix() if self.folder.is_absolute() else (Path(self.base) / self.folder).as_posix()
        return {names.get(form, form): f"{place}/{file}" for form, file in self.platform.files}


def said(report: Report, code: Exit | None = None) -> dict[str, str]:
    """What programs behind the step ask for: the verdict in a word (`error` where there is none), the exit code, the
    decision's digest, the ids of the rules that block."""

    codes = [of(d.verdict.value) for d in report.decisions] + ([Exit.USAGE] if report.faults else [])
    answer = worst(codes)
    words = {Exit.ALLOW: "allow", Exit.NO: "deny", Exit.UNDECIDED: "undecided"}
    code = answer if code is None else code
    answer = answer if code in words else code
    ids = list(dict.fromkeys(r.rule.id for d in report.decisions for r in d.blocking))
    while ids and len(json.dumps(ids)) > MOST_IDS:
        ids = ids[: len(ids) * 3 // 4]
    return {
        "verdict": words.get(answer, "error"),
        "exit-code": str(int(code)),
        "decision-id": ",".join([d.id for d in report.decisions[:20]]),
        "failed-rules": json.dumps(ids, separators=(",", ":")).replace("##", "#\\u0023"),
    }


def _rendered(name: str, report: Report) -> str:
    from assay.reports.interface import renderer

    return renderer(name)(report)


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
