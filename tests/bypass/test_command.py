"""Ways round the command: its words, its variables, its project's files, the ways in which it ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from letpass.ledger import gatekey
from tests.bypass.conftest import PROMOTE, TO, VERIFY, Call, write
from tests.cli.conftest import POLICY, RECORD, environ

GOOD = ("check", "models/fraud/1.yaml", *TO)
STRICT = 'policy strict: "Strict"\n  on promotion to production\nrequire great: accuracy >= 0.99\n'
BROKEN = (
    "import os, signal, sys\n"
    "import letpass.gate.judgement, letpass.cli.main\n"
    "decided = letpass.gate.judgement.decided\n"
    "def ended(*a, **k):\n"
    "    found = decided(*a, **k)\n"
    "    number = int(sys.argv[1])\n"
    "    if signal.getsignal(number) is signal.SIG_IGN:\n"
    "        signal.signal(number, signal.SIG_DFL)\n"
    "    os.kill(os.getpid(), number)\n"
    "    return found\n"
    "letpass.gate.judgement.decided = ended\n"
    "sys.exit(letpass.cli.main.run(sys.argv[2:]))\n"
)
"""Ends the program by a signal as soon as the verdict is there, also where who started it (`nohup`) has it ignored."""


def test_the_honest_way_works(project: Path, call: Call) -> None:
    """The good version is allowed, the bad one denied, the unknown one undecided."""
    assert [call("check", f"models/fraud/{v}.yaml", *TO, "-q")[0] for v in (1, 2, 3)] == [0, 1, 3]


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff", "# require great: accuracy >= 0.99\n"], ids=repr)
def test_a_policy_that_was_emptied_does_not_vanish(project: Path, call: Call, text: str) -> None:
    """A strict policy cut off by a full disk, or commented out, left the others to judge alone."""
    write(project / "policies/strict.policy", STRICT)
    assert call(*GOOD, "-q")[0] == 1
    write(project / "policies/strict.policy", text)

    code, _, err = call(*GOOD)

    assert (code, "nothing stands in this file" in err) == (2, True)


def test_a_folder_of_policies_that_cannot_be_read_does_not_vanish(
    project: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system says no, and the policies in it would not have judged."""
    write(project / "policies/strict/strict.policy", STRICT)
    scandir = os.scandir

    def refuse(path: str = ".") -> object:
        if str(path).endswith("strict"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)

    code, _, err = call(*GOOD)

    assert (code, "cannot read the folder `policies/strict`: permission denied" in err) == (2, True)


def test_a_second_policy_under_the_name_of_a_strict_one_does_not_take_its_place(project: Path, call: Call) -> None:
    """Neither of two wins."""
    write(project / "policies/strict.policy", STRICT)
    write(project / "policies/zz.policy", STRICT.replace("0.99", "0.1"))

    assert call(*GOOD, "-q")[0] == 2


@pytest.mark.parametrize("what", ["a link that leads nowhere", "a folder", "a pipe"])
def test_a_configuration_that_is_no_file_is_not_passed_over(project: Path, call: Call, what: str) -> None:
    """A mounted `policy.toml` that has gone would leave the defaults in force, and nobody would know."""
    path = project / "policy.toml"
    make = {"a folder": path.mkdir, "a pipe": lambda: os.mkfifo(path)}
    make.get(what, lambda: path.symlink_to("gone.toml"))()

    code, _, err = call(*GOOD)

    assert (code, "`policy.toml`" in err) == (2, True)


def test_one_alias_of_two_stages_means_neither(project: Path, call: Call) -> None:
    """The one that stood last won, though its policies were weaker."""
    write(
        project / "policies/lab.policy",
        POLICY.replace("gate:", "lab:").replace("production", "lab").replace("0.9", "0.1"),
    )
    write(project / "policy.toml", '[aliases]\nproduction = ["champion"]\nlab = ["Champion"]\n')

    code, _, err = call("promote", "fraud@2", "--to", "champion")

    assert (code, "`champion` means both `production` and `lab`" in err) == (2, True)
    assert not (project / "models/fraud/state.yaml").exists()


@pytest.mark.parametrize("settings", ['[aliases]\nlab = ["production"]\n', '[aliases]\nlab = ["live"]\nlive = ["x"]\n'])
def test_a_stage_is_no_alias_of_a_weaker_one(project: Path, call: Call, settings: str) -> None:
    """An environment that needs production would have been content with the lab."""
    write(project / "policy.toml", settings)

    code, _, err = call("check", "models/fraud/2.yaml", *TO)

    assert (code, "is a stage of its own" in err) == (2, True)


@pytest.mark.parametrize(
    "stage",
    [
        "pr\u043eduction",
        "\uff50roduction",
        "PRODUCT\u0130ON",
        "produ\u0441tion",
        "production\u200b",
        "produ\u0327ction",
    ],
)
def test_a_stage_in_letters_that_look_alike_is_none(project: Path, call: Call, stage: str) -> None:
    """Cyrillic, full-width, dotted, with marks and with nothing to see: no state says it, and no check allows it."""
    assert call("promote", "fraud@2", "--to", stage)[0] == 2
    assert call("check", "fraud@1", "--to", stage, "-q")[0] == 1
    assert not (project / "models/fraud/state.yaml").exists()


@pytest.mark.parametrize("stage", ["PRODUCTION", "pRoDuction"])
def test_another_case_of_a_gated_stage_is_gated(project: Path, call: Call, stage: str) -> None:
    """It is the same stage, for the bad version and for the good one."""
    assert call("promote", "fraud@2", "--to", stage, "-q")[0] == 1
    assert call("promote", "fraud@1", "--to", stage, "-q")[0] == 0


@pytest.mark.parametrize(
    "value",
    ["\uff10.\uff19\uff15", "\u0660.\u0669\u0665", "1_0", "0x1", "1:30", "+.95", "95%", "0.95\u00a0", "1e400", ".inf", "-.nan", "'0.95'", "yes"],
)  # fmt: skip
def test_what_only_looks_like_a_number_is_none(project: Path, call: Call, value: str) -> None:
    """Other digits, units, times, texts and what is beyond numbers: unknown, and never above a limit."""
    write(project / "r.yaml", RECORD.format("9", value))

    assert call("check", "r.yaml", *TO, "-q")[0] == 3


@pytest.mark.parametrize(("value", "expected"), [("0.95", 0), ("95", 3), ("{value: 95, unit: points}", 3), ("1.01", 3)])
def test_a_number_in_another_unit_than_the_rule_has_is_unknown(
    project: Path, call: Call, value: str, expected: int
) -> None:
    """95 is above 90 %, and no share of anything."""
    write(project / "policies/gate.policy", POLICY.replace("0.9", "90%"))
    write(project / "r.yaml", RECORD.format("9", value))

    assert call("check", "r.yaml", *TO, "-q")[0] == expected


def test_a_policy_under_a_name_that_no_policy_has_is_missed(signed: Path, call: Call) -> None:
    """`gate.policy~` is read by nobody, and a weak one stands in its place: the owners have not signed that set."""
    text = (signed / "policies/gate.policy").read_text("utf-8")
    (signed / "policies/gate.policy").rename(signed / "policies/gate.policy~")
    assert call("promote", "fraud@3", *TO, "-q")[0] == 1
    write(signed / "policies/gate.policy ", text)
    write(signed / "policies/weak.policy", POLICY.replace("0.9", "0.1"))

    code, out, _ = call("promote", "fraud@3", *TO)

    assert (code, "0 of 1 signatures by its owners" in out) == (3, True)


@pytest.mark.parametrize(
    "text",
    [
        '{"model": "fraud", "version": "9", "metrics": {"accuracy": 0.5, "accur\\u0061cy": 0.95}}',
        "model: fraud\nversion: '9'\nmetrics: {accuracy: 0.5}\n\u2028metrics: {accuracy: 0.95}\n",
        "{model: fraud, version: '9', description: 'x\nModels: y', metrics: {accuracy: 0.5, <<: {accuracy: 0.95}}}\n",
        "model: fraud\nversion: '9'\nmetrics: {accuracy: !!float 0.95}\n",
        '{"model": "fraud", "version": "9", "metrics": {"accuracy": 0.95}} {"accuracy": 0.5}',
    ],
    ids=["an escape", "another end of a line", "a merge, by the look of another format", "a tag", "more behind it"],
)
def test_a_record_that_two_readers_read_differently_is_refused(project: Path, call: Call, text: str) -> None:
    """Whichever of the two values counted, somebody would have read the other."""
    write(project / "r.yaml", text)

    assert call("check", "r.yaml", *TO, "-q")[0] == 2


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "UTC-14", "posix/right/UTC", "../../etc/passwd"])
def test_no_time_zone_of_the_machine_makes_an_old_record_new(
    project: Path, call: Call, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    """A time has its own zone or is none; neither TZ nor SOURCE_DATE_EPOCH moves the clock."""
    import time

    monkeypatch.setenv("TZ", zone)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    time.tzset()
    write(project / "policies/gate.policy", POLICY + "require fresh: registered_at within 1 day\n")
    now = time.time()
    ages = [(now - 3_600, "Z", 0), (now - 90_000, "Z", 1), (now - 3_600, "", 3), (now + 3_600, "Z", 3)]
    for at, end, expected in ages:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + end
        write(project / "r.yaml", RECORD.format("9", 0.95) + f"registered_at: '{stamp}'\n")
        assert call("check", "r.yaml", *TO, "-q")[0] == expected, stamp


def test_another_clock_leaves_nothing_in_the_ledger(signed: Path, call: Call) -> None:
    """As of a day before the objection everything was well: that may be looked at, and is not logged, and not verified."""
    assert (
        call("reject", "models/fraud/4.yaml", "--role", "validator", "--key", "vera", "--reason", "no", "--log")[0] == 0
    )

    assert call("check", "fraud@4", *TO, "--log", "--at", "2026-11-20T10:00:00Z", "-q")[0] == 2
    assert call(*VERIFY)[0] == 1


def test_the_environment_names_no_other_ledger_unseen(
    signed: Path, call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A new one has heard of no objection: it does not go on from the head that was kept."""
    assert call(*VERIFY)[0] == 0
    monkeypatch.setenv("LETPASS_LEDGER", str(tmp_path / "new.db"))

    for command in (VERIFY, ("check", "fraud@4", *TO, "-q"), ("retire", "fraud@4", "--reason", "x")):
        assert call(*command)[0] == 4, command


def test_a_kept_head_is_no_other_because_somebody_edited_it(signed: Path, call: Call) -> None:
    """A smaller size in the checkpoint would let an older ledger go on from it; it is signed."""
    path = signed / "ledger.checkpoint"
    lines = path.read_text("utf-8").split("\n")
    for size in ("0", "1", str(int(lines[1]) - 1), "-1", ""):
        write(path, "\n".join([lines[0], size, *lines[2:]]))
        assert call("check", "fraud@4", *TO, "-q")[0] in {2, 4}, size


def test_a_gates_key_of_ones_own_signs_no_decision(
    signed: Path, call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The trust file names the gate's."""
    monkeypatch.setenv("LETPASS_GATE_KEY", str(tmp_path / "own.key"))
    gatekey.make(tmp_path / "own.key")

    assert call("check", "fraud@4", *TO, "--log", "-q")[0] == 2
    assert call("promote", "fraud@3", *TO, "-q")[0] == 2


def test_a_standing_of_ones_own_keeps_no_approval_alive(signed: Path, call: Call) -> None:
    """Offline a fresh standing is needed: an edited one, and one under another key, are none."""
    assert call(*VERIFY, "--offline")[0] == 0
    (path,) = (signed / "models/fraud/4").glob("*.standing.json")
    envelope = json.loads(path.read_text("utf-8"))
    payload = envelope["payload"]
    for name, value in (("payload", payload[:40] + ("A" if payload[40] != "A" else "B") + payload[41:]),
                        ("payloadType", "text/plain"), ("signatures", [])):  # fmt: skip
        write(path, json.dumps({**envelope, name: value}))
        assert call(*VERIFY, "--offline")[0] in {1, 2}, name
    path.unlink()
    assert call(*VERIFY, "--offline")[0] == 1


@pytest.mark.parametrize("environment", ["canary\u200b", "\uff43anary", "c\u0430nary", "canary,eu-west", "*"])
def test_a_proof_of_a_deployment_is_none_of_an_environment_that_looks_like_it(
    signed: Path, call: Call, environment: str
) -> None:
    """Nor is there one beside a version that was promoted and not deployed."""
    words = ("verify", "models/fraud/4.yaml", "--on", "deployment", "--environment", environment)
    assert call(*words, "--artifact", "fraud-4.onnx")[0] in {1, 2}
    assert call("deploy", "fraud@4", "--endpoint", "https://x.example", "--environment", environment, "-q")[0] == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL, signal.SIGALRM])
def test_a_signal_after_the_verdict_is_no_allow(project: Path, number: int) -> None:
    """The verdict was there, and nobody has said it."""
    done = subprocess.run(
        [sys.executable, "-c", BROKEN, str(int(number)), *GOOD],
        env=environ(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0


def test_an_allow_that_nobody_could_be_told_moves_nothing_and_says_no_0(project: Path) -> None:
    """Both outputs closed, a full device, a reader that has gone: the good version's check is no 0 where its report is lost."""
    command = [sys.executable, "-m", "letpass", *GOOD]
    ends = {
        "full": subprocess.run(["sh", "-c", '"$@" > /dev/full 2>/dev/full', "sh", *command], env=environ(), check=False, timeout=60),
        "quiet": subprocess.run([*command, "-q", "-o", "json=/dev/full"], env=environ(), capture_output=True, check=False, timeout=60),
        "closed": subprocess.run(["sh", "-c", '"$@" >&- 2>&-', "sh", *command], env=environ(), check=False, timeout=60),
    }  # fmt: skip
    assert {how: done.returncode for how, done in ends.items() if done.returncode == 0} == {}


def test_a_reader_that_goes_makes_no_denial_an_allow(project: Path) -> None:
    """`policy check … | head -0` with `pipefail` fails for the denied version, whatever was read."""
    script = 'set -o pipefail; "$@" | true'
    command = [sys.executable, "-m", "letpass", "check", "models/fraud/2.yaml", *TO, "-v"]
    done = subprocess.run(
        ["bash", "-c", script, "bash", *command], env=environ(), capture_output=True, check=False, timeout=60
    )

    assert done.returncode != 0


def test_a_report_written_over_the_record_does_not_turn_it_into_an_allow(project: Path, call: Call) -> None:
    """`-o json=` on the record that is judged: the verdict was made of what stood there, and the next one is of no record."""
    assert call("check", "models/fraud/2.yaml", *TO, "-q", "-o", "json=models/fraud/2.yaml")[0] in {1, 2}
    assert call("check", "models/fraud/2.yaml", *TO, "-q")[0] in {1, 2}


def test_a_bad_record_behind_a_link_is_not_left_out_of_its_folder(project: Path, call: Call) -> None:
    """`check FOLDER` counted links as no models, and the rest was allowed."""
    (project / "models/fraud/3.yaml").unlink()
    (project / "models/fraud/2.yaml").rename(project / "bad.yaml")
    assert call("check", "models", *TO, "-q")[0] == 0
    (project / "models/fraud/2.yaml").symlink_to("../../bad.yaml")

    code, out, err = call("check", "models", *TO)

    assert (code, "`models/fraud/2.yaml` is a link to a record" in out + err) == (2, True)


def test_a_kept_head_that_is_a_link_to_nowhere_is_not_none(signed: Path, call: Call) -> None:
    """Without a head any ledger would do."""
    path = signed / "ledger.checkpoint"
    path.unlink()
    path.symlink_to("gone")

    assert call("check", "fraud@4", *TO, "-q")[0] in {2, 4}
    assert call(*VERIFY)[0] in {2, 4}


def test_a_link_to_another_projects_policies_is_refused(project: Path, call: Call, tmp_path: Path) -> None:
    """A linked folder below the policies is no place of theirs, also where what it holds is weaker or nothing."""
    write(tmp_path / "elsewhere/weak.policy", POLICY.replace("gate:", "weak:").replace("0.9", "0.1"))
    (project / "policies/more").symlink_to(tmp_path / "elsewhere")

    assert call(*GOOD, "-q")[0] == 2


def test_a_trust_file_taken_away_with_its_pin_does_not_make_signatures_needless(signed: Path, call: Call) -> None:
    """The ledger has seen one."""
    (signed / "trust.json").unlink()
    (signed / "policy.toml").unlink()

    for command in (("check", "fraud@4", *TO, "-q"), PROMOTE, VERIFY):
        assert call(*command)[0] in {2, 4}, command


def test_a_proof_beside_a_copy_of_the_record_is_for_the_same_bytes_alone(signed: Path, call: Call) -> None:
    """Record, proof and standing carried to another folder verify with the bytes that were allowed, and with no other."""
    shutil.copytree(signed / "models/fraud/4", signed / "door/4")
    shutil.copy(signed / "models/fraud/4.yaml", signed / "door/4.yaml")
    words = ("verify", "door/4.yaml", *TO, "--offline", "--artifact")

    assert call(*words, "fraud-4.onnx")[0] == 0
    assert call(*words, "fraud-3.onnx")[0] == 1
    write(signed / "door/empty.onnx", "")
    assert call(*words, "door/empty.onnx")[0] == 1
