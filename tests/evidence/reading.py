"""Reading the samples, which `samples/make.sh` made with the tools themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from letpass.canonical import canonical
from letpass.evidence.interface import Asked, Part, reader
from letpass.facts.attested import fragment
from letpass.facts.record import Record

SAMPLES = Path(__file__).parent / "samples"
AT = "2026-11-25T00:00:00Z"


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def read(format_: str, data: bytes | str | dict[str, Any], **asked: Any) -> Part:
    """The part that a reader makes of a file; it can be signed, and is a part of a record."""
    text = json.dumps(data) if isinstance(data, dict) else data
    found = reader(format_)(text.encode() if isinstance(text, str) else text, Asked(**asked))
    canonical(found)
    fragment("file", found, "service")
    return found


def record(format_: str, data: bytes | str | dict[str, Any], **asked: Any) -> Record:
    """What a record holds of it."""
    return fragment("file", read(format_, data, **asked), "service")
