"""The JSON Schema of a decision.  Within version 1 fields are only added; ignore those that you do not know."""

from __future__ import annotations

from typing import Any

from letpass.evaluation.about import FIELDS, MOST_DATA
from letpass.evaluation.decision import SCHEMA, Outcome, Verdict
from letpass.evaluation.drawn import MOST_GROUPS, Comparing, Standing
from letpass.evaluation.reasons import ReasonKind
from letpass.evaluation.seen import SeenKind
from letpass.evaluation.unused import WhyUnused
from letpass.facts.tenure import Known
from letpass.move import KINDS
from letpass.trust.accepted import NotCounted

_TEXT = {"type": "string"}
_SEEN = {"type": ["number", "string", "boolean"]}
_COUNT = {"type": "integer", "minimum": 1}
_NUMBER = {"type": "number"}
_OPERATOR = {"enum": [">=", "<=", ">", "<", "==", "!="]}
_TRUTH = {"enum": ["true", "false", "unknown"]}


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required}


_WHY = {
    "type": "array",
    "items": _object(
        {
            "kind": {"enum": [k.value for k in ReasonKind]},
            "about": _TEXT,
            "detail": _TEXT,
            "role": _TEXT,
            "able": {"type": "array", "items": _TEXT},
        },
        ["kind", "about", "detail"],
    ),
}


def decision_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a decision as `-o json` writes it."""
    rule = _object(
        {
            "id": _TEXT,
            "label": _TEXT,
            "keyword": {"enum": ["require", "advise"]},
            "text": _TEXT,
            "place": _TEXT,
            "outcome": {"enum": [o.value for o in Outcome]},
            "truth": _TRUTH,
            "applicable": {"type": "boolean"},
            "because": _TEXT,
            "fix": _TEXT,
            "owner": _TEXT,
            "from": _TEXT,
            "test": {"$ref": "#/$defs/explanation"},
            "when": {"$ref": "#/$defs/explanation"},
            "waiver": {"$ref": "#/$defs/waiver"},
            "gauge": {"$ref": "#/$defs/gauge"},
            "groups": {"type": "array", "items": {"$ref": "#/$defs/groups"}},
        },
        ["id", "keyword", "text", "place", "outcome", "truth", "applicable", "test"],
    )
    policy = _object(
        {
            "name": _TEXT,
            "title": _TEXT,
            "owner": _TEXT,
            "digest": _TEXT,
            "governs": _TRUTH,
            "approved_until": _TEXT,
            "rules": {"type": "array", "items": rule},
            "applies": {"$ref": "#/$defs/explanation"},
        },
        ["name", "title", "governs", "rules"],
    )
    statement = _object(
        {
            "kind": _TEXT,
            "name": _TEXT,
            "digest": _TEXT,
            "person": _TEXT,
            "role": _TEXT,
            "valid": {"type": "boolean"},
            "why": _TEXT,
            "key": _TEXT,
            "signed_at": _TEXT,
            "counted_for": {"type": "array", "items": _TEXT},
            "not_counted": {"enum": [n.value for n in NotCounted]},
        },
        ["kind", "name", "valid"],
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "decision",
        **_object(
            {
                "schema": {"const": SCHEMA},
                "verdict": {"enum": [v.value for v in Verdict]},
                "model": _TEXT,
                "version": _TEXT,
                "move": _object(
                    {
                        "kind": {"enum": list(KINDS)},
                        "stage": _TEXT,
                    },
                    ["kind"],
                ),
                "now": _TEXT,
                "as_of": {"type": "boolean"},
                "champion": _TEXT,
                "tenure": {"$ref": "#/$defs/tenure"},
                "told": {"type": "array", "items": _TEXT},
                "environments": {"type": "array", "items": _TEXT},
                "added": {"type": "array", "items": _TEXT},
                "awaits_only_people": {"type": "boolean"},
                "considered": {"type": "integer"},
                "approved_until": _TEXT,
                "policies": {"type": "array", "items": policy},
                "passed_over": {"type": "array", "items": _TEXT},
                "unused_waivers": {"type": "array", "items": {"$ref": "#/$defs/waiver"}},
                "statements": {"type": "array", "items": statement},
                "holds": {
                    "type": "array",
                    "items": _object({"code": _TEXT, "what": _TEXT, "help": _TEXT}, ["code", "what"]),
                },
                "objections": {"type": "array", "items": {"$ref": "#/$defs/objection"}},
                "digests": {"type": "object", "additionalProperties": _TEXT},
                "form": {"type": "integer", "minimum": 2},
                "about": {"$ref": "#/$defs/about"},
                "beside": {"type": "array", "items": {"$ref": "#/$defs/beside"}},
                "beside_left_out": _COUNT,
                "engine": _TEXT,
            },
            ["schema", "verdict", "model", "version", "move", "now", "as_of", "policies", "digests", "engine"],
        ),
        "$defs": {
            "explanation": _object(
                {
                    "text": _TEXT,
                    "truth": _TRUTH,
                    "seen": {
                        "type": "array",
                        "items": _object(
                            {
                                "kind": {"enum": [k.value for k in SeenKind]},
                                "name": _TEXT,
                                "value": _TEXT,
                                "path": _TEXT,
                                "champion": {"type": "boolean"},
                                "trust": _TEXT,
                                "role": _TEXT,
                                "person": _TEXT,
                                "at": _TEXT,
                                "reason": _TEXT,
                                "statement": _TEXT,
                                "key": _TEXT,
                                "counted": {"type": "boolean"},
                                "why_not": {"enum": [n.value for n in NotCounted]},
                            },
                            ["kind", "name"],
                        ),
                    },
                    "why": _WHY,
                    "margin": _object(
                        {
                            "amount": {"type": "number"},
                            "unit": _TEXT,
                            "value": {"type": "number"},
                            "bound": {"type": "number"},
                        },
                        ["amount"],
                    ),
                    "note": _TEXT,
                    "parts": {"type": "array", "items": {"$ref": "#/$defs/explanation"}},
                },
                ["text", "truth"],
            ),
            **_drawn(),
            "tenure": _object(
                {
                    "known": {"enum": [k.value for k in Known]},
                    "vouched": {"type": "boolean"},
                    "version": _TEXT,
                    "since": _TEXT,
                    "until": _TEXT,
                    "entry": {"type": "integer"},
                    "by": _TEXT,
                    "reason": _TEXT,
                    "why": _TEXT,
                    "help": _TEXT,
                },
                ["known", "vouched"],
            ),
            "objection": _object(
                {
                    "kind": {"enum": ["objection", "revocation"]},
                    "person": _TEXT,
                    "role": _TEXT,
                    "at": _TEXT,
                    "reason": _TEXT,
                    "against": _TEXT,
                    "model": _TEXT,
                    "version": _TEXT,
                    "artifact": _TEXT,
                    "digest": _TEXT,
                    "covers": _TRUTH,
                    "ended": _TEXT,
                    "entry": {"type": "integer"},
                },
                ["kind", "person", "at", "reason", "against", "model", "version", "covers"],
            ),
            "waiver": _object(
                {
                    "policy": _TEXT,
                    "label": _TEXT,
                    "person": _TEXT,
                    "role": _TEXT,
                    "until": _TEXT,
                    "reason": _TEXT,
                    "missed": {"type": "array", "items": {"$ref": "#/$defs/missed"}},
                    "why": {"enum": [w.value for w in WhyUnused]},
                    "now": {"$ref": "#/$defs/missed"},
                    "then": {"$ref": "#/$defs/missed"},
                },
                ["policy", "label", "person", "until", "missed"],
            ),
            "missed": _object(
                {
                    "condition": _TEXT,
                    "within": {"type": "array", "items": _TEXT},
                    "operator": _OPERATOR,
                    "value": _SEEN,
                    "bound": _SEEN,
                    "unit": _TEXT,
                    "shownIn": {"enum": ["%", "points"]},
                    "upTo": _SEEN,
                    "unknown": {
                        "type": "array",
                        "items": _object({"kind": _TEXT, "about": _TEXT}, ["kind", "about"]),
                    },
                },
                ["condition"],
            ),
        },
    }


def _drawn() -> dict[str, Any]:
    """What is drawn of a decision: gauges, metrics by group, the candidate beside the champion; and what it is about."""
    interval = {"champion": _NUMBER, "low": _NUMBER, "high": _NUMBER}
    unit = {"unit": _TEXT, "percent": {"type": "boolean"}, "operator": _OPERATOR}
    said = _object({"value": _TEXT, "trust": _TEXT, "why": _TEXT}, ["value"])
    group = _object(
        {
            "group": _TEXT,
            "standing": {"enum": [s.value for s in Standing if s.value]},
            "value": _NUMBER,
            "samples": _NUMBER,
            "bound": _NUMBER,
            "margin": _NUMBER,
            **interval,
            "why": _WHY,
        },
        ["group"],
    )
    data = _object({"name": _TEXT, "version": _TEXT, "digest": _TEXT, "trust": _TEXT}, ["name"])
    return {
        "gauge": _object(
            {"name": _TEXT, "value": _NUMBER, "bound": _NUMBER, "truth": _TRUTH, "margin": _NUMBER, **unit, **interval}
            | {"level": _NUMBER, "difference": {"type": "boolean"}},
            ["name", "value", "bound", "truth"],
        ),
        "groups": _object(
            {
                "metric": _TEXT,
                "asked": _TEXT,
                "rows": {"type": "array", "items": group, "maxItems": MOST_GROUPS},
                "left_out": _COUNT,
                "why": _WHY,
                **unit,
            },
            ["metric", "rows"],
        ),
        "beside": _object(
            {
                "name": _TEXT,
                "ours": _NUMBER,
                "theirs": _NUMBER,
                "change": _NUMBER,
                "unit": _TEXT,
                "their_unit": _TEXT,
                "data_set": _TEXT,
                "comparing": {"enum": [c.value for c in Comparing if c.value]},
            },
            ["name"],
        ),
        "about": _object(
            {
                **{name: said for name, _ in FIELDS},
                "commit_author": _TEXT,
                "data": {"type": "array", "items": data, "maxItems": MOST_DATA},
                "data_left_out": _COUNT,
            },
            [],
        ),
    }
