"""A record that bears the name of a registered version, read from anywhere, equals the registry's or is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from letpass import Gate
from letpass.diagnostics import RecordError
from letpass.facts.record import Record
from tests.cli.conftest import Call, write

TO = ("--to", "production")
TEXT = """model: fraud
version: '2'
author: anna@corp.example
metrics: {accuracy: 0.95}
"""
COPIES = {
    "another folder": "elsewhere/fraud/2.yaml",
    "a copy beside": "models/fraud/2-copy.yaml",
    "another model's place": "models/other/2.yaml",
    "below the version": "models/fraud/2/more.yaml",
    "the project's top": "record.yaml",
}


@pytest.fixture(name="kept")
def _kept(project: Path) -> Path:
    """Version 2 is registered, good, and in staging."""
    write(project / "models/fraud/2.yaml", TEXT)
    write(project / "models/fraud/state.yaml", '"2": {stage: staging}\n')
    return project


def put(folder: Path, path: str, text: str) -> str:
    """A record at a place; its path."""
    write(folder / path, text)
    return path


@pytest.mark.parametrize("where", COPIES)
@pytest.mark.parametrize("more", [(), ("--log",)], ids=["looked at", "logged"])
def test_a_copy_is_the_version_or_is_refused(kept: Path, call: Call, where: str, more: tuple[str, ...]) -> None:
    """The same record is the registry's own, with its state; one that says something else is none."""
    path = put(kept, COPIES[where], f"# a copy\n{TEXT}")
    code, out, _ = call("check", path, *TO, *more, "-o", "json")
    assert (code, json.loads(out)["inputs"]["record"]["name"]) == (0, "models/fraud/2.yaml")
    assert "staging" in json.loads(out)["inputs"]["record"]["state"]["text"]

    put(kept, path, TEXT.replace("0.95", "0.99"))
    code, out, err = call("check", path, *TO, *more)
    assert (code, out) == (2, "")
    assert "GATE309" in err
    assert "`metrics.accuracy` is `0.99` here, and `0.95` in `models/fraud/2.yaml`" in err
    assert f" --> {path}:4:" in err


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (("author: anna@corp.example\n", ""), "`author` is nothing here, and `anna@corp.example` in"),
        (("version: '2'", "version: '2'\nrisk: low"), "`risk` is `low` here, and nothing in"),
        (("version: '2'", "version: '2'\nstage: production"), "`stage` is `production` here, and `staging` in"),
        (("version: '2'", "version: '2'\nobservations: {latency: 9}"), "`observations` is"),
        (("accuracy: 0.95", "accuracy: '0.95'"), "`metrics.accuracy` is `0.95` here"),
    ],
)
def test_every_difference_is_told(kept: Path, call: Call, edit: tuple[str, str], told: str) -> None:
    """Nothing is added by a copy, and no state."""
    put(kept, "t/fraud/2.yaml", TEXT)
    assert call("check", "t/fraud/2.yaml", *TO, "-q")[0] == 0
    put(kept, "t/fraud/2.yaml", TEXT.replace(*edit))

    code, _, err = call("check", "t/fraud/2.yaml", *TO)
    assert (code, told in err) == (2, True)


def test_standard_input_is_no_way_round(kept: Path, forked: Call) -> None:
    """What is piped in is compared like a file."""
    assert forked("check", "-", *TO, "-q", stdin=TEXT.encode())[0] == 0
    code, out, err = forked("check", "-", *TO, stdin=TEXT.replace("0.95", "0.99").encode())
    assert (code, out, "GATE309" in err, "<stdin>" in err) == (2, "", True, True)


def test_a_state_file_beside_a_copy_counts_for_nothing(kept: Path, call: Call) -> None:
    """The registry says who is where; another word is a difference."""
    path = put(kept, "t/fraud/2.yaml", TEXT)
    put(kept, "t/fraud/state.yaml", '"2": {stage: staging}\n')
    assert call("check", path, *TO, "-q")[0] == 0
    put(kept, "t/fraud/state.yaml", '"2": {stage: production}\n')

    code, _, err = call("check", path, *TO)
    assert (code, "`stage` is `production` here, and `staging` in" in err) == (2, True)


@pytest.mark.parametrize("way", ["link", "linked folder", "dots", "whole"])
def test_a_version_has_the_registrys_state_whatever_way_leads_to_its_file(kept: Path, call: Call, way: str) -> None:
    """A link to it has a folder of its own, and in that another state and other statements; a move wrote its state there."""
    write(
        kept / "policies/gate.policy",
        'policy gate: "Gate"\n  on promotion to production\nrequire staged: stage is "staging"\n',
    )
    put(kept, "t/fraud/state.yaml", '"1": {stage: staging}\n"2": {stage: staging}\n')
    for version in (1, 2):
        (kept / f"t/fraud/{version}.yaml").symlink_to(kept / f"models/fraud/{version}.yaml")
    (kept / "all").symlink_to("models/fraud")
    ways = {
        "link": "t/fraud",
        "linked folder": "all",
        "dots": "t/../models/./fraud",
        "whole": str(kept / "models/fraud"),
    }
    assert call("check", f"{ways[way]}/2.yaml", *TO, "-q")[0] == 0

    for command in (("check",), ("check", "--log"), ("promote",)):
        code, out, err = call(*command, f"{ways[way]}/1.yaml", *TO)
        assert (code, "ALLOWED" in out) == ((2, False) if way == "link" else (3, False)), command
        assert ("`stage` is `staging` here, and nothing in `models/fraud/1.yaml`" in err) == (way == "link")
    (kept / "t/fraud/state.yaml").unlink()
    assert call("check", f"{ways[way]}/1.yaml", *TO, "-q")[0] == 3
    assert call("promote", f"{ways[way]}/2.yaml", *TO)[0] == 0
    assert sorted(p.name for p in (kept / "t/fraud").iterdir()) == ["1.yaml", "2.yaml"]
    assert "stage: production" in (kept / "models/fraud/state.yaml").read_text()


def test_a_registry_that_cannot_tell_is_no_registry_without_the_version(kept: Path, call: Call) -> None:
    """Two files for one version, one that does not read, one that says that it is another."""
    path = put(kept, "t/fraud/2.yaml", TEXT)
    for name, text in (
        ("2.json", '{"model": "fraud", "version": "2"}'),
        ("2.yaml", "model: [\n"),
        ("2.yaml", TEXT.replace("'2'", "'9'")),
    ):
        put(kept, f"models/fraud/{name}", text)
        assert call("check", path, *TO, "-q")[0] == 2, name
        (kept / "models/fraud" / name).unlink()


def test_a_champion_of_a_registered_name_is_the_registrys(kept: Path, call: Call) -> None:
    """`--champion` brings no better or worse one under its name."""
    put(kept, "t/fraud/1.yaml", (kept / "models/fraud/1.yaml").read_text())
    assert call("check", "fraud@2", *TO, "--champion", "t/fraud/1.yaml", "-q")[0] == 0
    put(kept, "t/fraud/1.yaml", (kept / "models/fraud/1.yaml").read_text().replace("0.95", "0.1"))
    assert call("check", "fraud@2", *TO, "--champion", "t/fraud/1.yaml", "-q")[0] == 2


@pytest.mark.parametrize("name", ["fraud@1", "none", "-"])
def test_a_folder_that_is_called_like_a_word_of_the_command_is_not_meant(kept: Path, forked: Call, name: str) -> None:
    """It stood in the way of the champion, and of nobody."""
    champion = ("check", "fraud@2", *TO, "-o", "concise", "--champion", name)
    text = (kept / "models/fraud/1.yaml").read_bytes()
    before = forked(*champion, stdin=text)
    assert before[0] == 0
    put(kept, f"{name}/1.yaml", TEXT.replace("'2'", "'9'"))

    assert forked(*champion, stdin=text)[:2] == before[:2]
    code, out, _ = forked("check", "fraud@1" if name == "none" else name, *TO, "-o", "concise", stdin=text)
    assert (code, out.startswith("fraud@1: allow")) == (0, True)


@pytest.mark.parametrize(
    "command", [("register",), ("show",), ("eval", "accuracy >= 0.9"), ("request", *TO)], ids=lambda c: c[0]
)  # fmt: skip
def test_no_command_takes_another_record_for_the_version(kept: Path, call: Call, command: tuple[str, ...]) -> None:
    """Whatever reads a MODEL."""
    path = put(kept, "t/fraud/2.yaml", TEXT.replace("0.95", "0.99"))

    code, _, err = call(*command, path)
    assert (code, "GATE309" in err) == (2, True)


def test_one_of_a_folder_that_differs_is_a_fault_and_hides_no_other(kept: Path, call: Call) -> None:
    """The others are judged; the code is a fault's."""
    put(kept, "t/fraud/2.yaml", TEXT.replace("0.95", "0.99"))
    put(kept, "t/fraud/9.yaml", TEXT.replace("'2'", "'9'"))

    code, out, _ = call("check", "t", *TO, "-o", "concise")
    assert (code, "error[GATE309]" in out, "fraud@9: allow" in out) == (2, True, True)


def test_the_library_takes_no_other_record_either(kept: Path) -> None:
    """As data, by path, and as the champion."""
    gate = Gate(kept)
    data = {"model": "fraud", "version": "2", "author": "anna@corp.example", "metrics": {"accuracy": 0.99}}
    assert gate.decide("fraud@2", "promotion to production").allowed
    assert gate.decide({**data, "version": "9"}, "promotion to production").allowed
    for record in (data, Path(put(kept, "t/2.yaml", TEXT.replace("0.95", "0.99")))):
        with pytest.raises(RecordError, match="registry's record of `fraud@2`"):
            gate.decide(record, "promotion to production")
    with pytest.raises(RecordError, match="registry's record of `fraud@2`"):
        gate.decide("fraud@1", "promotion to production", data)


def test_a_record_that_came_from_no_text_is_compared_too(kept: Path) -> None:
    """A program that makes one by itself brings no other version either."""
    made = Record(values={"model": "fraud", "version": "2"})
    with pytest.raises(RecordError, match="registry's record of `fraud@2`"):
        Gate(kept).decide(made, "promotion to production")
    assert not Gate(kept).decide(Record(values={"model": "fraud", "version": "9"}), "promotion to production").allowed


def test_where_there_is_no_registry_a_record_is_what_it_says(project: Path, call: Call) -> None:
    """Nothing to compare with, and nothing that says otherwise who is where."""
    (project / "models").rename(project / "records")
    assert call("check", "records/fraud/1.yaml", *TO, "-q")[0] == 0
    write(project / "records/fraud/1.yaml", "model: fraud\nversion: '1'\nstage: staging\nmetrics: {accuracy: 0.95}\n")
    code, out, _ = call("check", "records/fraud/1.yaml", *TO)
    assert (code, "sets `stage` itself" in out) == (0, False)


def test_what_no_registry_has_says_its_own_state_for_all_to_see(kept: Path, call: Call) -> None:
    """A draft with a stage of its own is judged, the report says so, and it is not logged."""
    path = put(kept, "t/fraud/9.yaml", TEXT.replace("'2'", "'9'"))
    assert "sets `stage` itself" not in call("check", path, *TO)[1]
    put(kept, path, TEXT.replace("'2'", "'9'\nstage: staging"))

    code, out, _ = call("check", path, *TO)
    assert (code, "the record sets `stage` itself, and the registry has no fraud@9" in out) == (0, True)
    code, out, err = call("check", path, *TO, "--log")
    assert (code, out, "sets `stage` itself" in err) == (2, "", True)
