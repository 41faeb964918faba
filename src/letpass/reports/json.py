"""The decision as versioned JSON, with all that a replay needs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from letpass.canonical import canonical, digest_bytes
from letpass.disk import shown
from letpass.reports.interface import Report
from letpass.reports.spool import Spool


class Part:
    """`{decision, inputs}`, in which a digest stands for each long text, and the texts by their digests.

    It is plain data where it was made, and a text when it comes from another process.
    """

    def __init__(self, entry: dict[str, Any] | str, texts: dict[str, str]) -> None:
        self.entry, self.texts = entry, texts

    def __reduce__(self) -> tuple[type[Part], tuple[str, dict[str, str]]]:
        return Part, (self.text, self.texts)

    @property
    def text(self) -> str:
        """The entry as canonical JSON."""
        return self.entry if isinstance(self.entry, str) else _written(self.entry)

    @property
    def whole(self) -> dict[str, Any]:
        """The entry with its texts in their places."""
        found: dict[str, Any] = json.loads(self.entry) if isinstance(self.entry, str) else self.entry
        for place, key in _texts(found["inputs"]):
            place[key] = self.texts[place[key]]
        return found


def part(report: Report) -> Part:
    """The entry of one decision."""
    (inputs,) = report.inputs
    entry = {"decision": report.decision.as_json(), "inputs": _copied(inputs)}
    texts: dict[str, str] = {}
    for place, key in _texts(entry["inputs"]):
        digest = digest_bytes(place[key].encode("utf-8"))
        texts[digest], place[key] = place[key], digest
    return Part(entry, texts)


class Sheet:
    """One decision as `{decision, inputs}`; several as a list whose texts stand once, by their digest."""

    def __init__(self) -> None:
        self._entries, self._long = Spool(), Spool()
        self._places: dict[str, tuple[int, int]] = {}
        self._first: Part | None = None  # it waits whether it is the only one
        self._count, self._between = 0, ""

    def add(self, part: Part) -> None:
        """Take an entry."""
        self._count += 1
        if self._count == 1:
            self._first = part
            return
        self._begin()
        self._write(part)

    def whole(self, end: Report) -> Iterator[str]:
        """The document, its keys in canonical order."""
        environment = (
            {"environment": {name: shown(value) for name, value in end.environment}} if end.environment else {}
        )
        if self._first is not None and not end.faults:
            yield _written(self._first.whole | environment) + "\n"
            return
        self._begin()
        faults = [{"code": f.code, "message": shown(f.message), "place": shown(f.span.place)} for f in end.faults]
        rest = {**environment, "faults": faults, "schema": "letpass.decisions/v1"}
        yield '{"decisions":['
        yield from self._entries.all()
        yield f'],{_written(rest)[1:-1]},"texts":{{'
        for n, digest in enumerate(sorted(self._places)):
            yield f"{',' if n else ''}{_written({digest: self._long.read(self._places[digest])})[1:-1]}"
        yield "}}\n"

    def _begin(self) -> None:
        """Write the first entry, which is not the only one."""
        if self._first is not None:
            self._write(self._first)
            self._first = None

    def _write(self, part: Part) -> None:
        self._entries.write(f"{self._between}{part.text}")
        self._between = ","
        for digest, text in part.texts.items():
            if digest not in self._places:
                self._places[digest] = self._long.write(text)


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
