"""`policy promote`, `retire`, `deploy` and `register` on the folder registry: decided, logged, and only then made."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from tests.cli.conftest import OWN, Call, signed, write
from tests.lifecycle.conftest import PROMOTION, RECORD, kinds, state, steps

PROMOTE = ("promote", "fraud@1", "--to", "production", "--as", "ops@corp.example")


# ---------------------------------------------------------------- refusals


def test_a_denied_promotion_moves_nothing_and_is_logged_with_who_asked(project: Path, call: Call) -> None:
    """The decision and the refusal stand in the ledger; the registry is as it was."""
    code, out, err = call("promote", "fraud@3", "--to", "production", "--as", "bob@corp.example")

    assert (code, err) == (1, "nothing was moved\n")
    assert out.startswith("DENIED  fraud@3 → promotion to production\n")
    assert "next: mend the above, then `policy promote fraud@3 --to production --as bob@corp.example`" in out
    assert (state(project), kinds()) == ({}, ["decision", "refusal"])


def test_what_no_policy_governs_and_is_protected_does_not_move(project: Path, call: Call) -> None:
    """`production` is protected even where no policy names it."""
    write(project / "policies/gate.policy", PROMOTION.replace("promotion to production", "promotion to shadow"))

    code, out, _ = call(*PROMOTE)

    assert (code, state(project)) == (1, {})
    assert "no policy governs promotion to production, and what nobody governs does not move" in out


def test_the_case_of_a_protected_stage_and_its_aliases_do_not_matter(project: Path, call: Call) -> None:
    """`Production` and an alias of it are the stage; nothing slips by under another spelling."""
    write(project / "policy.toml", '[aliases]\nproduction = ["champion"]\n')

    for stage in ("Production", "PRODUCTION", "champion", "Champion"):
        assert call("promote", "fraud@3", "--to", stage)[0] == 1, stage

    assert state(project) == {}


def test_a_swapped_artifact_is_not_promoted(project: Path, call: Call) -> None:
    """Bytes of a version that were allowed once are its bytes: others are held back."""
    assert call(*PROMOTE)[0] == 0
    assert call("retire", "fraud@1", "--reason", "it is over")[0] == 0
    write(project / "fraud-1.onnx", "other bytes")

    code, out, _ = call(*PROMOTE)

    assert (code, state(project)) == (3, {"1": {"stage": "archived"}})
    assert "HELD[GATE404]" in out
    assert "entry 0 of the ledger allowed" in out


def test_a_version_whose_record_is_nonsense_is_an_error_and_does_not_move(project: Path, call: Call) -> None:
    """A record that somebody has edited into nonsense: exit 2, and nothing is lost."""
    write(project / "models/fraud/1.yaml", "model: fraud\nversion: '1'\nmetrics: [oops\n")

    code, _, err = call(*PROMOTE)

    assert (code, state(project), kinds()) == (2, {}, [])
    assert "GATE304" in err


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("'1': production\n", "GATE302"),
        ("- 1\n", "GATE302"),
        ("'1': {stge: production}\n", "GATE301"),
        ("'1': {stage: production\n", "GATE304"),
        ("'1': {stage: a}\n'1': {stage: b}\n", "GATE303"),
        ("'1': {stage: [production]}\n", "GATE302"),
        ("'1': {metrics: {accuracy: 1}}\n", "GATE301"),
    ],
)
def test_a_state_file_that_was_edited_into_nonsense_is_an_error(project: Path, call: Call, text: str, why: str) -> None:
    """No version of a model is judged or moved where what is known of its state does not read."""
    write(project / "models/fraud/state.yaml", text)

    for arguments in (PROMOTE, ("check", "fraud@1", "--to", "production"), ("check", "models", "--to", "production")):
        code, out, err = call(*arguments)
        assert (code, why in out + err) == (2, True), arguments
    assert kinds() == []


def test_two_versions_in_one_gated_stage_stop_every_move_there(project: Path, call: Call) -> None:
    """Who the champion is cannot be told, so nobody takes its place unseen; leaving is free."""
    write(project / "models/fraud/state.yaml", "'2': {stage: production}\n'3': {stage: Production}\n")

    code, _, err = call(*PROMOTE)
    assert (code, "GATE431" in err) == (4, True)

    assert call("retire", "fraud@3", "--reason", "it is over")[0] == 0
    assert call(*PROMOTE)[0] == 0
    assert {v: s["stage"] for v, s in state(project).items()} == {
        "1": "production", "2": "archived", "3": "archived",
    }  # fmt: skip


def test_a_version_that_claims_a_gated_stage_is_not_registered(project: Path, call: Call) -> None:
    """A record cannot bring its own stage along."""
    write(project / "new/4.yaml", RECORD.format(version=4, accuracy=0.1, year=2024) + "stage: Production\n")

    code, _, err = call("register", "new/4.yaml")

    assert (code, (project / "models/fraud/4.yaml").exists()) == (2, False)
    assert "`fraud@4` sets `stage` itself" in err


def test_a_hand_written_stage_is_no_move(project: Path, call: Call) -> None:
    """Whoever writes `production` into the state file is judged like everybody when it is promoted there."""
    write(project / "models/fraud/state.yaml", "'3': {stage: production}\n")

    code, out, _ = call("promote", "fraud@3", "--to", "production")

    assert (code, out.startswith("DENIED")) == (1, True)


# ---------------------------------------------------------------- moves


def test_a_promotion_archives_the_champion_in_the_same_move(project: Path, call: Call) -> None:
    """One replacement of one file; the records themselves stay what they were."""
    before = {p: p.read_text() for p in (project / "models/fraud").glob("[0-9].yaml")}

    assert call(*PROMOTE)[0] == 0
    code, out, err = call("promote", "fraud@2", "--to", "production", "--as", "ops@corp.example")

    assert code == 0
    assert "against fraud@1" in out
    assert "moved: fraud@2 is in production, fraud@1 is archived" in err
    assert state(project) == {"1": {"stage": "archived"}, "2": {"stage": "production"}}
    assert {p: p.read_text() for p in (project / "models/fraud").glob("[0-9].yaml")} == before
    assert [(s.version, s.state, s.stage.name, s.leaving, s.actor) for s in steps()] == [
        ("1", "begun", "production", (), "ops@corp.example"),
        ("1", "done", "production", (), "ops@corp.example"),
        ("2", "begun", "production", ("1",), "ops@corp.example"),
        ("2", "done", "production", ("1",), "ops@corp.example"),
    ]


def test_promoting_what_is_there_already_is_allowed_by_what_brought_it_there(project: Path, call: Call) -> None:
    """A pipeline that runs again finds its work done; nothing is decided or logged anew."""
    assert call(*PROMOTE)[0] == 0
    before = kinds()

    code, out, err = call(*PROMOTE)

    assert (code, out, kinds()) == (0, "", before)
    assert "nothing was moved: fraud@1 is in production already (entry 2)" in err


def test_a_deployment_between_does_not_ask_for_the_promotion_again(project: Path, call: Call) -> None:
    """What was deployed is still where it was promoted to."""
    write(project / "policies/serve.policy", DEPLOYMENT)
    assert call(*PROMOTE)[0] == 0
    assert call("deploy", "fraud@1", *DEPLOY)[0] == 0
    before = kinds()

    assert call(*PROMOTE)[0] == 0
    assert kinds() == before


def test_a_stage_that_nobody_protects_needs_no_decision(project: Path, call: Call) -> None:
    """And several versions may be there."""
    for version in ("1", "3"):
        assert call("promote", f"fraud@{version}", "--to", "lab") == (
            0, "", f"moved: fraud@{version} is in lab (entry {1 if version == '1' else 3} of the ledger)\n",
        )  # fmt: skip

    assert state(project) == {"1": {"stage": "lab"}, "3": {"stage": "lab"}}
    assert call("show", "fraud@lab")[0] == 2  # which of the two is not for us to say


def test_a_version_is_named_by_the_stage_that_it_holds(project: Path, call: Call) -> None:
    """`NAME@STAGE` and `NAME@ALIAS` are the version there."""
    write(project / "policy.toml", '[aliases]\nproduction = ["champion"]\n')
    assert call(*PROMOTE)[0] == 0

    assert call("show", "fraud@champion")[1] == call("show", "fraud@production")[1] == call("show", "fraud@1")[1]


def test_a_rollback_is_judged_by_its_own_policies_and_only_where_the_ledger_shows_it(project: Path, call: Call) -> None:
    """Back to a version that was there with these bytes; never forward under the shorter rules."""
    rollback = 'policy back: "Back"\n  on rollback to production\nrequire known: author is recorded\n'
    write(project / "policies/back.policy", rollback)
    assert call(*PROMOTE)[0] == 0
    assert call("promote", "fraud@2", "--to", "production")[0] == 0
    write(project / "policies/gate.policy", PROMOTION.replace("0.9", "0.99"))

    assert call("promote", "fraud@3", "--to", "production")[0] == 1  # never there
    code, out, _ = call(*PROMOTE)

    assert (code, out.startswith("ALLOWED  fraud@1 → rollback to production")) == (0, True)
    assert state(project) == {"1": {"stage": "production"}, "2": {"stage": "archived"}}


def test_sign_offs_are_used_up_by_the_move_that_they_allowed(office: Path, call: Call) -> None:
    """A later promotion asks people again."""
    signed(call, office)
    move = ("promote", "fraud@4", "--to", "production")
    assert call(*move)[0] == 0
    assert call("retire", "fraud@4", "--reason", "it is over")[0] == 0

    code, out, _ = call(*move)

    assert (code, "a move has used it up" in out) == (3, True)


def test_what_was_signed_before_a_move_counts_although_its_stage_has_changed(office: Path, call: Call) -> None:
    """Stage, deployments and observations are no part of what people sign."""
    signed(call, office)
    assert call("promote", "fraud@4", "--to", "staging")[0] == 0
    write(office / "observed.yaml", "observations: {error_rate: 0.01}\n")
    assert call("observe", "fraud@4", "observed.yaml")[0] == 0

    assert call("promote", "fraud@4", "--to", "production")[0] == 0


# ---------------------------------------------------------------- registration


REGISTRATION = """policy entry: "Entry"
  on registration
require scanned: scanned by "modelscan"
require clean: no scans.findings where severity >= high
"""
SCAN = "scans: [{tool: modelscan, ran_at: 2026-11-20T10:00:00Z, completed: true, scanned: 1, findings: []}]\n"


def test_a_version_comes_in_only_through_its_decision(project: Path, call: Call) -> None:
    """Refused without a scan; taken in with one, as the text that was judged, to the byte."""
    write(project / "policies/entry.policy", REGISTRATION)
    path = write(project / "new/4.yaml", RECORD.format(version=4, accuracy=0.99, year=2024))
    write(project / "fraud-4.onnx", "bytes 4")

    assert call("register", "new/4.yaml")[0] == 3
    assert not (project / "models/fraud/4.yaml").exists()
    write(path, path.read_text() + SCAN)
    code, out, err = call("register", "new/4.yaml")

    assert (code, out.startswith("ALLOWED  fraud@4 → registration")) == (0, True)
    assert err.startswith("registered: fraud@4 (entry ")
    assert (project / "models/fraud/4.yaml").read_text() == path.read_text()
    assert call("verify", "fraud@4", "--on", "registration")[0] == 0


def test_where_registration_is_governed_an_unregistered_version_is_not_promoted(project: Path, call: Call) -> None:
    """Put into the folder by hand, it is held back; so are other bytes than those that were registered."""
    write(project / "policies/entry.policy", REGISTRATION)
    record = project / "models/fraud/1.yaml"
    write(record, record.read_text() + SCAN)

    code, out, _ = call(*PROMOTE)
    assert (code, "HELD[GATE406]  `fraud@1` is not registered: the ledger has no decision on it" in out) == (3, True)
    assert "`policy register " in out

    assert call("register", "fraud@1")[0] == 0
    write(project / "fraud-1.onnx", "other bytes")
    assert call(*PROMOTE)[0] == 3
    write(project / "fraud-1.onnx", "bytes 1")
    assert call(*PROMOTE)[0] == 0


def test_a_version_keeps_its_text(project: Path, call: Call) -> None:
    """Another record under a name that is taken is refused; the same one again is no news."""
    path = write(project / "new/1.yaml", (project / "models/fraud/1.yaml").read_text())
    assert call("register", "new/1.yaml")[0] == 0
    write(path, path.read_text().replace("0.95", "0.99"))

    code, _, err = call("register", "new/1.yaml")

    told = "`metrics.accuracy` is `0.99` here, and `0.95` in `models/fraud/1.yaml`, the registry's record of `fraud@1`"
    assert (code, told in err, "GATE309" in err) == (2, True, True)
    assert "0.95" in (project / "models/fraud/1.yaml").read_text()


@pytest.mark.parametrize("version", ["state", "..", "a/b"])
def test_a_version_whose_name_is_no_files_is_not_registered(project: Path, call: Call, version: str) -> None:
    """No name leads out of the registry, or onto the state file."""
    write(project / "new.yaml", f"model: fraud\nversion: '{version}'\n")

    assert call("register", "new.yaml")[0] == 2


def test_statements_come_in_with_the_version(office: Path, call: Call) -> None:
    """What lay beside the record lies beside it in the registry."""
    (office / "policies/entry.policy").write_text(
        'policy entry: "E"\n  on registration\nrequire r: signed by role "risk"\n'
    )
    text = (office / "models/fraud/4.yaml").read_text().replace("'4'", "'5'")
    write(office / "new/5.yaml", text)
    assert call("request", "new/5.yaml", "--on", "registration", "--key", "bob")[0] == 0
    assert call("sign", "new/5.yaml", "--role", "risk", "--key", OWN)[0] == 0
    assert call("sign", "policies", "--role", "policy-owner", "--key", OWN)[0] == 0

    assert call("register", "new/5.yaml")[0] == 0

    new = {p.name for p in (office / "new/5").iterdir()}
    assert new <= {p.name for p in (office / "models/fraud/5").iterdir()}
    assert len(new) == 3  # request, sign-off, decision


# ---------------------------------------------------------------- deployment


DEPLOYMENT = 'policy serve: "Serve"\n  on deployment\nrequire promoted: stage is production\n'
DEPLOY = ("--endpoint", "https://fraud.corp.example", "--environment", "eu-west")


def test_only_what_the_policies_let_is_recorded_as_served(project: Path, call: Call) -> None:
    """Endpoint, environment, time and digest; refused, nothing is written."""
    write(project / "policies/serve.policy", DEPLOYMENT)
    assert call("deploy", "fraud@1", *DEPLOY)[0] == 3
    assert state(project) == {}
    assert call(*PROMOTE)[0] == 0

    code, _, err = call("deploy", "fraud@1", *DEPLOY)

    assert (code, err.startswith("deployed: https://fraud.corp.example (eu-west) serves fraud@1")) == (0, True)
    (served,) = state(project)["1"]["deployments"]  # type: ignore[misc]
    assert {k: v for k, v in served.items() if k != "since"} == {
        "endpoint": "https://fraud.corp.example",
        "environment": "eu-west",
        "digest": f"sha256:{hashlib.sha256(b'bytes 1').hexdigest()}",
    }
    assert call("verify", "fraud@1", "--on", "deployment")[0] == 0
    assert call("verify", "fraud@1", "--on", "deployment", "--artifact", "fraud-2.onnx")[0] == 1


def test_an_endpoint_serves_one_version(project: Path, call: Call) -> None:
    """A deployment takes the place of the one before, in the same replacement of the file."""
    write(project / "policies/serve.policy", DEPLOYMENT)
    for version in ("1", "2"):
        assert call("promote", f"fraud@{version}", "--to", "production")[0] == 0
        assert call("deploy", f"fraud@{version}", *DEPLOY)[0] == 0

    assert state(project)["1"] == {"stage": "archived"}
    assert call("show", "fraud")[1].splitlines()[1].split()[-1] == "https://fraud.corp.example"


def test_deployment_that_no_policy_governs_is_denied(project: Path, call: Call) -> None:
    """What nobody governs is not served."""
    code, out, _ = call("deploy", "fraud@1", *DEPLOY)

    assert (code, "no policy governs deployment" in out, state(project)) == (1, True, {})


def test_a_retired_version_is_served_nowhere(project: Path, call: Call) -> None:
    """Its deployments end with it, and the ledger says why."""
    write(project / "policies/serve.policy", DEPLOYMENT)
    assert call(*PROMOTE)[0] == 0
    assert call("deploy", "fraud@1", *DEPLOY)[0] == 0

    assert call("retire", "fraud@1", "--reason", "it drifts", "--as", "ops@corp.example")[0] == 0

    assert state(project) == {"1": {"stage": "archived"}}
    assert [(s.kind, s.reason, s.actor) for s in steps()][-1] == ("retirement", "it drifts", "ops@corp.example")


def test_a_request_and_its_answers_can_be_logged_at_once(office: Path, call: Call) -> None:
    """So that whoever waits for them is told when they happen, and not at the next decision."""
    (office / "models/fraud/4").joinpath(next((office / "models/fraud/4").iterdir()).name).unlink()
    told = office / "told"
    with (office / "policy.toml").open("a") as file:
        file.write(f'[[events]]\ncommand = ["sh", "-c", "cat >> {told}; echo >> {told}"]\n')
    asked = ("request", "fraud@4", "--to", "production", "--key", "bob")

    assert call(*asked, "--log")[0] == 0
    assert call("sign", "fraud@4", "--role", "validator", "--key", "vera", "--log")[0] == 0
    assert call("reject", "fraud@4", "--role", "validator", "--key", "vito", "--reason", "no", "--log")[0] == 0

    assert [k for k in kinds() if k not in {"trust", "policies"}] == ["request", "sign-off", "objection"]
    types = [json.loads(line)["type"] for line in told.read_text().splitlines() if line]
    assert types == ["letpass.request.v1", "letpass.sign-off.v1", "letpass.objection.v1"]
