"""Who holds which stage in a folder of records, as its records and state files say it."""

from __future__ import annotations

from pathlib import Path

from letpass.diagnostics import RecordError
from letpass.facts.record import Record
from letpass.move import Stage
from letpass.registries import recordless, state, walking


class Holding:
    """Who holds which stage, looked up once for a command, since every version of a model needs it.

    states: of models, as far as they were read · asked: the records that are asked about, by their files, which are not read again.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.states: state.States = {}
        self.asked: dict[Path, tuple[Record, ...]] = {}
        self._read: dict[str, tuple[tuple[Record, ...], bool]] = {}  # by model
        self._in: dict[tuple[str, Stage], tuple[list[Record], bool]] = {}  # by model and stage

    def of(self, model: str, stage: Stage) -> tuple[list[Record], bool]:
        """The versions of a model that are in a stage, and whether there are some of which it cannot be told."""
        if (model, stage) not in self._in:
            self._in[model, stage] = self._looked_up(model, stage)
        return self._in[model, stage]

    def forget(self) -> None:
        """Forget what was read, so that it is read anew."""
        self._read.clear()
        self._in.clear()
        self.states.clear()
        self.asked.clear()

    def _looked_up(self, model: str, stage: Stage) -> tuple[list[Record], bool]:
        if model not in self._read:
            self._read[model] = self._staged(model)
        staged, unread = self._read[model]
        held = [r for r in staged if r.stage == stage]
        folder = self.root / model
        try:
            said = state.of(folder, self.states) if model else None
        except RecordError:
            return held, True  # it was told above, where there is a record beside it
        lost = recordless.among(said, folder, {r.text("version") for r in held})
        return held, unread or any(Stage(str(s.get("stage", ""))) == stage for s in lost.values())

    def _staged(self, model: str) -> tuple[tuple[Record, ...], bool]:
        """The versions of a model that are in a stage, and whether one does not read or has a stage that does not."""
        found, unread = list[Record](), False
        folder = self.root / model
        if not model or not folder.is_dir():
            return (), False
        for each in walking.walk(
            folder, deep=False, links=True, registry=self.root, states=self.states, known=self.asked
        ):
            if isinstance(each, RecordError):
                unread = True
            else:
                own = [r for r in each if r.text("model") == model]
                unread = unread or any("stage" in r.unreadable for r in own)
                found += [r for r in own if r.stage]
        return tuple(found), unread
