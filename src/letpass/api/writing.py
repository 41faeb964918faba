"""A record written by the program that trained: checked, whole, and read back before anybody else sees it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from letpass import disk
from letpass.api.plain import text_of
from letpass.api.reading import parse_record
from letpass.diagnostics import RecordError, Source
from letpass.facts.record import Record
from letpass.facts.values import Plain
from letpass.registries import files, inplace, state

UNWRITTEN = "GATE307"
"""The code of a file of a record that cannot be read or written."""
_JSON = "write it as `.json`"


def write_record(record: Mapping[str, Any], path: str | os.PathLike[str], *, overwrite: bool = False) -> Record:
    """Write the record of one version, as YAML or JSON by the path's ending, and give it as it was read back.

    record: in plain data, in which scalars of NumPy's and PyTorch's, moments with their zone, days and paths are what they say ·
    overwrite: also where there is a file already.  Folders on the way are made.  The file is there whole or not at all.

    Raises `RecordError` for what is no record, with the nearest name of an unknown field, for another ending, for a file that is
    there already, and where it cannot be written.
    """
    target = Path(path)
    name = disk.shown(target)
    if target.suffix not in files.SUFFIXES:
        raise RecordError.of(
            UNWRITTEN,
            f"`{name}` ends in none of {', '.join(files.ENDINGS)}",
            name,
            f"write `{disk.shown(target.with_suffix('.yaml'))}`",
        )
    plain, wanted = json.loads(text_of(record)), parse_record(record)
    as_json, lines = target.suffix == ".json", _plainly(plain)
    source = Source(name, json.dumps(plain, ensure_ascii=False, indent=2) + "\n" if as_json else state.dump(lines))
    try:
        (made,) = files.parse(source)
        same = made == wanted and (as_json or inplace.same(files.read(source).data, lines))
    except RecordError as error:  # YAML has less than JSON: no key `<<`, and fewer characters
        raise RecordError.of("GATE304", f"not to be written as YAML: {error.message}", name, _JSON) from None
    if not same:
        raise RecordError.of("GATE304", f"`{made.name}` would not be read back as it is", name, _JSON)
    try:
        data = source.text.encode("utf-8")
    except UnicodeEncodeError as error:
        what = f"a text holds half of a character, U+{ord(source.text[error.start]):04X}"
        raise RecordError.of("GATE304", what, name, "write whole characters") from None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if overwrite:
            disk.replace(target.resolve(), data, durable=True)
        else:
            disk.create(target, data)
    except FileExistsError:
        raise RecordError.of(
            UNWRITTEN,
            f"there is a `{name}` already",
            name,
            "give the version a number of its own, or say `overwrite=True`",
        ) from None
    except OSError as error:
        raise RecordError.of(UNWRITTEN, f"cannot write `{name}`: {disk.reason(error)}", name) from None
    return made


def _plainly(value: Any) -> Any:
    """Plain data of which numbers stand in YAML as they do in JSON: whole ones in full, and what is no number by the same name."""
    if isinstance(value, dict):
        return {key: _plainly(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plainly(inner) for inner in value]
    return Plain(json.dumps(value)) if value is None or type(value) in {int, float} else value
