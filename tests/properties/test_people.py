"""Laws of who counts: more names in the trust file exclude more people, never fewer."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from letpass.evaluation.apart import Apart, apart
from letpass.facts.record import Record
from letpass.trust.accepted import Accepted, Asked, Made
from letpass.trust.directory import Directory
from letpass.trust.naming import alike, same

SEEDS = st.integers(0, 2**40)
PEOPLE = ("vera@corp.example", "bob@corp.example", "veral@corp.example", "vera1@corp.example", "ann@lab.example")
NAMES = ("Vera V.", "Bob", "Vera", "team-ml", "Ann", "V. Vera", "Vera V. and Bob", "bob the 2nd", "Jos\u00e9", "ci")
ODD = {"e": "\u0435", "a": "\u0430", "o": "0", "l": "1", "i": "\u0456", "b": "\uff42", "v": "v\u200b"}


def text(random: Random) -> str:
    """A text that somebody writes as an author: names, addresses, several of them, look-alikes."""
    kind = random.randrange(8)
    name, person = random.choice(NAMES), random.choice(PEOPLE)
    made = {
        0: person, 1: name, 2: f"{name} <{person}>", 3: f"{name} and {random.choice(NAMES)}", 4: f"{person}, {name}",
        5: person.replace("@", "+git@"), 6: f'"{person}" <{random.choice(PEOPLE)}>', 7: f"{name} ({random.choice(NAMES)})",
    }[kind]  # fmt: skip
    if random.random() < 0.3:
        made = made.upper() if random.random() < 0.3 else f"  {made} "
    return "".join(ODD.get(c, c) if random.random() < 0.08 else c for c in made)


def directory(random: Random) -> Directory:
    """Some people with some aliases, each of which is one person's, as the trust file asks for."""
    people = {p: [] for p in PEOPLE if random.random() < 0.6} or {PEOPLE[0]: []}
    taken = {same(p) for p in people} | {"ci"}
    for name in (*NAMES, *[text(random) for _ in range(3)]):
        if alike(name) and same(name) not in taken and random.random() < 0.5:
            taken.add(same(name))
            people[random.choice(list(people))].append(name)
    domains = frozenset(d for d in ("corp.example", "lab.example") if random.random() < 0.4)
    return Directory({p: tuple(a) for p, a in people.items()}, domains, frozenset({"ci"}))


def larger(random: Random, small: Directory, texts: tuple[str, ...]) -> Directory:
    """The same directory with more people, aliases and domains; `texts`: what is likely to become an alias."""
    # a trust file gives no name to two people
    had = {same(n) for p, aliases in small.people.items() for n in (p, *aliases)}
    new = [p for p in PEOPLE if random.random() < 0.4 and same(p) not in had]
    people = {p: list(small.people.get(p, ())) for p in (*small.people, *new)}
    taken = {same(n) for p, aliases in people.items() for n in (p, *aliases)} | {"ci"}
    for name in (*texts, *NAMES, *PEOPLE):
        if alike(name) and same(name) not in taken and random.random() < (0.7 if name in texts else 0.3):
            taken.add(same(name))
            people[random.choice(list(people))].append(name)
    return Directory({p: tuple(a) for p, a in people.items()}, small.domains | {"lab.example"}, small.services)


def record(random: Random) -> Record:
    """A record that says who made it, in one way or two."""
    said = {"author": text(random), "code.author": text(random) if random.random() < 0.3 else ""}
    return Record(values={k: v for k, v in said.items() if v})


def told(random: Random) -> tuple[Asked | None, Made | None]:
    """Who asks, and what the gate found out."""
    kind = random.randrange(4)
    asked = (
        Asked(random.choice(PEOPLE) if kind else text(random), kind != 1, "ci" if kind == 2 else "")
        if kind < 3
        else None
    )
    made = Made("4f1c0de2" * 5, text(random), random.random() < 0.5) if random.random() < 0.3 else None
    return asked, made


def counts(found: Apart) -> frozenset[str]:
    """Whose sign-offs count: of all who might sign, those who are not left out, where that is known for sure."""
    return frozenset(PEOPLE) - found.people if not found.doubts else frozenset()


@settings(max_examples=400, deadline=None)
@given(SEEDS)
def test_more_people_and_aliases_never_make_somebody_count_who_was_left_out(seed: int) -> None:
    """Whoever the smaller file excludes as author or requester, the larger one excludes too."""
    random = Random(seed)
    small = directory(random)
    made_by, (asked, made) = record(random), told(random)
    texts = (
        *made_by.values.values(),
        *[t for t in (made.author if made else "", asked.requester if asked else "") if t],
    )
    large = larger(random, small, tuple(str(t) for t in texts))
    before = apart(made_by, Accepted(asked=asked, directory=small, made=made))
    after = apart(made_by, Accepted(asked=asked, directory=large, made=made))

    known = frozenset(small.people)
    if (
        not before.unmade
    ):  # else nobody counts, and an address that becomes somebody's tells who of those with the name is meant
        assert before.people & known & counts(after) == frozenset()


@settings(max_examples=400, deadline=None)
@given(SEEDS)
def test_who_is_named_is_among_those_who_are_left_out(seed: int) -> None:
    """A person whom the author's text names, by whatever name, does not count."""
    random = Random(seed)
    found = directory(random)
    author = text(random)
    named = found.named(author)
    left_out = apart(Record(values={"author": author}), Accepted(directory=found))

    assert (named.person == "") is bool(named.detail)
    assert not named.person or named.person in left_out.makers
    assert named.people <= left_out.makers
    assert bool(named.person) or counts(left_out) == frozenset()


@settings(max_examples=400, deadline=None)
@given(SEEDS)
def test_a_text_that_only_looks_like_a_name_names_nobody_else(seed: int) -> None:
    """Odd letters in somebody's address or alias never lead to another person, nor let that somebody count."""
    random = Random(seed)
    found = directory(random)
    person = random.choice(list(found.people))
    name = random.choice((person, *found.people[person]))
    odd = "".join(ODD.get(c, c) if random.random() < 0.5 else c for c in name)
    named = found.named(odd)

    assert (
        named.person in {"", person} or odd in {n for p in found.people for n in (p, *found.people[p])} or odd.isascii()
    )
    assert person not in counts(apart(Record(values={"author": odd}), Accepted(directory=found)))


def test_a_text_that_looks_like_one_persons_alias_and_has_anothers_address_names_nobody() -> None:
    """An alias with an address of somebody else in it is odd, and may be in a file all the same."""
    found = Directory({"bob@corp.example": (), "vera@corp.example": ("ci <bob@corp.example>",)})
    assert found.named("ci <bob@corp.example>").person == "vera@corp.example"

    named = found.named("c\u0456 <bob@corp.example>")

    assert (named.person, named.people) == ("", {"bob@corp.example", "vera@corp.example"})
