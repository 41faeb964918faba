"""`--shard` and `--merge`: shards of a review, a comparison or a list make what the command says of the whole, or nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from letpass.canonical import canonical, digest
from letpass.cli import reporting, reviewing
from tests.cli import repository
from tests.cli.conftest import OWN
from tests.lifecycle import fleet as fleets
from tests.lifecycle.conftest import Call, dies_before_done, kinds, steps, write
from tests.lifecycle.fleet import AT, MODELS, REVIEW, parts, version

_fleet = fleets._fleet


# ---------------------------------------------------------------- what is merged is what the whole says


@pytest.mark.parametrize("of", [1, 2, 7])
def test_merged_shards_are_the_review_of_the_whole_in_every_format(fleet: Path, call: Call, of: int) -> None:
    """Byte for byte, to standard output and to files, with the same exit code, and what is said beside it."""
    names = parts(call, "review", of)[::-1]  # in whatever order they are named

    for name in reporting.FORMATS:
        whole, merged = (call("review", *words, "-o", name) for words in (("--at", AT), ("--merge", *names)))
        assert whole[0] == 2
        assert merged == whole
        to_file = [("review", "--at", AT, "-o", f"{name}=whole"), ("review", "--merge", *names, "-o", f"{name}=merged")]
        assert call(*to_file[0]) == call(*to_file[1])
        assert (fleet / "merged").read_bytes() == (fleet / "whole").read_bytes()
    for words in (("-v",), ("-q",), ("--color", "always"), ("-v", "-o", "concise")):
        assert call("review", "--merge", *names, *words) == call("review", "--at", AT, *words)


def test_what_is_merged_holds_all_that_a_review_can_find(fleet: Path, call: Call) -> None:
    """Else the comparison above would compare little."""
    code, out, err = call("review", "--merge", *parts(call, "review", 3))

    assert code == 2
    assert {line.split()[0] for line in out.splitlines() if "@" in line[:30]} >= {"ALLOWED", "DENIED", "UNDECIDED"}
    assert "error[GATE304]" in out
    assert "`9` is served or in a stage, and there is no record of it" in out
    assert "fraud@5 cannot be judged" in out
    assert "differs: moved: zeta@1 (production)" in err
    assert "`policy review --apply churn zeta` judges anew and archives them" in err


@pytest.mark.parametrize(("kept", "code"), [("a", 0), ("zeta", 1), ("a/b", 3)])
def test_the_exit_code_is_that_of_the_whole(project: Path, call: Call, kept: str, code: int) -> None:
    """0 nothing due, 1 something due, 3 evidence missing; a shard itself gives no answer, whatever it has found."""
    write(project / "policies/review.policy", REVIEW)
    drift = {"a": "0.1", "zeta": "0.3", "a/b": "null"}[kept]
    write(
        project / f"models/{kept}/1.yaml",
        version(kept, 1, more=f"stage: production\nobservations: {{drift: {{value: {drift}}}}}\n"),
    )

    assert call("review", "--at", AT)[0] == code
    names = parts(call, "review", 2)
    assert call("review", "--merge", *names) == call("review", "--at", AT)
    assert call("review", "--merge", *names)[0] == code


def test_shards_of_a_registry_in_which_nothing_serves_say_so_together(project: Path, call: Call) -> None:
    """And without a policy on review there is no shard, as there is no review."""
    code, out, err = call("review", "--shard", "1/2", "--at", AT)
    assert (code, out, "no policy is `on review`" in err) == (2, "", True)

    write(project / "policies/review.policy", REVIEW)
    names = parts(call, "review", 2)
    assert call("review", "--merge", *names) == (0, "no version is deployed or holds a gated stage\n", "")


def test_of_many_those_that_are_due_are_named(project: Path, call: Call) -> None:
    """As a review of the whole names them, which is too long for one by one."""
    write(project / "policies/review.policy", REVIEW)
    for number in range(reviewing.MANY + 2):
        drift = "0.3" if number in {7, 9} else "0.1"
        write(
            project / f"models/m{number}/1.yaml",
            version(f"m{number}", 1, more=f"stage: production\nobservations: {{drift: {{value: {drift}}}}}\n"),
        )

    merged = call("review", "--merge", *parts(call, "review", 4))

    assert merged == call("review", "--at", AT)
    assert merged[1].splitlines()[-2:] == ["due: m7@1: retirement/no-drift", "due: m9@1: retirement/no-drift"]


def test_a_review_with_a_trust_file_and_a_ledger_is_merged_too(office: Path, call: Call) -> None:
    """Statements, sign-offs and the trust file go with each decision, and count at the merge as they did."""
    write(office / "policies/review.policy", REVIEW)
    assert call("sign", "policies", "--role", "policy-owner", "--key", OWN)[0] == 0
    folder = office / "models/fraud"
    for number, record in enumerate(sorted(folder.glob("*.yaml"))):
        write(
            record,
            record.read_text()
            + f"observations: {{drift: {{value: 0.{number}}}}}\ndeployments: [{{endpoint: 'https://{number}.corp.example'}}]\n",
        )

    names = parts(call, "review", 2)
    whole = call("review", "--at", AT, "-o", "json")

    assert call("review", "--merge", *names, "-o", "json") == whole
    assert '"dossier"' in whole[1]


@pytest.mark.parametrize("form", ["text", "json"])
def test_merged_shards_are_the_comparison_of_the_whole(fleet: Path, call: Call, form: str) -> None:
    """All kinds of differences, in their order; also where nothing differs."""
    names = parts(call, "reconcile", 3)

    whole = call("reconcile", "--at", AT, "-o", form)

    assert (whole[0], len(whole[1]) > 400) == (1, True)
    assert call("reconcile", "--merge", *names, "-o", form) == whole
    assert call("reconcile", *names, "--merge", "-o", f"{form}=merged", "-q") == (1, "", "")
    assert (fleet / "merged").read_text() == whole[1]
    for model in MODELS:
        shutil.rmtree(fleet / "models" / model, ignore_errors=True)
    write(fleet / "models/fraud/1.yaml", version("fraud", 1, more="metrics: {accuracy: 0.95}\nstage: production\n"))
    assert call("reconcile", "--merge", *parts(call, "reconcile", 3), "-o", form) == call(
        "reconcile", "--at", AT, "-o", form
    )


def test_a_comparison_by_a_commit_is_merged_too(fleet: Path, call: Call) -> None:
    """Its shards bear the commit, and no shard of what was checked out is merged with them."""
    shutil.rmtree(fleet / "pipe")
    repository.git(fleet, "init", "--quiet")
    ref = repository.PROTECTED
    repository.git(fleet, "update-ref", ref, repository.commit(fleet, "main"))
    repository.commit(fleet, "a change")
    names = [f"c-{number}.json" for number in (1, 2)]
    for number, name in enumerate(names, 1):
        code, _, err = call("reconcile", "--shard", f"{number}/2={name}", "--at", AT, "--policy-ref", ref)
        assert (code, "policies of " in err) == (0, True)
    write(fleet / "models/zeta/state.yaml", "{}\n")  # the commit says otherwise

    code, out, _ = call("reconcile", "--at", AT, "--policy-ref", ref)

    assert call("reconcile", "--merge", *names) == (code, out, "")
    assert "zeta@1 production" in out
    missing = call("reconcile", "--merge", names[1])[2].partition("`policy ")[2].partition("`")[0]
    assert call(*missing.split())[0] == 0
    assert call("reconcile", "--merge", "shard-1.json", names[1])[:2] == (code, out)
    other = parts(call, "reconcile", 2)
    assert "is of the commit `" in call("reconcile", "--merge", other[0], names[1])[2]


def test_a_model_that_only_the_ledger_knows_is_in_a_shard(fleet: Path, call: Call) -> None:
    """It is gone from the registry, and no shard would list it by that."""
    shutil.rmtree(fleet / "models/fraud")

    names = parts(call, "reconcile", 5)

    assert call("reconcile", "--merge", *names) == call("reconcile", "--at", AT)
    assert "deleted      fraud@1 production" in call("reconcile", "--merge", *names)[1]


@pytest.mark.parametrize("words", [(), ("--failed",), ("--same-as", "loans@1"), ("--same-as", "a/b@2", "--failed")])
def test_merged_shards_are_the_runs_of_the_whole(fleet: Path, call: Call, words: tuple[str, ...]) -> None:
    """The newest first over all models, those that the ledger refused, and the same work in other models."""
    write(fleet / "policies/gate.policy", (fleet / "policies/gate.policy").read_text().replace("0.9", "0.99"))
    assert call("check", "loans@2", "--to", "production", "--log")[0] == 1
    names = parts(call, "runs", 4)

    whole = call("runs", *words)

    assert call("runs", "--merge", *names, *words) == whole
    assert (whole[0], "GATE304" in whole[2]) == (2, True)
    assert ("refused    loans@2" in whole[1]) == (words != ("--same-as", "loans@1"))


def test_a_run_that_no_shard_has_is_not_the_same_as_any(fleet: Path, call: Call) -> None:
    """As in the whole: exit 2, and nothing is listed."""
    names = parts(call, "runs", 2)

    for words in (("--merge", *names), ()):
        code, out, err = call("runs", *words, "--same-as", "loans@77")
        assert (code, out, "error[GATE433]: there is no run `loans@77`" in err) == (2, "", True)


def test_a_move_that_was_begun_is_compared_by_the_clock_of_the_shards(
    fleet: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From when on it may be taken over depends on the time that is given, and not on the machine that looks."""
    with monkeypatch.context() as patch:
        dies_before_done(patch)
        call("promote", "fraud@2", "--to", "production")

    early, late = (call("reconcile", "--at", at)[1] for at in (AT, "2099-01-01T00:00:00Z"))

    assert ("wait until it has ended" in early, "wait until it has ended" in late) == (True, False)
    for at, whole in ((AT, early), ("2099-01-01T00:00:00Z", late)):
        assert call("reconcile", "--merge", *parts(call, "reconcile", 2, at))[1] == whole


# ---------------------------------------------------------------- what a shard is and is not


def test_a_shard_without_a_file_goes_to_standard_output(fleet: Path, call: Call) -> None:
    """Canonical JSON with what it is of, and its digest; no build server that reads a log finds a command in it."""
    write(
        fleet / "models/a/1.yaml", version("a", 1, more='author: "##vso[task.complete]"\nmetrics: {accuracy: 0.95}\n')
    )
    code, out, err = call("review", "--shard", "2/8", "--at", AT)
    said = json.loads(out)
    count = "4 decisions, 0 unread, 0 unjudged, 2 differences"

    assert said["counts"] == {"decisions": 4, "unread": 0, "unjudged": 0, "differences": 2}
    assert (code, err) == (0, f"shard 2/8 is written, and is no answer: {count}\n")
    assert {k: said[k] for k in ("schema", "command", "shard", "at")} == {
        "schema": "letpass.shard/v1", "command": "review", "shard": "2/8", "at": AT,
    }  # fmt: skip
    assert (said["state"]["size"], said["registry"][:9]) == (len(kinds()), "registry-")
    assert said["digest"] == digest({k: v for k, v in said.items() if k != "digest"})
    assert out.encode() == canonical(said).replace(b"##", b"#\\u0023") + b"\n"
    assert "##" not in out
    assert call("review", "--shard", "2/8", "--at", AT, "-q") == (0, out, "")


def test_a_shard_moves_and_logs_nothing(fleet: Path, call: Call) -> None:
    """Where the gate's key is a review of the whole logs denials and leaves standings; a part and a merge only look."""
    before = kinds(), (fleet / "models/zeta/state.yaml").read_bytes(), sorted(p for p in fleet.rglob("*.standing.json"))

    names = parts(call, "review", 2)
    call("review", "--merge", *names)
    call("review", "--at", AT)

    assert (
        kinds(),
        (fleet / "models/zeta/state.yaml").read_bytes(),
        sorted(p for p in fleet.rglob("*.standing.json")),
    ) == before
    call("review")
    assert kinds() != before[0]


def test_what_a_merge_names_as_due_is_archived_by_the_command_that_it_says(fleet: Path, call: Call) -> None:
    """Which judges those models anew, by the clock of now."""
    *_, last = call("review", "--merge", *parts(call, "review", 2))[2].splitlines()
    words = last.partition("`policy ")[2].partition("`")[0].split()

    assert words == ["review", "--apply", "churn", "zeta"]
    call(*words)
    assert {(s.model, s.version) for s in steps()} >= {("fraud", "1")}
    assert yaml.safe_load((fleet / "models/zeta/state.yaml").read_text())["1"]["stage"] == "archived"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--shard", "1/2"), "a shard needs `--at TIME`: all shards of a run share one clock"),
        (("--shard", "0/2", "--at", AT), "`0/2` is no shard: write `3/8` for the third of eight"),
        (("--shard", "3/2", "--at", AT), "`3/2` is no shard"),
        (("--shard", "1/2", "--at", "soon", "fraud"), "leave `fraud` out"),
        (("--shard", "1/2", "--at", "soon"), "`soon` is"),
        (("--shard", "1/2", "--at", AT, "--merge"), "`--merge` is of all shards, and `--shard` makes one of them"),
        (("--merge",), "`--merge` needs the files of all shards of a run"),
        (("--merge", "s.json", "--at", AT), "`--at` is of a run that reads registry and ledger"),
    ],
)
@pytest.mark.parametrize("command", ["review", "reconcile", "runs"])
def test_what_does_not_go_together_is_refused(
    fleet: Path, call: Call, command: str, words: tuple[str, ...], why: str
) -> None:
    """Before anything is read."""
    code, out, err = call(command, *words)

    assert (code, out, why in err) == (2, "", True), err


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("review", "--shard", "1/2", "--at", AT, "--apply"), "`--apply` is of a whole run, and a shard is a part of one: leave one of the two out"),
        (("review", "--shard", "1/2", "--at", AT, "--log"), "`--log` is of a whole run"),
        (("review", "--shard", "1/2", "--at", AT, "--statements", "x"), "`--statements` is of a whole run"),
        (("review", "--shard", "1/2", "--at", AT, "-o", "json"), "`-o` is of all shards, and `--shard` makes one of them: first make all, then `--merge` them"),
        (("review", "--at", AT, "--apply"), "it archives nothing and is never logged"),
        (("review", "--at", AT, "--log"), "it archives nothing and is never logged"),
        (("review", "--merge", "s.json", "--apply"), "`--apply` is of a run that reads registry and ledger"),
        (("review", "--merge", "s.json", "--statements", "x"), "`--statements` is of a run that reads registry and ledger"),
        (("reconcile", "--merge", "s.json", "--policy-ref", "HEAD"), "`--policy-ref` is of a run that reads"),
        (("runs", "--shard", "1/2", "--at", AT, "--failed"), "`--failed` is of all shards, and `--shard` makes one of them"),
        (("runs", "--at", AT), "`--at` says which run a shard is of: it needs `--shard`"),
        (("runs", "fraud", "loans"), "`loans`: runs are listed of one MODEL, or of all"),
    ],
)  # fmt: skip
def test_what_is_of_a_whole_run_alone_is_refused(fleet: Path, call: Call, words: tuple[str, ...], why: str) -> None:
    """A shard archives nothing, since the others would be of another state then; a merge reads the shards alone."""
    code, out, err = call(*words)

    assert (code, out, why in err) == (2, "", True), err
    assert len(kinds()) == 3


def test_a_merge_needs_neither_project_nor_registry(fleet: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files are all that it reads; nothing it says depends on where it runs."""
    names = parts(call, "review", 2)
    whole = call("review", "--at", AT)
    apart = fleet / "apart"
    apart.mkdir()
    for name in names:
        shutil.move(name, apart / name)
    monkeypatch.chdir(apart)

    assert call("review", "--merge", *names) == whole


def test_no_report_is_written_over_a_shard(fleet: Path, call: Call) -> None:
    """It would be lost, and half of the shards with it."""
    names = parts(call, "review", 2)

    code, out, err = call("review", "--merge", *names, "-o", f"text={names[0]}")

    assert (code, out, f"`{names[0]}` is what is judged" in err) == (2, "", True)


@pytest.mark.parametrize("command", ["review", "reconcile", "runs"])
@pytest.mark.parametrize(
    "place", ["policy.toml", "policies/review.policy", "models/fraud/7.json", ".letpass/ledger.db", "trust.json"]
)
def test_no_shard_is_written_over_what_is_judged_by_or_into_the_registry(
    fleet: Path, call: Call, command: str, place: str
) -> None:
    """It might be read as a record there, or be the end of the ledger."""
    write(fleet / "policy.toml", "")
    there = (fleet / place).exists()

    code, out, err = call(command, "--shard", f"1/2={place}", "--at", AT)

    assert (code, out) == (2, "")
    assert f"`{place}` is a file of the project, or lies in its registry; name another" in err
    assert (fleet / place).exists() == there
    assert not (there and (fleet / place).read_bytes().startswith(b"{"))


def test_a_shard_of_which_the_ledger_grows_meanwhile_is_not_written(
    fleet: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it read is of no one state: exit 4, and it says what to do."""
    from letpass.cli.commands import reconcile, runs

    real, now = reconcile.differences, list[str]()

    def grows(*given: Any) -> Any:
        assert call("check", now[-1], "--to", "production", "--log")[0] == 0
        return real(*given)

    def grows_too(*given: Any) -> Any:
        assert call("check", now[-1], "--to", "production", "--log")[0] == 0
        return listed(*given)

    listed = runs._judged
    monkeypatch.setattr(reconcile, "differences", grows)
    monkeypatch.setattr(runs, "_judged", grows_too)
    for command, logged in (("reconcile", "fraud@2"), ("review", "fraud@3"), ("runs", "a@2")):
        size = len(kinds())
        now.append(logged)
        code, out, err = call(command, "--shard", "1/2=s.json", "--at", AT)
        assert (code, out, (fleet / "s.json").exists()) == (4, "", False)
        assert f"the ledger has grown from {size} to" in err
