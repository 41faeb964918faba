"""`--ci`: each build server is recognised by what it sets, and is given what it shows."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from letpass.cli.platforms import PLATFORMS, recognise
from tests.cli.conftest import POLICY, Call, write

CODES = {1: (0, "allow"), 2: (1, "deny"), 3: (3, "undecided")}
SIGNS = {
    "github": {"GITHUB_ACTIONS": "true", "CI": "true"},
    "gitlab": {"GITLAB_CI": "true", "CI": "true"},
    "azure": {"TF_BUILD": "True"},
    "jenkins": {"JENKINS_URL": "http://127.0.0.1:8080/", "CI": "true"},
}
COMMON = {"decision.json", "decision.html", "decision.md", "junit.xml"}
FILES = {
    "github": COMMON | {"decision.sarif"},
    "gitlab": COMMON | {"gl-code-quality.json", "letpass.env"},
    "azure": COMMON | {"decision.sarif"},
    "jenkins": COMMON | {"decision.sarif", "decision.css"},
}
ANY = [name for signs in SIGNS.values() for name in signs] + [p.workspace for p in PLATFORMS.values()]


@pytest.fixture(autouse=True)
def _no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever build server runs these tests, they see none but their own."""
    for name in (*ANY, "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("name", SIGNS)
def test_a_build_server_is_recognised(name: str) -> None:
    """By the variable that it sets, and by nothing else."""
    found = recognise("auto", SIGNS[name])

    assert found is not None
    assert found.name == name
    assert recognise("none", SIGNS[name]) is None
    assert recognise("auto", dict.fromkeys(SIGNS[name], "")) is None
    assert recognise("auto", {"CI": "true"}) is None


@pytest.mark.parametrize("version", CODES)
@pytest.mark.parametrize("name", SIGNS)
def test_each_is_given_its_reports_and_the_exit_code_stays(
    project: Path, call: Call, monkeypatch: pytest.MonkeyPatch, name: str, version: int
) -> None:
    """The folder holds what the platform shows; the text is on standard output as ever; every report says the same."""
    for key, value in SIGNS[name].items():
        monkeypatch.setenv(key, value)
    code, word = CODES[version]

    found, out, err = call("check", f"fraud@{version}", "--to", "production", "--ci", "auto")

    folder = project / "letpass-report"
    assert found == code
    assert {p.name for p in folder.iterdir()} == FILES[name]
    assert out.split()[0] == {"allow": "ALLOWED", "deny": "DENIED", "undecided": "UNDECIDED"}[word]
    assert json.loads((folder / "decision.json").read_text("utf-8"))["decision"]["verdict"] == word
    root = ET.parse(folder / "junit.xml").getroot()
    assert (root.find(".//failure") is not None, root.find(".//error") is not None) == (
        word == "deny",
        word == "undecided",
    )
    assert bool(err) == (name in {"github", "azure"})
    assert [line for line in out.splitlines() if line.startswith(("::", "##vso["))] == []


def test_github_is_told_by_its_files(
    project: Path, call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Annotations in the log, the summary, and outputs that a later step reads; what was there stays."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(project.parent))
    for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        monkeypatch.setenv(name, str(write(tmp_path / name, "before=1\n")))

    code, _, err = call("check", "fraud@2", "--to", "production", "--ci", "auto")

    lines = (tmp_path / "GITHUB_OUTPUT").read_text("utf-8").splitlines()
    outputs = dict(line.split("=", 1) for line in lines)
    decision = json.loads((project / "letpass-report/decision.json").read_text("utf-8"))["decision"]
    from letpass.canonical import digest

    assert code == 1
    assert outputs["before"] == "1"
    assert (outputs["verdict"], outputs["exit-code"]) == ("deny", "1")
    assert outputs["decision-id"] == digest(decision)
    assert json.loads(outputs["failed-rules"]) == ["gate/good"]
    assert outputs["report-html"] == f"{project.name}/letpass-report/decision.html"
    for key in ("report-json", "report-html", "report-markdown", "junit", "sarif"):
        assert (project.parent / outputs[key]).is_file()
    assert (
        (tmp_path / "GITHUB_STEP_SUMMARY")
        .read_text("utf-8")
        .startswith("before=1\n<!-- letpass fraud-promotion-to-production ")
    )
    assert re.match(
        rf"::error file={project.name}/models/fraud/2\.\w+,line=\d+,title=GATE300 gate/good::fraud@2: ", err
    )


def test_gitlab_is_told_by_a_dotenv(project: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """`reports: dotenv` hands the verdict on to later jobs."""
    monkeypatch.setenv("GITLAB_CI", "true")

    call("check", "fraud@2", "--to", "production", "--ci", "auto", "--reports", "out")

    lines = (project / "out/letpass.env").read_text("utf-8").splitlines()
    assert lines[:2] == ["LETPASS_VERDICT=deny", "LETPASS_EXIT_CODE=1"]
    assert re.fullmatch(r"LETPASS_DECISION_ID=sha256:[0-9a-f]{64}", lines[2])


def test_azure_is_told_by_commands(project: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Issues, variables for later steps, and the summary by its absolute path."""
    monkeypatch.setenv("TF_BUILD", "True")

    _, _, err = call("check", "fraud@2", "--to", "production", "--ci", "auto")

    assert err.splitlines()[0].startswith("##vso[task.logissue type=error;sourcepath=models/fraud/2.")
    assert "##vso[task.setvariable variable=LETPASS_VERDICT;isOutput=true]deny" in err.splitlines()
    assert f"##vso[task.uploadsummary]{project.resolve()}/letpass-report/decision.md" in err.splitlines()


def test_jenkins_pages_have_their_style_beside_them(project: Path, call: Call) -> None:
    """Its content security policy lets no style into a page."""
    call("check", "fraud@2", "--to", "production", "--ci", "jenkins")

    page = (project / "letpass-report/decision.html").read_text("utf-8")
    assert '<link rel="stylesheet" href="decision.css">' in page
    assert "<style>" not in page
    assert "prefers-color-scheme" in (project / "letpass-report/decision.css").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("fraud@9", "--to", "production"), 2),
        (("fraud@2", "--on", "deployment", "--to", "x"), 2),
        (("fraud@2", "--to", "production", "--at", "yesterday"), 2),
        (("fraud@2", "--to", "production", "-p", "nowhere"), 2),
    ],
)
def test_a_fault_is_reported_and_is_no_verdict(
    project: Path, call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: tuple[str, ...], code: int
) -> None:
    """What could not be decided: the output says `error`, JUnit has an error, and no report of an earlier run is left."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "outputs"))
    assert call("check", "fraud@1", "--to", "production", "--ci", "auto")[0] == 0
    (tmp_path / "outputs").unlink()

    found, out, err = call("check", *arguments, "--ci", "auto")

    folder = project / "letpass-report"
    outputs = dict(line.split("=", 1) for line in (tmp_path / "outputs").read_text("utf-8").splitlines())
    assert (found, out) == (code, "")
    assert (outputs["verdict"], outputs["exit-code"], outputs["decision-id"]) == ("error", "2", "")
    assert ET.parse(folder / "junit.xml").getroot().find(".//error") is not None
    assert json.loads((folder / "decision.json").read_text("utf-8"))["decisions"] == []
    assert "<title>Not decided</title>" in (folder / "decision.html").read_text("utf-8")
    assert "::error" in err


def test_a_ledger_out_of_reach_is_told_as_such(
    project: Path, call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Exit code 4, safe to try again, in the output too."""
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "outputs"))
    write(project / ".letpass/ledger.db", "no database")

    code, _, _ = call("check", "fraud@1", "--to", "production", "--ci", "github", "--log")

    outputs = dict(line.split("=", 1) for line in (tmp_path / "outputs").read_text("utf-8").splitlines())
    assert (code, outputs["exit-code"], outputs["verdict"]) == (4, "4", "error")


def test_reports_of_an_earlier_run_are_gone_before_anything_else(project: Path, call: Call) -> None:
    """A crash later leaves no allow behind; other people's files stay."""
    folder = project / "letpass-report"
    call("check", "fraud@1", "--to", "production", "--ci", "gitlab")
    write(folder / "mine.txt", "x")
    code, _, _ = call("check", "fraud@2", "--to", "production", "--ci", "gitlab", "-o", "html=missing/x.html")

    assert code == 2
    assert "deny" not in json.dumps([p.name for p in folder.iterdir()])
    assert (folder / "mine.txt").is_file()
    assert "verdict=allow" not in "".join(p.read_text("utf-8") for p in folder.glob("*.env")).lower()


def test_a_folder_that_cannot_be_written_is_a_fault(project: Path, call: Call) -> None:
    """A file in its place, or a link that leads elsewhere."""
    write(project / "taken", "x")
    (project / "link").symlink_to(project / "elsewhere")
    (project / "elsewhere").mkdir()

    for place in ("taken", "link", "taken/deeper"):
        code, out, err = call("check", "fraud@1", "--to", "production", "--ci", "jenkins", "--reports", place)
        assert (code, out) == (2, "")
        assert "taken" in err or "link" in err
    assert list((project / "elsewhere").iterdir()) == []


def test_a_link_in_the_folder_is_replaced_and_not_followed(project: Path, call: Call) -> None:
    """A pull request may hold the folder: what its links point at stays as it was."""
    victim = write(project / "victim.txt", "precious")
    (project / "letpass-report").mkdir()
    (project / "letpass-report/decision.json").symlink_to(victim)

    call("check", "fraud@1", "--to", "production", "--ci", "jenkins")

    assert victim.read_text("utf-8") == "precious"
    assert not (project / "letpass-report/decision.json").is_symlink()


def test_at_a_desk_nothing_is_written(project: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """`auto` without a build server is as without it; one that is not known is told to name itself."""
    assert call("check", "fraud@1", "--to", "production", "--ci", "auto")[2] == ""
    monkeypatch.setenv("CI", "true")
    code, _, err = call("check", "fraud@1", "--to", "production", "--ci", "auto")

    assert (code, err) == (0, "note: no build server that `--ci` knows; name one, or write reports with `-o`\n")
    assert not (project / "letpass-report").exists()


def test_a_reader_that_went_away_is_no_allow_for_the_steps_behind(project: Path, tmp_path: Path) -> None:
    """Standard output is closed: exit code 4, and no output says `allow`."""
    outputs = tmp_path / "outputs"
    environment = {**os.environ, "GITHUB_OUTPUT": str(outputs), "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    read, shut = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "letpass", "check", "fraud@1", "--to", "production", "--ci", "github"],
        cwd=project, env=environment, stdout=shut, stderr=subprocess.PIPE, check=False, timeout=60,
    )  # fmt: skip
    os.close(shut)

    assert done.returncode == 4
    assert not outputs.exists() or "verdict=allow" not in outputs.read_text("utf-8")


def test_failed_rules_have_commas_in_a_dotenv(project: Path, call: Call) -> None:
    """It holds no quotes, so a JSON list would not be one."""
    write(project / "policies/other.policy", POLICY.replace("gate:", "other:").replace("good:", "better:"))

    call("check", "fraud@2", "--to", "production", "--ci", "gitlab")

    lines = (project / "letpass-report/letpass.env").read_text("utf-8").splitlines()
    assert "LETPASS_FAILED_RULES=gate/good,other/better" in lines


def test_no_report_of_another_platform_stays(project: Path, call: Call) -> None:
    """A denial of GitLab's is not left beside an allow of Azure's."""
    call("check", "fraud@2", "--to", "production", "--ci", "gitlab")
    call("check", "fraud@1", "--to", "production", "--ci", "azure")

    assert {p.name for p in (project / "letpass-report").iterdir()} == FILES["azure"]


@pytest.mark.parametrize("path", ["models/fraud/1.yaml", "./models/../models/fraud/1.yaml", "policies/gate.policy"])
def test_no_report_is_written_over_what_is_judged(project: Path, call: Call, path: str) -> None:
    """Neither the record nor the policy, however it is spelt."""
    before = (project / path).read_text("utf-8")

    code, out, err = call("check", "models/fraud/1.yaml", "--to", "production", "-o", f"html={path}")

    assert (code, out) == (2, "")
    assert f"`{path}` is what is judged; name another file for `html`" in err
    assert (project / path).read_text("utf-8") == before


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_files_that_are_no_records_are_counted(project: Path, call: Call, form: str) -> None:
    """Also beside a single model, where somebody may think that theirs was judged."""
    write(project / "one/1.yaml", (project / "models/fraud/1.yaml").read_text("utf-8"))
    write(project / "one/2.yaml", "name: fraud\nnumber: 2\n")

    code, out, _ = call("check", "one", "--to", "production", "--champion", "none", "-o", form)

    assert code == 0
    assert "1 file there is no record, and was not judged; name one alone to see why" in out.replace("Note: ", "")


@pytest.mark.parametrize(
    "path", ["policy.toml", "./policy.toml", "trust.json", "ledger.checkpoint", ".letpass/ledger.db"]
)
@pytest.mark.parametrize("command", ["check", "promote"])
def test_no_report_is_written_over_what_the_project_is_judged_by(
    project: Path, call: Call, path: str, command: str
) -> None:
    """It is refused before anything is decided, logged or moved."""
    write(project / "policy.toml", 'policies = ["policies"]\n')

    code, out, err = call(command, "fraud@1", "--to", "production", "-o", f"json={path}")

    assert (code, out) == (2, "")
    assert f"`{path}` is a file of the project; name another for `json`" in err
    assert sorted(p.name for p in project.iterdir()) == ["models", "policies", "policy.toml"]
    assert (project / "policy.toml").read_text("utf-8") == 'policies = ["policies"]\n'
