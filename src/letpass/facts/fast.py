"""JSON texts to records in one pass, where everything is as the schema wants it.

text ─▶ data ─▶ record        anything unusual ─▶ None: `document.read` and `reader.read` read it, and say what is wrong
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from letpass.diagnostics import Source
from letpass.facts.decoding import Decoder, most_keys
from letpass.facts.document import LARGEST, Document, is_json, of_json
from letpass.facts.record import Record
from letpass.facts.shared import UnusualError

if TYPE_CHECKING:
    from letpass.facts.sorting import Sorted

ENOUGH = 1 << 17
"""Characters after which it is worth the time that it takes to make the functions."""


class Reader:
    """Reads the records of texts, once so many characters have gone by."""

    def __init__(self, enough: int = ENOUGH, decoder: Decoder | None = None) -> None:
        self.left: int | None = enough
        self.sorted: type[Sorted]
        self.decoder = decoder or Decoder()

    def read(self, source: Source) -> Record | None:
        """The record in a JSON text, None where that is not for this function to say.

        What it gives is what `reader.read(document.read(source))` gives.
        """
        text = source.text
        if len(text) > LARGEST or not is_json(source) or self._waits(len(text)):
            return None
        try:
            data = self.decoder.decode(text)
            if type(data) is not dict:
                return None
            found = self.sorted(data)
            return found.record(of_json(source)) if found.keys == most_keys(text) else None
        except (UnusualError, ValueError):
            return None

    def sort(self, document: Document) -> Record | None:
        """The record in a document that has been read; what it gives is what `reader.read` gives."""
        if type(document.data) is not dict or self._waits(len(document.source.text)):
            return None
        try:
            return self.sorted(document.data).record(document)
        except UnusualError:
            return None

    def _waits(self, length: int) -> bool:
        """Is it too early, with so many characters more; may be asked by several threads at once."""
        left = self.left
        if left is None:
            return False
        if left > length:
            self.left = left - length
            return True
        from letpass.facts.sorting import Sorted

        self.sorted = Sorted
        self.left = None
        return False


ALL = Reader()
"""Reads the records of this process."""
