"""The cases of a policy that was made from a champion."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from letpass.authoring.cases import judging, reading
from letpass.authoring.cases.judging import Tried
from letpass.authoring.scaffold import bounds
from letpass.authoring.scaffold.champion import FILE, Written
from letpass.authoring.scaffold.rule import Gated
from letpass.diagnostics import LetpassError, clean
from letpass.facts.record import Record
from letpass.facts.schema import VOCABULARY
from letpass.facts.values import moment
from letpass.project.policyset import from_texts

HEAD = "# What the champion reached passes; a tenth beyond each bound does not, and what was not measured decides nothing.\n"


def write(written: Written, record: Record, stage: str, now: int) -> str:
    """The text of three cases: allowed, denied, undecided; nothing where a cases file cannot hold the champion's names."""
    model = record.text("model")

    def case(name: str, values: Mapping[str, Decimal | float], expect: str) -> dict[str, Any]:
        metrics = _metrics(written.rules, values)
        made = {"model": model, "version": record.text("version"), **({"metrics": metrics} if metrics else {})}
        blocks = {"blocks": [r.label for r in written.rules]} if expect != "allow" else {}
        at = {"move": f"promotion to {stage}", "at": moment(now)}
        return {"name": name, "record": made, "champion": "none", **at, "expect": expect, **blocks}

    worse = {r.label: _beyond(r) for r in written.rules}
    cases = [
        case("the champion itself passes", {r.label: r.value for r in written.rules}, "allow"),
        case("one that is beyond every bound is refused", worse, "deny"),
        case("one that was not measured is not decided", {}, "undecided"),
    ]
    text = HEAD + "\n".join(_dumped([c]) for c in cases)
    try:
        tried = judged(text, written.text)
    except LetpassError:
        return ""
    return text if not tried.faults and all(r.as_expected for r in tried.results) else ""


def judged(text: str, policy: str) -> Tried:
    """The cases in a text, judged by the policy in another."""
    file = reading.load(Path("champion.cases.yaml"), lambda _: text)
    return judging.try_out(file, from_texts({FILE: policy}, VOCABULARY, warn=False))


def _metrics(rules: tuple[Gated, ...], values: Mapping[str, Decimal | float]) -> dict[str, Any]:
    found: dict[str, list[dict[str, Any]]] = {}
    for rule in rules:
        if rule.label in values:
            piece: dict[str, Any] = {"value": float(values[rule.label])}
            if rule.unit:
                piece["unit"] = rule.unit
            if rule.data_set is not None:
                piece["data_set"] = rule.data_set
            found.setdefault(rule.name, []).append(piece)
    return {name: pieces if len(pieces) > 1 else pieces[0] for name, pieces in found.items()}


def _beyond(rule: Gated) -> Decimal:
    found = bounds.beyond(rule.bound, rule.metric.type.kind, rule.unit, higher=rule.higher)
    assert found is not None  # else there were no such rule
    return found


def _dumped(data: Any) -> str:
    """Plain data as YAML, in which no character turns the reading direction or is unseen."""
    for unicode in (True, False):
        text: str = yaml.safe_dump(data, default_flow_style=None, sort_keys=False, allow_unicode=unicode, width=110)
        if all(clean(line) == line for line in text.split("\n")):
            break
    return text
