"""Random policies: every form, wherever it may stand."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from tests.oracle import conditions as c
from tests.oracle import pools, schema, speaking
from tests.oracle import terms as t
from tests.oracle.generating_terms import Terms
from tests.oracle.places import ELEMENTS, Place
from tests.oracle.policies import Fact, Let, Metric, Policy, Rule

DEPTH = 3


@dataclass(frozen=True)
class Around:
    """Where a condition stands. places: the lists around it · loose: neither under a negation nor in a guard, so that what
    is true or unknown may stand there · depth: how deep yet · service: whether a whole form around is vouched for."""

    places: tuple[Place, ...] = ()
    loose: bool = True
    depth: int = DEPTH
    service: bool = False

    def deeper(self, **changes: object) -> Around:
        """One further in."""
        return replace(self, depth=self.depth - 1, **changes)


class Policies:
    """Of one seed."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.terms = Terms(rng)
        self.terms.asked = lambda place: self._speaking(Around((place,), loose=False, depth=2))
        self.loose: list[str] = []
        self.truths: list[str] = []

    def often(self, share: float) -> bool:
        """With so much chance."""
        return self.rng.random() < share

    def policy(self, rules: int = 20) -> Policy:
        """A policy of so many rules."""
        metrics, facts = self._metrics(), self._facts()
        self.terms.declare(metrics, facts)
        self.loose, self.truths = [], []
        lets = tuple(self._let(i) for i in range(self.rng.choice((0, 3, 4, 6))))
        made = tuple(self._rule(i) for i in range(rules))
        applies = self.condition(Around(loose=False, depth=2)) if self.often(0.95) else None
        return Policy(metrics, facts, lets, made, applies)

    def _metrics(self) -> tuple[Metric, ...]:
        if self.often(0.3):
            return ()
        found = []
        for name, kind in (
            ("accuracy", "ratio"), ("recall", "ratio"), ("box_ap", "ratio"), ("latency", "duration"),
            ("memory", "size"), ("cost", "number"), ("errors", "count"), ("samples", "count"), ("value", "ratio"),
        ):  # fmt: skip
            unit = {"ratio": "%", "duration": "ms", "size": "MB"}.get(kind) if self.often(0.5) else None
            on = self.rng.choice(pools.DATA_SETS[:2]) if self.often(0.3) else None
            better = self.rng.choice(("higher", "lower")) if self.often(0.4) else None
            found.append(Metric(name, kind, unit, better, on, "box AP" if name == "box_ap" else None))
        return tuple(found)

    def _facts(self) -> tuple[Fact, ...]:
        if self.often(0.2):
            return ()
        return (
            Fact("domain", "one of", None, pools.ENUMS["domain"]), Fact("tier", "ordered", None, pools.ENUMS["tier"]),
            Fact("reviewed", "flag"), Fact("retrained_at", "date"), Fact("note", "text"), Fact("share", "ratio", "%"),
            Fact("context", "size", "kB"), Fact("grace", "duration", "s"), Fact("budget", "number"),
            Fact("retries", "count"), Fact("review.board", "text"),
        )  # fmt: skip

    def _let(self, number: int) -> Let:
        if self.often(0.5):
            name = f"n{number}"
            return Let(name, self.terms.for_let(name))
        if self.often(0.5):
            made = Let(f"p{number}", self.condition(Around(depth=2)))
            self.loose.append(made.name)
            return made
        made = Let(f"t{number}", self.condition(Around(loose=False, depth=2)))
        self.truths.append(made.name)
        return made

    def _rule(self, number: int) -> Rule:
        guard = self.condition(Around(loose=False, depth=2)) if self.often(0.3) else None
        return Rule(f"r{number}", self.condition(Around()), guard, self.often(0.1))

    def service(self, at: Around) -> str | None:
        """Of `attested by`."""
        return self.rng.choice(pools.SERVICES) if self.often(0.02 if at.service else 0.09) else None

    def condition(self, at: Around) -> c.Condition:
        """One that may stand there; in a list it speaks of the element."""
        chance = self.rng.random()
        if at.depth > 0 and chance < 0.1:
            return c.Not(self.condition(at.deeper(loose=False)))
        if at.depth > 0 and chance < 0.3:
            how = self.rng.choice((c.And, c.Or))
            others = [self.condition(self._outside(at)) for _ in range(self.rng.choice((1, 1, 2)))]
            parts = [self.condition(at.deeper()), *others]
            self.rng.shuffle(parts)
            return how(tuple(p for p in parts))
        if at.depth > 0 and len(at.places) < 2 and chance < 0.5:
            return self._quantified(at)
        return self._of_element(at) if at.places else self._simple(at)

    def _outside(self, at: Around) -> Around:
        return at.deeper(places=at.places if self.often(0.6) else at.places[:-1])

    def _quantified(self, at: Around) -> c.Condition:
        service = self.service(at)
        at = replace(at, service=at.service or service is not None)
        outer = at.places[-1] if at.places else None
        if outer is not None and outer.fields == "scans" and self.often(0.6):
            place = Place(t.Name("findings"), "scans[].findings")
            return self._over(at, place, service, speaks=True)
        return self._over(at, self.terms.place(), service, speaks=outer is None)

    def _over(self, at: Around, place: Place, service: str | None, *, speaks: bool) -> c.Condition:
        """speaks: whether the list itself speaks of the element around, or there is none."""
        inside = at.deeper(places=(*at.places, place))
        how = self.rng.choice(("all", "all", "no", "at most", "at least"))

        def part(*, loose: bool) -> c.Condition:
            here = replace(inside, loose=at.loose and loose)
            made = self._speaking(here)
            if speaks or not at.places or self.often(0.4):
                return made
            outer = self._of_element(replace(here, places=at.places), hidden=place)
            return self.rng.choice((c.And, c.Or))((outer, made))

        if how == "all":
            where = None
            if self.often(0.5):
                where = self._speaking(replace(inside, loose=False))
            return c.ForAll(place.list, where, part(loose=True), service)
        some = part(loose=how == "at least") if not speaks or self.often(0.85) else None
        return c.Count(how, self.rng.choice((1, 1, 2, 3)) if how != "no" else 0, place.list, some, service)

    def _speaking(self, at: Around) -> c.Condition:
        made = self.condition(at)
        if speaking.of(made, at.places):
            return made
        return self.rng.choice((c.And, c.Or))((self._of_element(at), made))

    def _of_element(self, at: Around, hidden: Place | None = None) -> c.Condition:
        place = at.places[-1]
        fields = schema.below(ELEMENTS[place.fields])
        hides = set(schema.below(ELEMENTS[hidden.fields])) if hidden else set()
        apart = ("interval", "outcomes", "judge")
        names = [f for f in fields if not f.startswith(apart) and f not in {"standard_error", "scanned", *hides}]
        names = [f for f in names if not (f == "findings" and at.depth <= 0)]
        dates = [f for f in names if fields[f].holds == "date"]
        if at.loose and dates and self.often(0.15):
            return c.Within(t.Name(self.rng.choice(dates)), self._age(), self.service(at))
        if place.metric is not None and "value" in names and self.often(0.5):
            return self.terms.compare_value(place, self.service(at), loose=at.loose)
        if not names:
            return self._simple(at)
        field = self.rng.choice(names)
        holds = fields[field].holds
        name = t.Name(field)
        if at.loose and holds != "list of mappings" and self.often(0.15):
            return c.Recorded((name,), self.service(at))
        match holds:
            case "text":
                return self._text(name, field, at)
            case "flag":
                return c.Flag(name, self.service(at))
            case "date":
                return self._dated(name, at)
            case "ordered":
                return self._word(name, fields[field].words, at)
            case "list of mappings":
                return self._over(at, Place(name, "scans[].findings"), self.service(at), speaks=True)
        if place.metric is not None and field == "value":
            return self.terms.compare_value(place, self.service(at), loose=at.loose)
        return self.terms.compare(holds, self.service(at), first=name)

    def _simple(self, at: Around) -> c.Condition:
        forms: list[tuple[int, Callable[[Around], c.Condition]]] = [
            (30, lambda a: self.terms.comparison(self.service(a), a.places)),
            (8, lambda a: self.terms.sure(self.service(a))),
            (15, self._some_text), (8, self._some_word), (8, self._some_flag), (10, self._some_date),
            (6, lambda _: c.Champion()), (4, lambda _: c.Bars()), (9, self._passed), (7, self._scanned), (9, self._signed),
        ]  # fmt: skip
        if at.loose:
            forms += [(12, self._recorded), (5, self._pinned), (8, lambda _: c.Computed())]
        weights, makers = zip(*forms, strict=True)
        return self.rng.choices(makers, weights)[0](at)

    def _some_text(self, at: Around) -> c.Condition:
        path = self.rng.choice(
            ("model", "version", "license", "stage", "code.repository", "code.commit", "artifact.uri", "artifact.format",
             "artifact.digest", "environment.image", "environment.python", "environment.cuda", "environment.os", "model_card",
             "tags.team", "tags.tier", "facts.owner_team", "hyperparameters.optimizer", "note", "review.board",
             "accuracy.source", "recall.split", "recall.data_set"),
        )  # fmt: skip
        if path in {"note", "review.board"} and not self.terms.facts:
            path = f"facts.{path}"
        key = path.removeprefix("facts.") if path.removeprefix("facts.") in pools.TEXTS else path
        name = self.terms.seen(path, at.places)
        key = key if key in pools.TEXTS else path.rpartition(".")[2]
        return self._text(name, key, at)

    def _text(self, name: t.Name, key: str, at: Around) -> c.Condition:
        service = self.service(at)
        pool = tuple(w for w in pools.texts(key) if "\n" not in w)
        chance = self.rng.random()
        if chance < 0.4:
            return c.Is(name, self.rng.choice(pool), self.often(0.3), service)
        if chance < 0.6:
            words = tuple(dict.fromkeys(self.rng.choices(pool, k=2)))
            return c.In(name, words, self.often(0.3), service)
        if chance < 0.9 or not at.loose:
            return c.Like(name, self.rng.choice(pools.PATTERNS), service)
        return c.Pinned(name, service)

    def _some_word(self, at: Around) -> c.Condition:
        found = [("risk", schema.FIELDS["risk"].words)]
        if self.terms.facts:
            found += [
                ("domain", pools.ENUMS["domain"]),
                ("tier", pools.ENUMS["tier"]),
                ("facts.tier", pools.ENUMS["tier"]),
            ]
        path, words = self.rng.choice(found)
        return self._word(self.terms.seen(path, at.places), words, at, ordered=path != "domain")

    def _word(self, name: t.Name, words: tuple[str, ...], at: Around, *, ordered: bool = True) -> c.Condition:
        service = self.service(at)
        chance = self.rng.random()
        if ordered and chance < 0.6:
            sign = self.rng.choice((">=", "<=", ">", "<"))
            right = t.Word(self.rng.choice(words))
            return c.Compare(name, sign, right, None, service)
        if chance < 0.8:
            return c.Is(name, self.rng.choice(words), self.often(0.3), service)
        return c.In(name, tuple(self.rng.sample(words, 2)), self.often(0.3), service)

    def _some_flag(self, at: Around) -> c.Condition:
        chance = self.rng.random()
        lets = [*self.truths, *(self.loose if at.loose else [])]
        if lets and chance < 0.5:
            return c.Flag(t.Name(self.rng.choice(lets)))
        paths = ["code.dirty", "facts.reviewed", "hyperparameters.warm", *(["reviewed"] if self.terms.facts else [])]
        return c.Flag(self.terms.seen(self.rng.choice(paths), at.places), self.service(at))

    def _some_date(self, at: Around) -> c.Condition:
        paths = [
            "registered_at",
            "expires_at",
            "accuracy.measured_at",
            "observations.latency.since",
            "observations.cost.until",
        ]
        paths += ["retrained_at"] if self.terms.facts else []
        return self._dated(self.terms.seen(self.rng.choice(paths), at.places), at)

    def _dated(self, name: t.Name, at: Around) -> c.Condition:
        if at.loose and self.often(0.55):
            return c.Within(name, self._age(), self.service(at))
        return c.Compare(*self.terms.dates(name), None, self.service(at))

    def _age(self) -> t.Literal:
        return t.Literal(*self.rng.choice(pools.AGES))

    def _passed(self, at: Around) -> c.Condition:
        score = None
        if self.often(0.5):
            number = self.rng.choice(pools.NUMBERS["ratio"][2:-1])
            bound = t.Literal(number)
            if self.often(0.5):
                bound = t.Literal(str((Decimal(number) * 100).normalize().__format__("f")), "%")
            score = (self.rng.choice((">", ">=")), bound)
        age = self._age() if at.loose and self.often(0.5) else None
        return c.Passed(self.rng.choice((*pools.SUITES, *pools.SUITES, "other")), score, age, self.service(at))

    def _scanned(self, at: Around) -> c.Condition:
        age = self._age() if at.loose and self.often(0.5) else None
        return c.Scanned(self.rng.choice((*pools.TOOLS, *pools.TOOLS, "other")), age, self.service(at))

    def _signed(self, at: Around) -> c.Condition:
        if self.often(0.4):
            return c.SignedRoles(tuple(self.rng.sample(pools.ROLES, self.rng.choice((2, 3)))), self.often(0.4))
        age = self._age() if at.loose and self.often(0.4) else None
        return c.Signed(self.rng.choice(pools.ROLES), self.rng.choice((1, 1, 2, 3)), self.often(0.5), age)

    def _recorded(self, at: Around) -> c.Condition:
        paths = [
            "code", "code.commit", "code.author", "data", "data.version", "data.name", "data.digest", "artifact", "artifact.size",
            "artifact.digest", "environment", "environment.image", "environment.packages", "environment.packages.version",
            "seeds", "seeds.numpy", "tags", "tags.team", "facts", "facts.note", "facts.review", "facts.open_number", "metrics",
            "hyperparameters", "hyperparameters.layers", "hyperparameters.optimizer", "observations", "observations.latency",
            "suites", "suites.ran_at", "scans", "scans.version", "scans.findings", "scans.findings.title", "deployments",
            "deployments.digest", "notices", "model_card", "author", "risk", "license", "registered_at", "expires_at",
            "code.dirty", "accuracy", "recall.slices", "recall.slices.samples", "latency", "cost.samples",
            "accuracy.measured_at", "recall.data_set", "errors", "memory", "metrics.accuracy",
        ]  # fmt: skip
        if self.terms.facts:
            paths += [
                "domain",
                "note",
                "reviewed",
                "share",
                "context",
                "retrained_at",
                "review.board",
                "budget",
                "grace",
            ]
        names = [self.terms.seen(self.rng.choice(paths), at.places) for _ in range(self.rng.choice((1, 1, 1, 2)))]
        return c.Recorded(tuple(names), self.service(at))

    def _pinned(self, at: Around) -> c.Condition:
        path = self.rng.choice(("environment.image", "environment.image", "artifact.digest", "artifact.uri"))
        return c.Pinned(self.terms.seen(path, at.places), self.service(at))
