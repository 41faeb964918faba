"""A record in plain data, as a program has it: a copy that holds nothing but what JSON has."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from letpass.diagnostics import RecordError
from letpass.facts import scalars
from letpass.facts.paths import DEEPEST, join

RECORD = "<record>"
"""How messages call a record that has no name."""


def text_of(record: Mapping[Any, Any]) -> str:
    """A record in plain data as JSON: scalars of NumPy's and PyTorch's, moments with their zone, days and paths are taken as what
    they say; raises `RecordError` for what else JSON does not have, of which nothing is guessed.

    NaN and infinities stay: they are no numbers, and no rule takes them for one.
    """
    try:
        return json.dumps(_plain(record, "", 0))
    except ValueError:
        raise RecordError.of("GATE305", "a number too long", RECORD) from None


def _plain(value: Any, path: str, depth: int) -> Any:
    """A copy that holds nothing but what JSON has."""
    if depth > DEEPEST:  # a cycle too
        raise _refused("GATE305", "nested too deeply, or in a circle", path, f"the deepest is {DEEPEST}")
    if isinstance(value, Mapping):
        copied: dict[str, Any] = {}
        for key, inner in value.items():
            if not isinstance(key, str):
                raise _refused(
                    "GATE302", f"a key is a text, and no {type(key).__name__}", path, 'write `"name": value`'
                )
            if str(key) in copied:  # texts of the caller's own kind may be equal, and stand in one mapping all the same
                raise _refused("GATE303", f"the key `{key}` stands twice in one mapping", path, "keep one")
            copied[str(key)] = _plain(inner, join(path, key), depth + 1)
        return copied
    if isinstance(value, list | tuple):
        return [_plain(v, f"{path}[{n}]", depth + 1) for n, v in enumerate(value)]
    if value is None or isinstance(value, bool | str):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, int | float):
        return int(value) if isinstance(value, int) else float(value)
    try:
        return scalars.plain(value)
    except scalars.NotPlainError as error:
        raise _refused("GATE302", str(error), path, error.help) from None


def _refused(code: str, what: str, path: str, help_: str) -> Exception:
    return RecordError.of(code, f"`{path}`: {what}" if path else what, RECORD, help_)
