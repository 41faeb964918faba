"""Random terms and comparisons of numbers and dates."""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal

from tests.oracle import conditions as c
from tests.oracle import pools, schema
from tests.oracle import terms as t
from tests.oracle.places import ELEMENTS, Place
from tests.oracle.policies import Fact, Metric
from tests.oracle.units import factor

SIGNS = (">=", "<=", ">", "<", "==", "!=")
OPEN = {
    "accuracy": "ratio", "recall": "ratio", "latency": "duration", "memory": "size", "cost": "number", "errors": "count",
}  # fmt: skip


class Terms:
    """Of one policy."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.metrics: dict[str, str] = {}
        self.facts: tuple[Fact, ...] = ()
        self.lets: dict[str, list[str]] = {}
        self.bounds: dict[str, list[str]] = {}
        self.open = True
        self.asked: Callable[[Place], c.Condition] | None = None

    def declare(self, metrics: tuple[Metric, ...], facts: tuple[Fact, ...]) -> None:
        """What the policy declares."""
        self.metrics = {m.name: m.kind for m in metrics} or dict(OPEN)
        self.open = not metrics
        self.facts = facts
        self.lets, self.bounds = {}, {}

    def often(self, share: float) -> bool:
        """With so much chance."""
        return self.rng.random() < share

    def seen(self, path: str, places: tuple[Place, ...] = ()) -> t.Name:
        """A name of the record, also as `candidate.x` or of the champion."""
        hidden = any(path in schema.below(ELEMENTS[p.fields]) for p in places)
        chance = self.rng.random()
        if hidden or chance < 0.1:
            return t.Name(f"candidate.{path}")
        if chance < 0.2:
            return t.Name(f"champion.{path}")
        return t.Name(path)

    def place(self) -> Place:
        """A list of the record."""
        if self.often(0.5):
            kind = self.rng.choice(("ratio", "ratio", "duration", "number"))
            name = self.metric(kind)
            ours = not name.path.startswith("champion.")
            return Place(t.Name(f"{name.path}.slices", name.on), "slices", kind, ours)
        path = self.rng.choice(
            ("data", "environment.packages", "scans", "scans.findings", "suites", "deployments", "notices")
        )
        fields = "scans[].findings" if path == "scans.findings" else path
        who = self.rng.choice(("",) * 6 + ("champion.", "candidate."))
        return Place(t.Name(who + path), fields)

    def metric(self, kind: str, who: tuple[str, ...] = ("", "", "", "metrics.", "candidate.", "champion.")) -> t.Name:
        """A metric of a kind, on a data set or bare."""
        names = [m for m, k in self.metrics.items() if k == kind and m not in {"samples", "value"}]
        name = self.rng.choice(names)
        on = self.rng.choice((*pools.DATA_SETS[:1] * 3, *pools.DATA_SETS)) if self.often(0.3) else None
        return t.Name(self.rng.choice(who) + name, on)

    def number(self, kind: str, places: tuple[Place, ...] = ()) -> t.Term:
        """Something recorded of a kind, one number."""
        chance = self.rng.random()
        if chance < 0.12 and kind != "count":
            return self.extreme(kind)
        if chance < 0.2 and self.lets.get(kind):
            return t.Name(self.rng.choice(self.lets[kind]))
        if chance < 0.3:
            return t.Name(f"observations.{self.metric(kind, ('',)).path}")
        others: dict[str, list[str]] = {"size": ["artifact.size"], "count": ["cost.samples", "recall.samples"]}
        facts = {"ratio": "share", "size": "context", "duration": "grace", "number": "budget", "count": "retries"}
        found = others.get(kind, []) + ([facts[kind]] if self.facts else [])
        if kind == "number":
            found += ["seeds.numpy", "hyperparameters.lr"]
        if kind == "ratio":
            found += ["facts.open_number"]
        if found and chance < 0.45:
            return self.seen(self.rng.choice(found), places)
        if chance < 0.5 and not self.open and kind in {"ratio", "count"}:
            return t.Name("candidate." + {"ratio": "value", "count": "samples"}[kind])
        return self.metric(kind)

    def extreme(self, kind: str) -> t.Extreme:
        """`min` or `max` over a list."""
        which = self.rng.choice(("min", "max"))
        if kind == "count" or (kind == "ratio" and self.often(0.2)):
            if kind == "ratio":
                list_, field, fields = t.Name("suites"), "score", "suites"
            else:
                list_, field, fields = self.rng.choice(
                    ((t.Name("suites"), "cases", "suites"), (t.Name("scans"), "scanned", "scans"))
                )
        else:
            name = self.metric(kind)
            list_, field, fields = t.Name(f"{name.path}.slices", name.on), "value", "slices"
        where = (
            self._where(Place(list_, fields, kind, not list_.path.startswith("champion."))) if self.often(0.4) else None
        )
        return t.Extreme(which, list_, field, where)

    def _where(self, place: Place) -> c.Condition:
        fields, kind = place.fields, place.metric or "ratio"
        if self.asked is not None and self.often(0.4):
            return self.asked(place)
        match fields:
            case "slices":
                made = self.rng.choice(("samples", "group", "both", "value"))
                many = c.Compare(t.Name("samples"), self.rng.choice((">=", "<")), t.Literal("100"))
                group = c.Is(t.Name("group"), self.rng.choice(pools.GROUPS), self.often(0.5))
                if made == "value":
                    return c.Compare(t.Name("value"), self.rng.choice((">=", "<")), self.literal(kind))
                return (
                    many
                    if made == "samples"
                    else group
                    if made == "group"
                    else self.rng.choice((c.And, c.Or))((many, group))
                )
            case "suites":
                return c.Flag(t.Name("passed"))
        return c.Is(t.Name("tool"), self.rng.choice(pools.TOOLS))

    def literal(self, kind: str, *, part: bool = False) -> t.Literal:
        """A bound of a kind; part: what is added or taken off."""
        value = Decimal(self.rng.choice(pools.NUMBERS[kind]))
        if kind == "ratio" and part:
            return t.Literal(_digits(abs(value) * 100), self.rng.choice(("points", "points", "point")))
        if kind == "ratio":
            return t.Literal(_digits(value * 100), "%") if self.often(0.5) else t.Literal(_digits(value))
        if kind in pools.UNITS:
            unit = self.rng.choice(pools.UNITS[kind])
            per = factor(unit)
            exact = value * per.denominator / per.numerator
            if len(exact.normalize().as_tuple().digits) > 15 or (kind == "duration" and value == 0):
                return t.Literal("50", "ms") if kind == "duration" else t.Literal("1500", "B")
            return t.Literal(_digits(exact), unit)
        return t.Literal(_digits(value))

    def by(self) -> t.Literal:
        """A factor."""
        return self.rng.choice(
            (t.Literal("99", "%"), t.Literal("2"), t.Literal("1.5"), t.Literal("0.1"), t.Literal("110", "%"))
        )

    def worked(self, kind: str, term: t.Term, *, more: bool = True) -> t.Term:
        """A term, or what is worked out of it; of the same kind."""
        chance = self.rng.random()
        if chance < 0.06 and more:
            return self.worked(kind, self.worked(kind, term, more=False), more=False)
        if chance < 0.1 and kind != "ratio":
            return t.Sum(
                term, "+", self.rng.choice((t.Abs(self.number(kind)), t.Product(self.number(kind), self.by())))
            )
        if chance < 0.55:
            return term
        if chance < 0.7:
            return t.Product(term, self.by())
        if chance < 0.9:
            return t.Sum(term, self.rng.choice("+-"), self.literal(kind, part=True))
        if chance < 0.95:
            return t.Abs(t.Product(term, self.by()) if self.often(0.3) else term)
        return t.Product(t.Sum(term, "-", self.literal(kind, part=True)), self.by())

    def comparison(self, service: str | None, places: tuple[Place, ...] = ()) -> c.Condition:
        """Of some kind."""
        return self.compare(
            self.rng.choice(("ratio", "ratio", "ratio", "number", "count", "duration", "size")), service, places
        )

    def compare(
        self, kind: str, service: str | None, places: tuple[Place, ...] = (), first: t.Term | None = None
    ) -> c.Condition:
        """Two numbers of a kind."""
        left = first if first is not None else self.number(kind, places)
        sign = self.rng.choice(SIGNS)
        if self.often(0.15):
            return self._difference(kind, left, service, places)
        left = self.worked(kind, left)
        if self.often(0.6):
            right: t.Term = self._bound(kind)
            if kind != "ratio" and self.often(0.08):
                right = t.Sum(right, "+", self.literal(kind))
            elif kind != "count" and self.often(0.04):
                right = t.Product(right, t.Literal("0.5"))
        else:
            right = self.worked(kind, self._beside(kind, left, places))
        if first is None and self.often(0.15):
            left, right = right, left
        return c.Compare(left, sign, right, None, service)

    def _beside(self, kind: str, left: t.Term, places: tuple[Place, ...]) -> t.Term:
        if isinstance(left, t.Name) and left.path in self.metrics and self.often(0.6):
            return t.Name(f"champion.{left.path}", left.on)
        return self.number(kind, places)

    def _difference(self, kind: str, left: t.Term, service: str | None, places: tuple[Place, ...]) -> c.Condition:
        term: t.Term = t.Sum(left, self.rng.choice("--+") if kind != "ratio" else "-", self.number(kind, places))
        if self.often(0.5):
            term = t.Abs(term)
        bound = self.literal(kind, part=True)
        return c.Compare(term, self.rng.choice(SIGNS), bound, None, service)

    def compare_value(self, place: Place, service: str | None, *, loose: bool) -> c.Condition:
        """The value of a metric's slice, also beside the champion's."""
        kind = place.metric or "ratio"
        value = t.Name("value")
        chance = self.rng.random()
        if chance < 0.4 and place.ours:
            right: t.Term = self.worked(kind, t.Name("champion.value"))
            return c.Compare(self.worked(kind, value), self.rng.choice(SIGNS), right, None, service)
        if chance < 0.5:
            return c.Compare(value, self.rng.choice(SIGNS[:4]), self._bound(kind), self.level(), service)
        if chance < 0.6 and place.ours:
            return self.contrast(value, t.Name("champion.value"), kind, service)
        if chance < 0.65 and loose:
            return c.Recorded((value,), service)
        return self.compare(kind, service, (place,), value)

    def level(self) -> str:
        """Of confidence."""
        return self.rng.choice(("95", "95", "90", "99", "50", "99.9"))

    def _bound(self, kind: str) -> t.Term:
        if self.bounds.get(kind) and self.often(0.3):
            return t.Name(self.rng.choice(self.bounds[kind]))
        return self.literal(kind)

    def contrast(self, ours: t.Name, theirs: t.Name, kind: str, service: str | None) -> c.Condition:
        """A value beside the champion's, with confidence."""
        made = self.rng.choice(("bare", "margin", "margin", "factor"))
        right: t.Term = theirs
        if made == "margin":
            right = t.Sum(theirs, self.rng.choice("+-"), self.literal(kind, part=True))
            points = isinstance(right.right, t.Literal) and right.right.unit in {"point", "points"}
            if points and abs(Decimal(right.right.number)) >= 100:  # type: ignore[union-attr]
                right = theirs
        elif made == "factor":
            right = t.Product(theirs, t.Literal(self.rng.choice(("105", "98.5", "100")), "%"))
        paired = kind == "ratio" and made != "factor" and self.often(0.4)
        sign, level, tries = self.rng.choice(SIGNS[:4]), self.level(), self.tries()
        if self.often(0.1):
            return c.Compare(right, sign, ours, level, service, tries=tries)
        return c.Compare(ours, sign, right, level, service, paired, tries=tries)

    def tries(self) -> int | None:
        """For how many a confidence is."""
        return self.rng.choice((1, 2, 5)) if self.often(0.25) else None

    def sure(self, service: str | None) -> c.Condition:
        """A metric at a level of confidence."""
        if self.often(0.5):
            kind = self.rng.choice(("ratio", "ratio", "ratio", "duration", "number"))
            ours = self.metric(kind, ("", "", "metrics.", "candidate."))
            path = ours.path.removeprefix("candidate.").removeprefix("metrics.")
            return self.contrast(ours, t.Name(f"champion.{path}", ours.on), kind, service)
        if self.often(0.2):
            ours = self.metric("ratio", ("",))
            bound, level = self.literal("ratio"), self.level()
            return c.Compare(ours, self.rng.choice(SIGNS[:4]), bound, level, service, judged=True, tries=self.tries())
        kind = self.rng.choice(("ratio", "ratio", "ratio", "duration", "number"))
        name = self.metric(kind, ("", "", "", "metrics.", "observations.", "candidate."))
        if name.path.startswith("observations."):
            name = t.Name(name.path)
        return c.Compare(name, self.rng.choice(SIGNS[:4]), self._bound(kind), self.level(), service)

    def for_let(self, name: str) -> t.Term:
        """What a `let` may be."""
        kind = self.rng.choice(("ratio", "ratio", "duration", "number"))
        if self.often(0.2):
            self.bounds.setdefault(kind, []).append(name)
            return self.literal(kind)
        found = self._for_let(kind)
        self.lets.setdefault(kind, []).append(name)
        return found

    def _for_let(self, kind: str) -> t.Term:
        if self.often(0.4):
            return self.extreme(kind)
        if self.often(0.5):
            return t.Sum(self.number(kind), self.rng.choice("+-"), self.literal(kind, part=True))
        return self.worked(kind, self.number(kind))

    def dates(self, name: t.Name) -> tuple[t.Term, str, t.Term]:
        """A date beside another."""
        sign = self.rng.choice(SIGNS)
        right: t.Term = self.rng.choice(
            (
                t.Name("now"),
                t.Day("2026-11-23"),
                t.Day("2026-11-16T12:00:00Z"),
                t.Name("registered_at"),
                t.Name("expires_at"),
            )
        )
        left: t.Term = name
        if self.often(0.5) and not isinstance(right, t.Day):
            right = t.Sum(right, self.rng.choice("+--"), t.Literal(*self.rng.choice(pools.AGES)))
        elif self.often(0.2):
            left = t.Sum(left, self.rng.choice("+-"), t.Literal(*self.rng.choice(pools.AGES)))
        return left, sign, right


def _digits(value: Decimal) -> str:
    return f"{value.normalize():f}"
