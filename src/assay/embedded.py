"""The gate in a program of your own: a registry asks it before it moves a version."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assay import configuration, gate, policyset
from assay.evaluation.decision import Decision
from assay.facts.record import Holder, Record
from assay.facts.schema import VOCABULARY
from assay.gathering import Desk, find
from assay.language.diagnostics import Source
from assay.language.typed import Move
from assay.registries import files

KINDS = ("registration", "promotion", "rollback", "deployment", "review")


class Gate:
    """A project's policies, trust file and ledger.

    `project`: its folder, or its policy.toml; else the one that ASSAY_CONFIG names or that lies nearest above the working
    directory.  Policies are read again when their files have changed, the trust file for every decision.  Raises
    `PolicyError` for a project that cannot be read.
    """

    def __init__(self, project: str | os.PathLike[str] | None = None) -> None:
        where = Path(project) if project is not None else None
        self.configuration = configuration.load(where)
        self._paths = tuple(self.configuration.path(p) for p in self.configuration.policies)
        self._policies = policyset.load(self._paths, VOCABULARY, warn=False)

    @property
    def policies(self) -> policyset.PolicySet:
        """The policies as they are now."""
        if not policyset.unchanged(self._policies, self._paths):
            self._policies = policyset.load(self._paths, VOCABULARY, warn=False)
        return self._policies

    def decide(
        self, record: Record | Mapping[str, Any] | str | os.PathLike[str], move: Move | str,
        champion: Record | Mapping[str, Any] | str | os.PathLike[str] | Holder = Holder.UNASKED, *,
        artifact: str | os.PathLike[str] | None = None, log: bool = False,
    ) -> Decision:  # fmt: skip
        """The decision on one move of one version; `decision.allowed` says whether it may be made.

        record: as plain data, a path, `NAME@VERSION` of the registry, or a `Record` · move: such as `promotion to
        production`, `registration`, `deployment` · champion: who holds the target now, `Holder.NOBODY` where nobody does; a
        version of the project's registry has it asked · artifact: the bytes, to be hashed · log: log what was brought and
        the decision first.

        Raises `RecordError` and `PolicyError` for what cannot be read, `UnreachableError` where the ledger cannot be asked,
        ValueError for a move that is none.  It never allows instead.
        """
        policies, asked = self.policies, move_of(move)
        desk = Desk(self.configuration, self._paths)
        found = self._record(record)
        holder = champion if isinstance(champion, Holder) else self._record(champion)
        if holder is Holder.UNASKED:
            holder = desk.holder(found, asked)
        at_hand = Path(artifact) if artifact is not None else None
        now = int(time.time()) * 1_000_000
        if log:
            from assay.logbook import record_decision

            return record_decision(desk, policies, found, asked, now, holder, at_hand).decision
        dossier = desk.dossier(found, at_hand, holder, (policies, asked))
        return gate.judge(policies, found, asked, now, holder, dossier=dossier)

    def _record(self, record: Record | Mapping[str, Any] | str | os.PathLike[str]) -> Record:
        if isinstance(record, Record):
            return record
        if isinstance(record, Mapping):
            (found,) = files.parse(Source("<record>", json.dumps(dict(record), default=str)))
            return found
        found_ = find(os.fspath(record), self.configuration)
        if len(found_.records) != 1:
            raise ValueError(f"`{os.fspath(record)}` is not one version")
        return found_.records[0]


def move_of(words: Move | str) -> Move:
    """The move that words name, `promotion to production`; raises ValueError."""
    if isinstance(words, Move):
        return words
    kind, _, stage = words.partition(" to ")
    if kind not in KINDS or bool(stage.strip()) != (kind in {"promotion", "rollback"}):
        raise ValueError(
            f"`{words}` is no move; moves are `promotion to STAGE`, `rollback to STAGE`, {', '.join(KINDS)}"
        )
    return Move(kind, stage.strip() or None)
