"""The versions that lie in a folder registry, in order of their paths: of every model, of one, or of some."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from letpass.diagnostics import Diagnostic, RecordError, RegistryError
from letpass.facts.record import Record
from letpass.registries import files, recordless, state, walking


def versions(root: Path, name: str, model: str = "") -> Iterator[Record | Diagnostic]:
    """All versions in order of their paths, of one model or of every one.

    A version that the state file says to serve, and of which there is no record, is a fault.  Raises `RecordError`
    where the registry is not there, and for what could be no model's name.  `name`: the registry's.
    """
    if model:
        files.checked(f"{model}@1")
    else:
        _not_gone(root, name)
    folder = root / model
    known = defaultdict[Path, set[str]](set)  # versions, by the folders in which they lie
    for found in walking.walk(folder, links=True, registry=root) if folder.is_dir() else ():
        if isinstance(found, RecordError):
            yield from found.diagnostics
            continue
        for record in found:
            path = Path(record.document.source.name) if record.document is not None else folder
            known[path.parent].add(record.text("version"))
            if not model or path.parent == folder or record.text("model") == model:
                yield record
    for path in sorted(folder.rglob(state.FILE) if folder.is_dir() else ()):
        yield from recordless.faults(path, known[path.parent])


def of_models(
    root: Path, name: str, has: Callable[[str], bool]
) -> Iterator[tuple[tuple[str, ...], Record | Diagnostic]]:  # fmt: skip
    """What `versions` gives of the models that `has` says, in its order, each with its place in that: of other folders nothing
    but the names of what lies there is read.

    Raises as `versions`, and `RecordError` for a record that lies in another folder than its model's.
    """
    _not_gone(root, name)
    paths, unread = walking.listed(root, having=has)
    for number, error in enumerate(unread):
        for fault in error.diagnostics:
            yield ("0", f"{number:09}"), fault
    known = defaultdict[Path, set[str]](set)
    now = root

    def passed() -> Iterator[Path]:
        nonlocal now
        for now in paths:  # noqa: UP028 - it is known then which one was looked at
            yield now

    for found in walking.among(passed(), root, links=True, registry=root):
        items: Sequence[Record | Diagnostic] = found.diagnostics if isinstance(found, RecordError) else found
        for number, each in enumerate(items):
            if isinstance(each, Record):
                _in_its_place(root, each, now)
                known[now.parent].add(each.text("version"))
            yield ("1", *now.relative_to(root).parts, f"{number:09}"), each
    for path in paths:
        if path.name == state.FILE:
            for number, fault in enumerate(recordless.faults(path, known[path.parent])):
                yield ("2", *path.relative_to(root).parts, f"{number:09}"), fault


def _not_gone(root: Path, name: str) -> None:
    if not root.is_dir():
        raise RegistryError.of("GATE307", "the registry's folder is not there", name, "`policy register` begins it")


def _in_its_place(root: Path, record: Record, path: Path) -> None:
    """Raise `RecordError` for a record that lies in another folder than its model's: no part of the folders has all of that."""
    model = record.text("model")
    if model and path.parent != root / model:
        what = f"`{path}` is a record of `{model}` and lies in another folder than that, so that no shard has all of its versions"
        help_ = f"move it to `{root / model}`, or leave `--shard` out"
        raise RecordError.of("GATE433", what, str(path), help_)
