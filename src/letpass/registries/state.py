"""What changes while versions live, in one file for each model: `models/NAME/state.yaml`.

    "4":
      stage: production
      deployments:
      - endpoint: https://fraud.corp.example
        since: 2026-11-20T10:00:00Z

One file, so that a move of two versions (one comes, the other is archived) is one replacement of it, and so that two
branches which move two versions meet in the same lines when they are merged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from letpass import disk
from letpass.diagnostics import RecordError, Source, nearest, offer
from letpass.facts import document
from letpass.facts.document import Document
from letpass.facts.paths import join, key_path
from letpass.facts.schema import LATER
from letpass.facts.values import Plain, anything

FILE = "state.yaml"
HEAD = (
    "# who holds which stage, and what is served where: written by `policy promote`, `deploy`, `observe` and `retire`\n"
)


def beside(record: Path) -> Path:
    """The state file of the model that a record file is a version of."""
    return record.parent / FILE


States = dict[Path, Document | None]
"""The states of models, by their folders, as far as they were read for one command."""


def of(folder: Path, states: States) -> Document | None:
    """The state of the model in a folder, read once; raises as `read`."""
    if folder not in states:
        states[folder] = read(folder / FILE)
    return states[folder]


def read(path: Path) -> Document | None:
    """The state in a file, None where there is none; raises `RecordError` for a file that is none."""
    try:
        data = disk.read(path, document.LARGEST_YAML, links=True)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RecordError.of("GATE307", f"cannot read `{path}`: {disk.reason(error)}", disk.shown(path)) from None
    try:
        return parse(Source(disk.shown(path), data.decode("utf-8")))
    except UnicodeDecodeError as error:
        raise RecordError.of(
            "GATE304", f"not UTF-8: byte {error.start}", disk.shown(path), "save it as UTF-8"
        ) from None


def parse(source: Source) -> Document | None:
    """The state in a text, None where it is the record of a version that is called `state`; raises `RecordError`."""
    found = document.read(source, begins='write `"4": …`')
    if isinstance(found.data, dict) and _is_record(found.data):
        return None
    if not isinstance(found.data, dict):
        raise RecordError.of("GATE302", "a state file is a mapping of versions", found.span(""), 'write `"4": …`')
    for version, said in found.data.items():
        if not isinstance(said, dict):
            raise RecordError.of("GATE302", f"`{version}` is a mapping", found.span(join("", version)))
        for key in said.keys() - LATER:
            place = found.span(key_path(join(join("", version), key)))
            known = ", ".join(f"`{k}`" for k in sorted(LATER))
            help_ = offer(nearest(key, LATER)) or f"a state file holds {known}; the rest stands in the record"
            raise RecordError.of("GATE301", f"unknown field `{key}`", place, help_)
    return found


def _is_record(data: Mapping[str, Any]) -> bool:
    """Is a mapping the record of a version, and no state of versions that are called `model` and `version`."""
    return {"model", "version"} <= data.keys() and not (
        isinstance(data["model"], dict) and isinstance(data["version"], dict)
    )


def applied(base: Document, found: Document | None) -> Document:
    """A record's document with what the state file says of its version."""
    version = base.data.get("version") if isinstance(base.data, dict) else None
    if found is None or not isinstance(version, str) or version not in found.data:
        return base
    return base.with_state(found, str(version))


def changed(path: Path, changes: Mapping[str, Mapping[str, Any]]) -> bytes:
    """The text of a state file with other fields of some versions; a field of None goes.

    The caller sees to it that nobody else changes it at the same time.
    """
    found = read(path)
    data = {str(v): dict(said) for v, said in found.data.items()} if found else {}
    for version, said in changes.items():
        kept = {**data.get(version, {}), **said}
        data[version] = {k: kept[k] for k in sorted(kept) if kept[k] is not None}
    return text({v: said for v, said in data.items() if said})


def text(data: Mapping[str, Any]) -> bytes:
    """A state file's bytes, read back: what would not read the same is never written."""
    made = HEAD + (dump(data) if data else "{}\n")
    parse(Source(FILE, made))
    return made.encode("utf-8")


def dump(data: Mapping[str, Any] | Sequence[Any], *, flow: bool = False) -> str:
    """Plain data as YAML; texts that YAML might take for something else stand in quotation marks.  `flow`: between brackets."""
    import yaml

    class Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
        """Knows scalars that stood without quotation marks, and writes nothing twice by reference."""

        def ignore_aliases(self, _: object) -> bool:
            return True

    Dumper.add_representer(Plain, _plainly)
    Dumper.add_representer(str, _as_text)
    data = dict(data) if isinstance(data, Mapping) else list(data)
    made: str = yaml.dump(
        data, Dumper=Dumper, allow_unicode=True, sort_keys=False, width=1 << 20, default_flow_style=flow
    )
    return made


def _as_text(dumper: Any, value: str) -> Any:
    """A text: in quotation marks where records take it for a number, also one like `1e5` that is none in YAML 1.1."""
    style = None if anything(Plain(value)) == value else "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style)


def _plainly(dumper: Any, value: Plain) -> Any:
    """A scalar that stood without quotation marks stands without them again."""
    from yaml import ScalarNode

    return dumper.represent_scalar(dumper.resolve(ScalarNode, str(value), (True, False)), str(value))
