"""Clean is only what a whole scan found clean; what a scan has found counts however it ended."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from letpass.evaluation.compiled import compile_rules
from letpass.evaluation.deciding import judge_rule
from letpass.evaluation.input import Input
from letpass.evaluation.interpreter import Interpreter
from letpass.evaluation.missing import misses
from letpass.facts import artifact
from letpass.facts.record import Holder, Record
from letpass.language.truth import Truth3
from tests.cli.conftest import Call, write
from tests.cli.conftest import _call as _call
from tests.cli.conftest import _project as _project
from tests.evidence.reading import AT, read, record, sample
from tests.properties.generate import NOW
from tests.properties.judging import MOVE, policy
from tests.properties.judging import record as recorded

# ---------------------------------------------------------------- what is said of what was not looked at

MODELSCAN = json.loads(sample("modelscan-clean.json"))
CLAMAV = sample("clamscan-clean.txt").decode()
PICKLESCAN = sample("picklescan-clean.txt").decode()
ENDED: dict[str, Any] = {"executionSuccessful": True, "endTimeUtc": AT}


def _modelscan(*skipped: tuple[str, str], errors: Any = (), **summary: Any) -> dict[str, Any]:
    files = [{"category": category, "description": "", "source": source} for source, category in skipped]
    more = {"skipped": {"total_skipped": len(files), "skipped_files": files}} if skipped else {}
    return {**MODELSCAN, "summary": {**MODELSCAN["summary"], **more, **summary}, "errors": list(errors)}


def _sarif(result: Any = None, more: Any = None, **invocation: Any) -> dict[str, Any]:
    run = {
        "tool": {"driver": {"name": "T"}},
        "invocations": [ENDED | invocation],
        "results": [] if result is None else [result],
        "artifacts": [{}],
    }
    return {"version": "2.1.0", "runs": [run | (more or {})]}


def _notice(**said: Any) -> dict[str, Any]:
    return _sarif(toolExecutionNotifications=[{"message": {"text": "could not parse a.py"}, **said}])


WHOLE: dict[str, tuple[str, Any]] = {
    "modelscan": ("modelscan", MODELSCAN),
    "modelscan that skipped nothing": ("modelscan", _modelscan(skipped={"total_skipped": 0, "skipped_files": []})),
    "clamscan": ("clamav", CLAMAV),
    "clamscan of an empty file": ("clamav", CLAMAV.replace("pkl: OK", "pkl: Empty file")),
    "clamscan with an old database": ("clamav", "LibClamAV Warning: *** The virus database is old! ***\n" + CLAMAV),
    "clamscan that loads": ("clamav", "Loading:  6s, ETA:  0s [====>]  8.7M/8.7M sigs\n" + CLAMAV),
    "clamscan of much": ("clamav", CLAMAV.replace("0.00 MB\nData read: 0.00", "7.90 MB\nData read: 8.10")),
    "picklescan": ("picklescan", PICKLESCAN),
    "picklescan's second try": (
        "picklescan",
        f"WARNING: Invalid PyTorch magic number for file a.bin. Trying again.\n{PICKLESCAN}",
    ),
    "picklescan that tells more": ("picklescan", f"scan_pickle_bytes(a.pkl)\nScanning file a.pkl\n{PICKLESCAN}"),
    "SARIF": ("sarif", _sarif()),
    "SARIF with a note": ("sarif", _notice(level="note")),
    "SARIF with telemetry": ("sarif", _notice(level="none")),
}
PART: dict[str, tuple[str, Any, str]] = {
    "a model": ("modelscan", _modelscan(("model.pt", "BAD_ZIP")), "model.pt (BAD_ZIP), whose bytes are not at hand"),
    "a card": ("modelscan", _modelscan(("README.md", "SCAN_NOT_SUPPORTED")), "README.md (SCAN_NOT_SUPPORTED), whose"),
    "a model twice": (
        "modelscan",
        _modelscan(("m.pt", "SCAN_NOT_SUPPORTED"), ("m.pt", "BAD_ZIP")),
        "m.pt (SCAN_NOT_SUPPORTED, BAD_ZIP), whose",
    ),
    "many": ("modelscan", _modelscan(*[(f"{n}.pt", "BAD_ZIP") for n in range(9)]), "and 4 more"),
    "without a name": (
        "modelscan",
        _modelscan(skipped={"total_skipped": 1, "skipped_files": [{}]}),
        "a file without a name (skipped)",
    ),
    "an error": ("modelscan", _modelscan(errors=[{"category": "PICKLE_GENOPS", "source": "a.pkl"}]), "a.pkl (PICKLE_"),
    "an error of nothing": ("modelscan", _modelscan(errors=[{}]), "a file (error)"),
    "excluded": ("clamav", f"m/x.bin: Excluded\n{CLAMAV}", "m/x.bin (Excluded), whose bytes are not at hand"),
    "a link": ("clamav", f"m/x.bin: Symbolic link\n{CLAMAV}", "m/x.bin (Symbolic link)"),
    "unknown to it": ("clamav", f"m/x.bin: Not supported file type\n{CLAMAV}", "m/x.bin (Not supported file type)"),
    "denied": ("clamav", f"m/x.bin: Access denied\n{CLAMAV}", "m/x.bin: Access denied"),
    "not there": ("clamav", f"m/x.bin: No such file or directory\n{CLAMAV}", "m/x.bin (No such file or directory)"),
    "could not be opened": ("clamav", f"WARNING: Can't open file m/x.bin\n{CLAMAV}", "WARNING: Can't open file"),
    "could not be parsed": ("clamav", f"LibClamAV Warning: PNG: unexpected end\n{CLAMAV}", "LibClamAV Warning: PNG"),
    "out of memory": ("clamav", f"LibClamAV Error: cli_malloc()\n{CLAMAV}", "LibClamAV Error: cli_malloc()"),
    "errors counted": ("clamav", f"{CLAMAV.rstrip()}\nTotal errors: 2\n", "2 errors"),
    "larger than its limits": (
        "clamav",
        CLAMAV.replace("Data read: 0.00 MB", "Data read: 512.00 MB"),
        "512.00 MB read and none of it scanned",
    ),
    "no pickle": ("picklescan", f"WARNING: could not parse a.pkl as pickle: cut\n{PICKLESCAN}", "WARNING: could not"),
    "an error on it": ("picklescan", f"ERROR: scanning pickle in a.pkl: cut\n{PICKLESCAN}", "ERROR: scanning pickle"),
    "a broken archive": ("picklescan", f"Invalid file d in zip archive a.pt: crc\n{PICKLESCAN}", "Invalid file d in"),
    "told at length": ("picklescan", f"Error parsing pickle: cut\n{PICKLESCAN}", "Error parsing pickle: cut"),
    "a file left out": (
        "picklescan",
        f"Excluding file m/a.pkl (matched --exclude)\n{PICKLESCAN}",
        "m/a.pkl (--exclude), whose bytes are not at hand",
    ),
    "a file not taken": (
        "picklescan",
        f"Skipping file m/a.pkl (no --include match)\n{PICKLESCAN}",
        "m/a.pkl (--include), whose",
    ),
    "a folder left out": ("picklescan", f"Excluding directory m (matched --exclude-dir)\n{PICKLESCAN}", "Excluding dir"),
    "a warning": ("sarif", _notice(level="warning"), "could not parse a.py"),
    "a warning by default": ("sarif", _notice(), "could not parse a.py"),
    "an error in SARIF": ("sarif", _notice(level="error"), "could not parse a.py"),
    "a level that nobody knows": ("sarif", _notice(level="fatal"), "could not parse a.py"),
    "a setting": (
        "sarif",
        _sarif(toolConfigurationNotifications=[{"message": {"text": "unknown rule"}, "level": "error"}]),
        "unknown rule",
    ),
    "a signal": ("sarif", _sarif(exitSignalName="SIGKILL"), "`exitSignalName`"),
    "no start": ("sarif", _sarif(processStartFailureMessage="no such program"), "`processStartFailureMessage`"),
    "a result left open": ("sarif", _sarif(None, {"results": [{"kind": "open", "level": "none"}]}), "it could not decide"),
}  # fmt: skip


@pytest.mark.parametrize(("format_", "data"), WHOLE.values(), ids=WHOLE)
def test_a_whole_scan_is_one(format_: str, data: Any) -> None:
    """Whatever else it tells."""
    (scan,) = read(format_, data, ran_at=AT)["scans"]
    assert (scan["completed"], scan["findings"], "unread" in scan) == (True, [], False)


@pytest.mark.parametrize(("format_", "data", "said"), PART.values(), ids=PART)
def test_a_scan_that_says_what_it_did_not_look_at_is_none_of_the_rest(format_: str, data: Any, said: str) -> None:
    """It says what, and without a finding it is passed over."""
    (scan,) = read(format_, data, ran_at=AT)["scans"]
    assert (scan["completed"], said in scan["unread"]) == (False, True), scan["unread"]
    if not scan["findings"]:
        read_ = record(format_, data, ran_at=AT)
        assert read_.lists["scans"] == ()
        assert said in read_.passed_over[0]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"skipped": {"total_skipped": 3, "skipped_files": []}}, "it skipped 3 files and names 0"),
        ({"skipped": []}, "`summary.skipped` is no mapping"),
        ({"scanned": {"total_scanned": 2, "scanned_files": ["a.pkl"]}}, "it looked at 2 files and names 1"),
        ({"skipped": {}}, "`total_skipped` is no count"),
        ({"total_issues_by_severity": {"CRITICAL": 1}}, "counts 1 issues of the severity `CRITICAL` and shows 0"),
    ],
)
def test_a_report_that_counts_what_it_does_not_name_is_refused(change: dict[str, Any], why: str) -> None:
    """Nobody could tell what was skipped, or found."""
    with pytest.raises(ValueError, match=why):
        read("modelscan", _modelscan(**change))


# ---------------------------------------------------------------- files whose content needs no look


@pytest.fixture(name="model")
def _model(tmp_path: Path) -> Path:
    """A model's folder as they are: weights, a card, a configuration, and a pickle that the scanner knows."""
    folder = tmp_path / "m"
    (folder / "sub").mkdir(parents=True)
    (folder / "README.md").write_text("---\nlicense: mit\n---\n# Churn\n")
    (folder / "config.json").write_text('{"layers": 2}')
    (folder / "sub" / "config.json").write_bytes(b"PK\x03\x04 no configuration \x00")
    (folder / "m.safetensors").write_bytes(b"\x02\0\0\0\0\0\0\0{}")
    (folder / "model.pt").write_bytes(b"\x80\x02cos\nsystem\n.")
    return folder


def _seen(model: Path, format_: str, data: Any) -> tuple[bool, str, str]:
    (scan,) = read(format_, data, ran_at=AT, files=lambda: artifact.files(model))["scans"]
    return scan["completed"], scan.get("left_out", ""), scan.get("unread", "")


def test_a_skipped_file_that_is_text_or_weights_by_its_content_is_named_and_passed_over(model: Path) -> None:
    """Its name alone says nothing, and nothing outside of the artifact is looked at."""
    skipped = [(name, "SCAN_NOT_SUPPORTED") for name in ("README.md", "config.json", "m.safetensors")]
    named = "README.md (text); config.json (text); m.safetensors (safetensors)"

    assert _seen(model, "modelscan", _modelscan(*skipped))[0] is False  # `config.json` may be that in the folder `sub`
    (model / "sub" / "config.json").write_text("{}")
    assert _seen(model, "modelscan", _modelscan(*skipped)) == (True, named, "")
    (model / "sub" / "config.json").write_bytes(b"PK\x03\x04 no configuration \x00")
    skipped = skipped[::2]
    in_archives = ("model.pt:README.md", "model.pt:archive/README.md", "../README.md", "sub/../README.md")
    for name in ("model.pt", "sub/config.json", "none.txt", "../m.yaml", *in_archives, "/etc/hostname", ""):
        whole, _, unread = _seen(model, "modelscan", _modelscan(*skipped, (name, "SCAN_NOT_SUPPORTED")))
        assert (whole, unread) == (False, f"{name or 'a file without a name'} (SCAN_NOT_SUPPORTED)")
    (model / "README.md").write_bytes((model / "model.pt").read_bytes())
    assert _seen(model, "modelscan", _modelscan(*skipped))[::2] == (False, "README.md (SCAN_NOT_SUPPORTED)")


def test_a_file_that_could_not_be_read_is_not_passed_over(model: Path) -> None:
    """Whatever its content is."""
    error = {"category": "PICKLE_GENOPS", "source": "README.md"}
    assert _seen(model, "modelscan", _modelscan(errors=[error])) == (False, "", "README.md (PICKLE_GENOPS)")


def test_scanners_that_name_files_by_their_paths_are_understood(model: Path) -> None:
    """The end of a path is the file's name in the artifact."""
    excluded = f"scan/m/README.md: Excluded\n{CLAMAV}"
    assert _seen(model, "clamav", excluded) == (True, "README.md (text)", "")
    assert _seen(model, "clamav", f"scan/m/sub/config.json: Excluded\n{CLAMAV}")[0] is False
    left_out = f"Excluding file scan/m/m.safetensors (matched --exclude)\n{PICKLESCAN}"
    assert _seen(model, "picklescan", left_out) == (True, "m.safetensors (safetensors)", "")


def test_a_harmless_file_that_is_called_like_the_path_of_another_vouches_for_none(model: Path) -> None:
    """`m/model.pt`, a text in the artifact, had stood for `model.pt` of the folder `m` that the scanner skipped."""
    (model / "m").mkdir()
    (model / "m" / "notes.md").write_text("text")
    assert _seen(model, "clamav", f"m/m/notes.md: Excluded\n{CLAMAV}") == (True, "m/notes.md (text)", "")
    (model / "m" / "model.pt").write_text("text")

    for name in ("m/model.pt", "scan/m/model.pt"):
        assert _seen(model, "clamav", f"{name}: Excluded\n{CLAMAV}") == (False, "", f"{name} (Excluded)")
    (model / "model.pt").write_text("text")
    assert _seen(model, "clamav", f"m/model.pt: Excluded\n{CLAMAV}")[0] is True


POLICY = """policy gate: "Gate"
  on promotion to production
require looked: scanned by "modelscan"
require clean: no scans.findings where severity >= high
"""


def test_the_bytes_at_hand_are_those_that_the_record_names(call: Call, project: Path, model: Path) -> None:
    """Found by its `artifact.uri`, or named by the caller; other bytes are not at hand, and neither are none."""
    write(project / "policies/gate.policy", POLICY)
    report = _modelscan(("README.md", "SCAN_NOT_SUPPORTED"))
    write(project / "report.json", json.dumps(report))
    digest = artifact.digests(model)[0]

    def added(said: str, *arguments: str) -> tuple[int, str]:
        write(project / "models/fraud/9.yaml", f"model: fraud\nversion: '9'\nartifact: {said}\n")
        add = ("evidence", "add", "fraud@9", "report.json", "--from", "modelscan", "--ran-at", "2026-11-20T10:00:00Z")
        code, out, err = call(*add, *arguments)
        return code, out.partition("\n")[0] + err

    right, other = f"{{uri: m, digest: '{digest}'}}", f"{{uri: m, digest: 'dirHash1:{'0' * 64}'}}"
    code, out = added(right)
    assert (code, "ran, 1 looked at, 0 findings, left out: README.md (text)" in out) == (0, True), out
    assert call("check", "fraud@9", "--to", "production", "--at", "2026-11-24T12:00:00Z")[0] == 0
    assert added(f"{{digest: '{digest}'}}", "--artifact", str(model))[0] == 0
    for said, *arguments in ((other,), (f"{{digest: '{digest}'}}",), (other, "--artifact", str(model))):
        code, err = added(said, *arguments)
        assert (code, "README.md (SCAN_NOT_SUPPORTED), whose bytes are not at hand" in err) == (2, True), err
        assert "help: scan anew so that everything is looked at; with the artifact's bytes at hand, `--artifact" in err
    assert call("check", "fraud@9", "--to", "production")[0] == 3


# ---------------------------------------------------------------- a finding counts however its scan ended

CRITICAL = {"id": "X", "severity": "critical"}
LOW = {"id": "Y", "severity": "low"}
CLEAN = {"tool": "modelscan", "ran_at": "2026-11-20T10:00:00Z", "completed": True, "scanned": 3, "findings": []}


def _scan(**said: Any) -> dict[str, Any]:
    return {"tool": "modelscan", "ran_at": "2026-11-21T10:00:00Z", "completed": False, "scanned": 1, **said}


def _record(*scans: dict[str, Any]) -> Record:
    return recorded({"model": "m", "version": "1", "scans": list(scans)})


def _truth(test: str, found: Record) -> Truth3:
    """What both engines say of a condition."""
    rules = policy(f'policy gate: "Gate"\n  on promotion to production\nrequire it: {test}\n').rules
    given = Input(found, MOVE, NOW, Holder.NOBODY)
    truth = judge_rule(rules[0], given, Interpreter(given)).truth
    assert compile_rules(rules).truths(given) == [truth]
    return truth


NO_HIGH = "no scans.findings where severity >= high"
TRUTHS: dict[str, tuple[Truth3, Truth3]] = {  # of a part with a critical finding, and with a low one
    NO_HIGH: (False, None),
    "at most 0 scans.findings": (False, False),
    "at most 3 scans.findings where severity >= high": (None, None),
    "not (at least 2 scans.findings where severity >= high)": (None, None),
    "at least 1 scans.findings where severity >= high": (True, None),
    "all scans.findings have severity <= low": (False, None),
    "all scans have (no findings where severity >= high)": (False, None),
    "scans.findings.id is recorded": (None, None),
    'scanned by "modelscan"': (None, None),
}


@pytest.mark.parametrize(("test", "expected"), TRUTHS.items(), ids=TRUTHS)
def test_what_a_part_has_found_counts_and_what_it_may_have_missed_is_unknown(
    test: str, expected: tuple[Truth3, Truth3]
) -> None:
    """In both engines; the twin that was whole settles it."""
    assert tuple(_truth(test, _record(_scan(findings=[each]))) for each in (CRITICAL, LOW)) == expected
    assert _truth(test, _record(_scan(completed=True, findings=[LOW]))) is not None


@pytest.mark.parametrize(
    ("scans", "expected"),
    [
        ([CLEAN], True),
        ([CLEAN, _scan(findings=[CRITICAL])], False),
        ([_scan(findings=[CRITICAL]), CLEAN], False),
        ([CLEAN, _scan(findings=[LOW])], None),
        ([CLEAN, _scan(findings=[])], True),
        ([_scan(findings=[])], None),
        ([_scan(findings=[], completed=True)], True),
        ([_scan(findings=[], completed=True, unread="a.pt")], None),
        ([CLEAN, _scan(findings=[CRITICAL], completed=True, unread="a.pt")], False),
        ([_scan(findings=[CRITICAL], ran_at="2026-11-19T10:00:00Z"), CLEAN], True),
        ([_scan(findings=[CRITICAL], ran_at=CLEAN["ran_at"]), CLEAN], None),
        ([CLEAN, _scan(findings=[CRITICAL], completed=True, scanned=0)], False),
        ([CLEAN, {k: v for k, v in _scan(findings=[CRITICAL], completed=True).items() if k != "scanned"}], False),
        ([CLEAN, {**_scan(findings=[CRITICAL]), "tool": "clamav"}], False),
    ],
)
def test_an_older_clean_scan_does_not_hide_what_a_newer_one_has_found(scans: Any, expected: Truth3) -> None:
    """A newer whole one that is clean does; one that found nothing and was not whole says nothing."""
    assert _truth(NO_HIGH, _record(*scans)) is expected


def test_a_waiver_of_what_was_found_leaves_what_was_not_looked_at() -> None:
    """That is one thing more that it would have to name, until the scan is whole."""

    def missed(scan: dict[str, Any]) -> list[Any]:
        (rule,) = policy(f'policy gate: "Gate"\n  on promotion to production\nrequire it: {NO_HIGH}\n').rules
        given = Input(_record(scan), MOVE, NOW, Holder.NOBODY)
        return [m.missed.unknown for m in misses(rule, Interpreter(given))]

    assert missed(_scan(findings=[CRITICAL], completed=True)) == [()]
    assert missed(_scan(findings=[CRITICAL])) == [(), (("unreadable", "scans.findings"),)]


@pytest.mark.parametrize(("said", "expected"), [({}, True), ({"unread": "case `a`"}, None), ({"passed": False}, False)])
def test_a_suite_of_which_something_was_not_read_has_not_passed(said: dict[str, Any], expected: Truth3) -> None:
    """Whatever it says of itself; that it failed it may."""
    suite = {"name": "S", "passed": True, "cases": 3, "score": 1.0, "ran_at": "2026-11-20T10:00:00Z", **said}
    found = recorded({"model": "m", "version": "1", "suites": [suite]})
    assert [_truth(test, found) for test in ('passed "S"', 'passed "S" with score >= 50%')] == [expected] * 2


def test_a_part_with_findings_is_recorded_and_denies(call: Call, project: Path) -> None:
    """With what it says of itself, beside an older scan that was clean."""
    write(project / "policies/gate.policy", POLICY)
    write(project / "models/fraud/9.yaml", "model: fraud\nversion: '9'\n")
    write(project / "clean.json", json.dumps(MODELSCAN))
    bad = json.loads(sample("modelscan-bad.json"))
    write(project / "bad.json", json.dumps({**bad, "errors": [{"category": "PICKLE_GENOPS", "source": "b.pkl"}]}))
    check = ("check", "fraud@9", "--to", "production", "--at", "2026-11-24T12:00:00Z")

    def add(name: str, day: int) -> tuple[int, str, str]:
        at = f"2026-11-{day}T10:00:00Z"
        return call("evidence", "add", "fraud@9", name, "--from", "modelscan", "--ran-at", at)

    assert (add("clean.json", 20)[0], call(*check)[0]) == (0, 0)
    code, out, err = add("bad.json", 21)
    said = "scan `modelscan` ran, 2 looked at, 1 finding, did not run to its end or look at everything: b.pkl (PICKLE_"
    assert (code, said in out) == (0, True), err
    assert call(*check)[0] == 1
