"""Policies and records of texts and files, and a decision as it is stored."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from letpass.api.plain import RECORD, text_of
from letpass.diagnostics import RecordError, Source
from letpass.evaluation.decision import Decision
from letpass.facts.record import Record
from letpass.facts.schema import VOCABULARY
from letpass.frozen import replace
from letpass.gate import judgement
from letpass.project import policyset
from letpass.registries import files


def load_policies(*paths: str | os.PathLike[str], warn: bool = False) -> policyset.PolicySet:
    """The policies of files and folders, read and checked; raises `PolicyError` with every error in `diagnostics`.

    `warn`: with what `policy lint` warns of in `warnings`.
    """
    return policyset.load(tuple(map(Path, paths)), VOCABULARY, warn=warn)


def parse_policies(texts: Mapping[str, str], *, warn: bool = False) -> policyset.PolicySet:
    """The policies of texts by name, checked; raises `PolicyError`."""
    return policyset.from_texts(dict(texts), VOCABULARY, warn=warn)


def parse_record(text: str | bytes | Mapping[str, Any], name: str = RECORD) -> Record:
    """The record of one version in a text of JSON or YAML, or in plain data; raises `RecordError`.

    `name`: how messages name it.  It is no file's or version's because it is called so: where the registry has a version of its
    model and number, a `Gate` judges that one, and refuses the record where it says something else.
    """
    if isinstance(text, Mapping):
        text = text_of(text)
    if not isinstance(text, str | bytes):
        raise TypeError(f"a record is a text, bytes or a mapping, and no {type(text).__name__}")
    source = files.source(name, text) if isinstance(text, bytes) else Source(name, text)
    found = files.parse(replace(source, given=True))
    if len(found) != 1:
        raise RecordError.of(
            "GATE307", f"{len(found)} models, and one is wanted", name, "name the record of one version"
        )
    return found[0]


def storable(decision: Decision, policies: policyset.PolicySet) -> dict[str, Any]:
    """A decision with all that a replay needs, as plain data: what `replay` takes, and `policy replay` reads from a file."""
    return {"decision": decision.as_json(), "inputs": judgement.inputs(decision, policies)}
