"""What is told, to whom, in which order, and how often: on SQLite and on PostgreSQL where it matters."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from letpass.events import outbox
from letpass.events.delivery import SLACK
from letpass.ledger import delivery as table
from letpass.ledger.place import store
from tests.cli.conftest import environ
from tests.events import receiver as receivers
from tests.events.conftest import Project
from tests.events.receiver import Receiver

SIGNED = 'secret = "CI_EVENTS_SECRET"'


@pytest.fixture(name="stored")
def _stored(bare: Callable[[str], Project], address: str) -> Project:
    """The project on each kind of store."""
    return bare(address)


def ready(project: Project, receiver: Receiver, *more: str) -> None:
    """Declare the receiver as a target, and let it be known."""
    project.declare("\n".join([f'name = "ci"\nwebhook = "{receiver.url}"', SIGNED, *more]))
    outbox.before(project.desk())


def test_a_dead_endpoint_loses_nothing_and_keeps_the_order(stored: Project, receiver: Receiver) -> None:
    """Nobody listens for a while; then all events arrive, once each, in the ledger's order."""
    ready(stored, receiver)
    port, alive = receiver.server_address[1], receiver
    alive.close()
    names = [f"{model}@{n}" for n in range(5) for model in ("fraud", "credit")]
    for name in names:
        (line,) = outbox.after(stored.log(name))
        assert "ci: connection refused" in line
    assert sum(len(w.events) for w in outbox.deliver(stored.desk())) == len(names)

    alive = Receiver(port)
    try:
        assert outbox.deliver(stored.desk(), everything=True) == []
        assert alive.subjects == names
        assert outbox.deliver(stored.desk(), everything=True) == []
        assert len(alive.asked) == len(names)
    finally:
        alive.close()


def test_one_model_that_is_refused_holds_no_other_up(stored: Project, receiver: Receiver) -> None:
    """The refused one's later events wait behind it, and come after it."""
    ready(stored, receiver)
    receiver.behaviour = receivers.fails_for("fraud", receivers.fails(3))
    for n in (1, 2, 3):
        outbox.after(stored.log(f"fraud@{n}", f"credit@{n}"))

    assert receiver.subjects == ["credit@1", "credit@2", "credit@3"]
    assert [e["subject"] for e in receiver.asked if e["data"]["model"] == "fraud"] == ["fraud@1"]
    (waiting,) = outbox.deliver(stored.desk())
    assert [e.about for e in waiting.events] == ["fraud@1", "fraud@2", "fraud@3"]
    assert (waiting.row.attempts, waiting.row.error) == (1, "it answered 500")
    for attempts in (2, 3):
        (waiting,) = outbox.deliver(stored.desk(), everything=True)
        assert waiting.row.attempts == attempts
    stored.due_now()
    assert outbox.deliver(stored.desk()) == []
    assert receiver.subjects[3:] == ["fraud@1", "fraud@2", "fraud@3"]


def test_a_new_target_gets_what_is_logged_after_it_was_seen(project: Project, receiver: Receiver) -> None:
    """No flood of history, for its other models and kinds neither; what is logged by the move that sees it first is told."""
    project.declare()
    project.log("fraud@1", "credit@1")
    ready(project, receiver, 'on = ["promotion"]', 'models = ["fraud"]')
    outbox.after(project.log("fraud@2", "credit@2"))
    outbox.after(project.log("fraud@2", kind="retirement"))
    assert receiver.subjects == ["fraud@2"]

    ready(project, receiver)  # the same name, and wants more
    assert outbox.deliver(project.desk()) == []
    outbox.after(project.log("credit@3"))
    assert receiver.subjects == ["fraud@2", "credit@3"]


def test_two_deliverers_at_once_keep_the_order(stored: Project, receiver: Receiver) -> None:
    """Eight events of two models and four processes: each event is accepted once, in order."""
    ready(stored, receiver, 'timeout = "60s"')  # an answer that comes too late would have it sent again
    names = [f"{model}@{n}" for n in range(8) for model in ("fraud", "credit")]
    stored.log(*names)
    receiver.behaviour = lambda handler, event: bool(time.sleep(0.02))
    command = [sys.executable, "-m", "letpass", "events", "deliver"]
    started = [subprocess.Popen(command, env=environ(), stdout=subprocess.DEVNULL) for _ in range(4)]

    assert [process.wait(60) for process in started] == [0] * 4
    assert [s for s in receiver.subjects if s.startswith("fraud")] == names[0::2]
    assert [s for s in receiver.subjects if s.startswith("credit")] == names[1::2]


def test_what_another_has_delivered_meanwhile_is_not_sent_again(
    stored: Project, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several events of one model, between looking at what waits and taking the first of it in hand."""
    ready(stored, receiver)
    names = [f"{model}@{n}" for n in range(3) for model in ("fraud", "credit")]
    stored.log(*names)
    claim = table.Table.claim

    def later(rows: table.Table, *asked: Any) -> bool:
        monkeypatch.setattr(table.Table, "claim", claim)
        assert outbox.deliver(stored.desk()) == []
        return claim(rows, *asked)

    monkeypatch.setattr(table.Table, "claim", later)

    assert outbox.deliver(stored.desk()) == []
    assert [event["subject"] for event in receiver.asked] == receiver.subjects == names


def test_a_deliverer_that_is_killed_has_lost_nothing(stored: Project, receiver: Receiver) -> None:
    """SIGKILL after the receiver has the event and before that is noted: it comes again with the same id, then the rest."""
    ready(stored, receiver, 'timeout = "20 s"')
    stored.log("fraud@1", "fraud@2", "fraud@3")
    arrived, hold = threading.Event(), threading.Event()

    def behaviour(handler: receivers.Handler, event: dict[str, object]) -> bool:
        if event["subject"] == "fraud@2" and not arrived.is_set():
            arrived.set()
            hold.wait(20)
        return False

    receiver.behaviour = behaviour
    process = subprocess.Popen([sys.executable, "-m", "letpass", "events", "deliver"], env=environ())
    assert arrived.wait(30)
    process.send_signal(signal.SIGKILL)
    process.wait()
    hold.set()
    assert outbox.after(stored.desk()) == []  # it is in hand: nothing is sent, and nobody waits
    assert [w.held for w in outbox.opened(stored.desk()).waiting()] == [True]  # type: ignore[union-attr]
    stored.due_now()

    assert outbox.deliver(stored.desk()) == []
    assert [e["subject"] for e in receiver.asked] == ["fraud@1", "fraud@2", "fraud@2", "fraud@3"]
    assert receiver.asked[1]["id"] == receiver.asked[2]["id"]


def test_what_is_in_hand_is_free_again_when_its_time_is_over(project: Project, receiver: Receiver) -> None:
    """The one who delivers waits for it; it is no longer than the timeout and a little."""
    ready(project, receiver, 'timeout = "2 s"')
    project.log("fraud@1")
    found = table.Table(store(os.environ["LETPASS_LEDGER"], make=False))
    found.begin("name:ci", '"fraud"', -1)
    now = int(time.time() * 1e6)
    assert found.claim("name:ci", '"fraud"', -1, "gone", now, now + 400_000, now)
    assert not found.claim("name:ci", '"fraud"', -1, "late", now, now + 400_000, now)

    assert outbox.deliver(project.desk()) == []
    assert time.time() * 1e6 > now + 400_000
    assert receiver.subjects == ["fraud@1"]
    assert SLACK < 10


def test_who_has_lost_what_was_in_hand_changes_nothing(project: Project, receiver: Receiver) -> None:
    """A process that comes back late marks nothing that another has in hand."""
    ready(project, receiver)
    project.log("fraud@1")
    found = project.table()
    found.begin("name:ci", '"fraud"', -1)
    assert found.claim("name:ci", '"fraud"', -1, "late", 0, 5, 0)
    assert found.claim("name:ci", '"fraud"', -1, "other", 10, 20, 10)
    found.accepted("name:ci", '"fraud"', "late", 7)
    found.failed("name:ci", '"fraud"', "late", 7, 7, "late")
    found.let_go("name:ci", '"fraud"', "late")

    row = found.rows("name:ci")['"fraud"']
    assert (row.done, row.attempts, row.error, row.until) == (-1, 0, "", 20)


@pytest.mark.parametrize("how", ["hangs", "trickles"])
def test_a_move_waits_no_longer_than_the_timeout(project: Project, receiver: Receiver, how: str) -> None:
    """Though events of many models are due; those that could not be tried are due at once."""
    ready(project, receiver, 'timeout = "500 ms"')
    receiver.behaviour = getattr(receivers, how)
    desk = project.log(*[f"model-{n}@1" for n in range(20)])
    begun = time.monotonic()
    (line,) = outbox.after(desk)

    assert time.monotonic() - begun < 0.5 + 1.5
    assert line.startswith("note: 20 events wait for ci: no answer within 0.5 s")
    assert len(receiver.asked) == 1


def test_a_slow_target_is_not_taken_for_a_dead_one(project: Project, receiver: Receiver) -> None:
    """After a move as many are sent as surely fit into the time; none is cut off in the middle."""
    ready(project, receiver, 'timeout = "1 s"')
    receiver.behaviour = lambda handler, event: bool(time.sleep(0.3))
    outbox.after(project.log(*[f"fraud@{n}" for n in range(6)]))

    assert receiver.subjects in (["fraud@0", "fraud@1"], ["fraud@0"])  # the second where the machine is not busy
    assert [w.row.attempts for w in outbox.opened(project.desk()).waiting()] == [0]  # type: ignore[union-attr]
    assert outbox.deliver(project.desk()) == []
    assert len(receiver.asked) == 6


def test_a_target_that_is_not_there_is_left_alone_after_three_tries(project: Project, receiver: Receiver) -> None:
    """A hundred models do not wait a hundred timeouts; those that were not tried are the first the next time."""
    ready(project, receiver, 'timeout = "200 ms"')
    receiver.behaviour = receivers.hangs
    project.log(*[f"model-{n}@1" for n in range(8)])
    left = outbox.deliver(project.desk())
    assert [w.row.attempts for w in left] == [1, 1, 1, 0, 0, 0, 0, 0]

    left = outbox.deliver(project.desk(), everything=True)
    assert [w.row.attempts for w in left] == [1, 1, 1, 1, 1, 1, 0, 0]


def test_a_move_is_made_whatever_becomes_of_its_events(
    project: Project, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A defect in the delivery: a line."""
    ready(project, receiver)
    desk = project.log("fraud@1")
    monkeypatch.setattr("letpass.events.delivery.webhook.send", lambda *_: {}[0])
    assert outbox.after(desk) == ["note: no event was sent: 0"]


def test_events_come_from_a_ledger_that_was_verified(project: Project, receiver: Receiver) -> None:
    """An entry that somebody has edited is told to nobody."""
    ready(project, receiver)
    project.log("fraud@1")
    bent = store(os.environ["LETPASS_LEDGER"], make=False)
    bent.run("DROP TRIGGER entry_stays", ())
    bent.run("UPDATE entry SET body = replace(body, 'fraud', 'other')", ())
    bent.close()

    assert "entry 0 was edited" in outbox.after(project.desk())[0]
    assert receiver.asked == []


COMMAND = """import json, os, sys
event = json.load(sys.stdin)
names = ("TYPE", "ID", "MODEL", "VERSION", "STAGE")
with open("told.txt", "a") as told:
    told.write(json.dumps([event["subject"], *[os.environ["LETPASS_EVENT_" + n] for n in names], *sys.argv[1:]]) + "\\n")
print("noise")
"""


def test_a_command_is_told(project: Project, capfd: pytest.CaptureFixture[str]) -> None:
    """The event on its standard input and in its environment, in the project's folder, without a shell; its output is nobody's."""
    (project.folder / "told.py").write_text(COMMAND)
    project.declare(f"command = ['{sys.executable}', 'told.py', '--now; touch $HOME']")
    outbox.before(project.desk())
    desk = project.log("fraud\n@4")

    assert outbox.after(desk) == []
    id_ = f"{desk.ledger.writer().checkpoint().origin}-0"
    import json

    assert json.loads((project.folder / "told.txt").read_text()) == [
        r"fraud\u000a@4", "letpass.promotion.v1", id_, r"fraud\u000a", "4", "production", "--now; touch $HOME",
    ]  # fmt: skip
    assert capfd.readouterr() == ("", "")


COMMANDS = {
    "exit 3": ["-c", "raise SystemExit(3)"],
    "ended by signal 15": ["-c", "import os; os.kill(os.getpid(), 15)"],
    "not done within 0.5 s, and killed": ["-c", "import time; time.sleep(60)"],
}


@pytest.mark.parametrize("said", COMMANDS)
def test_a_command_that_fails_is_run_again(project: Project, said: str) -> None:
    """Any end but exit 0 is no acceptance."""
    project.declare(f"command = {[sys.executable, *COMMANDS[said]]}\ntimeout = '500 ms'")
    outbox.before(project.desk())
    begun = time.monotonic()
    (line,) = outbox.after(project.log("fraud@4"))

    assert f": {said}; " in line
    assert time.monotonic() - begun < 0.5 + 3


def test_a_command_is_killed_with_what_it_started(project: Project, tmp_path: Path) -> None:
    """Its whole process group, and no other process."""
    script = "import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); open('pid', 'w').write(str(p.pid)); time.sleep(60)"
    project.declare(f"command = [{sys.executable!r}, '-c', {script!r}]\ntimeout = '1 s'".replace('"', '"'))
    outbox.before(project.desk())
    outbox.after(project.log("fraud@4"))
    pid = int((tmp_path / "pid").read_text())

    def running() -> bool:
        stat = Path(f"/proc/{pid}/stat")
        return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"

    end = time.monotonic() + 5
    while running() and time.monotonic() < end:
        time.sleep(0.05)
    assert not running()


def test_a_command_that_is_not_there_is_told(project: Project) -> None:
    project.declare("command = ['./nowhere.sh']")
    outbox.before(project.desk())

    assert outbox.after(project.log("fraud@4")) == [
        "note: 1 event waits for ./nowhere.sh: the command cannot be run: no such file or directory; `policy events list`"
    ]
