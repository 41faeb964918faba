"""Attacks on the life of a request: used twice, expired, taken back, rejected, hidden."""

from __future__ import annotations

import pytest

from letpass.trust import strict
from tests.trust.world import (
    DAY,
    HOUR,
    NOW,
    RAVI,
    ROSA,
    VERA,
    VITO,
    World,
    signed_world,
    without,
)  # fmt: skip


def test_attack_27_a_request_is_used_once() -> None:
    """A move that was made has used its request up."""
    world, request = signed_world()
    assert world.verdict() == "allow"

    world.used = (request,)

    assert world.verdict() == "undecided"
    assert world.why(request) == "a move has used it up"


def test_attack_27_a_request_expires() -> None:
    """And a sign-off may end before it."""
    world, request = signed_world()
    assert world.verdict(NOW + 29 * DAY) == "allow"
    assert world.verdict(NOW + 30 * DAY) == "undecided"
    assert world.why(request, NOW + 30 * DAY) == "it expired at 2026-12-23T09:00:00Z"

    short = World()
    asked = short.request()
    ended = short.sign(asked, expiresAt=strict.written(NOW))
    assert short.why(ended) == "it expired at 2026-11-23T12:00:00Z"


def test_attack_27_a_withdrawal_takes_a_signoff_back() -> None:
    """And a later sign-off stands again."""
    world, request = signed_world()
    assert world.verdict() == "allow"

    gone = world.sign(request, VITO, decision="withdraw", at=NOW - HOUR // 2)
    assert world.verdict() == "undecided"
    assert world.why(gone) == "it takes an earlier answer back"

    world.sign(request, VITO, at=NOW - HOUR // 3)
    assert world.verdict() == "allow"


def test_attack_27_a_rejection_denies_until_it_is_withdrawn() -> None:
    """Of two answers of one moment the one that refuses stands."""
    world, request = signed_world()
    assert world.verdict() == "allow"

    no = world.sign(request, VITO, decision="reject")
    assert (world.verdict(), world.why(no)) == ("deny", "")

    world.sign(request, VITO, decision="withdraw", at=NOW - HOUR // 2)
    assert world.verdict() == "undecided"


@pytest.mark.parametrize("person", [ROSA, RAVI])
def test_attack_27_nobody_rejects_in_a_role_that_is_not_theirs(person: str) -> None:
    """A rejection is verified as an approval is."""
    world, request = signed_world()
    no = world.sign(request, person, decision="reject")

    assert world.why(no) == f"{person} is not in the role `validator`"
    assert world.verdict() == "allow"


def test_a_rejection_that_a_new_request_hides_holds_the_allow_back() -> None:
    """The ledger knows it; a request that lists it lets everybody decide in its knowledge."""
    world = World()
    world.enact()
    first = world.request(at=NOW - 4 * HOUR)
    no = world.sign(first, VITO, decision="reject", at=NOW - 3 * HOUR, logged=NOW - 3 * HOUR)
    honest = world.request(at=NOW - 2 * HOUR, history=[no])
    world.sign(honest, VERA)
    world.sign(honest, VITO)
    assert world.verdict() == "allow"

    hiding = world.request(at=NOW - HOUR)
    world.sign(hiding, VERA)
    world.sign(hiding, VITO)

    held = world.decide()
    assert (held.verdict.value, [h.code for h in held.holds]) == ("undecided", ["GATE405"])
    assert (
        held.holds[0].what == "vito@corp.example rejected this artifact as `validator`, and the request does not say so"
    )


def test_a_statement_that_the_request_lists_and_nobody_brings_holds_the_allow_back() -> None:
    """What a request lists is part of what was signed."""
    world = World()
    world.enact()
    no = world.sign(world.request(at=NOW - 5 * HOUR), VITO, decision="reject", at=NOW - 4 * HOUR)
    request = world.request(history=[no])
    world.sign(request, VERA)
    world.sign(request, VITO)
    assert world.verdict() == "allow"

    without(world, no)

    assert [h.code for h in world.decide().holds] == ["GATE405"]
    assert world.verdict() == "undecided"
