"""What shards hold of decisions, faults, differences and runs: of a decision what a replay needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from letpass import disk
from letpass.canonical import canonical, digest_bytes
from letpass.diagnostics import Diagnostic
from letpass.evaluation.decision import Decision
from letpass.lifecycle.differences import Difference
from letpass.registries.interface import Run
from letpass.registries.shards import Order
from letpass.reports.interface import Report
from letpass.reports.json import part


class Texts:
    """Long texts, each once, by their digests."""

    def __init__(self) -> None:
        self.all: dict[str, str] = {}

    def put(self, text: str) -> str:
        """Keep a text; its digest."""
        name = digest_bytes(text.encode("utf-8"))
        self.all[name] = text
        return name


def of_decision(place: Order, decision: Decision, inputs: Mapping[str, Any], texts: Texts) -> dict[str, Any]:
    """What a shard holds of a decision."""
    made = part(Report((decision,), (inputs,)))
    texts.all.update(made.texts)
    return {"place": _place(place), "stored": canonical(made.entry).decode("utf-8")}


def of_fault(place: Order, fault: Diagnostic, texts: Texts) -> dict[str, Any]:
    """What a shard holds of a fault."""
    span = fault.span
    return {
        "place": _place(place), "code": fault.code, "message": disk.shown(fault.message), "help": disk.shown(fault.help),
        "severity": fault.severity.value, "notes": [disk.shown(n) for n in fault.notes],
        "source": disk.shown(span.source.name), "text": texts.put(disk.shown(span.source.text)),
        "start": span.start, "end": span.end,
    }  # fmt: skip


def of_difference(found: Difference) -> dict[str, Any]:
    """What a shard holds of a difference."""
    return {k: disk.shown(v) if isinstance(v, str) else v for k, v in found.as_json().items()}


def of_run(place: Order, run: Run) -> dict[str, Any]:
    """What a shard holds of a run."""
    return {
        "place": _place(place), "id": disk.shown(run.id), "name": disk.shown(run.name), "at": run.at, "ended": run.ended,
        "commit": disk.shown(run.commit), "data": [disk.shown(d) for d in run.data],
        "parameters": [[disk.shown(k), disk.shown(v)] for k, v in run.parameters],
    }  # fmt: skip


def _place(place: Order) -> list[str]:
    return [disk.shown(p) for p in place]
