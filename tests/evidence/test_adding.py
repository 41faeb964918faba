"""From a tool's file to a decision, and the page that tells of every format."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from letpass.evidence import interface
from letpass.facts.values import date
from letpass.registries import files
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
    said = "recorded: scan `picklescan` ran, 2 looked at, 1 finding, 2026-11-20T10:00:00Z"
    assert (code, out.splitlines()[0]) == (0, said)

    assert _outcomes(call) == (1, {("PASS", "fair"), ("UNKNOWN", "fluent"), ("PASS", "looked"), ("FAIL", "clean")})


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("frame.json", ("--from", "metric-frame")),
        ("model-card.md", ()),
        ("mlflow-metrics.json", ("--from", "mlflow-evaluation")),
        ("found.yaml", ()),
        ("bare.json", ()),
    ],
)
@pytest.mark.parametrize("command", ["evidence add", "attest"])
def test_a_metric_without_a_time_is_refused_in_every_format(
    call: Call, office: Path, name: str, arguments: tuple[str, ...], command: str
) -> None:
    """No later one could ever follow it; the help names the option, and with it the metric is dated."""
    if name.startswith(("found", "bare")):
        write(office / "found.yaml", "metrics: {f1: [{value: 0.5, data_set: a}, {value: 0.6, data_set: b}]}\n")
        write(office / "bare.json", '{"metrics": {"f1": 0.5}}')
    else:
        text = (SAMPLES / name).read_text().replace("NaN", "0.5").replace("20.0 +- 1.2", "20").replace(".nan", "0.5")
        write(office / name, text)
    key = ("--key", "ci.pem") if command == "attest" else ()
    before = (office / "models/fraud/4.yaml").read_text()
    code, out, err = call(*command.split(), "fraud@4", name, *arguments, *key)
    assert (code, out, "does not say when it was measured" in err) == (2, "", True), err
    assert (office / "models/fraud/4.yaml").read_text() == before
    (time,) = re.findall(r"--ran-at (\S+Z)`", err)

    code, out, err = call(*command.split(), "fraud@4", name, *arguments, *key, "--ran-at", time)
    assert (code, err) == (0, ""), err
    if command == "evidence add":
        record = files.at(office / "models/fraud/4.yaml")[0]
        new = [p for (_, m), ps in record.measures.items() for p in ps if m != "accuracy" or "measured_at" in p]
        assert new
        assert {p.get("measured_at") for p in new} == {date(time)}


def test_what_says_its_own_time_keeps_it(call: Call, gate: Path) -> None:
    """`--ran-at` is for what does not say it, run by run."""
    write(gate / "found.yaml", "metrics: {f1: [{value: 1, measured_at: 2026-11-01, data_set: a}, {value: 2, data_set: b}]}\n"
          "suites: [{name: S, passed: true}]\nscans: [{tool: T, scanned: 1, ran_at: 2026-11-02}]\n")  # fmt: skip
    assert call("evidence", "add", "fraud@9", "found.yaml", *AT)[0] == 0
    record = files.at(gate / "models/fraud/9.yaml")[0]
    at = {p["data_set"]: p["measured_at"] for p in record.measures["metrics", "f1"]}
    assert at == {"a": date("2026-11-01"), "b": date(AT[1])}
    assert (record.runs["suites:S"]["ran_at"], record.runs["scans:T"]["ran_at"]) == (date(AT[1]), date("2026-11-02"))


def test_the_caller_says_data_set_and_unit_where_a_part_of_a_record_does_not(call: Call, gate: Path) -> None:
    """As of every other format; a unit that contradicts the file is an error."""
    write(gate / "found.yaml", "metrics: {latency: {value: 31}}\n")
    arguments = ("evidence", "add", "fraud@9", "found.yaml", *AT, "--data-set", "h")
    assert "there is no metric `f1` to have a unit" in call(*arguments, "--unit", "f1=%")[2]
    assert call(*arguments, "--unit", "latency=ms")[0] == 0
    (piece,) = files.at(gate / "models/fraud/9.yaml")[0].measures["metrics", "latency"]
    assert (piece["data_set"], piece["unit"]) == ("h", "ms")
    write(gate / "found.yaml", "metrics: {latency: {value: 31, unit: s}}\n")
    code, _, err = call(*arguments, "--unit", "latency=ms")
    assert (code, "the file says the unit `s`, and --unit says `ms`" in err) == (2, True)


def test_the_same_evidence_again_is_nothing_new(call: Call, gate: Path) -> None:
    """Neither a second piece nor a rival."""
    path = gate / "models/fraud/9.yaml"
    assert _add(call, "frame.json", "--from", "metric-frame", *AT)[0] == 0
    before = path.read_text()
    code, out, err = _add(call, "frame.json", "--from", "metric-frame", *AT)
    assert (code, out, err) == (0, "nothing new: the record of fraud@9 says all of it\n", "")
    assert path.read_text() == before


def test_a_frame_takes_no_confidence_away(call: Call, gate: Path) -> None:
    """A newer piece by group, without counts of what is right, won over the run's own accuracy: what could be decided was unknown."""
    policy = 'policy gate: "Gate"\n  on promotion to production\nrequire sure: accuracy >= 0.6 at 95% confidence\n'
    write(gate / "policies/gate.policy", policy)
    own = "{value: 0.9, data_set: holdout, samples: 1000, successes: 900, measured_at: 2026-11-19T10:00:00Z}"
    path = write(gate / "models/fraud/9.yaml", f"model: fraud\nversion: '9'\nmetrics: {{accuracy: {own}}}\n")
    before = path.read_bytes()

    code, _, err = _add(call, "frame.json", "--from", "metric-frame", *AT)

    assert (code, path.read_bytes()) == (2, before)
    assert (
        "it tells `accuracy` on `holdout` by group, and of how many cases it is only the record of `fraud@9` says"
        in err
    )
    assert 'save the frame with `shares=["accuracy"]`' in err
    assert _add(call, "frame.json", "--from", "metric-frame", "--dry-run", *AT)[0] == 2
    frame = json.loads((SAMPLES / "frame.json").read_text(encoding="utf-8"))
    for piece in (frame["metrics"]["accuracy"], *frame["metrics"]["accuracy"]["by_group"]):
        piece["successes"] = round(piece.get("value", piece.get("overall")) * piece["samples"])
    write(gate / "shares.json", json.dumps(frame))
    assert call("evidence", "add", "fraud@9", "shares.json", "--from", "metric-frame", *AT)[0] == 0
    frame["metrics"]["accuracy_by_group"] = frame["metrics"].pop("accuracy")
    path.write_bytes(before)
    write(gate / "named.json", json.dumps(frame))
    assert call("evidence", "add", "fraud@9", "named.json", "--from", "metric-frame", *AT)[0] == 0
    assert call("check", "fraud@9", "--to", "production", "--at", "2026-11-24T12:00:00Z", "-q")[0] == 0


@pytest.mark.parametrize(
    ("there", "new", "said"),
    [
        ("{value: 0.95, data_set: h}", "{value: 0.96, data_set: h, measured_at: 2026-11-20}", "`metrics.f1."),
        ("{value: 0.95, data_set: h, measured_at: 2026-11-20}", "{value: 0.96, data_set: h, measured_at: 2026-11-20}", "`metrics.f1.value`"),
        ("{value: 0.95, data_set: h, measured_at: 2026-11-20}", "{value: 0.96, data_set: h, measured_at: 2026-11-19}", "`metrics.f1."),
        ("0.95", "{value: 0.95, measured_at: 2026-11-20}", "`metrics.f1.measured_at`"),
    ],
)  # fmt: skip
def test_what_would_make_a_slot_unreadable_or_change_it_is_refused(
    call: Call, project: Path, there: str, new: str, said: str
) -> None:
    """An allowed version became undecidable for good; the command that the help names mends it."""
    path = write(project / "models/fraud/9.yaml", f"model: fraud\nversion: '9'\nmetrics: {{f1: {there}}}\n")
    write(project / "new.yaml", f"metrics: {{f1: {new}}}\n")
    before = path.read_text()
    code, out, err = call("evidence", "add", "fraud@9", "new.yaml")
    assert (code, out, said in err, "only what was measured later" in err) == (2, "", True, True), err
    assert path.read_text() == before
    (command,) = re.findall(r"`policy ([^`]+) --reason TEXT`", err)
    assert call(*shlex.split(command), "--reason", "wrong")[0] == 0


@pytest.mark.parametrize(
    ("there", "new", "said"),
    [
        ("facts: {domain: credit}", "facts: {domain: ads}", "`facts.domain` is `ads`, and the record of `fraud@9` says `credit`"),
        ("license: MIT", "license: GPL-3.0", "`license` is `GPL-3.0`"),
        ("license: MIT", "license: [MIT, GPL-3.0]", "`license`"),
        ("risk: high", "risk: low", "`risk` is `low`, and the record of `fraud@9` says `high`"),
    ],
)  # fmt: skip
def test_evidence_does_not_change_what_a_record_says(
    call: Call, project: Path, there: str, new: str, said: str
) -> None:
    """It had overwritten facts without a word."""
    path = write(project / "models/fraud/9.yaml", f"model: fraud\nversion: '9'\n{there}\n")
    write(project / "new.yaml", f"{new}\n")
    before = path.read_text()
    code, out, err = call("evidence", "add", "fraud@9", "new.yaml")
    assert (code, out, said in err) == (2, "", True), err
    assert path.read_text() == before


def test_a_measurement_from_the_future_is_refused(call: Call, gate: Path) -> None:
    """The slot could not be read until then."""
    code, _, err = _add(call, "frame.json", "--from", "metric-frame", "--ran-at", "2999-01-01")
    assert (code, "says that it was measured at 2999-01-01, which lies in the future" in err) == (2, True)


def test_rivals_of_one_value_are_told_by_what_differs(call: Call, project: Path) -> None:
    """`several differ (0.97807 and 0.97807)` said nothing."""
    write(
        project / "models/fraud/9.yaml",
        "model: fraud\nversion: '9'\nmetrics: {accuracy: [{value: 0.97}, {value: 0.97, measured_at: 2026-11-20}]}\n",
    )
    out = call("show", "fraud@9")[1]
    assert "several differ in `measured_at`, and without a readable `measured_at` none is the newest" in out


def test_a_file_of_another_tool_leads_to_the_formats(call: Call, gate: Path) -> None:
    """Its ending says no more than that it is JSON."""
    write(gate / "results.json", '{"results": {"mmlu": {"acc": 0.6}}, "n-samples": {}}')
    code, _, err = call("evidence", "add", "fraud@9", "results.json")
    assert (code, "`policy evidence formats` lists what is read" in err) == (2, True)
    code, _, err = call("evidence", "add", "fraud@9", "results.json", "--from", "modelscan")
    assert (code, "`policy evidence formats` lists what is read" in err) == (2, True)


@pytest.mark.parametrize(
    ("content", "arguments", "said", "help_"),
    [
        (None, (), "no such file or directory", "name the file that the tool wrote"),
        ("", (), "the file is empty", "run it anew"),
        ('{"test_results": []}', (), "it looks like a run of deepeval, which is not read; hand in", ""),
        ('{"success": true, "results": [], "statistics": {}}', (), "does not say when it ran; save", ""),
        ('{"model": "fraud", "metrics": {"a": 1}}', (), "does not say `model`", "leave that out"),
    ],
    ids=["no file", "empty", "known and not read", "an option is missing", "a record"],
)
def test_what_helps_is_about_what_is_wrong(
    call: Call, gate: Path, content: str | None, arguments: tuple[str, ...], said: str, help_: str
) -> None:
    """Each of them was told to name its format, also where that was known and right."""
    if content is not None:
        write(gate / "results.json", content)
    code, _, err = call("evidence", "add", "fraud@9", "results.json", *arguments)
    assert (code, said in err, "--from FORMAT" in err) == (2, True, False), err
    assert (help_ in err) if help_ else ("= help" not in err)


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


def test_several_licenses_are_attested_as_several(call: Call, office: Path) -> None:
    """A service's word on all of them takes the place of one that the record claims."""
    text = (office / "models/fraud/4.yaml").read_text()
    write(office / "models/fraud/4.yaml", f"{text}license: MIT\n")
    write(office / "README.md", "---\nlicense: [mit, gpl-3.0]\n---\n")
    code, out, _ = call("attest", "models/fraud/4.yaml", "README.md", "--key", "ci.pem")
    assert (code, 'attested: `license` ["MIT", "GPL-3.0"], which no rule can use' in out) == (0, True)
    write(office / "policies/licensed.policy", LICENSED)
    out = call("check", "models/fraud/4.yaml", "--to", "production", "-v")[1]
    assert re.findall(r"^(PASS|FAIL|UNKNOWN)\S* +licensed/", out, re.MULTILINE) == ["UNKNOWN", "UNKNOWN"]


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
        ("picklescan-bad.txt", (), "name it with --ran-at"),
        ("make.sh", (), "what format is it? name it with --from"),
        ("mlflow-metrics.json", (), "the nearest is `mlflow-evaluation`"),
        ("frame.json", ("--from", "sarif"), "it looks like `metric-frame`"),
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
    examples = re.findall(r"^ +policy (evidence add .+)$", call("evidence", "add", "--help")[1], re.MULTILINE)
    told = [call(*shlex.split(example))[:2] for example in examples]
    said = "recorded: suite `Fairness Check` passed, 2 cases, 2026-11-20T10:00:00Z"
    assert [(code, out.splitlines()[0]) for code, out in told] == [(0, f"would be {said}"), (0, said)]


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
