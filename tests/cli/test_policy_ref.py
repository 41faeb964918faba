"""`policy check --policy-ref`: a change is judged by the policies of the protected branch, never by its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import POLICY, RECORD, Call, write
from tests.cli.repository import PROTECTED, WEAK, change, checkout, commit, git

TO = ("--to", "production")
REF = (*TO, "--policy-ref", PROTECTED)


@pytest.fixture(name="main")
def _main(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout of the protected branch, where `origin/main` is; it is the working directory."""
    return checkout(tmp_path, monkeypatch)


def test_a_weakened_policy_changes_nothing(main: Path, call: Call) -> None:
    """The change's own policy would allow it; the protected branch's denies, and its commit is named."""
    change(main, policies__gate_policy=WEAK)

    assert call("check", "models/fraud/2.yaml", *TO, "-q")[0] == 0
    code, out, err = call("check", "models/fraud/2.yaml", *REF)
    assert (code, err) == (1, f"policies of {git(main, 'rev-parse', PROTECTED)[:12]} ({PROTECTED})\n")
    assert " --> policies/gate.policy:3:15\n" in out
    assert "accuracy >= 0.9\n" in out


def test_the_models_are_those_of_the_change(main: Path, call: Call) -> None:
    """A version that only the change has is judged, and what it adds to one that is registered counts as its claim."""
    quick = "metric accuracy: ratio\nmetric latency: duration in ms\nrequire quick: latency <= 20 ms\n"
    write(main / "policies/gate.policy", POLICY + quick)
    git(main, "update-ref", PROTECTED, commit(main))
    change(main)
    for version, accuracy in ((1, "0.95"), (3, "0.97"), (4, "0.5")):
        write(main / f"models/fraud/{version}.yaml", f"{RECORD.format(version, accuracy)[:-2]}, latency: 9}}\n")

    assert call("check", "fraud@1", *REF, "-q")[0] == 3  # the commit knows no latency of it
    assert [call("check", f"models/fraud/{n}.yaml", *REF, "-q")[0] for n in (1, 2, 3, 4)] == [0, 1, 0, 1]
    code, out, _ = call("check", "models/fraud/1.yaml", *REF)
    assert "the change adds `metrics.latency` to the record of fraud@1: claims of its own" in " ".join(out.split())
    code, out, _ = call(
        "check", "models/fraud/1.yaml", *REF, "-o", f"json={main.parent / 'decision.json'}", "-o", "json"
    )
    assert (code, json.loads(out)["decision"]["added"]) == (0, ["metrics.latency"])
    assert call("replay", str(main.parent / "decision.json"))[0] == 0
    assert "added" not in call("check", "models/fraud/3.yaml", *REF, "-o", "json")[1]


@pytest.mark.parametrize(
    "brought",
    [
        {"policy.toml": 'policies = ["easy"]\n', "easy/gate.policy": WEAK},
        {"pyproject.toml": '[tool.letpass]\npolicies = ["easy"]\n', "easy/gate.policy": WEAK},
        {"policy.toml": "policies = 7\n"},
        {"policies/other.policy": "no policy at all\n"},
        {".gitattributes": "* export-ignore\n*.policy export-subst filter=evil text eol=crlf\n", "policies/gate.policy": WEAK},
        {"trust.json": "{}", "policies/signatures/1.json": "{}"},
        {"models/fraud/state.yaml": '"2": {stage: production}\n'},
    ],
    ids=lambda brought: ", ".join(brought),
)  # fmt: skip
def test_nothing_else_of_the_change_decides(main: Path, call: Call, brought: dict[str, str]) -> None:
    """Neither its configuration, attributes, trust file nor its registry's state."""
    change(main)
    for name, text in brought.items():
        write(main / name, text)
    commit(main)

    denied, allowed = (call("check", f"models/fraud/{n}.yaml", *REF, "-o", "concise") for n in (2, 1))
    assert (denied[0], allowed[0]) == (1, 0)
    assert "accuracy is 0.5" in denied[1]


def test_a_policy_that_the_change_deletes_still_holds(main: Path, call: Call) -> None:
    """The commit has it, so the working tree need not."""
    (main / "policies/gate.policy").unlink()

    assert call("check", "models/fraud/2.yaml", *TO)[0] == 2
    assert call("check", "models/fraud/2.yaml", *REF, "-q")[0] == 1


def test_the_champion_is_the_protected_branchs(main: Path, call: Call) -> None:
    """Neither a better state file nor a worse champion in the change makes its version look good."""
    on_holdout = "model: fraud\nversion: '{}'\nmetrics: {{accuracy: {{value: {}, data_set: holdout}}}}\n"
    rule = 'require good: accuracy on "holdout" >= champion.accuracy on "holdout"'
    write(main / "policies/gate.policy", POLICY.replace("require good: accuracy >= 0.9", rule))
    for version, accuracy in ((1, 0.95), (2, 0.5)):
        write(main / f"models/fraud/{version}.yaml", on_holdout.format(version, accuracy))
    git(main, "update-ref", PROTECTED, commit(main))
    change(main)
    write(main / "models/fraud/1.yaml", on_holdout.format(1, 0.1))
    write(main / "models/fraud/state.yaml", '"2": {stage: production}\n')

    assert call("check", "models/fraud/2.yaml", *TO, "--champion", "models/fraud/1.yaml", "-q")[0] == 0
    for champion in ((), ("--champion", "models/fraud/1.yaml"), ("--champion", "fraud@1")):
        code, out, _ = call("check", "models/fraud/2.yaml", *REF, *champion, "-o", "json")
        assert code == 1, champion
        assert json.loads(out)["inputs"]["champion"]["name"] == "models/fraud/1.yaml"
        assert "0.95" in json.loads(out)["inputs"]["champion"]["text"]


def test_a_version_by_name_is_the_protected_branchs(main: Path, call: Call) -> None:
    """`NAME@VERSION` is looked up in the commit's registry; the change's own file is named by its path."""
    change(main)
    write(main / "models/fraud/2.yaml", RECORD.format(2, "0.99"))

    assert call("check", "fraud@2", *REF, "-q")[0] == 1
    code, _, err = call("check", "models/fraud/2.yaml", *REF)
    assert (code, "`metrics.accuracy.value` is `0.99` here, and `0.5` in `models/fraud/2.yaml`" in err) == (2, True)
    assert call("check", "fraud@production", *REF, "-q")[0] == 0
    code, _, err = call("check", "fraud@3", *REF, "-q")
    assert (code, "`models`" in err, "/letpass-" in err) == (2, True, False)


def test_a_decision_replays_and_names_no_folder_of_this_machine(main: Path, call: Call, tmp_path: Path) -> None:
    """Every path in it is the repository's."""
    stored = tmp_path / "decision.json"
    call("check", "models/fraud/2.yaml", *REF, "-o", f"json={stored}")

    assert "/letpass-" not in stored.read_text()
    assert list(json.loads(stored.read_text())["inputs"]["policies"]) == ["policies/gate.policy"]
    assert call("replay", str(stored))[0] == 0


def test_nothing_is_left_behind(main: Path, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder with the commit's files goes when the command ends, however it ends; the repository stays as it was."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "for-a-while"))
    (tmp_path / "for-a-while").mkdir()
    before = git(main, "status", "--porcelain", "--ignored")
    for arguments in (("models/fraud/1.yaml", *REF), ("models/fraud/9.yaml", *REF), ("fraud@1", *REF, "-p", "nowhere")):
        call("check", *arguments)

    assert list((tmp_path / "for-a-while").iterdir()) == []
    assert git(main, "status", "--porcelain", "--ignored") == before


def test_a_project_in_a_folder_of_the_repository(main: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """The configuration is the nearest above the working directory, as the commit has it; paths are shown from there."""
    write(main / "teams/risk/policy.toml", 'policies = ["rules"]\nregistry = "versions"\n')
    write(main / "teams/risk/rules/gate.policy", POLICY)
    write(main / "teams/risk/versions/fraud/2.yaml", RECORD.format(2, "0.5"))
    git(main, "update-ref", PROTECTED, commit(main))
    change(main, teams__risk__rules__gate_policy=WEAK)
    (main / "teams/risk/src").mkdir()
    monkeypatch.chdir(main / "teams/risk/src")

    code, out, _ = call("check", "../versions/fraud/2.yaml", *REF, "-o", "concise")
    assert code == 1
    assert out.startswith("../rules/gate.policy:3:1: fail[GATE300] gate/good fraud@2: ")
    assert call("check", "fraud@2", *REF, "-q")[0] == 1
    assert call("check", "fraud@2", *REF, "-p", "../../../policies", "-q")[0] == 1
    assert call("check", "fraud@2", *REF, "-p", str(main / "teams/risk/rules"), "-q")[0] == 1


def test_a_short_name_a_tag_and_an_id_will_do(main: Path, call: Call) -> None:
    """Whatever means one commit."""
    id_ = git(main, "rev-parse", PROTECTED)
    git(main, "tag", "--annotate", "--message", "released", "v1")
    git(main, "branch", "release")
    change(main, policies__gate_policy=WEAK)
    for ref in ("origin/main", "main", "refs/heads/main", "v1", "refs/tags/v1", "release", id_, id_[:10]):
        code, _, err = call("check", "models/fraud/2.yaml", *TO, "--policy-ref", ref)
        assert (code, err) == (1, f"policies of {id_[:12]} ({ref})\n"), ref


def test_the_stage_of_a_version_is_the_protected_branchs(main: Path, call: Call) -> None:
    """A change that says of its version that it has been in staging does not make it so."""
    write(main / "policies/gate.policy", POLICY.replace("accuracy >= 0.9", "stage is staging"))
    git(main, "update-ref", PROTECTED, commit(main))
    change(main)
    write(main / "models/fraud/state.yaml", '"2": {stage: staging}\n')

    assert call("check", "models/fraud/2.yaml", *TO, "-q")[0] == 0
    assert call("check", "models/fraud/2.yaml", *REF, "-q")[0] != 0
    assert call("check", "models", *REF, "-q")[0] != 0
    git(main, "update-ref", PROTECTED, commit(main))
    assert call("check", "models/fraud/2.yaml", *REF, "-q")[0] == 0
