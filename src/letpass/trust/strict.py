"""A strict JSON reader for what is signed or trusted: a text that two readers could read differently is refused."""

from __future__ import annotations

import base64
import binascii
import json
import re
from datetime import UTC, datetime
from typing import Any

from letpass.diagnostics import InvalidError

DEEPEST = 32
LARGEST_INTEGER = 2**53
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z", re.ASCII)


def plain(text: str) -> str:
    """The beginning of a text in ASCII, for a message."""
    return ascii(text)[1:-1][:60]


class _OddError(InvalidError):
    """A text that JSON allows, and that two readers may read in two ways."""


def loads(data: bytes, largest: int) -> Any:
    """The value of a JSON text.

    Raises `InvalidError`, with a reason for people, for what is longer than `largest` bytes, no UTF-8, nested too deeply,
    or ambiguous: duplicate keys, NaN, infinities, integers beyond 2**53, lone surrogates.
    """
    if len(data) > largest:
        raise InvalidError(f"{len(data):,} bytes are too many; the most is {largest:,}")
    try:
        value = _DECODER.decode(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InvalidError(f"not UTF-8: byte {error.start}") from None
    except RecursionError:
        raise InvalidError(f"nested more than {DEEPEST} deep") from None
    except json.JSONDecodeError as error:
        raise InvalidError(f"no JSON: {error.msg.lower()} at character {error.pos}") from None
    # without an escape there is no lone surrogate in it, and with so few brackets it is not deep
    if b"\\u" in data or data.count(b"{") + data.count(b"[") > DEEPEST:
        _look(value, 0)
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for at, key in enumerate(keys) if key in keys[:at])
        raise _OddError(f"the key `{twice[:60]}` stands twice")
    return found


def _constant(word: str) -> Any:
    raise _OddError(f"`{word}` is no number")


def _integer(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) > LARGEST_INTEGER:
        raise _OddError(f"`{digits[:20]}…` is too large for an exact number")
    return int(digits)


def _float(digits: str) -> float:
    value = float(digits)
    if value in {float("inf"), float("-inf")}:
        raise _OddError(f"`{digits[:20]}` is no finite number")
    return value


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_constant, parse_int=_integer, parse_float=_float)


def _look(value: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise InvalidError(f"nested more than {DEEPEST} deep")
    if isinstance(value, str):
        _whole(value)
    elif isinstance(value, dict):
        for key, inner in value.items():
            _whole(key)
            _look(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _look(inner, depth + 1)


def _whole(text: str) -> None:
    if text.isascii():
        return
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidError("a lone surrogate in a text") from None


def unbase64(text: str, *, url: bool = False) -> bytes:
    """The bytes of a base64 text with its padding; `url`: both alphabets, as DSSE asks of readers.

    Raises `InvalidError` where the text is not the one encoding of its bytes.
    """
    plain = text.replace("-", "+").replace("_", "/") if url else text
    try:
        found = base64.b64decode(plain.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise InvalidError("no base64") from None
    if base64.b64encode(found).decode("ascii") != plain:
        raise InvalidError("base64 with stray bits")
    return found


def base64_of(data: bytes) -> str:
    """The one base64 text of bytes, with its padding."""
    return base64.b64encode(data).decode("ascii")


def instant(text: Any) -> int:
    """A moment as `2027-12-02T09:00:00Z`, in microseconds since 1970; raises `InvalidError`."""
    if not isinstance(text, str) or not _TIME.match(text):
        raise InvalidError("no time such as 2027-12-02T09:00:00Z")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidError("no moment of the calendar") from None
    return int(moment.timestamp()) * 1_000_000


def written(microseconds: int) -> str:
    """A moment to the second, as `instant` reads it."""
    return datetime.fromtimestamp(microseconds // 1_000_000, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
