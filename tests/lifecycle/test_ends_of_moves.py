"""What a build server is told of a move that failed after it was decided, and of one whose report could not be written."""

from __future__ import annotations

from pathlib import Path

import pytest

from letpass.cli import options
from tests.lifecycle.conftest import Call, kinds, state, write

PROMOTE = ("promote", "fraud@1", "--to", "production", "--as", "ops@corp.example", "--ci", "github")


@pytest.fixture(name="outputs", autouse=True)
def _outputs(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of outputs."""
    path = tmp_path_factory.mktemp("runner") / "outputs"
    for name in ("GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GITHUB_OUTPUT", str(path))
    return path


def _told(path: Path) -> tuple[str, str]:
    found = dict(line.split("=", 1) for line in path.read_text("utf-8").splitlines() if line)
    return found["verdict"], found["exit-code"]


def test_an_allow_that_moved_nothing_is_told_as_an_error(project: Path, call: Call, outputs: Path) -> None:
    """The registry cannot be written: the ledger has the allow, and no later step takes it for a move."""
    (project / "models/fraud").chmod(0o555)
    try:
        if not _refuses(project / "models/fraud"):
            pytest.skip("who may do anything is refused nothing")
        code, _, _ = call(*PROMOTE)
    finally:
        (project / "models/fraud").chmod(0o755)

    assert code in {2, 4}
    assert state(project) == {}
    assert _told(outputs) == ("error", str(code))
    assert "Allowed" not in (project / "letpass-report/decision.html").read_text("utf-8")


def _refuses(folder: Path) -> bool:
    try:
        (folder / "probe").touch()
    except OSError:
        return True
    (folder / "probe").unlink()
    return False


def test_a_state_file_in_the_way_is_told_as_an_error(project: Path, call: Call, outputs: Path) -> None:
    """A folder where the registry's state should be: the same, whoever runs it."""
    (project / "models/fraud/state.yaml").mkdir()

    code, _, _ = call(*PROMOTE)

    assert code in {2, 4}
    assert _told(outputs) == ("error", str(code))


def test_what_was_moved_is_said_even_if_its_report_cannot_be_written(
    project: Path, call: Call, outputs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The version is in production: the run is an error, and says so beside it."""
    write_ = options.output

    def output(text: str, path: str | None) -> None:
        if path is not None and path.endswith("junit.xml"):
            raise options.click.UsageError("cannot write")
        write_(text, path)

    monkeypatch.setattr(options, "output", output)
    code, _, err = call(*PROMOTE)

    assert (code, state(project)["1"]["stage"]) == (2, "production")
    assert "moved: fraud@1 is in production" in err
    assert _told(outputs) == ("error", "2")


def test_a_folder_of_reports_that_cannot_be_is_found_before_anything_moves(project: Path, call: Call) -> None:
    """A file in its place: exit code 2, and nothing was decided or logged."""
    write(project / "letpass-report", "a file")

    assert call(*PROMOTE)[0] == 2
    assert (state(project), kinds()) == ({}, [])


def test_a_review_tells_the_exit_code_that_it_ends_with(project: Path, call: Call, outputs: Path) -> None:
    """With `--apply` what was due is gone: the exit code is 0, the verdict on it still a denial."""
    write(project / "policies/review.policy", 'policy r: "R"\n  on review\nrequire good: accuracy >= 0.9\n')
    write(project / "models/fraud/state.yaml", "'3': {stage: production}\n")

    assert call("review", "--ci", "github")[0] == 1
    assert _told(outputs) == ("deny", "1")
    assert call("review", "--apply", "--ci", "github")[0] == 0
    assert _told(outputs) == ("deny", "0")
