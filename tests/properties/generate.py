"""Policies and records made at random, so that their boundaries meet.

Both take a `random.Random`; Hypothesis gives one that it can shrink.
"""

from __future__ import annotations

import math
from random import Random
from typing import Any

DECLARATIONS = """
metric share: ratio, higher is better
metric percent: ratio in %, higher is better
metric latency: duration in ms, lower is better
metric weight: size in MB
metric score: number
metric events: count
metric bare_time: duration
fact colour: one of {red, green, blue}
fact grade: ordered {low, mid, top}
fact ready: flag
fact due: date
fact note: text
fact level: number
fact portion: ratio in %
"""

DAY = 86_400_000_000
NOW = 1_795_435_200_000_000  # 2026-11-23
AT = "2026-11-23T00:00:00Z"

RATIOS = ("0", "0.1", "0.5", "0.9", "1", "50%", "90%", "0.05%")
TIMES = ("50 ms", "0.05 s", "1 s", "2 minutes")
SIZES = ("1 MB", "0.5 GB", "2000 kB")
NUMBERS = ("0", "0.9", "-1", "3", "100")
COUNTS = ("0", "1", "100")
COMPARE = (">=", "<=", ">", "<")
ROLES = ("risk", "maker", "owner")
PEOPLE = ("ann@x.example", "bob@x.example", "cid@x.example", "me@x.example")
SERVICES = ("eval-ci", "inventory")


class Author:
    """Writes conditions that check: `depth` bounds how far they nest."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def pick(self, options: Any) -> Any:
        return self.random.choice(list(options))

    def chance(self, of: float) -> bool:
        return self.random.random() < of

    # ------------------------------------------------------------ terms

    def data_set(self) -> str:
        return self.pick(("", "", "", ' on "A"', ' on "B"'))

    def whose(self) -> str:
        return self.pick(("", "", "", "champion.", "candidate."))

    def ratio(self) -> str:
        return self.pick(
            (
                lambda: f"{self.whose()}share{self.data_set()}",
                lambda: f"{self.whose()}percent{self.data_set()}",
                lambda: "observations.share",
                lambda: "portion",
                lambda: f"{self.pick(('min', 'max'))}(share.slices.value{self.maybe_where('slice')})",
                lambda: "min(suites.score)",
            )
        )()

    def time(self) -> str:
        return self.pick(("latency", "champion.latency", "observations.latency", "bare_time", 'latency on "A"'))

    def number(self) -> str:
        return self.pick(("score", "champion.score", "level", "hyperparameters.rate", "seeds.split"))

    def arithmetic(self, term: Any, literal: Any) -> str:
        shape = self.random.randrange(6)
        if shape == 0:
            return f"{term()} {self.pick('+-')} {term()}"
        if shape == 1:
            return f"{term()} {self.pick('+-')} {literal()}"
        if shape == 2:
            return f"{term()} * {self.pick(('99%', '1.5', '0.1'))}"
        if shape == 3:
            return f"abs({term()} - {term()})"
        if shape == 4:
            return f"({term()} + {term()}) * 50% - {literal()}"
        return str(term())

    # ------------------------------------------------------------ predicates

    def compare(self) -> str:
        op = self.pick(COMPARE)
        kind = self.random.randrange(10)
        if kind == 0:
            return f"{self.ratio()} {self.pick((*COMPARE, '==', '!='))} {self.pick(RATIOS)}"
        if kind == 1:
            return f"{self.time()} {op} {self.pick(TIMES)}"
        if kind == 2:
            return f"{self.pick(('weight', 'artifact.size', 'champion.weight'))} {op} {self.pick(SIZES)}"
        if kind == 3:
            return f"{self.number()} {self.pick((*COMPARE, '==', '!='))} {self.pick(NUMBERS)}"
        if kind == 4:
            return f"{self.pick(('events', 'share.samples', 'champion.share.samples'))} {op} {self.pick(COUNTS)}"
        if kind == 5:
            return (
                f"{self.arithmetic(self.ratio, lambda: self.pick(('1 point', '0.1', '5 points')))} {op} {self.ratio()}"
            )
        if kind == 6:
            return f"{self.arithmetic(self.time, lambda: self.pick(TIMES))} {op} {self.time()}"
        if kind == 7:
            return f"{self.ratio()} {self.pick((*COMPARE, '==', '!='))} {self.ratio()}"
        if kind == 8:
            side = self.pick((f"share{self.data_set()}", "percent", "champion.share", "score"))
            bound = self.pick(NUMBERS) if side == "score" else self.pick(RATIOS)
            return f"{side} {op} {bound} at {self.pick(('90%', '95%', '99.9%'))} confidence"
        return f"{self.arithmetic(self.number, lambda: self.pick(NUMBERS))} {op} {self.number()}"

    def words(self) -> str:
        kind = self.random.randrange(10)
        if kind == 0:
            return f"colour {self.pick(('is', 'is not'))} {self.pick(('red', 'green', 'blue'))}"
        if kind == 1:
            return f"colour {self.pick(('in', 'not in'))} {{red, blue}}"
        if kind == 2:
            return f"grade {self.pick((*COMPARE, 'is'))} {self.pick(('low', 'mid', 'top'))}"
        if kind == 3:
            return f"candidate.risk {self.pick(COMPARE)} {self.pick(('high', 'low', 'champion.risk'))}"
        if kind == 4:
            return self.pick(("ready", "code.dirty", "champion.code.dirty"))
        if kind == 5:
            return f"{self.pick(('artifact.uri', 'note', 'tags.team'))} like {self.pick(chr(34) + p + chr(34) for p in ('s3://*', '*', 'a*b*c', 's3://models/x', '*x'))}"
        if kind == 6:
            return f"license {self.pick(('is MIT', 'in {MIT, BSD}'))}"
        if kind == 7:
            return self.pick(
                ("environment.image is pinned", "artifact.digest is pinned", "artifact.digest is computed")
            )
        if kind == 8:
            return f"{self.pick(('due', 'registered_at', 'share.measured_at', 'expires_at'))} {self.pick((*COMPARE, '==', '!='))} {self.pick(('now', 'now - 2 days', '2026-11-20', 'champion.registered_at'))}"
        return "there is a champion"

    def positive(self) -> str:
        """Predicates that may not stand under a negation."""
        kind = self.random.randrange(3)
        if kind == 0:
            names = (
                "share",
                'share on "A"',
                "code.commit",
                "data.version",
                "data",
                "hyperparameters",
                "seeds",
                "note",
                "scans",
                "share.slices",
                "scans.findings",
                "champion.share",
                "environment",
                "tags",
                "ready",
                "due",
                "observations.share",
                "scans.findings.id",
                "share.slices.group",
                "champion.code",
            )
            chosen = [self.pick(names) for _ in range(self.random.randrange(1, 4))]
            return ", ".join(chosen) + (" are recorded" if len(chosen) > 1 else " is recorded")
        return f"{self.pick(('due', 'registered_at', 'share.measured_at'))} within {self.pick(('2 days', '30 days', '1 hour'))}"

    def runs(self) -> str:
        kind = self.random.randrange(4)
        age = self.pick(("", "", " within 2 days", " within 30 days"))
        if kind == 0:
            score = self.pick(("", " with score > 90%", " with score >= 0.5"))
            return f'passed "{self.pick(("Fairness", "Smoke"))}"{score}{age}'
        if kind == 1:
            return f'scanned by "{self.pick(("modelscan", "clamav"))}"{age}'
        author = self.pick(("", " other than author"))
        if kind == 2:
            roles = self.random.sample(ROLES, self.pick((2, 3)))
            return "signed by roles " + ", ".join(f'"{r}"' for r in roles) + author
        count = self.pick(("", "2 in ", "1 in "))
        return f'signed by {count}role "{self.pick(ROLES)}"{author}{age}'

    def element(self, of: str) -> str:
        """A condition on an element of a list."""
        op = self.pick(COMPARE)
        if of == "slice":
            return self.pick(
                (
                    f"value {op} {self.pick(RATIOS)}",
                    f"samples {op} {self.pick(COUNTS)}",
                    f"value {op} {self.pick(RATIOS)} at 95% confidence",
                    f"group {self.pick(('is a', 'in {a, b}'))}",
                    f'group like "{self.pick(("a*", "*"))}"',
                    f"value - {self.pick(('1 point', 'share'))} {op} share",
                )
            )
        if of == "finding":
            return self.pick(
                (
                    f"severity {op} {self.pick(('high', 'info', 'critical'))}",
                    'id like "CVE*"',
                    "disclosed_at <= now - 2 days",
                    "severity is high",
                    "component is a",
                )
            )
        if of == "package":
            return self.pick(("deprecated", "license in {MIT, BSD}", "name is numpy", "not deprecated"))
        return self.pick(
            (
                f"no findings where severity {op} high",
                "all findings have severity < high",
                f"at least 1 findings where severity {op} low",
                "tool is modelscan",
            )
        )

    LISTS = (
        ("share.slices", "slice"),
        ("percent.slices", "slice"),
        ("champion.share.slices", "slice"),
        ("scans.findings", "finding"),
        ("environment.packages", "package"),
        ("scans", "scan"),
    )

    def where(self, of: str) -> str:
        one = self.element(of)
        if one.startswith(("no ", "all ", "at ")):
            return f"({one})"
        if self.chance(0.2):
            return f"({one} {self.pick(('and', 'or'))} {self.plain_element(of)})"
        return one

    def plain_element(self, of: str) -> str:
        while True:
            one = self.element(of)
            if not one.startswith(("no ", "all ", "at ")):
                return one

    def maybe_where(self, of: str) -> str:
        return f" where {self.where(of)}" if self.chance(0.6) else ""

    def quantified(self) -> str:
        name, of = self.pick(self.LISTS)
        kind = self.random.randrange(4)
        if kind == 0:
            return f"all {name}{self.maybe_where(of)} have {self.where(of)}"
        if kind == 1:
            return f"no {name}{self.maybe_where(of)}"
        bound = self.pick(("at most 1", "at most 0", "at least 1", "at least 2"))
        return f"{bound} {name}{self.maybe_where(of)}"

    # ------------------------------------------------------------ conditions

    def attested(self, text: str) -> str:
        return f'{text} attested by "{self.pick(SERVICES)}"'

    def leaf(self, *, positive: bool) -> str:
        kind = self.random.random()
        if kind < 0.35:
            text = self.compare()
        elif kind < 0.55:
            text = self.words()
        elif kind < 0.7:
            text = self.runs()
            return self.attested(text) if self.chance(0.1) and not text.startswith("signed") else text
        elif kind < 0.85 and positive:
            text = self.positive()
        else:
            text = self.quantified()
            return f"({self.attested(text) if self.chance(0.1) else text})"
        plain = not text.startswith("there is") and "is computed" not in text
        return f"({self.attested(text)})" if plain and self.chance(0.12) else text

    def condition(self, depth: int = 3, *, positive: bool = True) -> str:
        if depth == 0 or self.chance(0.35):
            return self.leaf(positive=positive)
        kind = self.random.randrange(4)
        if kind == 0:
            inner = self.condition(depth - 1, positive=False) if self.chance(0.5) else self.leaf(positive=False)
            return f"not ({inner})"
        if kind == 1 and self.chance(0.3):
            return f"{self.leaf(positive=positive)} and steady"
        word = self.pick((" and ", " or "))
        return word.join(
            f"({self.condition(depth - 1, positive=positive)})" for _ in range(self.random.randrange(2, 4))
        )

    def policy(self, rules: int = 3) -> str:
        """A whole policy that governs a promotion."""
        lines = [
            'policy made: "made at random"',
            "  on promotion to production",
            DECLARATIONS,
            "let steady = score >= 0.9 or share > 50%",
            "",
        ]
        for n in range(rules):
            guard = f"\n  when {self.condition(1, positive=False)}" if self.chance(0.3) else ""
            keyword = "advise" if self.chance(0.1) else "require"
            lines.append(f"{keyword} rule-{n}: {self.condition()}{guard}")
        return "\n".join(lines) + "\n"


# ---------------------------------------------------------------- records

WRONG: tuple[Any, ...] = ("0.95", True, None, math.nan, math.inf, -math.inf, "n/a")


def around(*values: float) -> tuple[float, ...]:
    """Each value and its two neighbouring doubles."""
    return tuple(n for v in values for n in (v, math.nextafter(v, math.inf), math.nextafter(v, -math.inf)))


RATIO_VALUES = (*around(0.0, 0.1, 0.5, 0.9, 1.0, 0.0005), 0.3, 0.91, -0.0)
PERCENT_VALUES = (*around(0.0, 10.0, 50.0, 90.0, 100.0), 91.5)
TIME_VALUES = (*around(50.0, 0.05, 1.0, 1000.0, 120.0), 3.0)
SIZE_VALUES = (*around(1.0, 500.0, 2.0, 1e6), 3.5)
NUMBER_VALUES = (*around(0.0, 0.9, -1.0, 3.0, 100.0), 1e308, -0.0)
COUNT_VALUES = (0.0, 1.0, 99.0, 100.0, 101.0, 2.5, -1.0, 4.0)
DATES = (
    "2026-11-23",
    "2026-11-22",
    "2026-11-22T12:00:00Z",
    "2026-11-21",
    "2026-11-20",
    "2026-11-20T23:59:59Z",
    "2027-01-01",
    "2025-01-01",
    "2026-13-01",
    "soon",
    None,
    5,
)
PINNED = "img@sha256:" + "a" * 64


class Registrar:
    """Makes raw records: readable, unreadable and missing in turns."""

    def __init__(self, random: Random, *, absent: float = 0.2, wrong: float = 0.1) -> None:
        self.random, self.absent, self.wrong = random, absent, wrong

    def pick(self, options: Any) -> Any:
        return self.random.choice(list(options))

    def value(self, options: Any) -> Any:
        return self.pick(WRONG) if self.random.random() < self.wrong else self.pick(options)

    def fields(self, **makers: Any) -> dict[str, Any]:
        """A mapping in which every field may be missing."""
        return {name: make() for name, make in makers.items() if self.random.random() >= self.absent}

    def estimate(self, values: Any) -> dict[str, Any]:
        found = self.fields(
            value=lambda: self.value(values),
            samples=lambda: self.value(COUNT_VALUES),
            successes=lambda: self.value(COUNT_VALUES),
        )
        if self.random.random() < 0.3:
            found["standard_error"] = self.value((0.0, 0.01, 0.1, -1.0))
        if self.random.random() < 0.3:
            found["interval"] = self.fields(
                low=lambda: self.value(values),
                high=lambda: self.value(values),
                level=lambda: self.value((0.9, 0.95, 0.99)),
            )
        return found

    def metric(self, values: Any, units: tuple[str, ...]) -> dict[str, Any]:
        found = self.estimate(values)
        if self.random.random() < 0.3:
            found["unit"] = self.pick((*units, "furlongs", 3))
        found |= self.fields(
            data_set=lambda: self.pick(("A", "A", "A", "B", None)), measured_at=lambda: self.pick(DATES)
        )
        if self.random.random() < 0.3:
            found["data_digest"] = self.pick(("d1", "d1", "d2"))
        if self.random.random() < 0.7:
            found["slices"] = [
                {"group": self.pick(("a", "b", "ab")), **self.estimate(values)} for _ in range(self.random.randrange(4))
            ]
        return found

    def metrics(self) -> dict[str, Any]:
        kinds = {
            "share": (RATIO_VALUES, ("%",)),
            "percent": (PERCENT_VALUES, ("%",)),
            "latency": (TIME_VALUES, ("ms", "s")),
            "bare_time": (TIME_VALUES, ("ms", "s")),
            "weight": (SIZE_VALUES, ("MB", "kB")),
            "score": (NUMBER_VALUES, ("ms",)),
            "events": (COUNT_VALUES, ("ms",)),
        }
        found: dict[str, Any] = {}
        for name, (values, units) in kinds.items():
            if self.random.random() < self.absent:
                continue
            count = self.pick((1, 1, 1, 1, 2, 0))
            several = [self.metric(values, units) for _ in range(count)]
            found[name] = several[0] if len(several) == 1 else several
        return found

    def finding(self) -> dict[str, Any]:
        return {
            "severity": self.pick(("low", "high", "critical", "info", "odd")),
            **self.fields(
                id=lambda: self.pick(("CVE-1", "X", None)),
                component=lambda: self.pick(("a", "b")),
                disclosed_at=lambda: self.pick(DATES),
            ),
        }

    def record(self) -> dict[str, Any]:
        """A raw record; its shape is right, its values may not be."""
        found: dict[str, Any] = {"model": "m", "version": str(self.random.randrange(3)), "metrics": self.metrics()}
        found |= self.fields(
            author=lambda: self.pick((*PEOPLE, "", None)),
            registered_at=lambda: self.pick(DATES),
            expires_at=lambda: self.pick(DATES),
            risk=lambda: self.pick(("low", "medium", "high", "critical", "odd", 3)),
            license=lambda: self.pick(("MIT", "BSD", "GPL", None)),
            tags=lambda: self.fields(team=lambda: self.pick(("x", "abc", None))),
            code=lambda: self.fields(
                commit=lambda: self.pick(("abc", "", None)),
                dirty=lambda: self.pick((True, False, "no")),
                author=lambda: self.pick(PEOPLE),
            ),
            data=lambda: [
                {"name": "d", **self.fields(version=lambda: self.pick(("1", "", None)))}
                for _ in range(self.random.randrange(3))
            ],
            hyperparameters=lambda: self.fields(rate=lambda: self.value(NUMBER_VALUES), nested=lambda: [1, 2]),
            artifact=lambda: self.fields(
                uri=lambda: self.pick(("s3://models/x", "axbxc", "file")),
                digest=lambda: self.pick(("sha256:" + "b" * 64, "none")),
                size=lambda: self.value((0.0, 1e6, 5e8)),
            ),
            environment=lambda: self.fields(
                image=lambda: self.pick((PINNED, "img:latest", "sha256:" + "c" * 64)), packages=self.packages
            ),
            seeds=lambda: self.fields(split=lambda: self.value((0, 1, 3))),
            suites=lambda: [self.suite() for _ in range(self.random.randrange(4))],
            scans=lambda: [self.scan() for _ in range(self.random.randrange(3))],
            observations=lambda: self.fields(
                share=lambda: self.estimate(RATIO_VALUES),
                latency=lambda: {**self.estimate(TIME_VALUES), **self.fields(unit=lambda: self.pick(("ms", "s", "%")))},
            ),
            facts=lambda: self.fields(
                colour=lambda: self.pick(("red", "green", "pink", 3)),
                grade=lambda: self.pick(("low", "mid", "top", None)),
                ready=lambda: self.pick((True, False, "yes")),
                due=lambda: self.pick(DATES),
                note=lambda: self.pick(("", "abc", 7)),
                level=lambda: self.value(NUMBER_VALUES),
                portion=lambda: self.value(PERCENT_VALUES),
            ),
        )
        return found

    def packages(self) -> list[dict[str, Any]]:
        return [
            {
                "name": self.pick(("numpy", "torch")),
                **self.fields(
                    deprecated=lambda: self.pick((True, False, "x")), license=lambda: self.pick(("MIT", "GPL", None))
                ),
            }
            for _ in range(self.random.randrange(3))
        ]

    def suite(self) -> dict[str, Any]:
        return {
            "name": self.pick(("Fairness", "Smoke")),
            **self.fields(
                passed=lambda: self.pick((True, True, True, False, "false")),
                score=lambda: self.value((*RATIO_VALUES, 1.0, 0.95)),
                cases=lambda: self.value((0, 1, 12, 20)),
                ran_at=lambda: self.pick(DATES),
            ),
        }

    def scan(self) -> dict[str, Any]:
        return {
            "tool": self.pick(("modelscan", "clamav")),
            **self.fields(
                ran_at=lambda: self.pick(DATES),
                completed=lambda: self.pick((True, False, "x")),
                scanned=lambda: self.value((0, 1, 7)),
                findings=lambda: [self.finding() for _ in range(self.random.randrange(3))],
            ),
        }

    def trust(self) -> str:
        return self.pick(("", "", *SERVICES, "computed"))

    def signoffs(self) -> list[dict[str, Any]]:
        return [
            {
                "person": self.pick(PEOPLE),
                "role": self.pick(ROLES),
                "at": NOW - self.pick((0, 1, 2, 3, 31)) * DAY,
                "approve": self.random.random() > 0.1,
            }
            for _ in range(self.random.randrange(5))
        ]
