"""Who a version is stays as registered; evidence may be added, and what is changed or taken away holds every move back."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from letpass.ledger.packing import packed, unpacked
from tests.cli.conftest import Call, write
from tests.lifecycle.conftest import state

TO = ("--to", "production")
RECORD = """model: fraud
version: '7'
author: anna@corp.example
registered_at: 2026-11-01
code: {repository: git.corp.example/fraud, commit: 4f1c0de2}
data:
- {name: events-2026, version: '3'}
hyperparameters: {depth: 6, eta: 0.1}
artifact: {uri: fraud-7.onnx, format: onnx}
environment: {python: 3.11.9}
risk: medium
metrics:
  accuracy: {value: 0.95, data_set: holdout, measured_at: 2026-11-02T10:00:00Z}
suites:
- {name: smoke, passed: true, ran_at: 2026-11-02T11:00:00Z}
tags: {team: risk}
"""
POLICY = """policy gate: "Gate"
  on promotion to production
metric accuracy: ratio, higher is better, on "holdout"
require good: accuracy >= 0.9
"""
KEPT = "models/fraud/7.yaml"

IDENTITY = {
    "author": ("author: anna@corp.example", "author: vera@corp.example"),
    "registered_at": ("registered_at: 2026-11-01", "registered_at: 2026-11-09"),
    "code.commit": ("commit: 4f1c0de2", "commit: 5a2d1ef3"),
    "data[0].version": ("version: '3'", "version: '4'"),
    "hyperparameters.depth": ("depth: 6", "depth: 9"),
    "artifact.format": ("format: onnx", "format: joblib"),
    "environment.python": ("python: 3.11.9", "python: 3.12.1"),
    "hyperparameters.seed": ("eta: 0.1}", "eta: 0.1, seed: 1}"),
    "code.repository": ("repository: git.corp.example/fraud, ", ""),
}
"""Edits of who the version is, by the place that each is told at: changed, added, taken away."""
EVIDENCE = {
    "metrics.accuracy.value": ("value: 0.95", "value: 0.99"),
    "metrics.accuracy": ("metrics:\n  accuracy: {value: 0.95, data_set: holdout, measured_at: 2026-11-02T10:00:00Z}\n", ""),
    "metrics.accuracy.measured_at": ("measured_at: 2026-11-02T10:00:00Z", "measured_at: 2026-11-01T10:00:00Z"),
    "suites.smoke": ("suites:\n- {name: smoke, passed: true, ran_at: 2026-11-02T11:00:00Z}\n", ""),
    "risk": ("risk: medium", "risk: low"),
    "tags.team": ("team: risk", "team: sales"),
}  # fmt: skip
LISTED = "metrics:\n  accuracy:\n  - {value: 0.95, data_set: holdout, measured_at: 2026-11-02T10:00:00Z}\n"
ADDED = {
    "a metric": ("metrics:\n", "metrics:\n  recall: 0.8\n"),
    "a newer measurement": (
        "metrics:\n  accuracy: {value: 0.95, data_set: holdout, measured_at: 2026-11-02T10:00:00Z}\n",
        f"{LISTED}  - {{value: 0.96, data_set: holdout, measured_at: 2026-11-05T10:00:00Z}}\n",
    ),
    "a newer one in its place": (
        "{value: 0.95, data_set: holdout, measured_at: 2026-11-02T10:00:00Z}",
        "{value: 0.96, data_set: holdout, measured_at: 2026-11-05T10:00:00Z}",
    ),
    "one on other data": (
        "metrics:\n  accuracy: {value: 0.95, data_set: holdout, measured_at: 2026-11-02T10:00:00Z}\n",
        f"{LISTED}  - {{value: 0.6, data_set: shifted}}\n",
    ),
    "a run of a suite": ("tags:", "- {name: fairness, passed: true, ran_at: 2026-11-03}\ntags:"),
    "a scan": ("tags:", "scans:\n- {tool: modelscan, ran_at: 2026-11-03, completed: true, findings: []}\ntags:"),
    "a tag": ("team: risk}", "team: risk, tier: gold}"),
    "a model card": ("tags:", "model_card: README.md\ntags:"),
    "quotation marks around a text": ("team: risk}", "team: 'risk'}"),
    "a comment, and another order": ("risk: medium\n", "# how much harm it can do\n"),
}


@pytest.fixture(name="registered")
def _registered(project: Path, call: Call) -> Path:
    """Version 7 came into the registry by `policy register`, which no policy gates; nothing was decided on it."""
    write(project / "policies/gate.policy", POLICY)
    write(project / "fraud-7.onnx", "bytes 7")
    write(project / "new/7.yaml", RECORD)
    assert call("register", "new/7.yaml")[0] == 0
    (project / "new/7.yaml").unlink()
    return project


@pytest.fixture(name="decided")
def _decided(project: Path, call: Call) -> Path:
    """Version 7 lies in the registry by hand, and the ledger knows it by a decision alone."""
    write(project / "policies/gate.policy", POLICY)
    write(project / "fraud-7.onnx", "bytes 7")
    write(project / KEPT, RECORD)
    assert call("check", "fraud@7", *TO, "--log")[0] == 0
    return project


def edited(folder: Path, edit: tuple[str, str]) -> None:
    """The version's record with other words at one place, which must be there."""
    text = (folder / KEPT).read_text(encoding="utf-8")
    assert edit[0] in text
    write(folder / KEPT, text.replace(*edit))


def holds(call: Call) -> tuple[int, list[str]]:
    """The code of a check, and what it was held back for."""
    code, out, _ = call("check", "fraud@7", *TO, "-o", "json")
    return code, [h["what"] for h in json.loads(out)["decision"].get("holds", []) if h["code"] == "GATE418"]


@pytest.mark.parametrize("path", IDENTITY)
def test_who_a_version_is_stays_as_registered(registered: Path, call: Call, path: str) -> None:
    """Registration was not gated, and the step that the ledger has of it says what the record was."""
    assert holds(call) == (0, [])
    edited(registered, IDENTITY[path])

    code, what = holds(call)
    assert code == 3
    assert what[0].startswith(f"`fraud@7` is not what it was: `{path}` was ")
    assert "when entry 1 of the ledger registered it, and is " in what[0]
    assert call("promote", "fraud@7", *TO)[0] == 3
    assert "7" not in state(registered)

    edited(registered, IDENTITY[path][::-1]) if IDENTITY[path][1] else write(registered / KEPT, RECORD)
    assert holds(call) == (0, [])
    assert call("promote", "fraud@7", *TO)[0] == 0


@pytest.mark.parametrize("path", [*IDENTITY, *EVIDENCE])
def test_what_was_decided_upon_is_not_changed_or_taken_away(decided: Path, call: Call, path: str) -> None:
    """Without a registration in the ledger its first decision knows who the version is, and its last one the evidence."""
    edited(decided, {**IDENTITY, **EVIDENCE}[path])

    code, what = holds(call)
    assert code != 0
    assert what[0].startswith(f"`fraud@7` is not what it was: `{path}` was ")
    assert " of the ledger decided upon it, and is " in what[0]


@pytest.mark.parametrize("what", ADDED)
def test_evidence_may_be_added(decided: Path, call: Call, what: str) -> None:
    """A field, a key, a piece in an empty slot, and a measurement that is newer than all that its slot held."""
    if what == "a comment, and another order":
        write(decided / KEPT, (decided / KEPT).read_text().replace(*ADDED[what]) + "risk: medium\n")
    else:
        edited(decided, ADDED[what])

    assert holds(call) == (0, [])
    assert call("check", "fraud@7", *TO, "--log")[0] == 0
    assert holds(call) == (0, [])


def test_what_was_added_and_decided_upon_stays_too(decided: Path, call: Call) -> None:
    """The newest decision knows more than the first one."""
    edited(decided, ADDED["a run of a suite"])
    assert call("check", "fraud@7", *TO, "--log")[0] == 0
    edited(decided, ADDED["a run of a suite"][::-1])

    code, what = holds(call)
    assert (code, "`suites.fairness` was " in what[0], what[0].endswith("and is nothing")) == (3, True, True)


def test_a_measurement_that_is_not_newer_is_a_change(decided: Path, call: Call) -> None:
    """Older, of the same time, or without one: a slot's word is not drowned by what cannot be newer."""
    old = "  accuracy: {value: 0.95, data_set: holdout, measured_at: 2026-11-02T10:00:00Z}\n"
    for time in ("2026-11-02T10:00:00Z", "2026-11-01T10:00:00Z", "soon"):
        piece = f"  accuracy:\n  - {old.strip().partition(': ')[2]}\n  - {{value: 0.99, data_set: holdout, measured_at: {time}}}\n"
        write(decided / KEPT, RECORD.replace(old, piece))
        assert holds(call)[1], time


def test_a_decision_on_an_edited_record_makes_it_no_better(decided: Path, call: Call) -> None:
    """What was held back for a difference is no record that later ones are compared with."""
    edited(decided, EVIDENCE["metrics.accuracy.value"])
    for _ in range(2):
        assert call("check", "fraud@7", *TO, "--log")[0] == 3
    assert holds(call)[1]

    edited(decided, EVIDENCE["metrics.accuracy.value"][::-1])
    assert holds(call) == (0, [])


@pytest.mark.parametrize("again", ["in its place", "from elsewhere", "after it was deleted"])
def test_registering_again_makes_nothing_else_of_a_version(registered: Path, call: Call, again: str) -> None:
    """The same record may be registered again; another one has a version of its own."""
    assert call("register", "fraud@7")[0] == 0
    edited(registered, IDENTITY["author"])
    name = "fraud@7"
    if again != "in its place":
        write(registered / "new/7.yaml", (registered / KEPT).read_text())
        write(registered / KEPT, RECORD)
        name = "new/7.yaml"
    if again == "after it was deleted":
        (registered / KEPT).unlink()

    code, _, err = call("register", name)
    assert (code, "`author`" in err, "vera@corp.example" in err, "anna@corp.example" in err) == (2, True, True, True)
    if again != "in its place":
        assert not (registered / KEPT).exists() or (registered / KEPT).read_text() == RECORD


def test_where_the_old_text_is_kept_no_more_the_digests_tell(registered: Path, call: Call) -> None:
    """Nobody can say what it said, and it is held back all the same."""
    with sqlite3.connect(registered / ".letpass/ledger.db") as db:
        db.execute("DELETE FROM material")
    assert holds(call) == (0, [])
    edited(registered, IDENTITY["author"])

    code, what = holds(call)
    assert (code, what[0].endswith("since entry 1 of the ledger registered it, and what it said then is not kept")) == (
        3,
        True,
    )


def test_a_text_that_was_changed_beside_the_ledger_is_not_believed(registered: Path, call: Call) -> None:
    """Whoever writes the database could make the old value look like the new one."""
    edited(registered, IDENTITY["author"])
    with sqlite3.connect(registered / ".letpass/ledger.db") as db:
        rows = dict(db.execute("SELECT digest, data FROM material").fetchall())
        for digest, data in rows.items():
            text = (unpacked(data, rows.get) or b"").replace(b"anna@", b"vera@")
            db.execute("UPDATE material SET data = ? WHERE digest = ?", (packed(text), digest))

    assert holds(call)[1][0].endswith("is not kept")


def test_the_owners_take_in_what_holds_a_stage(registered: Path, call: Call) -> None:
    """An adoption is a new beginning: of who the version is and of its evidence."""
    assert call("promote", "fraud@7", *TO)[0] == 0
    edited(registered, IDENTITY["code.commit"])
    code, out, _ = call("check", "fraud@7", "--to", "production")
    assert (code, "`policy adopt fraud@7 --to production --reason TEXT`" in " ".join(out.split())) == (3, True)

    assert call("adopt", "fraud@7", *TO, "--reason", "the commit was misspelt")[0] == 0
    assert holds(call) == (0, [])
    edited(registered, ADDED["a tag"])
    assert holds(call) == (0, [])
    edited(registered, IDENTITY["code.commit"][::-1])
    assert "`code.commit` was `5a2d1ef3` when entry " in holds(call)[1][0]
    assert " of the ledger took it in, and is `4f1c0de2`" in holds(call)[1][0]


def test_what_differs_is_shown_with_the_version(registered: Path, call: Call) -> None:
    """For whoever looks for the reason of a hold; where the ledger cannot be asked the rest is shown all the same."""
    assert "differs" not in call("show", "fraud@7")[1]
    edited(registered, IDENTITY["author"])
    code, out, _ = call("show", "fraud@7")
    told = "`author` was `anna@corp.example` when entry 1 of the ledger registered it, and is `vera@corp.example`"
    assert (code, f"  differs                {told}" in out) == (0, True)

    write(registered / ".letpass/ledger.db", "no ledger")
    code, out, _ = call("show", "fraud@7")
    assert (code, "  not compared" in out, "  author                 vera@corp.example" in out) == (0, True, True)


def test_commands_add_evidence_and_observations(registered: Path, call: Call) -> None:
    """`policy evidence add` and `policy observe` make no other version of it."""
    write(
        registered / "junit.xml",
        '<testsuite name="fair" tests="1" timestamp="2026-11-10T10:00:00Z"><testcase name="a"/></testsuite>',
    )
    write(registered / "seen.yaml", "observations: {latency: {value: 20, unit: ms, until: 2026-11-11}}\n")
    assert call("evidence", "add", "fraud@7", "junit.xml", "--from", "junit", "--suite", "fair")[0] == 0
    assert call("observe", "fraud@7", "seen.yaml", "--from", "record")[0] == 0
    assert holds(call) == (0, [])


def test_no_command_changes_who_a_version_is(registered: Path, call: Call) -> None:
    """What evidence says of data sets is what the record says of them, or refused with the remedy."""
    write(registered / "more.yaml", "data: [{name: other-data}]\n")
    before = (registered / KEPT).read_text()

    code, _, err = call("evidence", "add", "fraud@7", "more.yaml", "--from", "record")
    assert (code, "error[GATE433]: `data` says who `fraud@7` is, and stays as registered" in err) == (2, True)
    assert "policy register PATH" in err
    assert (registered / KEPT).read_text() == before


def test_without_a_ledger_nothing_is_known(project: Path, call: Call) -> None:
    """A project that has logged nothing compares with nothing."""
    write(project / "policies/gate.policy", POLICY)
    write(project / "fraud-7.onnx", "bytes 7")
    write(project / KEPT, RECORD)
    assert holds(call) == (0, [])
    edited(project, IDENTITY["author"])
    assert holds(call) == (0, [])
