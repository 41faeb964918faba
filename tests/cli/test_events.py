"""`[[events]]` in policy.toml, `policy events`, and the events of a project whose people sign."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import OWN, Call, environ, signed
from tests.events import receiver as receivers
from tests.events.receiver import Receiver

TO = ("--to", "production")


@pytest.fixture(name="receiver")
def _receiver() -> Iterator[Receiver]:
    found = Receiver()
    yield found
    found.close()


def declare(folder: Path, text: str) -> None:
    """Put targets into the project's policy.toml."""
    with (folder / "policy.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n[[events]]\n{text}\n")


def test_the_life_of_a_version_is_told(call: Call, office: Path, receiver: Receiver) -> None:
    """What people sign, what is refused, and every move, in the order of the ledger; each says who and what."""
    declare(office, f'webhook = "{receiver.url}"\nunsigned = true')
    (office / "policies/deployment.policy").unlink()
    assert call("promote", "fraud@3", *TO, "--as", "bob@corp.example")[0] == 1
    assert call("request", "models/fraud/4.yaml", *TO, "--key", OWN)[0] == 0
    assert call("reject", "fraud@4", "--role", "validator", "--key", OWN, "--reason", "too slow")[0] == 0
    assert call("withdraw", "fraud@4", "--role", "validator", "--key", OWN)[0] == 0
    for name in ("vera", "vito"):
        assert call("sign", "fraud@4", "--role", "validator", "--key", name)[0] == 0
    assert call("sign", "policies", "--role", "policy-owner", "--key", OWN)[0] == 0
    code, _, err = call("check", "fraud@4", *TO, "--log")
    assert (code, "note:" in err) == (0, False), err
    assert call("promote", "fraud@4", *TO, "--as", "bob@corp.example")[0] == 0
    assert call("retire", "fraud@4", "--reason", "its time is over")[0] == 0

    told = [(e["type"], e["subject"]) for e in receiver.events]
    signed_ = [t for t in told if t[0].split(".")[1] in {"request", "sign-off", "objection", "withdrawal"}]
    assert [t for t in told if t not in signed_] == [
        ("letpass.refusal.v1", "fraud@3"),
        ("letpass.promotion.v1", "fraud@4"),
        ("letpass.retirement.v1", "fraud@4"),
    ]
    # what was said within one second has no order
    assert sorted(name.split(".")[1] for name, about in signed_ if about == "fraud@4") == [
        "objection", "request", "sign-off", "sign-off", "withdrawal",
    ]  # fmt: skip
    data = {e["type"].split(".")[1]: e["data"] for e in receiver.events}
    assert (data["refusal"]["verdict"], data["refusal"]["actor"]) == ("deny", "bob@corp.example")
    assert (data["objection"]["signer"], data["objection"]["reason"]) == ("rosa@corp.example", "too slow")
    assert (data["sign-off"]["role"], data["sign-off"]["stage"]) == ("validator", "production")
    assert (data["promotion"]["verdict"], data["retirement"]["reason"]) == ("allow", "its time is over")
    assert [e["data"]["entry"] for e in receiver.events] == sorted(e["data"]["entry"] for e in receiver.events)


def test_a_dead_target_changes_no_exit_code_and_is_listed(call: Call, office: Path, receiver: Receiver) -> None:
    """One line on standard error, none with -q; `list` and `deliver` say what waits, and deliver it."""
    declare(office, f'name = "ci"\non = ["request", "refusal"]\nwebhook = "{receiver.url}"\nunsigned = true')
    receiver.behaviour = receivers.fails(1)
    code, _, err = call("promote", "fraud@3", *TO, "--as", "bob")
    assert (code, err.splitlines()) == (
        1, ["nothing was moved", "note: 1 event waits for ci: it answered 500; `policy events list`"],
    )  # fmt: skip
    assert call("promote", "fraud@3", *TO, "--as", "eve", "-q") == (1, "", "")

    code, out, err = call("events", "list")
    lines = out.splitlines()
    assert (code, err, lines[:2]) == (0, "", ["ci:", "  refusal of fraud@3 (entry 4), and 1 more of the model"])
    assert lines[2].startswith("    sent 1 time in vain, again from ")
    assert lines[2].endswith(" on; last: it answered 500")
    assert call("events", "deliver") == (4, out, "")
    assert call("events", "deliver", "--all") == (0, "nothing waits\n", "")
    assert call("events", "list") == (0, "ci: nothing waits\n", "")
    assert receiver.subjects == ["fraud@3", "fraud@3"]


def test_a_target_that_is_declared_no_more_is_listed(call: Call, office: Path, receiver: Receiver) -> None:
    """So that nobody waits for what is not sent."""
    before = (office / "policy.toml").read_text()
    declare(office, f'name = "old"\nwebhook = "{receiver.url}"\nunsigned = true')
    call("promote", "fraud@3", *TO)
    (office / "policy.toml").write_text(before)
    declare(office, f'name = "new"\nwebhook = "{receiver.url}"\nunsigned = true')

    assert call("events", "list") == (
        0, "new: nothing waits\nold: declared no more; it was told all up to entry 4\n", "",
    )  # fmt: skip


def test_a_move_is_not_held_up(call: Call, office: Path, receiver: Receiver) -> None:
    """A webhook that hangs costs its timeout, and what was moved is moved."""
    declare(office, f'webhook = "{receiver.url}"\nunsigned = true\ntimeout = "700 ms"')
    receiver.behaviour = receivers.hangs
    call("promote", "fraud@3", *TO)
    begun = time.monotonic()
    code, _, err = call("retire", "fraud@3", "--reason", "it is slow")

    assert (code, err.splitlines()[0].startswith("retired: fraud@3 is archived")) == (0, True)
    assert "no answer within 0.7 s" in err
    assert time.monotonic() - begun < 0.7 + 2


def test_without_targets_nothing_of_it_is_loaded(office: Path) -> None:
    """A move that nobody is to be told of does not pay for it."""
    code = (
        "import sys\nfrom letpass.cli.main import run\nrun(['promote', 'fraud@3', '--to', 'production', '-q'])\n"
        "sys.exit(any(m.startswith('letpass.enforcement') for m in sys.modules))\n"
    )
    assert subprocess.run([sys.executable, "-c", code], env=environ(), check=False).returncode == 0


def test_without_targets_it_says_how(call: Call, office: Path) -> None:
    """There is nothing to list, and nobody to send to."""
    said = "no target is declared: `[[events]]` in policy.toml declares one\n"
    assert call("events", "list") == (0, said, "")
    code, out, err = call("events", "deliver")
    assert (code, out, err.endswith(f"Error: {said}")) == (2, "", True)


def test_nothing_waits_before_the_ledger_has_begun(call: Call, office: Path) -> None:
    """Nor is a ledger begun to look."""
    declare(office, 'webhook = "http://127.0.0.1:9/"\nunsigned = true')

    assert call("events", "list") == (0, "http://127.0.0.1:9: nothing waits\n", "")
    assert call("events", "deliver") == (0, "nothing waits\n", "")
    assert not (office / ".letpass/ledger.db").exists()


URL = 'webhook = "https://ci.example/hook"'
FAULTS = {
    "an unknown key": (f'{URL}\nsecrt = "X"', "unknown key `events.0.secrt`", "= help: a name like it exists: `secret`"),
    "an unknown event": (f'{URL}\non = ["promotoin"]', "`events.0.on.0`: there is no event `promotoin`; a name like it exists: `promotion`", ""),
    "neither": ('on = ["promotion"]', "`events.0`: an event goes to a `webhook` or to a `command`: name one of them", ""),
    "both": (f'{URL}\nunsigned = true\ncommand = ["x"]', "an event goes to a `webhook` or to a `command`", ""),
    "no secret": (URL, "name the environment variable of its `secret`, or write `unsigned = true`", ""),
    "secret and unsigned": (f'{URL}\nsecret = "X"\nunsigned = true', "`secret` and `unsigned` exclude each other", ""),
    "the secret itself": (f'{URL}\nsecret = "whsec_s3cr3t"', "`secret` is the name of an environment variable in capitals, never the secret itself", ""),
    "a command's secret": ('command = ["x"]\nsecret = "X"', "a command is not signed", ""),
    "no command": ('command = [" "]', "a command is a program and its arguments", ""),
    "another scheme": ('webhook = "file:///etc/passwd"', "no address such as https://", ""),
    "ftp": ('webhook = "ftp://ci.example/"', "a webhook is reached over http or https, not `ftp`", ""),
    "a password": ('webhook = "https://anna:pw@ci.example/"', "no password or user belongs into an address", ""),
    "a line break": ('webhook = "https://ci.example/\\r\\nX: 1"', "no address such as https://", ""),
    "a port": ('webhook = "https://ci.example:port/"', "no address such as https://", ""),
    "no time": (f'{URL}\nunsigned = true\ntimeout = "soon"', "`events.0.timeout`: no time such as `5 s`", ""),
    "too long": (f'{URL}\nunsigned = true\ntimeout = "11 min"', "`events.0.timeout`: no time such as `5 s`", ""),
    "a number": (f"{URL}\nunsigned = true\ntimeout = 5", "`events.0.timeout`: input should be a valid string", ""),
    "an odd name": (f'name = "a b"\n{URL}\nunsigned = true', "`name` is made of letters", ""),
    "twice": (f"{URL}\nunsigned = true\n[[events]]\n{URL}\nunsigned = true", "`https://ci.example` is declared twice", ""),
}  # fmt: skip


@pytest.mark.parametrize("case", FAULTS)
def test_a_target_that_nobody_meant_is_2(project: Path, call: Call, case: str) -> None:
    """Nothing is judged under it; no secret is shown."""
    text, *said = FAULTS[case]
    declare(project, text)
    code, out, err = call("check", "models/fraud/1.yaml", *TO)

    assert (code, out) == (2, "")
    assert [words for words in ("error[GATE013]: ", *said) if words not in err] == [], err
    assert "s3cr3t" not in err.partition(" --> ")[0]
    assert "anna:pw" not in err.partition(" --> ")[0]


def test_whoever_signs_is_not_asked_for_targets(call: Call, office: Path) -> None:
    """Commands that only write files tell nobody."""
    declare(office, 'command = ["false"]')
    signed(call, office)

    assert call("events", "list") == (0, "false: nothing waits\n", "")
