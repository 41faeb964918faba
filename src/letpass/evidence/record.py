"""A part of a record as a record writes it, in YAML or JSON."""

from __future__ import annotations

from typing import Any

from letpass.diagnostics import InvalidError, Source
from letpass.evidence.interface import Asked, Part, signable
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
    part = {k: as_json(v) for k, v in found.items()}
    metrics = part.get("metrics")
    measured = metrics if isinstance(metrics, dict) else {}
    observed = part.get("observations")
    known = measured.keys() | (observed.keys() if isinstance(observed, dict) else set())
    if strangers := sorted(asked.units.keys() - known):
        raise InvalidError(f"there is no metric `{strangers[0]}` to have a unit")
    for name, value in measured.items():
        said = {"unit": asked.units.get(name), "data_set": asked.data_set}
        measured[name] = _measures(value, {k: v for k, v in said.items() if v is not None})
    return signable(part)


def _measures(value: Any, said: dict[str, str]) -> Any:
    """A metric, of which the caller says what the file does not; raises `InvalidError` where both say a unit, and another."""
    if not said:
        return value
    if isinstance(value, list):
        return [_measures(piece, said) for piece in value]
    piece = value if isinstance(value, dict) else {"value": value}
    if "unit" in said and piece.get("unit", said["unit"]) != said["unit"]:
        raise InvalidError(f"the file says the unit `{piece['unit']}`, and --unit says `{said['unit']}`")
    return {**said, **piece}
