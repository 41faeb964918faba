"""The one byte form of a value, and its digest: JSON after RFC 8785 (JCS)."""

from __future__ import annotations

import hashlib
import json
import math
from typing import Any

_EXACT = 2**53
_string = json.JSONEncoder(ensure_ascii=False).encode


def canonical(value: Any) -> bytes:
    """`value` (None, bool, int, float, str, lists and string-keyed mappings) as canonical UTF-8 JSON.

    Raises ValueError for what has no one form: NaN, infinities, integers beyond 2**53, lone surrogates.
    """
    return _text(value).encode("utf-8")


def digest(value: Any) -> str:
    """`sha256:` and the hexadecimal digest of the canonical form."""
    return digest_bytes(canonical(value))


def digest_bytes(data: bytes) -> str:
    """`sha256:` and the hexadecimal digest of bytes."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _text(value: Any) -> str:
    if value is None or value is True or value is False:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, int):
        if abs(value) > _EXACT:
            raise ValueError(f"{value} has no exact form as a JSON number")
        return str(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, list | tuple):
        return "[" + ",".join([_text(v) for v in value]) + "]"
    if isinstance(value, dict):
        # RFC 8785 section 3.2.3: keys are ordered by their UTF-16 code units.
        keys = sorted(value, key=lambda k: k.encode("utf-16-be"))
        return "{" + ",".join([f"{_string(k)}:{_text(value[k])}" for k in keys]) + "}"
    raise ValueError(f"a {type(value).__name__} has no canonical form")


def _number(value: float) -> str:
    """A double as ECMAScript prints it (RFC 8785 section 3.2.2.3)."""
    if not math.isfinite(value):
        raise ValueError(f"{value} has no form in JSON")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    digits, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = digits.partition(".")
    fraction = "" if fraction == "0" else fraction
    point = len(whole) + int(exponent or 0)
    mantissa = (whole + fraction).lstrip("0")
    point -= len(whole + fraction) - len(mantissa)
    mantissa = mantissa.rstrip("0")
    count = len(mantissa)
    if count <= point <= 21:
        return sign + mantissa + "0" * (point - count)
    if 0 < point <= 21:
        return sign + mantissa[:point] + "." + mantissa[point:]
    if -6 < point <= 0:
        return sign + "0." + "0" * -point + mantissa
    tail = f"e{'+' if point > 0 else '-'}{abs(point - 1)}"
    return sign + mantissa[0] + ("." + mantissa[1:] if count > 1 else "") + tail
