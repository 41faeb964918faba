"""`from letpass import Gate`: the gate in a program of your own."""

from __future__ import annotations

import math
import os
import pydoc
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from inspect import ismodule
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import letpass
from letpass import Gate
from letpass.diagnostics import LetpassError, PolicyError, RecordError, SettingsError, StatementError
from letpass.evaluation.decision import Verdict
from letpass.facts.record import Holder, Record
from letpass.facts.values import date as date_of
from letpass.frozen import replace
from letpass.project.configuration import load
from letpass.project.ledger import ProjectLedger
from letpass.project.project import Project
from tests.api.conftest import MOVE, POLICY
from tests.cli.conftest import ROOT, Call, write

GOOD: dict[str, Any] = {"model": "fraud", "version": "9", "metrics": {"accuracy": 0.95}}


# ---------------------------------------------------------------- two lines


def test_the_package_shows_what_a_program_imports_from_it() -> None:
    """In an interpreter that completes names, and in `help`; loading it all is left until it is asked for."""
    names = {n for n in dir(letpass) if not n.startswith("_")}

    assert names == {n for n in letpass.__all__ if not n.startswith("_")} >= {"Gate", "Decision", "load_policies"}
    assert [n for n in names if getattr(letpass, n) is None or ismodule(getattr(letpass, n))] == []
    shown = pydoc.render_doc(letpass, renderer=pydoc.plaintext)
    assert all(f"    {said}" in shown for said in ("class Gate(", "capture_environment() ->", "seed_everything(seed: "))


def test_the_types_that_checkers_see_are_those_that_are_handed_on() -> None:
    """The stub names the same things from the same places; no name is a module's, which an import of it would hide."""
    stub = (ROOT / "src/letpass/__init__.pyi").read_text(encoding="utf-8")
    told = dict(reversed(found) for found in re.findall(r"^from (\S+) import (\w+) as \2$", stub, re.MULTILINE))

    assert told == letpass._WHERE
    assert sorted(re.findall(r'^    "(\w+)",$', stub, re.MULTILINE)) == sorted(letpass.__all__)
    assert [n for n in told if (ROOT / f"src/letpass/{n}.py").exists() or (ROOT / f"src/letpass/{n}").exists()] == []


def test_the_pages_import_what_is_public_alone() -> None:
    """So that modules may move."""
    pages = [*(ROOT / "docs").glob("*.md"), ROOT / "README.md", *(ROOT / "examples").rglob("*.py")]
    inner = re.compile(r"^\s*(?:from letpass\.\S+ import|import letpass\.).*", re.MULTILINE)

    assert {p.name: found for p in pages if (found := inner.findall(p.read_text(encoding="utf-8")))} == {}


def test_a_registry_asks_in_two_lines(project: Path) -> None:
    """The project's folder, and the version's name."""
    gate = Gate(project)
    verdicts = {v: gate.decide(f"fraud@{v}", MOVE).verdict for v in (1, 2, 3)}

    assert verdicts == {1: Verdict.ALLOW, 2: Verdict.DENY, 3: Verdict.UNDECIDED}


def test_a_record_is_a_mapping_a_path_a_name_or_a_record(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them are judged alike; a path object is a path, whatever is in its name."""
    gate = Gate(project / "policy.toml")
    path = project / "models/fraud/1.yaml"
    odd = write(project / "a@b.yaml", path.read_text())
    whole = gate.decide("fraud@1", MOVE).record

    decisions = [gate.decide(r, MOVE) for r in ("fraud@1", str(path), path, odd, whole, GOOD)]

    assert isinstance(whole, Record)
    assert [d.allowed for d in decisions] == [True] * 6
    assert decisions[-1].record.name == "fraud@9"
    monkeypatch.setenv("LETPASS_CONFIG", str(project / "policy.toml"))
    assert Gate().decide("fraud@1", MOVE).allowed is True


@pytest.mark.parametrize("record", ["fraud@7", "fraud", "nothing.yaml", "-", "", "@", "fraud@../1", "models"])
def test_what_names_no_version_is_an_error(project: Path, record: str) -> None:
    """Nothing is read from standard input either."""
    with pytest.raises((LetpassError, ValueError, TypeError)):
        Gate(project).decide(record, MOVE)


@pytest.mark.parametrize(
    "move", ["promotion", "promotion to ", "promote to production", "registration to x", "", "review to x"]
)
def test_what_is_no_move_is_an_error(project: Path, move: str) -> None:
    """A typing error asks for nothing."""
    with pytest.raises(ValueError, match="is no move; moves are `promotion to STAGE`"):
        Gate(project).decide(GOOD, move)


def test_a_project_that_cannot_be_read_is_an_error(project: Path) -> None:
    """There is no gate without its policies."""
    write(project / "policies/gate.policy", POLICY + "require accuracy >=\n")

    with pytest.raises(PolicyError):
        Gate(project)
    with pytest.raises(SettingsError):
        Gate(project / "nowhere.toml")


def test_a_move_that_nobody_governs_is_denied(project: Path) -> None:
    """As everywhere."""
    assert Gate(project).decide("fraud@1", "deployment").allowed is False


# ---------------------------------------------------------------- champion, log, policies that change


def test_the_champion_is_asked_of_the_registry_and_can_be_given(project: Path) -> None:
    """Of its versions, and of a record in plain data that names its model; whoever says nobody, says so and is told to have said it."""
    rule = 'policy gate: "Gate"\n  on promotion to production\nrequire better: accuracy >= champion.accuracy\n'
    write(project / "policies/gate.policy", rule)
    write(project / "models/fraud/state.yaml", "'1': {stage: production}\n")
    for version, accuracy in (1, 0.95), (2, 0.5), (4, 0.93):
        text = f"model: fraud\nversion: '{version}'\nmetrics: {{accuracy: {{value: {accuracy}, data_set: holdout}}}}\n"
        write(project / f"models/fraud/{version}.yaml", text)
    gate, mine = Gate(project), {**GOOD, "metrics": {"accuracy": {"value": 0.97, "data_set": "holdout"}}}
    other = {**mine, "model": "fruad"}

    found = [
        gate.decide("fraud@4", MOVE), gate.decide("fraud@4", MOVE, "fraud@2"), gate.decide(mine, MOVE),
        gate.decide(mine, MOVE, Holder.NOBODY), gate.decide(mine, MOVE, None), gate.decide(mine, MOVE, {**mine, "version": "8"}),
        gate.decide(mine, "promotion to staging"), gate.decide(other, MOVE), gate.decide(other, MOVE, "fraud@1"),
    ]  # fmt: skip

    assert [d.verdict.value for d in found] == [
        "deny", "allow", "allow", "undecided", "undecided", "allow", "deny", "undecided", "undecided",
    ]  # fmt: skip
    assert [d.champion.name if isinstance(d.champion, Record) else d.champion.value for d in found] == [
        "fraud@1", "fraud@2", "fraud@1", "nobody", "nobody", "fraud@8", "unasked", "unasked", "unasked",
    ]  # fmt: skip
    said = ("the call says that the champion is nobody",)
    assert [d.told for d in found[2:5]] == [(), said, said]
    with pytest.raises(StatementError, match="rests on what registry and ledger know"):
        gate.decide(mine, MOVE, None, log=True)


def test_a_misspelt_model_is_not_the_first_of_its_name(project: Path) -> None:
    """A rule that is left out where there is no champion holds of no record that only the call names."""
    rule = """policy gate: "Gate"
  on promotion to production
require good: accuracy >= 0.1
require better: accuracy >= champion.accuracy when there is a champion
"""
    write(project / "policies/gate.policy", rule)
    write(project / "models/fraud/state.yaml", "'1': {stage: production}\n")

    found = [Gate(project).decide({**GOOD, "model": name}, MOVE) for name in ("fraud", "fruad")]

    assert [(d.verdict.value, d.champion) for d in found[1:]] == [("undecided", Holder.UNASKED)]
    assert isinstance(found[0].champion, Record)


def test_a_decision_is_logged_where_asked(project: Path, call: Call) -> None:
    """It stands in the project's ledger, which verifies; without `log` nothing is written."""
    gate = Gate(project)
    assert gate.decide("fraud@1", MOVE).allowed
    assert not (project / ".letpass").exists()

    assert gate.decide("fraud@1", MOVE, log=True).allowed
    assert gate.decide(GOOD, MOVE, log=True).allowed

    configuration = load(project)
    ledger = ProjectLedger(configuration, None, Path("trust.json")).reader()
    assert ledger is not None
    assert [(e.entry.kind, e.entry.model, e.entry.version) for e in ledger.entries()] == [
        ("decision", "fraud", "1"), ("decision", "fraud", "9"),
    ]  # fmt: skip


def test_policies_that_changed_are_read_again(project: Path) -> None:
    """A file that was edited, added or broken counts from the next decision on."""
    gate = Gate(project)
    assert gate.decide("fraud@1", MOVE).allowed

    write(project / "policies/gate.policy", POLICY.replace("0.9", "0.99"))
    assert not gate.decide("fraud@1", MOVE).allowed
    write(project / "policies/gate.policy", POLICY)
    more = write(project / "policies/more.policy", POLICY.replace("policy gate", "policy more").replace("0.9", "0.96"))
    assert not gate.decide("fraud@1", MOVE).allowed
    more.unlink()
    assert gate.decide("fraud@1", MOVE).allowed
    write(project / "policies/gate.policy", "policy gate:\n")
    with pytest.raises(PolicyError):
        gate.decide("fraud@1", MOVE)
    write(project / "policies/gate.policy", POLICY)
    assert gate.decide("fraud@1", MOVE).allowed


def test_eight_threads_decide_at_once(project: Path) -> None:
    """Each gets its own answer, and the log has every decision once."""
    gate = Gate(project)
    asked = [(f"fraud@{1 + n % 3}", n % 8 == 0) for n in range(48)]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda a: gate.decide(a[0], MOVE, log=a[1]).verdict, asked))

    expected = {"fraud@1": Verdict.ALLOW, "fraud@2": Verdict.DENY, "fraud@3": Verdict.UNDECIDED}
    assert found == [expected[name] for name, _ in asked]
    ledger = Project(load(project)).ledger.reader()
    assert ledger is not None
    versions = [e.entry.version for e in ledger.entries()]
    assert set(versions) == {name[-1] for name, log in asked if log}
    assert ledger.faults() == []


# ---------------------------------------------------------------- hostile data

CIRCLE: dict[str, Any] = {**GOOD}
CIRCLE["facts"] = CIRCLE


class BytesPath:
    """A path that is named by bytes."""

    def __fspath__(self) -> bytes:
        return b"fraud.onnx"


class Odd(dict[str, Any]):
    """A mapping of the caller's own."""


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ({**GOOD, "metrics": {"accuracy": b"0.95"}}, "`metrics.accuracy`: a bytes is no plain value"),
        ({**GOOD, "expires_at": datetime(2099, 1, 1)}, "`expires_at`: a datetime without a zone is no moment"),  # noqa: DTZ001
        ({**GOOD, "expires_at": time(9)}, "`expires_at`: a time is no plain value"),
        ({**GOOD, "expires_at": np.datetime64("2099-01-01")}, "`expires_at`: a NumPy date has no zone"),
        ({**GOOD, "expires_at": np.timedelta64(1, "D")}, "`expires_at`: a NumPy date has no zone"),
        ({**GOOD, "expires_at": datetime.min.replace(tzinfo=timezone(timedelta(hours=9)))}, "no day of the calendar"),
        ({**GOOD, "metrics": {"accuracy": np.array([0.95])}}, "`metrics.accuracy`: an array of 1 is no single value"),
        ({**GOOD, "metrics": {"accuracy": np.zeros((2, 3))}}, "an array of 2 by 3 is no single value"),
        ({**GOOD, "metrics": {"accuracy": np.longdouble("0.95")}}, "no number that a record can hold exactly"),
        ({**GOOD, "metrics": {"accuracy": np.complex64(1)}}, "no number that a record can hold exactly"),
        ({**GOOD, "artifact": {"uri": BytesPath()}}, "`artifact.uri`: a path of bytes is no text"),
        ({**GOOD, "metrics": {"accuracy": Decimal("0.95")}}, "`metrics.accuracy`: a Decimal is no plain value"),
        ({**GOOD, "metrics": {"accuracy": 0.95 + 0j}}, "`metrics.accuracy`: a complex is no plain value"),
        ({**GOOD, "metrics": {"accuracy": object()}}, "`metrics.accuracy`: a object is no plain value"),
        ({**GOOD, "data": [{"name": {"a"}}]}, "`data[0].name`: a set is no plain value"),
        ({**GOOD, 7: 1}, "a key is a text, and no int"),
        ({**GOOD, "facts": {None: 1}}, "`facts`: a key is a text, and no NoneType"),
        ({**GOOD, "facts": {True: 1, "true": 2}}, "`facts`: a key is a text, and no bool"),
        (CIRCLE, "nested too deeply, or in a circle"),
        ({**GOOD, "hyperparameters": {"n": 10**5000}}, "a number too long"),
        ({**GOOD, "metrics": {"accuracy": "\ud800"}}, "half a character"),
        ({**GOOD, "metrcs": {}}, "unknown field `metrcs`"),
        ({**GOOD, "signoffs": []}, "signoffs"),
        ({**GOOD, "metrics": 1}, "metrics"),
        ({"model": "fraud"}, "version"),
        ({}, "model"),
        ({"Models": [{"Name": "a"}, {"Name": "b"}]}, ""),
    ],
)
def test_a_mapping_that_is_no_plain_data_is_an_error(project: Path, record: dict[Any, Any], why: str) -> None:
    """Nothing is guessed of it, and nothing is allowed."""
    with pytest.raises((RecordError, ValueError)) as raised:
        Gate(project).decide(record, MOVE)

    assert why in str(raised.value)


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, "0.95", True, None, -1, {"value": "0.95"}, [{"value": 0.95}, {"value": 0.5}]]
)
def test_a_value_that_is_no_number_is_never_one(project: Path, value: object) -> None:
    """It is unknown, or too small; never an allow."""
    assert Gate(project).decide({**GOOD, "metrics": {"accuracy": value}}, MOVE).allowed is False


@pytest.mark.parametrize("record", [7, None, b"fraud@1", ["fraud@1"]])
def test_what_is_no_record_at_all_is_an_error(project: Path, record: Any) -> None:
    """The caller's mistake."""
    with pytest.raises(TypeError, match="a record is a mapping, a path, `NAME@VERSION` or a `Record`"):
        Gate(project).decide(record, MOVE)


def test_mappings_and_tuples_of_the_callers_own_are_plain_data(project: Path) -> None:
    """What looks like a mapping is one."""
    record = Odd(GOOD, data=({"name": "events"},), metrics=Odd(accuracy=0.95))

    decision = Gate(project).decide(record, MOVE)

    assert (decision.allowed, len(decision.record.lists["data"])) == (True, 1)


class Tensor:
    """A scalar as PyTorch has it: a data type, no extent, and a number in it."""

    dtype, shape = "torch.float32", ()

    def item(self) -> float:
        return 0.95


@pytest.mark.parametrize(
    "value",
    [
        np.float64(0.95),
        np.float32(0.95),
        np.float16(0.95),
        np.array(0.95),
        np.int64(1),
        np.uint8(1),
        np.array(1),
        Tensor(),
    ],
)
def test_scalars_of_numpy_are_the_numbers_that_they_hold(project: Path, value: object) -> None:
    """Training scripts have nothing else."""
    assert Gate(project).decide({**GOOD, "metrics": {"accuracy": value}}, MOVE).allowed is True


def test_a_number_of_fewer_bits_is_what_it_holds_and_not_what_was_meant(project: Path) -> None:
    """Widened exactly: what is less than a bound by its bits does not reach it."""
    measured = Gate(project).decide({**GOOD, "metrics": {"accuracy": np.float32(0.9)}}, MOVE)
    (piece,) = measured.record.measures["metrics", "accuracy"]
    assert (piece["value"], measured.allowed) == (0.8999999761581421, False)
    assert Gate(project).decide({**GOOD, "metrics": {"accuracy": 0.9}}, MOVE).allowed is True


@pytest.mark.parametrize(
    "value", [np.float32("nan"), np.float64("inf"), np.array(np.nan), np.bool_(True), np.str_("0.95")]
)
def test_a_scalar_that_is_no_number_is_never_one(project: Path, value: object) -> None:
    """As a plain one would not be."""
    assert Gate(project).decide({**GOOD, "metrics": {"accuracy": value}}, MOVE).allowed is False


def test_moments_days_paths_and_flags_say_what_they_say(project: Path) -> None:
    """A moment is the same one in every zone."""
    tokyo = timezone(timedelta(hours=9))
    record = {
        **GOOD,
        "registered_at": datetime(2026, 11, 20, 9, 30, tzinfo=tokyo),
        "expires_at": date(2099, 1, 1),
        "artifact": {"uri": Path("models") / "fraud.onnx"},
        "code": {"dirty": np.bool_(False)},
        "seeds": {"numpy": np.int64(7)},
        "facts": {"seen": datetime(2026, 11, 20, tzinfo=timezone(timedelta(minutes=53, seconds=28)))},
    }
    found = Gate(project).decide(record, MOVE).record
    assert found.values["registered_at"] == date_of("2026-11-20T00:30:00Z")
    assert found.values["expires_at"] == date_of("2099-01-01")
    assert (found.values["artifact.uri"], found.values["code.dirty"]) == ("models/fraud.onnx", False)
    assert (found.values["seeds.numpy"], found.values["facts.seen"]) == (7.0, "2026-11-19T23:06:32+00:00")


def test_numpy_is_not_imported_for_it() -> None:
    """Whoever does not have it needs it for nothing."""
    done = subprocess.run(
        [sys.executable, "-c", "import sys, letpass as l; l.parse_record({'model': 'm', 'version': '1'}); print('numpy' in sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "False\n"


# ---------------------------------------------------------------- verdicts alone


def test_a_frozen_gate_gives_the_verdicts_of_the_gate(project: Path) -> None:
    """With the rules that block, and no decision: nothing takes its answer for one."""
    gate = Gate(project)
    frozen = gate.frozen()
    answers = {}
    for number in (1, 2, 3):
        decision = gate.decide(f"fraud@{number}", MOVE)
        answers[number] = frozen.verdict(decision.record, MOVE, decision.champion, now=decision.now)
        assert answers[number].verdict is decision.verdict
        assert answers[number].blocking == tuple(r.rule.id for r in decision.blocking)

    assert [bool(a) for a in answers.values()] == [True, False, False]
    assert not isinstance(answers[1], letpass.Decision)
    assert not frozen.verdict(gate.decide("fraud@1", MOVE).record, "deployment")
    with pytest.raises(ValueError, match="no move"):
        frozen.verdict(gate.decide("fraud@1", MOVE).record, "promotion to")


def test_a_frozen_gate_knows_the_policies_of_when_it_was_made(project: Path) -> None:
    """And no file afterwards."""
    frozen = Gate(project).frozen()
    record = Gate(project).decide("fraud@1", MOVE).record
    write(project / "policies/gate.policy", POLICY.replace("0.9", "0.99"))

    assert frozen.verdict(record, MOVE).allowed
    assert not Gate(project).frozen().verdict(record, MOVE).allowed


def test_where_the_compiled_form_does_not_answer_the_interpreter_does(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A frozen gate gives the same answer, slower."""
    gate = Gate(project)
    records = [gate.decide(f"fraud@{n}", MOVE).record for n in (1, 2, 3)]
    fast = [gate.frozen().verdict(r, MOVE) for r in records]
    monkeypatch.setattr("letpass.api.gate.verdicts_of", lambda *_: None)

    assert [gate.frozen().verdict(r, MOVE) for r in records] == fast


def test_an_allow_on_which_the_engines_differ_is_none(
    project: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks: the gate, a check, a move, an entry of the log.  What is denied is denied."""
    gate = Gate(project)
    assert gate.decide("fraud@1", MOVE).allowed
    monkeypatch.setattr("letpass.evaluation.verdicts.Verdicts.agree", lambda *_: False)
    monkeypatch.chdir(project)

    with pytest.raises(letpass.EnginesDifferError, match="the engines differ on fraud@1"):
        gate.decide("fraud@1", MOVE)
    assert not gate.decide("fraud@2", MOVE).allowed
    for command in (("check", "fraud@1", "--to", "production"), ("promote", "fraud@1", "--to", "production")):
        with pytest.raises(letpass.EnginesDifferError):
            call(*command)
    assert call("show", "fraud@1")[1].count("production") == 0


@pytest.mark.parametrize("change", [{"governs": False}, {"truth": None}])
def test_the_compiled_form_differs_where_any_part_of_a_decision_does(project: Path, change: dict[str, Any]) -> None:
    """One policy that it says does not govern, one rule that it says is unknown."""
    from letpass.evaluation.input import Input
    from letpass.evaluation.verdicts import verdicts_of

    gate = Gate(project)
    made = gate.decide("fraud@1", MOVE)
    given = Input(made.record, made.move, made.now, made.champion)
    compiled = verdicts_of(gate.policies.policies, gate.policies.digest, made.move)
    assert compiled is not None
    assert compiled.agree(made, given)
    (result, *rest) = made.policies
    (rule, *rules) = result.rules
    other = (
        replace(result, rules=(replace(rule, truth=None), *rules))
        if "truth" in change
        else replace(result, governs=None)
    )

    assert not compiled.agree(replace(made, policies=(other, *rest)), given)
    assert not compiled.agree(replace(made, policies=tuple(rest)), given)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"record": {"model": "fraud"}}, "`Record` is wanted, and no dict"),
        ({"record": None}, "`Record` is wanted, and no NoneType"),
        ({"champion": None}, "`Record` or `Holder` is wanted, and no NoneType"),
        ({"move": None}, "`Move` or `str` is wanted, and no NoneType"),
        ({"now": "2026-11-30"}, "`now` is whole microseconds, and no str"),
        ({"now": True}, "`now` is whole microseconds, and no bool"),
    ],
)
def test_a_frozen_gate_is_asked_in_its_own_types(project: Path, changed: dict[str, Any], said: str) -> None:
    """Each of them would else be an attribute that is missing, or an answer about something else."""
    frozen = Gate(project).frozen()
    asked: dict[str, Any] = {"record": letpass.parse_record(GOOD), "move": MOVE, "champion": Holder.NOBODY}

    assert frozen.verdict(**asked).allowed
    with pytest.raises(TypeError, match=re.escape(said)):
        frozen.verdict(**(asked | changed))
    with pytest.raises(TypeError, match="a record is a text, bytes or a mapping, and no list"):
        letpass.parse_record([GOOD])  # type: ignore[arg-type]


# ---------------------------------------------------------------- whose record it is


@pytest.mark.parametrize("as_bytes", [False, True])
def test_no_text_is_a_version_because_it_is_called_so(project: Path, as_bytes: bool) -> None:
    """A program that hands on what somebody sent, under the name that they gave it, judges the registry's version or none."""
    path = project / "models/fraud/2.yaml"
    text = path.read_text(encoding="utf-8")
    better = text.replace("0.5", "0.95")
    gate = Gate(project)
    assert gate.decide("fraud@2", MOVE).verdict is Verdict.DENY
    for name in ("models/fraud/2.yaml", str(path), os.path.relpath(path), "<stdin>", "other.yaml"):
        sent = letpass.parse_record(better.encode() if as_bytes else better, name)
        with pytest.raises(RecordError, match=r"is `0.95` here, and `0.5` in `.*models/fraud/2.yaml`"):
            gate.decide(sent, MOVE)
        with pytest.raises(RecordError, match=r"is `0.95` here, and `0.5` in"):
            gate.decide("fraud@2", MOVE, letpass.parse_record(better, name))
        assert gate.decide(letpass.parse_record(text, name), MOVE).verdict is Verdict.DENY


def test_nothing_is_looked_for_beside_a_name_that_was_handed_in(project: Path, call: Call) -> None:
    """Statements lie beside files that were read; a text has none, whatever it is called."""
    from letpass.registries import carried

    write(project / "elsewhere/9/0123456789abcdef.json", "{}")
    record = letpass.parse_record('{"model": "fraud", "version": "9"}', "elsewhere/9.json")

    assert (carried.folder(record), carried.statements(record)) == (None, [])


def test_a_record_that_was_read_before_is_judged_as_it_is_now(project: Path) -> None:
    """One whose file says something else meanwhile is refused, and one whose file has gone."""
    path = project / "models/fraud/1.yaml"
    (record,) = letpass.find_records(path).records
    gate = Gate(project)
    assert gate.decide(record, MOVE).verdict is Verdict.ALLOW
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("0.95", "0.5"), encoding="utf-8")
    with pytest.raises(RecordError, match=r"is `0.95` here, and `0.5` in"):
        gate.decide(record, MOVE)
    path.unlink()
    assert gate.decide(record, MOVE).verdict is Verdict.ALLOW  # a draft: no version of the registry bears its name


def test_a_call_reads_no_file_twice(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Record, state, trust file and policies, each once for a decision, by whatever name the version is asked for."""
    write(project / "models/fraud/state.yaml", '"1": {stage: production}\n')
    gate = Gate(project)
    monkeypatch.chdir(project)
    gate.decide("fraud@2", MOVE)
    opened: list[str] = []
    real = os.open

    def watched(path: Any, *rest: Any, **more: Any) -> int:
        opened.append(os.path.realpath(path))
        return real(path, *rest, **more)

    monkeypatch.setattr(os, "open", watched)
    for asked in ("fraud@2", "models/fraud/2.yaml", Path("models/fraud/2.yaml")):
        opened.clear()
        gate.decide(asked, MOVE)
        assert sorted(opened) == sorted(set(opened)), asked
        assert any(p.endswith("fraud/2.yaml") for p in opened)


def test_what_a_decision_added_to_its_record_counts_for_no_other_one(office: Path, call: Call) -> None:
    """Evidence is looked at for every decision: a record that one gave back had brought along what its evidence attested then."""
    record = letpass.parse_record((office / "models/fraud/4.yaml").read_text(encoding="utf-8").replace("'4'", "'9'"))
    path = write(office / "new/9.yaml", record.document.source.text if record.document is not None else "")
    attested = ("attest", str(path), "results.xml", "--suite", "Fairness Check", "--key", "ci.pem")
    assert call(*attested)[0] == 0
    gate = Gate(office)

    def checked(asked: Path | Record) -> str:
        decision = gate.decide(asked, "deployment")
        return next(r.outcome.value for r in decision.rules if r.rule.id == "deployment/checked")

    before = gate.decide(path, "deployment").record
    assert (checked(path), checked(before)) == ("pass", "pass")
    for statement in path.with_suffix("").iterdir():
        statement.unlink()
    assert (checked(path), checked(before)) == ("unknown", "unknown")


@pytest.mark.parametrize("partial", [False, True])
def test_a_record_is_what_its_text_says(project: Path, partial: bool) -> None:
    """Of a copy with other values, also one that calls itself a listing's, the registry's version is judged."""
    path = project / "models/fraud/2.yaml"
    (record,) = letpass.find_records(path).records
    (piece,) = record.measures["metrics", "accuracy"]
    bent = replace(record, measures={("metrics", "accuracy"): ({**piece, "value": 0.95},)}, partial=partial)

    assert Gate(project).decide(record, MOVE).verdict is Verdict.DENY
    assert Gate(project).decide(bent, MOVE).verdict is Verdict.DENY
    path.write_text(path.read_text(encoding="utf-8").replace("0.5", "0.4"), encoding="utf-8")
    with pytest.raises(RecordError, match=r"is `0.5` here, and `0.4` in"):
        Gate(project).decide(bent, MOVE)


@pytest.mark.parametrize("where", ["policy.toml", "pyproject.toml", "other.toml"])
def test_settings_that_changed_are_read_again(project: Path, where: str) -> None:
    """A gate that was made before judged by the policies, and for the environments, that the project listed then."""
    (project / "policy.toml").unlink()
    table = "[tool.letpass]\n" if where == "pyproject.toml" else ""
    path = write(project / where, f'{table}policies = ["policies"]\n')
    gate = Gate(path if where == "other.toml" else project)
    assert gate.decide("fraud@1", MOVE).allowed
    strict = POLICY.replace("policy gate", "policy strict").replace("0.9", "0.99")
    write(project / "strict/strict.policy", strict)
    assert gate.decide("fraud@1", MOVE).allowed

    write(path, f'{table}policies = ["policies", "strict"]\n')
    assert gate.decide("fraud@1", MOVE).verdict is Verdict.DENY
    assert not gate.frozen().verdict(letpass.parse_record({**GOOD, "version": "1"}), MOVE).allowed
    write(path, f"{table}policies = 7\n")
    with pytest.raises(SettingsError):
        gate.decide("fraud@1", MOVE)
    path.unlink()
    with pytest.raises(SettingsError):
        gate.decide("fraud@1", MOVE)
    write(path, f'{table}policies = ["policies"]\n')
    assert gate.decide("fraud@1", MOVE).allowed
