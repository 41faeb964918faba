"""Made texts and raw records to what evaluation takes."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from letpass.diagnostics import Source
from letpass.evaluation import compiled
from letpass.evaluation.input import Input
from letpass.facts import reader
from letpass.facts.document import Document
from letpass.facts.record import Holder, Record
from letpass.facts.schema import VOCABULARY
from letpass.frozen import replace
from letpass.language.rules import Policy, Rule
from letpass.move import promotion
from letpass.project.policyset import from_texts
from letpass.semantics.lowering import Lowering
from letpass.trust.accepted import Accepted, Asked, Made, Signoff
from letpass.trust.bars import UNTOLD, Bars
from letpass.trust.directory import Directory
from tests.properties.generate import NOW, PEOPLE, ROLES, Author
from tests.properties.registrar import Registrar

MOVE = promotion("production")


def policy(text: str) -> Policy:
    """The one policy of a text."""
    (found,) = from_texts({"made.policy": text}, VOCABULARY).policies
    return found


def record(raw: dict[str, Any]) -> Record:
    """A raw record as the reader takes it."""
    return reader.read(Document(Source("made.json", ""), raw))


def vouched(found: Record, registrar: Registrar) -> Record:
    """The same record, its pieces now vouched for by somebody, or nobody."""

    def piece(element: Any) -> dict[str, Any]:
        trust = registrar.trust()
        return {**element, "@trust": trust} if trust else dict(element)

    lists = {path: tuple(piece(e) for e in elements) for path, elements in found.lists.items()}
    measures = {key: tuple(piece(p) for p in pieces) for key, pieces in found.measures.items()}
    trust = {path: registrar.trust() for path in (*found.values, *found.sections)}
    if registrar.random.random() < 0.5:
        trust["artifact.digest"] = "computed"
    return replace(found, lists=lists, measures=measures, trust={k: v for k, v in trust.items() if v})


def accepted(registrar: Registrar) -> Accepted:
    signoffs = tuple(Signoff(**s) for s in registrar.signoffs())
    thresholds = {role: 2 for role in ROLES if registrar.pick((False, False, True))}
    return Accepted(signoffs, (), _asked(registrar), thresholds, None, _directory(registrar), made=_made(registrar))


def _asked(registrar: Registrar) -> Asked | None:
    """Who asks, with a key or without, themselves or by a service."""
    requester = registrar.pick((None, *PEOPLE))
    return Asked(requester, registrar.pick((True, True, False)), registrar.pick(("", "", "ci"))) if requester else None


def _directory(registrar: Registrar) -> Directory | None:
    """The people of a trust file, some of whom the registry knows by another name; None where there is no such file."""
    if registrar.pick((False, False, True)):
        return None
    known = [person for person in PEOPLE if registrar.pick((True, True, True, False))]
    aliases = {person: (f"{person.title()} X",) if registrar.pick((False, True)) else () for person in known}
    return Directory(aliases, services=frozenset({"ci"}))


def _made(registrar: Registrar) -> Made | None:
    """What the gate found out of who made the version."""
    if registrar.pick((True, True, False)):
        return None
    author = registrar.pick(("", *(f"{p.title()} X" for p in PEOPLE)))
    return Made("4f1c0de2" * 5 if author else "", author, registrar.pick((True, False)), registrar.pick(("", *PEOPLE)))


def made_input(random: Random, *, absent: float | None = None) -> Input:
    """An input of which anything may be missing or wrong."""
    registrar = Registrar(
        random,
        absent=random.choice((0.0, 0.1, 0.4)) if absent is None else absent,
        wrong=random.choice((0.0, 0.1, 0.3)),
    )
    candidate = vouched(record(registrar.record()), registrar)
    champion = random.choice((Holder.NOBODY, Holder.UNASKED, None, None, None))
    return Input(
        candidate,
        MOVE,
        NOW,
        vouched(record(registrar.record()), registrar) if champion is None else champion,
        accepted(registrar),
        bars=random.choice((UNTOLD, Bars(True), Bars(False, ("it was stricter",)))),
    )


def made_policy(random: Random, rules: int = 3) -> Policy:
    return policy(Author(random).policy(rules))


def printed(rules: Sequence[Rule]) -> str:
    """The Python that rules are compiled to."""
    lowering = Lowering()
    return compiled.printed([lowering.rule(rule) for rule in rules], compiled.TRUTHS)[0]
