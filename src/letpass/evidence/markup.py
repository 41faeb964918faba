"""XML as tools write it, read element by element in one pass: linear in its length, however its elements are nested.

Entities that grow, or that bring in files and addresses, can be declared within a document type alone, which the parser's own
handler refuses before any of it is read; expat itself opens no file and no address.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NoReturn
from xml.parsers import expat

from letpass.diagnostics import InvalidError

_BEGINS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb": "utf-8"}

Begin = Callable[[str, Mapping[str, str]], None]
End = Callable[[], None]


def walk(data: bytes, begin: Begin, end: End) -> None:
    """Tell of every element where it begins and where it ends.

    Names of elements and attributes come in lower case and without their namespace.  The encoding is that of the byte order
    mark, else the declared one, else UTF-8 (XML 1.0, 4.3.3 and F).  Raises `InvalidError` for what is no XML, in an
    encoding that is not known, or declares a document type.
    """
    # expat asks for an encoding by its name, and believes it before the declaration
    parser = expat.ParserCreate(_BEGINS.get(data[:2]), namespace_separator=" ")
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.StartElementHandler = lambda name, attributes: begin(_bare(name), _named(attributes))
    parser.EndElementHandler = lambda _: end()
    try:
        parser.Parse(data, True)
    except InvalidError:
        raise
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise InvalidError(f"no XML: {error}") from None


def _refuse(*_: object) -> NoReturn:
    raise InvalidError("a document type has no place in a test report")


def _named(attributes: Mapping[str, str]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for key, value in attributes.items():
        if found.setdefault(_bare(key), value) != value:
            raise InvalidError(f"the attribute `{_bare(key)[:40]}` stands twice, and says two things")
    return found


def _bare(name: str) -> str:
    return name.rpartition(" ")[2].lower()
