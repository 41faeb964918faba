"""What is gated is decided by the project: no call, no deleted file and no edited setting opens a stage again."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from letpass import Gate
from letpass.gate import gated
from letpass.project.configuration import load
from letpass.project.contents import own_policies
from letpass.project.project import Project
from tests.cli.conftest import ARGUMENTS, OWN, Call, signed, write
from tests.lifecycle.conftest import state, steps

STAGING = 'policy staging: "Staging"\n  on promotion to staging\nrequire good: accuracy >= 0.9\n'
ELSEWHERE = 'policy other: "Other"\n  on review\nrequire x: model is fraud\n'
TO_STAGING = ("promote", "fraud@3", "--to", "staging")


def reasons() -> dict[str, str]:
    """What is gated in the working directory, and why."""
    configuration = load()
    found = gated.gates(Project(configuration), own_policies(configuration))
    return {target.stage.name or target.kind: why for target, why in found.items()}


@pytest.mark.parametrize("arguments", [("promote", "fraud@3", "--to", "staging"), ("register", "fraud@3"),
                                       ("deploy", "fraud@3", "--endpoint", "x"), ("review",),
                                       ("renew", "fraud@3"), ("request", "fraud@3", "--to", "staging")])  # fmt: skip
def test_no_call_names_what_a_move_is_judged_by(project: Path, call: Call, arguments: tuple[str, ...]) -> None:
    """`promote -p other.policy`, which did not name the stage, moved a denied version without a decision."""
    write(project / "policies/staging.policy", STAGING)
    write(project / "other.policy", ELSEWHERE)
    assert call(*TO_STAGING)[0] == 1

    code, out, err = call(*arguments, "-p", "other.policy")

    assert (code, out) == (2, "")
    assert "go by the project's own policies, and a call cannot name others" in err
    assert state(project) == {}


def test_a_gated_stage_whose_policy_is_gone_is_denied(project: Path, call: Call) -> None:
    """Whoever could delete the file could move without a decision: the ledger knows that the stage was gated."""
    write(project / "policies/staging.policy", STAGING)
    assert call("promote", "fraud@1", "--to", "staging")[0] == 0
    assert call(*TO_STAGING)[0] == 1

    (project / "policies/staging.policy").unlink()

    code, out, _ = call(*TO_STAGING)
    assert (code, "no policy governs promotion to staging" in out) == (1, True)
    assert reasons()["staging"] == "the ledger, which shows it gated before"
    assert state(project) == {"1": {"stage": "staging"}}


def test_a_denied_try_is_enough_for_the_ledger_to_know(project: Path, call: Call) -> None:
    """Nothing was ever there, and the first try was refused."""
    write(project / "policies/staging.policy", STAGING)
    assert call(*TO_STAGING)[0] == 1
    (project / "policies/staging.policy").unlink()

    assert call(*TO_STAGING)[0] == 1


def test_registration_stays_gated_when_its_policy_is_gone(project: Path, call: Call) -> None:
    """A version then came in without any decision."""
    write(project / "policies/reg.policy", 'policy reg: "R"\n  on registration\nrequire good: accuracy >= 0.9\n')
    assert call("register", "fraud@1")[0] == 0
    (project / "policies/reg.policy").unlink()

    code, out, _ = call("register", "fraud@2")

    assert (code, "no policy governs registration" in out) == (1, True)


def test_a_stage_is_signed_off_with_a_reason(project: Path, call: Call) -> None:
    """Without a trust file the reason is logged; what a file names is taken out there first."""
    write(project / "policies/staging.policy", STAGING)
    assert call("promote", "fraud@1", "--to", "staging")[0] == 0
    ungate = ("ungate", "staging", "--reason", "tests run before registration")
    code, _, err = call(*ungate)
    assert (code, "`staging` is gated by the policy staging" in err) == (2, True)
    (project / "policies/staging.policy").unlink()

    code, out, _ = call(*ungate)

    assert (code, out.startswith("logged as entry ")) == (0, True)
    assert "staging" not in reasons()
    assert call("promote", "fraud@3", "--to", "staging")[0] == 0
    assert call(*ungate)[0] == 2  # it is not gated any more


def test_what_is_gated_again_later_is_gated(project: Path, call: Call) -> None:
    """What was signed off once is no leave for ever."""
    write(project / "policies/staging.policy", STAGING)
    call("promote", "fraud@1", "--to", "staging")
    (project / "policies/staging.policy").unlink()
    assert call("ungate", "staging", "--reason", "x")[0] == 0
    write(project / "policies/staging.policy", STAGING)
    assert call(*TO_STAGING)[0] == 1
    (project / "policies/staging.policy").unlink()

    assert call(*TO_STAGING)[0] == 1


@pytest.mark.parametrize("stage", ["Staging", "STAGING", "ﬆaging", "staging ", "stagin", "stagging"])
def test_no_spelling_passes_by_a_gated_stage(project: Path, call: Call, stage: str) -> None:
    """What looks like a gated stage is that one, or is refused with its name."""
    write(project / "policies/staging.policy", STAGING)

    code, _, _ = call("promote", "fraud@3", "--to", stage)

    assert code in {1, 2}
    assert state(project) == {}


def test_check_with_other_policies_says_so_and_leaves_no_proof(project: Path, call: Call) -> None:
    """`check --log -p weak` left a proof that `verify` took."""
    write(project / "weak.policy", 'policy weak: "W"\n  on promotion to production\nrequire x: model is fraud\n')
    arguments = ("check", "fraud@3", "--to", "production", "-p", "weak.policy")

    code, out, _ = call(*arguments)
    assert (code, "the call names the policies: weak.policy" in out) == (0, True)
    code, out, err = call(*arguments, "--log")
    assert (code, out) == (2, "")
    assert "a decision that is logged rests on what registry and ledger know: the call names the policies" in err
    assert (list(project.rglob("*.decision.json")), steps()) == ([], [])


# ---------------------------------------------------------------- with a trust file


def enact(call: Call) -> None:
    assert call("sign", "policies", "--role", "policy-owner", "--key", OWN)[0] == 0


def test_the_set_that_owners_signed_last_gates_its_stages(office: Path, call: Call) -> None:
    """Nothing was ever moved there, and the file is gone: the owners have said that the stage is gated."""
    write(office / "policies/staging.policy", STAGING)
    enact(call)
    (office / "policies/staging.policy").unlink()

    code, out, _ = call(*TO_STAGING)

    assert (code, "no policy governs promotion to staging" in out) == (1, True)
    assert reasons()["staging"] == "the policy set that its owners signed last"
    enact(call)  # without the file: the owners have taken it out, and nothing was logged of the stage but the denial
    assert reasons()["staging"] == "the ledger, which shows it gated before"


def test_a_stage_is_signed_off_by_the_owners_alone(office: Path, call: Call) -> None:
    """Somebody else's key signs nothing off."""
    write(office / "policies/staging.policy", STAGING)
    enact(call)
    assert call(*TO_STAGING)[0] == 1
    (office / "policies/staging.policy").unlink()
    enact(call)
    ungate = ("ungate", "staging", "--reason", "tests run before registration", "--log")
    code, _, err = call(*ungate, "--key", "vera")
    assert (code, "vera@corp.example is not in the role `policy-owner`" in err) == (2, True)
    assert "staging" in reasons()

    assert call(*ungate, "--key", OWN)[0] == 0

    assert "staging" not in reasons()


@pytest.mark.parametrize(
    "change",
    ['protected = ["production", "lab"]\n', 'policies = ["policies", "more"]\n', '[aliases]\nproduction = ["live"]\n',
     "[mlflow]\nstages = true\n"],
)  # fmt: skip
def test_what_decides_in_the_settings_is_part_of_what_owners_sign(office: Path, call: Call, change: str) -> None:
    """Whoever could edit policy.toml could have taken `protected` away, or pointed `policies` elsewhere."""
    write(office / "more/more.policy", ELSEWHERE.replace("other", "more"))
    signed(call, office)
    assert call("check", "fraud@4", "--to", "production")[0] == 0
    text = (office / "policy.toml").read_text()
    write(
        office / "policy.toml", text.replace("[trust]", f"{change}[trust]") if "[" not in change[:1] else text + change
    )

    code, out, _ = call("check", "fraud@4", "--to", "production")

    assert (code, "GATE403" in out) == (3, True), out
    code, out, _ = call("sign", "policies", "--role", "policy-owner", "--key", OWN)
    assert (code, "policy.toml, " in out) == (0, True), out


def test_another_registry_under_the_same_signatures_is_exit_4(office: Path, call: Call) -> None:
    """An address is no identity: the folder's content was put in the place of another."""
    signed(call, office)
    assert call("check", "fraud@4", "--to", "production")[0] == 0
    identity = next(office.glob("models/.registry*"))

    identity.unlink()

    code, _, err = call("check", "fraud@4", "--to", "production")
    assert (code, "this is another registry" in err) == (4, True), err


def test_another_ledger_under_the_same_signatures_is_exit_4(
    office: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty ledger knows of no objection, no champion and no gated stage."""
    signed(call, office)
    assert call("check", "fraud@4", "--to", "production", "--log")[0] == 0
    enact(call)  # now with the head that they have seen

    monkeypatch.setenv("LETPASS_LEDGER", "fresh.db")
    monkeypatch.setenv("LETPASS_CHECKPOINT", "fresh.checkpoint")
    code, _, err = call("check", "fraud@4", "--to", "production")

    assert (code, "the owners of the policies saw" in err) == (4, True), err


@pytest.mark.parametrize("name", [b"", b"\xff\xfe", b"registry-1/team-b", b"production"])
def test_a_registry_whose_name_is_none_is_exit_4(project: Path, call: Call, name: bytes) -> None:
    """Taken for no name, it would have been given another history; a link is not followed either."""
    assert call("promote", "fraud@1", "--to", "production")[0] == 0
    path = project / "models/.registry"
    kept = path.read_bytes()

    path.write_bytes(name)
    code, out, err = call("check", "fraud@1", "--to", "production")
    assert (code, out, "`models/.registry` holds no registry's name" in err) == (4, "", True)

    path.unlink()
    path.symlink_to(write(project / "elsewhere", kept.decode()))
    code, out, err = call("check", "fraud@1", "--to", "production")
    assert (code, out, "cannot read `models/.registry`: it is a link" in err) == (4, "", True)

    path.unlink()
    path.write_bytes(kept)
    assert call("check", "fraud@1", "--to", "production")[0] == 0


def test_moved_to_another_address_it_is_the_same_registry(office: Path, call: Call) -> None:
    """The name goes with the content."""
    signed(call, office)
    (office / "models").rename(office / "registry")
    write(office / "policy.toml", 'registry = "registry"\n' + (office / "policy.toml").read_text())
    desk = Project(load())

    desk.names.identified()

    assert desk.registry.identity() != ""


# ---------------------------------------------------------------- what a call says of a version


def test_a_call_does_not_say_that_a_move_is_a_rollback(project: Path, call: Call) -> None:
    """A policy on rollback asks for less, and a version that was never there was rolled back to."""
    write(project / "policies/rb.policy", 'policy rb: "RB"\n  on rollback to production\nrequire ok: model is fraud\n')
    arguments = ("check", "fraud@3", "--to", "production", "--rollback")

    code, out, _ = call(*arguments)
    assert (code, "the call says that it is a rollback, and the ledger shows no version 3 there before" in out) == (
        0,
        True,
    )
    code, out, err = call(*arguments, "--log")
    assert (code, out, list(project.rglob("*.decision.json"))) == (2, "", [])
    assert "the ledger shows no version 3 there before" in err
    decision = Gate().decide("fraud@3", "rollback to production")
    assert decision.told != ()
    with pytest.raises(Exception, match="rests on what registry and ledger know"):
        Gate().decide("fraud@3", "rollback to production", log=True)


def test_a_call_does_not_say_who_the_champion_is(project: Path, call: Call) -> None:
    """`--champion` of a weak version made a weaker one look good."""
    write(project / "policies/gate.policy", 'policy gate: "G"\n  on promotion to production\nrequire better: accuracy >= champion.accuracy\n')  # fmt: skip
    assert call("promote", "fraud@1", "--to", "production")[0] == 3  # nobody is there to compare with
    arguments = ("check", "fraud@2", "--to", "production", "--champion", "models/fraud/1.yaml")

    assert "the call says that the champion is fraud@1" in call(*arguments)[1]
    code, out, err = call(*arguments, "--log")
    assert (code, out, "the call says that the champion is fraud@1" in err) == (2, "", True)


def test_a_call_does_not_bring_a_record_of_its_own(project: Path, call: Call) -> None:
    """A copy of a refused record elsewhere was allowed, and its proof, put beside the real one, was verified."""
    write(project / "elsewhere/fraud/3.yaml", (project / "models/fraud/3.yaml").read_text().replace("0.5", "0.99"))
    arguments = ("check", "elsewhere/fraud/3.yaml", "--to", "production")

    for more in ((), ("--log",)):
        code, out, err = call(*arguments, *more)
        assert (code, out, "error[GATE309]: `metrics.accuracy` is `0.99` here, and `0.5` in" in err) == (2, "", True)
    assert list(project.rglob("*.decision.json")) == []


def test_what_a_call_says_is_in_the_json_and_replays(project: Path, call: Call) -> None:
    """Whoever reads the decision later sees what nothing vouches for."""
    code, out, _ = call("check", "fraud@1", "--to", "production", "--champion", "models/fraud/3.yaml", "-o", "json")
    told = json.loads(out)
    write(project / "decision.json", out)

    assert (code, told["decision"]["told"]) == (0, ["the call says that the champion is fraud@3"])
    assert call("replay", "decision.json")[0] == 0


def test_an_allow_by_policies_that_nobody_had_put_in_force_is_not_verified(call: Call, office: Path) -> None:
    """By weaker ones, with the gate's own key, before the trust file was there or beside it; the signed set says otherwise."""
    hidden = office / "hidden"
    hidden.mkdir()
    strong = (office / "policies/gate.policy").read_text(encoding="utf-8")
    for name in ("policy.toml", "trust.json", "models/fraud/4"):
        (office / name).rename(hidden / Path(name).name)
    write(
        office / "policies/gate.policy", 'policy gate: "G"\n  on promotion to production\nrequire x: model is fraud\n'
    )
    assert call("check", "models/fraud/4.yaml", "--to", "production", "--log")[0] == 0
    assert call(*ARGUMENTS)[0] == 0  # for this project nothing else is known

    write(office / "policies/gate.policy", strong)
    for name in ("policy.toml", "trust.json"):
        (hidden / name).rename(office / name)
    assert call("sign", "policies", "--role", "policy-owner", "--key", OWN)[0] == 0
    code, out, _ = call(*ARGUMENTS)

    assert code == 1
    assert "  NO   under this trust file: it was made under none, or another\n" in out
    assert re.search(
        r"  NO   by the policies in force then: it is by the set sha256:\S+; the owners had signed none\n", out
    )
