"""Records made at random, their values at the boundaries that the made policies name."""

from __future__ import annotations

import math
from base64 import b64encode
from random import Random
from typing import Any

from tests.properties.generate import DAY, NOW, PEOPLE, ROLES, SERVICES

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

    def counted(self, whole: float) -> dict[str, Any]:
        """A share of cases, with which of them were right, and perhaps something in it that does not fit."""
        cases, missed = self.pick((8, 40, 100, 301)), self.pick((0, 1, 3, 10))
        right = [at not in self.random.sample(range(cases), min(missed, cases)) for at in range(cases)]
        found: dict[str, Any] = {"value": sum(right) / cases * whole, "samples": cases, "successes": sum(right)}
        if self.random.random() < 0.85:
            bits = "".join("01"[each] for each in right).ljust(-(-cases // 8) * 8, "0")
            data = bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8))
            text = b64encode(data).decode() if self.random.random() < 0.95 else "AA=="
            found["outcomes"] = {"cases": f"sha256:{self.pick('eeeeeef') * 64}", "right": text}
        if self.random.random() < 0.1:
            found["clusters"] = self.value((30, 2))
        if self.random.random() < 0.1:
            found["value"] = whole / 2
        if self.random.random() < 0.1:
            found["successes"] = self.value((3, 2.5))
        return found

    def judge(self) -> dict[str, Any]:
        return self.fields(
            model=lambda: self.pick(("j@1", "j@1", "j@2", 5)),
            right=lambda: self.value((29, 100, 100)),
            right_of_right=lambda: self.value((20, 29, 95)),
            wrong=lambda: self.value((30, 400)),
            wrong_of_wrong=lambda: self.value((27, 30, 15, 1)),
        )

    def estimate(self, values: Any, *, cases: bool = True) -> dict[str, Any]:
        if cases and values in {RATIO_VALUES, PERCENT_VALUES} and self.random.random() < 0.4:
            found = self.counted(100.0 if values == PERCENT_VALUES else 1.0)
            return found | ({"judge": self.judge()} if self.random.random() < 0.3 else {})
        found = self.fields(
            value=lambda: self.value(values),
            samples=lambda: self.value(COUNT_VALUES),
            successes=lambda: self.value(COUNT_VALUES),
        )
        if self.random.random() < 0.3:
            found["standard_error"] = self.value((0.0, 0.01, 0.1, -1.0, 3.7e-17, 9e-10))
        if self.random.random() < 0.2:
            found["clusters"] = self.value((2, 29, 30, 31, 2.5))
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
        if self.random.random() < 0.1:
            found["protocol"] = self.pick(("p1", "p1", "p2", 7))
        if self.random.random() < 0.4:
            found["tries"] = self.value((1, 3, 4))
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
                commit=lambda: self.pick(("abc", "4f1c0de2", "", None)),
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
                share=lambda: self.estimate(RATIO_VALUES, cases=False),
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
            }
            for _ in range(self.random.randrange(5))
        ]
