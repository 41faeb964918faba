"""What reviewing a large folder registry costs, beside merely loading the YAML of the same files in the same run."""

from __future__ import annotations

import io
import os
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import yaml

from letpass.cli.main import run
from letpass.frozen import Frozen
from letpass.project.configuration import load
from letpass.project.project import Project
from letpass.registries import state as states
from tests.benchmarks.timing import timed

ROOT = Path(__file__).resolve().parents[2]
AT = "2026-11-20T09:00:00Z"
RECORD = """model: model-{model:03}
version: '{version}'
author: anna@corp.example
registered_at: {at}
expires_at: 2099-01-01
artifact: {{uri: "s3://models/{model:03}/{version}.onnx", digest: "sha256:{model:04x}{version:04x}", size: 48211, format: onnx}}
code: {{repository: git.corp.example/model-{model:03}, commit: 4f1c0de2, dirty: false}}
data:
- {{name: events-2026, version: 3, digest: "sha256:0f3a"}}
environment:
  python: 3.11.7
  packages:
  - {{name: numpy, version: 2.4.6, deprecated: false}}
  - {{name: scikit-learn, version: 1.9.1, deprecated: {deprecated}}}
seeds: {{random: 7, numpy: 7}}
hyperparameters: {{C: 1.0, max_iter: 200}}
metrics:
  auc: 0.91
  accuracy: {{value: 0.93, samples: 2000, successes: 1860, data_set: holdout-2026}}
  latency_p99: {{value: 31.5, unit: ms, data_set: holdout-2026}}
suites:
- {{name: Fairness Check, passed: true, score: 0.97, cases: 30, ran_at: {at}}}
scans:
- {{tool: modelscan, ran_at: {at}, completed: true, scanned: 1, findings: []}}
"""


class Sizes(Frozen):
    """How much is measured: models, versions of each, and every how many of those one is deployed."""

    models: int = 100
    versions: int = 100
    every: int = 25


FULL = Sizes()


def build(folder: Path, sizes: Sizes) -> int:
    """A project with a registry and the shipped policies on review; how many versions are deployed."""
    (folder / "policy.toml").write_text(f'policies = ["{ROOT / "policies"}"]\n')
    drift = {"value": 0.1, "since": "2026-11-01", "until": AT}
    deployed = 0
    for model in range(sizes.models):
        here, state = folder / f"models/model-{model:03}", {}
        here.mkdir(parents=True)
        for version in range(sizes.versions):
            old = "true" if version % (2 * sizes.every) == 0 else "false"
            text = RECORD.format(model=model, version=version, at=AT, deprecated=old)
            (here / f"{version}.yaml").write_text(text)
            served = {
                "endpoint": f"https://{version}.corp.example",
                "since": AT,
                "digest": f"sha256:{model:04x}{version:04x}",
            }
            if version % sizes.every == 0:
                state[str(version)] = {"deployments": [served], "observations": {"drift": drift}}
            elif version == 1:
                state[str(version)] = {"stage": "archived"}
        deployed += sum("deployments" in said for said in state.values())
        (here / "state.yaml").write_bytes(states.text(state))
    return deployed


def _loaded(folder: Path) -> None:
    """The data of every file, as libyaml and its Python side give them, and nothing made of them."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for path in sorted((folder / "models").rglob("*.yaml")):
        yaml.load(path.read_bytes(), Loader=loader)


def main(rounds: int, sizes: Sizes = FULL) -> None:
    """Print what each costs, a line each."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        deployed = build(folder, sizes)
        os.chdir(folder)
        try:

            def reviewed() -> None:
                with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
                    assert run(["review", "-o", "concise"]) == 1

            whole = sizes.models * sizes.versions
            base = timed(lambda: _loaded(folder), rounds)
            review = timed(reviewed, rounds)
            read = timed(lambda: sum(1 for _ in Project(load()).registry.versions()), rounds)
            one = timed(lambda: list(Project(load()).registry.versions("model-000")), rounds)
        finally:
            os.chdir(before)
    for what, took in (
        (f"`policy review` of {whole:,} versions, {deployed} served", review),
        ("reading them all as records", read),
        ("reading the versions of one model", one),
    ):
        print(f"{what:52} {took:10.2f} s   {took / base:7.2f} x loading the YAML of all")
