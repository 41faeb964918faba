"""Ways round `--policy-ref`: everything that a change can bring, and every name by which git could be led elsewhere."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.bypass.conftest import COMPARED, MEASURED, TO, Call, entered, write
from tests.cli.conftest import POLICY, RECORD
from tests.cli.repository import PROTECTED, WEAK, change, commit, git

BAD = "models/fraud/2.yaml"
REF = (*TO, "--policy-ref", PROTECTED)


def protect(folder: Path) -> None:
    """What is there now is what is protected."""
    git(folder, "update-ref", PROTECTED, commit(folder))


def denied(call: Call, *named: str) -> bool:
    """Is the bad version denied still, by the policies of what is named."""
    return call("check", BAD, *TO, "--policy-ref", *(named or (PROTECTED,)), "-q")[0] == 1


@pytest.fixture(name="team")
def _team(honest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose people have signed, on a protected branch; a change is checked out, and the ledger is here."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    folder = entered(Path(shutil.copytree(honest, tmp_path / "team")), monkeypatch)
    write(folder / ".gitignore", ".letpass/\nhome/\n")
    git(folder, "init", "--quiet")
    protect(folder)
    git(folder, "checkout", "--quiet", "-b", "change")
    return folder


def test_the_honest_way_works(main: Path, call: Call) -> None:
    """The good version of a change is allowed, the bad one is not, and its own weak policy says otherwise in vain."""
    change(main, policies__gate_policy=WEAK)

    assert [call("check", f"models/fraud/{v}.yaml", *REF, "-q")[0] for v in (1, 2)] == [0, 1]
    assert call("check", BAD, *TO, "-q")[0] == 0


def test_a_local_branch_under_the_name_of_the_remotes_does_not_judge(main: Path, call: Call) -> None:
    """`refs/heads/origin/main` stands before `refs/remotes/origin/main` where a short name is given: that is refused."""
    git(main, "branch", "origin/main", change(main, policies__gate_policy=WEAK))

    assert call("check", BAD, *TO, "--policy-ref", "origin/main", "-q")[0] in {1, 2}
    assert denied(call)


def test_refs_within_refs_under_the_protected_name_do_not_judge(main: Path, call: Call) -> None:
    """A branch and a tag that are called `refs/remotes/origin/main` to the letter."""
    weak = change(main, policies__gate_policy=WEAK)
    git(main, "update-ref", f"refs/heads/{PROTECTED}", weak)
    git(main, "update-ref", f"refs/tags/{PROTECTED}", weak)

    assert denied(call)


def test_a_symbolic_ref_of_the_change_leads_the_protected_name_nowhere(main: Path, call: Call) -> None:
    """`origin/HEAD` points to the change's branch; who names `origin/main` is not led there."""
    git(main, "branch", "evil", change(main, policies__gate_policy=WEAK))
    git(main, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/heads/evil")

    assert denied(call)


def test_grafted_parents_change_no_file_of_the_commit(main: Path, call: Call) -> None:
    """Neither a graft nor a merge whose first parent is the change."""
    weak = change(main, policies__gate_policy=WEAK)
    write(main / ".git/info/grafts", f"{git(main, 'rev-parse', PROTECTED)} {weak}\n")

    assert denied(call)


def test_a_merge_that_keeps_the_changes_side_does_not_judge(main: Path, call: Call) -> None:
    """The merge commit has both for parents, and the change's tree: what is checked out is not what is protected."""
    change(main, policies__gate_policy=WEAK)
    git(main, "merge", "--quiet", "-s", "ours", "-m", "merge", PROTECTED)

    assert denied(call)


def test_a_replaced_blob_of_the_policy_is_not_read(main: Path, call: Call) -> None:
    """`git replace` of the one file, and of its folder, not of the commit."""
    change(main, policies__gate_policy=WEAK)
    for path in ("policies/gate.policy", "policies"):
        git(main, "replace", git(main, "rev-parse", f"{PROTECTED}:{path}"), git(main, "rev-parse", f"change:{path}"))

    assert denied(call)


def test_encodings_and_filters_of_the_changes_attributes_are_not_applied(main: Path, call: Call) -> None:
    """`working-tree-encoding` and `ident` would turn the policy into something else on its way out."""
    change(main)
    for path in main.rglob(
        "*.policy"
    ):  # older than the index, or git would read it again to see whether it is as it was
        os.utime(path, (1, 1))
    git(main, "update-index", "--refresh")
    write(
        main / ".gitattributes",
        "*.policy working-tree-encoding=UTF-16LE-BOM ident filter=lfs diff=lfs merge=lfs -text\n",
    )
    git(main, "add", ".gitattributes")
    git(main, "commit", "--quiet", "-m", "attributes")
    write(main / ".git/info/attributes", "*.policy working-tree-encoding=UTF-16 ident\n")

    assert denied(call)


def test_a_policy_that_only_the_index_has_does_not_judge(main: Path, call: Call) -> None:
    """Staged and not committed, hidden from `git status`, or gone from a sparse checkout: the commit is read."""
    git(main, "checkout", "--quiet", "-b", "change")
    write(main / "policies/gate.policy", WEAK)
    git(main, "add", "policies")
    git(main, "update-index", "--skip-worktree", "policies/gate.policy")
    (main / "policies/gate.policy").unlink()

    assert denied(call)


def test_a_policy_under_the_same_name_in_other_letters_does_not_judge(main: Path, call: Call) -> None:
    """On a disk that folds names the last one written would win; the commit has one file of that name."""
    (main / "policies/gate.policy").unlink()
    change(main, policies__GATE_policy=WEAK, Policies__gate_policy=WEAK)

    assert denied(call)


def test_a_limit_in_a_file_that_the_policy_uses_is_the_commits(main: Path, call: Call) -> None:
    """`let floor` stands elsewhere, and the change lowers it there alone."""
    write(main / "policies/limits.policy", "let floor = 0.9\n")
    header, _, rule = POLICY.replace("0.9", "floor").partition("require")
    write(main / "policies/gate.policy", f'{header}use "limits.policy"\nrequire{rule}')
    protect(main)
    change(main, policies__limits_policy="let floor = 0.1\n")

    assert call("check", BAD, *TO, "-q")[0] == 0
    assert denied(call)


def test_a_configuration_that_only_the_change_has_is_not_named_by_the_environment(
    main: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job that sets LETPASS_CONFIG to a path of the tree gets what the commit has there, or nothing."""
    change(main, easy__gate_policy=WEAK)
    write(main / "ci/policy.toml", 'policies = ["../easy"]\n')
    monkeypatch.setenv("LETPASS_CONFIG", "ci/policy.toml")

    assert call("check", BAD, *TO, "-q")[0] == 0
    assert call("check", BAD, *REF, "-q")[0] == 2


def test_a_working_directory_that_the_change_turned_into_a_link_leads_nowhere(
    main: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job enters `service`, which leads to a folder of the change's own, with policies of its own."""
    write(main / "service/policies/gate.policy", POLICY)
    write(main / "service/models/fraud/2.yaml", RECORD.format("2", "0.5"))
    protect(main)
    change(main, evil__policies__gate_policy=WEAK)
    write(main / "evil/models/fraud/2.yaml", RECORD.format("2", "0.5"))
    monkeypatch.chdir(main / "service")
    assert denied(call)
    shutil.rmtree(main / "service")
    (main / "service").symlink_to("evil")
    monkeypatch.chdir(main / "service")

    assert call("check", BAD, *TO, "-q")[0] == 0
    assert call("check", BAD, *REF, "-q")[0] == 2


def test_a_file_that_is_called_like_a_version_of_the_commit_is_not_judged_as_it(main: Path, call: Call) -> None:
    """A list of changed files may hold `models/fraud@1`: it names a version of the commit, or nothing, and never the file."""
    change(main)
    for name in ("fraud@1", "models/fraud@1.yaml", "models/fraud@1/2.yaml"):
        write(main / name, RECORD.format("2", "0.5"))
    commit(main)

    assert call("check", "models/fraud@1.yaml", *REF, "-q")[0] == 2
    assert call("check", "models/fraud@1/2.yaml", *REF, "-q")[0] == 2
    assert call("check", "./fraud@1", *REF, "-q")[0] in {1, 2}


def test_a_record_in_a_folder_that_looks_like_the_registry_is_not_excused_from_the_champion(
    main: Path, call: Call
) -> None:
    """`m\u043edels` is no place of the registry; it is compared with who holds production of `fraud` all the same, or that is unknown, and never nobody."""
    write(main / "policies/gate.policy", COMPARED)
    for version, accuracy in (("1", 0.95), ("2", 0.9)):
        write(main / f"models/fraud/{version}.yaml", MEASURED.format(version, accuracy))
    protect(main)
    change(main)
    for folder in ("m\u043edels/fraud", "models/fraud/new", "Models/fraud"):
        write(main / folder / "7.yaml", MEASURED.format("7", 0.9))
        assert call("check", f"{folder}/7.yaml", *REF, "-q")[0] in {1, 2, 3}, folder


def test_a_renamed_model_loses_its_sign_offs_and_shows_what_was_said_against_its_bytes(team: Path, call: Call) -> None:
    """Vera objects to 4; the change calls it `risk@1`, and takes the objection away with the folder."""
    words = ("--role", "validator", "--key", "vera", "--reason", "biased", "--log")
    assert call("reject", "models/fraud/4.yaml", *words)[0] == 0
    git(team, "add", "--all")
    protect(team)
    text = (team / "models/fraud/4.yaml").read_text().replace("model: fraud", "model: risk").replace("'4'", "'1'")
    git(team, "rm", "-r", "--quiet", "models/fraud")
    write(team / "models/risk/1.yaml", text)
    commit(team)

    code, out, _ = call("check", "models/risk/1.yaml", *REF)

    assert (code, "OBJECTED BEFORE" in out, "biased; it stands" in out, "0 of 2 sign-offs" in out) == (
        3,
        True,
        True,
        True,
    )


def test_an_objection_under_another_name_beside_another_version_is_still_one(team: Path, call: Call) -> None:
    """The change moves the file to version 3, and calls it something else."""
    assert call("reject", "models/fraud/4.yaml", "--role", "validator", "--key", "vera", "--reason", "biased")[0] == 0
    protect(team)
    (path,) = (team / "models/fraud/4").glob("*.objection.json")
    (team / "models/fraud/3").mkdir()
    path.rename(team / "models/fraud/3/evidence.json")
    commit(team)

    assert call("check", "models/fraud/4.yaml", *REF, "-q")[0] == 1


def test_a_withdrawal_that_the_change_forges_takes_nothing_back(team: Path, call: Call) -> None:
    """Only who objected takes it back: signed by Vito, or with the words changed, Vera's stands."""
    assert call("reject", "models/fraud/4.yaml", "--role", "validator", "--key", "vera", "--reason", "biased")[0] == 0
    protect(team)
    (path,) = (team / "models/fraud/4").glob("*.objection.json")
    assert call("withdraw", str(path.relative_to(team)), "--key", "vito", "--reason", "no")[0] != 0
    envelope = json.loads(path.read_text())
    write(path, json.dumps({**envelope, "signatures": []}))
    commit(team)

    assert call("check", "models/fraud/4.yaml", *REF, "-q")[0] == 1


def test_sign_offs_of_another_version_beside_the_changes_are_none(team: Path, call: Call) -> None:
    """The change copies what was signed for 4 beside its new 5, and names the same bytes."""
    shutil.copytree(team / "models/fraud/4", team / "models/fraud/5")
    text = (team / "models/fraud/4.yaml").read_text().replace("'4'", "'5'")
    write(team / "models/fraud/5.yaml", text)
    commit(team)

    code, out, _ = call("check", "models/fraud/5.yaml", *REF)

    assert (code, "0 of 2 sign-offs" in out) == (3, True)


def test_departures_that_a_change_brings_are_no_moves(gated: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Merged, `.letpass/leaving` would have had the next promotion log that a weak version came into production."""
    said = {
        "kind": "promotion",
        "stage": "production",
        "nonce": "ab",
        "model": "fraud",
        "version": "2",
        "at": "2026-11-20T10:00:00Z",
    }
    write(gated / ".letpass/leaving/ab.made.json", json.dumps(said))
    write(gated / "models/fraud/state.yaml", '"1": {stage: archived}\n"2": {stage: production}\n')

    assert call("promote", "fraud@4", *TO, "-q")[0] == 4
    assert "fraud@2" not in call("history", "fraud")[1]


def test_an_identity_of_the_registry_that_the_change_edits_is_not_read(team: Path, call: Call) -> None:
    """Another name would be another registry, whose models have no past; the commit's is asked."""
    assert call("check", "models/fraud/4.yaml", *REF, "-q")[0] in {0, 3}
    code = call("check", "models/fraud/4.yaml", *REF, "-q")[0]
    write(team / "models/.registry", "registry-" + "0" * 32 + "\n")
    commit(team)

    assert call("check", "models/fraud/4.yaml", *TO, "-q")[0] == 4
    assert call("check", "models/fraud/4.yaml", *REF, "-q")[0] == code
