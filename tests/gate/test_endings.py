"""What ends the proof of a move that was made, and what mends it: one table, with and without the ledger."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from letpass.cli import people
from letpass.trust import strict
from tests.cli.conftest import OWN, Call, in_days, signed, write

DAY = 86_400_000_000
VERIFY = ("verify", "fraud@4", "--to", "production")
REJECT = (
    "reject",
    "fraud@4",
    "--to",
    "production",
    "--role",
    "validator",
    "--key",
    "vito",
    "--reason",
    "unfair to group 7",
)
SOAKED = 'policy watch: "Watch"\n  on review\nrequire calm: observations.error_rate <= 1%\n'
Clock = Callable[[float], None]


@pytest.fixture(name="clock")
def _clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Sets the clock of the commands to so many days from now on."""
    begun = int(datetime.now(UTC).timestamp()) * 1_000_000

    def ahead(days: float) -> None:
        monkeypatch.setattr(people, "now", lambda: begun + int(days * DAY))

    return ahead


@pytest.fixture(name="served")
def _served(office: Path, call: Call) -> Path:
    """`fraud@4` in production, signed by two validators; a policy on review is there, and was signed with the others."""
    write(office / "policies/watch.policy", SOAKED)
    (office / "models/fraud/4").joinpath(next((office / "models/fraud/4").iterdir()).name).unlink()
    assert call("request", "fraud@4", "--to", "production", "--key", "bob")[0] == 0
    signed(call, office)
    observe(call, office, 0.001, days=-2)
    assert call("promote", "fraud@4", "--to", "production")[0] == 0
    assert call(*VERIFY)[0] == 0
    assert call(*VERIFY, "--offline")[0] == 0
    return office


def observe(call: Call, folder: Path, rate: float, days: float = 0) -> None:
    """Record an error rate, measured so many days from now."""
    at = strict.written(int(datetime.now(UTC).timestamp()) * 1_000_000 + int(days * DAY))
    write(folder / "seen.yaml", f"observations: {{error_rate: {{value: {rate}, until: '{at}'}}}}\n")
    assert call("observe", "fraud@4", "seen.yaml")[0] == 0


def ended(call: Call, *arguments: str) -> tuple[int, list[str]]:
    """The code of `policy verify`, and what does not hold."""
    code, out, _ = call(*VERIFY, *arguments)
    return code, [line[7:] for line in out.splitlines() if line.startswith("  NO")]


def take_back(call: Call) -> list[str]:
    """The command that the report names for who objects."""
    (found,) = re.findall(r"`policy (withdraw .*) --key KEY`", call("check", "fraud@4", "--to", "production")[1])
    return found.split()


# ---------------------------------------------------------------- what ends nothing


def test_a_made_move_outlives_the_request_that_allowed_it(served: Path, call: Call, clock: Clock) -> None:
    """Every signed promotion's proof died with its request after 30 days, and each pod that restarted on day 31 failed."""
    for days in (29, 31, 170):
        clock(days)
        assert ended(call) == (0, [])


def test_a_later_undecided_ends_nothing_and_mends_nothing(served: Path, call: Call) -> None:
    """Evidence that somebody took away is no judgement, in either direction."""
    call("check", "fraud@4", "--to", "production", "--log")  # its sign-offs are used up
    assert ended(call) == (0, [])
    observe(call, served, 0.5, days=-1)
    assert call("review")[0] == 1
    assert ended(call)[0] == 1

    write(served / "models/fraud/state.yaml", "'4': {stage: production}\n")  # the observations are gone
    assert call("review")[0] == 3

    assert ended(call)[0] == 1


# ---------------------------------------------------------------- what does


def test_an_objection_after_the_move_ends_its_proof_at_once(served: Path, call: Call) -> None:
    """`reject` was refused once the move was made, and `verify` looked at later decisions alone."""
    assert call(*REJECT)[0] == 0

    code, said = ended(call)
    assert (code, len(said)) == (1, 1)
    assert re.fullmatch(
        r"nothing has ended it: objection: by vito@corp.example as validator at \S+: unfair to group 7 \(entry \d+\)",
        said[0],
    )
    code, _, err = call("promote", "fraud@4", "--to", "production")
    assert (code, "its approval has ended: objection by vito@corp.example" in err) == (1, True)

    assert call(*take_back(call), "--key", "vito", "--reason", "another group")[0] == 0
    assert ended(call) == (0, [])
    assert call("promote", "fraud@4", "--to", "production")[0] == 0


def test_an_objection_that_lies_beside_the_version_counts_before_it_is_logged(served: Path, call: Call) -> None:
    """Whoever verifies has the folder, and the ledger has nothing of it yet."""
    assert call(*REJECT, "--no-log")[0] == 0

    assert ended(call)[0] == 1
    assert ended(call, "--offline")[0] == 1


def test_an_objection_to_the_same_bytes_under_another_number_ends_it(served: Path, call: Call) -> None:
    """It speaks of the bytes."""
    write(served / "models/fraud/9.yaml", (served / "models/fraud/4.yaml").read_text().replace("'4'", "'9'"))
    assert call("reject", "fraud@9", *REJECT[2:])[0] == 0

    assert ended(call)[0] == 1


def test_a_revoked_key_ends_the_approvals_that_it_gave(served: Path, call: Call) -> None:
    """A rejection of a revoked key stays; an approval goes."""
    assert call("trust", "revoke", "vera@corp.example", "--reason", "stolen laptop")[0] == 0
    assert call("trust", "sign", "--key", OWN)[0] == 0

    code, said = ended(call)

    assert code == 1
    assert any("revoked approval: the key of vera@corp.example, who gave a sign-off, was revoked" in s for s in said)


def test_a_withdrawn_signoff_ends_the_proof(served: Path, call: Call) -> None:
    """Its author takes it back, although the move was made."""
    assert call("withdraw", "fraud@4", "--role", "validator", "--key", "vera", "--reason", "I was wrong")[0] == 0

    code, said = ended(call)

    assert (code, any("withdrawn approval: vera@corp.example has withdrawn a sign-off" in s for s in said)) == (1, True)


def test_a_review_that_is_denied_ends_it_and_a_later_allow_mends_it(served: Path, call: Call) -> None:
    """On evidence that is as new; older evidence mends nothing."""
    observe(call, served, 0.5, days=-1)
    code, _, err = call("review")
    assert (code, "1 due, and their proofs have ended" in err + call("review")[1]) == (1, True)
    assert any("denied on review: at " in s for s in ended(call)[1])

    observe(call, served, 0.001)
    assert call("review")[0] == 0
    assert ended(call)[0] == 1  # an allow that nobody logged is no word
    assert call("check", "fraud@4", "--on", "review", "--log")[0] == 0

    assert ended(call) == (0, [])


def test_older_evidence_mends_no_denied_review(served: Path, call: Call) -> None:
    """The denial saw an observation of today; the good one is of yesterday."""
    observe(call, served, 0.5, days=-1)
    assert call("review")[0] == 1
    state = served / "models/fraud/state.yaml"
    state.write_text(re.sub(r"until: ['\"]?20\d\d", "until: '2020", state.read_text().replace("0.5", "0.001")))

    call("check", "fraud@4", "--on", "review", "--log")

    assert ended(call)[0] == 1


def test_the_owners_lift_a_denied_review(served: Path, call: Call) -> None:
    """With their reason, as any word against a version."""
    observe(call, served, 0.5, days=-1)
    assert call("review")[0] == 1
    assert ended(call)[0] == 1

    code, out, _ = call("lift", "fraud@4", "--reason", "the monitor was broken", "--key", OWN)

    assert (code, "lifts the denial on review in entry " in out) == (0, True)
    assert ended(call) == (0, [])


def test_other_bytes_end_it(served: Path, call: Call) -> None:
    """What is served is not what was allowed."""
    write(served / "fraud-4.onnx", "other bytes")

    code, said = ended(call)

    assert (code, any(s.startswith("about these bytes: ") for s in said)) == (1, True)


def test_an_approval_ends_with_its_own_time_and_with_a_waiver(office: Path, call: Call, clock: Clock) -> None:
    """`approved for` is of the policy, a waiver's end of the leave that a rule was missed by, as is its withdrawal."""
    write(office / "policies/gate.policy", 'policy gate: "Gate"\n  on promotion to production\n  approved for 60 days\nrequire known: author is recorded\nrequire good: accuracy >= 0.9\n  waivable by role "risk" for 90 days\n')  # fmt: skip
    call("sign", "policies", "--role", "policy-owner", "--key", OWN)
    assert call("promote", "fraud@4", "--to", "production")[0] == 0
    clock(59)
    assert ended(call) == (0, [])
    clock(61)
    assert any("end of the approval: it was for the time until " in s for s in ended(call)[1])

    clock(0)
    call("waive", "gate/good", "fraud@3", "--to", "production", "--until", in_days(5), "--reason", "x", "--key", OWN)
    assert call("promote", "fraud@3", "--to", "production")[0] == 0
    clock(4)
    assert call("verify", "fraud@3", "--to", "production")[0] == 0
    clock(6)
    code, out, _ = call("verify", "fraud@3", "--to", "production")
    assert (code, "end of a waiver: a waiver that it rests on ended at " in out) == (1, True)

    clock(4.1)
    assert call("withdraw", "fraud@3", "--reason", "it was an error", "--key", OWN)[0] == 0
    code, out, _ = call("verify", "fraud@3", "--to", "production")
    assert (code, "withdrawn approval: rosa@corp.example has withdrawn a waiver at " in out) == (1, True)


def test_a_record_that_was_edited_is_not_what_was_allowed(served: Path, call: Call) -> None:
    """What was added is decided anew; what was changed is brought back, or taken in by the owners."""
    record = served / "models/fraud/4.yaml"
    text = record.read_text()
    record.write_text(text.replace("accuracy: 0.95", "accuracy: 0.99"))
    code, said = ended(call)
    assert (code, "what was changed is brought back" in said[0]) == (1, True)
    code, out, _ = call("renew", "fraud@4")
    assert (code, "`metrics.accuracy.value` was `0.95` when entry " in " ".join(out.split())) == (3, True)
    record.write_text(text)
    assert ended(call) == (0, [])

    record.write_text(text + "model_card: README.md\n")
    code, said = ended(call)
    assert (code, "`policy renew` or `policy promote` decides anew on what was added" in said[0]) == (1, True)
    assert call("renew", "fraud@4")[0] == 3  # somebody has to sign what it says now

    for arguments in (("request", "fraud@4", "--to", "production", "--key", "bob"),
                      ("sign", "fraud@4", "--role", "validator", "--key", "vera"),
                      ("sign", "fraud@4", "--role", "validator", "--key", "vito"), ("renew", "fraud@4")):  # fmt: skip
        assert call(*arguments)[0] == 0, arguments
    assert ended(call) == (0, [])


def test_a_renewal_that_is_denied_ends_the_proof_until_another_allows(served: Path, call: Call) -> None:
    """Somebody asked whether the version may stay, and the policies said no."""
    policy = served / "policies/gate.policy"
    policy.write_text(policy.read_text().replace("0.9", "0.99"))
    call("sign", "policies", "--role", "policy-owner", "--key", OWN)
    assert ended(call) == (0, [])  # stricter policies end nothing that was allowed by those of then

    assert call("renew", "fraud@4")[0] == 1

    assert any("denied anew: at " in s for s in ended(call)[1])


def test_an_allow_that_was_never_used_ends_as_it_says(office: Path, call: Call, clock: Clock) -> None:
    """It is for the move, and that was not made."""
    signed(call, office)
    assert call("check", "fraud@4", "--to", "production", "--log")[0] == 0
    assert ended(call) == (0, [])
    clock(31)
    assert any("unused: it was to be used until " in s for s in ended(call)[1])


# ---------------------------------------------------------------- standings


def test_without_the_ledger_a_fresh_standing_is_needed(served: Path, call: Call, clock: Clock) -> None:
    """A revoked model would be served for ever where nobody asks the ledger."""
    assert ended(call, "--offline") == (0, [])
    clock(29)
    assert ended(call, "--offline") == (0, [])
    clock(31)

    code, said = ended(call, "--offline")
    assert (code, said[0].startswith("a standing of the gate: it ended at ")) == (1, True)
    assert "`policy standing fraud@4`, where the ledger is, brings one" in said[0]
    code, out, _ = call("standing", "fraud@4")
    assert (code, out.startswith("standing: fraud@4, promotion to production (entry ")) == (0, True)

    assert ended(call, "--offline") == (0, [])


@pytest.mark.parametrize("word", ["objection", "review"])
def test_no_standing_is_left_where_something_has_ended_the_proof(
    served: Path, call: Call, clock: Clock, word: str
) -> None:
    """So that whoever verifies offline learns of it within thirty days."""
    if word == "objection":
        assert call(*REJECT)[0] == 0
        next((served / "models/fraud/4").glob("*.objection.json")).unlink()  # the carrier lost it
    else:
        observe(call, served, 0.5, days=-1)
        assert call("review")[0] == 1
    assert ended(call, "--offline")[0] == 0  # the old one is fresh yet, and nobody has asked the ledger
    clock(31)

    code, out, _ = call("standing", "--all")

    assert (code, out.startswith("no standing: fraud@4, promotion to production (entry ")) == (1, True)
    assert ended(call, "--offline")[0] == 1


def test_a_standing_never_outlives_what_it_stands_for(office: Path, call: Call, clock: Clock) -> None:
    """Nor the approval's end, nor a waiver's."""
    write(office / "policies/gate.policy", 'policy gate: "Gate"\n  on promotion to production\n  approved for 10 days\nrequire good: accuracy >= 0.9\n')  # fmt: skip
    call("sign", "policies", "--role", "policy-owner", "--key", OWN)
    assert call("promote", "fraud@4", "--to", "production")[0] == 0
    clock(9)
    assert call("standing", "--all")[0] == 0
    assert ended(call, "--offline") == (0, [])
    clock(11)

    assert ended(call, "--offline")[0] == 1


def test_a_standing_of_somebody_else_or_of_another_decision_is_none(served: Path, call: Call) -> None:
    """It is signed by the gate, and names one decision and its entry."""
    (path,) = (served / "models/fraud/4").glob("*.standing.json")
    good = path.read_bytes()
    value = json.loads(good)
    signature = value["signatures"][0]["sig"]
    other = "B" if signature.startswith("A") else "A"
    for bent in (
        {**value, "signatures": []},
        {**value, "signatures": [{**value["signatures"][0], "sig": other + signature[1:]}]},
        {**value, "payload": value["payload"][:-8] + "AAAAAAA="},
        {},
    ):
        path.write_text(json.dumps(bent))
        assert ended(call, "--offline")[0] == 1
    path.write_bytes(good)
    assert ended(call, "--offline") == (0, [])

    shutil.copy(path, served / "models/fraud/3.standing.json")
    path.unlink()
    assert ended(call, "--offline")[0] == 1


def test_a_project_without_policies_on_review_leaves_standings_alone(office: Path, call: Call) -> None:
    """Nothing ends where nothing governs."""
    signed(call, office)
    assert call("promote", "fraud@4", "--to", "production")[0] == 0

    code, out, err = call("review")

    assert (code, "no policy is `on review`: nothing is judged, and no proof ends" in out) == (0, True)
    assert "standing: fraud@4, promotion to production" in err


def test_what_was_never_moved_by_a_decision_has_no_standing(office: Path, call: Call) -> None:
    """The command says so, and what makes one."""
    code, _, err = call("standing", "fraud@3")
    assert (code, "no move of `fraud@3` was made by a decision" in err) == (2, True)
    assert call("standing")[0] == 2
    assert call("standing", "--all", "fraud@3")[0] == 2
    assert call("standing", "--all")[:2] == (0, "no move was made by a decision\n")


def test_without_a_trust_file_the_believed_checkpoint_says_whose_standing_it_is(project: Path, call: Call) -> None:
    """A project of one person has the gate's own key, and no more."""
    assert call("promote", "fraud@1", "--to", "production")[0] == 0
    assert call("verify", "fraud@1", "--to", "production", "--offline")[0] == 0
    next((project / "models/fraud/1").glob("*.standing.json")).unlink()

    assert call("verify", "fraud@1", "--to", "production", "--offline")[0] == 1
