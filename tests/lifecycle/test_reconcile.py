"""`policy reconcile`: where a folder registry and the ledger differ, who mends it, and that what is printed mends it."""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from letpass.lifecycle import execution, moves, reconciliation
from letpass.lifecycle.differences import Difference, Kind
from letpass.move import Stage
from letpass.project.configuration import load
from letpass.project.contents import own_policies
from letpass.project.project import Project
from tests.cli import spoken
from tests.cli.conftest import OWN, signed
from tests.lifecycle.conftest import RECORD, Call, state, write

DEPLOYMENT = 'policy serving: "S"\n  on deployment\nrequire good: accuracy >= 0.9\n'
REGISTRATION = 'policy entry: "E"\n  on registration\nrequire known: author is recorded\n'
SERVED = ("--endpoint", "https://fraud.corp.example", "--environment", "live")
Written = dict[str, dict[str, Any]]


@pytest.fixture(name="moved")
def _moved(project: Path, call: Call) -> Path:
    """Version 1 is in production by a decision, and registry and ledger agree."""
    assert call("promote", "fraud@1", "--to", "production")[0] == 0
    assert call("reconcile") == (0, "nothing differs\n", "")
    return project


def edit(folder: Path, change: Callable[[Written], object]) -> None:
    """Write the state file by hand."""
    said = state(folder)
    change(said)  # type: ignore[arg-type]
    write(folder / "models/fraud/state.yaml", yaml.safe_dump(said))


def told(call: Call, *words: str) -> list[dict[str, Any]]:
    """The differences, as `-o json` lists them; the exit code agrees with them."""
    code, out, _ = call("reconcile", *words, "-o", "json")
    whole = json.loads(out)
    assert (code, whole["schema"]) == (1 if whole["differences"] else 0, "letpass.lifecycle.differences/v1")
    return list(whole["differences"])


def seen(found: list[dict[str, Any]]) -> list[tuple[str, str, str, str]]:
    """Kind, version, stage, and what the registry shows."""
    return [(d["kind"], d.get("version", ""), d.get("stage", ""), d["registry"]) for d in found]


def obey(call: Call, difference: dict[str, Any], which: int = 0) -> int:
    """Run a command that a difference names."""
    words = shlex.split(spoken.commands(difference["help"])[which].replace("TEXT", "mended"))
    return call(*words[1:])[0]


# ---------------------------------------------------------------- stages


def test_a_version_that_somebody_put_into_production_is_told_whole(moved: Path, call: Call) -> None:
    """With what both show, who mends it and how; the denied version is out again when that is obeyed."""
    edit(moved, lambda said: (said.update({"3": {"stage": "production"}}), said.pop("1")))

    code, out, err = call("reconcile")

    assert (code, err) == (1, "")
    assert out.splitlines() == [
        "not-moved    fraud@1 production",
        "  registry   it is in no stage",
        "  ledger     it is in `production` (entry 2)",
        "  mended by  whoever moves versions",
        "  next       `policy promote fraud@1 --to production` brings it there, or `policy retire fraud@1 --reason TEXT` logs that it left",
        "moved        fraud@3 production",
        "  registry   it holds `production`",
        "  ledger     no decision has brought it there",
        "  mended by  whoever moves versions, or the owners of the policies",
        "  next       `policy retire fraud@3 --reason TEXT`, `policy promote fraud@3 --to production` through its policies, or `policy adopt fraud@3 --to production --reason TEXT`",
        "2 differences",
    ]
    assert obey(call, told(call)[1]) == 0
    assert obey(call, told(call)[0]) == 0
    assert (told(call), state(moved)["1"]["stage"], state(moved)["3"]["stage"]) == ([], "production", "archived")


@pytest.mark.parametrize(
    ("change", "kind", "shows"),
    [
        (lambda said: said.pop("1"), "not-moved", "it is in no stage"),
        (lambda said: said.update({"1": {"stage": "lab"}}), "elsewhere", "it is in `lab`"),
        (lambda said: said.update({"1": {"stage": "archived"}}), "left", "it is archived"),
    ],
    ids=["undone", "elsewhere", "archived"],
)
@pytest.mark.parametrize("which", [0, 1])
def test_a_version_that_was_taken_out_by_hand_is_told(
    moved: Path, call: Call, change: Callable[[Written], object], kind: str, shows: str, which: int
) -> None:
    """Either command that is named mends it: it comes back, or the ledger learns that it left."""
    edit(moved, change)

    found = told(call)

    assert seen(found) == [(kind, "1", "production", shows)]
    assert (found[0]["ledger"], found[0]["entry"]) == ("it is in `production`", 2)
    assert obey(call, found[0], which) == 0
    assert told(call) == []


def test_a_denied_version_is_adopted_or_refused_but_never_overlooked(moved: Path, call: Call) -> None:
    """Its policies still deny it, and the entry of that denial is named then."""
    edit(moved, lambda said: said.update({"3": {"stage": "production"}, "1": {"stage": "archived"}}))
    assert call("retire", "fraud@1", "--reason", "out")[0] == 0
    (found,) = told(call)
    assert obey(call, found, 1) == 1
    (found,) = told(call)
    assert (found["kind"], found["entry"], found["ledger"][:30]) == ("moved", 5, "its newest decision is deny, a")
    assert obey(call, found, 2) == 0
    assert told(call) == []


def test_two_holders_are_told_once_and_the_one_that_nothing_brought(moved: Path, call: Call) -> None:
    """Taking that one away leaves the one that was decided upon."""
    edit(moved, lambda said: said.update({"2": {"stage": "Production"}}))

    found = told(call)

    assert [(d["kind"], d.get("version"), d["registry"]) for d in found] == [
        ("several", None, "1 and 2 hold it"),
        ("moved", "2", "it holds `production`"),
    ]
    assert obey(call, found[0]) == 0
    assert told(call) == []


def test_a_free_stage_is_nobodys_business(moved: Path, call: Call) -> None:
    """Nothing gates `lab`, and whoever writes the folder may use it."""
    edit(moved, lambda said: said.update({"2": {"stage": "lab"}}))

    assert told(call) == []


def test_a_move_that_has_not_ended_is_told_with_who_began_it_and_until_when(
    moved: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before the registry moved: nothing else is told of those whom it is about, and the command ends it."""
    half_made(monkeypatch, "fraud@2")

    (found,) = told(call)

    assert (found["kind"], found["version"], found["stage"]) == ("begun", "2", "production")
    assert found["ledger"].startswith(
        "its promotion to `production` was begun by olga, and has not ended; it may be taken"
    )
    assert obey(call, found) == 0
    assert (told(call), state(moved)["2"]["stage"]) == ([], "production")


def test_a_move_that_failed_and_was_made_all_the_same_is_told(
    moved: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The write landed after the ledger had called it failed."""
    with monkeypatch.context() as late:
        late.setattr(execution, "_not_as_begun", lambda *_: "the registry shows nobody")
        assert call("promote", "fraud@2", "--to", "production")[0] == 4

    found = {d["version"]: d for d in told(call)}

    assert (found["2"]["kind"], found["2"]["ledger"]) == ("moved", "its move there failed: the registry shows nobody")
    assert found["1"]["kind"] == "left"


def half_made(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    """A promotion that is begun and whose process ends before the registry moves."""

    class KilledError(BaseException):
        pass

    def killed(*_: object) -> None:
        raise KilledError

    with monkeypatch.context() as dying:
        desk = Project(load())
        dying.setattr(desk.registry, "move", killed)
        with pytest.raises(KilledError):
            moves.promote(
                desk, own_policies(desk.configuration), desk.registry.find(version), "production", _now(), "olga"
            )


def _now() -> int:
    import time

    return int(time.time()) * 1_000_000


# ---------------------------------------------------------------- versions


def test_an_edited_record_is_told_and_one_that_says_more_is_not(moved: Path, call: Call) -> None:
    """The owners may take it in as it is."""
    path = moved / "models/fraud/1.yaml"
    text = path.read_text(encoding="utf-8")
    write(path, text + "license: MIT\n")
    assert told(call) == []
    write(path, text.replace("accuracy: 0.95", "accuracy: 0.99"))

    (found,) = told(call)

    assert (found["kind"], found["version"], found["entry"]) == ("edited", "1", 0)
    assert found["registry"].startswith("`metrics.accuracy")
    assert obey(call, found) == 0
    assert told(call) == []


@pytest.mark.parametrize("how", ["its record", "the whole model"])
def test_a_version_that_was_deleted_is_told_and_its_leaving_can_be_logged(moved: Path, call: Call, how: str) -> None:
    """The ledger had it in production; what serves now is somebody else's word."""
    if how == "its record":
        edit(moved, lambda said: said.pop("1"))
        (moved / "models/fraud/1.yaml").unlink()
    else:
        shutil.rmtree(moved / "models/fraud")

    (found,) = told(call)

    assert (found["kind"], found["version"], found["registry"]) == ("deleted", "1", "there is no such version")
    assert obey(call, found) == 0
    assert told(call) == []
    assert "retirement" in call("history", "fraud")[1]
    assert call("retire", "fraud@1", "--reason", "again")[0] == 2


def test_a_version_that_left_may_be_deleted(moved: Path, call: Call) -> None:
    """Its approval counted nowhere any more."""
    assert call("promote", "fraud@2", "--to", "production")[0] == 0
    (moved / "models/fraud/1.yaml").unlink()
    edit(moved, lambda said: said.pop("1"))

    assert told(call) == []


def test_a_registration_that_was_never_allowed_is_told_where_registration_is_gated(moved: Path, call: Call) -> None:
    """A record that somebody copied into the folder."""
    write(moved / "policies/entry.policy", REGISTRATION)
    for version in ("1", "2", "3"):
        assert call("register", f"fraud@{version}")[0] == 0
    assert told(call) == []
    write(moved / "models/fraud/4.yaml", RECORD.format(version=4, accuracy=0.99, year=2024))

    (found,) = told(call)

    assert (found["kind"], found["version"], found["ledger"]) == ("unregistered", "4", "no decision has let it in")
    assert obey(call, found) == 0
    assert told(call) == []
    (moved / "models/fraud/4.yaml").unlink()
    assert seen(told(call)) == [("deleted", "4", "", "there is no such version")]


def test_a_promotion_under_way_hides_no_registration_that_was_never_allowed(
    moved: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only its own registration that is under way would."""
    write(moved / "models/fraud/4.yaml", RECORD.format(version=4, accuracy=0.99, year=2024))
    half_made(monkeypatch, "fraud@4")
    write(moved / "policies/entry.policy", REGISTRATION)

    found = [(d["kind"], d["version"]) for d in told(call)]

    assert {("begun", "4"), ("unregistered", "4")} <= set(found)


def test_other_bytes_are_told_of_who_holds_a_stage(moved: Path, call: Call) -> None:
    """The record says nothing of them; the gate had hashed what it allowed."""
    before = (moved / "fraud-1.onnx").read_bytes()
    write(moved / "fraud-1.onnx", "other bytes")

    (found,) = told(call)

    assert (found["kind"], found["version"], found["stage"]) == ("other-bytes", "1", "production")
    assert found["ledger"].startswith("sha256:")
    (moved / "fraud-1.onnx").write_bytes(before)
    assert told(call) == []
    write(moved / "fraud-1.onnx", "other bytes")
    assert obey(call, found) == 0
    assert told(call) == []


def test_a_record_that_does_not_read_is_a_difference(moved: Path, call: Call) -> None:
    """Nobody can tell what it holds: it is not deleted, and not there either."""
    good = (moved / "models/fraud/1.yaml").read_text(encoding="utf-8")
    write(moved / "models/fraud/1.yaml", "model: fraud\nversion: '1'\nmetrics: [oops\n")

    found = told(call)

    assert [(d["kind"], d.get("version"), d["registry"][:24]) for d in found] == [
        ("unreadable", "1", "models/fraud/1.yaml: not"),
        ("unreadable", None, "who holds `production` c"),
    ]
    write(moved / "models/fraud/1.yaml", good)
    assert told(call) == []


# ---------------------------------------------------------------- what serves


def test_what_serves_is_compared_both_ways_and_by_its_digest(moved: Path, call: Call) -> None:
    """A place that nobody decided about, one that was taken away, and one that serves other bytes."""
    write(moved / "policies/serving.policy", DEPLOYMENT)
    assert call("deploy", "fraud@1", *SERVED)[0] == 0
    assert told(call) == []
    good = state(moved)

    edit(moved, lambda said: said["1"]["deployments"][0].update(digest="sha256:" + "0" * 64))
    (found,) = told(call)
    assert (found["kind"], found["registry"]) == (
        "other-bytes",
        f"https://fraud.corp.example (live) serves sha256:{'0' * 64}",
    )
    assert obey(call, found) == 0
    assert told(call) == []

    edit(moved, lambda said: said["1"].pop("deployments"))
    (found,) = told(call)
    assert (found["kind"], found["registry"]) == (
        "not-served",
        "it does not serve at https://fraud.corp.example (live)",
    )
    assert obey(call, found) == 0
    assert told(call) == []

    edit(
        moved, lambda said: said.update({"3": {"deployments": good["1"]["deployments"]}, "1": {"stage": "production"}})
    )
    found = told(call)
    assert [(d["kind"], d["version"]) for d in found] == [("not-served", "1"), ("serves", "3")]
    assert obey(call, found[1]) == 1  # its policy denies it
    assert obey(call, found[1], 1) == 0
    assert obey(call, found[0]) == 0
    assert told(call) == []


# ---------------------------------------------------------------- what cannot be compared


def test_who_left_while_the_ledger_was_out_of_reach_is_told_until_it_is_logged(
    moved: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kept in a file, and logged by the next move."""
    monkeypatch.setenv("LETPASS_LEDGER", "postgresql://127.0.0.1:9/none")
    assert call("retire", "fraud@1", "--reason", "it burns")[0] == 0
    code, out, err = call("reconcile")
    assert (code, out, "GATE420" in err) == (4, "", True)
    monkeypatch.delenv("LETPASS_LEDGER")

    (found,) = told(call)

    assert (found["kind"], found["version"], found["ledger"]) == (
        "waits",
        "1",
        "not logged: the ledger was out of reach",
    )
    assert obey(call, found) == 0
    assert told(call) == []


@pytest.mark.parametrize("what", ["the registry is gone", "the ledger is gone", "the ledger is not begun"])
def test_what_cannot_be_read_is_no_agreement(moved: Path, call: Call, what: str) -> None:
    """Exit 4, and nothing on standard output."""
    if what == "the registry is gone":
        (moved / "models").rename(moved / "elsewhere")
    else:
        shutil.rmtree(moved / ".letpass")
        if what == "the ledger is not begun":
            (moved / "ledger.checkpoint").unlink()

    code, out, err = call("reconcile")

    assert (code, out, err.count("error[")) == (4, "", 1)


def test_one_model_is_compared_and_an_unknown_one_refused(moved: Path, call: Call) -> None:
    """Of another model nothing is told then."""
    edit(moved, lambda said: said.pop("1"))
    write(moved / "models/loans/1.yaml", RECORD.format(version=1, accuracy=0.1, year=2020).replace("fraud", "loans"))

    assert told(call, "loans") == []
    assert [d["kind"] for d in told(call, "fraud")] == ["not-moved"]
    code, _, err = call("reconcile", "loan")
    assert (code, "the registry has no model `loan`" in err) == (2, True)


def test_it_writes_files_and_keeps_quiet(moved: Path, call: Call) -> None:
    """The exit code tells."""
    edit(moved, lambda said: said.pop("1"))

    assert call("reconcile", "-q", "-o", "json=found.json", "-o", "text") == (1, "", "")
    assert json.loads((moved / "found.json").read_text(encoding="utf-8"))["differences"][0]["kind"] == "not-moved"
    code, _, err = call("reconcile", "-o", "yaml")
    assert (code, "there is no format `yaml`; formats are text, json" in err) == (2, True)


def test_the_library_gives_the_same_as_values(moved: Path) -> None:
    """Frozen, one for each."""
    edit(moved, lambda said: said.pop("1"))
    desk = Project(load())

    (found,) = reconciliation.compare(desk, own_policies(desk.configuration), _now())

    assert found == Difference(
        Kind.NOT_MOVED, "fraud", "1", Stage("production"), "it is in no stage", "it is in `production`", 2,
        "whoever moves versions", found.help,
    )  # fmt: skip


# ---------------------------------------------------------------- doctor and review


def test_doctor_and_review_tell_who_was_taken_out_by_hand(office: Path, call: Call) -> None:
    """The next decision would compare with somebody else."""
    signed(call, office)
    assert call("promote", "fraud@4", "--to", "production")[0] == 0
    write(office / "policies/review.policy", 'policy r: "R"\n  on review\nrequire known: author is recorded\n')
    assert call("sign", "policies", "--role", "policy-owner", "--key", OWN)[0] == 0
    assert (call("doctor")[0], call("review")[0]) == (0, 0)
    edit(office, lambda said: said["4"].pop("stage"))

    code, out, _ = call("doctor")
    line = "not-moved: fraud@4 (production): the registry: it is in no stage; the ledger: it is in `production` (entry "
    assert (code, f"NO   {line}" in out) == (1, True)
    code, _, err = call("review")
    assert (code, f"differs: {line}" in err, "next: `policy promote fraud@4 --to production`" in err) == (1, True, True)
