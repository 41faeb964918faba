"""The record's JSON Schema, from the same table that reads it.

The schema tells the right values; the reader is milder only in that a wrong value is unreadable, not refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from letpass.facts.schema import SHAPES
from letpass.language.types import Field, Group, Listing, Measures, Shape

_KINDS: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "flag": {"type": "boolean"},
    "number": {"type": "number"},
    "count": {"type": "integer", "minimum": 0},
    "ratio": {"type": "number", "minimum": 0, "maximum": 1},
    "duration": {"type": "number", "minimum": 0},
    "size": {"type": "number", "minimum": 0},
    "date": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d))?$"},
    "open": {"type": ["string", "number", "boolean"]},
}


def record_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a model version's record."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "model version record",
        **_mapping(SHAPES),
    }


def _mapping(shapes: Mapping[str, Shape], given: str = "") -> dict[str, Any]:
    required = [
        name for name, s in shapes.items() if isinstance(s, Field) and s.required and name not in {"value", given}
    ]
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {name: _shape(s) for name, s in shapes.items() if name != given},
        "additionalProperties": False,
    }
    return {**schema, "required": required} if required else schema


def _shape(shape: Shape) -> dict[str, Any]:
    found = _undocumented(shape)
    return {"description": shape.doc, **found} if shape.doc else found


def _undocumented(shape: Shape) -> dict[str, Any]:
    match shape:
        case Field():
            if shape.type.symbols:
                return {"enum": list(shape.type.symbols)}
            return {**_KINDS[shape.type.kind], **({"minimum": shape.least} if shape.least else {})}
        case Group():
            return _mapping(shape.fields)
        case Listing():
            listed: dict[str, Any] = {"type": "array", "items": _mapping(shape.fields)}
            if not shape.key:
                return listed
            short = shape.fields[shape.short]
            return {
                "anyOf": [
                    listed,
                    {
                        "type": "object",
                        "additionalProperties": {"anyOf": [_shape(short), _mapping(shape.fields, shape.key)]},
                    },
                ]
            }
        case Measures():
            one = {"anyOf": [{"type": "number"}, _mapping(shape.fields)]}
            if shape.several:
                one["anyOf"].append({"type": "array", "items": _mapping(shape.fields)})
            return {"type": "object", "additionalProperties": one}
        case _:
            if shape.type is None:
                return {"type": "object"}
            if shape.type.kind == "open":
                return {"type": "object", "additionalProperties": {"anyOf": [dict(_KINDS["open"]), {"type": "object"}]}}
            return {"type": "object", "additionalProperties": dict(_KINDS[shape.type.kind])}
