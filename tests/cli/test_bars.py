"""`bars are older than evidence`: a bar that was moved when the result was known is told from one that stood before."""

from __future__ import annotations

import json
import re
import shlex
import time
from pathlib import Path

import pytest

from tests.cli import office
from tests.cli.conftest import OWN, Call, write

POLICY = """policy gate: "Gate"
  on promotion to production
metric accuracy: ratio, higher is better, on "holdout"
require good: accuracy >= {bound}
require bar-first: bars are older than evidence
{more}"""
MEASURED = "metrics: {{accuracy: {{value: {value}, data_set: holdout, measured_at: 2026-11-20T00:00:00Z}}}}\n"
MOVE = ("models/fraud/4.yaml", "--to", "production")
BEGIN = ("evidence", "begin", "models/fraud/4.yaml", "--metric", "accuracy", "--data-set", "holdout", "--key", "ci.pem")


class Desk:
    """The office with one policy about one metric, and what its people do."""

    def __init__(self, folder: Path, call: Call) -> None:
        self.folder, self.call = folder, call
        (folder / "policies/deployment.policy").unlink()

    def put_in_force(self, bound: str, more: str = "") -> None:
        """Write the policy, let its owner sign it, and log that."""
        write(self.folder / "policies/gate.policy", POLICY.format(bound=bound, more=more))
        assert self.call("sign", "policies", "--role", "policy-owner", "--key", OWN)[0] == 0
        assert self.call("check", *MOVE, "--log")[0] in {0, 1, 3}

    def loosen(self, bound: str, *why: str) -> None:
        """Put a looser bar in force, and say why."""
        write(self.folder / "policies/gate.policy", POLICY.format(bound=bound, more=""))
        assert self.call("sign", "policies", "--role", "policy-owner", "--key", OWN, *why)[0] == 0

    def begin(self, *more: str) -> None:
        assert self.call(*BEGIN, *more)[0] == 0

    def attest(self, value: float) -> None:
        write(self.folder / "measured.yaml", MEASURED.format(value=value))
        assert self.call("attest", "models/fraud/4.yaml", "measured.yaml", "--key", "ci.pem")[0] == 0

    def outcome(self) -> tuple[str, str]:
        """Of the rule about the bars, and why."""
        _, out, _ = self.call("check", *MOVE, "-o", "json")
        (policy,) = json.loads(out)["decision"]["policies"]
        rule = next(r for r in policy["rules"] if r["label"] == "bar-first")
        return rule["outcome"], json.dumps(rule, ensure_ascii=False)


@pytest.fixture(name="desk")
def _desk(office: Path, call: Call) -> Desk:
    return Desk(office, call)


def test_a_bar_that_stood_before_the_run_began_is_older(desk: Desk) -> None:
    """And the decision is made again from what it rests on alone."""
    desk.put_in_force("90%")
    desk.begin()
    desk.attest(0.93)

    assert desk.outcome()[0] == "pass"
    code, out, _ = desk.call("check", *MOVE, "-o", "json")
    write(desk.folder / "decision.json", out)
    assert desk.call("replay", "decision.json")[0] == 0
    assert code == 0


def test_a_bar_that_was_lowered_when_the_result_was_known_is_younger(desk: Desk) -> None:
    """The very thing that it is asked for."""
    desk.put_in_force("95%")
    desk.begin()
    desk.attest(0.93)
    desk.put_in_force("90%")

    outcome, why = desk.outcome()
    assert outcome == "fail"
    assert "gate/good: it was stricter when the run began in entry" in why


@pytest.mark.parametrize(
    ("why", "told"), [((), "no reason is given"), (("--because", "the data is noisier"), "the data is noisier")]
)
def test_a_bar_that_was_lowered_stands_in_decisions_with_who_did_it_and_why(
    desk: Desk, why: tuple[str, ...], told: str
) -> None:
    """From the signature on, also for evidence that is measured later; a decision is made again with it."""
    desk.put_in_force("95%")
    assert "loosened-bar" not in desk.call("check", *MOVE)[1]
    desk.loosen("90%", *why)

    for _ in range(2):
        code, out, _ = desk.call("check", *MOVE, "--log", "-o", "json")
        assert code in {0, 1, 3}
        assert (
            "gate/good asks `accuracy >= 90%`, and asked `accuracy >= 95%` before; "
            f"rosa@corp.example signed it: {told}" in desk.call("check", *MOVE)[1]
        )
    write(desk.folder / "decision.json", out)
    assert desk.call("replay", "decision.json")[0] == 0
    desk.put_in_force("90%", "# the same once more\n")
    assert "loosened-bar" in desk.call("check", *MOVE)[1]
    desk.put_in_force("92%")
    assert "loosened-bar" not in desk.call("check", *MOVE)[1]


def test_a_bar_that_was_lowered_in_two_steps_was_lowered(desk: Desk) -> None:
    """The step between was signed and never logged: it is compared with what stood before that."""
    desk.put_in_force("95%")
    desk.loosen("95.1%")
    desk.loosen("60%")

    out = desk.call("check", *MOVE)[1]
    assert "gate/good asks `accuracy >= 60%`, and asked `accuracy >= 95%` before" in out
    assert "stood before, and what it asked was never logged" in out


def test_a_signed_set_is_logged_with_the_first_begin(desk: Desk) -> None:
    """Nobody has to log a decision first, so that a bar is known to have stood."""
    desk.loosen("90%")  # signed, and no more
    desk.begin()
    desk.attest(0.93)

    assert desk.call("check", *MOVE, "--log")[0] in {0, 3}
    assert desk.outcome()[0] == "pass"


@pytest.mark.parametrize(
    ("bound", "more"),
    [
        ("92%", ""),
        ("90%", "# a comment\n"),
        ("90%", 'require made-by: author is recorded\n  because "somebody answers for it"\n'),
    ],
    ids=["a stricter bar", "a comment", "another rule"],
)
def test_what_lets_nothing_more_through_makes_no_bar_younger(desk: Desk, bound: str, more: str) -> None:
    """A stricter bar, a comment, and a rule that reads no evidence."""
    desk.put_in_force("90%")
    desk.begin()
    desk.attest(0.93)
    desk.put_in_force(bound, more)

    assert desk.outcome()[0] == "pass"


def test_a_bar_that_is_gone_is_one_that_was_moved(desk: Desk) -> None:
    """Nothing asks any more what stood when the run began."""
    desk.put_in_force("90%", 'require sure: accuracy <= 99%\n  because "more is a leak"\n')
    desk.begin()
    desk.attest(0.995)
    desk.put_in_force("90%")

    outcome, why = desk.outcome()
    assert outcome == "fail"
    assert "gate/sure: nothing asks as much any more as when the run began" in why


@pytest.mark.parametrize(
    "rule",
    [
        "no scans.findings where severity >= high",
        "suites are recorded",
        "metrics are recorded",
        'passed "Fairness Check"',
    ],
)
def test_a_bar_that_is_gone_is_missed_also_where_the_record_has_nothing_for_it(desk: Desk, rule: str) -> None:
    """The scan found something, is not brought, and nothing asks for it any more: which rules stood tells their text, and no record."""
    desk.put_in_force("90%", f"require more: {rule}\n")
    desk.begin()
    desk.attest(0.93)
    desk.put_in_force("90%")

    outcome, why = desk.outcome()
    assert (outcome, "gate/more: nothing asks as much any more" in why) == ("fail", True)


def test_a_rule_about_what_is_not_there_yet_is_no_bar_that_went(desk: Desk) -> None:
    """It stood, and it stands."""
    scans = "require clean: no scans.findings where severity >= high\n"
    desk.put_in_force("90%", scans)
    desk.begin()
    desk.attest(0.93)
    desk.put_in_force("91%", scans)

    assert desk.outcome()[0] == "pass"


def test_evidence_without_a_begin_is_of_no_run_that_anybody_knows(desk: Desk) -> None:
    """A claim, a service that said nothing, and one that says so when the result is known: GATE405."""
    desk.put_in_force("90%")
    assert "no service vouches for metric `accuracy` on `holdout`" in desk.outcome()[1]

    desk.attest(0.93)
    outcome, why = desk.outcome()
    assert (outcome, "`ci` has not said that a run for metric `accuracy` on `holdout` begins" in why) == (
        "unknown",
        True,
    )
    assert "GATE405" in desk.call("check", *MOVE)[1]

    assert desk.call("check", *MOVE, "--log")[0] == 3
    desk.begin()
    time.sleep(1.1)
    desk.attest(0.94)
    outcome, why = desk.outcome()
    assert (outcome, "was known in entry" in why) == ("unknown", True)


def test_the_command_that_begins_a_run_is_told_whole(desk: Desk) -> None:
    """Its words are those of the rule: it is obeyed as it stands, with a key."""
    desk.put_in_force("90%", 'require fair: passed "Fairness Check"\n')
    out = desk.call("check", *MOVE)[1]
    (command,) = re.findall(r"`policy (evidence begin [^`]*)KEY`", out)
    assert desk.call(*shlex.split(command), "ci.pem")[0] == 0

    desk.attest(0.93)
    write(desk.folder / "suite.yaml", "suites: [{name: Fairness Check, passed: true, cases: 3, ran_at: 2026-11-20}]\n")
    assert desk.call("attest", "models/fraud/4.yaml", "suite.yaml", "--key", "ci.pem")[0] == 0
    assert desk.outcome()[0] == "pass"


_MORE = "".join(f", other{n}: {{value: 1, data_set: elsewhere, measured_at: 2026-11-21T00:00:00Z}}" for n in range(300))


@pytest.mark.parametrize(
    ("claim", "more"),
    [
        ("data_set: holdout, measured_at: 2026-11-20T00:00:00Z", ""),
        ("data_set: holdout", ""),
        ("data_set: holdout, measured_at: 2026-11-20T00:00:00Z", _MORE),
    ],
    ids=["with a time", "without a time", "behind more than a decision lists"],
)
def test_a_result_that_a_decision_has_seen_was_known(desk: Desk, claim: str, more: str) -> None:
    """A claim in the record, judged and logged; then the begin, and the same number with a signature.

    A decision lists when what was measured, so that what has no time stands in its record alone, and so does what hundreds of
    newer numbers push off the list.
    """
    desk.put_in_force("90%")
    path = desk.folder / "models/fraud/4.yaml"
    claimed = f"metrics: {{accuracy: {{value: 0.93, {claim}}}{more}}}"
    write(path, path.read_text(encoding="utf-8").replace("metrics: {accuracy: 0.95}", claimed))
    assert desk.call("check", *MOVE, "--log")[0] == 3
    desk.begin()
    desk.attest(0.93)

    outcome, why = desk.outcome()
    assert (outcome, "was known in entry" in why) == ("unknown", True)


def test_a_run_of_something_else_is_none_for_this(desk: Desk) -> None:
    """Another metric, another data set."""
    desk.put_in_force("90%")
    assert desk.call(*BEGIN[:3], "--metric", "recall", "--data-set", "holdout", "--key", "ci.pem")[0] == 0
    assert desk.call(*BEGIN[:5], "--data-set", "other", "--key", "ci.pem")[0] == 0
    desk.attest(0.93)

    assert desk.outcome()[0] == "unknown"


SECOND = "require least: accuracy >= 50%\n"


@pytest.mark.parametrize(
    ("bound", "more"),
    [
        ("50%", ""),
        ("50%", SECOND),
        ("95%", SECOND + "#"),
    ],
    ids=["the stricter of two is gone", "the stricter of two is lowered", "the policy applies to another"],
)
def test_one_bar_that_stays_is_none_for_another_that_went(desk: Desk, bound: str, more: str) -> None:
    """Two bars about one metric: each of them has to be asked still, and of the same versions."""
    desk.put_in_force("95%", SECOND)
    desk.begin()
    desk.attest(0.93)
    if more.endswith("#"):
        policy = POLICY.replace("metric accuracy", '  applies when tags.tier is "gold"\nmetric accuracy')
        write(desk.folder / "policies/gate.policy", policy.format(bound=bound, more=SECOND))
        beside = 'policy least: "Least"\n  on promotion to production\nmetric accuracy: ratio, higher is better, on "holdout"\n'
        write(
            desk.folder / "policies/least.policy", beside + "require bar-first: bars are older than evidence\n" + SECOND
        )
        assert desk.call("sign", "policies", "--role", "policy-owner", "--key", OWN)[0] == 0
        out = desk.call("check", *MOVE)[1]
        assert "FAIL[GATE300]  least/bar-first" in out
    else:
        desk.put_in_force(bound, more)
        assert desk.outcome()[0] == "fail"
        out = desk.call("check", *MOVE)[1]
    assert "nothing asks as much any more as when the run began" in out or "nothing asks any more as much" in out


def test_evidence_that_was_signed_before_the_begin_is_not_of_that_run(desk: Desk) -> None:
    """It was seen, never logged, and brought again behind a begin."""
    desk.put_in_force("90%")
    desk.attest(0.93)
    time.sleep(1.1)  # a statement's time is to the second
    desk.begin()

    outcome, why = desk.outcome()
    assert (outcome, "signed metric `accuracy` on `holdout` before it said that a run for it begins" in why) == (
        "unknown",
        True,
    )


@pytest.mark.parametrize("again", [("--data-digest", "SHA256:" + "A" * 64), ()], ids=["in capitals", "without"])
def test_a_begin_is_not_shed_by_another_spelling_of_the_data(desk: Desk, again: tuple[str, ...]) -> None:
    """The first begin for these bytes on this data counts, however the second one names it."""
    desk.put_in_force("95%")
    desk.begin("--data-digest", "sha256:" + "a" * 64)
    desk.put_in_force("90%")
    desk.begin(*again)
    desk.attest(0.93)

    outcome, why = desk.outcome()
    assert (outcome, "it was stricter when the run began" in why) == ("fail", True)


def test_a_set_that_nobody_had_signed_when_the_run_began_was_no_bar(desk: Desk) -> None:
    """The run is older than every set."""
    desk.begin()
    desk.attest(0.93)
    desk.put_in_force("90%")

    outcome, why = desk.outcome()
    assert outcome == "fail"
    assert "no set of policies was signed and logged before the run began" in why


BESIDE = """policy beside: "Beside"
  on promotion to production
  {applies}
metric recall: ratio, higher is better, on "holdout"
require found: recall >= 80%
  {guard}
"""


@pytest.mark.parametrize(
    ("applies", "guard", "outcome"),
    [
        ("applies when model is chat", "", "pass"),
        ("", "when risk >= high", "pass"),
        ("applies when model is fraud", "", "unknown"),
        ("applies when license is MIT", "", "unknown"),
        ("", "when recall < 50%", "unknown"),
    ],
    ids=[
        "of another model",
        "behind a guard that is false",
        "of this model",
        "nobody knows",
        "its guard reads evidence",
    ],
)
def test_what_is_not_asked_of_the_version_has_no_bar_for_it(desk: Desk, applies: str, guard: str, outcome: str) -> None:
    """A project with a policy for each model: the evidence of the other one is awaited by nobody."""
    path = desk.folder / "models/fraud/4.yaml"
    write(path, path.read_text(encoding="utf-8") + "risk: low\n")
    write(desk.folder / "policies/beside.policy", BESIDE.format(applies=applies, guard=guard))
    desk.put_in_force("90%")
    desk.begin()
    desk.attest(0.93)

    _, out, _ = desk.call("check", *MOVE, "-v")
    assert f"{outcome.upper()}  gate/bar-first" in out.replace("[GATE405]", "")
    assert ("beside/found: no service vouches for metric `recall`" in out) == (outcome == "unknown")


@pytest.mark.parametrize(
    ("applies", "outcome"), [("model is chat", "pass"), ("model is fraud", "fail"), ("license is MIT", "unknown")]
)
def test_a_bar_of_another_model_that_went_is_none_that_was_moved_for_this_one(
    desk: Desk, applies: str, outcome: str
) -> None:
    """And where nobody knows whether it was asked of this one, nobody knows whether it was moved."""
    beside = desk.folder / "policies/beside.policy"
    own = 'metric accuracy: ratio, higher is better, on "holdout"\nrequire sure: accuracy <= 99%\n'
    write(beside, f'policy beside: "Beside"\n  on promotion to production\n  applies when {applies}\n{own}')
    desk.put_in_force("90%")
    desk.begin()
    desk.attest(0.93)
    beside.unlink()
    desk.put_in_force("90%")

    _, out, _ = desk.call("check", *MOVE, "-v")
    assert f"{outcome.upper()}  gate/bar-first" in out.replace("[GATE300]", "").replace("[GATE405]", "")
    assert ("beside/sure: nothing asks as much any more" in out) == (outcome != "pass")


def test_without_people_nobody_can_say_when_a_run_began(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Call
) -> None:
    """No trust file, no ledger: unknown, and what is missing."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "policies/gate.policy", POLICY.format(bound="90%", more=""))
    record = office.RECORD.format(version="4", accuracy="{value: 0.95, data_set: holdout}", digest="0" * 64)
    write(tmp_path / "models/fraud/4.yaml", record)

    code, out, _ = call("check", *MOVE)

    assert (code, "the ledger was not asked when the runs began" in out) == (3, True)


ASKED = {
    "a suite": ('require tested: passed "Fairness Check"\n', "gate/tested: ", "suites"),
    "a scan": ('require scanned: scanned by "modelscan"\n', "gate/scanned: ", "scans"),
    "what scans found": ("require clean: no scans.findings where severity >= high\n", "gate/clean: ", "scans"),
}


@pytest.mark.parametrize("case", ASKED)
def test_a_rule_about_a_run_that_nobody_began_leaves_it_unknown(desk: Desk, case: str) -> None:
    """Of suites and scans as of metrics: what is claimed had no run that anybody announced."""
    more, rule, _ = ASKED[case]
    record = desk.folder / "models/fraud/4.yaml"
    write(
        record,
        record.read_text(encoding="utf-8") + "scans: [{tool: modelscan, ran_at: 2026-11-20T00:00:00Z, findings: []}]\n",
    )
    desk.put_in_force("90%", more)
    desk.begin()
    desk.attest(0.93)

    outcome, why = desk.outcome()

    assert (outcome, rule in why) == ("unknown", True), why
    assert "gate/good: " not in why


def test_where_no_rule_reads_evidence_there_is_nothing_to_be_older_than(desk: Desk) -> None:
    """The remedy says so."""
    text = 'policy gate: "Gate"\n  on promotion to production\nrequire bar-first: bars are older than evidence\n'
    write(desk.folder / "policies/gate.policy", text)
    assert desk.call("sign", "policies", "--role", "policy-owner", "--key", OWN)[0] == 0

    outcome, why = desk.outcome()

    assert outcome == "unknown"
    assert "no rule that is asked reads evidence" in why
    assert "ask it beside a rule that does" in " ".join(desk.call("check", *MOVE)[1].split())


def test_without_a_trust_file_no_run_was_begun(project: Path, call: Call) -> None:
    """Nobody could have said that one begins; nor before the ledger has its first entry."""
    write(project / "policies/gate.policy", POLICY.format(bound="90%", more=""))

    code, out, _ = call("check", "models/fraud/1.yaml", "--to", "production", "-o", "json")

    assert code == 3
    assert "the ledger was not asked when the runs began" in out


def test_before_the_ledger_was_begun_no_run_was(desk: Desk) -> None:
    """A record whose evidence is claimed alone, in a project that has people and has logged nothing."""
    write(desk.folder / "policies/gate.policy", POLICY.format(bound="90%", more=""))

    assert desk.outcome()[0] == "unknown"
    assert "no run was begun: it needs a trust file and a ledger" in desk.outcome()[1]
