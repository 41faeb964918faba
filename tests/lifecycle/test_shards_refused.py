"""Shards that make no whole, and files that are no shard: nothing is merged of them, and it is said which and why."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from letpass.canonical import canonical, digest
from letpass.lifecycle.shards import files
from letpass.registries import shards
from tests.lifecycle import fleet as fleets
from tests.lifecycle.conftest import Call, write
from tests.lifecycle.fleet import AT, REVIEW, parts

Change = Callable[[dict[str, Any]], object]
_fleet = fleets._fleet


# ---------------------------------------------------------------- what makes no whole


def edited(name: str, change: Change, *, honest: bool = True) -> str:
    """Another file with a shard that was changed; `honest`: with a digest of what it says now."""
    said = json.loads(Path(name).read_text())
    change(said)
    if honest:
        said["digest"] = digest({k: v for k, v in said.items() if k != "digest"})
    path = Path(f"edited-{name}")
    path.write_bytes(canonical(said))
    return path.name


COMMANDS = ("review", "reconcile", "runs")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_merge_in_which_a_shard_is_missing_or_doubled_is_refused(fleet: Path, call: Call, command: str) -> None:
    """Exit 2; it says which, and the command that makes the missing one does."""
    first, second, third = parts(call, command, 3)
    assert call(command, "--merge", third, second, first)[0] in {1, 2}

    code, out, err = call(command, "--merge", first, third)
    assert (code, out, "error[GATE442]: of 3 shards 1 is missing: 2" in err) == (2, "", True)
    Path(second).unlink()
    words = err.partition("`policy ")[2].partition("`")[0].split()
    assert call(*words)[0] == 0
    assert call(command, "--merge", first, "shard-2.json", third)[0] in {1, 2}
    code, out, err = call(command, "--merge", first, third, first, "shard-2.json")
    assert (code, out, f"`{first}` is shard 1/3, and so is `{first}`" in err) == (2, "", True)
    assert "of 3 shards 2 are missing: 2, 3" in call(command, "--merge", first)[2]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda s: s.update(shard="1/3"), "is one of 3 shards, and `{first}` one of 2 shards"),
        (lambda s: s.update(registry="registry-other"), "is of the registry `registry-other`, and `{first}` of the registry `"),
        (lambda s: s.update(at="2026-11-30T08:00:01Z"), "is of the clock 2026-11-30T08:00:01Z, and `{first}` of the clock 2026-11-30T08:00:00Z"),
        (lambda s: s["set"].update(policies="sha256:" + "0" * 64), "is of the policies and settings `sha256:0000"),
        (lambda s: s["set"].update(trust="sha256:" + "0" * 64), "is of the trust file `sha256:0000"),
        (lambda s: s["set"].update(commit="4f1c0de2"), "is of the commit `4f1c0de2`, and `{first}` of the commit that is none"),
        (lambda s: s["state"].update(size=77), "is of a ledger with 77 entries and the root `"),
        (lambda s: s["state"].update(root="AAAA"), "is of a ledger with 3 entries and the root `AAAA`, and `{first}` of a ledger with 3 entries"),
        (lambda s: s["state"].update(size=0, root=""), "is of a ledger with no entry, and `{first}` of a ledger with 3 entries"),
        (lambda s: s.update(command="tidy"), "is of the command `tidy`, and this is `{command}`"),
        (lambda s: s.update(engine="0.0.1"), "was written by version 0.0.1 of the program, and this is "),
    ],
)  # fmt: skip
def test_a_shard_of_another_run_is_refused_and_it_is_said_of_which(
    fleet: Path, call: Call, command: str, change: Change, why: str
) -> None:
    """Of another state, set, registry or clock: exit 2, and in words what differs."""
    first, second = parts(call, command, 2)
    untouched = edited(second, lambda _: None)
    assert call(command, "--merge", first, untouched)[0] in {1, 2}
    assert "GATE44" not in call(command, "--merge", first, untouched)[2]

    code, out, err = call(command, "--merge", first, edited(second, change))

    assert (code, out, why.format(first=first, command=command) in err) == (2, "", True), err
    assert "error[GATE442]" in err


def test_shards_of_another_state_set_or_clock_are_those_of_another_day(fleet: Path, call: Call) -> None:
    """Made by the commands themselves: the ledger has grown, a policy or a setting was changed, the clock went on."""
    first, second = parts(call, "review", 2)
    assert call("review", "--merge", first, second)[0] == 2

    later = parts(call, "review", 2, "2026-12-01T08:00:00Z", prefix="later")
    assert "is of the clock 2026-12-01T08:00:00Z" in call("review", "--merge", first, later[1])[2]
    write(fleet / "policies/review.policy", REVIEW.replace("0.2", "0.25"))
    policies = parts(call, "review", 2, prefix="policies")
    assert "is of the policies and settings `sha256:" in call("review", "--merge", first, policies[1])[2]
    write(fleet / "policies/review.policy", REVIEW)
    write(fleet / "policy.toml", 'protected = ["production", "lab"]\n')
    settings = parts(call, "review", 2, prefix="settings")
    assert "is of the policies and settings `sha256:" in call("review", "--merge", first, settings[1])[2]
    (fleet / "policy.toml").unlink()
    assert call("check", "fraud@2", "--to", "production", "--log")[0] == 0
    state = parts(call, "review", 2, prefix="state")
    assert "is of a ledger with 4 entries" in call("review", "--merge", first, state[1])[2]
    assert "GATE44" not in call("review", "--merge", *state)[2]


# ---------------------------------------------------------------- what does not read


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda s: s["parts"]["decisions"].pop(), "each as often as it counts"),
        (lambda s: s["parts"]["unread"].append({}), "each as often as it counts"),
        (lambda s: s["parts"].pop("differences"), "each as often as it counts"),
        (lambda s: s["parts"].update(more=[]), "each as often as it counts"),
        (lambda s: s.update(parts=[]), "its parts are no object"),
        (lambda s: s.update(more=1), "its fields are not those of a shard: `more`"),
        (lambda s: s.pop("engine"), "its fields are not those of a shard: `engine`"),
        (lambda s: s.update(schema="letpass.shard/v2"), "its schema is `letpass.shard/v2`, and that of a shard is `letpass.shard/v1`"),
        (lambda s: s.update(schema=3), "it has no schema"),
        (lambda s: s.update(shard="2/1"), "`2/1` is no shard"),
        (lambda s: s.update(shard=[2, 2]), "its `shard` is no text"),
        (lambda s: s.update(at="today"), "no time such as"),
        (lambda s: s["state"].update(size=-1), "its state is no head of a ledger"),
        (lambda s: s["set"].update(policies="all"), "or its set none of digests"),
        (lambda s: s["set"].update(more=""), "its `set` does not hold"),
        (lambda s: s["parts"]["texts"].update({next(iter(s["parts"]["texts"])): "other"}), "a text in it is not that of its digest"),
        (lambda s: s["parts"]["texts"].clear(), "its parts are not those of a shard"),
        (lambda s: s["parts"]["decisions"][0].update(place=[1]), "a place in it is no list of texts"),
        (lambda s: s["parts"]["decisions"][0].update(stored="{}"), "its parts are not those of a shard"),
        (lambda s: s["parts"]["decisions"][0].update(stored=" " + s["parts"]["decisions"][0]["stored"]), "not written in its one form"),
    ],
)  # fmt: skip
def test_a_file_that_was_edited_is_refused(fleet: Path, call: Call, change: Change, why: str) -> None:
    """Also by somebody who has made its digest anew; without that it is the digest that tells."""
    name, other = parts(call, "review", 2)
    assert len(json.loads(Path(name).read_text())["parts"]["decisions"]) > 1

    for honest, said in ((True, why), (False, "its digest is not that of what it says")):
        code, out, err = call("review", "--merge", edited(name, change, honest=honest), other)
        assert (code, out, "error[GATE441]" in err) == (2, "", True)
        assert said in err or why in err, err


def stored(said: dict[str, Any], change: Callable[[dict[str, Any]], object]) -> None:
    """Change the first decision of a shard."""
    entry = json.loads(said["parts"]["decisions"][0]["stored"])
    change(entry)
    said["parts"]["decisions"][0]["stored"] = canonical(entry).decode()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda e: e["decision"].update(verdict="allow", version="3" if e["decision"]["version"] == "1" else "1"), "is not what its inputs give"),
        (lambda e: e["decision"].update(now="2020-01-01"), "is of another review"),
        (lambda e: e["decision"].update(as_of=False), "is of another review"),
        (lambda e: e["decision"].update(move={"kind": "promotion", "stage": "production"}), "is of another review"),
        (lambda e: e["inputs"]["policies"].popitem(), "is of another review"),
        (lambda e: e["inputs"].pop("settings"), "is of another review"),
    ],
)  # fmt: skip
def test_a_decision_that_its_inputs_do_not_give_is_refused(
    fleet: Path, call: Call, change: Callable[[dict[str, Any]], object], why: str
) -> None:
    """Each is made anew: a verdict that somebody wrote is none, and neither is one on another move, by other policies or another clock."""
    name, other = parts(call, "review", 2)

    code, out, err = call("review", "--merge", edited(name, lambda s: stored(s, change)), other)

    assert (code, out, why in err, "error[GATE441]" in err) == (2, "", True, True), err


@pytest.mark.parametrize("command", COMMANDS)
def test_a_model_of_another_shard_is_refused(fleet: Path, call: Call, command: str) -> None:
    """Two files that were changed one for the other have each the other's models."""
    first, second = parts(call, command, 2)
    change = {"1/2": "2/2", "2/2": "1/2"}

    swapped = [edited(name, lambda s: s.update(shard=change[s["shard"]])) for name in (first, second)]
    code, out, err = call(command, "--merge", *swapped)

    assert (code, out, "error[GATE441]" in err) == (2, "", True)
    assert "and speaks of `" in err
    assert shards.part_of("fraud", 2) == 1


def test_what_is_no_json_or_no_file_is_refused(fleet: Path, call: Call) -> None:
    """Truncated, with a key twice, without end, a folder, nothing."""
    first, second = parts(call, "review", 2)
    text = Path(second).read_text()
    for name, written, why in (
        ("half.json", text[: len(text) // 2], "no JSON"),
        ("twice.json", text.replace('"at":', '"at":"2026-01-01T00:00:00Z","at":', 1), "the key `at` stands twice"),
        ("deep.json", "[" * 100_000, "nested more than"),
        ("list.json", "[]", "it has no schema"),
        ("empty.json", "", "no JSON"),
        ("latin.json", text.encode() + b"\xff", "not UTF-8"),
    ):
        Path(name).write_bytes(written if isinstance(written, bytes) else written.encode())
        code, out, err = call("review", "--merge", first, name)
        assert (code, out, f"`{name}` is no shard that can be believed" in err, why in err) == (2, "", True, True), err
    for name, why in (("models", "is a directory"), ("nowhere.json", "no such file")):
        code, out, err = call("review", "--merge", first, name)
        assert (code, out, why in err) == (2, "", True), err


def test_a_shard_that_nobody_would_read_is_not_written(
    fleet: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says what helps: more shards."""
    monkeypatch.setattr(files, "LARGEST", 5_000)

    code, out, err = call("review", "--shard", "1/1=s.json", "--at", AT)

    assert (code, out, (fleet / "s.json").exists()) == (2, "", False)
    assert "shard 1/1 would have more than 5,000 bytes" in err
    assert "take more shards" in err
