"""A folder of many versions: judged on every core, written as it goes, and no otherwise than version by version."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any
from weakref import WeakSet

import pytest

from letpass.cli import processes, sweeping
from letpass.cli.reporting import FORMATS
from letpass.cli.sheets import Sheets
from letpass.diagnostics import UnreachableError
from letpass.evaluation.decision import Verdict
from letpass.evaluation.verdicts import Answer, Verdicts
from letpass.facts.record import Record
from letpass.gate import sweep
from letpass.gate.case import Case
from letpass.gate.judgement import EnginesDifferError
from letpass.gate.sweep import Sweep
from letpass.reports.tally import Row
from tests.cli.conftest import RECORD, Call, environ, write

ALL = 150
"""Versions: 2 and every tenth are denied, 3 and every seventh undecided."""
TO = ("--to", "production")
FOLDER = ("check", "models", *TO)


def accuracy(n: int) -> str:
    return "0.5" if n % 10 == 0 else "null" if n % 7 == 0 else "0.95"


@pytest.fixture(name="many", autouse=True)
def _many(project: Path) -> Path:
    """The small project with many versions, one of them in production, and other files among them."""
    for n in range(4, ALL + 1):
        write(project / f"models/fraud/{n}.yaml", RECORD.format(n, accuracy(n)))
    write(project / "models/fraud/state.yaml", '"5": {stage: production}\n')
    write(project / "models/notes.txt", "notes\n")
    return project


def alone(call: Call, number: int, *words: str) -> str:
    """What `check` prints of one version by itself."""
    return call("check", f"models/fraud/{number}.yaml", *TO, *words)[1]


def test_each_line_is_the_one_that_the_version_has_by_itself(call: Call) -> None:
    """In the order of the paths, whatever process judged it; what does not read comes behind them all."""
    write(Path("models/fraud/broken.yaml"), "model: fraud\nversion: [\n")
    code, out, err = call(*FOLDER, "-o", "concise")

    paths = sorted(Path("models/fraud").glob("[0-9]*.yaml"))
    assert (code, err) == (2, "")
    *lines, fault = out.splitlines(keepends=True)
    assert "".join(lines) == "".join(alone(call, int(p.stem), "-o", "concise") for p in paths)
    assert fault.startswith("models/fraud/broken.yaml:")


def test_what_people_read_says_the_same_of_many_as_of_few(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """The counts, what blocks most, and the exit code; only the time differs."""
    swept = call(*FOLDER)
    monkeypatch.setattr(sweeping, "MANY", 1_000_000)
    whole = call(*FOLDER)

    assert re.sub(r" in \d+ ms", "", swept[1]) == re.sub(r" in \d+ ms", "", whole[1])
    assert (swept[0], swept[2]) == (whole[0], whole[2]) == (1, "")
    assert re.sub(r" in \d+ ms", "", swept[1]).endswith(
        "150 models: 16 denied, 20 undecided, 114 allowed, 1 file not a model\n"
    )


FORKED = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
"""Of the tests' own threads: the program forks where it has none."""


@FORKED
@pytest.mark.parametrize("cores", [1, 2])
@pytest.mark.parametrize("broken", [False, True])
def test_every_format_is_of_many_what_it_is_of_few(
    call: Call, many: Path, monkeypatch: pytest.MonkeyPatch, cores: int, broken: bool
) -> None:
    """Those with totals in front too, in a file, whatever process has judged each version."""
    if broken:
        for model in ("a", "fraud", "z"):
            write(many / f"models/{model}/broken.yaml", "model: fraud\nversion: [\n")
        for n in (5, 90):
            write(many / f"models/copies/{n}.yaml", RECORD.format(n, "0.7"))
    monkeypatch.setattr(processes, "cores", lambda: cores)
    words = (*FOLDER, "--at", "2026-11-30T10:00:00Z", *(w for f in FORMATS for w in ("-o", f"{f}=out.{f}")))

    def told() -> tuple[tuple[int, str, str], dict[str, str]]:
        said = call(*words)
        return said, {f: re.sub(r" in \d+ ms", "", (many / f"out.{f}").read_text(encoding="utf-8")) for f in FORMATS}

    swept, of_many = told()
    monkeypatch.setattr(sweeping, "MANY", 1_000_000)
    whole, of_few = told()

    assert swept == whole == (2 if broken else 1, "", "")
    for name in FORMATS:
        assert of_many[name] == of_few[name], name
        assert "fraud" in of_many[name] or name == "text"


@pytest.mark.parametrize("platform", ["github", "gitlab", "azure", "jenkins"])
def test_a_build_server_is_told_the_same_of_many_as_of_few(
    call: Call, many: Path, monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    """Its reports, its outputs and its annotations."""
    monkeypatch.setenv("GITHUB_OUTPUT", str(many / "outputs"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(many / "summary"))
    words = (*FOLDER, "--at", "2026-11-30T10:00:00Z", "-o", "concise", "--ci", platform)

    def told() -> tuple[tuple[int, str, str], dict[str, str]]:
        for name in ("outputs", "summary"):
            (many / name).unlink(missing_ok=True)
        said = call(*words)
        found = [*sorted((many / "letpass-report").iterdir()), many / "outputs", many / "summary"]
        return said, {p.name: p.read_text(encoding="utf-8") for p in found if p.exists()}

    swept = told()
    monkeypatch.setattr(sweeping, "MANY", 1_000_000)

    assert swept == told()
    assert (swept[0][0], len(swept[1]) >= 5) == (1, True)


@pytest.mark.parametrize("form", ["json", "html", "markdown", "junit", "text", "text=-", "github"])
def test_one_model_among_many_files_is_told_in_full(
    call: Call, project: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """As where it is named by itself."""
    for n in range(100):
        write(project / f"one/{n}.txt", "text\n")
    write(project / "one/fraud.yaml", RECORD.format(500, "0.5"))
    words = ("check", "one", *TO, "--at", "2026-11-30T10:00:00Z", "-o", form)
    swept = call(*words)
    monkeypatch.setattr(sweeping, "MANY", 1_000_000)
    whole = call(*words)

    assert [re.sub(r" in \d+ ms", "", s[1]) for s in (swept, whole)] == [re.sub(r" in \d+ ms", "", swept[1])] * 2
    assert swept[0] == whole[0] == 1


@pytest.mark.parametrize("many_from", [1, 1_000_000])
@pytest.mark.parametrize("form", ["json", "concise"])
def test_no_report_is_written_over_what_is_judged(
    call: Call, monkeypatch: pytest.MonkeyPatch, many_from: int, form: str
) -> None:
    """Neither over a record, its copy, one that does not read, their model's state, who is compared or a policy."""
    monkeypatch.setattr(sweeping, "MANY", many_from)
    write(Path("models/fraud/broken.yaml"), "model: fraud\nversion: [\n")
    write(Path("copies/7.yaml"), RECORD.format(7, accuracy(7)))
    write(Path("copies/8.yaml"), RECORD.format(8, accuracy(8)))
    of_copies = ("check", "copies", *TO, "--champion", "models/fraud/5.yaml")
    for words, path in (
        *((FOLDER, f"models/fraud/{name}.yaml") for name in ("7", "broken", "state")),
        *((of_copies, f"models/fraud/{name}.yaml") for name in ("7", "5", "state")),
        (of_copies, "copies/8.yaml"),
        (of_copies, "policies/gate.policy"),
    ):
        before = Path(path).read_bytes()
        code, _, err = call(*words, "-o", f"{form}={path}")
        assert (code, "is what is judged; name another file" in err) == (2, True), path
        assert Path(path).read_bytes() == before


@pytest.mark.parametrize("many_from", [1, 1_000_000])
def test_a_report_among_what_is_judged_is_written_anew(
    call: Call, monkeypatch: pytest.MonkeyPatch, many_from: int
) -> None:
    """It is no model, and the next run may replace it."""
    monkeypatch.setattr(sweeping, "MANY", many_from)
    words = (*FOLDER, "-o", "json=models/report.json", "-o", "html=models/report.html")

    assert [call(*words) for _ in range(2)] == [(1, "", "")] * 2


def test_a_line_of_json_is_explained_for_every_version(call: Call) -> None:
    """It names the decision, which is the interpreter's whole one; the time is the only thing that two runs differ in."""
    at = ("--at", "2026-11-30T10:00:00Z", "-o", "json-line")
    code, out, _ = call(*FOLDER, *at)

    assert code == 1
    assert out.splitlines()[:3] == [alone(call, n, *at).strip() for n in (1, 10, 100)]
    assert len(out.splitlines()) == ALL


def test_a_state_that_does_not_read_is_told_once(call: Call) -> None:
    """However many chunks of files lie beside it; no version of the model is judged."""
    write(Path("models/fraud/state.yaml"), "nonsense: [\n")
    write(Path("models/other/1.yaml"), RECORD.replace("fraud", "other").format(1, "0.95"))
    code, out, _ = call(*FOLDER, "-o", "concise")

    assert (code, [line.partition(":")[0] for line in out.splitlines()]) == (2, ["other@1", "models/fraud/state.yaml"])


def test_a_copy_that_says_otherwise_hides_nothing_else(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """A record that bears a registered version's name and other values is a fault; the others are told of, many or few."""
    for n in range(ALL, ALL + 3):
        write(Path(f"copies/{n}.yaml"), RECORD.format(n, "0.7"))
    swept = call("check", "copies", *TO, "-o", "concise")
    monkeypatch.setattr(sweeping, "MANY", 1)

    assert swept == call("check", "copies", *TO, "-o", "concise")
    assert (swept[0], swept[1].count("error[GATE309]"), swept[1].count(": deny ")) == (2, 1, 2)


def test_a_copy_that_says_otherwise_by_itself_is_no_report(
    call: Call, many: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the only record is not judged nothing is written, whatever else lies in the folder."""
    write(many / "copy/1.yaml", RECORD.format(1, "0.7"))
    words = ("check", "copy", *TO, "-o", "json=out.json", "-o", "text")
    few = call(*words)
    monkeypatch.setattr(sweeping, "MANY", 1)

    assert call(*words) == few
    assert (few[:2], few[2].count("error[GATE309]"), (many / "out.json").exists()) == ((2, ""), 1, False)


def test_two_files_of_one_version_are_one_fault_of_many_as_of_few(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both say the same; which of the two holds is not guessed."""
    write(Path("models/fraud/7.json"), '{"model": "fraud", "version": "7"}')
    swept = call(*FOLDER)
    monkeypatch.setattr(sweeping, "MANY", 1_000_000)

    assert [re.sub(r" in \d+ ms", "", said[1]) for said in (swept, call(*FOLDER))] == [
        re.sub(r" in \d+ ms", "", swept[1])
    ] * 2
    assert swept[0] == 2
    assert ", 1 fault," in swept[1]


def test_quiet_says_faults_alone(call: Call) -> None:
    """And the exit code."""
    assert call(*FOLDER, "-q") == (1, "", "")
    write(Path("models/fraud/broken.yaml"), "model: fraud\nversion: [\n")
    code, out, err = call(*FOLDER, "-q")
    assert (code, out, err.count("error[")) == (2, "", 1)


def test_a_folder_of_other_files_is_no_answer(call: Call, many: Path) -> None:
    """As it is where they are few."""
    for n in range(100):
        write(many / f"texts/{n}.txt", "text\n")

    code, _, err = call("check", "texts", *TO)

    assert (code, err.splitlines()[0]) == (
        2, "error[GATE307]: no model below `texts`: 100 files, none of them a record",
    )  # fmt: skip


def test_as_a_program_it_prints_the_same_on_every_core(call: Call, spawn: Call) -> None:
    """What is written while models are judged by several processes is what one process writes."""
    assert spawn(*FOLDER, "-o", "concise") == call(*FOLDER, "-o", "concise")


@FORKED
def test_where_a_process_dies_nothing_is_decided(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Never fewer records: 70, whatever was printed before."""
    here, part = os.getpid(), sweeping.Judging.part

    def dies(judging: sweeping.Judging, paths: list[Path]) -> sweeping.Part:
        if os.getpid() != here and any(p.stem == "99" for p in paths):
            os._exit(1)
        return part(judging, paths)

    monkeypatch.setattr(processes, "cores", lambda: 2)
    monkeypatch.setattr(sweeping.Judging, "part", dies)
    with pytest.raises(RuntimeError, match="a process that did part of the work has died"):
        call(*FOLDER, "-o", "concise")


@FORKED
@pytest.mark.parametrize("cores", [1, 2])
def test_what_stops_one_process_stops_the_command(call: Call, monkeypatch: pytest.MonkeyPatch, cores: int) -> None:
    """A ledger that is gone is out of reach for every version."""
    assert call("check", "fraud@1", *TO, "--log")[0] == 0
    Path(".letpass/ledger.db").unlink()
    monkeypatch.setattr(processes, "cores", lambda: cores)

    code, out, err = call(*FOLDER, "-o", "concise")

    assert (code, out, "error[GATE421]: the ledger is gone" in err) == (4, "", True)


@FORKED
@pytest.mark.parametrize("cores", [1, 2])
@pytest.mark.parametrize("form", ["concise", "json-line"])
def test_lines_that_were_written_end_in_what_has_stopped_the_command(
    call: Call, monkeypatch: pytest.MonkeyPatch, cores: int, form: str
) -> None:
    """The ledger is gone in the middle: whoever reads the last line takes no allow from the run."""
    opened = Sweep.opened

    def gone(self: Sweep, record: Record) -> Case:
        if record.text("version") == "99":
            raise UnreachableError.of("GATE421", "the ledger is gone", "ledger.db")
        return opened(self, record)

    monkeypatch.setattr(processes, "cores", lambda: cores)
    monkeypatch.setattr(Sweep, "opened", gone)
    code, out, err = call(*FOLDER, "-o", form)

    assert (code, err.count("error[GATE421]: the ledger is gone")) == (4, 1)
    *lines, last = out.splitlines()
    assert any("allow" in line for line in lines)
    assert ("the ledger is gone" in last, "allow" in last, "GATE421" in last) == (True, False, True)


@pytest.mark.parametrize(
    ("form", "last"),
    [
        ("concise", "error[usage] the run was interrupted"),
        (
            "json-line",
            '{"schema":"letpass.line/v1","verdict":"error","code":"usage","message":"the run was interrupted","place":""}',
        ),
    ],
)
def test_lines_that_were_written_end_in_the_interrupt(
    call: Call, monkeypatch: pytest.MonkeyPatch, form: str, last: str
) -> None:
    """Whoever stops it in the middle reads no allow last either."""
    add, left = Sheets.add, iter(range(70))

    def interrupted(self: Sheets, row: Row) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt
        add(self, row)

    monkeypatch.setattr(Sheets, "add", interrupted)
    code, out, _ = call(*FOLDER, "-o", form)

    assert (code, out.splitlines()[-1], "allow" in out) == (130, last, True)


@FORKED
def test_of_many_parts_few_wait(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """However fast models are judged, what is not written yet takes no more room than some chunks of files."""
    begun, alive = WeakSet[object](), [0]
    submit, add = ProcessPoolExecutor.submit, Sheets.add

    def submitted(self: ProcessPoolExecutor, *args: Any) -> Any:
        found = submit(self, *args)
        begun.add(found)
        alive.append(len(begun))
        return found

    def added(self: Sheets, row: Row) -> None:
        time.sleep(0.005)
        add(self, row)

    monkeypatch.setattr(processes, "cores", lambda: 2)
    monkeypatch.setattr(ProcessPoolExecutor, "submit", submitted)
    monkeypatch.setattr(Sheets, "add", added)
    assert call(*FOLDER, "-o", "json=out.json")[0] == 1

    assert len(alive) > 3 * processes.AHEAD
    assert max(alive) <= 2 * processes.AHEAD + 1


def test_a_command_that_is_killed_leaves_no_process(many: Path) -> None:
    """Whoever judged for it would wait for ever."""
    script = (
        "import os, sys, time\n"
        "from letpass.cli import processes\n"
        "from letpass.cli import main, sweeping\n"
        "def part(self, paths):\n"
        "    os.write(1, f'{os.getpid()}\\n'.encode())\n"
        "    time.sleep(60)\n"
        "sweeping.Judging.part, processes.cores = part, lambda: 2\n"
        "main.run(sys.argv[1:])\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, *FOLDER], cwd=many, env=environ(), stdout=subprocess.PIPE
    ) as program:
        assert program.stdout is not None
        judging = {int(program.stdout.readline()) for _ in range(2)}
        program.kill()
        rest = program.stdout.read()  # it ends when nobody is left who could write

    assert (len(judging), rest) == (2, b"")


@pytest.mark.parametrize("wrong", [True, False])
def test_where_the_engines_differ_nothing_is_decided(call: Call, monkeypatch: pytest.MonkeyPatch, wrong: bool) -> None:
    """A compiled form that allows what the interpreter denies, or keeps back what it allows, is a defect: 70."""
    monkeypatch.setattr(processes, "cores", lambda: 1)
    monkeypatch.setattr(sweep, "AGAIN", 1)  # of every allow
    monkeypatch.setattr(Verdicts, "of", lambda *_: Answer(Verdict.ALLOW if wrong else Verdict.DENY, (), wrong))

    with pytest.raises(EnginesDifferError, match="the engines differ on fraud@1"):
        call(*FOLDER, "-o", "concise")


def test_an_allow_without_explanations_is_stored_nowhere(call: Call, many: Path) -> None:
    """No proof and no entry can be made of it; a decision that is logged is explained."""
    from letpass.move import Stage, promotion
    from letpass.project.configuration import load
    from letpass.project.contents import find, own_policies
    from letpass.project.project import Project

    here = load(many)
    swept = sweep.Sweep(Project(here), own_policies(here), promotion(str(Stage("production"))), 1_800_000_000_000_000)
    (record,) = find("fraud@4", here).records
    found = next(d for _ in range(1000) if type(d := swept.decided(swept.opened(record))) is not sweep.Decision)

    assert found.allowed
    with pytest.raises(TypeError, match="is not stored"):
        found.as_json()
