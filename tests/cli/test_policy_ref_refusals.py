"""What `--policy-ref` refuses: what means no commit, means two, or would let a change judge itself after all."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import RECORD, Call, write
from tests.cli.repository import PROTECTED, WEAK, change, checkout, commit, git, protected

TO = ("--to", "production")
MODEL = "models/fraud/2.yaml"
REF = (*TO, "--policy-ref", PROTECTED)


@pytest.fixture(name="main")
def _main(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout of a change that weakens the policy, where `origin/main` is; it is the working directory."""
    folder = checkout(tmp_path, monkeypatch)
    change(folder, policies__gate_policy=WEAK)
    return folder


def said(call: Call, *arguments: str) -> str:
    """Why nothing was judged: the only diagnostic, and its help; the exit code is 2 and no report is there."""
    code, out, err = call("check", MODEL, *TO, *arguments)
    assert (code, out) == (2, "")
    return "".join(line for line in err.splitlines(keepends=True) if not line.startswith("policies of ")).rstrip()


SAYS = {
    "": "error[GATE015]: no commit is named whose policies judge\n  = help: name one, such as `refs/remotes/origin/main`",
    "HEAD": "error[GATE015]: `HEAD` is the commit that is judged, and cannot judge itself\n"
    "  = help: name the protected branch, such as `refs/remotes/origin/main`",
    "change": "error[GATE015]: `change` is the branch that is checked out, and would judge itself\n"
    "  = help: name the protected branch as it was fetched, such as `refs/remotes/origin/main`",
    "--upload-pack=touch": "error[GATE015]: `--upload-pack=touch` is no name of a branch, tag or commit\n"
    "  = help: write `refs/remotes/origin/main`, or a commit's id",
    "nowhere": "error[GATE015]: there is no commit `nowhere` here\n"
    "  = help: `git fetch --no-tags origin +refs/heads/nowhere:refs/remotes/origin/nowhere`, "
    "then `--policy-ref refs/remotes/origin/nowhere`",
    "refs/letpass/policy": "error[GATE015]: there is no commit `refs/letpass/policy` here\n"
    "  = help: `git fetch --no-tags origin +refs/heads/main:refs/letpass/policy`",
    "0" * 40: f"error[GATE015]: there is no commit `{'0' * 40}` here\n"
    f"  = help: `git fetch --no-tags origin {'0' * 40}`",
}  # fmt: skip


@pytest.mark.parametrize("ref", SAYS, ids=lambda r: r or "nothing")
def test_a_name_that_is_none_is_refused(main: Path, call: Call, ref: str) -> None:
    """In one line, and with the command that helps."""
    assert said(call, f"--policy-ref={ref}") == SAYS[ref]


@pytest.mark.parametrize(
    "ref",
    [
        "main~1",
        "HEAD^{tree}",
        "main:policies",
        "@{-1}",
        ":/main",
        "main..change",
        "$(touch x)",
        "a b",
        "*",
        "../x",
        "@",
    ],
)
def test_only_names_and_ids_are_taken(main: Path, call: Call, ref: str) -> None:
    """No expression that could lead to another object than the tip of what is protected."""
    assert said(call, f"--policy-ref={ref}").startswith("error[GATE015]: ")
    assert not (main / "x").exists()


def test_a_tag_that_stands_before_a_branch_is_refused(main: Path, call: Call) -> None:
    """Git would take the tag, and whoever may push one would choose the policies."""
    git(main, "tag", "main", "change")
    git(main, "tag", "origin/main", "change")

    assert "`main` means `refs/heads/main` and `refs/tags/main`, which differ" in said(call, "--policy-ref=main")
    assert "which differ" in said(call, "--policy-ref=origin/main")
    git(main, "tag", PROTECTED, "change")
    assert call("check", MODEL, *REF, "-q")[0] == 1


def test_a_branch_that_is_named_like_a_commit_is_refused(main: Path, call: Call) -> None:
    """An id that is a branch's name too means two commits."""
    id_ = git(main, "rev-parse", PROTECTED)
    git(main, "branch", id_[:12], "change")

    assert "which differ" in said(call, f"--policy-ref={id_[:12]}")
    assert call("check", MODEL, *TO, "--policy-ref", id_, "-q")[0] == 1


def test_a_replaced_commit_is_not_believed(main: Path, call: Call) -> None:
    """`refs/replace/` puts other objects in the place of those that an id names."""
    git(main, "replace", git(main, "rev-parse", PROTECTED), "change")

    assert call("check", MODEL, *REF, "-q")[0] == 1


def test_variables_of_git_lead_nowhere_else(
    main: Path, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another repository, index or store of objects in the environment is not looked at."""
    other = tmp_path / "other"
    other.mkdir()
    protected(other)
    git(other, "update-ref", PROTECTED, change(other, policies__gate_policy=WEAK))
    for name, value in {
        "DIR": other / ".git",
        "WORK_TREE": other,
        "OBJECT_DIRECTORY": other / ".git/objects",
        "INDEX_FILE": "x",
        "COMMON_DIR": other,
    }.items():
        monkeypatch.setenv(f"GIT_{name}", str(value))

    assert call("check", MODEL, *REF, "-q")[0] == 1


def test_a_folder_that_looks_like_a_repository_is_none(main: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change can bring a bare repository as plain files; from within it, nothing is judged by it."""
    git(main, "clone", "--quiet", "--bare", str(main), str(main / "evil"))
    git(main / "evil", "update-ref", PROTECTED, "change")
    git(main / "evil", "config", "core.bare", "false")
    git(main / "evil", "config", "core.worktree", str(main))
    monkeypatch.chdir(main / "evil")

    assert "there is no working tree here" in said(call, "--policy-ref", PROTECTED)


def test_without_a_repository_nothing_is_judged(
    call: Call, tmp_path: Path, main: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unpacked archive has no commits."""
    write(tmp_path / "plain/policies/gate.policy", WEAK)
    monkeypatch.chdir(tmp_path / "plain")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))

    assert said(call, "--policy-ref", PROTECTED) == (
        "error[GATE015]: this is no git repository, and the policies of a commit are asked for\n"
        "  = help: run it in a checkout of the project"
    )


def test_without_git_nothing_is_judged(main: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said that git is missing."""
    monkeypatch.setenv("PATH", str(main))

    assert "there is no git on this machine" in said(call, "--policy-ref", PROTECTED)


def test_a_shallow_clone_without_the_commit(
    main: Path, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command that is told brings what is missing, and then it is judged."""
    git(tmp_path, "clone", "--quiet", "--depth=1", "--branch=change", "--single-branch", f"file://{main}", "shallow")
    monkeypatch.chdir(tmp_path / "shallow")
    told = said(call, "--policy-ref", PROTECTED)
    assert "there is no commit" in told
    git(tmp_path / "shallow", *told.partition("`git ")[2].partition("`")[0].split())

    assert call("check", MODEL, *REF, "-q")[0] == 1


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_a_repository_of_somebody_else(main: Path, call: Call) -> None:
    """Git refuses it, and how to say that it is meant is told."""
    subprocess.run(["chown", "-R", "12345", str(main)], check=True)

    assert said(call, "--policy-ref", PROTECTED) == (
        "error[GATE015]: git refuses this repository, since somebody else owns it\n"
        f"  = help: `git config --global --add safe.directory {main}`, where that is meant"
    )


def on_main(main: Path, **files: str) -> None:
    """Put files on the protected branch, and check the change out again."""
    git(main, "checkout", "--quiet", "main")
    for name, text in files.items():
        write(main / name.replace("__", "/"), text)
    git(main, "update-ref", PROTECTED, commit(main))
    git(main, "checkout", "--quiet", "change")


def test_a_commit_without_policies_allows_nothing(main: Path, call: Call) -> None:
    """Those of the change do not stand in for them."""
    git(main, "checkout", "--quiet", "main")
    git(main, "rm", "--quiet", "-r", "policies")
    git(main, "update-ref", PROTECTED, commit(main))
    git(main, "checkout", "--quiet", "change")

    assert said(call, "--policy-ref", PROTECTED).startswith("error[GATE011]: there is no `policies`\n")


@pytest.mark.parametrize(
    "target", ["/etc/passwd", "../../outside.policy", "../../project/policies/gate.policy", "more.policy", "../models"]
)
def test_a_link_that_leads_out_of_the_commit_is_refused(main: Path, call: Call, target: str) -> None:
    """Out of the repository, to nothing, in a circle, or to a folder."""
    git(main, "checkout", "--quiet", "main")
    (main / "policies/more.policy").symlink_to(target)
    git(main, "update-ref", PROTECTED, commit(main))
    git(main, "checkout", "--quiet", "change")

    assert "`policies/more.policy` of commit " in said(call, "--policy-ref", PROTECTED)


def test_a_link_within_the_commit_is_its_file(main: Path, call: Call) -> None:
    """As in a checkout, but the file is the commit's."""
    git(main, "checkout", "--quiet", "main")
    (main / "policies/gate.policy").rename(main / "strict.txt")
    (main / "policies/gate.policy").symlink_to("../hop")
    (main / "hop").symlink_to("strict.txt")
    git(main, "update-ref", PROTECTED, commit(main))
    git(main, "checkout", "--quiet", "change")
    write(main / "strict.txt", WEAK)

    assert call("check", MODEL, *REF, "-q")[0] == 1


def test_links_of_the_change_lead_nowhere(main: Path, call: Call, tmp_path: Path) -> None:
    """The change makes its folder of policies a link; the commit's is read all the same."""
    write(tmp_path / "easy/gate.policy", WEAK)
    (main / "policies/gate.policy").unlink()
    (main / "policies").rmdir()
    (main / "policies").symlink_to(tmp_path / "easy")

    assert call("check", MODEL, *REF, "-q")[0] == 1


def test_a_submodule_has_no_files_of_the_commit(main: Path, call: Call, tmp_path: Path) -> None:
    """Policies in one are another repository's."""
    git(tmp_path, "clone", "--quiet", str(main), "rules")
    git(main, "checkout", "--quiet", "main")
    git(main, "submodule", "--quiet", "add", str(tmp_path / "rules"), "shared")
    write(main / "policy.toml", 'policies = ["shared/policies"]\n')
    git(main, "update-ref", PROTECTED, commit(main))

    assert "`shared` of commit " in said(call, "--policy-ref", PROTECTED)
    assert "is a submodule" in said(call, "--policy-ref", PROTECTED)


@pytest.mark.parametrize("where", [("-p", "/etc"), ("-p", "../elsewhere"), ("-p", "policies/../../elsewhere")])
def test_policies_from_outside_are_refused(main: Path, call: Call, where: tuple[str, str]) -> None:
    """`-p` names a path of the commit."""
    assert "lies outside of the repository, so no commit has it" in said(call, "--policy-ref", PROTECTED, *where)


def test_named_policies_are_the_commits(main: Path, call: Call) -> None:
    """`-p` with a file of the change is refused where the commit has none, and else the commit's file."""
    write(main / "policies/easy.policy", WEAK)

    assert said(call, "--policy-ref", PROTECTED, "-p", "policies/easy.policy").startswith("error[GATE011]: there is no")
    assert call("check", MODEL, *REF, "-p", "policies/gate.policy", "-q")[0] == 1


def test_a_configuration_from_outside_is_refused(
    main: Path, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`LETPASS_CONFIG` names a file of the commit too."""
    write(tmp_path / "policy.toml", "")
    monkeypatch.setenv("LETPASS_CONFIG", str(tmp_path / "policy.toml"))
    assert "outside of the repository" in said(call, "--policy-ref", PROTECTED)

    on_main(main, config__strict="policies = ['../policies']\nregistry = '../models'\n")
    write(main / "config/strict", "policies = ['../easy']\n")
    write(main / "easy/gate.policy", WEAK)
    monkeypatch.setenv("LETPASS_CONFIG", "config/strict")
    assert call("check", MODEL, *REF, "-q")[0] == 1


@pytest.mark.parametrize("brought", [".letpass/ledger.db", ".letpass/ledger.db-wal", ".letpass/gate.key"])
def test_a_ledger_or_key_that_came_with_the_change_is_not_believed(
    main: Path, call: Call, brought: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What git tracks could have been written by whoever wants to be allowed."""
    write(main / brought, "")
    commit(main)
    assert f"`{brought}` came with the commit that is checked out" in said(call, "--policy-ref", PROTECTED)

    monkeypatch.setenv("LETPASS_LEDGER", str(tmp_path / "ledger.db"))
    monkeypatch.setenv("LETPASS_GATE_KEY", str(tmp_path / "gate.key"))
    assert call("check", MODEL, *REF, "-q")[0] == 1


def test_a_ledger_behind_a_link_of_the_change_is_not_believed(main: Path, call: Call) -> None:
    """A linked folder, or a link to a file that git tracks."""
    write(main / "kept/ledger.db", "")
    (main / ".letpass").symlink_to("kept")
    commit(main)

    assert "came with the commit that is checked out" in said(call, "--policy-ref", PROTECTED)


def test_a_record_from_outside_is_only_a_record(main: Path, call: Call, tmp_path: Path) -> None:
    """A model may lie anywhere; where it does, no policy is looked for."""
    write(tmp_path / "elsewhere/policies/gate.policy", WEAK)
    write(tmp_path / "elsewhere/3.yaml", RECORD.format(3, "0.5"))

    assert call("check", str(tmp_path / "elsewhere/3.yaml"), *REF, "-q")[0] == 1


def test_a_policy_that_is_too_large_does_not_vanish(main: Path, call: Call) -> None:
    """It is refused as it would be in a checkout."""
    on_main(main, **{"policies__big.policy": "# " + "x" * (17 << 20)})

    assert "policies/big.policy" in said(call, "--policy-ref", PROTECTED)


def test_a_file_where_a_folder_is_looked_for_is_refused(main: Path, call: Call) -> None:
    """The commit's `rules` is a file; the change makes it a folder with policies."""
    on_main(main, rules="", **{"policy.toml": "policies = ['rules/strict']\n"})
    git(main, "rm", "--quiet", "--cached", "--ignore-unmatch", "rules")
    write(main / "rules/strict/gate.policy", WEAK)

    assert "is no folder, and one is looked for there" in said(call, "--policy-ref", PROTECTED)


def test_what_was_fetched_last_is_no_tag(main: Path, call: Call) -> None:
    """`FETCH_HEAD` is what `git fetch` brought; a tag of that name does not stand in for it."""
    git(main, "tag", "FETCH_HEAD", "change")
    assert "there is no commit `FETCH_HEAD` here" in said(call, "--policy-ref=FETCH_HEAD")

    git(main, "fetch", "--quiet", str(main), "main")
    assert call("check", MODEL, *TO, "--policy-ref", "FETCH_HEAD", "-q")[0] == 1


@pytest.mark.parametrize("name", ["..", ".", ".git", ".GIT"])
def test_a_commit_that_git_would_not_make_is_refused(main: Path, call: Call, name: str, tmp_path: Path) -> None:
    """Names in it that lead elsewhere are written nowhere."""
    blob = git(main, "hash-object", "-w", "policies/gate.policy")
    inner = _tree(main, tmp_path, [("100644", "x.policy", blob)])
    middle = _tree(main, tmp_path, [("40000", name, inner), ("100644", "gate.policy", blob)])
    top = _tree(main, tmp_path, [("40000", "policies", middle)])
    git(main, "update-ref", PROTECTED, git(main, "commit-tree", "-m", "x", top))

    assert "whose name leads elsewhere" in said(call, "--policy-ref", PROTECTED)


def _tree(main: Path, where: Path, rows: list[tuple[str, str, str]]) -> str:
    """The id of a tree that git itself would not write."""
    data = b"".join(f"{mode} {name}".encode() + b"\0" + bytes.fromhex(id_) for mode, name, id_ in rows)
    file = write(where / "tree", data)
    return git(main, "hash-object", "-t", "tree", "-w", "--literally", str(file))


def test_the_commit_that_is_checked_out_does_not_judge_itself_by_its_id(main: Path, call: Call) -> None:
    """A build server offers that id in a variable; whole or cut short it is refused."""
    id_ = git(main, "rev-parse", "HEAD")

    for name in (id_, id_[:10]):
        told = said(call, "--policy-ref", name)
        assert told.startswith(f"error[GATE015]: `{name}` is the commit that is checked out, and would judge itself\n")


def test_a_name_of_the_commit_that_is_checked_out_is_told(main: Path, call: Call) -> None:
    """Rightly on the protected branch itself, and elsewhere for people to see."""
    git(main, "update-ref", "refs/letpass/policy", "HEAD")

    code, _, err = call("check", MODEL, *TO, "--policy-ref", "refs/letpass/policy")

    assert code == 0
    assert (
        err == f"policies of {git(main, 'rev-parse', 'HEAD')[:12]} (refs/letpass/policy), which is checked out itself\n"
    )
