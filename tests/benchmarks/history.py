"""What a move costs after thousands of moves of its model, beside one after as many entries about another model."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from pathlib import Path

from letpass.frozen import replace
from letpass.ledger import history
from letpass.ledger.entry import Entry
from letpass.ledger.history import BEGUN, DONE, Step
from letpass.lifecycle import moves
from letpass.move import Stage
from letpass.project.configuration import load
from letpass.project.contents import own_policies
from letpass.project.ledger import Memories
from letpass.project.project import Project
from letpass.trust import summary

POLICY = """policy gate: "Gate"
  on promotion to production
require good: accuracy >= 0.9
require no-worse: accuracy >= champion.accuracy - 5 points when there is a champion
"""
RECORD = """model: {model}
version: '{version}'
author: anna@corp.example
artifact: {{digest: 'sha256:{digest}'}}
metrics: {{accuracy: {{value: 0.95, data_set: holdout, measured_at: 2026-01-01T00:00:00Z}}}}
"""
BATCH = 300  # moves that are logged at once


class _Project:
    """A folder registry with two versions of a model, and a process that decides about them again and again."""

    def __init__(self, folder: Path, model: str) -> None:
        self.folder, self.model, self._turn = folder, model, 0
        (folder / "policies").mkdir(parents=True)
        (folder / "policies/gate.policy").write_text(POLICY, encoding="utf-8")
        (folder / "policy.toml").write_text("", encoding="utf-8")
        (folder / "models" / model).mkdir(parents=True)
        for version in "12":
            text = RECORD.format(model=model, version=version, digest=version * 64)
            (folder / f"models/{model}/{version}.yaml").write_text(text, encoding="utf-8")
        os.chdir(folder)
        self._memories: Memories = {}
        self._policies = own_policies(load(folder))
        self._open = Project(load(folder), memories=self._memories)

    def move(self) -> None:
        """One promotion, as a server's process makes it: everything is read anew but for what it remembers of the log."""
        self._turn += 1
        desk = Project(load(self.folder), memories=self._memories)
        record = desk.registry.find(f"{self.model}@{1 + self._turn % 2}")
        made = moves.promote(desk, self._policies, record, "production", _now(), "bench")
        assert made.made

    def log(self, model: str, moves: int) -> None:
        """Log as many moves of a model as if they had been made, each with its decision."""
        desk = self._open
        ledger = desk.ledger.writer()
        assert ledger.signer is not None
        made = {m.version: m for m in desk.past(self.model).decisions.values()}
        at = ledger.size()
        for begin in range(0, moves, BATCH):
            entries: list[Entry] = []
            for n in range(begin, min(begin + BATCH, moves)):
                version = str(2 - n % 2)  # the last one is who holds the stage already
                said = replace(
                    made[version],
                    model=model,
                    version=version,
                    artifact=f"sha256:{version * 64}",
                    computed=(),
                    at=_now() + n,
                )
                text = ledger.signer.envelope(summary.payload(said)).text().decode("utf-8")
                step = Step(
                    0, 0, model, version, said.artifact, BEGUN, "promotion", Stage("production"), f"{n:016x}", actor="bench",
                    decision=at, leaving=(str(1 + n % 2),),
                )  # fmt: skip
                entries += [
                    Entry("decision", text, {}, model, version, said.artifact),
                    history.entry(step), history.entry(replace(step, state=DONE)),
                ]  # fmt: skip
                at += 3
            desk.log(entries, _now())


def _now() -> int:
    return int(time.time()) * 1_000_000


def main(rounds: int, moves: int = 4_000) -> None:
    """Print the milliseconds of a move, medians of interleaved rounds."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="letpass-bench-") as name:
        projects = {key: _Project(Path(name) / key, "busy") for key in ("none", "others", "own")}
        times: dict[str, list[float]] = {key: [] for key in projects}
        for key, project in projects.items():
            os.chdir(project.folder)
            project.move()
            project.move()
            if key != "none":
                project.log("busy" if key == "own" else "other", moves)
                project.move()
        for _ in range(max(rounds, 5)):
            for key, project in projects.items():
                os.chdir(project.folder)
                begun = time.perf_counter()
                project.move()
                times[key].append((time.perf_counter() - begun) * 1000)
        os.chdir(before)
    none, others, own = (statistics.median(times[key]) for key in ("none", "others", "own"))
    print(f"\na move in a process that remembers the log, {moves:,} moves before it")
    print(f"{'after none':44} {none:15.1f} ms")
    print(f"{'after as many of another model':44} {others:15.1f} ms   {others / none:7.2f} x after none")
    print(f"{'after as many of its own model':44} {own:15.1f} ms   {own / others:7.2f} x after another model's")


if __name__ == "__main__":
    main(15)
