"""The gate in a program of your own: a registry asks it before it moves a version, or judges many records by policies alone."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from letpass.api.decided import Decision, shown
from letpass.api.plain import RECORD, text_of
from letpass.diagnostics import LetpassError, SettingsError, Source, as_shown
from letpass.evaluation.deciding import decide
from letpass.evaluation.input import Input
from letpass.evaluation.verdicts import Answer, answer, verdicts_of
from letpass.events import watch
from letpass.facts.record import Holder, Record
from letpass.frozen import replace
from letpass.gate import case as cases
from letpass.lifecycle import recording
from letpass.move import DEPLOYMENT, Move, Place
from letpass.project import configuration, policyset
from letpass.project.configuration import Configuration
from letpass.project.contents import find, own_policies
from letpass.project.project import Project
from letpass.registries import files, own


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

    def __repr__(self) -> str:
        return as_shown(f"Gate of {self._root / self._source}")

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
        champion: Record | Mapping[str, Any] | str | os.PathLike[str] | Holder | None = Holder.UNASKED, *,
        artifact: str | os.PathLike[str] | None = None, log: bool = False, environment: str = "", endpoint: str = "",
    ) -> Decision:  # fmt: skip
        """The decision on one move of one version; `decision.allowed` says whether it may be made.

        record: as plain data, a path, `NAME@VERSION` of the registry, or a `Record` · move: such as `promotion to
        production`, `registration`, `deployment` · champion: leave it out, and registry and ledger say who holds the target; a
        record says who does, None or `Holder.NOBODY` that nobody does; a decision that is told otherwise than they say tells so
        in `told`, and is not logged · artifact: the bytes, to be hashed · log: log what was brought and the decision first
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
        champion: Record | Mapping[str, Any] | str | os.PathLike[str] | Holder | None,
        artifact: str | os.PathLike[str] | None, place: Place, *, log: bool,
    ) -> Decision:  # fmt: skip
        settings, asked = self.configuration, move_of(move)
        policies, project = self._policies_of(settings), Project(settings, _paths(settings))
        found = _record(record, project)
        holder = _holder(champion, project)
        if not log:
            project.ledger.settle()
        case = cases.opened(
            project, policies, found, asked, int(time.time()) * 1_000_000, Path(artifact) if artifact is not None else None,
            champion=None if holder is Holder.UNASKED else holder, log=log,
            places=[place] if asked == DEPLOYMENT else (),
        )  # fmt: skip
        return shown(recording.record_decision(case).decision if log else case.decision)

    def frozen(self) -> FrozenGate:
        """The project's policies as they are now, for verdicts on very many records."""
        return FrozenGate(self.policies)


def _holder(
    champion: Record | Mapping[str, Any] | str | os.PathLike[str] | Holder | None, project: Project
) -> Record | Holder:
    if champion is None:  # said, and so `told` where registry and ledger do not say it
        return Holder.NOBODY
    return champion if isinstance(champion, Holder) else _record(champion, project)


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

    def __repr__(self) -> str:
        return as_shown(f"FrozenGate of {self.policies!r}")

    def verdict(
        self,
        record: Record,
        move: Move | str,
        champion: Record | Holder = Holder.UNASKED,
        *,
        now: int | None = None,
    ) -> Answer:
        """The verdict on one record, and the ids of the rules that block.

        champion: whom it is compared with, `Holder.NOBODY` where nobody is; left out, that is unknown · now: microseconds since
        1970 in UTC, else the clock's.  Nobody has signed anything.  Raises ValueError for a move that
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


def move_of(words: Move | str) -> Move:
    """The move that words name, `promotion to production`; raises `InvalidError`, which is a ValueError."""
    return words if isinstance(words, Move) else Move.parse(words)
