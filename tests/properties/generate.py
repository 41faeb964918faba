"""Policies made at random.

They and the records of `registrar.py` take a `random.Random`; Hypothesis gives one that it can shrink.
"""

from __future__ import annotations

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
LASTING = {
    "90 s": 90_000_000,
    "36 hours": DAY * 3 // 2,
    "30 days": 30 * DAY,
    "52 weeks": 364 * DAY,
    "365.5 days": DAY * 731 // 2,
}
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
        if kind == 8 and self.chance(0.5):
            return self.sure()
        if kind == 8:
            side = self.pick((f"share{self.data_set()}", "percent", "champion.share", "score"))
            bound = self.pick(NUMBERS) if side == "score" else self.pick(RATIOS)
            return f"{side} {op} {bound} at {self.pick(('90%', '95%', '99.9%'))} confidence"
        return f"{self.arithmetic(self.number, lambda: self.pick(NUMBERS))} {op} {self.number()}"

    def level(self, *, tries: bool = True) -> str:
        """Of confidence, and for how many tries."""
        over = f" over {self.pick((1, 3, 5))} tries" if tries and self.chance(0.3) else ""
        return f" at {self.pick(('50%', '80%', '90%', '95%', '99.9%'))} confidence{over}"

    def sure(self) -> str:
        """A comparison with confidence: for the champion's same metric, or of a judged share."""
        op = self.pick(COMPARE)
        kind = self.random.randrange(6)
        if kind == 0:
            return f"{self.pick(('share', 'percent'))} {op} {self.pick(RATIOS)} corrected for its judge{self.level()}"
        if kind == 1:
            side, bound = self.pick((("latency", "10 ms"), ("bare_time", "1 s"), ("weight", "1 MB"), ("score", "3")))
            return f"{side} {op} champion.{side}{self.pick(('', ' * 105%', ' * 0.9', f' + {bound}'))}{self.level()}"
        side = f"{self.pick(('share', 'share', 'percent'))}{self.data_set()}"
        return f"{side} {op} champion.{side}{self.against()}"

    def against(self) -> str:
        """Behind the champion's value."""
        margin = self.pick(("", " - 1 point", " - 30 points", " + 5 points", " - 0.1", " * 99%"))
        paired = " paired" if "*" not in margin and self.chance(0.5) else ""
        return f"{margin}{paired}{self.level()}"

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
        if of == "slice" and self.chance(0.15):
            return f"value {op} champion.value{self.against()}"
        if of in {"slice", "champion's slice"}:
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
        ("champion.share.slices", "champion's slice"),
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
            *([f"  approved for {self.pick(LASTING)}"] if self.chance(0.5) else []),
            *(['  owner "risk office"'] if self.chance(0.3) else []),
            DECLARATIONS,
            "let steady = score >= 0.9 or share > 50%",
            "",
        ]
        for n in range(rules):
            guard = f"\n  when {self.condition(1, positive=False)}" if self.chance(0.3) else ""
            keyword = "advise" if self.chance(0.1) else "require"
            lines.append(f"{keyword} rule-{n}: {self.condition()}{guard}")
        return "\n".join(lines) + "\n"
