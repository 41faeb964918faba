"""What the gate adds to a move in MLflow's server, and what reading a version costs, beside the same without it."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from letpass.ledger import gatekey, place
from letpass.registries import mlflow_version
from letpass.registries.mlflow_connection import Connection
from tests.benchmarks import large
from tests.integration import mlflow as mlflows

POLICY = """policy gate: "Gate"
  on promotion to production
require good: accuracy on "holdout-2026" >= 0.9
require same: artifact.digest is computed
"""


def run(rounds: int = 40, entries: int = 100_000) -> None:
    """Both figures, medians of interleaved calls through real servers on loopback."""
    with tempfile.TemporaryDirectory(prefix="letpass-bench-") as name:
        plain = mlflows.Server(Path(name) / "plain")
        folder = Path(name) / "gated"
        (folder / "policies").mkdir(parents=True)
        (folder / "policies/gate.policy").write_text(POLICY)
        gated = mlflows.Server(folder, gated=True)
        try:
            (folder / "policy.toml").write_text(f'registry = "mlflow+{gated.uri}"\n')
            moves(plain, gated, rounds)
            key = gatekey.load(folder / ".letpass/gate.key")
            ledger = place.opened(str(folder / ".letpass/ledger.db"), (), key)
            large.fill(ledger, entries)
            ledger.store.close()
            moves(plain, gated, rounds, f"the same with {entries:,} entries about other models")
            reading(plain, max(rounds // 4, 3))
        finally:
            plain.stop()
            gated.stop()


def moves(
    plain: mlflows.Server, gated: mlflows.Server, rounds: int, name: str = "an alias moved through the gated server"
) -> None:
    """An alias moved through each server in turn; the gated one's project allows it."""
    tasks = {}
    for which, server in (("plain", plain), ("gated", gated)):
        client = server.client()
        for _ in range(2):
            mlflows.version(client, "bench", {"accuracy": 0.95})
        turns = iter(range(10**6))
        tasks[which] = lambda c=client, t=turns: c.set_registered_model_alias(
            "bench", "production", str(1 + next(t) % 2)
        )
    found = _interleaved(tasks, rounds)
    ratio = found["gated"] / found["plain"]
    print(f"{name:56} {found['gated'] * 1000:15.1f} ms   {ratio:7.2f} x the plain one")


def reading(server: mlflows.Server, rounds: int) -> None:
    """A version with 200 metrics read whole, beside one call for its run."""
    client = server.client()
    made = mlflows.version(client, "wide", {f"metric_{n}": n / 200 for n in range(200)})
    own = Connection(f"mlflow+{server.uri}")
    found = _interleaved(
        {
            "all": lambda: mlflow_version.model_version(own, own.version("wide", "1"), ""),
            "run": lambda: client.get_run(made.run_id),
        },
        rounds,
    )
    ratio = found["all"] / found["run"]
    print(
        f"{'a version with 200 metrics, read whole':56} {found['all'] * 1000:15.1f} ms   {ratio:7.2f} x asking for its run"
    )


def _interleaved(tasks: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Seconds of each task, medians."""
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for at in range(rounds + 4):
        for name, task in tasks.items():
            begun = time.perf_counter()
            task()
            if at >= 4:  # the first calls import and prepare
                times[name].append(time.perf_counter() - begun)
    return {name: statistics.median(found) for name, found in times.items()}
