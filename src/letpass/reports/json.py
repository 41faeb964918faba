"""The decision as versioned JSON, with all that a replay needs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from letpass.canonical import canonical, digest_bytes
from letpass.disk import shown
from letpass.reports.interface import Report
from letpass.reports.spool import Spool


def part(report: Report) -> tuple[str, dict[str, str]]:
    """`{decision, inputs}`, in which a digest stands for each long text, and the texts by their digests."""
    (inputs,) = report.inputs
    entry = {"decision": report.decision.as_json(), "inputs": _copied(inputs)}
    texts: dict[str, str] = {}
    for place, key in _texts(entry["inputs"]):
        digest = digest_bytes(place[key].encode("utf-8"))
        texts[digest], place[key] = place[key], digest
    return _written(entry), texts


class Sheet:
    """One decision as `{decision, inputs}`; several as a list whose texts stand once, by their digest."""

    def __init__(self) -> None:
        self._entries, self._long = Spool(), Spool()
        self._places: dict[str, tuple[int, int]] = {}
        self._first: tuple[str, dict[str, str]] | None = None
        self._count = 0

    def add(self, part: tuple[str, dict[str, str]]) -> None:
        """Write an entry, and its texts where they are new."""
        entry, texts = part
        self._first = part if not self._count else None
        self._entries.write(f",{entry}" if self._count else entry)
        self._count += 1
        for digest, text in texts.items():
            if digest not in self._places:
                self._places[digest] = self._long.write(text)

    def whole(self, end: Report) -> Iterator[str]:
        """The document, its keys in canonical order."""
        environment = (
            {"environment": {name: shown(value) for name, value in end.environment}} if end.environment else {}
        )
        if self._first is not None and not end.faults:
            entry, texts = self._first
            alone = json.loads(entry)
            for place, key in _texts(alone["inputs"]):
                place[key] = texts[place[key]]
            yield _written(alone | environment) + "\n"
            return
        faults = [{"code": f.code, "message": shown(f.message), "place": shown(f.span.place)} for f in end.faults]
        rest = {**environment, "faults": faults, "schema": "letpass.decisions/v1"}
        yield '{"decisions":['
        yield from self._entries.all()
        yield f'],{_written(rest)[1:-1]},"texts":{{'
        for n, digest in enumerate(sorted(self._places)):
            yield f"{',' if n else ''}{_written({digest: self._long.read(self._places[digest])})[1:-1]}"
        yield "}}\n"


def _copied(inputs: Any) -> dict[str, Any]:
    """Inputs whose texts can be put elsewhere: a copy of each mapping that holds one."""
    copied = {**inputs, "policies": dict(inputs["policies"])}
    for key in ("record", "champion"):
        if key in copied:
            copied[key] = dict(copied[key])
            if "state" in copied[key]:
                copied[key]["state"] = dict(copied[key]["state"])
    if "dossier" in copied:
        copied["dossier"] = {**copied["dossier"], "trust": dict(copied["dossier"]["trust"])}
    return copied


def _texts(inputs: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Where inputs hold long texts: a mapping, and the key in it."""
    yield from ((inputs["policies"], name) for name in inputs["policies"])
    if "dossier" in inputs:
        yield inputs["dossier"]["trust"], "text"
    for key in ("record", "champion"):
        if key in inputs:
            yield inputs[key], "text"
            if "state" in inputs[key]:
                yield inputs[key]["state"], "text"


def _written(value: Any) -> str:
    """Canonical JSON, but for `##`, which a build server that reads the log might take for a command."""
    return canonical(value).decode("utf-8").replace("##", "#\\u0023")
