"""The gate in a program of your own: a registry asks it before it moves a version, or judges many records by policies alone."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from letpass.diagnostics import LetpassError, RecordError, SettingsError, Source
from letpass.evaluation.deciding import decide
from letpass.evaluation.decision import Decision
from letpass.evaluation.input import Input
from letpass.evaluation.verdicts import Answer, answer, verdicts_of
from letpass.events import watch
from letpass.facts import scalars
from letpass.facts.paths import DEEPEST, join
from letpass.facts.record import Holder, Record
from letpass.facts.schema import VOCABULARY
from letpass.frozen import replace
from letpass.gate import case as cases
from letpass.gate import judgement
from letpass.lifecycle import recording
from letpass.move import DEPLOYMENT, Move, Place
from letpass.project import configuration, policyset
from letpass.project.configuration import Configuration
from letpass.project.contents import find, own_policies
from letpass.project.project import Project
from letpass.registries import files, own

RECORD = "<record>"


class Gate:
    """A project's policies, trust file and ledger.

        gate = Gate()
        if gate.decide("fraud@4", "promotion to production").allowed: ...

    `project`: its folder, or its policy.toml; else the one that LETPASS_CONFIG names or that lies nearest above the working
    directory.  Settings and policies are read again when their files have changed, the trust file for every decision.  Raises
    `LetpassError` for a project that cannot be read.
    """

    def __init__(self, project: str | os.PathLike[str] | None = None) -> None:
        where = Path(project) if project is not None else None
        found = configuration.load(where)
        # the project stays the same one wherever the program's working directory goes
        self._root, self._source = found.root.absolute(), found.source.name if found.source is not None else ""
        self._policies = own_policies(self.configuration)

    @property
    def configuration(self) -> Configuration:
        """The project's settings as they are now; raises `SettingsError` where they do not read, or are gone."""
        itself = self._source in {"", configuration.FILE, configuration.PYPROJECT}
        found = configuration.load(self._root if itself else self._root / self._source)
        if self._source and found.source is None:
            raise SettingsError.of(
                "GATE011", f"there is no `{self._root / self._source}` any more", help="bring it back"
            )
        return replace(found, root=self._root)

    @property
    def policies(self) -> policyset.PolicySet:
        """The policies as they are now."""
        return self._policies_of(self.configuration)

    def _policies_of(self, found: Configuration) -> policyset.PolicySet:
        policies = self._policies
        if policies.settings != found.deciding or not policyset.unchanged(policies, _paths(found)):
            policies = self._policies = own_policies(found)
        return policies

    def decide(
        self, record: Record | Mapping[str, Any] | str | os.PathLike[str], move: Move | str,
        champion: Record | Mapping[str, Any] | str | os.PathLike[str] | Holder = Holder.UNASKED, *,
        artifact: str | os.PathLike[str] | None = None, log: bool = False, environment: str = "", endpoint: str = "",
    ) -> Decision:  # fmt: skip
        """The decision on one move of one version; `decision.allowed` says whether it may be made.

        record: as plain data, a path, `NAME@VERSION` of the registry, or a `Record` · move: such as `promotion to
        production`, `registration`, `deployment` · champion: who holds the target now, `Holder.NOBODY` where nobody does; of a
        version of the project's registry, registry and ledger know it, and a decision that is told otherwise says so and is
        not logged · artifact: the bytes, to be hashed · log: log what was brought and the decision first
        · environment, endpoint: where a deployment leads.

        Raises `RecordError` and `LetpassError` for what cannot be read, `UnreachableError` where the ledger or the registry
        cannot be asked, ValueError for a move that is none and for what is not one version, TypeError for what is no
        record at all.  It never allows instead.  Any number of threads may ask at once.
        """
        if not log:
            return self._decided(record, move, champion, artifact, Place(endpoint, environment), log=False)
        with watch.call("Gate.decide") as call:
            call.what, call.move, call.became = _called(record), str(move), watch.Became.ERROR
            try:
                return self._decided(record, move, champion, artifact, Place(endpoint, environment), log=True)
            except LetpassError as error:
                call.error = error.diagnostics[0].code
                raise

    def _decided(
        self, record: Record | Mapping[str, Any] | str | os.PathLike[str], move: Move | str,
        champion: Record | Mapping[str, Any] | str | os.PathLike[str] | Holder,
        artifact: str | os.PathLike[str] | None, place: Place, *, log: bool,
    ) -> Decision:  # fmt: skip
        settings, asked = self.configuration, move_of(move)
        policies, project = self._policies_of(settings), Project(settings, _paths(settings))
        found = _record(record, project)
        holder = champion if isinstance(champion, Holder) else _record(champion, project)
        if not log:
            project.ledger.settle()
        case = cases.opened(
            project, policies, found, asked, int(time.time()) * 1_000_000, Path(artifact) if artifact is not None else None,
            champion=None if holder is Holder.UNASKED else holder, log=log,
            places=[place] if asked == DEPLOYMENT else (),
        )  # fmt: skip
        return recording.record_decision(case).decision if log else case.decision

    def frozen(self) -> FrozenGate:
        """The project's policies as they are now, for verdicts on very many records."""
        return FrozenGate(self.policies)


def _called(record: Record | Mapping[str, Any] | str | os.PathLike[str]) -> str:
    """How a record is called by whoever hands it in, nothing where it is plain data."""
    if isinstance(record, Record):
        return record.name
    return os.fspath(record) if isinstance(record, str | os.PathLike) else ""


def _paths(found: Configuration) -> tuple[Path, ...]:
    return tuple(found.path(p) for p in found.policies)


def _record(record: Record | Mapping[str, Any] | str | os.PathLike[str], project: Project) -> Record:
    registry = project.registry
    if isinstance(record, Record):
        return own.current(registry, record)
    if isinstance(record, Mapping):
        found = files.parse(Source(RECORD, text_of(record)))
    elif isinstance(record, str) and record != "-":
        found = find(record, project.configuration, registry).records
    elif isinstance(record, os.PathLike):
        name = os.fspath(record)  # also where there is an `@` in it
        plain = not name.startswith(("./", "/", "../")) and ("@" in name or name == "-")
        found = find(f"./{name}" if plain else name, project.configuration, registry).records
    else:
        raise TypeError(f"a record is a mapping, a path, `NAME@VERSION` or a `Record`, and no {type(record).__name__}")
    if len(found) != 1:
        raise ValueError(f"`{str(record)[:80]}` is not one version")
    return found[0]


class FrozenGate:
    """A set of policies, compiled once.  It looks at no file, registry, ledger, statement or champion but those that it is handed.

    Its answers are no decisions: no move, log or proof takes one.  Any number of threads may ask at once.
    """

    def __init__(self, policies: policyset.PolicySet) -> None:
        self.policies = policies

    def verdict(
        self, record: Record, move: Move | str, champion: Record | Holder = Holder.UNASKED, *, now: int | None = None
    ) -> Answer:
        """The verdict on one record, and the ids of the rules that block.

        now: microseconds since 1970 in UTC, else the clock's.  Nobody has signed anything.  Raises ValueError for a move that
        is none, and TypeError for what is no record, as `parse_record` makes one, or no time.
        """
        for one, kinds in ((record, (Record,)), (champion, (Record, Holder)), (move, (Move, str))):
            if not isinstance(one, kinds):
                wanted = " or ".join(f"`{kind.__name__}`" for kind in kinds)
                raise TypeError(f"{wanted} is wanted, and no {type(one).__name__}")
        if now is not None and type(now) is not int:
            raise TypeError(f"`now` is whole microseconds, and no {type(now).__name__}")
        asked = move if isinstance(move, Move) else move_of(move)
        given = Input(record, asked, int(time.time()) * 1_000_000 if now is None else now, champion)
        compiled = verdicts_of(self.policies.policies, self.policies.digest, asked)
        return compiled.of(given) if compiled is not None else answer(decide(self.policies.policies, given))


def load_policies(*paths: str | os.PathLike[str], warn: bool = False) -> policyset.PolicySet:
    """The policies of files and folders, read and checked; raises `PolicyError` with every error in `diagnostics`.

    `warn`: with what `policy lint` warns of in `warnings`.
    """
    return policyset.load(tuple(map(Path, paths)), VOCABULARY, warn=warn)


def parse_policies(texts: Mapping[str, str], *, warn: bool = False) -> policyset.PolicySet:
    """The policies of texts by name, checked; raises `PolicyError`."""
    return policyset.from_texts(dict(texts), VOCABULARY, warn=warn)


def parse_record(text: str | bytes | Mapping[str, Any], name: str = RECORD) -> Record:
    """The record of one version in a text of JSON or YAML, or in plain data; raises `RecordError`.

    `name`: how messages name it.  It is no file's or version's because it is called so: where the registry has a version of its
    model and number, a `Gate` judges that one, and refuses the record where it says something else.
    """
    if isinstance(text, Mapping):
        text = text_of(text)
    if not isinstance(text, str | bytes):
        raise TypeError(f"a record is a text, bytes or a mapping, and no {type(text).__name__}")
    source = files.source(name, text) if isinstance(text, bytes) else Source(name, text)
    found = files.parse(replace(source, given=True))
    if len(found) != 1:
        raise RecordError.of(
            "GATE307", f"{len(found)} models, and one is wanted", name, "name the record of one version"
        )
    return found[0]


def storable(decision: Decision, policies: policyset.PolicySet) -> dict[str, Any]:
    """A decision with all that a replay needs, as plain data: what `replay` takes, and `policy replay` reads from a file."""
    return {"decision": decision.as_json(), "inputs": judgement.inputs(decision, policies)}


def text_of(record: Mapping[Any, Any]) -> str:
    """A record in plain data as JSON: scalars of NumPy's and PyTorch's, moments with their zone, days and paths are taken as what
    they say; raises `RecordError` for what else JSON does not have, of which nothing is guessed.

    NaN and infinities stay: they are no numbers, and no rule takes them for one.
    """
    try:
        return json.dumps(_plain(record, "", 0))
    except ValueError:
        raise RecordError.of("GATE305", "a number too long", RECORD) from None


def _plain(value: Any, path: str, depth: int) -> Any:
    """A copy that holds nothing but what JSON has."""
    if depth > DEEPEST:  # a cycle too
        raise _refused("GATE305", "nested too deeply, or in a circle", path, f"the deepest is {DEEPEST}")
    if isinstance(value, Mapping):
        copied: dict[str, Any] = {}
        for key, inner in value.items():
            if not isinstance(key, str):
                raise _refused(
                    "GATE302", f"a key is a text, and no {type(key).__name__}", path, 'write `"name": value`'
                )
            if str(key) in copied:  # texts of the caller's own kind may be equal, and stand in one mapping all the same
                raise _refused("GATE303", f"the key `{key}` stands twice in one mapping", path, "keep one")
            copied[str(key)] = _plain(inner, join(path, key), depth + 1)
        return copied
    if isinstance(value, list | tuple):
        return [_plain(v, f"{path}[{n}]", depth + 1) for n, v in enumerate(value)]
    if value is None or isinstance(value, bool | str):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, int | float):
        return int(value) if isinstance(value, int) else float(value)
    try:
        return scalars.plain(value)
    except scalars.NotPlainError as error:
        raise _refused("GATE302", str(error), path, error.help) from None


def _refused(code: str, what: str, path: str, help_: str) -> Exception:
    return RecordError.of(code, f"`{path}`: {what}" if path else what, RECORD, help_)


def move_of(words: Move | str) -> Move:
    """The move that words name, `promotion to production`; raises `InvalidError`, which is a ValueError."""
    return words if isinstance(words, Move) else Move.parse(words)
