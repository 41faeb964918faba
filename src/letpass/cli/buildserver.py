"""The build server that a run tells of its decisions: the folder of its reports, and its outputs.

Reports of an earlier run are removed from the folder first: whatever ends this one, nobody takes them for its answer.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from letpass.cli import leftovers, options, platforms
from letpass.cli.exits import Exit, worst
from letpass.cli.exits import of as code_of

if TYPE_CHECKING:
    from letpass.cli.platforms import Platform
    from letpass.evaluation.decision import Verdict
    from letpass.reports.interface import Report

FOLDER = "letpass-report"
MOST_IDS = 20_000  # characters of the failed rules' ids in an output
MOST_DECISIONS = 20  # whose digests an output names
_SHEET = "decision.css"
_SUMMARY = "decision.md"


def of(ci: str, folder: str) -> BuildServer | None:
    """The build server that `--ci` names or recognises, ready to be told; none on a project."""
    platform = platforms.recognise(ci)
    if platform is not None:
        return BuildServer(platform, Path(folder))
    if ci == "auto" and os.environ.get("CI"):
        click.echo("note: no build server that `--ci` knows; name one, or write reports with `-o`", err=True)
    return None


class BuildServer:
    """One platform and the folder that it takes reports from.  `base`: where the command runs, from the repository's top.

    Raises a usage error where the folder is not one for reports, or cannot be written.
    """

    def __init__(self, platform: Platform, folder: Path) -> None:
        self.platform, self.folder = platform, folder
        self.base = platforms.base(platform)
        self._empty()

    @property
    def paths(self) -> list[Path]:
        """The files that may be written into the folder."""
        return [self.folder / name for name in self._names()]

    def wanted(self, report: Report) -> dict[str, tuple[str, Report]]:
        """What the platform is given of a report, by the file's name, none for its log: a format, and the report in its style."""
        from letpass.frozen import replace

        found = {}
        for name, file in self.platform.files:
            style = replace(report.style, sheet=_SHEET if name == "html" and self._needs_sheet else "")
            found[file] = name, replace(report, style=style)
        if self.platform.annotations:
            found[""] = self.platform.annotations, report
        return found

    def serve(self, report: Report, code: Exit | None = None) -> None:
        """Write the platform's reports into the folder, and tell it the verdict last.  All are rendered before one is
        written, and of those that were written none stays where the rest cannot be."""
        texts = {file: rendered(name, styled) for file, (name, styled) in self.wanted(report).items()}
        self.write(texts, said(report, code))

    def write(self, texts: Mapping[str, str | Iterable[str]], values: dict[str, str]) -> None:
        """Write what `wanted` asked for, and tell the platform the verdict last; nothing stays where something cannot be written."""
        files = {file: text for file, text in texts.items() if file}
        if self._needs_sheet:
            from letpass.reports.html import stylesheet

            files[_SHEET] = stylesheet()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise options.unwritable(self.folder, error) from None
        try:
            for file, text in files.items():
                options.output(text, str(self.folder / file))
            if annotations := "".join(texts.get("", "")):
                click.echo(annotations, err=True, nl=False)
            summary = texts.get(_SUMMARY, "")
            self._tell(
                values, summary if isinstance(summary, str) else (self.folder / _SUMMARY).read_text(encoding="utf-8")
            )
        except BaseException:
            self._withdraw()
            raise

    @property
    def _needs_sheet(self) -> bool:
        """Does the platform show no page that holds a style of its own."""
        return self.platform.name == "jenkins"

    def failed(self, report: Report, code: Exit) -> None:
        """Tell of faults; it raises nothing, since something has been raised."""
        try:
            self.serve(report, code)
        except (click.UsageError, click.exceptions.Exit, OSError) as error:
            self._withdraw()
            with suppress(click.UsageError, click.exceptions.Exit, OSError):
                self._tell(said(report, code), rendered("markdown", report))
            if isinstance(error, click.UsageError):
                with suppress(OSError):
                    click.echo(f"error: {error.format_message()}", err=True)

    def _names(self) -> list[str]:
        return [*platforms.NAMES, _SHEET, "letpass.env"]

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

    def _tell(self, values: dict[str, str], summary: str) -> None:
        environment = os.environ
        try:
            if self.platform.name == "github":
                if path := environment.get("GITHUB_STEP_SUMMARY"):
                    platforms.append(path, summary)
                if outputs := environment.get("GITHUB_OUTPUT"):
                    platforms.append(outputs, platforms.github_outputs({**values, **self._files()}))
            elif self.platform.name == "gitlab":
                listed = ",".join(json.loads(values["failed-rules"]))  # a dotenv holds no quotes
                options.output(platforms.dotenv({**values, "failed-rules": listed}), str(self.folder / "letpass.env"))
            elif self.platform.name == "azure":
                self._tell_azure(values)
        except OSError as error:
            raise options.unwritable(f"what {self.platform.name} reads", error) from None

    def _tell_azure(self, values: dict[str, str]) -> None:
        from letpass.reports.azure import command

        for key, value in values.items():
            name = f"LETPASS_{key.upper().replace('-', '_')}"
            click.echo(command("task.setvariable", value, variable=name, isOutput="true"), err=True)
        click.echo(command("task.uploadsummary", str((self.folder / _SUMMARY).resolve())), err=True)

    def _files(self) -> dict[str, str]:
        """Where the reports are, from the top of the repository."""
        names = {"json": "report-json", "html": "report-html", "markdown": "report-markdown"}
        place = self.folder.as_posix() if self.folder.is_absolute() else (Path(self.base) / self.folder).as_posix()
        return {names.get(form, form): f"{place}/{file}" for form, file in self.platform.files}


class Heard:
    """The outputs for later steps of a pipeline, gathered from one decision after another."""

    def __init__(self) -> None:
        self._verdicts: set[Verdict] = set()
        self._blocking: dict[str, None] = {}
        self._ids: list[str] = []

    def add(self, verdict: Verdict, blocking: Iterable[str], decision: str) -> None:
        """Take a decision: its verdict, the ids of the rules that block it, and its digest."""
        self._verdicts.add(verdict)
        self._blocking |= dict.fromkeys(blocking)
        if len(self._ids) < MOST_DECISIONS:
            self._ids.append(decision)

    def said(self, code: Exit | None, *, faults: bool) -> dict[str, str]:
        """The verdict in a word (`error` where there is none), the exit code, the decisions' digests, the ids of the rules
        that block."""
        answer = worst([code_of(v.value) for v in self._verdicts] + ([Exit.USAGE] if faults else []))
        words = {Exit.ALLOW: "allow", Exit.NO: "deny", Exit.UNDECIDED: "undecided"}
        code = answer if code is None else code
        if code not in words or answer not in words:
            answer = code  # what was refused, and a change of nothing, are no verdict on a version
        ids = list(self._blocking)
        while ids and len(json.dumps(ids)) > MOST_IDS:
            ids = ids[: len(ids) * 3 // 4]
        return {
            "verdict": words.get(answer, "error"),
            "exit-code": str(int(code)),
            "decision-id": ",".join(self._ids),
            "failed-rules": json.dumps(ids, separators=(",", ":")).replace("##", "#\\u0023"),
        }


def said(report: Report, code: Exit | None = None) -> dict[str, str]:
    """What `Heard` says of a whole report."""
    heard = Heard()
    for decision in report.decisions:
        heard.add(decision.verdict, [r.rule.id for r in decision.blocking], decision.id)
    return heard.said(code, faults=bool(report.faults))


def rendered(name: str, report: Report) -> str:
    """A report in a format."""
    from letpass.reports.interface import renderer

    return renderer(name)(report)
