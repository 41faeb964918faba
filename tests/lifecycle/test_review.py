"""`policy review`: every version that serves is judged; those that are due are listed, and archived where asked."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from letpass.cli import reviewing
from tests.cli.conftest import environ
from tests.lifecycle.conftest import ROOT, Call, kinds, state, steps, write

POLICY = """policy retirement: "When a version has to go"
  on review
require in-date: expires_at > now
require no-drift: observations.drift <= 0.2
"""
GOOD = "observations: {drift: {value: 0.1}}"
BAD = "observations: {drift: {value: 0.3}}"


def record(version: str, *more: str, model: str = "fraud", until: str = "2099-01-01") -> str:
    """A version that expires at a time."""
    return "\n".join([f"model: {model}", f"version: '{version}'", f"expires_at: {until}", *more]) + "\n"


@pytest.fixture(name="fleet")
def _fleet(project: Path) -> Path:
    """Version 1 is well, 2 drifts, 3 has expired, and nobody measured 4; 5 is bad too, and serves nowhere."""
    write(project / "policies/review.policy", POLICY)
    for version, until in (("1", "2099-01-01"), ("2", "2099-01-01"), ("3", "2026-01-01"), ("4", "2099-01-01"), ("5", "2026-01-01")):  # fmt: skip
        write(project / f"models/fraud/{version}.yaml", record(version, until=until))
    write(
        project / "models/fraud/state.yaml",
        f"""'1': {{stage: production, {GOOD}}}
'2': {{deployments: [{{endpoint: "https://two.corp.example"}}], {BAD}}}
'3': {{stage: Production, {GOOD}}}
'4': {{deployments: [{{endpoint: "https://four.corp.example"}}]}}
'5': {{stage: lab, {BAD}}}
""",
    )
    return project


def told(out: str) -> dict[str, str]:
    """The verdict on each version that a report lists."""
    rows = [line.split() for line in out.splitlines() if "@" in line]
    return {row[1]: row[0] for row in rows if row[0] in {"ALLOWED", "DENIED", "UNDECIDED"}}


# ---------------------------------------------------------------- who is judged, and what of it


def test_what_is_deployed_or_in_a_gated_stage_is_judged_and_nothing_else(fleet: Path, call: Call) -> None:
    """The stage's case does not matter; a version that serves nowhere may be as old as it likes."""
    code, out, err = call("review")

    assert (code, err) == (1, "2 due; `policy review --apply` archives them\n")
    assert told(out) == {"fraud@1": "ALLOWED", "fraud@2": "DENIED", "fraud@3": "DENIED", "fraud@4": "UNDECIDED"}
    assert kinds() == []  # a review looks: it is no move


@pytest.mark.parametrize(("kept", "code"), [("1", 0), ("12", 1), ("14", 3), ("124", 1), ("5", 0)])
def test_the_exit_code_is_that_of_the_worst(fleet: Path, call: Call, kept: str, code: int) -> None:
    """0 nothing due, 1 something due, 3 evidence missing."""
    for version in set("12345") - set(kept):
        (fleet / f"models/fraud/{version}.yaml").unlink()
    said = [line for line in (fleet / "models/fraud/state.yaml").read_text().splitlines() if line[1] in kept]
    write(fleet / "models/fraud/state.yaml", "\n".join(said) + "\n")

    assert call("review")[0] == code
    assert call("review", "--quiet") == (code, "", "")


def test_a_version_is_due_from_the_second_that_it_names(project: Path, call: Call) -> None:
    """Its time to live ends by the clock."""
    write(project / "policies/review.policy", POLICY)
    for seconds, code in ((-1, 1), (60, 0)):
        until = (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
        write(project / "models/fraud/1.yaml", record("1", f"stage: production\n{GOOD}", until=until))
        assert call("review", "fraud")[0] == code


def test_the_shipped_policies_find_old_drifting_and_deprecated_versions(project: Path, call: Call) -> None:
    """A version that they let stay, and one for each reason to go."""
    write(project / "policy.toml", f'policies = ["{ROOT / "policies"}"]\n')
    served = (ROOT / "policies/review/served.base.yaml").read_text()
    now = datetime.now(UTC)
    for old, days in (("2025-03-02T12:00:00Z", -300), ("2026-02-01T12:00:00Z", -30), ("until: 2026-03-02", -1), ("until: 2026-03-01", -1), ("2027-03-01", 300)):  # fmt: skip
        day = (now + timedelta(days=days)).strftime("%Y-%m-%d")
        served = served.replace(old, f"until: {day}" if old.startswith("until") else day)
    for version, old, new in (
        ("well", "", ""),
        ("expired", f"expires_at: {(now + timedelta(days=300)).strftime('%Y-%m-%d')}", "expires_at: 2026-01-01"),
        ("drifting", "value: 0.1,", "value: 0.3,"),
        ("deprecated", "2.4.6, deprecated: false", "2.4.6, deprecated: true"),
    ):
        text = served.replace(old, new, 1) if old else served
        write(project / f"models/loans/{version}.yaml", text.replace("version: '6'", f"version: {version}"))

    code, out, _ = call("review", "loans", "-o", "json")

    found = {
        d["version"]: [
            f"{p['name']}/{r['label']}"
            for p in d["policies"]
            for r in p["rules"]
            if r["outcome"] not in {"pass", "skip"}
        ]
        for d in (found["decision"] for found in json.loads(out)["decisions"])
    }
    assert (code, found) == (1, {
        "well": [], "expired": ["retirement/in-date"], "drifting": ["retirement/no-drift"],
        "deprecated": ["retirement/supported"],
    })  # fmt: skip


def test_only_the_models_that_are_named_are_looked_at_once_each(fleet: Path, call: Call) -> None:
    """And one that the registry does not have is an error: somebody has misspelt it."""
    write(fleet / "models/loans/1.yaml", record("1", f"stage: production\n{GOOD}", model="loans"))

    assert call("review", "loans")[0] == 0
    assert call("review", "loans", "loans")[1].startswith("ALLOWED  loans@1 → review\n")
    code, out, err = call("review", "lones")
    assert (code, out, "the registry has no model `lones`" in err) == (2, "", True)
    assert call("review", "../models")[0] == 2


def test_without_policies_on_review_or_without_a_registry_nothing_is_said_to_be_well(project: Path, call: Call) -> None:
    """Neither is an empty answer."""
    code, _, err = call("review")
    assert (code, "no policy is `on review`" in err) == (2, True)

    write(project / "policies/review.policy", POLICY)
    assert call("review") == (0, "no version is deployed or holds a gated stage\n", "")
    (project / "models").rename(project / "elsewhere")
    code, out, err = call("review")
    assert (code, out, "the registry's folder is not there" in err) == (2, "", True)


# ---------------------------------------------------------------- faults


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("6.yaml", "model: fraud\nversion: '6'\nmetrics: [oops\n", "GATE304"),
        ("6.yaml", "model: fraud\nversion: '6'\nstgae: production\n", "GATE301"),
    ],
)
def test_a_fault_in_one_record_does_not_hide_the_others(
    fleet: Path, call: Call, name: str, text: str, why: str
) -> None:
    """Exit 2, and what is due is listed all the same."""
    write(fleet / "models/fraud" / name, text)

    code, out, _ = call("review")

    assert (code, why in out) == (2, True)
    assert told(out) == {"fraud@1": "ALLOWED", "fraud@2": "DENIED", "fraud@3": "DENIED", "fraud@4": "UNDECIDED"}


def test_a_version_that_cannot_be_judged_does_not_hide_the_others(fleet: Path, call: Call) -> None:
    """Its artifact is here and cannot be hashed: it is named, and the others are judged."""
    os.mkfifo(fleet / "pipe.onnx")
    write(fleet / "models/fraud/1.yaml", record("1", "artifact: {uri: pipe.onnx}"))

    code, out, _ = call("review")
    quietly = call("review", "--quiet")

    assert code == 2
    assert told(out) == {"fraud@2": "DENIED", "fraud@3": "DENIED", "fraud@4": "UNDECIDED"}
    assert "fraud@1 cannot be judged: the artifact cannot be hashed" in out
    assert (quietly[:2], "fraud@1 cannot be judged" in quietly[2]) == ((2, ""), True)


def test_a_stage_that_does_not_read_is_looked_at(fleet: Path, call: Call) -> None:
    """It may be production: the version is judged and not passed over."""
    write(fleet / "models/fraud/state.yaml", f"'3': {{stage: true, {GOOD}}}\n")

    code, out, _ = call("review")

    assert (code, out.startswith("DENIED  fraud@3 → review\n")) == (1, True)


def test_a_version_that_serves_and_has_no_record_is_a_fault(fleet: Path, call: Call) -> None:
    """Who takes the record away does not take the version out of sight, nor its place from it."""
    (fleet / "models/fraud/2.yaml").unlink()
    (fleet / "models/fraud/1.yaml").unlink()

    code, out, _ = call("review")

    assert (code, told(out)) == (2, {"fraud@3": "DENIED", "fraud@4": "UNDECIDED"})
    assert "models/fraud/state.yaml:1:6: error[GATE307] `1` is served" in call("review", "-o", "concise")[1]
    assert "`2` is served or in a stage, and there is no record of it" in out
    assert call("retire", "fraud@3", "--reason", "it is over")[0] == 0
    write(fleet / "models/fraud/5.yaml", record("5", "metrics: {accuracy: 0.95}"))
    code, _, err = call("promote", "fraud@5", "--to", "production")
    assert (code, "GATE431" in err, state(fleet)["5"]["stage"]) == (4, True, "lab")


def test_a_state_that_does_not_read_is_one_fault(fleet: Path, call: Call) -> None:
    """No version of that model is judged; other models are."""
    write(fleet / "models/fraud/state.yaml", "'1': {stage: production\n")
    write(fleet / "models/loans/1.yaml", record("1", f"stage: production\n{BAD}", model="loans"))

    code, out, _ = call("review")

    assert (code, told(out), out.count("GATE304")) == (2, {"loans@1": "DENIED"}, 1)


# ---------------------------------------------------------------- archiving


def test_apply_archives_those_that_are_due_and_logs_who_did_and_why(fleet: Path, call: Call) -> None:
    """What lacks evidence stays; a second review finds nothing more to do, but that nothing had brought the holder there."""
    code, _, err = call("review", "--apply", "--as", "ops@corp.example")

    assert code == 3
    assert err.splitlines() == ["retired: fraud@2 is archived", "retired: fraud@3 is archived"]
    assert {v: (s.get("stage"), "deployments" in s) for v, s in state(fleet).items()} == {
        "1": ("production", False), "2": ("archived", False), "3": ("archived", False), "4": (None, True),
        "5": ("lab", False),
    }  # fmt: skip
    assert [(s.version, s.kind, s.state, s.actor, s.reason) for s in steps() if s.state == "done"] == [
        ("2", "retirement", "done", "ops@corp.example", "denied on review: retirement/no-drift"),
        ("3", "retirement", "done", "ops@corp.example", "denied on review: retirement/in-date"),
    ]
    before = state(fleet)
    code, _, err = call("review", "--apply")
    assert (code, state(fleet)) == (1, before)
    assert err.splitlines()[0] == (
        "differs: moved: fraud@1 (production): the registry: it holds `production`; the ledger: no decision has brought it there"
    )


def test_one_that_cannot_be_archived_does_not_keep_the_others(fleet: Path, call: Call) -> None:
    """Exit 4 for it; the others are archived, and the next review finds it again."""
    import fcntl

    write(fleet / "models/loans/1.yaml", record("1", f"stage: production\n{BAD}", model="loans"))
    handle = os.open(fleet / "models/fraud", os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        code, _, err = call("review", "--apply")
    finally:
        os.close(handle)

    assert code == 4
    assert "retired: loans@1 is archived" in err
    assert "fraud@2 is not archived: another move in `models/fraud` is under way" in err
    assert call("review", "--apply", "fraud")[0] == 1
    assert state(fleet)["2"]["stage"] == "archived"


def test_quietly_it_archives_all_the_same(fleet: Path, call: Call) -> None:
    """The exit code tells of what is left."""
    assert call("review", "--apply", "--quiet") == (3, "", "")
    assert state(fleet)["2"]["stage"] == "archived"


# ---------------------------------------------------------------- many


def test_of_many_those_that_are_due_are_named(project: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report on more than forty does not name each; the review names what has to go, and why."""
    write(project / "policies/review.policy", POLICY)
    for version in range(reviewing.MANY + 2):
        drift = BAD if version in {7, 9} else GOOD
        write(
            project / f"models/many/{version}.yaml", record(str(version), f"stage: production\n{drift}", model="many")
        )

    code, out, err = call("review", "many")

    assert (code, err) == (1, "2 due; `policy review --apply` archives them\n")
    assert out.splitlines()[-2:] == ["due: many@7: retirement/no-drift", "due: many@9: retirement/no-drift"]
    assert json.loads(call("review", "many", "-o", "json")[1])["decisions"]


def test_a_bar_is_shown_on_a_terminal_and_nowhere_else(fleet: Path) -> None:
    """A log of a pipeline holds no bars."""
    command = [sys.executable, "-m", "letpass", "review"]
    piped = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environ())
    ours, theirs = pty.openpty()
    shown = b""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=theirs, env=environ(TERM="xterm")) as process:
        os.close(theirs)
        try:
            while piece := os.read(ours, 4096):
                shown += piece
        except OSError:
            pass  # the terminal's other end is closed
        process.wait(60)
    os.close(ours)

    assert piped.stderr == "2 due; `policy review --apply` archives them\n"
    assert (process.returncode, b"reading" in shown, b"judging" in shown) == (1, True, True)
