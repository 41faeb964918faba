"""What training records of itself: the environment and the seeds, as a record reads them."""

from __future__ import annotations

import json
import random
import sys
from importlib import metadata
from pathlib import Path

import pytest

from letpass import capture_environment, seed_everything
from letpass.capture import LARGEST_SEED, packages, system
from letpass.diagnostics import Source
from letpass.facts.record import Record
from letpass.registries import files

IMAGE = "registry.corp.example/train@sha256:" + "0a" * 32


def read(**fields: object) -> Record:
    """A record with these fields, as it is read from JSON."""
    (found,) = files.parse(Source("r.json", json.dumps({"model": "m", "version": "1", **fields})))
    return found


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LETPASS_IMAGE", "PYTHONHASHSEED"):
        monkeypatch.delenv(name, raising=False)


# ---------------------------------------------------------------- the environment


def test_what_is_captured_reads_as_a_records_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing in it is unreadable."""
    monkeypatch.setenv("LETPASS_IMAGE", IMAGE)

    found = read(environment=capture_environment())

    assert (found.unreadable, [p for p in found.lists["environment.packages"] if "@bad" in p]) == ({}, [])
    assert found.text("environment.image") == IMAGE
    assert found.text("environment.python") == ".".join(map(str, sys.version_info[:3]))
    assert found.text("environment.os") == system()
    versions = {p["name"]: p["version"] for p in found.lists["environment.packages"]}
    assert versions["pyyaml"] == metadata.version("PyYAML")
    assert {"letpass", "pytest", "click"} <= versions.keys()


@pytest.mark.parametrize(
    "image",
    [
        "",
        "python:3.11",
        "python@sha256:0a0a",
        "python@sha1:" + "0a" * 20,
        IMAGE[:-1] + "G",
        IMAGE + "\nx",
        IMAGE.upper(),
    ],
)
def test_an_image_without_a_digest_is_none(monkeypatch: pytest.MonkeyPatch, image: str) -> None:
    """A tag can be moved; a rule that asks for the image is unknown then."""
    monkeypatch.setenv("LETPASS_IMAGE", image)

    assert "image" not in capture_environment()


def test_a_package_whose_version_is_not_told_is_not_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its version is unreadable; of two copies the one that is imported counts; names are normalised."""
    for folder, name, version in (
        ("a", "Half_Installed", None), ("a", "Two.Copies", "2.0"), ("b", "two-copies", "1.0"), ("a", None, "1"),
    ):  # fmt: skip
        place = tmp_path / folder / f"{name or 'nameless'}.dist-info"
        place.mkdir(parents=True)
        lines = [
            "Metadata-Version: 2.1",
            *([f"Name: {name}"] if name else []),
            *([f"Version: {version}"] if version else []),
        ]
        (place / "METADATA").write_text("\n".join(lines) + "\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path / "a"), str(tmp_path / "b")])

    assert packages() == {"half-installed": None, "two-copies": "2.0"}
    found = read(environment={"packages": packages()})
    assert ["version" in p for p in found.lists["environment.packages"]] == [False, True]


def test_cuda_is_that_of_pytorch_where_it_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A build without CUDA says none."""
    from types import SimpleNamespace

    for version, told in (("12.4", "12.4"), (None, "none")):
        monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(version=SimpleNamespace(cuda=version)))
        assert capture_environment()["cuda"] == told


# ---------------------------------------------------------------- seeds


def test_a_seed_repeats_what_python_draws() -> None:
    """The same seed, the same numbers; another, others."""

    def drawn(seed: int) -> list[float]:
        seed_everything(seed)
        return [random.random() for _ in range(5)]

    assert drawn(7) == drawn(7) != drawn(8)


def test_a_seed_repeats_what_numpy_draws() -> None:
    """Its generator of the module, as most libraries use it."""
    numpy = pytest.importorskip("numpy", reason="NumPy is not installed")

    def drawn(seed: int) -> list[float]:
        assert seed_everything(seed)["numpy"] == seed
        return list(numpy.random.rand(5))

    assert drawn(7) == drawn(7) != drawn(8)


def test_seeds_read_as_a_records_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    """With that of Python's hashes, where one was set."""
    assert "hash" not in seed_everything(0)
    for value, told in (("42", 42), ("random", None), ("", None), ("٤٢", None)):
        monkeypatch.setenv("PYTHONHASHSEED", value)
        assert seed_everything(3).get("hash") == told

    monkeypatch.setenv("PYTHONHASHSEED", "42")
    found = read(seeds=seed_everything(LARGEST_SEED))

    assert found.unreadable == {}
    assert (found.values["seeds.random"], found.values["seeds.hash"]) == (LARGEST_SEED, 42)


@pytest.mark.parametrize("seed", [-1, LARGEST_SEED + 1, 7.0, "7", True, None])
def test_what_not_every_generator_takes_is_an_error(seed: int) -> None:
    """Nothing is seeded with another number than the one that is recorded."""
    before = random.getstate()

    with pytest.raises(ValueError, match="a seed is a whole number"):
        seed_everything(seed)

    assert random.getstate() == before
