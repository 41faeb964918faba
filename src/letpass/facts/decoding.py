"""JSON texts to plain data as fast as the decoders at hand allow, and how many keys a text has at most.

No fast decoder tells that a key stands twice.  Every key is followed by a colon, with nothing but white space between
it and the quotation mark before it: a text has no more keys than places where a colon follows one of these.  Where the
mappings that were decoded have as many keys together, none of them stood twice.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

ENOUGH = 1 << 20
"""Characters after which orjson, where it is installed, is worth the time that its import takes."""


def _no_number(text: str) -> Any:
    raise ValueError(f"`{text}` is no JSON")


_standard: Callable[[str], Any] = json.JSONDecoder(parse_constant=_no_number).decode


class Decoder:
    """Decodes JSON texts: the standard library's decoder, and orjson once many characters were decoded."""

    def __init__(self, enough: int = ENOUGH) -> None:
        self.left = enough
        self.fast: Callable[[str | bytes], Any] | None = None

    def decode(self, text: str) -> Any:
        """The data in a text, of mappings with a key that stands twice one value; raises `ValueError`.

        What the json module reads differently from JSON's standard is refused: NaN, infinities, halves of characters.
        """
        if self.fast is not None:
            # a text in other letters would keep a second copy of itself, in UTF-8
            return self.fast(text if text.isascii() else text.encode())
        if "\\ud" in text or "\\uD" in text:
            raise ValueError("perhaps half a character")
        self.left -= len(text)
        if self.left < 0:
            self._find()
        try:
            return _standard(text)
        except RecursionError:
            raise ValueError("nested too deeply") from None

    def _find(self) -> None:
        """Take orjson from here on, where it is there."""
        try:
            from orjson import loads
        except ImportError:
            self.left = 1 << 62
        else:
            self.fast = loads


def most_keys(text: str) -> int:
    """As many keys as the mappings of a JSON text have, or more."""
    most = text.count('":')
    for space in " \n\r\t":
        # the last place is found faster than all are counted, and most texts have none
        if space in text and text.rfind(f"{space}:") >= 0:
            most += text.count(f"{space}:")
    return most
