"""Cases files to cases, and a case to the records that it is about."""

from __future__ import annotations

import copy
import os.path
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from letpass import disk
from letpass.authoring.cases.shapes import KEYS, Case, Derived
from letpass.diagnostics import CaseError, Diagnostic, RecordError, Source, nearest, offer
from letpass.facts import document, reader
from letpass.facts.document import Document
from letpass.facts.paths import join, key_path, parent
from letpass.facts.reader import of_kind
from letpass.facts.record import Holder, Record
from letpass.frozen import Frozen

SUFFIX = ".cases.yaml"
Read = Callable[[Path], str]
"""From a path to its text; raises `CaseError`."""
_LIST = TypeAdapter(list[Case])


def from_disk(path: Path) -> str:
    """The UTF-8 text of a file, read bounded; raises `RecordError`."""
    where = disk.shown(path)
    try:
        with disk.opened(path) as file:
            data = file.read(document.LARGEST * 4 + 1)
        return data.decode("utf-8-sig")
    except OSError as error:
        raise RecordError.of("GATE308", f"cannot read `{disk.shown(path)}`: {disk.reason(error)}", where) from None
    except UnicodeDecodeError as error:
        what = f"`{disk.shown(path)}` is not UTF-8: byte {error.start}"
        raise RecordError.of("GATE308", what, where, "save it as UTF-8") from None


class CaseFile(Frozen):
    """The cases of one file, in order.

    read: how the files are read that its records are in · root: the folder in which those must lie, None: anywhere.
    """

    path: Path
    document: Document
    cases: tuple[Case, ...]
    read: Read = from_disk
    root: Path | None = None

    def line(self, number: int) -> int:
        """The line on which a case begins; `number`: which of them, from 0."""
        return self.document.span(f"[{number}]").line

    def record(self, number: int) -> Record:
        """The record of a case; raises `CaseError`."""
        return of_kind(self._record(f"[{number}].record", self.cases[number].record), self.cases[number].kind)

    def holder(self, number: int) -> Record | Holder:
        """Who holds the target stage in a case; raises `CaseError`."""
        champion = self.cases[number].champion
        if isinstance(champion, dict):
            return of_kind(self._record(f"[{number}].champion", champion), self.cases[number].kind)
        return Holder.UNASKED if champion is None else Holder.NOBODY

    def refuse(self, path: str, message: str, help_: str = "") -> CaseError:
        """What is wrong at a place of the file, ready to raise."""
        return CaseError.of("GATE308", message, self.document.span(path), help_)

    def _record(self, at: str, written: dict[str, Any]) -> Record:
        """A record that is written out, or `from` another file with changes."""
        if "from" not in written:
            return reader.read(self.document.part(at, written))
        try:
            derived = Derived.model_validate(written)
        except ValidationError as error:
            raise CaseError(tuple(_fault(self.document, e, at) for e in error.errors())) from None
        source = self.path.parent / derived.source
        if self.root is not None and not source.resolve().is_relative_to(self.root.resolve()):
            help_ = f"move it below `{disk.shown(os.path.relpath(self.root))}`"
            raise self.refuse(f"{at}.from", f"`{derived.source}` lies outside the policy root", help_)
        if not source.is_file() and self.read is from_disk:
            raise self.refuse(f"{at}.from", f"there is no `{derived.source}`", f"looked for it at {disk.shown(source)}")
        base = document.read(Source(disk.shown(source), self.read(source)))
        data = copy.deepcopy(base.data)
        for place, value in derived.set.items():
            try:
                inner, last = _inside(data, place.split("."), make=True)
                inner[last] = value
            except (LookupError, ValueError, TypeError):
                raise self.refuse(join(f"{at}.set", place), f"`{place}` is no place of `{derived.source}`") from None
        for number, place in enumerate(derived.remove):
            try:
                inner, last = _inside(data, place.split("."), make=False)
                del inner[last]
            except (LookupError, ValueError, TypeError):
                help_ = "a `remove` that has lost its field would test nothing"
                what = f"`{derived.source}` has no `{place}` to remove"
                raise self.refuse(f"{at}.remove[{number}]", what, help_) from None
        return reader.read(base, data)


def load(path: Path, read: Read = from_disk, root: Path | None = None) -> CaseFile:
    """The cases of a file; raises `CaseError` with all that is wrong with it at once, `RecordError` for what is no list of cases.

    Read as records are: duplicate keys, anchors and tags are errors, and a bare date stays a text.
    """
    begins = "write `- name: …` for each case"
    found = document.read(Source(disk.shown(path), read(path)), begins=begins)
    if not isinstance(found.data, list) or not found.data:
        what = "a cases file is a list of cases, and has at least one"
        raise RecordError.of("GATE308", what, found.span(""), begins)
    try:
        cases = tuple(_LIST.validate_python(found.data))
    except ValidationError as error:
        faults = [_fault(found, e, "") for e in error.errors()]
        raise CaseError(tuple(sorted(faults, key=lambda d: d.order))) from None
    seen: dict[str, int] = {}
    for number, case in enumerate(cases):
        first = seen.setdefault(case.name, number)
        if first != number:
            what = f"the case `{case.name}` is already on line {found.span(f'[{first}]').line}"
            where = found.span(f"[{number}].name")
            raise RecordError.of("GATE308", what, where, "a case is found by its name; give it another")
    return CaseFile(path, found, cases, read, root)


def _fault(where: Document, error: Any, at: str) -> Diagnostic:
    """What pydantic found, as ours; `at`: the path that its own paths begin behind."""
    path = at
    for step in error["loc"]:
        path = f"{path}[{step}]" if isinstance(step, int) else join(path, step)
    words = [step for step in (*_steps(at), *error["loc"]) if isinstance(step, str)]
    if error["type"] == "extra_forbidden":
        keys = _keys(words[:-1])
        help_ = offer(nearest(words[-1], keys)).replace("a name like it", "a key like it")
        help_ = help_ or "keys are " + ", ".join(f"`{k}`" for k in keys)
        return Diagnostic("GATE308", f"unknown key `{words[-1]}`", where.span(key_path(path)), help_)
    if error["type"] == "missing":
        what = "this" if len(words) > 1 else "the case"
        return Diagnostic("GATE308", f"{what} has no `{words[-1]}`", where.span(parent(path)))
    if error["type"] in {"model_type", "model_attributes_type", "dataclass_type", "dict_type"}:
        what = f"`{words[-1]}`" if words else "a case"
        return Diagnostic("GATE308", f"{what} is a mapping", where.span(path))
    said = str(error["msg"]).removeprefix("Value error, ").replace("Input should", "it should").replace("'", "`")
    name = f"`{words[-1]}`: " if words else ""
    return Diagnostic("GATE308", f"{name}{said[:1].lower()}{said[1:]}", where.span(path))


def _steps(at: str) -> list[str]:
    return [at.rpartition(".")[2]] if at else []


def _keys(words: list[str]) -> list[str]:
    shape: type[BaseModel] | None = KEYS.get(words[-1] if words else "")
    return [field.alias or name for name, field in shape.model_fields.items()] if shape is not None else []


def _inside(data: Any, steps: list[str], *, make: bool) -> tuple[Any, str | int]:
    """The mapping or list that holds the last step, and that step; missing mappings on the way are made."""
    for step in steps[:-1]:
        at = int(step) if isinstance(data, list) else step
        if make and isinstance(data, dict):
            data.setdefault(at, {})
        data = data[at]
    return data, int(steps[-1]) if isinstance(data, list) else steps[-1]
