"""How something was measured, as a digest: two numbers are comparable only where it is the same, besides the cases."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from letpass import canonical
from letpass.facts.values import Plain

_PINNED = re.compile(
    r"(?:19|20)\d\d-?[01]\d(?:-?[0-3]\d)?(?!\d)|@[0-9a-f]{7,64}\b|sha256[:-][0-9a-f]{12,}", re.IGNORECASE
)
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
"""Where a function lies in memory, which lm-eval writes for one that it cannot write."""


def digest(tool: str, version: str, **how: Any) -> str | None:
    """The digest of how a tool measured, None where something of it has no one form; what is None or empty says nothing."""
    said = {"tool": tool, "version": major(version), **{k: v for k, v in how.items() if v is not None and v != {}}}
    try:
        return canonical.digest(_exact(said))
    except ValueError:
        return None


def major(version: str) -> str:
    """The part of a version in which what a tool measures may change: the first number, of `0.4.13` the first two."""
    parts = version.split(".")
    return ".".join(parts[:2] if parts[0] == "0" else parts[:1])


def pinned(models: Iterable[str]) -> bool:
    """Do names of models say which ones they are: each has a date, a commit or a digest.  `gpt-4o` is another one tomorrow."""
    return all(_PINNED.search(model) for model in models)


def _exact(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _exact(v) for k, v in value.items() if v is not None}
    if isinstance(value, list | tuple):
        return [_exact(v) for v in value]
    if isinstance(value, Plain):
        raise ValueError(f"{value} has no form in JSON")
    return _ADDRESS.sub("", value) if isinstance(value, str) else value
