"""The decision as versioned JSON, with all that a replay needs."""

from __future__ import annotations

from typing import Any

from letpass.canonical import canonical, digest_bytes
from letpass.reports.interface import Report


def render(report: Report) -> str:
    """One decision as `{decision, inputs}`; several as a list whose texts stand once, by their digest."""
    entries = [
        {"decision": d.as_json(), "inputs": dict(i)} for d, i in zip(report.decisions, report.inputs, strict=True)
    ]
    environment = {"environment": dict(report.environment)} if report.environment else {}
    if len(entries) == 1 and not report.faults:
        return _written(entries[0] | environment)
    texts: dict[str, str] = {}

    def stored(text: str) -> str:
        key = digest_bytes(text.encode("utf-8"))
        texts[key] = text
        return key

    for entry in entries:
        inputs = entry["inputs"]
        inputs["policies"] = {name: stored(text) for name, text in inputs["policies"].items()}
        if "dossier" in inputs:
            trust = inputs["dossier"]["trust"]
            inputs["dossier"] = {**inputs["dossier"], "trust": {**trust, "text": stored(trust["text"])}}
        for key in ("record", "champion"):
            if key in inputs:
                inputs[key] = {**inputs[key], "text": stored(inputs[key]["text"])}
                if "state" in inputs[key]:
                    state = inputs[key]["state"]
                    inputs[key]["state"] = {**state, "text": stored(state["text"])}
    faults = [{"code": f.code, "message": f.message, "place": f.span.place} for f in report.faults]
    whole = {"schema": "letpass.decisions/v1", "decisions": entries, "texts": texts, "faults": faults}
    return _written(whole | environment)


def _written(value: Any) -> str:
    """Canonical JSON on a line, but for `##`, which a build server that reads the log might take for a command."""
    return canonical(value).decode("utf-8").replace("##", "#\\u0023") + "\n"
