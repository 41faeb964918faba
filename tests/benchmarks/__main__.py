"""Figures as ratios within one run: `make bench`.

    python -m tests.benchmarks            the shared harness's policy, when `../shared/bench` is there, and start-up
    python -m tests.benchmarks --rounds 3

Then what signing and moving cost, each format, signatures and the log, and a review of ten thousand versions.

Against other engines: see docs/speed.md.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from letpass.evaluation.compiled import compile_rules
from letpass.evaluation.input import Input
from letpass.facts.record import Holder, Record
from letpass.trust.accepted import Accepted
from tests.benchmarks import (
    adapter,
    evaluations,
    formats,
    history,
    large,
    moves,
    newcomer,
    paired,
    reading,
    registry,
    sweeps,
    trust,
)
from tests.benchmarks.timing import medians, over

ROOT = Path(__file__).resolve().parents[2]
HARNESS = Path(os.environ.get("LETPASS_SHARED", ROOT.parent / "shared")) / "bench"
CHECK = [
    "check",
    "examples/arrests/models/arrests/3.yaml",
    "--to",
    "production",
    "--champion",
    "examples/arrests/models/arrests/1.yaml",
]


def rules(rounds: int) -> None:
    """Outcomes of prepared records beside the hand-written ceilings, at three sizes."""
    sys.path.insert(0, str(HARNESS))
    import workload  # type: ignore[import-not-found]

    print(f"{'rules':>6}  {'strict us':>9}  {'outcomes':>9}  {'failed ids':>10}  {'compile ms':>10}")
    for count in (12, 120, 1200):
        policy = workload.rules(count)
        begun = time.perf_counter()
        engine = adapter.build(policy)
        compiled = (time.perf_counter() - begun) * 1000
        program = compile_rules(adapter.policy(policy).rules)
        docs = workload.documents(128)
        inputs = [adapter.to_input(d) for d in docs]
        found = medians(
            {
                "strict": over(workload.build_strict(policy).failed, docs),
                "outcomes": over(program.truths, inputs),
                "failed": over(engine.failed, inputs),
            },
            rounds,
            max(1, 24 // count * 10),
        )
        strict = found["strict"]
        row = "  ".join(f"{found[name] / strict:{width - 2}.2f} x" for name, width in (("outcomes", 9), ("failed", 10)))
        print(f"{count:6}  {strict / len(docs):9.2f}  {row}  {compiled:10.1f}")
    sizes(workload, rounds)


def sizes(workload: Any, rounds: int) -> None:
    """From JSON bytes to the outcome of twelve rules, with everything that a record refuses."""
    from orjson import dumps, loads

    policy = workload.rules(12)
    program = compile_rules(adapter.policy(policy).rules)
    strict = workload.build_strict(policy).failed
    first = workload.documents(1)[0]
    now, people = first["evaluated_at"] * 1000, Accepted(adapter.signoffs(first))

    def outcomes(record: Record) -> list[Any]:
        return program.truths(Input(record, adapter.MOVE, now, Holder.NOBODY, people))

    def texts(count: int, size: int) -> list[bytes]:
        return [json.dumps(adapter.to_record(d)).encode() for d in workload.documents(count, size)]

    print(f"\n{'JSON':>7}  {'orjson + strict us':>18}  {'bytes to outcomes':>18}  {'prepared':>9}")
    for size in (2_000, 20_000, 200_000):
        docs = workload.documents(16, size)
        prepared = [adapter.to_input(d) for d in docs]
        found = medians(
            {
                "strict": over(lambda t: strict(loads(t)), [dumps(d) for d in docs]),
                "ours": over(lambda data: outcomes(reading.with_orjson(data)), texts(16, size)),
                "prepared": over(program.truths, prepared),
                "dict": over(strict, docs),
            },
            rounds,
            3,
        )
        base = found["strict"]
        print(
            f"{size // 1000:4} KB  {base / len(docs):18.1f}  {found['ours'] / base:16.1f} x  {found['prepared'] / found['dict']:7.2f} x"
        )
    reading.main(texts, outcomes, rounds)


def starts(rounds: int) -> None:
    """Whole processes, in milliseconds more than an empty Python."""
    python = sys.executable
    commands = {
        "python -c pass": [python, "-c", "pass"],
        "policy --version": [python, "-m", "letpass", "--version"],
        "completion": [python, "-m", "letpass"],
        "policy check": [python, "-m", "letpass", *CHECK],
    }
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    completion = {**environment, "_POLICY_COMPLETE": "bash_complete", "COMP_WORDS": "policy ch", "COMP_CWORD": "1"}

    def run(name: str) -> None:
        subprocess.run(
            commands[name],
            cwd=ROOT,
            env=completion if name == "completion" else environment,
            capture_output=True,
            check=False,
        )

    for name in commands:
        run(name)
    found = medians({name: (lambda n=name: run(n)) for name in commands}, max(rounds, 5), 1)  # type: ignore[misc]
    empty = found["python -c pass"]
    print()
    for name, took in found.items():
        print(
            f"{name:20} {took / 1000:7.1f} ms   {(took - empty) / 1000:+7.1f} ms   {took / empty:5.1f} x an empty Python"
        )


def main() -> None:
    rounds = int(sys.argv[sys.argv.index("--rounds") + 1]) if "--rounds" in sys.argv else 9
    if HARNESS.is_dir():
        rules(rounds)
    else:
        print(f"no harness at {HARNESS}: only start-up is measured")
    paired.main(rounds)
    newcomer.main()
    starts(rounds)
    moves.main(max(rounds, 5))
    history.main(rounds)
    formats.main(min(rounds, 5))
    evaluations.main(min(rounds, 5))
    trust.main(rounds)
    large.main(min(rounds, 5))
    registry.main(min(rounds, 3))
    sweeps.main(min(rounds, 3))
    if importlib.util.find_spec("mlflow") is not None:
        from tests.benchmarks import mlflow

        mlflow.run()


if __name__ == "__main__":
    main()
