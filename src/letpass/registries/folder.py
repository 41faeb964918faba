"""The embedded registry: a folder of records, `models/NAME/VERSION.yaml`, statements beside them, no server."""

from __future__ import annotations

import codecs
import fcntl
import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from letpass import disk
from letpass.diagnostics import Diagnostic, RecordError, RegistryError, UnreachableError
from letpass.facts.record import Holder, Record
from letpass.facts.schema import LATER
from letpass.move import ARCHIVED, Stage
from letpass.registries import carried, editing, files, folder_listing, folder_runs, references, state
from letpass.registries.holding import Holding
from letpass.registries.interface import OUT_OF_REACH, Beside, Change, Run, parts_of

_IDENTITY = re.compile(r"registry-[0-9a-f]{32}")


class Folder:
    """A folder registry.  `name`: as the configuration says it; `aliases`: other names of stages, folded, and the stage."""

    remote = False

    def __init__(self, root: Path, name: str, aliases: Mapping[str, Stage]) -> None:
        self.root, self.name, self.aliases = root, name, aliases
        self._own: dict[
            tuple[str, str, str], Path | None
        ] = {}  # where, by path, model and version, until something is written here
        self.holding = Holding(root)  # as long

    def identity(self, *, make: bool = False) -> str:
        """The name in the file `.registry`, nothing where there is none; `make`: write one."""
        path = self.root / files.IDENTITY
        try:
            found = disk.read(path, 200).decode("ascii", "replace").strip()
        except (FileNotFoundError, NotADirectoryError):
            if not make:
                return ""
        except OSError as error:
            raise UnreachableError.of(OUT_OF_REACH, f"cannot read `{path}`: {disk.reason(error)}", self.name) from None
        else:
            if _IDENTITY.fullmatch(found):
                return found
            help_ = "bring it back as git has it: one line, `registry-` and 32 hexadecimal digits"
            raise UnreachableError.of(OUT_OF_REACH, f"`{path}` holds no registry's name", self.name, help_)
        try:
            from secrets import token_hex

            path.parent.mkdir(parents=True, exist_ok=True)
            disk.create(path, f"registry-{token_hex(16)}\n".encode("ascii"))
        except FileExistsError:
            pass  # of two who name it at once one wins, and both get that name
        except OSError as error:
            raise UnreachableError.of(OUT_OF_REACH, f"cannot write `{path}`: {disk.reason(error)}", self.name) from None
        return self.identity()

    def workspace(self) -> str:
        """A folder has no parts."""
        return ""

    def makings(self, model: str) -> Mapping[str, str]:  # noqa: ARG002 - the interface's
        """None: a version stays what it is, so that nobody gets its number."""
        return {}

    # ------------------------------------------------------------ finding

    def find(self, reference: str) -> Record:
        """The version that `NAME@VERSION`, `NAME@STAGE` or `NAME@ALIAS` names; raises `RecordError` or `RegistryError`."""
        model, word = parts_of(reference)
        stage = self.aliases.get(word.casefold(), Stage(word))
        try:
            found = self.remember(references.find(reference, self.root, self.holding.states).records[0])
        except RecordError as missing:
            if self._there(model, word) is not None:
                raise
            held, unread = self.holding.of(model, stage)
            if len(held) == 1 and not unread:
                return held[0]
            if not held and not unread:
                raise
            which = ", ".join(r.name for r in held) or "a record that does not read"
            raise RegistryError.of("GATE307", f"`{reference}` is not one version: {which}", self.name) from missing
        said = state.of(self.root / model, self.holding.states)
        held_by = [
            v for v, s in (said.data if said else {}).items() if v != word and Stage(str(s.get("stage"))) == stage
        ]
        if held_by:
            who = ", ".join(f"{model}@{version}" for version in held_by)
            what = f"`{reference}` is not one version: one is called so, and {who} holds the stage"
            raise RegistryError.of("GATE307", what, self.name, "name the one by its file, the other by its version")
        return found

    def kept(self, model: str, version: str) -> Record | None:
        """The version of a name, None where there is none; raises `RecordError` where it cannot be told what it says."""
        try:
            files.checked(f"{model}@{version}")
        except RecordError:
            return None  # no version is called so
        if self._there(model, version) is None:
            return None
        return references.find(f"{model}@{version}", self.root, self.holding.states).records[0]

    def _there(self, model: str, version: str) -> Path | None:
        """The file of a version, None where there is none; raises `RecordError` where there are two."""
        named = "@" not in version and all(map(files.is_name, (*model.split("/"), version)))
        return files.only([self.root / model / f"{version}{ending}" for ending in files.ENDINGS]) if named else None

    def versions(self, model: str = "") -> Iterator[Record | Diagnostic]:
        """All versions in order of their paths, of one model or of every one; raises as `folder_listing.versions`."""
        return folder_listing.versions(self.root, self.name, model)

    def of_models(self, has: Callable[[str], bool]) -> Iterator[tuple[tuple[str, ...], Record | Diagnostic]]:
        """What `versions` gives of the models that `has` says, each with its place in that; raises as `folder_listing.of_models`."""
        return folder_listing.of_models(self.root, self.name, has)

    def has(self, record: Record) -> bool:
        """Does a record lie where this registry keeps it."""
        return self._place(record) is not None

    def _place(self, record: Record) -> Path | None:
        """The file that this registry has of a record that lies there, None for any other record."""
        if record.document is None or record.document.source.given:
            return None
        key = record.document.source.name, record.text("model"), record.text("version")
        if key not in self._own:
            self._own[key] = self._found(record)
        return self._own[key]

    def _found(self, record: Record) -> Path | None:
        path, model = carried.file_of(record), record.text("model")
        if path is None or model == "":
            return None
        there = self._there(model, record.text("version"))
        return there if there is not None and _same(path, there) else None

    def remember(self, record: Record) -> Record:
        """The record, as it was just read from its file here, which is not read again for the same command."""
        if (there := self._place(record)) is not None:
            self.holding.asked = {there: (record,)}
        return record

    def holder(self, record: Record, stage: Stage) -> Record | Holder:
        """The other version of a record's model that holds a stage; UNASKED where that cannot be told."""
        held, unread = self.holding.of(record.text("model"), stage)
        others = [r for r in held if r.text("version") != record.text("version")]
        if unread or len(others) > 1:
            return Holder.UNASKED
        return others[0] if others else Holder.NOBODY

    def holders(self, model: str, stage: Stage) -> frozenset[str] | None:
        """The versions that are in a stage now, asked anew; None where that cannot be told."""
        self.holding.forget()
        held, unread = self.holding.of(model, stage)
        return None if unread else frozenset(r.text("version") for r in held)

    # ------------------------------------------------------------ what lies beside

    def statements(self, record: Record) -> list[tuple[str, bytes]]:
        """Names and bytes of the statements beside a record."""
        return carried.statements(record)

    def decisions(self, record: Record) -> list[tuple[str, bytes]]:
        """Names and bytes of the decisions beside a record."""
        return carried.decisions(record)

    def standings(self, record: Record) -> list[tuple[str, bytes]]:
        """Names and bytes of the standings beside a record."""
        return carried.standings(record)

    def objections(self, model: str) -> list[tuple[str, bytes]]:
        """Names and bytes of the objections beside any version of a model, and of what takes them back."""
        return carried.objections(self.root / model) if model else []

    def add(self, record: Record, digest: str, data: bytes, kind: Beside = Beside.STATEMENT) -> str:
        """Put a statement, or what the gate leaves, beside a record; its path."""
        suffix = ".json" if kind is Beside.STATEMENT else f".{kind.value}.json"
        return str(carried.add(record, digest, data, suffix))

    @contextmanager
    def bytes_of(self, record: Record) -> Iterator[Path | None]:  # noqa: ARG002 - the interface's
        """Nothing of its own: where the bytes are, the record's `artifact.uri` says."""
        yield None

    def maker(self, record: Record) -> str:  # noqa: ARG002 - the interface's
        """Nobody is authenticated by files."""
        return ""

    def gate(self) -> None:
        """Files have no server that could stand before them."""

    def ask(self, record: Record, what: str, value: str = "") -> None:  # noqa: ARG002 - the interface's
        """There is nobody to ask."""
        raise RegistryError.of("GATE433", f"nobody to ask for `{what}`", self.name)

    def runs(self, model: str = "") -> Iterator[Run | Diagnostic]:
        """Each version as the run that it came of."""
        return folder_runs.of_versions(self.versions(model))

    def runs_of(self, has: Callable[[str], bool]) -> Iterator[tuple[tuple[str, ...], Run | Diagnostic]]:
        """Each version of the models that `has` says as a run, which has no place: among all they stand by their age."""
        for place, each in self.of_models(has):
            yield ((), folder_runs.run_of(each)) if isinstance(each, Record) else (place, each)

    # ------------------------------------------------------------ changing

    def known(self, record: Record) -> Record | None:
        """This registry's own version of a record's name; raises `RegistryError` where it says something else."""
        there = self._there(record.text("model"), record.text("version"))
        if there is None or record.document is None:
            return None
        (found,) = files.at(there)
        if found.document is None or found.document.source.text != record.document.source.text:
            raise RegistryError.of(
                "GATE433",
                f"`{there}` is there already, and says something else",
                self.name,
                "a version stays what it is: register this one under another version",
            )
        return found

    def register(self, record: Record) -> None:
        """Take a new version in, as its text is, with what lies beside it; raises `RegistryError`."""
        assert record.document is not None
        model, version = record.text("model"), record.text("version")
        if files.checked(f"{model}@{version}") != (model, version):
            what = f"`{version}` has an `@`, before which the name of a model would end, and is no version's name"
            raise RegistryError.of("GATE433", what, self.name, "give it a version without one")
        if version == Path(state.FILE).stem or version.casefold() in {ARCHIVED.folded, *self.aliases}:
            raise RegistryError.of(
                "GATE433", f"`{version}` means something else here, and is no version's name", self.name
            )
        self._apart(model, version)
        text = record.document.source.text
        suffix = ".json" if text.lstrip()[:1] == "{" else ".yaml"
        path = self.root / model / f"{version}{suffix}"
        there = self._there(model, version)
        self.known(record)
        for name, data in [*carried.statements(record), *carried.decisions(record), *carried.standings(record)]:
            target = path.with_suffix("") / Path(name).name
            if not target.exists():
                self._written(target, data)
        if there is None:
            self._written(path, text.encode("utf-8"))

    def _apart(self, model: str, version: str) -> None:
        """Raise `RegistryError` where a model's folder would be that of another version's statements, or the other way."""
        parts = model.split("/")
        for at in range(1, len(parts)):
            if self._there("/".join(parts[:at]), parts[at]) is not None:
                other = f"{'/'.join(parts[:at])}@{parts[at]}"
                raise RegistryError.of(
                    "GATE433", f"`{'/'.join(parts[: at + 1])}` is where the statements of `{other}` lie", self.name
                )
        beside = self.root / model / version
        if beside.is_dir() and any(p.is_dir() or p.name == state.FILE for p in beside.iterdir()):
            raise RegistryError.of(
                "GATE433", f"`{model}/{version}` is a model, so its folder holds no statements", self.name
            )

    def move(self, record: Record, change: Change) -> None:
        """Write who is where now: one replacement of the model's state file."""
        path = self._path(record)
        self.holding.forget()  # what was read before the lock was taken may have changed
        with self._alone(path.parent):
            self._unchanged(record, path)
            held, unread = self.holding.of(record.text("model"), change.stage)
            now = {r.text("version") for r in held} - {record.text("version")}
            if change.leaving is not None and (unread or now != set(change.leaving)):
                was = ", ".join(change.leaving) or "nobody"
                raise UnreachableError.of(
                    "GATE431",
                    f"`{change.stage}` of {record.text('model')} was held by {was}, and is not any more",
                    self.name,
                    "somebody else has moved a version meanwhile; look again with `policy show`",
                )
            moves: dict[str, dict[str, Any]] = {v: {"stage": ARCHIVED.name} for v in change.leaving or ()}
            gone = {"deployments": None} if change.stage == ARCHIVED else {}
            moves[record.text("version")] = {"stage": change.stage.name, **gone}
            self._written(state.beside(path), state.changed(state.beside(path), moves))

    def serve(self, record: Record, deployment: Mapping[str, str]) -> None:
        """Write that an endpoint serves a version, and no other of the model any more, in one replacement."""
        path, own = self._path(record), record.text("version")
        with self._alone(path.parent):
            self._unchanged(record, path)
            changes, mine = dict[str, dict[str, Any]](), list[Any]()
            for found in self.versions(record.text("model")):
                if not isinstance(found, Record) or found.document is None:
                    continue
                there = found.document.data.get("deployments") or []
                kept = [d for d in there if not editing.same_place(d, deployment)]
                if kept != there:
                    changes[found.text("version")] = {"deployments": kept or None}
                if found.text("version") == own:
                    mine = kept
            changes[own] = {"deployments": [*mine, dict(deployment)]}
            self._written(state.beside(path), state.changed(state.beside(path), changes))

    def amend(self, record: Record, changes: Mapping[str, Any]) -> None:
        """Set top-level fields of a record: what changes while it lives in the state file, the rest in its own.

        Raises `RegistryError` where who the version is would become another.
        """
        editing.unless_identity(record, changes, self.name)
        path = self._path(record)
        later = {k: v for k, v in changes.items() if k in LATER}
        own = {k: v for k, v in changes.items() if k not in LATER}
        with self._alone(path.parent):
            self._unchanged(record, path, later)
            if own:
                (found,) = files.at(path)
                assert found.document is not None
                mark = codecs.BOM_UTF8 if disk.read(path, 2) == codecs.BOM_UTF8 else b""
                self._written(path, mark + editing.with_fields(found.document.bare(), own).encode("utf-8"))
            if later:
                made = state.changed(state.beside(path), {record.text("version"): later})
                self._written(state.beside(path), made)

    def _path(self, record: Record) -> Path:
        path = carried.file_of(record)
        if path is None:
            raise RegistryError.of(
                "GATE433", f"`{record.name}` has no file of its own", self.name, "register it first: `policy register`"
            )
        return path

    def _unchanged(self, record: Record, path: Path, fields: Collection[str] = ()) -> None:
        """Raise `UnreachableError` where a record, or what the state file says in these fields, is not what was read."""
        assert record.document is not None
        try:
            same = path.read_bytes().decode("utf-8-sig") == record.document.source.text
            if same and fields:
                (now,) = files.at(path)
                before = record.document.data
                assert now.document is not None
                same = all(now.document.data.get(f) == before.get(f) for f in fields)
        except (OSError, UnicodeDecodeError):
            same = False
        if not same:
            raise UnreachableError.of(
                "GATE431", f"`{path}` was changed or taken away meanwhile", self.name, "look at it, and try again"
            )

    @contextmanager
    def _alone(self, folder: Path) -> Iterator[None]:
        """Nobody else changes the model's files; raises `UnreachableError` where somebody does now."""
        try:
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise UnreachableError.of(
                OUT_OF_REACH, f"cannot open `{folder}`: {disk.reason(error)}", self.name
            ) from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            what = f"another move in `{folder}` is under way"
            raise UnreachableError.of("GATE431", what, self.name, "try again when it has ended") from None
        finally:
            os.close(handle)

    def _written(self, path: Path, data: bytes) -> None:
        self.holding.forget()
        self._own.clear()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            disk.replace(path, data, durable=True)
        except OSError as error:
            raise UnreachableError.of(OUT_OF_REACH, f"cannot write `{path}`: {disk.reason(error)}", self.name) from None


def _same(one: Path, other: Path) -> bool:
    """Are two paths one name in one folder: beside another name of the file, a link, lie another state and other statements."""
    return str(one) == str(other) or (
        one.name == other.name and os.path.realpath(one.parent) == os.path.realpath(other.parent)
    )
