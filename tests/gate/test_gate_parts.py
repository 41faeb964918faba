"""Small pieces of the judgement: whom a version is compared with, which digests are of the same bytes, what a stage is near."""

from __future__ import annotations

import json
from math import inf
from pathlib import Path
from typing import Any

import pytest

from letpass.diagnostics import Source
from letpass.facts.record import Holder, Record
from letpass.facts.schema import VOCABULARY
from letpass.facts.tenure import Known, Tenure
from letpass.frozen import replace
from letpass.gate import approvals, endings, judgement, readiness, tries, verification
from letpass.ledger import history
from letpass.ledger.log import Ledger
from letpass.ledger.model_log import Past
from letpass.ledger.view import Proof
from letpass.move import Stage, promotion
from letpass.project.policyset import PolicySet, from_texts
from letpass.registries import files
from letpass.trust import summary
from tests.ledger.conftest import NOW, Bench, entry
from tests.trust.world import ARTIFACT, OTHER


def record(version: str = "4", model: str = "fraud", **more: Any) -> Record:
    text = json.dumps({"model": model, "version": version, "metrics": {"accuracy": 0.9}, **more})
    return files.parse(Source(f"models/{model}/{version}.json", text))[0]


def policies(*texts: str) -> PolicySet:
    return from_texts({f"{n}.policy": text for n, text in enumerate(texts)}, VOCABULARY, warn=False)


def test_a_version_is_compared_with_another_of_its_model() -> None:
    """Not with itself; the same number with other content is nobody's to vouch for, but for one that was deleted."""
    own = record()

    assert judgement.other(own, record("3"), None) == record("3")
    assert judgement.other(own, Holder.NOBODY, None) is Holder.NOBODY
    assert judgement.other(own, record("3", "credit"), None) is Holder.UNASKED
    assert judgement.other(own, record(), None) is Holder.NOBODY
    assert judgement.other(own, record(author="anna"), None) is Holder.UNASKED
    before = Tenure(Known.HELD, "4 (deleted)")
    assert judgement.other(own, record(author="anna"), before) == record(author="anna")


@pytest.mark.parametrize("stored", [b"{", b"{}", b'{"inputs": {}}', b'{"inputs": {"record": 7}}', b"[]"])
def test_a_stored_decision_without_a_record_has_none(stored: bytes) -> None:
    """What cannot be read any more is no champion's record."""
    assert judgement.record_in(stored) is None


def test_digests_of_the_same_bytes_are_one() -> None:
    """However the groups that say so overlap; of no bytes there is none."""
    same = tries._Same([["b", "C"], ["d", "e"], ["c", "d"]])

    assert {same.of([name]) for name in "bcde"} == {"b"}
    assert (same.of(["x", "e"]), same.of([""]), same.of(())) == ("b", "", "")


def test_the_last_new_version_is_the_one_that_had_not_been_there() -> None:
    """Who comes back is not new, nor who came without a decision."""

    def step(index: int, version: str, decision: int | None, kind: str = "promotion") -> history.Step:
        return history.Step(
            index,
            NOW,
            "fraud",
            version,
            f"sha256:{version}",
            history.DONE,
            kind,
            Stage("production"),
            "n",
            decision=decision,
        )

    past = Past("fraud")
    past.steps = [step(3, "1", 2), step(6, "2", None), step(9, "1", 8, "rollback"), step(12, "3", 11)]

    assert tries._span(past, promotion("production"), "4", ()) == (12, inf)
    past.steps.pop()
    assert tries._span(past, promotion("production"), "4", ()) == (3, inf)
    assert tries._span(past, promotion("staging"), "4", ()) == (-1, inf)


def test_an_approval_that_is_none_has_ended() -> None:
    """A denial, or an entry that holds no decision, lets nothing stay."""
    past = Past("fraud")

    (ending,) = approvals.ended(None, past, 7, record(), NOW)  # type: ignore[arg-type]

    assert (ending.kind, "entry 7 of the ledger is no allow" in ending.detail) == ("no decision", True)


GATE = 'policy gate: "Gate"\n  on promotion to {stage}\nrequire good: accuracy >= 0.9\n'


def test_a_policy_on_what_looks_like_a_gated_stage_is_told() -> None:
    """It governs nothing that anybody moves to; where the other one has a policy of its own too it is a warning still."""
    both = policies(GATE.format(stage="production"), GATE.replace("gate", "slip").format(stage="prodution"))

    found = readiness.faults(both, [Stage("production")], (), None, "policy.toml")

    assert [(d.code, d.message) for d in found] == [
        ("GATE257", "`slip` is on `prodution`, which looks like `production`")
    ]


def made(verdict: str = "allow") -> summary.Summary:
    return summary.Summary(
        verdict, "models", "fraud", "4", ARTIFACT, promotion("production"), 0, ARTIFACT, ARTIFACT, ARTIFACT, engine="1"
    )


def test_a_proof_is_of_its_own_bytes_and_no_others() -> None:
    """Whatever the decision says; without bytes at hand nobody can tell."""
    proven = endings.Proven(made(), 0, ARTIFACT, done=True, now=NOW, digests=(ARTIFACT,))

    assert list(endings._other_bytes(proven)) == []
    assert [e.kind for e in endings._other_bytes(replace(proven, digests=(OTHER,)))] == ["other bytes"]
    assert list(endings._other_bytes(replace(proven, digests=()))) == []


# ---------------------------------------------------------------- heads that somebody cosigned


def proof_of(ledger: Ledger, index: int) -> Proof:
    return ledger.prove(index)


def test_a_head_covers_an_entry_where_the_ledger_goes_on_from_both(tmp_path: Path) -> None:
    """Its own does; an earlier one does not hold the entry, and without the ledger nobody can tell of a later one."""
    bench = Bench(tmp_path)
    ledger = bench.filled()
    early, proof = ledger.checkpoint(), proof_of(ledger, 8)
    ledger.append([entry(20)], NOW + 10**10)
    late = ledger.checkpoint()
    against = verification.Against(now=NOW, ledger=ledger, keys=(bench.key.public,))
    other = Bench(tmp_path / "other").filled(4).checkpoint()

    assert verification._covers(early, proof, replace(against, ledger=None))
    assert verification._covers(late, proof, against)
    assert not verification._covers(late, proof, replace(against, ledger=None))
    assert not verification._covers(ledger.stored(3), proof, against)
    assert not verification._covers(replace(other, size=11), proof, against)
