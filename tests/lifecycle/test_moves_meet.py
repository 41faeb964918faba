"""Moves that are disturbed: by others at the same time, by a kill, by files that go away meanwhile."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from letpass import disk
from letpass.diagnostics import UnreachableError
from letpass.frozen import replace
from letpass.ledger import lease
from letpass.lifecycle import execution, moves, recording
from letpass.project.configuration import load
from letpass.project.project import Project
from letpass.registries.folder import Folder
from tests.cli.conftest import Call, environ, signed, write
from tests.lifecycle.conftest import dies_before_done, kinds, state, steps

PROMOTE = ("promote", "fraud@1", "--to", "production")


def _program(*arguments: str) -> subprocess.Popen[bytes]:
    """A command as a program of its own, whose output goes to a file."""
    with Path("said.txt").open("ab") as said:
        command = [sys.executable, "-m", "letpass", *arguments]
        return subprocess.Popen(command, env=environ(), stdout=said, stderr=subprocess.STDOUT)


def _before(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, act: Callable[[], object]) -> None:
    """Let something happen once, right before a function runs."""
    real = getattr(owner, name)
    left = [act]

    def then(*args: Any, **kwargs: Any) -> Any:
        if left:
            left.pop()()
        return real(*args, **kwargs)

    monkeypatch.setattr(owner, name, then)


@pytest.mark.parametrize("moment", ["the decision", "the begin"])
def test_of_two_promotions_at_once_one_wins_and_the_other_is_told(
    project: Path, call: Call, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Whatever the moment at which the other one comes in between."""

    def other() -> None:
        done = _program("promote", "fraud@2", "--to", "production", "--as", "vera@corp.example")
        assert done.wait(60) == 0, Path("said.txt").read_text()

    owner, name = {
        "the decision": (recording, "record_decision"),
        "the begin": (execution, "out"),
    }[moment]
    _before(monkeypatch, owner, name, other)

    code, _, err = call(*PROMOTE)

    assert (code, "GATE431" in err) == (4, True)
    assert state(project) == {"2": {"stage": "production"}}
    assert [s.version for s in steps() if s.state == "done"] == ["2"]


def test_while_a_move_is_under_way_another_of_the_model_is_told_to_wait(
    project: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was begun alone goes on, however long the registry takes; nobody is judged against a champion that is leaving."""

    def other() -> None:
        for words in (("promote", "fraud@2", "--to", "production"), ("retire", "fraud@2", "--reason", "it is over")):
            done = _program(*words, "--as", "vera@corp.example")
            assert done.wait(60) == 4
        said = Path("said.txt").read_text()
        assert said.count("GATE431") == 2
        assert "fraud@1 is being moved" in said

    _before(monkeypatch, Folder, "move", other)

    assert call(*PROMOTE)[0] == 0
    assert state(project) == {"1": {"stage": "production"}}
    assert [(s.version, s.state) for s in steps()] == [("1", "begun"), ("1", "done")]


def test_who_writes_when_the_time_is_over_is_not_done(
    project: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that stood still was taken over: what it writes then is no move, and blocks until somebody looks at it."""
    lives = lease.LEASE

    def other() -> None:
        done = _program("promote", "fraud@2", "--to", "production", "--as", "vera@corp.example")
        assert done.wait(60) == 0, Path("said.txt").read_text()

    # the registry's write comes late: it is let through when the other one is done
    real = Folder.move

    def late(self: Folder, record: Any, change: Any) -> None:
        other()
        real(self, record, replace(change, leaving=("2",)))

    monkeypatch.setattr(lease, "LEASE", -lives)
    monkeypatch.setattr(Folder, "move", late)

    code, _, err = call(*PROMOTE)

    assert (code, "was taken over meanwhile" in err) == (4, True)
    assert [(s.version, s.state) for s in steps()] == [
        ("1", "begun"), ("1", "failed"), ("2", "begun"), ("2", "done"), ("1", "failed"),
    ]  # fmt: skip


def test_a_version_that_is_in_its_stage_still_has_not_left(project: Path, call: Call) -> None:
    """Whatever was done to the registry, it says so: the champion stays, and the leaving is logged as failed."""
    assert call("promote", "fraud@1", "--to", "production")[0] == 0
    desk = Project(load())
    record = desk.registry.find("fraud@1")

    with pytest.raises(UnreachableError, match="the registry shows 1 in `production` of fraud still"):
        moves.leave(desk, record, int(time.time()) * 1_000_000, "ops", lambda: None)

    assert [(s.kind, s.state) for s in steps()][-2:] == [("retirement", "begun"), ("retirement", "failed")]
    assert call("reconcile")[0] == 0
    assert call("retire", "fraud@1", "--reason", "it is too slow")[0] == 0
    assert call("retire", "fraud@1", "--reason", "again")[0] == 0


def test_a_move_that_nobody_ends_is_taken_over(project: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who was killed does not hold the model up: at once on the same machine, after its time elsewhere."""
    with monkeypatch.context() as patch:
        patch.setattr(lease, "_machine", lambda: "another-machine/1")
        _before(patch, Folder, "move", _die)
        assert call(*PROMOTE)[0] == 130

    code, _, err = call("promote", "fraud@2", "--to", "production")
    assert (code, "fraud@1 is being moved" in err) == (4, True)

    monkeypatch.setattr(lease, "is_over", lambda begun, now, *, elsewhere: begun.until <= now + lease.LEASE)
    assert call("promote", "fraud@2", "--to", "production")[0] == 0
    assert [(s.version, s.state) for s in steps()] == [("1", "begun"), ("1", "failed"), ("2", "begun"), ("2", "done")]


def test_many_promotions_at_once_leave_one_champion(project: Path) -> None:
    """Processes that start together: each is allowed or told, and at the end one version is there."""
    running = [_program("promote", f"fraud@{n}", "--to", "production") for n in (1, 2, 1, 2)]

    codes = [p.wait(60) for p in running]

    assert set(codes) <= {0, 4}, Path("said.txt").read_text()
    assert 0 in codes
    assert list(state(project).values()).count({"stage": "production"}) == 1


@pytest.mark.parametrize("what", ["the record", "its content"])
def test_a_version_that_vanishes_between_decision_and_move_is_not_moved(
    project: Path, call: Call, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """Exit 4, nothing is written, and the ledger says that the move failed."""
    path = project / "models/fraud/1.yaml"
    act = path.unlink if what == "the record" else lambda: write(path, path.read_text() + "risk: low\n")
    _before(monkeypatch, execution, "out", act)

    code, _, err = call(*PROMOTE)

    assert (code, state(project)) == (4, {})
    assert "was changed or taken away meanwhile" in err
    assert [s.state for s in steps()] == ["begun", "failed"]


def test_a_registry_that_cannot_be_written_moves_nothing(
    project: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 4, safe to try again: the sign-offs were not used up by it."""

    real = disk.replace

    def full(path: Path, data: bytes, *, durable: bool = False) -> None:
        if path.name == "state.yaml":
            raise OSError(28, "No space left on device")
        real(path, data, durable=durable)

    with monkeypatch.context() as patch:
        patch.setattr(disk, "replace", full)
        code, _, err = call(*PROMOTE)
    assert (code, "no space left on device" in err, state(project)) == (4, True, {})

    assert call(*PROMOTE)[0] == 0


def test_a_move_that_died_after_it_was_begun_is_made_again_with_the_same_sign_offs(
    office: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was moved, so nothing was used up; once another move has followed, it has."""
    signed(call, office)
    move = ("promote", "fraud@4", "--to", "production")
    with monkeypatch.context() as patch:
        _before(patch, Folder, "move", _die)
        assert call(*move)[0] == 130
    assert (state(office), [s.state for s in steps()]) == ({}, ["begun"])

    assert call(*move)[0] == 0
    assert [s.state for s in steps()] == ["begun", "failed", "begun", "done"]


def test_a_move_that_died_before_its_end_was_logged_is_ended_by_the_next_try(
    office: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The registry has moved; the ledger is told, and nobody is asked again."""
    signed(call, office)
    move = ("promote", "fraud@4", "--to", "production")
    with monkeypatch.context() as patch:
        dies_before_done(patch)
        assert call(*move)[0] == 130
    assert (state(office), [s.state for s in steps()]) == ({"4": {"stage": "production"}}, ["begun"])

    assert call(*move)[0] == 0
    assert [s.state for s in steps()] == ["begun", "done"]
    assert call("retire", "fraud@4", "--reason", "it is over")[0] == 0
    assert call(*move)[0] == 3  # and then they are used up


def _die() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("seconds", [4, pytest.param(30, marks=pytest.mark.soak)])
def test_a_process_killed_at_any_moment_leaves_the_old_state_or_the_new_one(project: Path, seconds: int) -> None:
    """Two versions take turns under SIGKILL: one of them is the champion at every moment, and the log goes on."""
    chance, turn, ended = random.Random(7), 0, {"killed": 0, "done": 0}
    begun = time.monotonic()
    assert _program("promote", "fraud@1", "--to", "production").wait(60) == 0
    whole = time.monotonic() - begun  # how long one takes on this machine, now
    until = time.monotonic() + seconds
    while time.monotonic() < until or not min(ended.values()):
        turn += 1
        process = _program("promote", f"fraud@{1 + turn % 2}", "--to", "production")
        try:
            process.wait(whole * chance.uniform(0.3, 1.8))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait(60)
        ended["killed" if process.returncode == -signal.SIGKILL else "done"] += 1
        stages = sorted(str(v["stage"]) for v in state(project).values())
        assert stages in (["production"], ["archived", "production"])
    assert _program("ledger", "verify").wait(60) == 0
    assert _program("promote", "fraud@1", "--to", "production").wait(60) in {0, 4}
    assert _program("promote", "fraud@1", "--to", "production").wait(60) == 0
    assert "move" in kinds()


def test_what_is_logged_while_another_delivers_is_delivered_too(project: Path, call: Call) -> None:
    """A process that waited for a slow receiver passed over what others had logged meanwhile."""
    told = project / "told"
    script = write(project / "tell.sh", f"#!/bin/sh\nsleep 1\ncat >> {told}\necho >> {told}\n")
    script.chmod(0o755)
    write(project / "policy.toml", f'[[events]]\non = ["promotion"]\ncommand = ["{script}"]\ntimeout = "20 s"\n')
    first = _program("promote", "fraud@1", "--to", "production")
    for _ in range(300):
        if state(project).get("1", {}).get("stage") == "production":
            break
        time.sleep(0.05)
    second = _program("promote", "fraud@2", "--to", "production")
    assert (first.wait(60), second.wait(60)) == (0, 0)

    assert call("events", "deliver", "--all")[0] == 0

    subjects = [json.loads(line)["subject"] for line in told.read_text().splitlines() if line]
    assert list(dict.fromkeys(subjects)) == ["fraud@1", "fraud@2"]
