"""The doors: each takes bytes, answers with the shape of what it read, and raises what it refuses them with."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from random import Random

from letpass.evidence.interface import FORMATS
from tests.fuzz import corpus, evidence, logged, records, signed, texts
from tests.fuzz.watch import Enter


@dataclass(frozen=True)
class Door:
    """A door; `enter` raises `BrokenError` where a property does not hold.

    given: valid inputs · fresh: makes another one.
    """

    name: str
    enter: Enter
    given: Callable[[], list[bytes]]
    fresh: Callable[[Random], bytes] | None = None

    @cached_property
    def seeds(self) -> list[bytes]:
        """Valid inputs, and some that are refused."""
        return self.given()


def _of_corpus(name: str, enter: Enter) -> Door:
    return Door(name, enter, lambda: corpus.of(name), _FRESH.get(name))


_FRESH = {"policy": corpus.made_policy, "record.json": corpus.made_record, "judged": corpus.made_record}
_TEXTS = {
    "policy": texts.policy, "expression": texts.expression, "cases": texts.cases, "configuration": texts.settings, "glob": texts.glob,
    "record.json": records.record_json, "record.yaml": records.record_yaml, "judged": records.judged, "state": records.state_file,
    "tags": records.tags, "prometheus": evidence.answer, "content": evidence.file,
    "looked-at": evidence.looked_at, "samples": evidence.samples,
}  # fmt: skip

DOORS: dict[str, Door] = {
    **{name: _of_corpus(name, enter) for name, enter in _TEXTS.items()},
    **{name: _of_corpus(name, evidence.of_format(name)) for name in FORMATS},
    **{name: Door(name, *door) for name, door in {**signed.DOORS, **logged.DOORS}.items()},
    "stored-decision": Door(
        "stored-decision",
        records.stored_decision,
        lambda: [json.dumps(d).encode() for d in records.decisions()],
    ),
}
"""Every door by its name."""
