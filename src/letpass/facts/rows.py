"""Python code for the elements of lists, and for measures, written from the schema table.

One function takes a whole list and sorts each value where it stands, without a call for the values that are of the
field's type as they are.  Whatever is not as the table wants it raises `UnusualError`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from letpass.facts import together
from letpass.facts import values as v
from letpass.facts.record import Element
from letpass.facts.shared import UnusualError, places
from letpass.facts.values import Unreadable, Value
from letpass.language.types import Field, Group, Listing, Shape

Row = Callable[[Any, str], tuple[tuple[dict[str, Any], ...], int]]
"""The elements of a list that stands at a path, and how many keys there are in them."""
One = Callable[[dict[str, Any], str], tuple[dict[str, Any], int]]
"""A mapping that stands at a path as an element, and how many keys there are in it."""

_TAKEN = {
    "text": "if type(x) is not str: x = {read}(x)",
    "flag": "if x is not True and x is not False: x = {read}(x)",
    "number": "if type(x) is not float or not -LARGEST <= x <= LARGEST: x = {read}(x)",
    "ratio": "if type(x) is not float or not 0 <= x <= 1: x = {read}(x)",
    "order": "if type(x) is not str or x not in {words}: x = {read}(x)",
    "count": "x = float(x) if type(x) is int and 0 <= x <= EXACT else {read}(x)",
}
"""How a value of a kind is taken: as it is where it can be, else as it is read."""


def functions(shapes: Mapping[str, Shape]) -> tuple[Row, One]:
    """The functions for a list of mappings with such fields, and for one mapping."""
    names: dict[str, Any] = {"LARGEST": v.LARGEST, "EXACT": v.EXACT, "UnusualError": UnusualError, "places": places}
    body = _element(shapes, names)
    source = "\n".join(
        [
            "def row(raw, path):",
            "    if type(raw) is not list: raise UnusualError",
            "    keys = 0",
            "    pieces = []",
            "    for e, p in zip(raw, places(path, len(raw))):",
            "        if type(e) is not dict: raise UnusualError",
            *(f"        {line}" for line in body),
            "        pieces.append(f)",
            "    return tuple(pieces), keys",
            "def one(e, p):",
            "    if type(e) is not dict: raise UnusualError",
            "    keys = 0",
            *(f"    {line}" for line in body),
            "    return f, keys",
        ]
    )
    # the text is our own: of the table it holds the names of fields alone
    exec(compile(source, "<reader of elements>", "exec"), names)  # noqa: S102
    return names["row"], names["one"]


def _element(shapes: Mapping[str, Shape], names: dict[str, Any]) -> list[str]:
    """The lines that make the piece `f` of the mapping `e` at the place `p`."""
    lines = ["keys += len(e)", "f = {'@': p}", "for k, x in e.items():"]
    word = "if"
    for at, (key, shape) in enumerate(shapes.items()):
        lines.append(f"    {word} k == {key!r}:")
        word = "elif"
        if isinstance(shape, Field):
            names[f"read{at}"] = checked(v.reader(shape))
            taken = "x = {read}(x)" if shape.least else _TAKEN.get(shape.type.kind, "x = {read}(x)")
            lines.append("        " + taken.format(read=f"read{at}", words=shape.type.symbols))
        else:
            assert isinstance(shape, Listing | Group)
            row, one = functions(shape.fields)
            names[f"read{at}"] = row if isinstance(shape, Listing) else one
            lines += [f"        x, n = read{at}(x, p + {'.' + key!r})", "        keys += n"]
        lines.append(f"        f[{key!r}] = x")
    lines.append("    else: raise UnusualError")
    for field, among in together.FIELDS:
        if field in shapes:
            names[f"read_{field}"] = _whole(among)
            lines.append(f"if {field!r} in f: read_{field}(f)")
    required = [k for k, s in shapes.items() if isinstance(s, Field) and s.required and k != "value"]
    lines += [f"if {key!r} not in f: raise UnusualError" for key in required]
    return lines


def _whole(among: Callable[[Element], Element]) -> Callable[[Element], None]:
    """A function of a piece that raises `UnusualError` where a mapping in it does not fit the rest."""

    def read(piece: Element) -> None:
        if "@bad" in among(piece):
            raise UnusualError

    return read


def checked(reader: Callable[[Any], Value]) -> Callable[[Any], Value]:
    """A function of a value that raises `UnusualError` where it cannot be read."""

    def read(value: Any) -> Value:
        found = reader(value)
        if isinstance(found, Unreadable):
            raise UnusualError
        return found

    return read
