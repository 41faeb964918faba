"""Attacks on the life of a request: used twice, expired, taken back."""

from __future__ import annotations

import pytest

from letpass.trust import strict
from tests.trust.world import DAY, HOUR, NOW, ROSA, VERA, VITO, World, signed_world, without


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
    first = world.sign(request, VITO, at=NOW - HOUR + 1_000_000)

    gone = world.withdraw(first, VITO, at=NOW - HOUR // 2)
    assert world.verdict() == "undecided"
    assert world.why(gone) == ""

    world.sign(request, VITO, at=NOW - HOUR // 3)
    assert world.verdict() == "allow"


@pytest.mark.parametrize("person", [VERA, ROSA])
def test_attack_27_nobody_takes_back_what_somebody_else_said(person: str) -> None:
    """The signature is of another person than the sign-off's."""
    world, request = signed_world()
    said = world.sign(request, VITO, at=NOW - HOUR + 1_000_000)
    gone = world.withdraw(said, person, at=NOW - HOUR // 2)

    assert world.verdict() == "allow"
    assert world.why(gone) != ""


def test_a_request_does_not_count_without_the_evidence_that_it_lists() -> None:
    """What a request lists is part of what was signed: a run whose evidence was taken away may have failed."""
    world = World()
    world.enact()
    found = world.attest({"metrics": {"accuracy": {"value": 0.95}}})
    request = world.request(evidence=[found])
    world.sign(request, VERA)
    world.sign(request, VITO)
    assert world.verdict() == "allow"

    without(world, found)

    assert world.verdict() == "undecided"
    assert "it is for another set of evidence" in world.why(request)


def test_a_request_that_is_called_like_another_version_does_not_count() -> None:
    """Whoever signed its file was shown the verdict on the version that its subject named, and signed for the one that it bound."""
    for name, verdict, why in (
        ("fraud@4", "allow", ""),
        ("fraud@5", "undecided", "it is called `fraud@5`, and asks for `fraud@4`"),
    ):
        world = World()
        world.enact()
        asked = world.request(name=name)
        for person in (VERA, VITO):
            world.sign(asked, person)
        assert (world.verdict(), world.why(asked)) == (verdict, why)
