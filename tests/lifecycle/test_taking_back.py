"""A claim is taken back by a command: it stays in the record, counts no more, and nothing older comes forth from under it."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from letpass.diagnostics import RecordError, Source
from letpass.facts import document, reader
from letpass.facts.record import Record
from letpass.facts.values import Unreadable
from tests.cli.conftest import Call, write
from tests.lifecycle.conftest import steps
from tests.lifecycle.test_records_stay import KEPT, TO, edited, holds
from tests.lifecycle.test_records_stay import _registered as _registered

WHY = ("--reason", "another model's file")
METRIC = ("evidence", "remove", "fraud@7", "--metric", "accuracy", "--data-set", "holdout", *WHY)
GOOD = "{value: 0.95, data_set: holdout, measured_at: 2026-11-02T10:00:00Z}"
BAD = "{value: 0.2, data_set: holdout, measured_at: 2026-11-05T10:00:00Z}"
MARK = "taken_back:\n- {section: metrics, name: accuracy, data_set: holdout, at: 2026-11-06T10:00:00Z, by: ada, reason: wrong}\n"


def found(text: str) -> Record:
    return reader.read(document.read(Source("7.yaml", f"model: fraud\nversion: '7'\n{text}")))


def added(call: Call, path: Path, value: float, at: str) -> tuple[int, str, str]:
    write(path, json.dumps({"metrics": {"accuracy": {"value": value, "data_set": "holdout", "measured_at": at}}}))
    return call("evidence", "add", "fraud@7", str(path))


def second() -> str:
    """The next second, once it is there."""
    time.sleep(1.1)
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def test_a_newer_bad_measurement_that_is_taken_back_uncovers_no_older_good_one(registered: Path, call: Call) -> None:
    """It was denied with it, and is unknown without it, until somebody measures anew."""
    assert call("check", "fraud@7", *TO)[0] == 0
    assert added(call, registered / "bad.json", 0.2, "2026-11-05T10:00:00Z")[0] == 0
    assert call("check", "fraud@7", *TO)[0] == 1

    assert call(*METRIC)[0] == 0

    code, out, _ = call("check", "fraud@7", *TO)
    assert (code, "UNKNOWN[GATE311]" in out, "another model's file" in out) == (3, True, True)
    assert "0.95" not in out
    code, _, err = added(call, registered / "old.json", 0.99, "2026-11-06T10:00:00Z")
    assert (code, "was taken back by" in err) == (2, True)
    assert call("check", "fraud@7", *TO)[0] == 3
    assert added(call, registered / "new.json", 0.97, second())[0] == 0
    assert call("check", "fraud@7", *TO)[0] == 0


def test_what_is_taken_back_stays_in_the_record_and_in_the_log(registered: Path, call: Call) -> None:
    """Who did it, when and why; it holds no move, and a decision lists what was passed over."""
    assert call("check", "fraud@7", *TO, "--log")[0] == 0
    before = (registered / KEPT).read_text()
    code, out, _ = call(*METRIC, "--as", "ada@corp.example")

    assert (code, re.sub(r"entry \d+", "entry N", out.splitlines()[0])) == (
        0, "taken back: metric `accuracy` on `holdout` of fraud@7, and entry N of the ledger says so",
    )  # fmt: skip
    assert (registered / KEPT).read_text().startswith(before)
    last = steps()[-1]
    assert (last.kind, last.state, last.actor, last.reason, bool(last.stage)) == (
        "retraction", "done", "ada@corp.example", "another model's file", False,
    )  # fmt: skip
    assert holds(call) == (3, [])
    assert "a claim of its record by ada@corp.example: another model's file" in call("history", "fraud")[1]
    code, out, _ = call("check", "fraud@7", *TO, "-o", "json")
    passed = json.loads(out)["decision"]["passed_over"]
    assert [p.partition(": taken back by ada@corp.example on ")[0] for p in passed] == [
        "metric `accuracy` at metrics.accuracy"
    ]


def test_a_claim_on_a_data_set_is_taken_back_by_its_name(registered: Path, call: Call) -> None:
    """That it claims none of that name, and one on a data set, left everybody to find the difference."""
    code, _, err = call("evidence", "remove", "fraud@7", "--metric", "accuracy", *WHY)
    assert (code, "claims no metric `accuracy` without a data set" in err) == (2, True)
    assert "it claims metric `accuracy` on `holdout`: say which with `--data-set NAME`" in err


def test_the_word_that_a_claim_was_taken_back_stays(registered: Path, call: Call) -> None:
    """Whoever takes it out of the file is told, also where nothing was decided since."""
    before = (registered / KEPT).read_text()
    assert call(*METRIC)[0] == 0
    marked = (registered / KEPT).read_text()
    write(registered / KEPT, before)

    code, what = holds(call)
    assert code == 3
    assert re.search(
        r"`taken_back` was .* when entry \d+ of the ledger took a claim of it back, and is nothing", what[0]
    )
    write(registered / KEPT, marked)
    assert holds(call) == (3, [])


def test_taking_back_hides_no_other_change(registered: Path, call: Call) -> None:
    """A record that differs already takes nothing back; nor does one that is edited in the same breath."""
    edited(registered, ("risk: medium", "risk: low"))
    code, _, err = call(*METRIC)
    assert (code, "error[GATE418]" in err, "`risk` was `medium`" in err) == (2, True, True)

    edited(registered, ("risk: low", "risk: medium"))
    assert call(*METRIC)[0] == 0
    assert holds(call) == (3, [])
    edited(registered, ("risk: medium", "risk: low"))
    assert "`risk` was `medium` when entry 1 of the ledger registered it" in holds(call)[1][0]


def test_an_undated_claim_is_followed_once_it_was_taken_back(registered: Path, call: Call) -> None:
    """Without that no measurement could ever follow it: none would be the newer one."""
    text = (registered / KEPT).read_text().replace(", measured_at: 2026-11-02T10:00:00Z", "").replace("'7'", "'8'")
    write(registered / "new/8.yaml", text)
    assert call("register", "new/8.yaml")[0] == 0
    write(registered / "new.json", '{"metrics": {"accuracy": {"value": 0.97, "data_set": "holdout"}}}')
    code, _, err = call("evidence", "add", "fraud@8", "new.json", "--ran-at", "2026-11-07")
    assert code == 2
    (command,) = re.findall(r"`policy (evidence remove [^`]+) --reason TEXT`", err)

    assert command == "evidence remove fraud@8 --metric accuracy --data-set holdout"
    assert call(*command.split(), *WHY)[0] == 0
    assert call("evidence", "add", "fraud@8", "new.json", "--ran-at", second())[0] == 0
    code, out, _ = call("check", "fraud@8", *TO, "-o", "json")
    assert (code, json.loads(out)["decision"].get("holds", [])) == (0, [])


def test_an_undated_claim_that_came_later_holds_no_longer_once_it_was_taken_back(registered: Path, call: Call) -> None:
    """It held every move, since nobody could tell that it is newer; what it hid is not believed for that."""
    edited(registered, (f"accuracy: {GOOD}", f"accuracy: [{GOOD}, {{value: 0.99, data_set: holdout}}]"))
    assert (holds(call)[0], len(holds(call)[1])) == (3, 1)

    assert call(*METRIC)[0] == 0

    assert holds(call) == (3, [])
    assert "UNKNOWN[GATE311]" in call("check", "fraud@7", *TO)[1]
    assert added(call, registered / "new.json", 0.97, second())[0] == 0
    assert holds(call) == (0, [])


@pytest.mark.parametrize(
    ("mark", "code"),
    [
        (MARK, 3),
        (MARK.replace("2026-11-06T10:00:00Z", "2026-11-01T10:00:00Z"), 3),
    ],
)
def test_a_mark_that_was_written_by_hand_lets_nothing_old_count(
    registered: Path, call: Call, mark: str, code: int
) -> None:
    """One that is dated before what it should cover is a change of the record, and holds."""
    assert call("check", "fraud@7", *TO)[0] == 0
    write(registered / KEPT, (registered / KEPT).read_text() + mark)
    assert call("check", "fraud@7", *TO)[0] == code
    assert bool(holds(call)[1]) is ("2026-11-01" in mark)


@pytest.mark.parametrize(
    ("option", "name", "place", "text"),
    [
        ("--suite", "smoke", "suites", "suites:\n- {name: smoke, passed: false, ran_at: 2026-11-02}\n"),
        ("--scan", "modelscan", "scans", "scans:\n- {tool: modelscan, ran_at: 2026-11-02, scanned: 1}\n"),
        ("--fact", "review.board", "facts", "facts: {review: {board: emea}}\n"),
        ("--field", "license", "license", "license: MIT\n"),
        ("--field", "tags.team", "tags", "tags: {team: risk}\n"),
        ("--field", "seeds.numpy", "seeds", "seeds: {numpy: 7}\n"),
    ],
)  # fmt: skip
def test_every_kind_of_claim_can_be_taken_back(
    project: Path, call: Call, option: str, name: str, place: str, text: str
) -> None:
    """Whatever `evidence add` could have written; once, and not where nothing is claimed."""
    path = write(project / "models/fraud/8.yaml", f"model: fraud\nversion: '8'\n{text}")
    code, _, err = call("evidence", "remove", "fraud@8", option, f"{name}x", *WHY)
    assert (code, "nothing to take back" in err) == (2, True)

    assert call("evidence", "remove", "fraud@8", option, name, *WHY)[0] == 0
    record = found("".join(path.read_text().splitlines(keepends=True)[2:]))
    torn: list[Any] = [v for p, v in record.unreadable.items() if p.startswith(place)]
    torn += [p["@unreadable"] for p in record.lists.get(place, ()) if "@unreadable" in p]
    assert next(t.why if isinstance(t, Unreadable) else t for t in torn).startswith("taken back by ")
    code, _, err = call("evidence", "remove", "fraud@8", option, name, *WHY)
    assert (code, "nothing to take back" in err, "was taken back by" in err) == (2, True, True)


def test_a_claim_on_other_data_is_not_touched() -> None:
    """A slot is a metric on a data set."""
    other = found(f"metrics:\n  accuracy: [{GOOD}, {{value: 0.5, data_set: shifted}}]\n{MARK}")
    by_set = {p["data_set"]: p.get("value") for p in other.measures["metrics", "accuracy"]}
    assert by_set == {"holdout": None, "shifted": 0.5}


def test_a_mark_without_a_readable_time_covers_all() -> None:
    """Nothing fills that slot from the record any more."""
    text = f"metrics:\n  accuracy: [{GOOD}, {BAD}]\n"
    assert found(text).sole["metrics:accuracy"]["value"] == 0.2
    for at in ("soon", "2026-11-20T10:00:00", ""):
        torn = found(text + MARK.replace("2026-11-06T10:00:00Z", at))
        assert torn.measures["metrics", "accuracy"][0]["@unreadable"].endswith("nothing fills it any more")


@pytest.mark.parametrize("wrong", ["{section: metric, name: accuracy}", "{section: metrics}", "{name: accuracy}", "{section: author}"])  # fmt: skip
def test_a_mark_that_names_no_claim_is_an_error(wrong: str) -> None:
    """It may have been meant for any."""
    assert found(MARK).passed_over == ()
    with pytest.raises(RecordError, match=r"taken_back\[0\]"):
        found(f"taken_back: [{wrong}]\n")


def test_evidence_does_not_take_back(project: Path, call: Call) -> None:
    """Neither a service's nor a tool's: it is a person's word."""
    write(project / "found.yaml", MARK)
    code, _, err = call("evidence", "add", "fraud@1", "found.yaml")
    assert (code, "evidence does not say `taken_back`" in err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--metric", "accuracy"), "needs a --reason"),
        (WHY, "name one thing"),
        (("--metric", "a", "--suite", "b", *WHY), "name one thing"),
        (("--suite", "b", "--data-set", "h", *WHY), "--data-set is of a --metric"),
        (("--field", "author", *WHY), "`author` says who `fraud@1` is"),
        (("--metric", "acuracy", *WHY), "it claims metric `accuracy`"),
    ],
)
def test_what_names_no_claim_takes_nothing_back(
    project: Path, call: Call, arguments: tuple[str, ...], said: str
) -> None:
    """The record stays as it was."""
    before = (project / "models/fraud/1.yaml").read_text()
    code, _, err = call("evidence", "remove", "fraud@1", *arguments)
    assert (code, said in err) == (2, True), err
    assert (project / "models/fraud/1.yaml").read_text() == before


def test_a_scan_that_says_nothing_does_not_stand_for_one_that_was_taken_back() -> None:
    """It looked at nothing and found nothing: the slot stays empty, whatever its time."""
    back = "taken_back:\n- {section: scans, name: modelscan, at: 2026-11-06T10:00:00Z, by: ada, reason: wrong}\n"
    clean = "scans:\n- {tool: modelscan, completed: true, scanned: 3, findings: [], ran_at: 2026-11-05T10:00:00Z}\n"
    nothing = "- {tool: modelscan, completed: false, findings: [], ran_at: 2026-11-07T10:00:00Z}\n"

    for text in (clean + back, clean + nothing + back):
        (scan,) = found(text).lists["scans"]
        assert "completed" not in scan or isinstance(scan["completed"], Unreadable), text
