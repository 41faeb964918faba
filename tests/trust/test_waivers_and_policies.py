"""Waivers within what a rule allows, and policies that are in force only when their owners have signed them."""

from __future__ import annotations

import pytest

from letpass.evaluation.decision import Outcome
from letpass.reports.interface import Report
from letpass.reports.text import render
from letpass.trust import strict
from tests.trust.world import (
    DAY,
    FIRST,
    HOUR,
    NOW,
    OTHER,
    POLICY,
    RAVI,
    RECORD,
    ROOTS,
    ROSA,
    VERA,
    VITO,
    World,
    document,
    signed_world,
    version,
)  # fmt: skip

BAD = {**RECORD, "metrics": {"accuracy": 0.5}}


def waived(text: str = POLICY, **how: object) -> tuple[World, str]:
    """A world whose model misses a rule that the risk officer waived."""
    world, _ = signed_world(policy=text, record=BAD)
    assert world.verdict() == "deny"
    return world, world.waive(**how)


def shown(world: World, now: int = NOW) -> str:
    """The report for a terminal."""
    return render(Report((world.decide(now),)))


def test_a_waiver_lets_a_rule_be_missed_and_is_shown_with_what_it_would_be() -> None:
    """The rule is still judged."""
    world, found = waived()
    decision = world.decide()

    assert (decision.verdict.value, world.why(found)) == ("allow", "")
    assert [(r.outcome, r.truth) for r in decision.rules] == [(Outcome.WAIVED, False), (Outcome.PASS, True)]
    assert "WAIVED[GATE300]  gate/good (would be fail)" in shown(world)
    assert "waived: by rosa@corp.example as risk until 2026-11-30T12:00:00Z: incident 7" in shown(world)


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({"artifact": OTHER}, f"it is for the artifact `{OTHER[:19]}…`"),
        ({"version": "3"}, "it is for fraud@3"),
        ({"model": "credit"}, "it is for credit@4"),
        ({"person": VERA}, "vera@corp.example is not in the role `risk`"),
        ({"role": "ghost"}, "the trust file has no role `ghost`"),
        ({"at": NOW + HOUR}, "it says that it was issued at 2026-11-23T13:00:00Z, which lies in the future"),
    ],
)
def test_a_waiver_is_for_one_artifact_by_somebody_in_the_role(how: dict[str, object], why: str) -> None:
    """Every binding is verified."""
    world, found = waived(**how)

    assert (world.verdict(), world.why(found)) == ("deny", why)


@pytest.mark.parametrize(
    ("how", "note"),
    [
        ({"until": NOW + 15 * DAY, "at": NOW}, "does not count: it is for 15 days, and the most is 14 days"),
        ({"until": NOW - HOUR, "at": NOW - 2 * HOUR}, "expired at 2026-11-23T11:00:00Z"),
        ({"rule": "sha256:" + "0" * 64}, "does not count: the rule has been changed since"),
        ({"role": "policy-owner"}, "does not count: the rule does not allow it"),
        ({"policy": "other"}, "is unused: no policy that governs this move has such a rule"),
    ],
)
def test_a_waiver_holds_only_within_what_the_rule_allows(how: dict[str, object], note: str) -> None:
    """It is validly signed, of no use, and the report says why."""
    world, _ = waived(**how)

    assert world.verdict() == "deny"
    assert note in shown(world)


def test_a_rule_that_nobody_may_waive_is_not_waived() -> None:
    """Whoever signs."""
    world, _ = waived(POLICY.replace('  waivable by role "risk" for 14 days\n', ""))

    assert world.verdict() == "deny"
    assert "does not count: the rule does not allow it" in shown(world)


def test_a_waiver_of_a_rule_that_holds_is_unused_and_one_that_ends_soon_is_said() -> None:
    """Nobody needs to look for them."""
    good, _ = signed_world()
    good.waive()
    assert "is unused: the rule holds without it" in shown(good)

    world, _ = waived()
    assert "ends in" not in shown(world)
    assert (
        "note: the waiver of gate/good by rosa@corp.example as risk ends in 2 days, at 2026-11-30T12:00:00Z"
        in shown(world, NOW + 5 * DAY)
    )
    assert world.verdict(NOW + 7 * DAY) == "allow"
    assert world.verdict(NOW + 7 * DAY + 1_000_000) == "deny"


def test_a_waiver_needs_the_threshold_of_its_role() -> None:
    """Two of the role sign the same leave, or it is none."""
    roles = {**FIRST["roles"], "risk": {"members": [ROSA, RAVI], "threshold": 2}}
    world, _ = signed_world(record=BAD, trust=[version(document(roles=roles), *ROOTS)])
    first = world.waive()
    assert (world.verdict(), world.why(first)) == ("deny", "1 of 2 members of the role have signed it")
    world.waive(person=RAVI, until=NOW + 6 * DAY)
    assert world.verdict() == "deny"

    world.waive(person=RAVI)
    assert (world.verdict(), world.why(first)) == ("allow", "")


def test_whoever_signed_a_waiver_withdraws_it() -> None:
    """And nobody else; a later one is another leave."""
    world, leave = waived()
    theirs = world.withdraw(leave, VITO, at=NOW - HOUR // 2)
    assert (world.verdict(), "who alone can withdraw it" in world.why(theirs)) == ("allow", True)

    gone = world.withdraw(leave, ROSA, at=NOW - HOUR // 2, role="risk")

    assert (world.verdict(), world.why(gone), world.why(leave)) == ("deny", "", f"{ROSA} has withdrawn it")
    world.waive(until=NOW + 6 * DAY)
    assert world.verdict() == "allow"


def test_broken_glass_is_the_first_thing_that_a_report_says() -> None:
    """A role of its own, never silent."""
    policy = POLICY.replace('waivable by role "risk" for 14 days', 'waivable by role "break-glass" for 24 hours')
    roles = {**FIRST["roles"], "break-glass": {"members": [RAVI]}}
    world, _ = signed_world(policy=policy, record=BAD, trust=[version(document(roles=roles), *ROOTS)])
    world.waive(role="break-glass", person=RAVI, until=NOW + 20 * HOUR)

    lines = shown(world).splitlines()
    assert lines[0] == "ALLOWED  fraud@4 → promotion to production"
    assert lines[1] == "GLASS BROKEN: gate/good, by ravi@corp.example"


# ---------------------------------------------------------------- policies in force


def test_an_allow_under_policies_that_nobody_signed_is_undecided_and_a_denial_stands() -> None:
    """Nobody weakens the gate in the pull request that it judges."""
    world, _ = signed_world()
    enacted = world.statement_files.pop(0)
    held = world.decide()
    assert held.verdict.value == "undecided"
    assert [(h.code, h.what, h.help) for h in held.holds] == [
        (
            "GATE403",
            f"the policy set `{world.policies.digest[:19]}…` has 0 of 1 signatures by its owners",
            "`policy sign policies --role policy-owner --key KEY` (role `policy-owner`: rosa@corp.example, ravi@corp.example)",
        )
    ]
    assert not held.awaits_only_people
    world.statement_files.append(enacted)
    assert world.verdict() == "allow"

    bad, _ = signed_world(record=BAD)
    del bad.statement_files[0]
    assert bad.verdict() == "deny"


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({"person": VERA}, "vera@corp.example is not in the role `policy-owner`"),
        ({"role": "validator", "person": VERA}, "policies are signed in the role `policy-owner`"),
        ({"root": "sha256:" + "0" * 64}, "it was signed under another trust root"),
        ({"at": NOW + HOUR}, "it says that it was issued at 2026-11-23T13:00:00Z, which lies in the future"),
        ({"digest": "sha256:" + "0" * 64}, "it is for another set, `sha256:000000000000…`"),
    ],
)
def test_a_signature_that_puts_no_policies_in_force(how: dict[str, object], why: str) -> None:
    """The right role, this set, this trust root, and not from the future."""
    world, _ = signed_world()
    del world.statement_files[0]
    found = world.enact(**how)

    assert (world.verdict(), world.why(found)) == ("undecided", why)


def test_a_threshold_of_owners_signs_policies() -> None:
    """One of two is not enough."""
    roles = {**FIRST["roles"], "policy-owner": {"members": [ROSA, RAVI], "threshold": 2}}
    world, _ = signed_world(trust=[version(document(roles=roles), *ROOTS)])
    assert world.verdict() == "undecided"

    world.enact(RAVI)
    assert world.verdict() == "allow"


def test_an_older_set_that_was_signed_once_is_not_in_force_again() -> None:
    """Bringing a weaker set back takes a new signature."""
    world, _ = signed_world()
    stricter = World(POLICY.replace("0.9\n", "0.99\n"))
    stricter.enact(at=NOW - HOUR)
    assert world.verdict() == "allow"

    world.statement_files += stricter.statement_files

    held = world.decide()
    assert held.verdict.value == "undecided"
    assert "was superseded by" in held.holds[0].what
    world.enact(RAVI, at=NOW - HOUR // 2)
    assert world.verdict() == "allow"


def test_without_the_role_nobody_puts_policies_in_force() -> None:
    """An undefined role is never satisfied."""
    roles = {k: v for k, v in FIRST["roles"].items() if k != "policy-owner"}
    world, _ = signed_world(trust=[version(document(roles=roles), *ROOTS)])

    assert world.verdict() == "undecided"
    assert world.decide().holds[0].help == "`policy trust add role policy-owner --member PERSON`"


def test_a_deleted_policy_is_another_set() -> None:
    """The digest is that of the whole set: without one of its policies the set is not in force."""
    from letpass.facts.schema import VOCABULARY
    from letpass.project.policyset import from_texts

    other = 'policy other: "Other"\n  on promotion to staging\nrequire x: model is recorded\n'
    world = World()
    world.policies = from_texts({"gate.policy": POLICY, "other.policy": other}, VOCABULARY)
    world.enact()
    request = world.request()
    world.sign(request, VERA)
    world.sign(request, VITO)
    assert world.verdict() == "allow"

    world.policies = from_texts({"gate.policy": POLICY}, VOCABULARY)

    assert [h.code for h in world.decide().holds] == ["GATE403"]
    assert world.verdict() == "undecided"


def test_a_decision_replays_from_its_dossier_byte_for_byte() -> None:
    """Trust file, statements and the times that they were logged are part of what a decision stores."""
    from letpass.canonical import canonical
    from letpass.gate import judgement

    world, _ = waived()
    world.attest({"metrics": {"recall": 0.9}})
    decision = world.decide()
    stored = {"decision": decision.as_json(), "inputs": judgement.inputs(decision, world.policies, world.bundle())}

    old, new = judgement.replay(stored)

    assert canonical(old) == canonical(new)
    assert old["verdict"] == "undecided"  # evidence came after the request
    assert strict.written(NOW) == old["now"]
    assert [s["person"] for s in old["statements"] if s["kind"] == "waiver"] == [ROSA]
    assert VITO in str(old["statements"])
