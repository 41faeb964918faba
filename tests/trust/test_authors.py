"""Who made a version: a text names a person whom the trust file knows, or nobody, and then no sign-off counts."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest

from letpass.trust.directory import Directory
from tests.trust.world import (
    ANNA,
    BOB,
    FIRST,
    PEOPLE,
    RECORD,
    ROOTS,
    VERA,
    VITO,
    World,
    document,
    signed_world,
    version,
)  # fmt: skip

ALIASES = {VERA: ("Vera V.", "José Vera"), VITO: (), BOB: ("Bob",), ANNA: ()}
DIRECTORY = Directory(ALIASES, frozenset({"lab.example"}), frozenset({"ci"}))


def world(author: Any, **trust: Any) -> World:
    """A version by an author, for which both validators have signed; `trust` replaces fields of the trust file."""
    people = {**FIRST["people"], VERA: {"keys": [{"ssh": PEOPLE[VERA].line}], "aliases": ["Vera V."]}}
    record = {**RECORD, "author": author} if author is not None else {k: v for k, v in RECORD.items() if k != "author"}
    return signed_world(record=record, trust=[version(document(**{"people": people, **trust}), *ROOTS)])[0]


def why(made: World) -> list[tuple[str, str]]:
    """The kinds of reasons for which the rule is unknown, and what they are about."""
    rule = made.decide().as_json()["policies"][0]["rules"][1]
    return [(r["kind"], r["about"]) for r in rule["test"].get("why", ())]


# ---------------------------------------------------------------- whom a text names


@pytest.mark.parametrize(
    ("text", "person"),
    [
        (VERA, VERA),
        ("VERA@Corp.example", VERA),
        ("  Vera  V. ", VERA),
        (f"Vera Vee <{VERA}>", VERA),
        (f'"Vera V." <{VERA}>', VERA),
        ("Jos\u00e9 Vera", VERA),
        ("Jose\u0301 Vera", VERA),
        ("vera+git@corp.example", VERA),
        (ANNA, ANNA),
        ("carl@lab.example", "carl@lab.example"),
        ("Carl C. <Carl@LAB.example>", "carl@lab.example"),
        ("carl+git@lab.example", "carl@lab.example"),
    ],
)
def test_a_text_names_a_person_by_address_alias_or_listed_domain(text: str, person: str) -> None:
    """Case, blanks, and how letters are composed do not subject; what stands behind a `+` is the same mailbox."""
    assert DIRECTORY.named(text).person == person


@pytest.mark.parametrize(
    ("text", "why", "people"),
    [
        ("v\u0435ra@corp.example", "looks like", {VERA}),  # a Cyrillic letter
        ("\uff56\uff45\uff52\uff41@corp.example", "looks like", {VERA}),  # wide letters
        ("ver\u200ba@corp.example", "looks like", {VERA}),
        ("V\u0435r\u0430 V.", "looks like", {VERA}),
        ("b0b@corp.example", "looks like", {BOB}),
        (f"V\u0435ra V. <{ANNA}>", "looks like", {VERA, ANNA}),
        ("Vera V. and Bob", "holds the names of", {VERA, BOB}),
        (f"{VERA}, {BOB}", "holds the names of", {VERA, BOB}),
        (f"Bob <{VERA}>", "holds the names of", {VERA, BOB}),
        (f'"Vera" <{BOB}>', "holds the names of", {VERA, BOB}),  # the address of somebody else
        (f"Bob <{BOB}>, Vera <{VERA}>", "holds the names of", {VERA, BOB}),
        ("Vera V. (on leave)", "is no name of a person", {VERA}),
        ("vera", "is no name of a person", {VERA}),
        ("team-ml", "is no name of a person", set()),
        (f"{VERA}.", "is no plain address", set()),  # a trailing dot
        ("c\u00e4rl@lab.example", "is no plain address", set()),
        ("carl@mail.lab.example", "is nobody of the trust file", set()),  # a sub-domain
        ("carl@notlab.example", "is nobody of the trust file", set()),
        ("Carl <carl@gmail.example>", "is nobody of the trust file", set()),
        ("carl@corp.example", "is nobody of the trust file", set()),  # the domain of its people, which it does not list
        ("@lab.example", "is no name of a person", set()),
        ("ci", "is a service", set()),
        ("CI", "is a service", set()),
        ("\u200b", "it is empty", set()),
        ("x" * 1001, "is too long for a name", set()),
    ],
)
def test_any_other_text_names_nobody(text: str, why: str, people: set[str]) -> None:
    """Whoever it may mean is told beside it, and does not count."""
    found = DIRECTORY.named(text)

    assert (found.person, set(found.people)) == ("", people)
    assert why in found.detail
    assert found.help


def test_a_look_alike_is_shown_beside_the_name_that_it_looks_like() -> None:
    """Two texts that look the same say nothing; the odd letters are written as what they are."""
    found = DIRECTORY.named("v\u0435ra@corp.example")

    assert found.detail == "`v\\u0435ra@corp.example` looks like `vera@corp.example`, and is another text"
    assert found.help == "write `vera@corp.example` where that is meant"


@pytest.mark.parametrize(
    ("text", "help_"),
    [
        ("team-ml", "write the address of the person, or let the root add it: `policy trust add person PERSON --alias team-ml`"),
        ("it's", "write the address of the person, or let the root add it: `policy trust add person PERSON --alias 'it'\"'\"'s'`"),
        ("a`b", "write the address of the person"),
        ("carl@gmail.example", "let the root add them: `policy trust add person carl@gmail.example`"),
        (
            "carl@corp.example",
            "let the root add them: `policy trust add person carl@corp.example`; or everybody of that domain: `policy trust add domain corp.example`",
        ),
    ],
)  # fmt: skip
def test_the_help_says_how_a_text_becomes_a_name(text: str, help_: str) -> None:
    """A domain is offered only where it is that of somebody in the file: whoever is listed vouches for all its addresses."""
    assert DIRECTORY.named(text).help == help_


# ---------------------------------------------------------------- in the trust file


@pytest.mark.parametrize(
    ("aliases", "said"),
    [
        ({VITO: ["\u200b"]}, "an alias of `vito@corp.example` shows nothing: `\\u200b`"),
        ({VITO: [" "]}, "`vito@corp.example.aliases` is a list of texts"),
        ({VITO: ["Vera"], VERA: ["vera"]}, "the alias `Vera` of `vito@corp.example` means `vera@corp.example` too"),
        ({VITO: ["V\u0435ra"], VERA: ["Vera"]}, "the alias `V\\u0435ra` of `vito@corp.example` looks like a name of `vera@corp.example`"),
        ({VITO: ["v\u0435ra@corp.example"]}, "looks like a name of `vera@corp.example`"),
        ({VITO: ["\uff36\uff25\uff32\uff21"], VERA: ["Vera"]}, "looks like a name of `vera@corp.example`"),
        ({VITO: ["Scanner"]}, "the alias `Scanner` of `vito@corp.example` is the name of a service"),
    ],
)  # fmt: skip
def test_no_alias_shows_nothing_or_looks_like_another_name(aliases: dict[str, list[str]], said: str) -> None:
    """The root would sign what nobody can tell apart."""
    from letpass.canonical import canonical
    from letpass.diagnostics import InvalidError
    from letpass.trust import trustfile

    assert trustfile.read(canonical(document())).people[VITO].aliases == ()
    people = {n: {**p, "aliases": aliases.get(n, [])} for n, p in FIRST["people"].items()}

    with pytest.raises(InvalidError) as refused:
        trustfile.read(canonical(document(people=people)))
    assert said in str(refused.value)


@pytest.mark.parametrize("domain", ["Corp.example", "corp.example.", "@corp.example", "c\u00f6rp.example", "*", "a..b"])
def test_a_domain_is_what_stands_behind_the_at(domain: str) -> None:
    """In lower-case ASCII, and in no other spelling."""
    from letpass.canonical import canonical
    from letpass.diagnostics import InvalidError
    from letpass.trust import trustfile

    assert trustfile.read(canonical(document(domains=["corp.example"]))).domains == ("corp.example",)
    with pytest.raises(InvalidError, match="is no domain"):
        trustfile.read(canonical(document(domains=[domain])))


# ---------------------------------------------------------------- in a decision


@pytest.mark.parametrize(
    ("author", "kind", "code"),
    [
        ("v\u0435ra@corp.example", "nobody", "GATE407"),
        ("team-ml", "nobody", "GATE407"),
        ("carl@lab.example", "nobody", "GATE407"),
        ("eval-ci", "nobody", "GATE407"),
        ("", "missing", "GATE310"),
        (None, "missing", "GATE310"),
        (True, "unreadable", "GATE311"),
    ],
)
def test_without_a_known_author_no_signoff_counts(author: Any, kind: str, code: str) -> None:
    """`author: v\u0435ra@corp.example`, with a Cyrillic letter, let Vera sign her own model."""
    assert world(ANNA).verdict() == "allow"

    odd = world(author)
    (blocking,) = odd.decide().blocking
    from letpass.evaluation.remedies import remedy

    assert (odd.verdict(), why(odd)[0]) == ("undecided", (kind, "author"))
    assert remedy(blocking).code == code
    assert {s.why_not.value for s in blocking.test.all_seen() if s.why_not} <= {"author unknown", "author"}
    assert [s for s in blocking.test.all_seen() if s.signoff and not s.why_not] == []


def test_an_address_in_a_listed_domain_is_somebody_who_does_not_sign() -> None:
    """People who only train need no place in the file of their own."""
    assert world("carl@lab.example").verdict() == "undecided"

    assert world("carl@lab.example", domains=["lab.example"]).verdict() == "allow"


@pytest.mark.parametrize("where", ["code.author", "the commit", "the user of the registry's gate"])
def test_each_that_says_who_made_it_must_name_somebody(where: str) -> None:
    """A good author beside a commit of a stranger: nobody can be told to be someone else."""
    from letpass.trust.accepted import Made

    def made(text: str) -> World:
        record = {**RECORD, "code": {"commit": "4f1c0de2", **({"author": text} if where == "code.author" else {})}}
        found = signed_world(record=record)[0]
        known = {"the commit": Made("4f1c0de2" * 5, text), "the user of the registry's gate": Made(user=text)}
        found.made = known.get(where)
        return found

    assert made(f"Anna <{ANNA}>").verdict() == "allow"
    assert made(f"Vera <{VERA}>").verdict() == "undecided"
    assert "1 of 2 sign-offs; without vera@corp.example" in str(made(f"Vera <{VERA}>").decide().blocking[0].why[0])

    odd = made("Mallory <mallory@evil.example>")
    assert (odd.verdict(), [kind for kind, _ in why(odd)]) == ("undecided", ["nobody"])
    assert {s.why_not.value for s in odd.decide().blocking[0].test.all_seen() if s.why_not} == {"author unknown"}


def test_the_commit_whose_author_was_read_is_the_one_that_evidence_names() -> None:
    """Else the record could name a commit of somebody else."""
    from letpass.trust.accepted import Made

    def made(attested: str) -> World:
        found = World(record={**RECORD, "code": {"commit": "4f1c0de2"}})
        found.enact()
        evidence = found.attest({"code": {"commit": attested}})
        request = found.request(evidence=[evidence])
        found.sign(request, VERA)
        found.sign(request, VITO)
        found.made = Made("4f1c0de2" * 5, f"Anna <{ANNA}>")
        return found

    assert made("4f1c0de2").verdict() == "allow"
    assert (made("0badc0de").verdict(), why(made("0badc0de"))) == ("undecided", [("ambiguous", "code.commit")])


def test_what_the_gate_found_out_of_who_made_it_replays_without_git() -> None:
    """It is an input of the decision, like the statements."""
    from letpass.gate import judgement
    from letpass.trust.accepted import Made

    made = signed_world(record={**RECORD, "code": {"commit": "4f1c0de2"}})[0]
    made.made = Made("4f1c0de2" * 5, f"Vera <{VERA}>", protected=True, user="anna@corp.example")
    decision = made.decide()
    assert decision.verdict.value == "undecided"

    stored = {"decision": decision.as_json(), "inputs": judgement.inputs(decision, made.policies, made.bundle())}
    old, new = judgement.replay(stored)
    assert new == old

    del stored["inputs"]["dossier"]["made"]
    assert judgement.replay(stored)[1]["verdict"] == "allow"


def test_composed_and_decomposed_letters_are_one_alias() -> None:
    """Git and a registry may write them in either way."""
    composed = "Ren\u00e9"
    people = {**FIRST["people"], VERA: {"keys": [{"ssh": PEOPLE[VERA].line}], "aliases": [composed]}}
    for author in (composed, unicodedata.normalize("NFD", composed)):
        own = world(author, people=people)
        assert "without vera@corp.example, who made it or asks for it" in str(own.decide().blocking[0].why[0])


def test_somebody_without_a_key_is_in_a_role_and_signs_nothing() -> None:
    """Nobody waits for a signature that cannot be made."""
    roles = {**FIRST["roles"], "validator": {"members": [VERA, VITO, ANNA], "models": ["fraud*"]}}
    made = World(record={**RECORD, "author": VITO}, trust=[version(document(roles=roles), *ROOTS)])
    made.enact()
    made.sign(made.request(), VERA)

    assert "1 of 2 sign-offs; vito@corp.example made it or asks for it; nobody else is in the role" in str(
        made.decide().blocking[0].why[0]
    )
