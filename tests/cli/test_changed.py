"""`policy check --policy-ref REF --changed`: pull requests of each kind, as real branches, good and bad."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli import office as offices
from tests.cli.conftest import OWN, RECORD, Call, signed, write
from tests.cli.repository import PROTECTED, WEAK, checkout, commit, git

WORDS = ("check", "--policy-ref", PROTECTED, "--changed", "--to", "production")
MOVE = '"2": {stage: production}\n'


@pytest.fixture(name="main")
def _main(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A branch on a protected one where 1 (0.95) is in production, and 2 (0.5) is denied; it is the working directory."""
    folder = checkout(tmp_path, monkeypatch)
    git(folder, "checkout", "--quiet", "-b", "change")
    return folder


def judged(call: Call, folder: Path) -> tuple[int, str, str]:
    """Commit what is there, and judge it."""
    commit(folder)
    code, out, err = call(*WORDS, "-o", "concise")
    return code, out, err


def test_a_change_of_nothing_that_is_judged_is_allowed(main: Path, call: Call) -> None:
    """Documents and programs are nobody's business here."""
    write(main / "README.md", "more\n")
    write(main / "models/fraud/notes.txt", "more\n")

    code, out, _ = judged(call, main)

    assert (code, out) == (0, "nothing that is judged was changed\n")


@pytest.mark.parametrize(("accuracy", "code"), [("0.97", 0), ("0.4", 1)])
def test_a_new_version_is_judged_and_no_other(main: Path, call: Call, accuracy: str, code: int) -> None:
    """The denied version 2 that is there already does not turn it red."""
    write(main / "models/fraud/3.yaml", RECORD.format(3, accuracy))

    found, out, _ = judged(call, main)

    assert (found, "fraud@3" in out, "fraud@2" in out) == (code, True, False)


def test_what_is_added_to_a_version_is_judged_and_what_is_changed_is_refused(main: Path, call: Call) -> None:
    """What the pull request adds is a claim, and the report names it; a version stays what it is."""
    record = RECORD.format(1, "0.95")
    write(main / "models/fraud/1.yaml", f"{record}license: MIT\n")
    commit(main)
    code, out, _ = call(*WORDS)
    assert (code, "the change adds `license` to the record of fraud@1" in out) == (0, True)

    write(main / "models/fraud/1.yaml", RECORD.format(1, "0.96"))
    code, out, err = judged(call, main)
    assert (code, "GATE309" in out + err) == (2, True)


def test_a_state_edit_that_moves_a_denied_version_is_refused(main: Path, call: Call) -> None:
    """It changes no record, so that nothing else was judged, and the pipeline was green."""
    write(main / "models/fraud/state.yaml", MOVE)

    code, out, err = judged(call, main)

    assert code == 1
    assert "GATE016" in out + err
    assert (
        "`models/fraud/state.yaml` changes `stage` of fraud@2, and no ledger is here that could know of a move"
        in out + err
    )
    assert "`models/fraud/state.yaml` changes `stage` of fraud@1" in out + err


@pytest.mark.parametrize(
    "brought",
    [
        '"1": {stage: production, observations: {drift: 0}}\n',
        '"1": {stage: production, deployments: [{endpoint: "https://f.corp.example"}]}\n',
        '"1": {stage: archived}\n',
        "{}\n",
    ],
)  # fmt: skip
def test_every_part_of_the_state_is_written_by_moves(main: Path, call: Call, brought: str) -> None:
    """Also where a version only leaves, and where the file of another model is new."""
    write(main / "models/fraud/state.yaml", brought)
    assert judged(call, main)[0] == 1


def test_the_state_of_a_model_that_is_new_is_refused_and_the_model_without_it_is_not(main: Path, call: Call) -> None:
    """A copy beside it had brought its own."""
    record = RECORD.format(1, "0.99").replace("fraud", "loans")
    write(main / "models/loans/1.yaml", record)
    assert judged(call, main)[0] == 0
    write(main / "models/loans/state.yaml", '"1": {stage: production}\n')
    assert judged(call, main)[0] == 1


@pytest.mark.parametrize("model", ["loans", "fraud/1.2"])
def test_a_record_that_is_called_like_a_state_file_is_refused(main: Path, call: Call, model: str) -> None:
    """It was read as a state that changes nothing, and the version came in unjudged."""
    record = RECORD.format("state", "0.1").replace("model: fraud", f"model: {model}")
    write(main / f"models/{model}/1.yaml", record.replace("'state'", "'1'").replace("0.1", "0.97"))
    assert judged(call, main)[0] == 0
    write(main / f"models/{model}/state.yaml", record)

    code, out, err = judged(call, main)
    assert (code, "holds a record where the state of a model's versions stands" in out + err) == (1, True)


@pytest.mark.parametrize(
    "change",
    [
        lambda main: (main / "models/fraud/2.yaml").unlink(),
        lambda main: (main / "models/fraud/state.yaml").unlink(),
        lambda main: (main / "models").rename(main / "elsewhere"),
        lambda main: write(main / "models/.registry", f"registry-{'0' * 32}\n"),
        lambda main: write(main / "policy.toml", 'registry = "other"\n'),
        lambda main: write(main / "policy.toml", '[trust]\nroot = "sha256:' + "0" * 64 + '"\n'),
        lambda main: write(main / "trust.json", "{}"),
        lambda main: write(main / "ledger.checkpoint", "no\n"),
    ],
    ids=["deleted", "state deleted", "folder renamed", "identity", "registry", "root", "trust", "checkpoint"],
)  # fmt: skip
def test_what_no_pull_request_brings_is_refused(main: Path, call: Call, change: Callable[[Path], object]) -> None:
    """A deletion, a rename, another registry, and what says whom the gate believes."""
    change(main)

    code, out, err = judged(call, main)

    assert (code, "GATE016" in out + err) == (1, True)


def test_a_record_that_lies_where_another_version_belongs_is_refused(main: Path, call: Call) -> None:
    """A rename of a file is none of the version."""
    (main / "models/fraud/1.yaml").rename(main / "models/fraud/3.yaml")

    code, out, err = judged(call, main)

    assert (code, "lies in the registry where no record of `fraud@1` belongs" in out + err) == (2, True)


def test_a_record_that_is_a_link_is_refused(main: Path, call: Call) -> None:
    """Its text would be another file's."""
    (main / "models/fraud/3.yaml").symlink_to("1.yaml")
    code, out, err = judged(call, main)
    assert (code, "is a link or a submodule, and no file" in out + err) == (1, True)


def test_a_record_that_is_not_here_as_it_was_committed_is_refused(main: Path, call: Call) -> None:
    """What is merged is what was committed."""
    write(main / "models/fraud/3.yaml", RECORD.format(3, "0.4"))
    commit(main)
    write(main / "models/fraud/3.yaml", RECORD.format(3, "0.99"))

    code, out, err = call(*WORDS)

    assert (code, "is not here as it was committed" in out + err) == (1, True)


def test_without_a_trust_file_other_policies_come_in_where_their_cases_hold(main: Path, call: Call) -> None:
    """The change is judged by the old ones, and its own cases by its own."""
    write(main / "policies/gate.policy", WEAK)
    case = "- name: good\n  record: {model: fraud, version: '1', metrics: {accuracy: 0.95}}\n  move: promotion to production\n  at: 2026-03-02T12:00:00Z\n  expect: VERDICT\n"
    write(main / "policies/gate.cases.yaml", case.replace("VERDICT", "allow"))
    assert judged(call, main)[0] == 0
    write(main / "policies/gate.cases.yaml", case.replace("VERDICT", "deny"))
    code, out, err = judged(call, main)
    assert (code, "does not come out as it expects" in out + err) == (1, True)
    write(main / "policies/gate.policy", "no policy\n")
    assert judged(call, main)[0] == 2


def test_what_the_protected_branch_has_since_is_none_of_the_change(main: Path, call: Call) -> None:
    """A move that was made after the branch was begun is not undone by it."""
    write(main / "models/fraud/3.yaml", RECORD.format(3, "0.97"))
    commit(main)
    git(main, "checkout", "--quiet", "main")
    write(main / "models/fraud/state.yaml", '"1": {stage: archived}\n')
    git(main, "update-ref", PROTECTED, commit(main))
    git(main, "checkout", "--quiet", "change")

    code, out, _ = call(*WORDS, "-o", "concise")

    assert (code, "fraud@3" in out) == (0, True)


def test_the_option_says_what_it_needs(main: Path, call: Call) -> None:
    """Exit 2: nothing was judged."""
    for words, why in (
        (("check", "--changed", "--to", "production"), "--changed needs --policy-ref REF"),
        ((*WORDS, "models"), "name no MODEL and no -p"),
        ((*WORDS, "-p", "policies"), "name no MODEL and no -p"),
        (("check", "--to", "production"), "Missing argument 'MODEL...'"),
    ):
        code, _, err = call(*words)
        assert (code, why in err) == (2, True)


def test_a_build_server_is_told_of_an_allow_and_of_a_refusal(
    main: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outputs say deny for a refused file, and allow for a change of nothing."""
    outputs = main.parent / "outputs"
    monkeypatch.setenv("GITHUB_OUTPUT", str(outputs))
    words = (*WORDS, "--ci", "github", "--reports", str(main.parent / "reports"))
    commit(main)
    assert call(*words)[0] == 0
    assert "verdict=allow" in outputs.read_text(encoding="utf-8")
    outputs.unlink()
    write(main / "models/fraud/state.yaml", MOVE)
    commit(main)
    assert call(*words)[0] == 1
    assert "verdict=deny" in outputs.read_text(encoding="utf-8")


# ---------------------------------------------------------------- with people, and with a ledger


@pytest.fixture(name="people")
def _people(office: Path) -> Path:
    """A project with a trust file: its set is signed, fraud@4 waits for sign-offs, and its ledger is not in git."""
    offices.policy("sign", "policies", "--role", "policy-owner", "--key", OWN)
    write(office / ".gitignore", ".letpass/\n*.pem\nvera*\nvito*\nbob*\n")
    git(office, "init", "--quiet")
    git(office, "update-ref", PROTECTED, commit(office))
    git(office, "checkout", "--quiet", "-b", "change")
    return office


def test_sign_offs_are_verified_as_what_they_are(people: Path, call: Call) -> None:
    """The documented step had read them as records, and ended with exit 2."""
    there = set((people / "models/fraud/4").iterdir())
    signed(call, people)
    brought = sorted(set((people / "models/fraud/4").iterdir()) - there)

    code, out, err = judged(call, people)
    assert (len(brought), code, out) == (2, 0, "nothing that is judged was changed\n"), err

    path = brought[0]
    text = path.read_text(encoding="utf-8")
    write(path, text.replace("signatures", "signature"))
    code, out, err = judged(call, people)
    assert (code, "is no statement" in out + err) == (1, True)
    write(path, text)
    path.rename(people / "models/fraud/4/0123456789abcdef.json")
    code, out, err = judged(call, people)
    assert (code, "its name is that of another" in out + err) == (1, True)


def test_a_statement_about_another_version_is_refused_and_a_rejection_comes_in(people: Path, call: Call) -> None:
    """Words against a version must be able to land."""
    text = (people / "models/fraud/4.yaml").read_text(encoding="utf-8")
    write(people / "models/fraud/5.yaml", text.replace("'4'", "'5'"))
    git(people, "update-ref", PROTECTED, commit(people))
    reject = ("reject", "fraud@4", "--to", "production", "--role", "validator", "--key", "vera", "--reason", "no")
    assert call(*reject)[0] == 0
    assert judged(call, people)[0] == 0
    (said,) = (people / "models/fraud/4").glob("*.objection.json")
    write(people / "models/fraud/5" / said.name, said.read_text(encoding="utf-8"))
    code, out, err = judged(call, people)
    assert (code, "is about fraud@4, and lies beside fraud@5" in out + err) == (1, True)


def test_a_word_against_a_version_is_not_taken_away(people: Path, call: Call) -> None:
    """Neither deleted nor written over."""
    reject = ("reject", "fraud@4", "--to", "production", "--role", "validator", "--key", "vera", "--reason", "no")
    assert call(*reject)[0] == 0
    git(people, "update-ref", PROTECTED, commit(people))
    (said,) = (people / "models/fraud/4").glob("*.objection.json")
    said.unlink()

    code, out, err = judged(call, people)

    assert (code, "was signed, and is taken away" in out + err) == (1, True)


def test_other_policies_come_in_with_the_signatures_of_their_owners(people: Path, call: Call) -> None:
    """Without them they are refused, also where only `protected` is another; the signatures come with the change."""
    path = people / "policies/gate.policy"
    write(path, path.read_text(encoding="utf-8").replace("0.9", "0.95"))
    code, out, err = judged(call, people)
    assert (code, "changes the policies: the policy set" in out + err) == (1, True)
    assert "`policy sign policies --role policy-owner --key KEY`" in call(*WORDS)[1]
    offices.policy("sign", "policies", "--role", "policy-owner", "--key", OWN)
    assert judged(call, people)[0] == 0

    text = (people / "policy.toml").read_text(encoding="utf-8")
    write(people / "policy.toml", 'protected = ["production", "staging"]\n' + text)
    assert judged(call, people)[0] == 1


def test_a_policy_among_the_signatures_is_a_policy(people: Path, call: Call) -> None:
    """It was taken for a signature, and the set that it belongs to came in without those of its owners."""
    more = 'policy more: "More"\n  on promotion to staging\nrequire good: accuracy >= 0.1\n'
    assert judged(call, people)[0] == 0
    write(people / "policies/signatures/more.policy", more)

    code, out, err = judged(call, people)
    assert (code, "changes the policies: the policy set" in out + err) == (1, True)


def test_the_trust_file_goes_on_or_stays(people: Path, call: Call) -> None:
    """A next version that its root signed comes in; one that was cut short or has another root does not."""
    path = people / "trust.json"
    before = path.read_text(encoding="utf-8")
    assert call("trust", "add", "person", "nora@corp.example", "--key", "vera-2027.pub")[0] == 0
    assert call("trust", "sign", "--key", OWN)[0] == 0
    assert path.read_text(encoding="utf-8") != before
    assert judged(call, people)[0] == 0

    chain = json.loads(before)
    (field,) = [k for k, v in chain.items() if isinstance(v, list)]
    chain[field] = chain[field][:1]
    write(path, json.dumps(chain))
    code, out, err = judged(call, people)
    assert (code, "does not go on from the trust file of the protected branch" in out + err) == (1, True)
    write(path, "{}")
    assert judged(call, people)[0] == 1


def test_a_state_that_moves_of_the_ledger_have_made_comes_in(people: Path, call: Call) -> None:
    """With the decision, the standing and the checkpoint that the move left; another stage beside it does not."""
    signed(call, people)
    assert call("promote", "fraud@4", "--to", "production")[0] == 0
    left = {"".join(p.suffixes) for p in (people / "models/fraud/4").iterdir()}
    assert left == {".decision.json", ".standing.json", ".json"}

    code, out, err = judged(call, people)

    assert (code, out) == (0, "nothing that is judged was changed\n"), (out, err)
    state = (people / "models/fraud/state.yaml").read_text(encoding="utf-8")
    write(people / "models/fraud/state.yaml", state.replace("production", "staging"))
    code, out, err = judged(call, people)
    assert (code, "and the ledger has it in `production`" in out + err) == (1, True)


def test_the_registry_of_a_commit_is_compared_with_the_ledger(people: Path, call: Call) -> None:
    """A move whose state was never pushed is told of the protected branch, and of the working tree nothing is."""
    signed(call, people)
    assert call("promote", "fraud@4", "--to", "production")[0] == 0
    assert call("reconcile") == (0, "nothing differs\n", "")

    code, out, err = call("reconcile", "--policy-ref", PROTECTED, "-o", "json")

    (found,) = json.loads(out)["differences"]
    assert (code, found["kind"], found["version"], err[:12]) == (1, "not-moved", "4", "policies of ")
    git(people, "update-ref", PROTECTED, commit(people))
    git(people, "commit", "--quiet", "--allow-empty", "--message", "another")
    assert call("reconcile", "--policy-ref", PROTECTED)[:2] == (0, "nothing differs\n")
