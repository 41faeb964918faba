"""The build server that a run tells of its decisions: the folder of its reports, and its outputs.

Reports of an earlier run are removed from the folder first: whatever ends this one, nobody takes them for its answer.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from letpass.cli import leftovers, options, platforms
from letpass.cli.exits import Exit, worst
from letpass.cli.exits import of as code_of

if TYPE_CHECKING:
    from letpass.cli.platforms import Platform
    from letpass.reports.interface import Report

FOLDER = "letpass-report"
MOST_IDS = 20_000  # characters of the failed rules' ids in an output


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

    def serve(self, report: Report, code: Exit | None = None) -> None:
        """Write the platform's reports into the folder, and tell it the verdict last.  All are rendered before one is
        written, and of those that were written none stays where the rest cannot be."""
        from letpass.frozen import replace

        sheet = "decision.css" if self.platform.name == "jenkins" else ""  # its pages hold no style of their own
        texts = {}
        for name, file in self.platform.files:
            style = replace(report.style, sheet=sheet if name == "html" else "")
            texts[file] = rendered(name, replace(report, style=style))
        if sheet:
            from letpass.reports.html import stylesheet

            texts[sheet] = stylesheet()
        annotations = rendered(self.platform.annotations, report) if self.platform.annotations else ""
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

    def failed(self, report: Report, code: Exit) -> None:
        """Tell of faults; it raises nothing, since something has been raised."""
        try:
            self.serve(report, code)
        except (click.UsageError, click.exceptions.Exit, OSError) as error:
            self._withdraw()
            with suppress(click.UsageError, click.exceptions.Exit, OSError):
                self._tell(report, code)
            if isinstance(error, click.UsageError):
                with suppress(OSError):
                    click.echo(f"error: {error.format_message()}", err=True)

    def _names(self) -> list[str]:
        return [*platforms.NAMES, "decision.css", "letpass.env"]

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

    def _tell(self, report: Report, code: Exit | None) -> None:
        values = said(report, code)
        environment = os.environ
        try:
            if self.platform.name == "github":
                if summary := environment.get("GITHUB_STEP_SUMMARY"):
                    platforms.append(summary, rendered("markdown", report))
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
        click.echo(command("task.uploadsummary", str((self.folder / "decision.md").resolve())), err=True)

    def _files(self) -> dict[str, str]:
        """Where the reports are, from the top of the repository."""
        names = {"json": "report-json", "html": "report-html", "markdown": "report-markdown"}
        place = self.folder.as_posix() if self.folder.is_absolute() else (Path(self.base) / self.folder).as_posix()
        return {names.get(form, form): f"{place}/{file}" for form, file in self.platform.files}


def said(report: Report, code: Exit | None = None) -> dict[str, str]:
    """What programs behind the step ask for: the verdict in a word (`error` where there is none), the exit code, the
    decision's digest, the ids of the rules that block."""
    codes = [code_of(d.verdict.value) for d in report.decisions] + ([Exit.USAGE] if report.faults else [])
    answer = worst(codes)
    words = {Exit.ALLOW: "allow", Exit.NO: "deny", Exit.UNDECIDED: "undecided"}
    code = answer if code is None else code
    if code not in words or answer not in words:
        answer = code  # what was refused, and a change of nothing, are no verdict on a version
    ids = list(dict.fromkeys(r.rule.id for d in report.decisions for r in d.blocking))
    while ids and len(json.dumps(ids)) > MOST_IDS:
        ids = ids[: len(ids) * 3 // 4]
    return {
        "verdict": words.get(answer, "error"),
        "exit-code": str(int(code)),
        "decision-id": ",".join([d.id for d in report.decisions[:20]]),
        "failed-rules": json.dumps(ids, separators=(",", ":")).replace("##", "#\\u0023"),
    }


def rendered(name: str, report: Report) -> str:
    """A report in a format."""
    from letpass.reports.interface import renderer

    return renderer(name)(report)
