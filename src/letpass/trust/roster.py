"""A list of people for the trust file: CSV with a line for each, as a directory or a spreadsheet writes it.

person,aliases,key,roles
vera@corp.example,Vera V.; V. Vera,keys/vera.pub,validator; risk
anna@corp.example,,,
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

from letpass import disk
from letpass.diagnostics import InvalidError, TrustError
from letpass.frozen import Frozen
from letpass.trust import drafting, strict
from letpass.trust.drafting import Document
from letpass.trust.naming import is_identity
from letpass.trust.signing import read_key

COLUMNS = ("person", "aliases", "key", "roles")
LARGEST = 16 << 20  # bytes of a list


class Line(Frozen):
    """One person of a list.  `key`: the path of their public key, beside the list; empty where none is named."""

    person: str
    aliases: tuple[str, ...] = ()
    key: str = ""
    roles: tuple[str, ...] = ()


def take(document: Document, path: Path) -> tuple[Line, ...]:
    """Add the people of a list to a trust file's document, with their aliases, keys and roles; who they are.

    Raises `TrustError` for a list or a key that cannot be read.
    """
    found = load(path)
    for line in found:
        key = read_key(path.parent / Path(line.key).expanduser()) if line.key else None
        drafting.add_person(document, line.person, key, line.aliases, {})
        for role in line.roles:
            drafting.add_role(document, role, [line.person], None, (), ())
    return found


def load(path: Path) -> tuple[Line, ...]:
    """The people of a file; raises `TrustError` where it is no list of people."""
    try:
        return read(disk.read(path, LARGEST))
    except OSError as error:
        raise TrustError.of("GATE410", f"cannot read the list: {disk.reason(error)}", str(path)) from None
    except InvalidError as error:
        raise TrustError.of("GATE410", f"no list of people: {error}", str(path)) from None


def read(data: bytes) -> tuple[Line, ...]:
    """The people of a list; raises `InvalidError` with the first line that is wrong.

    The first line names the columns, of which `person` is needed.  Several aliases or roles stand in one cell with `;` between
    them.  Empty lines, and those that begin with `#`, are passed over.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidError(f"not UTF-8: byte {error.start}") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    columns: list[str] | None = None
    found: dict[str, Line] = {}
    try:
        for cells in reader:
            given = [cell.strip() for cell in cells]
            if not any(given) or given[0].startswith("#"):
                continue
            if columns is None:
                columns = _columns(given)
                continue
            line = _line(dict(zip(columns, given, strict=False)), len(given), len(columns), reader.line_num)
            if line.person in found:
                raise InvalidError(f"line {reader.line_num}: `{line.person}` stands there twice")
            found[line.person] = line
    except csv.Error as error:
        raise InvalidError(f"line {reader.line_num}: {error}") from None
    if not found:
        raise InvalidError("it names nobody")
    return tuple(found.values())


def _columns(given: list[str]) -> list[str]:
    names = [name.casefold() for name in given]
    odd = next((name for name in names if name not in COLUMNS), None)
    if odd is not None or "person" not in names or len(set(names)) != len(names):
        said = f", and says `{strict.plain(odd)}`" if odd else ""
        raise InvalidError(f"its first line names the columns {', '.join(f'`{c}`' for c in COLUMNS)}{said}")
    return names


def _line(cells: dict[str, str], count: int, columns: int, number: int) -> Line:
    if count > columns:
        raise InvalidError(f"line {number} has {count} cells, and there are {columns} columns")
    person = cells.get("person", "")
    if not is_identity(person):
        shown = strict.plain(person)
        raise InvalidError(
            f"line {number}: `{shown}` names no person; write an address in lower-case ASCII, `name@host`"
        )
    return Line(person, _several(cells.get("aliases", "")), cells.get("key", ""), _several(cells.get("roles", "")))


def _several(cell: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in cell.split(";") if part.strip()))
