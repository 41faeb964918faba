"""JSON texts to records in one pass, where everything is as the schema wants it.

text ─▶ data ─▶ record        anything unusual ─▶ None: `document.read` and `reader.read` read it, and say what is wrong
"""

from __future__ import annotations

from letpass.diagnostics import Source
from letpass.facts.decoding import Decoder, most_keys
from letpass.facts.document import LARGEST, is_json
from letpass.facts.record import Record

ENOUGH = 1 << 17
"""Characters after which it is worth the time that it takes to make the functions."""


class Reader:
    """Reads the records of JSON texts, once so many characters have gone by."""

    def __init__(self, enough: int = ENOUGH, decoder: Decoder | None = None) -> None:
        self.left = enough
        self.decoder = decoder or Decoder()

    def read(self, source: Source) -> Record | None:
        """The record in a JSON text, None where that is not for this function to say.

        What it gives is what `reader.read(document.read(source))` gives.
        """
        text = source.text
        if len(text) > LARGEST or not is_json(source):
            return None
        if self.left > 0:
            self.left -= len(text)
            if self.left > 0:
                return None
        from letpass.facts.rows import UnusualError
        from letpass.facts.sorting import Sorted

        try:
            data = self.decoder.decode(text)
            if type(data) is not dict:
                return None
            found = Sorted(data)
            return found.record(source) if found.keys == most_keys(text) else None
        except (UnusualError, ValueError):
            return None


read = Reader().read
