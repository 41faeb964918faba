"""`over N tries`: the ledger counts the candidates that were measured on a data set, and nobody can say fewer."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from letpass.gate import tries
from letpass.lifecycle import recording
from letpass.project.configuration import load
from letpass.project.project import Project
from tests.cli.conftest import Call, write

POLICY = """policy gate: "Gate"
  on promotion to production
metric accuracy: ratio, higher is better
require good: accuracy >= 80% at 95% confidence over {most} tries
"""
RECORD = """model: fraud
version: '{version}'
author: anna@corp.example
artifact: {{digest: "sha256:{digest}"}}
metrics:
  accuracy: {{value: 0.95, samples: 1000, successes: 950, data_set: {name}{digested}, tries: {said}}}
"""
DATA = "sha256:" + "d" * 64


class Bench:
    """A folder of versions without people, each with bytes of its own."""

    def __init__(self, folder: Path, call: Call) -> None:
        self.folder, self.call = folder, call

    def rule(self, most: int) -> None:
        write(self.folder / "policies/gate.policy", POLICY.format(most=most))

    def version(self, version: int, said: int = 1, name: str = "holdout", digest: str = DATA, bytes_: str = "") -> None:
        own = hashlib.sha256((bytes_ or f"bytes {version}").encode()).hexdigest()
        digested = f", data_digest: '{digest}'" if digest else ""
        text = RECORD.format(version=version, digest=own, name=name, digested=digested, said=said)
        write(self.folder / f"models/fraud/{version}.yaml", text)

    def judged(self, version: int) -> tuple[int, str]:
        """The exit code and the report of a version whose decision is logged."""
        code, out, _ = self.call("check", f"fraud@{version}", "--to", "production", "--log")
        return code, out


@pytest.fixture(name="bench")
def _bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Call) -> Bench:
    monkeypatch.chdir(tmp_path)
    found = Bench(tmp_path, call)
    found.rule(2)
    return found


def test_who_says_one_try_is_held_to_those_that_the_ledger_has_seen(bench: Bench) -> None:
    """Two candidates are within the rule, the third one is not, and the first one is not any more either."""
    for version in (1, 2):
        bench.version(version)
        assert bench.judged(version)[0] == 0

    bench.version(3)
    code, out = bench.judged(3)
    assert (code, "3 candidates were measured, and the rule is for 2" in out) == (1, True)
    assert bench.judged(1)[0] == 1


def test_a_decision_with_tries_is_made_again_from_what_it_rested_on(bench: Bench) -> None:
    """What the ledger had counted is one of its inputs, whatever it counts by now."""
    bench.version(1)
    code, out, _ = bench.call("check", "fraud@1", "--to", "production", "--log", "-o", "json")
    assert code == 0
    write(bench.folder / "decision.json", out)
    for version in (2, 3):
        bench.version(version)
        bench.judged(version)

    assert bench.call("replay", "decision.json")[0] == 0
    assert bench.call("replay", "0")[0] == 0


def test_of_two_candidates_that_are_judged_at_once_neither_misses_the_other(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one is logged between the count and the decision: that is made anew."""
    bench.rule(1)
    for version in (1, 2):
        bench.version(version)
    append, waiting = recording._append, [2]

    def late(project: Project, *args: Any, **kwargs: Any) -> Any:
        if waiting:
            assert bench.judged(waiting.pop())[0] == 0
        return append(project, *args, **kwargs)

    monkeypatch.setattr(recording, "_append", late)
    assert bench.judged(1)[0] == 1


def test_the_same_bytes_under_another_number_are_one_try(bench: Bench) -> None:
    """And a version that is judged twice is."""
    for version in (1, 2, 3):
        bench.version(version, bytes_="the same")
        for _ in range(2):
            assert bench.judged(version)[0] == 0


@pytest.mark.parametrize(
    ("name", "digest", "same"),
    [
        ("renamed", DATA, True),
        ("holdout", "", True),
        ("holdout", "sha256:" + "e" * 64, False),
        ("other", DATA.upper(), True),
        ("holdout", "x1", True),
        ("''", "", True),
        ("other", "", False),
    ],
    ids=[
        "another name of the same data",
        "the same name without a digest",
        "other data of the same name",
        "its digest in capitals",
        "the same name with what is no digest",
        "a data set that is not named",
        "other data",
    ],
)
def test_a_data_set_is_the_same_by_its_digest_or_else_by_its_name(
    bench: Bench, name: str, digest: str, same: bool
) -> None:
    """So that leaving the digest out, or another name, makes no try of it less."""
    for version in (1, 2):
        bench.version(version)
        bench.judged(version)
    bench.version(3, name=name, digest=digest)

    assert (bench.judged(3)[0] == 1) is same


def test_a_version_without_bytes_is_one_try_however_often_it_is_judged(bench: Bench) -> None:
    """Its number is all that tells it from others: it is not counted against itself."""
    bench.rule(1)
    for version, codes in ((1, [0, 0]), (2, [1])):
        bench.version(version)
        path = bench.folder / f"models/fraud/{version}.yaml"
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        write(path, "".join(line for line in lines if not line.startswith("artifact")))
        assert [bench.judged(version)[0] for _ in codes] == codes


@pytest.mark.parametrize("name", ["holdout", "''"], ids=["a name without a digest", "no name"])
def test_what_may_be_any_of_several_data_sets_counts_the_tries_on_all_of_them(bench: Bench, name: str) -> None:
    """Each candidate names data of its own, and the last one leaves open which: at the first question as at the second."""
    for version, digit in ((1, "a"), (2, "b"), (3, "c")):
        bench.version(version, digest=f"sha256:{digit * 64}")
        assert bench.judged(version)[0] == 0
    bench.version(4, name=name, digest="")

    for _ in range(2):
        code, out = bench.judged(4)
        assert (code, "4 candidates were measured, and the rule is for 2" in out) == (1, True)


def test_a_rule_that_asks_only_when_it_is_not_sure_counts_too(bench: Bench) -> None:
    """The tries stand in the condition under which a rule asks."""
    write(
        bench.folder / "policies/gate.policy",
        'policy gate: "Gate"\n  on promotion to production\nmetric accuracy: ratio, higher is better\n'
        'require made-by: author is recorded\nrequire reviewed: signed by role "validator"\n  when not (accuracy >= 80% at 95% confidence over 2 tries)\n',
    )
    codes = []
    for version in (1, 2, 3):
        bench.version(version)
        codes.append(bench.judged(version)[0])

    assert codes == [0, 0, 3]


def test_a_new_version_in_the_stage_begins_the_count_anew(bench: Bench) -> None:
    """What was measured before it came was for that choice."""
    for version in (1, 2):
        bench.version(version)
        bench.judged(version)
    assert bench.call("promote", "fraud@2", "--to", "production")[0] == 0

    for version, code in ((3, 0), (4, 0), (5, 1)):
        bench.version(version)
        assert bench.judged(version)[0] == code


def test_what_is_tried_while_a_version_serves_does_not_count_against_it(bench: Bench) -> None:
    """It was the best of two, and stays that: neither a review nor a renewal ends its proof because others were tried since."""
    review = POLICY.replace("promotion to production", "review").replace("policy gate", "policy serving").format(most=2)
    write(bench.folder / "policies/serving.policy", review)
    for version in (1, 2):
        bench.version(version)
        bench.judged(version)
    assert bench.call("promote", "fraud@2", "--to", "production")[0] == 0
    for version, code in ((3, 0), (4, 0), (5, 1)):
        bench.version(version)
        assert bench.judged(version)[0] == code

    assert bench.call("review", "--no-log")[0] == 0
    assert bench.call("renew", "fraud@2")[0] == 0
    assert bench.call("verify", "fraud@2", "--to", "production")[0] == 0
    bench.rule(1)
    assert bench.call("renew", "fraud@2")[0] == 1


def test_a_way_back_begins_nothing_anew(bench: Bench) -> None:
    """A version that was there before was not chosen among these."""
    for version in (1, 2):
        bench.version(version)
        assert bench.call("promote", f"fraud@{version}", "--to", "production")[0] == 0
    for version in (3, 4):
        bench.version(version)
        bench.judged(version)
    assert bench.call("promote", "fraud@1", "--to", "production")[0] in {0, 1}

    bench.version(5)
    assert bench.judged(5)[0] == 1


def test_more_tries_that_are_recorded_count(bench: Bench) -> None:
    """The greater of both does; and where none are recorded nobody can tell."""
    bench.version(1, said=7)
    code, out = bench.judged(1)
    assert (code, "7 candidates were measured" in out) == (1, True)

    text = (bench.folder / "models/fraud/1.yaml").read_text(encoding="utf-8")
    write(bench.folder / "models/fraud/2.yaml", text.replace(", tries: 7", "").replace("'1'", "'2'"))
    assert bench.judged(2)[0] == 3


def test_a_record_of_very_many_data_sets_hides_none(bench: Bench) -> None:
    """A decision names a hundred of them; of one with more it is taken that each of them was looked at."""
    bench.version(1)
    path = bench.folder / "models/fraud/1.yaml"
    more = "".join(f"  m{n}: {{value: 1, data_set: a{n:03}}}\n" for n in range(150))
    write(path, path.read_text(encoding="utf-8").replace("data_set: holdout", "data_set: zzz") + more)
    bench.judged(1)
    (made,) = Project(load()).past("fraud").decisions.values()
    assert (len(made.data), made.data[-1]) == (tries.MOST + 1, (tries.ANY, ""))

    for version, code in ((2, 0), (3, 1)):
        bench.version(version)
        assert bench.judged(version)[0] == code


def test_a_run_that_never_ended_is_a_try(office: Path, call: Call) -> None:
    """Its bytes were measured, whatever came of it."""
    for bytes_ in ("one", "two"):
        write(office / "fraud-9.onnx", bytes_)
        digest = hashlib.sha256(bytes_.encode()).hexdigest()
        record = f"model: fraud\nversion: '9'\nauthor: anna@corp.example\nartifact: {{uri: fraud-9.onnx, digest: 'sha256:{digest}'}}\n"
        write(office / "models/fraud/9.yaml", record)
        begin = ("evidence", "begin", "models/fraud/9.yaml", "--metric", "accuracy", "--data-set", "holdout")
        assert call(*begin, "--key", "ci.pem")[0] == 0

    past = Project(load()).past("fraud")
    from letpass.move import promotion

    own = "sha256:" + hashlib.sha256(b"two").hexdigest()
    assert tries.counted(past, promotion("production"), (own,)) == (("holdout", "", 2),)
    assert tries.counted(past, promotion("production"), ("sha256:" + "0" * 64,)) == (("holdout", "", 3),)
