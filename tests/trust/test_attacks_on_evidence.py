"""Attacks 25, 26 and 28: evidence that is none, and artifacts that are others."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from letpass.diagnostics import InvalidError
from letpass.evaluation.reasons import ReasonKind
from letpass.frozen import replace
from letpass.trust.kinds import TEST_RESULT
from tests.trust.keys import PemKey
from tests.trust.world import (
    ARTIFACT,
    DAY,
    FIRST,
    HOUR,
    NOW,
    OTHER,
    PEOPLE,
    RECORD,
    ROOTS,
    SERVICES,
    VERA,
    VITO,
    World,
    digest,
    document,
    version,
)

ATTESTED = """policy gate: "Gate"
  on promotion to production
metric accuracy: ratio
require sure: accuracy >= 0.9 attested by "eval-ci"
"""
SUITE = """policy gate: "Gate"
  on promotion to production
require suite: passed "Fairness Check" with score > 90% within 30 days attested by "eval-ci"
"""
RAN = {
    "suites": [{"name": "Fairness Check", "passed": True, "score": 0.95, "cases": 12, "ran_at": "2026-11-22T12:00:00Z"}]
}
GOOD = {"metrics": {"accuracy": {"value": 0.95, "measured_at": "2026-11-22T12:00:00Z"}}}


def attested(policy: str = ATTESTED, facts: dict[str, object] | None = None, **how: object) -> tuple[World, str]:
    """A world in which the move rests on evidence alone."""
    world = World(policy, **how)
    world.enact()
    return world, world.attest(facts or GOOD)


def test_evidence_that_a_service_signed_is_attested() -> None:
    """The same number in the record alone is a claim, and not enough."""
    world, found = attested()
    assert (world.verdict(), world.why(found)) == ("allow", "")
    seen = world.decide().rules[0].test.all_seen()
    assert [(s.name, s.trust) for s in seen] == [("accuracy", "eval-ci")]

    del world.statement_files[-1]
    assert world.verdict() == "undecided"
    assert str(world.decide().blocking[0].why[0]) == "accuracy: not attested by `eval-ci`"


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({"artifact": OTHER}, f"it is about the artifact `{OTHER[:19]}…`, not this one"),
        ({"key": PemKey()}, "no key of a service in the trust file fits its signature"),
        ({"service": "scanner"}, "the service `scanner` may not attest `urn:letpass:evidence:v1`"),
        ({"at": NOW + HOUR}, "it says that it was issued at 2026-11-23T13:00:00Z, which lies in the future"),
    ],
)
def test_attack_28_evidence_about_another_artifact_or_by_another_service_is_none(
    how: dict[str, object], why: str
) -> None:
    """Another digest, an unknown key, a service that may not say this, a time that is not yet."""
    assert attested()[0].verdict() == "allow"

    world = World(ATTESTED)
    world.enact()
    found = world.attest(GOOD, **how)

    assert (world.verdict(), world.why(found)) == ("undecided", why)


def test_attack_28_a_service_speaks_only_of_its_models() -> None:
    """The scope of the trust file holds for services too."""
    assert attested()[0].verdict() == "allow"

    world, found = attested(record={**RECORD, "model": "credit"})

    assert (world.verdict(), world.why(found)) == (
        "undecided",
        "the service `eval-ci` may not speak of the model `credit`",
    )


def test_attack_28_a_person_is_no_service_and_a_service_no_person() -> None:
    """A validator's signature attests nothing, and a tool signs nothing off."""
    assert attested()[0].verdict() == "allow"
    from letpass.trust import dsse, kinds, signers, statements

    world = World(ATTESTED)
    payload = statements.build(kinds.EVIDENCE, "fraud@4", ARTIFACT, {"facts": GOOD, "issuedAt": "2026-11-23T11:00:00Z"})
    found = world.put(payload, PEOPLE[VERA].sign(signers.NAMESPACE, dsse.encode(dsse.STATEMENT, payload)))
    assert world.why(found) == "no key of a service in the trust file fits its signature"

    signed = World()
    request = signed.request()
    signed.sign(request, VERA)
    predicate = dict(statements.read("", signed.statement_files.pop().data).predicate)
    by_tool = signed.say(kinds.SIGNOFF, predicate, SERVICES["eval-ci"])
    assert signed.why(by_tool) == "no SSH signature of version 1"


def test_attack_28_a_revoked_service_attests_nothing() -> None:
    """Its key is out for new decisions, as a person's is."""
    world, found = attested()
    assert world.verdict() == "allow"
    revoked = {"at": "2026-11-23T11:30:00Z", "reason": "runner taken over"}
    services = {
        "eval-ci": {
            **FIRST["services"]["eval-ci"],
            "keys": [{**FIRST["services"]["eval-ci"]["keys"][0], "revoked": revoked}],
        }
    }

    world.next_version(services=services)

    assert world.why(found) == "the key was revoked at 2026-11-23T11:30:00Z: runner taken over"
    assert world.verdict() == "undecided"


def test_attack_28_evidence_says_nothing_about_who_the_version_is() -> None:
    """Model, version, stage and artifact are not for a service to say; a wrong shape is refused with its reason."""
    assert attested()[0].verdict() == "allow"
    for facts, why in (
        ({"artifact": {"digest": OTHER}}, "evidence does not say `artifact`"),
        ({"stage": "production", "metrics": {"accuracy": 1.0}}, "evidence does not say `stage`"),
        ({"approvals": [VERA]}, "a record holds no `approvals`"),
        ({"metric": {"accuracy": 1.0}}, "unknown field `metric`"),
        ({"metrics": {"accuracy": [1.0]}}, "`metrics.accuracy[0]` is a mapping, not `1`"),
    ):
        world, found = attested(facts=facts)
        assert (world.verdict(), world.why(found)) == ("undecided", why)


@pytest.mark.parametrize("value", [None, "0.95", True, "x"])
def test_an_unreadable_attested_value_is_unknown(value: object) -> None:
    """Never zero, and never the claim that it pushed aside."""
    assert attested()[0].verdict() == "allow"

    world, found = attested(facts={"metrics": {"accuracy": {"value": value}}})

    assert (world.verdict(), world.why(found)) == ("undecided", "")
    assert [w.kind for w in world.decide().blocking[0].why] == [ReasonKind.UNREADABLE]


def test_attested_pushes_claimed_aside_even_where_it_is_worse() -> None:
    """The record says 0.95; the service says 0.5, and its word fills the slot of every rule."""
    plain = 'policy gate: "Gate"\n  on promotion to production\nrequire good: accuracy >= 0.9\n'
    world = World(plain)
    world.enact()
    assert world.verdict() == "allow"

    world.attest({"metrics": {"accuracy": {"value": 0.5, "measured_at": "2020-01-01"}}})

    assert world.verdict() == "deny"
    assert any("less trusted" in p for p in world.decide().record.passed_over)


def test_attack_28_of_many_attested_runs_the_newest_counts() -> None:
    """A good run of before does not hide a failed one; equals that differ are unreadable."""
    world, _ = attested(SUITE, RAN)
    assert world.verdict() == "allow"
    failed = {"suites": [{**RAN["suites"][0], "passed": False, "ran_at": "2026-11-22T13:00:00Z"}]}
    world.attest(failed)
    assert world.verdict() == "deny"

    twice, _ = attested(SUITE, RAN)
    twice.attest({"suites": [{**RAN["suites"][0], "passed": False}]})
    assert twice.verdict() == "undecided"


def test_attack_28_stale_evidence_is_unknown() -> None:
    """Signed or not, a run gets older."""
    world, _ = attested(SUITE, RAN)
    assert world.verdict() == "allow"

    assert world.verdict(NOW + 40 * DAY) == "undecided"


def signed_on_evidence() -> tuple[World, str, str]:
    """An allowed move whose request lists one piece of evidence: the world, the evidence, the request."""
    world = World()
    world.enact()
    seen = world.attest(GOOD)
    request = world.request(evidence=[seen])
    world.sign(request, VERA)
    world.sign(request, VITO)
    assert world.verdict() == "allow"
    return world, seen, request


def test_attack_28_evidence_that_came_after_the_request_voids_it() -> None:
    """People signed what they saw; the report names the set of then and of now."""
    world, seen, request = signed_on_evidence()

    later = world.attest({"metrics": {"accuracy": {"value": 0.93}}})

    assert world.verdict() == "undecided"
    both = ", ".join(f"`{d[:19]}…`" for d in sorted([seen, later]))
    assert world.why(request) == f"it is for another set of evidence: [`{seen[:19]}…`] then, [{both}] now"


def test_evidence_that_is_left_out_voids_the_request_too() -> None:
    """A failed run that the signers saw cannot be taken off the desk."""
    world, seen, request = signed_on_evidence()

    world.statement_files = [p for p in world.statement_files if seen[7:23] not in p.name]

    assert world.verdict() == "undecided"
    assert world.why(request).startswith("it is for another set of evidence")


def test_garbage_beside_a_version_voids_nothing() -> None:
    """Only evidence that counts is part of what was signed, so that nobody can undo a request with a file."""
    world = World()
    world.enact()
    request = world.request()
    world.sign(request, VERA)
    world.sign(request, VITO)

    world.attest(GOOD, key=PemKey())

    assert world.verdict() == "allow"


def test_two_services_that_differ_make_a_fact_unreadable() -> None:
    """Who of them is right cannot be told."""
    services = {**FIRST["services"], "other-ci": {"keys": [{"pem": (other := PemKey()).pem}], "predicates": ["*"]}}
    policy = 'policy gate: "Gate"\n  on promotion to production\nrequire low: risk is low\n'
    world = World(policy, trust=[version(document(services=services), *ROOTS)])
    world.enact()
    world.attest({"risk": "low"})
    assert world.verdict() == "allow"

    world.attest({"risk": "high"}, key=other)

    assert world.verdict() == "undecided"
    assert "what two services say" in str(world.decide().blocking[0].why[0])


def test_a_test_result_of_in_toto_is_a_suite() -> None:
    """test-result v0.1: its first configuration names the suite, its tests are the cases."""
    policy = 'policy gate: "Gate"\n  on promotion to production\nrequire smoke: passed "Smoke" attested by "eval-ci"\n'
    result = {"result": "PASSED", "configuration": [{"name": "Smoke"}], "passedTests": ["a", "b"], "failedTests": []}
    world = World(policy)
    world.enact()
    world.attest(result, type_=TEST_RESULT)
    assert world.verdict() == "allow"

    for odd in (
        {**result, "result": "FAILED"},
        {**result, "failedTests": ["c"]},
        {**result, "passedTests": []},
        {**result, "configuration": []},
    ):
        other = World(policy)
        other.enact()
        other.attest(odd, type_=TEST_RESULT)
        assert other.verdict() != "allow"


# ---------------------------------------------------------------- 25, 26


def test_attack_25_an_artifact_swapped_after_the_decision_is_another() -> None:
    """The bytes at hand are hashed: where they are not the record's, nothing is allowed, whatever was signed."""
    world = World('policy gate: "Gate"\n  on promotion to production\nrequire same: artifact.digest is computed\n')
    world.enact()
    world.computed = (ARTIFACT,)
    assert world.verdict() == "allow"

    world.computed = (OTHER,)

    held = world.decide()
    assert held.verdict.value == "undecided"
    assert [(h.code, h.what) for h in held.holds] == [
        ("GATE404", f"the bytes at `here` are {OTHER[:19]}…, and the record says {ARTIFACT[:19]}…")
    ]
    assert "not that of the bytes" in str(held.blocking[0].why[0])


def test_a_swapped_artifact_holds_an_allow_back_also_where_no_rule_asks() -> None:
    """All facts of a decision speak of one artifact."""
    world = World('policy gate: "Gate"\n  on promotion to production\nrequire good: accuracy >= 0.9\n')
    world.enact()
    world.computed = (ARTIFACT,)
    assert world.verdict() == "allow"

    world.computed = (OTHER,)
    assert world.verdict() == "undecided"


def test_a_digest_that_nobody_recorded_is_the_computed_one() -> None:
    """The gate's own count is evidence enough."""
    world = World(
        'policy gate: "Gate"\n  on promotion to production\nrequire same: artifact.digest is computed\n',
        {**RECORD, "artifact": {}},
    )
    world.enact()
    assert world.verdict() == "undecided"

    world.computed = (OTHER,)
    assert world.verdict() == "allow"


@pytest.fixture(name="model")
def _model(tmp_path: Path) -> Path:
    """A folder as frameworks save models."""
    folder = tmp_path / "model"
    for name, text in (
        ("weights.bin", "1"),
        ("config/a.json", "2"),
        ("config/b.json", "3"),
        (".hidden", "4"),
        ("ä.txt", "5"),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="compared with coreutils")
def test_a_folders_digest_is_what_coreutils_say(model: Path) -> None:
    """dirHash1, by the command that its definition gives."""
    command = "find . -type f | cut -c3- | LC_ALL=C sort | xargs -r sha256sum | sha256sum"
    done = subprocess.run(["sh", "-c", command], cwd=model, capture_output=True, text=True, check=True)

    assert digest(model) == "dirHash1:" + done.stdout.split()[0]


def test_attack_26_every_file_counts_by_content_and_name(model: Path) -> None:
    """A file added in a hidden folder, a rename that keeps the content, one byte: each is another digest."""
    before = digest(model)
    assert digest(model) == before

    (model / ".git").mkdir()
    (model / ".git/hook").write_text("x", encoding="utf-8")
    added = digest(model)
    (model / ".git/hook").unlink()
    (model / "config/a.json").rename(model / "config/c.json")
    renamed = digest(model)
    (model / "config/c.json").rename(model / "config/a.json")
    (model / "weights.bin").write_text("2", encoding="utf-8")

    assert len({before, added, renamed, digest(model)}) == 4


def test_attack_26_links_devices_and_odd_names_are_refused(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What two readers may see differently has no digest."""
    assert digest(model).startswith("dirHash1:")
    outside = tmp_path / "outside"
    outside.write_text("x", encoding="utf-8")

    def refused(make: object, path: Path, why: str) -> None:
        make(path)  # type: ignore[operator]
        with pytest.raises(InvalidError, match=why):
            digest(model)
        path.unlink()

    refused(lambda p: p.symlink_to(outside), model / "link.bin", "is a link")
    refused(lambda p: p.symlink_to(tmp_path), model / "linked", "is a link")
    refused(os.mkfifo, model / "pipe", "is no regular file")
    refused(lambda p: p.write_text("x"), model / "a\nb", "has a line break or backslash")
    refused(lambda p: p.write_text("x"), model / "a\\b", "has a line break or backslash")
    with socket.socket(socket.AF_UNIX) as listening:
        monkeypatch.chdir(model)
        listening.bind("sock")
        with pytest.raises(InvalidError, match="is no regular file"):
            digest(model)
        (model / "sock").unlink()
    Path(os.fsdecode(os.fsencode(model) + b"/\xff")).write_text("x", encoding="utf-8")
    with pytest.raises(InvalidError, match="is not UTF-8"):
        digest(model)


@pytest.mark.parametrize("what", ["a link", "a pipe", "nothing", "an empty folder"])
def test_attack_26_the_artifact_itself_is_a_file_or_folder(what: str, tmp_path: Path) -> None:
    """No link stands in for it, and a folder of nothing is no model."""
    path = tmp_path / "artifact"
    if what == "a link":
        path.symlink_to(tmp_path)
    elif what == "a pipe":
        os.mkfifo(path)
    elif what == "an empty folder":
        path.mkdir()

    with pytest.raises(InvalidError):
        digest(path)


def test_a_statement_brought_from_two_places_is_the_same_fact_once() -> None:
    """The ledger and the folder bring the same evidence; it does not contest itself."""
    world, found = attested()
    world.statement_files.append(replace(world.statement_files[-1], name="entry 3 of the ledger", logged=NOW - HOUR))

    assert (world.verdict(), world.why(found)) == ("allow", "")
