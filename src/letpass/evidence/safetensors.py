"""Weights in the format safetensors: a length, a JSON header that names tensors, and their bytes without a gap."""

from __future__ import annotations

import json
from math import prod
from typing import Any

from letpass.diagnostics import InvalidError

LARGEST_HEADER = 100_000_000  # bytes, as the format limits it
_BITS = {
    **dict.fromkeys(["BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"], 8),
    **dict.fromkeys(["I16", "U16", "F16", "BF16"], 16),
    **dict.fromkeys(["I32", "U32", "F32"], 32),
    **dict.fromkeys(["I64", "U64", "F64", "C64"], 64),
    **dict.fromkeys(["F4"], 4),
    **dict.fromkeys(["F6_E2M3", "F6_E3M2"], 6),
}


def is_one(head: bytes, size: int) -> bool:
    """Are these the first bytes of a safetensors file of this size, which hold its header, and is it one to its last byte.

    The tensors must fill what stands behind the header, each byte once, in the length of their type and shape.
    """
    length = int.from_bytes(head[:8], "little")
    if len(head) < 8 or not 2 <= length <= LARGEST_HEADER or 8 + length > len(head) or head[8:9] != b"{":
        return False
    try:
        header = json.loads(head[8 : 8 + length].decode("utf-8"), object_pairs_hook=_once)
        metadata = header.pop("__metadata__", {})
        if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
            return False
        spans = sorted(_span(tensor) for tensor in header.values())
    except (ValueError, TypeError, KeyError, RecursionError):
        return False
    at = 0
    for begin, end in spans:
        if begin != at:
            return False
        at = end
    return at == size - 8 - length


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise InvalidError("a key stands twice")
    return found


def _span(tensor: dict[str, Any]) -> tuple[int, int]:
    """Where a tensor's bytes are; raises `ValueError` where they are not as many as its type and shape take."""
    if tensor.keys() != {"dtype", "shape", "data_offsets"}:
        raise InvalidError("a tensor has other fields")
    (begin, end), shape = tensor["data_offsets"], tensor["shape"]
    if not isinstance(shape, list) or not all(type(n) is int and n >= 0 for n in (begin, end, *shape)):
        raise InvalidError("a place or a shape is no count")
    if len(shape) > 64 or _BITS[tensor["dtype"]] * prod(shape) != 8 * (end - begin):
        raise InvalidError("its bytes are not those of its shape")
    return begin, end
