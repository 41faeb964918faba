"""What a help tells people to do works when they do it: stages and roles with a slip, and people who wait in the next
version of the trust file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli import office as offices
from tests.cli.conftest import OWN, Call, asked_among, write

GATE = """policy gate: "Gate"
  on promotion to production
metric accuracy: ratio
fact portion: ratio
require good: accuracy >= 0.9
require half: portion >= 0.1
"""
WAITS = "version 3 of the trust file has it, and waits for signatures: `policy trust sign`"


def test_a_stage_with_a_slip_is_offered_the_one_that_is_gated(project: Path, call: Call) -> None:
    """The move is denied, since nobody governs it, and with the stage that is offered it is judged."""
    assert call("check", "models/fraud/1.yaml", "--to", "production")[0] == 0

    code, out, _ = call("check", "models/fraud/1.yaml", "--to", "prodution")

    assert (code, out.splitlines()[-1]) == (
        1,
        "next: `--to production`, which is like it and is gated, if that is meant",
    )
    assert call("check", "models/fraud/1.yaml", *re.findall(r"`(--to) (\w+)`", out)[0])[0] == 0


def test_a_stage_that_is_like_no_other_is_offered_a_policy(project: Path, call: Call) -> None:
    """Nothing is offered that nobody can have meant."""
    code, out, _ = call("check", "models/fraud/1.yaml", "--to", "archive-west")

    assert (code, out.splitlines()[-1][:50]) == (1, "next: write a policy `on promotion to archive-west")


def test_the_key_of_somebody_who_waits_in_the_next_version_signs_when_the_help_is_obeyed(
    office: Path, call: Call
) -> None:
    """Nobody is told to add again who is added already: the root signs, and the key is theirs."""
    request = asked_among(office)
    offices.key(office / "keys/rolf")
    sign = ("sign", request, "--role", "validator", "--key", "keys/rolf")
    code, _, err = call(*sign)
    assert (code, "`policy trust add person PERSON --key KEY.pub`, and let the root sign it" in err) == (2, True)
    assert call("trust", "add", "person", "rolf@corp.example", "--key", "keys/rolf.pub")[0] == 0
    assert call("trust", "add", "role", "validator", "--member", "rolf@corp.example")[0] == 0

    code, _, err = call(*sign)

    assert (code, WAITS in err) == (2, True), err
    assert call("trust", "sign", "--yes", "--key", OWN)[0] == 0
    assert "is nobody's in the trust file" not in call(*sign)[2]


def test_a_role_that_waits_in_the_next_version_is_not_added_again(office: Path, call: Call) -> None:
    """The command that a missing role's help names says so, too, where somebody has run it before."""
    request = asked_among(office)
    sign = ("sign", request, "--role", "board", "--key", OWN)
    add = ("trust", "add", "role", "board", "--member", "vera@corp.example")
    assert "the trust file has no role `board`" in call(*sign)[2]
    assert call(*add)[0] == 0

    assert WAITS in call(*sign)[2]
    code, _, err = call(*add)
    assert (code, WAITS in err) == (2, True), err

    assert call("trust", "sign", "--yes", "--key", OWN)[0] == 0
    assert "the trust file has no role `board`" not in call(*sign)[2]
    assert WAITS not in call(*add)[2]


def test_lint_and_doctor_name_what_waits_in_the_next_version(office: Path, call: Call) -> None:
    """The role is added and not signed: both say what is to be done, and then they are silent."""
    write(office / "policies/board.policy", 'policy board: "B"\n  on review\nrequire a: signed by role "board"\n')
    assert "`policy trust add role board --member PERSON`, and `policy trust sign`" in call("lint")[1]
    call("trust", "add", "role", "board", "--member", "vera@corp.example")

    for command in ("lint", "doctor"):
        assert "version 3, which has it, waits: `policy trust sign`" in call(command)[1]

    call("trust", "sign", "--yes", "--key", OWN)
    for command in ("lint", "doctor"):
        assert "board" not in call(command)[1].replace("board.policy", ""), command


@pytest.mark.parametrize("policy", ["on promotion to prodution", 'on review\nrequire b: signed by role "ghost"'])
def test_lint_is_silent_about_projects_where_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Call, policy: str
) -> None:
    """One file in a folder of no project: nobody has said which stages there are, or who can sign."""
    write(tmp_path / "one.policy", f'policy one: "One"\n  {policy}\nrequire a: code.commit is recorded\n')
    monkeypatch.chdir(tmp_path)

    code, out, _ = call("lint", "one.policy")

    assert (code, "GATE257" in out, "GATE258" in out) == (0, False, False)


def test_register_before_a_project_is_begun_names_what_begins_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Call
) -> None:
    """And what it names works there."""
    record = write(tmp_path / "1.yaml", "model: m\nversion: '1'\n")
    monkeypatch.chdir(tmp_path)

    code, _, err = call("register", str(record))

    assert (code, "`policy init` begins a project" in err) == (2, True)
    assert call("init")[0] == 0
    assert "there is no `policies`" not in call("register", str(record))[2]


def test_a_percentage_in_the_place_of_a_ratio_is_told_how_it_is_recorded(project: Path, call: Call) -> None:
    """Both ways that the help names are obeyed, and both are read."""
    write(project / "policies/gate.policy", GATE)
    record = project / "models/fraud/9.yaml"
    said = "model: fraud\nversion: '9'\nmetrics: {accuracy: %s}\nfacts: {portion: %s}\n"
    write(record, said % ("95", "0.5"))
    check = ("check", "models/fraud/9.yaml", "--to", "production")

    code, out, _ = call(*check)

    assert (code, 'help: record `0.95`, or give its unit: `unit: "%"`' in out) == (3, True), out
    for obeyed in ("0.95", '{value: 95, unit: "%"}'):
        write(record, said % (obeyed, "0.5"))
        assert call(*check)[0] == 0
    write(record, said % ("0.95", "50"))
    code, out, _ = call(*check)
    assert (code, "help: record `0.5`, or declare it `ratio in %`" in out) == (3, True), out


def test_one_point_is_one_point(project: Path, call: Call) -> None:
    """A miss of one percentage point is told in the singular."""
    write(project / "policies/gate.policy", GATE.replace("0.9", "96%"))
    write(
        project / "models/fraud/9.yaml",
        "model: fraud\nversion: '9'\nmetrics: {accuracy: 0.95}\nfacts: {portion: 0.5}\n",
    )

    _, out, _ = call("check", "models/fraud/9.yaml", "--to", "production")

    assert "short by 1 point\n" in out
