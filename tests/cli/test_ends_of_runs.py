"""Whatever ends a run, no report and no output of it says more than its exit code."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from letpass.cli import options, platforms
from letpass.cli.leftovers import remove
from letpass.cli.platforms import PLATFORMS
from letpass.reports import junit
from tests.cli.conftest import Call, environ, write

ARGUMENTS = ("check", "fraud@1", "--to", "production", "--ci")
VARIABLES = ("GITHUB_ACTIONS", "GITLAB_CI", "TF_BUILD", "JENKINS_URL", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY",
             *(p.workspace for p in PLATFORMS.values()))  # fmt: skip


@pytest.fixture(name="outputs", autouse=True)
def _outputs(project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The file of outputs; no build server's variables but it."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "elsewhere" / "outputs"
    path.parent.mkdir()
    monkeypatch.setenv("GITHUB_OUTPUT", str(path))
    return path


def _told(path: Path) -> dict[str, str]:
    """What a later step is told: the last value of each output."""
    return dict(line.split("=", 1) for line in path.read_text("utf-8").splitlines() if line)


def _says_allow(folder: Path) -> list[str]:
    """The reports in which an allow stands."""
    marks = ('"verdict":"allow"', "Allowed", 'value="allow"', "=allow")
    return [p.name for p in folder.iterdir() if any(m in p.read_text("utf-8") for m in marks)]


def _break(monkeypatch: pytest.MonkeyPatch, name: str, error: BaseException) -> None:
    """Let the writing of one report end in an error, once."""
    write_ = options.output
    left = [error]

    def output(text: str, path: str | None) -> None:
        if path is not None and path.endswith(name) and left:
            raise left.pop()
        write_(text, path)

    monkeypatch.setattr(options, "output", output)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (options.click.UsageError("cannot write"), 2),
        (options.click.exceptions.Exit(4), 4),
        (KeyboardInterrupt(), 130),
    ],
)
@pytest.mark.parametrize("platform", PLATFORMS)
def test_an_allow_whose_reports_cannot_be_written_is_told_as_an_error(
    project: Path,
    call: Call,
    monkeypatch: pytest.MonkeyPatch,
    outputs: Path,
    platform: str,
    error: Exception,
    code: int,
) -> None:
    """`decision.json` was written, `junit.xml` was not: the first is taken back, and the outputs say `error`."""
    _break(monkeypatch, "junit.xml", error)

    found, _, _ = call(*ARGUMENTS, platform)

    assert found == code
    assert _says_allow(project / "letpass-report") == []
    assert "fault" in (project / "letpass-report/junit.xml").read_text("utf-8")
    if platform == "github":
        assert (_told(outputs)["verdict"], _told(outputs)["exit-code"]) == ("error", str(code))


def test_a_crash_in_a_report_leaves_no_allow(
    project: Path, call: Call, monkeypatch: pytest.MonkeyPatch, outputs: Path
) -> None:
    """A defect in one format: nothing of the others is written, and later steps are told of exit code 70."""

    def broken(report: Any) -> str:
        raise RuntimeError("x")

    monkeypatch.setattr(junit, "part", broken)
    with pytest.raises(RuntimeError):
        call(*ARGUMENTS, "github")

    assert _says_allow(project / "letpass-report") == []
    assert (_told(outputs)["verdict"], _told(outputs)["exit-code"]) == ("error", "70")


def test_a_full_disk_leaves_no_allow(project: Path, outputs: Path) -> None:
    """At whatever byte the disk is full, in the reports or in the outputs: no output says `allow`, nor does a report."""
    script = (
        "import resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "import letpass.cli.main, letpass.cli.commands.check, letpass.reports.html, letpass.reports.junit\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))\n"
        "sys.exit(letpass.cli.main.run(sys.argv[2:]))\n"
    )
    for size in (0, 10, 40, 200, 700, 3_000):
        outputs.write_text("before=1", "utf-8")
        done = subprocess.run(
            [sys.executable, "-B", "-c", script, str(size), *ARGUMENTS, "github"],
            cwd=project, env=environ(), capture_output=True, check=False, timeout=60,
        )  # fmt: skip
        assert done.returncode in {2, 4}, done.stderr
        assert _says_allow(project / "letpass-report") == []
        assert _told(outputs).get("verdict") in {None, "error"}
        assert outputs.read_text("utf-8").startswith("before=1")


def test_outputs_are_added_whole_or_not_at_all(outputs: Path) -> None:
    """What was there before and lacks the end of its line stays a line of its own."""
    write(outputs, "a=1")
    platforms.append(str(outputs), "verdict=deny\n")
    platforms.append(str(outputs), "x=2\n")

    assert outputs.read_text("utf-8") == "a=1\nverdict=deny\nx=2\n"


def test_with_standard_output_closed_nobody_is_told_of_an_allow(project: Path, outputs: Path) -> None:
    """The exit code is 4, and so is the output; with `-q` the exit code is the answer."""
    for more, code, word in (((), 4, "error"), (("-q",), 0, "allow")):
        done = subprocess.run(
            ["sh", "-c", 'exec "$@" >&-', "sh", sys.executable, "-m", "letpass", *ARGUMENTS, "github", *more],
            cwd=project, env=environ(), stderr=subprocess.PIPE, check=False, timeout=60,
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        assert (_told(outputs)["verdict"], _told(outputs)["exit-code"]) == (word, str(code))


def test_a_wrong_format_leaves_no_report_of_an_earlier_run(project: Path, call: Call, outputs: Path) -> None:
    """The folder is emptied before options are read, and the fault is told."""
    assert call(*ARGUMENTS, "github")[0] == 0

    assert call(*ARGUMENTS, "github", "-o", "nonsense")[0] == 2
    assert _says_allow(project / "letpass-report") == []
    assert _told(outputs)["verdict"] == "error"


def test_one_file_is_not_written_twice(project: Path, call: Call) -> None:
    """Two formats for one file, however it is spelt, and a format for a file that `--ci` writes: refused."""
    for more in (("-o", "html=x", "-o", "json=./x"), ("-o", "html=x", "-o", f"json={project}/x")):
        assert call("check", "fraud@1", "--to", "production", *more)[0] == 2
    code, _, err = call(*ARGUMENTS, "gitlab", "-o", "html=letpass-report/decision.json")

    assert code == 2
    assert "`--ci` writes `letpass-report/decision.json` too" in err
    assert _says_allow(project / "letpass-report") == []


@pytest.mark.parametrize("name", ["decision.json", "junit.xml", "decision.html", "decision.md", "letpass.env"])
def test_files_that_are_no_reports_are_never_removed(project: Path, call: Call, name: str) -> None:
    """`--reports models` or `.`: a record, or the report of somebody's tests, stays; what is ours beside it goes."""
    mine = write(project / "models" / name, "model: x\n")
    assert call("check", "fraud@1", "--to", "production", "--ci", "jenkins", "--reports", "x")[0] == 0
    write(project / "models/decision.sarif", (project / "x/decision.sarif").read_bytes())

    code, out, err = call(*ARGUMENTS, "gitlab" if name == "letpass.env" else "github", "--reports", "models")

    assert (code, out) == (2, "")
    assert f"`models/{name}` is no report of an earlier run" in err
    assert mine.read_text("utf-8") == "model: x\n"
    if name != "letpass.env":
        assert not (project / "models/decision.sarif").exists()


@pytest.mark.parametrize("platform", PLATFORMS)
def test_reports_of_ours_are_known_as_such(project: Path, call: Call, platform: str) -> None:
    """Each that a run writes, of a decision or of faults only, can be removed by the next."""
    for model in ("fraud@1", "fraud@9"):
        call("check", model, "--to", "production", "--ci", platform)
        folder = project / "letpass-report"
        names = [p.name for p in folder.iterdir()]
        remove(folder, names)

        assert len(names) >= 5
        assert list(folder.iterdir()) == []


def test_a_pipe_in_the_folder_is_not_waited_for(project: Path, call: Call) -> None:
    """Whoever puts one there does not hang the run."""
    (project / "letpass-report").mkdir()
    os.mkfifo(project / "letpass-report/decision.json")
    write(project / "letpass-report/x", "")

    os.truncate(project / "letpass-report/x", 0)
    code, _, _ = call(*ARGUMENTS, "github")

    assert code in {0, 2}


def test_a_denial_is_told_as_one_after_a_fault_of_its_reports(
    project: Path, call: Call, monkeypatch: pytest.MonkeyPatch, outputs: Path
) -> None:
    """An error is no denial either."""
    _break(monkeypatch, "decision.html", options.click.UsageError("cannot write"))
    code, _, _ = call("check", "fraud@2", "--to", "production", "--ci", "github")

    decisions = json.loads((project / "letpass-report/decision.json").read_text("utf-8"))["decisions"]
    assert (code, decisions, _told(outputs)["verdict"]) == (2, [], "error")


def test_a_files_name_in_a_usage_error_is_no_command(project: Path) -> None:
    """Whoever names a file of a pull request names no workflow command."""
    name = "models/x\n::add-mask::y\n##[error]z"
    done = subprocess.run(
        [sys.executable, "-m", "letpass", "check", "fraud@1", "--to", "production", "-o", f"html={name}/a"],
        cwd=project, env=environ(), capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip

    assert done.returncode == 2
    assert not [line for line in done.stderr.splitlines() if line.lstrip().startswith("::") or "##[" in line]


@pytest.mark.parametrize("ends", [KeyboardInterrupt, RuntimeError])
def test_half_of_a_report_stays_nowhere(project: Path, ends: type[BaseException]) -> None:
    """A run that is interrupted while a report is written leaves the one that was there, and nothing beside it."""
    path = write(project / "reports/out.json", "before")

    def pieces() -> Iterator[str]:
        yield '{"verdict":"allow"'
        raise ends

    with pytest.raises(ends):
        options.output(pieces(), str(path))

    assert [(p.name, p.read_text("utf-8")) for p in path.parent.iterdir()] == [("out.json", "before")]


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_report_that_does_not_fit_where_it_goes_is_no_allow(project: Path, unbuffered: str) -> None:
    """The disk takes a kilobyte of it, however Python is told to write; one that fits is an allow."""
    words = [sys.executable, "-m", "letpass", "check", "fraud@1", "--to", "production", "-o"]
    ends = {}
    for form in ("json", "html", "text"):
        with (project / "out").open("wb") as file:
            done = subprocess.run(
                [*words, form], cwd=project, env=environ(PYTHONUNBUFFERED=unbuffered), stdout=file, stderr=subprocess.PIPE,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024)), check=False, timeout=60,
            )  # fmt: skip
        ends[form] = done.returncode, (project / "out").stat().st_size == 1024, b"cannot write" in done.stderr

    assert ends == {"json": (4, True, True), "html": (4, True, True), "text": (0, False, False)}
