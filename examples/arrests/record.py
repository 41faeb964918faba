"""The model-version record: where a model comes from, what it was made with, and writing it as YAML."""

from __future__ import annotations

import hashlib
import platform
import subprocess
from dataclasses import dataclass
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import yaml
from sklearn.base import BaseEstimator

import dataset
import measure
from versions import MODEL_SEED, Version

HERE = Path(__file__).resolve().parent
PACKAGES = ("fairlearn", "modelscan", "numpy", "pandas", "pytest", "PyYAML", "scikit-learn", "scikit-lego")

# Example values: no container is built here, and a checkout may have no commit yet.
EXAMPLE_IMAGE = "python@sha256:" + "0123456789abcdef" * 4
EXAMPLE_COMMIT = "0123456789abcdef0123456789abcdef01234567"
EXAMPLE_REPOSITORY = "https://git.example.org/letpass"

_HEADER = "# Written by examples/arrests/train.py from what it trained, measured, tested and scanned.\n"
_IMAGE_NOTE = "# environment.image is an example value: nothing here was trained in a container.\n"
_COMMIT_NOTE = "# code.commit and code.dirty are example values: the checkout had no commit.\n"


@dataclass(frozen=True)
class Origin:
    """What all records of one run share."""

    at: str
    image: str
    repository: str
    commit: str
    dirty: bool
    data_digest: str


def _git(*arguments: str) -> str | None:
    """What git answers for this folder, or nothing where there is no git, repository or commit."""
    try:
        done = subprocess.run(["git", *arguments], cwd=HERE, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def commit_and_dirty(otherwise: str) -> tuple[str, bool]:
    """The commit of the checkout and whether the training code differs from it; else the given commit."""
    commit = _git("rev-parse", "--verify", "HEAD")
    if not commit:
        return otherwise, False
    # Only what decides the result counts, not texts, and not the records that a run itself writes.
    changed = _git("status", "--porcelain", "--", "*.py", "requirements.txt")
    return commit, bool(changed)


def hyperparameters(estimator: BaseEstimator) -> dict[str, Any]:
    """The estimator's own parameters, as far as they are set and are plain values."""
    return {
        name: value
        for name, value in estimator.get_params().items()
        # scikit-learn marks a parameter that was never set, and is going away, by this word.
        if isinstance(value, str | int | float) and value != "deprecated"
    }


def environment(image: str) -> dict[str, Any]:
    """The software that is running now."""
    return {
        "image": image,
        "python": platform.python_version(),
        "packages": {name: installed(name) for name in PACKAGES},
        "cuda": "none",
        "os": f"{platform.system()} {platform.machine()}",
    }


def artifact(file: Path) -> dict[str, Any]:
    """Where the saved model is, and which bytes it has."""
    content = file.read_bytes()
    return {
        "uri": f"examples/arrests/.work/{file.name}",
        "digest": f"sha256:{hashlib.sha256(content).hexdigest()}",
        "size": len(content),
        "format": "pickle",
    }


def measured(metrics: dict[str, dict[str, Any]], origin: Origin) -> dict[str, dict[str, Any]]:
    """The metrics, each with where and when it was measured; slices come last, for the reader."""
    run = {"measured_at": origin.at, "source": "examples/arrests/measure.py"}
    test_part = {"data_set": dataset.NAME, "data_digest": origin.data_digest, "split": "test"}
    found = {}
    for name, metric in metrics.items():
        place = {**run} if "data_set" in metric else {**test_part, **run}
        slices = {"slices": metric["slices"]} if "slices" in metric else {}
        found[name] = {**{key: value for key, value in metric.items() if key != "slices"}, **place, **slices}
    return found


def identity(version: Version, estimator: BaseEstimator, file: Path, origin: Origin) -> dict[str, Any]:
    """The part of a record that even a hurried author has: what the model is and what it came from."""
    return {
        "model": "arrests",
        "version": version.number,
        "stage": version.stage,
        "author": version.author,
        "registered_at": origin.at,
        "risk": "high",
        "tags": {"estimator": type(estimator).__name__, "purpose": version.purpose},
        "code": {"repository": origin.repository},
        "data": [{"name": dataset.NAME}],
        "hyperparameters": hyperparameters(estimator),
        "artifact": artifact(file),
    }


def provenance(version: Version, origin: Origin) -> dict[str, Any]:
    """The part of a record that lets someone else make the model again and find out about it."""
    package = installed("scikit-lego")
    return {
        "license": "MIT",
        "code": {
            "repository": origin.repository,
            "commit": origin.commit,
            "dirty": origin.dirty,
            "author": version.author,
        },
        "data": [
            {
                "name": dataset.NAME,
                "version": package,
                "digest": origin.data_digest,
                "uri": f"pkg:pypi/scikit-lego@{package}#sklego/data/arrests.zip",
            }
        ],
        "environment": environment(origin.image),
        "seeds": {"split": dataset.SPLIT_SEED, "model": MODEL_SEED, "bootstrap": measure.BOOTSTRAP_SEED},
        "model_card": "examples/arrests/model-card.md",
        "facts": {"domain": "justice", "personal_data": True},
    }


def write(record: dict[str, Any], folder: Path) -> Path:
    """Write the record as YAML under its model and version, saying which of its values are examples."""
    header = _HEADER
    header += _IMAGE_NOTE if record.get("environment", {}).get("image") == EXAMPLE_IMAGE else ""
    header += _COMMIT_NOTE if record["code"].get("commit") == EXAMPLE_COMMIT else ""
    target: Path = folder / record["model"] / f"{record['version']}.yaml"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(header + yaml.safe_dump(record, sort_keys=False, width=110, allow_unicode=True))
    return target
