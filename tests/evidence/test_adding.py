"""From a tool's file to a decision, and the page that tells of every format."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from letpass.evidence import interface
from tests.cli.conftest import ROOT, Call, write
from tests.cli.conftest import _call as _call
from tests.cli.conftest import _office as _office
from tests.cli.conftest import _office_once as _office_once
from tests.cli.conftest import _project as _project
from tests.evidence.reading import SAMPLES

AT = ("--ran-at", "2026-11-20T10:00:00Z")
POLICY = """policy gate: "Gate"
  on promotion to production
metric selection_rate_ratio: ratio, higher is better, on "holdout"
metric bleu: number, higher is better, on "corp/events/emea"
require fair: selection_rate_ratio >= 0.5
require fluent: bleu >= 10
require looked: scanned by "picklescan"
require clean: no scans.findings where severity >= high
"""


@pytest.fixture(name="gate")
def _gate(project: Path) -> Path:
    """A policy on what the tools say, and a version of which nothing is known."""
    write(project / "policies/gate.policy", POLICY)
    write(project / "models/fraud/9.yaml", "model: fraud\nversion: '9'\n")
    return project


def _add(call: Call, name: str, *arguments: str) -> tuple[int, str, str]:
    return call("evidence", "add", "fraud@9", str(SAMPLES / name), *arguments)


def _outcomes(call: Call) -> tuple[int, set[tuple[str, str]]]:
    code, out, _ = call("check", "fraud@9", "--to", "production", "-v", "--at", "2026-11-24T12:00:00Z")
    return code, set(re.findall(r"^(PASS|FAIL|UNKNOWN)\S* +gate/(\S+)", out, re.MULTILINE))


def test_what_tools_found_is_judged(call: Call, gate: Path) -> None:
    """A fair frame holds, a finding fails, a value that is no number decides nothing."""
    assert _add(call, "frame.json", "--from", "metric-frame", *AT)[0] == 0
    _, out, _ = _add(call, "model-card.md", *AT)
    assert 'recorded: metric `bleu` "20.0 +- 1.2" on `corp/events/emea`, which no rule can use: not a number' in out
    code, out, _ = _add(call, "picklescan-bad.txt", "--from", "picklescan", *AT)
    said = "recorded: scan `picklescan` ran, 2 looked at, 1 findings, 2026-11-20T10:00:00Z"
    assert (code, out.splitlines()[0]) == (0, said)

    assert _outcomes(call) == (1, {("PASS", "fair"), ("UNKNOWN", "fluent"), ("PASS", "looked"), ("FAIL", "clean")})


LICENSED = """policy licensed: "Licensed"
  on promotion to production
require free: license in {MIT}
require unbound: not (license like "GPL*")
"""


@pytest.mark.parametrize(
    ("said", "outcomes", "code"),
    [
        ("mit", {("PASS", "free"), ("PASS", "unbound")}, 0),
        ("[mit]", {("PASS", "free"), ("PASS", "unbound")}, 0),
        ("[mit, gpl-3.0]", {("UNKNOWN", "free"), ("UNKNOWN", "unbound")}, 3),
        ("[gpl-3.0, mit]", {("UNKNOWN", "free"), ("UNKNOWN", "unbound")}, 3),
    ],
)
def test_a_card_of_several_licenses_meets_no_rule_on_one(
    call: Call, project: Path, said: str, outcomes: set[tuple[str, str]], code: int
) -> None:
    """It is recorded with all of them, and may be used under none that a policy names until somebody says which holds."""
    for policy in (project / "policies").glob("*.policy"):
        policy.unlink()
    write(project / "policies/licensed.policy", LICENSED)
    write(project / "models/fraud/9.yaml", "model: fraud\nversion: '9'\n")
    write(project / "README.md", f"\n---\nlicense: {said}\nmodel-index:\n- name: m\n  results: []\n---\n# m\n")

    assert call("evidence", "add", "fraud@9", "README.md")[0] == 0

    found, out, _ = call("check", "fraud@9", "--to", "production", "-v")
    assert (found, set(re.findall(r"^(PASS|FAIL|UNKNOWN)\S* +licensed/(\S+)", out, re.MULTILINE))) == (code, outcomes)
    assert call("evidence", "add", "fraud@9", "README.md")[1].startswith("nothing new")


def test_a_scan_of_nothing_decides_nothing(call: Call, gate: Path) -> None:
    """It is recorded, and said to be one."""
    _, out, _ = _add(call, "picklescan-none.txt", "--from", "picklescan", *AT)
    assert "ran: it looked at nothing" in out
    assert _outcomes(call) == (3, {("UNKNOWN", label) for label in ("fair", "fluent", "looked", "clean")})


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("modelscan-bad.json", ("--from", "modelscan"), "name it with --ran-at"),
        ("picklescan-bad.txt", ("--from", "picklescan"), "name it with --ran-at"),
        ("clamscan-bad.txt", ("--from", "clamav"), "name it with --ran-at"),
        ("modelscan-cut.json", ("--from", "modelscan", *AT), "did not run to its end"),
        ("picklescan-cut.txt", ("--from", "picklescan", *AT), "did not run to its end"),
        ("frame.json", ("--from", "modelscan"), "no report of modelscan"),
        ("picklescan-bad.txt", (), "what format is it? name it with --from"),
    ],
)
def test_what_would_say_nothing_is_not_recorded(
    call: Call, gate: Path, name: str, arguments: tuple[str, ...], said: str
) -> None:
    """The record stays as it was."""
    before = (gate / "models/fraud/9.yaml").read_text()
    code, _, err = _add(call, name, *arguments)

    assert (code, "error[GATE413]: no evidence: " in err, said in err) == (2, True, True), err
    assert (gate / "models/fraud/9.yaml").read_text() == before


def test_a_signed_scan_is_attested(call: Call, office: Path) -> None:
    """In the format that the file's ending tells; the caller says how much was looked at where the log does not."""
    shutil.copy(SAMPLES / "bandit-tidy.sarif", office / "found.sarif")
    text = (office / "found.sarif").read_text().replace("_totals", "_sums")
    write(office / "found.sarif", text)
    arguments = ("attest", "models/fraud/4.yaml", "found.sarif", "--key", "ci.pem", *AT)

    code, _, err = call(*arguments)
    assert (code, "does not say how many files it looked at; name that with --scanned" in err) == (2, True)
    assert "attested: scan `Bandit` ran, 12 looked at, 0 findings" in call(*arguments, "--scanned", "12")[1]


def test_a_value_that_no_rule_could_use_is_not_attested(call: Call, office: Path) -> None:
    """It would push good evidence of the same service aside."""
    shutil.copy(SAMPLES / "mlflow-metrics.json", office / "metrics.json")
    arguments = ("attest", "models/fraud/4.yaml", "metrics.json", "--from", "mlflow-evaluation", "--key", "ci.pem")
    code, _, err = call(*arguments)
    assert (code, 'metric `drift/mean` `value` is "NaN", not a number' in err) == (2, True)


def test_a_test_result_of_another_artifact_is_not_added(call: Call, office: Path) -> None:
    """The record's digest is known."""
    shutil.copy(SAMPLES / "test-result-passed.json", office / "result.json")
    arguments = ("attest", "models/fraud/4.yaml", "result.json", "--from", "test-result", "--key", "ci.pem", *AT)
    code, _, err = call(*arguments)
    assert (code, "it is about the artifact `sha256:aaaaaaaaaaaa…`, not this one" in err) == (2, True)


def test_the_example_of_the_help_runs(call: Call, office: Path) -> None:
    """As it stands there."""
    (example,) = re.findall(r"^ +policy (evidence add .+)$", call("evidence", "add", "--help")[1], re.MULTILINE)
    code, out, _ = call(*shlex.split(example))
    assert (code, out.splitlines()[0]) == (0, "recorded: suite `Fairness Check` passed, 2 cases, 2026-11-20T10:00:00Z")


def test_every_format_has_its_row_in_the_page() -> None:
    """Each once, in the order of `policy evidence formats`, and none besides."""
    page = (ROOT / "docs/evidence.md").read_text(encoding="utf-8")
    table = page.partition("| format | file | becomes | asked for |")[2].partition("\n\n")[0]
    rows = [line.split("|")[1].strip().strip("`") for line in table.splitlines()[2:]]

    assert rows == list(interface.FORMATS)


def test_no_sample_holds_a_path_of_the_machine_that_made_it() -> None:
    """They are scrubbed."""
    for path in SAMPLES.iterdir():
        if path.suffix != ".sh":
            assert not any(
                word in path.read_text() for word in (f"/{top}/" for top in ("tmp", "home", "root", "Users", "work"))
            ), path.name
