"""Who asks for a move: a person with their key, or a service that may, for somebody whom it names."""

from __future__ import annotations

from typing import Any

import pytest

from letpass.evaluation.remedies import remedy
from letpass.trust.accepted import Made
from letpass.trust.kinds import EVIDENCE
from tests.trust.keys import PemKey, SshKey
from tests.trust.world import (
    ANNA,
    BOB,
    FIRST,
    PEOPLE,
    POLICY,
    RECORD,
    ROOTS,
    ROSA,
    SERVICES,
    VERA,
    VITO,
    World,
    document,
    version,
)  # fmt: skip

ASKS = {**FIRST["services"]["eval-ci"], "may": ["request", "author"]}
COMMIT = {**RECORD, "code": {"commit": "4f1c0de2"}}
WHOLE = "4f1c0de2" * 5


def world(
    key: SshKey | PemKey | None, *, service: dict[str, Any] | None = None, record: dict[str, Any] = RECORD,
    attested: dict[str, Any] | None = None, made: Made | None = None, policy: str = POLICY, asks: str = "",
    **request: Any,
) -> World:  # fmt: skip
    """A version for which both validators have signed a request that was signed with a key; `asks`: the service it names."""
    services = {**FIRST["services"], "eval-ci": service or ASKS}
    found = World(policy, record, [version(document(services=services), *ROOTS)])
    found.enact()
    found.made = made
    evidence = [found.attest(attested)] if attested else []
    asked = found.request(key, evidence=evidence, **request, **({"service": asks} if asks else {}))
    for person in (VERA, VITO):
        found.sign(asked, person)
    return found


def reasons(made: World) -> list[tuple[str, str]]:
    """The kinds of reasons for which the rule on sign-offs is unknown, and what they are about."""
    rule = next(r for r in made.decide().as_json()["policies"][0]["rules"] if r["label"] == "signed")
    return [(r["kind"], r["about"]) for r in rule["test"].get("why", ())]


def by_service(requester: str = BOB, **how: Any) -> World:
    """A request that eval-ci signs for somebody."""
    return world(SERVICES["eval-ci"], **{"requester": requester, "record": COMMIT, "asks": "eval-ci", **how})


# ---------------------------------------------------------------- nobody, or a person


def test_an_unsigned_request_is_nobodys() -> None:
    """Vera authors under another name, asks "by bob", and signs: that was an allow."""
    assert world(PEOPLE[BOB]).verdict() == "allow"

    made = world(None, record={**RECORD, "author": ANNA})
    found = remedy(made.decide().blocking[0])

    assert (made.verdict(), reasons(made)) == ("undecided", [("request not signed", "the request")])
    assert found.code == "GATE409"
    assert found.steps[0] == (
        "ask with a key, and let people sign that: "
        "`policy request models/fraud/4.json --to production --key KEY`"
    )  # fmt: skip
    assert {s.why_not.value for s in made.decide().blocking[0].test.all_seen() if s.why_not} == {"requester unknown"}


def test_an_unsigned_request_is_enough_where_the_rule_leaves_nobody_out() -> None:
    """Everybody who signs it signs what it says."""
    plain = POLICY.replace(" other than author", "")

    assert world(None, policy=plain).verdict() == "allow"


def test_who_asks_does_not_sign_whatever_name_the_author_has() -> None:
    """She needs somebody else to ask for her."""
    made = world(PEOPLE[VERA], requester=VERA)

    assert made.verdict() == "undecided"
    assert "1 of 2 sign-offs; without vera@corp.example, who made it or asks for it" in str(
        made.decide().blocking[0].why[0]
    )


def test_nobody_signs_a_request_in_the_name_of_another() -> None:
    """The key says who asks."""
    made = world(PEOPLE[VERA], requester=BOB)

    assert made.verdict() == "undecided"
    assert [s.why for s in made.decide().statements if s.kind == "request"] == [
        "its signature does not count: it names `bob@corp.example`, and the key is of `vera@corp.example`"
    ]


# ---------------------------------------------------------------- a service


def test_a_service_that_may_asks_for_somebody_where_the_author_is_vouched_for() -> None:
    """By evidence, by the commit on the protected branch, or by the registry's gate: each alone is enough."""
    vouched = {
        "evidence": by_service(attested={"author": ANNA}),
        "protected branch": by_service(made=Made(WHOLE, f"Anna <{ANNA}>", protected=True)),
        "gate": by_service(made=Made(user=ANNA)),
    }

    assert {how: made.verdict() for how, made in vouched.items()} == dict.fromkeys(vouched, "allow")


@pytest.mark.parametrize(
    "made",
    [
        None,
        Made(WHOLE, f"Anna <{ANNA}>"),  # of a branch that anybody may push
        Made(WHOLE, f"Rosa <{ROSA}>", protected=True),  # another's commit
        Made(user=ROSA),
    ],
)
def test_where_only_a_service_asks_a_claimed_author_is_not_enough(made: Made | None) -> None:
    """Nobody but a text says who made it then."""
    assert by_service(attested={"author": ANNA}).verdict() == "allow"

    odd = by_service(made=made)

    assert (odd.verdict(), reasons(odd)) == ("undecided", [("not attested", "author")])
    assert remedy(odd.decide().blocking[0]).steps[0].startswith("let a person ask: `policy request models/fraud/4.json")


@pytest.mark.parametrize(
    ("requester", "kind"),
    [(ANNA, None), (BOB, None), ("ci", "nobody"), ("eval-ci", "nobody"), ("somebody", "nobody"), (" ", "nobody")],
)
def test_a_service_says_for_whom_it_asks(requester: str, kind: str | None) -> None:
    """For the author too; for itself, or for nobody in particular, it does not ask."""
    made = by_service(requester, attested={"author": ANNA})
    expected = [] if kind is None else [(kind, "for whom the service `eval-ci` asks")]

    assert (made.verdict(), reasons(made)) == ("allow" if kind is None else "undecided", expected)


def test_who_a_service_asks_for_does_not_sign() -> None:
    """As if they had asked themselves."""
    made = by_service(VERA, attested={"author": ANNA})

    assert made.verdict() == "undecided"
    assert "without vera@corp.example, who made it or asks for it" in str(made.decide().blocking[0].why[0])


@pytest.mark.parametrize(
    ("service", "named", "said"),
    [
        ({**ASKS, "may": ["author"]}, "eval-ci", "the service `eval-ci` may not ask for moves"),
        ({**ASKS, "models": ["credit*"]}, "eval-ci", "the service `eval-ci` may not speak of the model `fraud`"),
        (ASKS, "scanner", "it names the service `scanner`, and the key is of `eval-ci`"),
        (ASKS, "", "it names `bob@corp.example`, and the key is of"),
    ],
)
def test_a_service_that_may_not_ask_asks_for_nobody(service: dict[str, Any], named: str, said: str) -> None:
    """Its key vouches for evidence, and for what else the trust file lets it."""
    assert by_service(attested={"author": ANNA}).verdict() == "allow"

    made = by_service(service=service, asks=named)
    (request,) = [s for s in made.decide().statements if s.kind == "request"]

    assert made.verdict() == "undecided"
    assert request.valid is False
    if named:
        assert said in request.why


def test_a_persons_request_names_no_service() -> None:
    """Neither can pass for the other."""
    made = world(PEOPLE[BOB], asks="eval-ci")

    assert made.verdict() == "undecided"
    assert [s.why for s in made.decide().statements if s.kind == "request"] == [
        "its signature does not count: no key of a service in the trust file fits its signature"
    ]


def test_a_revoked_service_asks_no_more() -> None:
    """Like everybody whose key is revoked."""
    entry = {**ASKS["keys"][0], "revoked": {"at": "2026-11-23T11:00:00Z", "reason": "leaked"}}
    made = by_service(service={**ASKS, "keys": [entry]})

    assert made.verdict() == "undecided"
    assert "leaked" in next(s.why for s in made.decide().statements if s.kind == "request")


# ---------------------------------------------------------------- evidence about the author

KNOWN = POLICY + 'require known: author is recorded attested by "eval-ci"\n'


def test_that_a_service_attests_the_author_can_be_asked() -> None:
    """The rule holds for what the service said, and for no claim."""
    assert world(PEOPLE[BOB], policy=KNOWN, attested={"author": ANNA}).verdict() == "allow"

    claimed = world(PEOPLE[BOB], policy=KNOWN)
    assert claimed.verdict() == "undecided"
    assert [r.rule.label for r in claimed.decide().blocking] == ["known"]


def test_an_author_that_is_attested_otherwise_is_nobody() -> None:
    """Both are shown; which of them it was nobody can tell here."""
    made = world(PEOPLE[BOB], policy=KNOWN, attested={"author": ROSA})
    rule = made.decide().as_json()["policies"][0]["rules"][1]

    assert made.verdict() == "undecided"
    assert [(r["kind"], r["detail"]) for r in rule["test"]["why"]] == [
        ("unreadable", '"anna@corp.example", and "rosa@corp.example" as `eval-ci` attests')
    ]
    assert [r.rule.label for r in made.decide().blocking] == ["signed", "known"]


def test_only_a_service_that_may_says_who_made_a_version() -> None:
    """One that runs tests is no witness of who trained."""
    may_not = {**FIRST["services"]["eval-ci"], "predicates": [EVIDENCE]}
    made = world(PEOPLE[BOB], service=may_not, attested={"author": ANNA}, policy=KNOWN)

    assert [s.why for s in made.decide().statements if s.kind == "evidence"] == [
        "the service `eval-ci` may not say who made a version"
    ]
    assert made.verdict() == "undecided"
