"""A version is deployed where it was registered and promoted for: to environments whose stage it holds by an allowed move."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from letpass import Gate
from tests.cli.conftest import Call, signed, write
from tests.cli.repository import PROTECTED, change, checkout, commit, git
from tests.lifecycle.conftest import state, steps

SERVE = 'policy serve: "Serve"\n  on deployment\nrequire known: author is recorded\n'
ANYWHERE = SERVE.replace("on deployment", "on deployment from any stage")
STAGING = 'policy staging: "Staging"\n  on promotion to staging\nrequire good: accuracy >= 0.9\n'
ENTRY = 'policy entry: "Entry"\n  on registration\nrequire good: accuracy >= 0.9\n'
LISTED = '[environments]\neu-west = "production"\ncanary = "staging"\n'
URL = "https://fraud.corp.example"


@pytest.fixture(name="served")
def _served(project: Path) -> Path:
    """The project with two gated stages, a policy on deployment and two listed environments."""
    write(project / "policies/serve.policy", SERVE)
    write(project / "policies/staging.policy", STAGING)
    write(project / "policy.toml", LISTED)
    return project


def deploy(call: Call, version: int, environment: str = "", endpoint: str = "") -> tuple[int, str, str]:
    """Deploy a version to an endpoint, of its own where none is named."""
    where = ("--endpoint", endpoint or f"https://{environment or 'fraud'}.corp.example")
    return call("deploy", f"fraud@{version}", *where, *(("--environment", environment) if environment else ()))


def held(out: str) -> list[str]:
    """What holds an allow back, by code."""
    return [line.strip()[5:12] for line in out.splitlines() if line.strip().startswith("HELD[")]


def promoted(call: Call, version: int, stage: str = "production") -> None:
    assert call("promote", f"fraud@{version}", "--to", stage)[0] == 0


# ---------------------------------------------------------------- what must have come before


def test_what_was_refused_at_registration_and_promotion_is_not_deployed(served: Path, call: Call) -> None:
    """The policy on deployment asks for nothing that it lacks: it was deployed although both moves had been denied."""
    write(served / "policies/entry.policy", ENTRY)
    assert call("register", "fraud@3")[0] == 1
    assert call("promote", "fraud@3", "--to", "production")[0] == 1
    write(served / "models/fraud/state.yaml", "'3': {stage: production}\n")

    code, out, _ = deploy(call, 3, "eu-west")

    assert (code, held(out)) == (3, ["GATE406", "GATE417"])
    assert "`fraud@3` is not registered: the newest decision on its registration is deny" in out
    assert "needs `fraud@3` in `production` by an allowed move: no decision of the ledger has brought it there" in out
    assert state(served) == {"3": {"stage": "production"}}


def test_what_was_allowed_at_both_is_deployed(served: Path, call: Call) -> None:
    """The twin of what is refused; the decision and its proof say where to."""
    write(served / "policies/entry.policy", ENTRY)
    assert call("register", "fraud@1")[0] == 0
    promoted(call, 1)

    code, out, err = deploy(call, 1, "eu-west")

    assert (code, held(out), err.startswith("deployed: https://eu-west.corp.example (eu-west) serves fraud@1")) == (
        0,
        [],
        True,
    )
    (done,) = [s for s in steps() if s.kind == "deployment" and s.state == "done"]
    assert done.environment == "eu-west"


@pytest.mark.parametrize(
    ("version", "stage", "environment", "code"),
    [(1, "production", "eu-west", 0), (1, "staging", "canary", 0), (1, "production", "", 0), (1, "production", "us", 0),
     (1, "staging", "eu-west", 3), (1, "production", "canary", 3), (1, "staging", "", 3), (1, "staging", "us", 3)],
)  # fmt: skip
def test_each_environment_needs_its_stage(
    served: Path, call: Call, version: int, stage: str, environment: str, code: int
) -> None:
    """The listed one; where it is not listed, or none is named, the protected one."""
    promoted(call, version, stage)

    asked = ("--environment", environment) if environment else ()
    checked = call("check", f"fraud@{version}", "--on", "deployment", *asked)
    assert deploy(call, version, environment)[0] == checked[0] == code
    assert held(checked[1]) == ["GATE417"] * (code == 3)
    assert ("deployments" in state(served)["1"]) is (code == 0)
    assert Gate().decide(f"fraud@{version}", "deployment", environment=environment).allowed is (code == 0)


def test_the_command_that_is_told_opens_the_way(served: Path, call: Call) -> None:
    """What was needed, what was seen, and what to do."""
    promoted(call, 1, "staging")

    out = deploy(call, 1, "eu-west")[1]

    assert (
        "HELD[GATE417]  the environment `eu-west` needs `fraud@1` in `production` by an allowed move: it holds `staging`\n"
        in out
    )
    assert "`policy promote fraud@1 --to production`" in out
    promoted(call, 1)
    assert deploy(call, 1, "eu-west")[0] == 0


def test_registration_that_nothing_gates_any_more_by_its_file_is_still_asked_for(served: Path, call: Call) -> None:
    """The ledger knows that it was gated, so that a deleted policy opens nothing."""
    write(served / "policies/entry.policy", ENTRY)
    assert call("register", "fraud@1")[0] == 0
    promoted(call, 1)
    (served / "policies/entry.policy").unlink()

    assert deploy(call, 1, "eu-west")[0] == 0
    code, out, _ = call("promote", "fraud@2", "--to", "production")
    assert (code, held(out), "`policy ungate registration --reason TEXT`" in out) == (3, ["GATE406"], True)
    assert call("ungate", "registration", "--reason", "nobody asks for it any more")[0] == 0
    promoted(call, 2)


# ---------------------------------------------------------------- names of environments


@pytest.mark.parametrize("name", ["EU-West", "EU-WEST", "eu-WEST"])
def test_the_case_of_a_name_does_not_matter(served: Path, call: Call, name: str) -> None:
    """It needs what is listed, and is recorded as it is listed."""
    promoted(call, 1, "staging")
    assert deploy(call, 1, name)[0] == 3
    promoted(call, 1)

    assert deploy(call, 1, name)[0] == 0

    (there,) = state(served)["1"]["deployments"]  # type: ignore[misc]
    assert there["environment"] == "eu-west"


@pytest.mark.parametrize("name", ["eu-w\u0435st", "\uff45u-west", " eu-west", "eu-west ", "eu-west\u200b", "eu\u2010west", "eu\nwest"])  # fmt: skip
def test_what_only_looks_like_an_environment_is_none(served: Path, call: Call, name: str) -> None:
    """Where `protected` is a lower stage, another spelling would have asked for less."""
    write(served / "policy.toml", f'protected = ["staging"]\n{LISTED}')
    promoted(call, 1, "staging")

    for arguments in (
        ("deploy", "fraud@1", "--endpoint", URL, "--environment", name),
        ("check", "fraud@1", "--on", "deployment", "--environment", name),
    ):
        code, out, err = call(*arguments)
        assert (code, out, "is no environment's name" in err) == (2, "", True)
    assert "deployments" not in state(served)["1"]


@pytest.mark.parametrize(
    ("text", "said"),
    [('[environments]\neu-west = "production"\nEU-West = "staging"\n', "`eu-west` is listed twice"),
     ('[environments]\n"eu w\u0435st" = "production"\n', "is no plain name"), ('[environments]\n"" = "staging"\n', "is no plain name"),
     ('[environments]\ncanary = " "\n', "is no plain name"), ('[environments]\ncanary = ["staging"]\n', "environments")],
)  # fmt: skip
def test_a_list_that_could_mean_two_things_is_refused(served: Path, call: Call, text: str, said: str) -> None:
    """A project that does not read decides nothing."""
    write(served / "policy.toml", text)

    code, out, err = deploy(call, 1, "eu-west")

    assert (code, out, "GATE013" in err, said in err) == (2, "", True, True), err


def test_a_stage_may_be_named_by_its_alias(served: Path, call: Call) -> None:
    """As everywhere."""
    write(served / "policy.toml", '[aliases]\nproduction = ["champion"]\n[environments]\neu-west = "Champion"\n')
    promoted(call, 1)

    assert deploy(call, 1, "eu-west")[0] == 0


def test_several_protected_stages_ask_for_a_list(served: Path, call: Call) -> None:
    """A version holds one of them, so that what is not listed is refused; so it is where none is protected."""
    write(served / "policy.toml", f'protected = ["staging", "production"]\n{LISTED}')
    promoted(call, 1)

    code, out, _ = deploy(call, 1, "us")
    assert (code, held(out)) == (3, ["GATE417"])
    assert "asks for every stage in `protected`, which names `staging` and `production`, and a version holds one" in out
    assert deploy(call, 1)[0] == 3
    write(served / "policy.toml", f"protected = []\n{LISTED}")
    code, out, _ = deploy(call, 1, "us")
    assert (code, "in `protected`, which names none" in out) == (3, True)
    assert deploy(call, 1, "eu-west")[0] == 0


def test_a_listed_stage_that_nothing_gates_lets_nothing_through(served: Path, call: Call) -> None:
    """Who is there came by no decision, whatever the list says."""
    write(served / "policy.toml", '[environments]\nlab = "bench"\n')
    promoted(call, 1, "bench")

    code, out, _ = deploy(call, 1, "lab")

    assert (code, held(out), "`bench` is not gated, so nothing can allow it" in out) == (3, ["GATE417"], True)
    code, out, _ = call("doctor")
    assert (code, "NO   the environment `lab` needs `bench`, which nothing gates" in out) == (1, True)


# ---------------------------------------------------------------- who holds the stage


def test_a_version_that_has_left_is_not_deployed(served: Path, call: Call) -> None:
    """Retired, or archived by another that was promoted."""
    promoted(call, 1)
    assert deploy(call, 1, "eu-west")[0] == 0
    promoted(call, 2)

    code, out, _ = deploy(call, 1, "eu-west")
    assert (code, "by an allowed move: it holds `archived`" in out) == (3, True)
    assert call("renew", "fraud@1", "--on", "deployment")[0] == 3
    assert deploy(call, 2, "eu-west")[0] == 0
    assert call("retire", "fraud@2", "--reason", "it is over")[0] == 0
    assert deploy(call, 2, "eu-west")[0] == 3


def test_a_state_that_was_edited_is_none(served: Path, call: Call) -> None:
    """Registry and ledger must both show it: the file was edited after another version was promoted."""
    promoted(call, 1)
    write(served / "models/fraud/state.yaml", "'2': {stage: production}\n")

    assert [deploy(call, n, "eu-west")[0] for n in (1, 2)] == [3, 3]


def test_who_came_back_is_deployed_and_who_was_rolled_back_is_not(served: Path, call: Call) -> None:
    """A rollback brings a version into the stage as a promotion does."""
    write(
        served / "policies/back.policy",
        'policy back: "B"\n  on rollback to production\nrequire k: author is recorded\n',
    )
    promoted(call, 1)
    promoted(call, 2)
    assert deploy(call, 2, "eu-west")[0] == 0

    code, out, _ = call("promote", "fraud@1", "--to", "production")
    assert (code, out.startswith("ALLOWED  fraud@1 → rollback to production")) == (0, True)

    assert [deploy(call, n, "eu-west")[0] for n in (2, 1)] == [3, 0]


def test_an_approval_that_has_ended_carries_no_deployment(served: Path, call: Call) -> None:
    """Denied when it was decided anew, it stays in the stage, and nothing more is deployed of it until it is mended."""
    promoted(call, 1)
    assert deploy(call, 1, "eu-west")[0] == 0
    gate = served / "policies/gate.policy"
    text = gate.read_text()
    write(gate, text.replace("0.9", "0.99"))
    assert call("renew", "fraud@1")[0] == 1

    code, out, _ = deploy(call, 1, "eu-west")

    assert (code, held(out), "its approval has ended: " in out, "`policy renew fraud@1`" in out) == (3, ["GATE417"], True, True)  # fmt: skip
    write(gate, text)
    assert call("renew", "fraud@1")[0] == 0
    assert deploy(call, 1, "eu-west")[0] == 0


def test_a_revoked_version_is_not_deployed(served: Path, call: Call) -> None:
    """The word denies, and the approval has ended besides."""
    promoted(call, 1)
    assert call("revoke", "fraud@1", "--reason", "trained on leaked data")[0] == 0

    assert deploy(call, 1, "eu-west")[0] == 1
    assert "deployments" not in state(served)["1"]


def test_who_was_adopted_is_deployed_with_those_bytes(served: Path, call: Call) -> None:
    """The owners have taken it in; before, nobody had."""
    write(served / "models/fraud/state.yaml", "'1': {stage: production}\n")
    assert deploy(call, 1, "eu-west")[0] == 3
    assert call("adopt", "fraud@1", "--to", "production", "--reason", "served before the gate")[0] == 0

    assert deploy(call, 1, "eu-west")[0] == 0

    write(served / "fraud-1.onnx", "other bytes")
    code, out, _ = deploy(call, 1, "eu-west", "https://other.corp.example")
    assert (code, "GATE417" in held(out) or "GATE404" in held(out)) == (3, True)


def test_an_old_decision_does_not_stand_for_an_adoption(served: Path, call: Call) -> None:
    """Promoted, retired and put back by hand: its first approval is over, and nobody has adopted it yet."""
    promoted(call, 1)
    assert call("retire", "fraud@1", "--reason", "it is over")[0] == 0
    write(served / "models/fraud/state.yaml", "'1': {stage: production}\n")
    assert deploy(call, 1, "eu-west")[0] == 3
    assert call("adopt", "fraud@1", "--to", "production", "--reason", "the only one that works")[0] == 0

    assert deploy(call, 1, "eu-west")[0] == 0


# ---------------------------------------------------------------- endpoints


def test_an_endpoint_of_two_environments_needs_both_stages(served: Path, call: Call) -> None:
    """A version of staging took the place of the one in production by naming its address as the canary's."""
    promoted(call, 1)
    assert deploy(call, 1, "eu-west", URL)[0] == 0
    promoted(call, 2, "staging")
    assert deploy(call, 2, "canary", "https://canary.corp.example")[0] == 0

    for address in (URL, f"{URL}/", URL.upper()):
        code, out, _ = deploy(call, 2, "canary", address)
        assert (code, held(out)) == (3, ["GATE417"])
        assert "the environment `eu-west`, where " in out
    asked = ("check", "fraud@2", "--on", "deployment", "--environment", "canary", "--endpoint", URL)
    assert call(*asked)[0] == 3
    assert call(*asked[:-2])[0] == 0


def test_environments_with_one_stage_may_share_an_endpoint(served: Path, call: Call) -> None:
    """Nothing that is weaker comes there."""
    write(served / "policy.toml", '[environments]\neu-west = "production"\nus-east = "production"\n')
    promoted(call, 1)

    assert [deploy(call, 1, e, URL)[0] for e in ("eu-west", "us-east")] == [0, 0]


# ---------------------------------------------------------------- from any stage


def test_a_policy_may_let_versions_be_deployed_from_any_stage(served: Path, call: Call) -> None:
    """Registration is asked for all the same."""
    write(served / "policies/serve.policy", ANYWHERE)
    assert deploy(call, 1, "eu-west")[0] == 0
    write(served / "policies/entry.policy", ENTRY)

    code, out, _ = deploy(call, 2, "eu-west")

    assert (code, held(out)) == (3, ["GATE406"])


def test_all_policies_that_govern_must_say_so(served: Path, call: Call) -> None:
    """One that is added elsewhere takes nothing away from another; one that does not apply has no say."""
    write(served / "policies/serve.policy", ANYWHERE)
    other = SERVE.replace("policy serve", "policy other")
    write(served / "policies/other.policy", other)
    assert deploy(call, 1, "eu-west")[0] == 3
    write(
        served / "policies/other.policy",
        other.replace("on deployment\n", "on deployment\n  applies when risk is high\n"),
    )
    assert deploy(call, 1, "eu-west")[0] == 3  # whether it applies is unknown
    record = served / "models/fraud/1.yaml"
    write(record, f"{record.read_text()}risk: low\n")

    assert deploy(call, 1, "eu-west")[0] == 0


def test_such_a_decision_replays(served: Path, call: Call) -> None:
    """What held it back, and where it was to go, are among its inputs."""
    for text in (SERVE, ANYWHERE):
        write(served / "policies/serve.policy", text)
        out = call("check", "fraud@1", "--on", "deployment", "--environment", "EU-west", "-o", "json")[1]
        write(served / "decision.json", out)
        assert json.loads(out)["decision"]["environments"] == ["eu-west"]
        assert call("replay", "decision.json")[0] == 0


# ---------------------------------------------------------------- who says what is listed


def test_the_list_is_the_commits_and_not_the_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Call
) -> None:
    """A pull request that lists an environment under a lower stage is judged by the list of the protected branch."""
    main = checkout(tmp_path, monkeypatch)
    write(main / "policies/serve.policy", SERVE)
    write(main / "policy.toml", LISTED)
    commit(main)
    git(main, "update-ref", f"refs/remotes/{PROTECTED}", "HEAD")
    change(main)
    write(main / "policy.toml", '[environments]\neu-west = "staging"\n')
    commit(main)
    asked = ("check", "models/fraud/1.yaml", "--on", "deployment", "--environment", "eu-west")

    assert "`eu-west` needs `fraud@1` in `production`" in call(*asked, "--policy-ref", PROTECTED)[1]
    assert "`eu-west` needs `fraud@1` in `staging`" in call(*asked)[1]


def test_a_list_that_was_changed_voids_what_the_owners_signed(office: Path, call: Call) -> None:
    """Whoever could edit policy.toml could have said that production needs no stage worth the name."""
    signed(call, office)
    assert call("check", "fraud@4", "--to", "production")[0] == 0
    text = (office / "policy.toml").read_text()
    for listed, code in ((LISTED, 3), ("", 0)):
        write(office / "policy.toml", text + listed)
        found = call("check", "fraud@4", "--to", "production")
        assert (found[0], "GATE403" in found[1]) == (code, code == 3)


# ---------------------------------------------------------------- looking and verifying


def test_a_record_in_no_registry_is_only_looked_at(served: Path, call: Call) -> None:
    """Nothing can have been registered or promoted; a move asks for a version of the registry."""
    write(served / "new/9.yaml", (served / "models/fraud/1.yaml").read_text().replace("'1'", "'9'"))

    assert call("check", "new/9.yaml", "--on", "deployment", "--environment", "eu-west")[0] == 0
    assert call("deploy", "new/9.yaml", "--endpoint", URL)[0] == 2


def test_a_proof_is_of_the_environment_that_it_was_asked_for(served: Path, call: Call) -> None:
    """An allow for the canary opened the door of production."""
    promoted(call, 1, "staging")
    assert deploy(call, 1, "canary")[0] == 0
    verify = ("verify", "fraud@1", "--on", "deployment")

    assert call(*verify, "--environment", "Canary")[0] == 0
    code, out, _ = call(*verify, "--environment", "eu-west")
    assert (code, "NO   to this environment: canary; asked for eu-west" in out) == (1, True), out
    assert "to this environment: not looked at" in call(*verify)[1]
    assert call("verify", "fraud@1", "--to", "staging", "--environment", "canary")[0] == 2


def test_the_doctor_lists_what_is_not_listed(served: Path, call: Call) -> None:
    """As the ledger and the registry show it; where nothing could be deployed any more, it is wrong."""
    promoted(call, 1)
    assert deploy(call, 1, "us")[0] == deploy(call, 1, "eu-west")[0] == 0
    assert "-    the environment `us` is not listed, so it needs `production`" in call("doctor")[1]
    write(served / "policy.toml", f'protected = ["production", "staging"]\n{LISTED}')

    code, out, _ = call("doctor")

    assert (code, "NO   the environment `us` is not listed, so it asks for every stage in `protected`" in out) == (
        1,
        True,
    )
    assert "`eu-west` is not" not in out
