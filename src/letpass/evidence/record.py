"""A part of a record as a record writes it, in YAML or JSON."""

from __future__ import annotations

from letpass.diagnostics import InvalidError, Source
from letpass.evidence.interface import Asked, Part
from letpass.facts import document
from letpass.facts.values import as_json


def read(data: bytes, asked: Asked) -> Part:
    """The mapping in a YAML or JSON text, as JSON can hold it; raises `InvalidError`, and `RecordError` for what does not read."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidError(f"not UTF-8: byte {error.start}") from None
    found = document.read(Source(asked.name, text)).data
    if not isinstance(found, dict):
        raise InvalidError("a mapping with `metrics`, `suites`, `scans`, `observations` or `facts`")
    return {k: as_json(v) for k, v in found.items()}
