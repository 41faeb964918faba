"""JSON Lines as tools write them: one mapping a line, read as strictly as a record."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from letpass.diagnostics import InvalidError
from letpass.evidence import sources
from letpass.facts import json_data
from letpass.facts.paths import DEEPEST

MOST = 1_000_000  # lines
LONGEST = 1 << 20  # characters of a line


def read(data: bytes) -> Iterator[dict[str, Any]]:
    """The mappings of the lines; blank lines say nothing.

    Raises `InvalidError` for a line that is no mapping, one of more than a million characters, and more than a million lines.
    """
    for number, line in enumerate(sources.text(data).split("\n"), start=1):
        if number > MOST:
            raise InvalidError(f"more than {MOST:,} lines")
        if len(line) > LONGEST:
            raise InvalidError(f"line {number} has more than {LONGEST:,} characters")
        if line and not line.isspace():
            yield sources.mapping(_plain(line, number), f"line {number}")


def _plain(line: str, number: int) -> Any:
    """The data of a line; of one that may be deep or hold half a character by the reader that looks for these."""
    if "\\ud" not in line and "\\uD" not in line and line.count("{") + line.count("[") <= DEEPEST:
        with suppress(ValueError):
            return json_data.decode(line)
    try:
        return sources.plain(line, "json")
    except InvalidError as error:
        raise InvalidError(f"line {number}: {str(error).rpartition(', line ')[0]}") from None
