"""Ways round `Gate` in a program of one's own: what it is handed, what changes around it, what is made of its answer."""

from __future__ import annotations

import copy
import os
import pickle
import threading
import time
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from letpass import Gate
from letpass.diagnostics import LetpassError
from letpass.evaluation.decision import Verdict
from letpass.facts.record import Holder
from letpass.frozen import replace
from tests.bypass.conftest import MEASURED, Call, write

MOVE = "promotion to production"
PLAIN = 'policy gate: "Gate"\n  on promotion to production\nrequire good: accuracy on "holdout" >= 0.92\n'
WEAK = PLAIN.replace("0.92", "0.1")


def record(version: str, accuracy: object) -> dict[str, Any]:
    return {"model": "churn", "version": version, "metrics": {"accuracy": {"value": accuracy, "data_set": "holdout"}}}


GOOD, BAD = record("1", 0.95), record("2", 0.5)


@pytest.fixture(name="gated")
def _gated(gated: Path) -> Path:
    """The project with a rule that asks for no champion, since records of one's own have none."""
    write(gated / "policies/gate.policy", PLAIN)
    return gated


def steps(project: Path) -> list[str]:
    """The kinds of entries in a project's ledger."""
    gate = Gate(project)
    from letpass.project.project import Project

    ledger = Project(gate.configuration).ledger.reader()
    return [e.entry.kind for e in ledger.entries()] if ledger is not None else []


def test_the_honest_way_works(gated: Path) -> None:
    """What is good is allowed, what is bad denied, what is missing undecided."""
    gate = Gate()
    found = [gate.decide(r, MOVE).verdict for r in (GOOD, BAD, record("3", None))]

    assert found == [Verdict.ALLOW, Verdict.DENY, Verdict.UNDECIDED]


def test_a_working_directory_that_changes_changes_no_policies(
    gated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paths were relative to where the program stood: after `chdir` another project judged."""
    write(tmp_path / "other/gated/policies/gate.policy", WEAK)
    monkeypatch.chdir(gated.parent)
    by_name = Gate(gated.name)
    monkeypatch.chdir(gated)
    found_upwards = Gate()
    for where in ("other/gated", "other"):
        monkeypatch.chdir(tmp_path / where)
        assert [g.decide(BAD, MOVE).allowed for g in (by_name, found_upwards)] == [False, False], where
        assert by_name.decide(GOOD, MOVE).allowed
        assert by_name.decide("fraud@3", MOVE).allowed


def test_a_working_directory_that_is_gone_opens_no_other_project(gated: Path, tmp_path: Path) -> None:
    """The folder in which the program stood was removed: an error, and no default."""
    gone = tmp_path / "gone"
    gone.mkdir()
    gate = Gate(gated)
    os.chdir(gone)
    gone.rmdir()
    try:
        with pytest.raises(FileNotFoundError):
            assert gate.decide(BAD, MOVE).allowed
        with pytest.raises(FileNotFoundError):
            Gate()
    finally:
        os.chdir(gated)


def test_a_mapping_that_answers_otherwise_the_second_time_is_read_once(gated: Path) -> None:
    """What was judged is what was copied: a mapping whose values change cannot pass with one and be another."""

    class Changing(dict[str, Any]):
        asked = 0

        def items(self) -> Any:
            self.asked += 1
            return super().items() if self.asked == 1 else record("2", 0.99).items()

    found = Changing(BAD)
    decision = Gate().decide(found, MOVE)

    assert (decision.verdict, found.asked) == (Verdict.DENY, 1)


def test_keys_that_are_equal_and_not_the_same_are_one_key_or_an_error(gated: Path) -> None:
    """A text of one's own kind that hashes apart would have stood twice in one mapping."""

    class Key(str):
        __slots__ = ()

        def __hash__(self) -> int:
            return 7

    metrics = {
        "accuracy": {"value": 0.5, "data_set": "holdout"},
        Key("accuracy"): {"value": 0.95, "data_set": "holdout"},
    }
    with pytest.raises(LetpassError, match="stands twice"):
        assert Gate().decide({**BAD, "metrics": metrics}, MOVE).allowed


@pytest.mark.parametrize(
    "value", [True, "0.95", 10**400, float("inf"), float("nan"), [0.95], {"value": 0.95}, 0.95 + 0j]
)
def test_a_value_that_is_no_plain_number_allows_nothing(gated: Path, value: object) -> None:
    """Truths, texts, numbers beyond numbers and numbers in brackets are unknown, or no record at all."""
    try:
        allowed = Gate().decide(record("2", value), MOVE).allowed
    except LetpassError:
        allowed = False

    assert not allowed


def test_a_number_that_says_something_else_of_itself_is_the_number_that_it_is(gated: Path) -> None:
    """A float of one's own kind may compare as it likes; what is judged is what JSON would say."""

    class Great(float):
        def __ge__(self, other: object) -> bool:
            return True

        def __gt__(self, other: object) -> bool:
            return True

        def __repr__(self) -> str:
            return "0.99"

    assert Gate().decide(record("2", Great(0.5)), MOVE).verdict is Verdict.DENY


def test_a_record_changed_after_the_decision_is_not_what_was_decided(gated: Path) -> None:
    """The decision keeps its own copy."""
    handed = copy.deepcopy(BAD)
    decision = Gate().decide(handed, MOVE)
    handed["metrics"]["accuracy"]["value"] = 0.99

    assert (decision.verdict, decision.record.document is not None) == (Verdict.DENY, True)
    assert "0.99" not in str(decision.record.document.data if decision.record.document else "0.99")


def test_a_decision_cannot_be_turned_by_whoever_holds_it(gated: Path) -> None:
    """Its parts are read-only, and a copy or a pickle says what it said."""
    decision = Gate().decide(BAD, MOVE)
    with pytest.raises(AttributeError):
        decision.verdict = Verdict.ALLOW  # type: ignore[misc]
    with pytest.raises(AttributeError):
        decision.allowed = True  # type: ignore[misc]

    for again in (copy.copy(decision), copy.deepcopy(decision), pickle.loads(pickle.dumps(decision))):
        assert (again.allowed, again.verdict) == (False, Verdict.DENY)


def test_a_decision_made_by_hand_moves_nothing(gated: Path, call: Call) -> None:
    """No move takes one: `promote` decides itself, and what replays is compared with what its inputs come to."""
    decision = Gate().decide("fraud@4", MOVE)
    forged = replace(decision, verdict=Verdict.ALLOW)
    assert not decision.allowed
    assert forged.verdict is Verdict.ALLOW
    assert call("promote", "fraud@4", "--to", "production", "-q")[0] == 1
    _, out, _ = call("check", "fraud@4", "--to", "production", "-o", "json")
    assert call("replay", str(write(gated / "stored.json", out)))[0] == 0
    write(gated / "stored.json", out.replace('"deny"', '"allow"'))
    assert out.count('"deny"') > 0
    assert call("replay", "stored.json")[0] != 0


def test_a_champion_that_the_caller_names_is_not_logged(gated: Path) -> None:
    """Who is told that nobody holds the stage says so in the answer, and refuses to log it."""
    gate = Gate()
    assert gate.decide("fraud@4", MOVE).verdict is Verdict.DENY
    told = gate.decide("fraud@4", MOVE, Holder.NOBODY)

    assert told.told == ("the call says that the champion is nobody",)
    with pytest.raises(LetpassError, match="the call says that the champion is nobody"):
        gate.decide("fraud@4", MOVE, Holder.NOBODY, log=True)
    assert steps(gated).count("decision") == 1


def test_a_record_of_the_callers_own_is_not_logged_as_the_registrys(gated: Path) -> None:
    """A mapping that says `fraud@4` with better numbers is another record than the registry's."""
    better = {**record("4", 0.99), "model": "fraud"}
    with pytest.raises(LetpassError, match="fraud@4"):
        Gate().decide(better, MOVE, log=True)

    assert steps(gated).count("decision") == 1


def test_a_record_read_before_it_was_edited_is_not_moved(gated: Path, call: Call) -> None:
    """The registry compares what it is about to move with what was read."""
    from letpass.move import Stage
    from letpass.project.configuration import load
    from letpass.project.project import Project
    from letpass.registries.interface import Change

    desk = Project(load())
    found = desk.registry.find("fraud@3")
    path = gated / "models/fraud/3.yaml"
    path.write_text(path.read_text().replace("0.97", "0.1"))

    with pytest.raises(LetpassError, match="was changed or taken away meanwhile"):
        desk.registry.move(found, Change(Stage("production"), ("1",)))


def test_policies_that_are_made_stricter_between_two_questions_judge_the_second(gated: Path) -> None:
    """Also where size and time of the file stay what they were."""
    gate = Gate()
    assert gate.decide(GOOD, MOVE).allowed
    path = gated / "policies/gate.policy"
    before = path.stat()
    path.write_text(path.read_text().replace("0.92", "0.99"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert not gate.decide(GOOD, MOVE).allowed


def test_policies_that_are_added_or_emptied_between_two_questions_are_seen(gated: Path) -> None:
    """A new file judges too; one without anything is an error, and nothing that was read before stands in for it."""
    gate = Gate()
    assert gate.decide(GOOD, MOVE).allowed
    write(gated / "policies/more/strict.policy", WEAK.replace("gate:", "strict:").replace("0.1", "0.99"))
    assert not gate.decide(GOOD, MOVE).allowed
    write(gated / "policies/more/strict.policy", "")
    with pytest.raises(LetpassError, match="nothing stands in this file"):
        gate.decide(GOOD, MOVE)


def test_a_clock_that_was_set_back_logs_nothing(gated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program may say what time it is; the ledger's last entry knows better."""
    monkeypatch.setattr(time, "time", lambda: 1_700_000_000.0)

    with pytest.raises(LetpassError):
        Gate().decide("fraud@3", MOVE, log=True)
    assert steps(gated).count("decision") == 1


def test_a_move_that_only_looks_like_one_is_none(gated: Path) -> None:
    """Words that end in a line, have two blanks or another alphabet are no move, or one that nobody governs."""
    gate = Gate()
    for words in (
        "promotion to production\n",
        "promotion  to production",
        "Promotion to production",
        "promotion to ",
        "promotion",
    ):
        try:
            allowed = gate.decide(BAD, words).allowed
        except ValueError:
            allowed = False
        assert not allowed, words
    assert not gate.decide(GOOD, "promotion to produ\u0441tion").allowed


def test_a_name_that_leads_out_of_the_registry_names_nothing(gated: Path) -> None:
    """Neither upwards nor by an absolute path, nor by a hidden file."""
    write(gated / "outside/9.yaml", MEASURED.format("9", 0.99))
    for name in (
        "../outside@9",
        "fraud/../../outside@9",
        f"{gated}/outside@9",
        "fraud@../../outside/9",
        ".@9",
        "fraud@.9",
    ):
        with pytest.raises(LetpassError):
            Gate().decide(name, MOVE)


def test_a_fork_decides_by_the_same_project(gated: Path) -> None:
    """A child has the parent's gate and its own ledger's handle: the same answers, and each is logged once."""
    gate = Gate()
    assert gate.decide(GOOD, MOVE).allowed
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = 0 if not gate.decide("fraud@2", MOVE, log=True).allowed else 1
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0
    assert not gate.decide("fraud@4", MOVE, log=True).allowed
    assert steps(gated).count("decision") == 3


def test_threads_that_ask_while_policies_change_get_no_mixture(gated: Path) -> None:
    """Two policies that each deny what the other allows: whatever is read, the bad version is never allowed."""
    gate, path, found = Gate(), gated / "policies/gate.policy", list[bool]()
    texts = [PLAIN, PLAIN.replace("0.92", "0.9")]
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            try:
                found.append(gate.decide(BAD, MOVE).allowed)
            except LetpassError:
                found.append(False)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for n in range(30):
        path.write_text(texts[n % 2])
    time.sleep(0.2)
    done.set()
    for thread in threads:
        thread.join()

    assert found
    assert not any(found)


def test_a_read_only_view_of_a_record_is_judged_as_what_it_shows(gated: Path) -> None:
    """Mappings of any kind are copied, and the numbers behind them count."""
    assert Gate().decide(MappingProxyType(BAD), MOVE).verdict is Verdict.DENY
    assert Gate().decide(MappingProxyType(GOOD), MOVE).verdict is Verdict.ALLOW


def test_an_answer_that_could_not_be_logged_is_none(gated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ledger is gone between two questions: no allow comes back."""
    gate = Gate()
    assert gate.decide("fraud@3", MOVE).allowed
    for path in (gated / ".letpass").glob("ledger.db*"):
        path.unlink()

    for log in (True, False):
        with pytest.raises(LetpassError, match="the ledger is gone"):
            gate.decide("fraud@3", MOVE, log=log)
