"""Paths of values in a document, such as `metrics.accuracy.slices[3].value`."""

from __future__ import annotations

import json
import re

DEEPEST = 60
"""So many mappings and lists may lie inside each other."""
_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")


def join(path: str, key: str) -> str:
    """The path of a mapping's value: `metrics.recall`, `metrics["box AP"]`."""
    if _BARE.match(key):
        return f"{path}.{key}" if path else key
    return f"{path}[{json.dumps(key, ensure_ascii=False)}]"


def key_path(path: str) -> str:
    """Where the key of a mapping's value stands, as a path to ask `span` for."""
    return f"{path}#key"


def parent(path: str) -> str:
    """The path without its last step."""
    if path.endswith('"]'):
        return path[: path.rindex('["')]
    if path.endswith("]"):
        return path[: path.rindex("[")]
    return path.rpartition(".")[0]
