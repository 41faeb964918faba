"""Random records: every slot missing, present, unreadable, several times; claimed or vouched for."""

from __future__ import annotations

import json
import math
import random
from base64 import b64encode
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tests.oracle import pools, schema
from tests.oracle.facts import Facts, Side
from tests.oracle.people import DAY, People, Signature
from tests.oracle.places import ELEMENTS
from tests.oracle.schema import Field
from tests.oracle.units import factor
from tests.oracle.values import Plain
from tests.oracle.world import World

METRICS = {
    "accuracy": "ratio", "recall": "ratio", "box AP": "ratio", "latency": "duration", "memory": "size", "cost": "number",
    "errors": "count", "samples": "count", "value": "ratio",
}  # fmt: skip
NO_NUMBERS: tuple[Any, ...] = (math.nan, math.inf, "0.95", True, None, -0.1, 1.5, 97, "", 1e308)
PLAIN_NUMBERS = ("012", ".5", "1_000", "0x1F", "1e-4", "5e-1", "9.0e1", "no", "~", "1.10", "2026-11-20")


class Records:
    """Of one seed."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.yaml = False
        self.observed = False

    def often(self, share: float) -> bool:
        """With so much chance."""
        return self.rng.random() < share

    def world(self) -> World:
        """A record, a champion, and people."""
        champion: Side | str | None = self.rng.choice(("unasked", None)) if self.often(0.3) else self.side("6")
        candidate = self.side("7")
        people = self.people()
        if Facts(candidate, pools.NOW).scalar("code.commit") != pools.COMMIT:
            people = replace(people, committed=None)
        return World(candidate, pools.NOW, champion, people, self.rng.choice((True, False, None)))

    def side(self, version: str) -> Side:
        """A version, with what services say of it."""
        self.yaml = self.often(0.5)
        data = _endless(self.data(version), yaml=self.yaml)
        yaml, self.yaml = self.yaml, False
        parts = tuple((s, self.part()) for s in pools.SERVICES if self.often(0.35))
        if len(parts) > 1 and self.often(0.3):
            same = self.rng.sample(sorted(parts[0][1]), 1)[0]
            parts[1][1][same] = parts[0][1][same]
        computed = self.rng.choice(pools.DIGESTS[:2]) if self.often(0.3) else None
        return Side(data, parts, computed, yaml)

    def data(self, version: str) -> dict[str, Any]:
        """A record as it is written."""
        found: dict[str, Any] = {"model": "churn", "version": version}
        for path, about in schema.FIELDS.items():
            if "." in path or "[" in path or path in {"model", "version"}:
                continue
            if about.holds == "list of mappings" and path not in ELEMENTS:
                continue  # one that is new to this list
            if not self.often(0.88):
                continue
            value = self._section(path, about)
            if value is not None or about.holds in {"text", "date", "ordered"}:
                found[path] = value
        return found

    def part(self) -> dict[str, Any]:
        """What a service says."""
        found: dict[str, Any] = {}
        for path in (
            "metrics",
            "suites",
            "scans",
            "observations",
            "facts",
            "risk",
            "license",
            "model_card",
            "tags",
            "seeds",
        ):
            if self.often(0.6):
                found[path] = self._section(path, schema.FIELDS[path])
        if self.often(0.3):
            found["code"] = {"commit": self.text("code.commit")}
        if self.often(0.3):
            found["environment"] = {"image": self.text("environment.image")}
        if self.often(0.3):
            found["data"] = self._elements("data")
        return found or {"facts": {"domain": "credit"}}

    def _section(self, path: str, about: Field) -> Any:
        if path in {"metrics", "observations"}:
            some = [m for m in METRICS if self.often(0.85)]
            return {m: self.metric(METRICS[m], observed=path == "observations") for m in some}
        if path == "facts":
            return self.facts()
        if path == "tags":
            return {k: self.text(f"tags.{k}") for k in ("team", "tier") if self.often(0.8)}
        if path == "seeds":
            return {k: self.number("count") for k in ("numpy", "torch") if self.often(0.7)}
        if path == "hyperparameters":
            return self.hyperparameters()
        if about.holds == "mapping":
            found = {}
            for inner, field in schema.FIELDS.items():
                if inner.startswith(f"{path}.") and "[" not in inner and self.often(0.75):
                    if field.holds == "list of mappings":
                        found[inner.split(".")[1]] = self._packages()
                    else:
                        found[inner.split(".")[1]] = self.scalar(inner, field)
            return found
        if about.holds == "list of mappings":
            return self._elements(path)
        return self.scalar(path, about)

    def _packages(self) -> Any:
        if self.often(0.2):
            return {"torch": "2.9", "numpy": "2.3"}
        return self._elements("environment.packages")

    def _elements(self, path: str) -> list[dict[str, Any]]:
        length = self.rng.choice((0, 1, 1, 2, 2, 3, 4))
        return [self.element(path) for _ in range(length)]

    def element(self, path: str) -> dict[str, Any]:
        """An element of a list."""
        found: dict[str, Any] = {}
        for name, field in schema.below(path).items():
            if not field.required and not self.often(0.92):
                continue
            found[name] = (
                self._elements(f"{path}[].{name}") if field.holds == "list of mappings" else self.scalar(name, field)
            )
        if path == "scans" and self.often(0.7):
            found |= {"completed": True, "scanned": self.rng.choice((1, 12))}
            found.setdefault("findings", self._elements("scans[].findings"))
        return found

    def facts(self) -> dict[str, Any]:
        """Facts of every type."""
        all_ = {
            "domain": lambda: self.rng.choice((*pools.ENUMS["domain"], "Credit", None)),
            "tier": lambda: self.rng.choice((*pools.ENUMS["tier"], "platinum")),
            "reviewed": self.flag,
            "retrained_at": self.date,
            "note": lambda: self.text("note"),
            "share": lambda: self.number("ratio", "%"),
            "context": lambda: self.number("size", "kB"),
            "grace": lambda: self.number("duration", "s"),
            "budget": lambda: self.number("number"),
            "retries": lambda: self.number("count"),
            "owner_team": lambda: self.text("facts.owner_team"),
            "open_number": lambda: self.number("ratio"),
        }
        found = {k: make() for k, make in all_.items() if self.often(0.75)}
        if self.often(0.7):
            found["review"] = {"board": self.text("review.board")}
        return found

    def hyperparameters(self) -> dict[str, Any]:
        """Anything."""
        all_: dict[str, Any] = {
            "optimizer": self.text("hyperparameters.optimizer"),
            "lr": self.number("ratio"),
            "layers": self.rng.choice(([], [1, 2], {}, {"a": 1})),
            "warm": self.flag(),
        }
        return {k: v for k, v in all_.items() if self.often(0.6)}

    def metric(self, kind: str, *, observed: bool = False) -> Any:
        """A number, a mapping, or a list of them on data sets."""
        if self.often(0.15):
            return self.number(kind, "")
        if observed or self.often(0.8):
            return self.piece(kind, observed=observed)
        return [self.piece(kind) for _ in range(self.rng.choice((0, 1, 2, 2, 3)))]

    def piece(self, kind: str, *, observed: bool = False) -> dict[str, Any]:
        """One measurement."""
        unit = self.rng.choice(pools.UNITS.get(kind, ("",))) if self.often(0.8) else ""
        if self.often(0.04):
            unit = self.rng.choice(("req/s", "%", "ms", "kB"))
        self.observed = observed
        found = self.estimate(kind, unit)
        if unit:
            found["unit"] = unit
        elif self.often(0.02):
            found["unit"] = self.rng.choice((None, True, "furlong"))
        if observed:
            return found | {k: self.date() for k in ("since", "until") if self.often(0.5)}
        if self.often(0.85):
            found["data_set"] = self.rng.choice((*pools.DATA_SETS, *pools.DATA_SETS[:1] * 7))
        elif self.often(0.15):
            found["data_set"] = self.rng.choice((None, "", True))
        if self.often(0.3):
            found["data_digest"] = self.rng.choice(("sha256:aa", "sha256:aa", "sha256:bb", None))
        if self.often(0.6):
            found["measured_at"] = self.date()
        if self.often(0.1):
            found["protocol"] = self.rng.choice(("sha256:p1", "sha256:p1", "sha256:p2", "", None))
        if self.often(0.5):
            found["tries"] = self.rng.choice((1, 1, 2, 5, 6, 2.5, 0))
        if self.often(0.3):
            found["split"] = self.text("split")
        if self.often(0.3):
            found["source"] = self.text("source")
        if self.often(0.75):
            groups = list(pools.GROUPS)
            self.rng.shuffle(groups)
            length = self.rng.choice((0, 1, 2, 2, 3, 4))
            found["slices"] = [self.estimate(kind, unit) | {"group": g} for g in groups[:length]]
            if self.often(0.15) and found["slices"]:
                found["slices"][-1]["group"] = self.rng.choice((groups[0], None, "", 7))
        return found

    def counted(self, unit: str) -> dict[str, Any]:
        """A share of a hundred cases, with which of them were right."""
        cases, wrong = self.rng.choice((100, 100, 13)), self.rng.choice((0, 2, 5, 10))
        right = [True] * cases
        for at in self.rng.sample(range(20) if cases > 20 else range(cases), min(wrong, cases)):
            right[at] = False
        whole = 100 if unit == "%" else 1
        found: dict[str, Any] = {"value": sum(right) / cases * whole, "samples": cases, "successes": sum(right)}
        bits = "".join("01"[r] for r in right) + "0" * (-cases % 8)
        text = b64encode(bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8))).decode()
        odd = ("AA==", text[:-1], "", None, 7)
        found["outcomes"] = {
            "cases": pools.DIGESTS[0] if self.often(0.9) else self.rng.choice((*pools.DIGESTS, "sha256:aa", None)),
            "right": text if self.often(0.95) else self.rng.choice(odd),
        }
        if self.often(0.05):
            del found["outcomes"][self.rng.choice(("cases", "right"))]
        if self.often(0.05):
            del found[self.rng.choice(("samples", "successes", "value", "outcomes"))]
        if self.often(0.05):
            found["clusters"] = self.rng.choice((40, 2, None))
        if self.often(0.05):
            found["value"] = whole / 2
        return found

    def judge(self) -> dict[str, Any]:
        """How often a model agrees with people."""
        found = {
            "model": self.rng.choice(("judge@1",) * 8 + ("judge@2", None, "")),
            "right": self.rng.choice((100, 30, 29)),
            "right_of_right": self.rng.choice((29, 28, 20, 31)),
            "wrong": self.rng.choice((100, 100, 40, 2.5)),
            "wrong_of_wrong": self.rng.choice((39, 40, 4)),
        }
        if self.often(0.1):
            del found[self.rng.choice(tuple(found))]
        return found

    def estimate(self, kind: str, unit: str) -> dict[str, Any]:
        """A value with what tells how sure it is."""
        if kind == "ratio" and not self.observed and self.often(0.35):
            found = self.counted(unit)
            return found | ({"judge": self.judge()} if self.often(0.4) else {})
        found = {}
        value = self.number(kind, unit)
        if self.often(0.95):
            found["value"] = value
        samples = self.rng.choice((30, 99, 100, 101, 1000, 20_000))
        plain = (
            value if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) else 0.9
        )
        whole = 100 if unit == "%" else 1
        if self.often(0.7):
            found["samples"] = samples if self.often(0.9) else self.rng.choice((0, -1, 2.5, "100", None, 3.0))
        if self.often(0.5) and 0 <= plain <= whole:
            found["successes"] = round(plain / whole * samples) + self.rng.choice((0, 0, 0, 0, 1, -1, 7))
        if self.often(0.25):
            error = abs(plain) * self.rng.choice((0.001, 0.01, 0.1))
            found["standard_error"] = (
                error if error and self.often(0.9) else self.rng.choice(("0.1", None, math.nan, -0.01))
            )
        if self.often(0.35):
            near = abs(plain) * self.rng.choice((0.001, 0.01, 0.1))
            interval: dict[str, Any] = {
                "low": self.rng.choice((plain - near, plain - near, plain, self._nominal(kind, unit))),
                "high": self.rng.choice((plain + near, plain + near, plain, self._nominal(kind, unit))),
                "level": self.rng.choice((0.95, 0.95, 0.9, 0.99, 95)),
            }
            if self.often(0.25):
                del interval[self.rng.choice(("low", "high", "level"))]
            elif self.often(0.1):
                interval[self.rng.choice(("low", "high", "level"))] = self.rng.choice((None, "0.9", math.nan))
            found["interval"] = interval
        return found

    def _nominal(self, kind: str, unit: str) -> float:
        value = Decimal(self.rng.choice(pools.NUMBERS[kind]))
        per = factor(unit)
        exact = value * per.denominator / per.numerator
        return float(exact)

    def number(self, kind: str, unit: str = "") -> Any:
        """At a bound, beside one, or none."""
        if self.often(0.03):
            return self.rng.choice(NO_NUMBERS if kind in {"number", "ratio"} else NO_NUMBERS[:-1])
        if self.yaml and self.often(0.03):
            return Plain(self.rng.choice(PLAIN_NUMBERS))
        value = self._nominal(kind, unit)
        if kind == "count" or self.often(0.6):
            return int(value) if value == int(value) and self.often(0.7) else value
        side = self.rng.choice((-math.inf, math.inf))
        return math.nextafter(value, side) if value else math.copysign(1e-300, side)

    def scalar(self, path: str, about: Field) -> Any:
        """A value of a field."""
        match about.holds:
            case "text":
                return self.text(path)
            case "date":
                return self.date()
            case "flag":
                return self.flag()
            case "ordered" | "one of":
                return self.rng.choice(about.words) if self.often(0.93) else self.rng.choice(("High", None, "", 3))
            case "ratio" | "count" | "size":
                return self.number(about.holds)
        raise ValueError(about.holds)

    def text(self, path: str) -> Any:
        """A text, or what is none."""
        if self.often(0.03):
            return self.rng.choice((None, True, 7, "", "  "))
        if path in {"author", "code.author"}:
            return self.rng.choice(AUTHORS)
        text = self.rng.choice(pools.texts(path))
        plain = text.isalnum() or all(ch.isalnum() or ch in "./-" for ch in text)
        return Plain(text) if self.yaml and text and plain and self.often(0.2) else text

    def flag(self) -> Any:
        """True or false, or neither."""
        if self.often(0.04):
            return self.rng.choice(("true", 1, 0, None, Plain("yes") if self.yaml else "yes"))
        return self.often(0.5)

    def date(self) -> Any:
        """A date before now, now, after it, or none."""
        chance = self.rng.random()
        pool = pools.NO_DATES if chance < 0.03 else pools.LATER if chance < 0.08 else pools.DATES
        found = self.rng.choice(pool)
        return Plain(found) if self.yaml and isinstance(found, str) and found and self.often(0.5) else found

    def people(self) -> People:
        """Who signed, and who asks."""
        signatures = tuple(
            Signature(p, r, pools.NOW - self.rng.choice((0, 1, 7, 8, 40)) * DAY)
            for p in KNOWN for r in pools.ROLES if self.often(0.45)
        )  # fmt: skip
        if self.often(0.15):
            return People(signatures)
        known = tuple(KNOWN.items())
        signed = self.often(0.85)
        asked = self.rng.choice(tuple(KNOWN)) if signed else self.rng.choice(("bob@corp.example", "team", *KNOWN))
        thresholds = (("validator", 2),) if self.often(0.3) else ()
        committed = self.rng.choice((None, None, "Vera V. <vera@corp.example>", "nobody knows"))
        domains = ("lab.example",) if self.often(0.5) else ()
        return People(signatures, known, domains, asked, signed, thresholds, committed)


KNOWN = {
    "ada@corp.example": ("Ada",),
    "vera@corp.example": ("Vera V.", "vv"),
    "vito@corp.example": (),
    "rita@corp.example": (),
}
AUTHORS = (
    "ada@corp.example", "ada@corp.example", "vera@corp.example", "Ada", "VV", "Ada <ada@corp.example>", "carl@lab.example",
    "vera+x@corp.example", "team", "Ada <vera@corp.example>",
)  # fmt: skip


def _endless(data: Any, *, yaml: bool) -> Any:
    """What is no finite number, as a text spells it: a word without quotation marks."""
    if isinstance(data, dict):
        return {k: _endless(v, yaml=yaml) for k, v in data.items()}
    if isinstance(data, list):
        return [_endless(v, yaml=yaml) for v in data]
    if isinstance(data, float) and not math.isfinite(data):
        return Plain((".nan" if math.isnan(data) else ".inf") if yaml else json.dumps(data))
    return data


def dumped(data: Any) -> str:
    """As JSON, or as YAML where something stands in it without quotation marks."""
    match data:
        case Plain():
            return data.text
        case dict():
            return "{" + ", ".join(f"{json.dumps(k)}: {dumped(v)}" for k, v in data.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(dumped(v) for v in data) + "]"
    return json.dumps(data)
