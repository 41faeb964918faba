"""What it costs to read a record: from JSON and YAML bytes to the outcomes of rules, and in memory."""

from __future__ import annotations

import gc
import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import yaml

from letpass.diagnostics import Source
from letpass.facts import document, reader
from letpass.facts.decoding import Decoder
from letpass.facts.fast import Reader
from letpass.facts.record import Record
from tests.benchmarks.timing import medians, over

ORJSON, STANDARD = Reader(0, Decoder(0)), Reader(0, Decoder(1 << 60))


def source(data: bytes, name: str = "record.json") -> Source:
    """A file's bytes as a source, as the registries make it."""
    return Source(name, data.decode().removeprefix("\ufeff"))


def with_orjson(data: bytes) -> Record:
    """The record in JSON bytes, in one pass, decoded by orjson."""
    found = ORJSON.read(source(data))
    assert found is not None, "this record is not read in one pass"
    return found


def with_json(data: bytes) -> Record:
    """The record in JSON bytes, in one pass, decoded by the standard library."""
    found = STANDARD.read(source(data))
    assert found is not None, "this record is not read in one pass"
    return found


def telling(data: bytes) -> Record:
    """The record in JSON bytes, by the readers that tell what is wrong."""
    return reader.read(document.read(source(data)))


def from_yaml(data: bytes) -> Record:
    """The record in YAML bytes."""
    read = document.read(source(data, "record.yaml"))
    return STANDARD.sort(read) or reader.read(read)


def to_outcomes(
    texts: list[bytes], outcomes: Callable[[Record], Any], rounds: int, repeats: int
) -> dict[str, dict[str, float]]:
    """From JSON bytes to outcomes: microseconds for a record, and how many times `json.loads` of the same bytes."""
    ways = {"one pass, orjson": with_orjson, "one pass, json": with_json, "readers that tell": telling}
    tasks = {"json.loads": over(json.loads, texts)}
    for name, way in ways.items():
        tasks[name] = over(lambda data, way=way: outcomes(way(data)), texts)  # type: ignore[misc]
    found = medians(tasks, rounds, repeats)
    return {n: {"us": took / len(texts), "ratio": took / found["json.loads"]} for n, took in found.items()}


def of_yaml(texts: list[bytes], rounds: int, repeats: int) -> dict[str, float]:
    """YAML bytes to a record, as multiples of the same record from JSON bytes, and of libyaml's loader."""
    same = [yaml.safe_dump(json.loads(text), sort_keys=False, allow_unicode=True).encode() for text in texts]
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found = medians(
        {
            "yaml": over(from_yaml, same),
            "json": over(with_json, texts),
            "orjson": over(with_orjson, texts),
            "loaded": over(lambda data: yaml.load(data, Loader=loader), same),
        },
        rounds,
        repeats,
    )
    return {name: found["yaml"] / found[name] for name in ("json", "orjson", "loaded")}


def held(texts: list[bytes], make: Callable[[bytes], Any]) -> float:
    """Bytes of memory that is held for each text."""
    for text in texts:
        make(text)
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    kept = [make(text) for text in texts]
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return grown / len(kept)


def main(texts: Callable[[int, int], list[bytes]], outcomes: Callable[[Record], Any], rounds: int) -> None:
    """Print the figures; `texts`: so many records in JSON of about so many bytes."""
    print(f"\n{'JSON bytes to outcomes':24}{'json.loads us':>14}  as multiples of it")
    for size, repeats in ((2_000, 40), (20_000, 6), (200_000, 1)):
        found = to_outcomes(texts(8, size), outcomes, rounds, repeats)
        ways = ", ".join(f"{name} {given['ratio']:.2f} x" for name, given in found.items() if name != "json.loads")
        print(f"{size // 1000:5} KB{'':16}{found['json.loads']['us']:14.1f}  {ways}")
    ratios = of_yaml(texts(8, 2_000), rounds, 5)
    print(
        f"YAML bytes to a record, 2 KB: {ratios['json']:.1f} x the same from JSON by the standard library,"
        f" {ratios['orjson']:.1f} x by orjson, {ratios['loaded']:.2f} x libyaml's loader alone"
    )
    many = texts(200, 2_000)
    text, told, kept, data = (held(many, make) for make in (source, telling, with_orjson, json.loads))
    print(
        f"a record of {sum(map(len, many)) / len(many):,.0f} bytes in memory: {kept:,.0f} bytes, {text:,.0f} of them its text;"
        f" by the readers that tell {told:,.0f}; its bare data {data:,.0f}"
    )
