"""The content of a record in one exact form, in which two different readings of a document differ, and digests of it.

    fields ─▶ `{"map": {"model": "fraud", "registered_at": {"plain": "2026-11-20"}, …}}` ─▶ canonical bytes ─▶ digest

The bytes are kept as material of the ledger under their digest, so that a version can be compared with what it said.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from letpass.canonical import canonical, digest, digest_bytes
from letpass.facts.record import Record
from letpass.facts.schema import IDENTITY, LATER
from letpass.facts.values import Plain
from letpass.language.kinds import FIELD as KIND
from letpass.language.kinds import MODEL

Fields = Mapping[str, Any]
"""The top-level fields of a record in their exact form."""


def fields(record: Record, *, later: bool = False) -> Fields | None:
    """What a record says, field by field; None for one that is no document of its own, as in a model-index.

    `later`: also what changes while the version lives.
    """
    data = record.document.data if record.document is not None else None
    if not isinstance(data, dict) or "model" not in data:
        return None
    return {k: exact(v) for k, v in data.items() if later or k not in LATER}


def facts_digest(record: Record) -> str:
    """The digest of what a record says, without its stage, deployments and observations, however it is laid out."""
    found = fields(record)
    if found is not None:
        kind = {} if record.kind == MODEL else {KIND: record.kind}
        return digest({"map": {**found, **kind}})
    return digest(
        [
            exact({k: v for k, v in record.values.items() if k not in {*LATER, KIND}}),
            {k: v.written for k, v in record.unreadable.items() if k not in LATER},
            exact({k: v for k, v in record.lists.items() if k not in LATER}, places=True),
            exact({f"{s}:{n}": pieces for (s, n), pieces in record.measures.items() if s not in LATER}, places=True),
        ]
    )


def identity_digest(record: Record) -> str:
    """The digest of what a record says of who the version is; nothing where it is no document of its own."""
    found = fields(record)
    return digest({"map": {k: v for k, v in found.items() if k in IDENTITY}}) if found is not None else ""


def stored(record: Record) -> tuple[str, bytes] | None:
    """What a record says as material: its digest, which is `facts_digest`, and the bytes; None as for `fields`."""
    found = fields(record)
    if found is None:
        return None
    data = canonical({"map": dict(found)})
    return digest_bytes(data), data


def read(data: bytes, name: str) -> Fields | None:
    """The fields in bytes as `stored` makes them; None where they are not those of the digest."""
    if digest_bytes(data) != name:
        return None
    found: Fields = json.loads(data)["map"]
    return found


def text(value: Any) -> str:
    """An exact value as it was written."""
    found = _bare(value)
    return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)


def shown(value: Any) -> str:
    """An exact value as it was written, cut where it is long."""
    found = text(value)
    return found if len(found) <= 60 else f"{found[:59]}…"


def _bare(value: Any) -> Any:
    """An exact value without its marks."""
    if isinstance(value, list):
        return [_bare(v) for v in value]
    if not isinstance(value, dict):
        return value
    if "map" in value:
        return {k: _bare(v) for k, v in value["map"].items()}
    return value.get("plain", value.get("written"))


def exact(value: Any, *, places: bool = False) -> Any:
    """Plain data with a canonical form, in which no two readings of a document are alike.

    `places`: the pieces are a record's, and say where they stand (`@`), which is no part of what they say.
    """
    if isinstance(value, Mapping):
        # wrapped, so that no mapping of a record looks like the marks below
        return {"map": {exact(k): exact(v, places=places) for k, v in value.items() if not (places and k == "@")}}
    if isinstance(value, list | tuple):
        return [exact(v, places=places) for v in value]
    if isinstance(value, str):
        text = value.encode("utf-8", "backslashreplace").decode("utf-8")
        return {"plain": text} if type(value) is Plain else text
    if value is None or isinstance(value, bool):
        return value
    if (isinstance(value, int) and abs(value) <= 2**53) or (isinstance(value, float) and value - value == 0):
        return value
    return {"written": str(value)}
