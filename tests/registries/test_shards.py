"""Which part of a registry a model is in, and what is read of it: every model is in one part, whatever else there is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from letpass.diagnostics import Diagnostic, InvalidError, RecordError, Source, Span
from letpass.facts.record import Record
from letpass.project.configuration import load
from letpass.project.contents import registry_of
from letpass.registries import files, shards
from letpass.registries.folder import Folder
from letpass.registries.interface import Run
from letpass.registries.shards import Shard
from tests.lifecycle.conftest import write

NAMES = st.text(min_size=1, max_size=20)


@given(st.sets(NAMES, max_size=30), st.integers(1, 40))
@settings(deadline=None)
def test_every_model_is_in_one_shard_and_in_none_twice(models: set[str], of: int) -> None:
    """Together the parts are the whole, for any names and any number of parts."""
    parts = [[m for m in models if Shard(number, of).has(m)] for number in range(1, of + 1)]

    assert sorted(m for part in parts for m in part) == sorted(models)


def test_a_model_stays_in_its_shard() -> None:
    """It depends on the name and on the number of parts, and so is the same on every machine and in every release."""
    assert [shards.part_of(m, 8) for m in ("fraud", "loans", "a/b", "größe", "")] == [7, 5, 2, 5, 6]
    assert [shards.part_of("fraud", of) for of in (1, 2, 3, 100)] == [1, 1, 3, 3]


def test_models_are_spread_evenly() -> None:
    """Of a thousand names no part of eight has much more than its share."""
    parts = [shards.part_of(f"model-{n}", 8) for n in range(1000)]

    assert all(95 < parts.count(number) < 155 for number in range(1, 9))


@pytest.mark.parametrize(
    "text", ["0/8", "9/8", "8", "3/", "/8", "-1/8", "3/8/2", "1/0", "a/b", "٣/8", "1/10001", " 1/2", "", "1/2\n"]
)
def test_what_is_no_shard_is_refused(text: str) -> None:
    """The first is 1, and the last is their number."""
    assert shards.read("8/8") == Shard(8, 8)

    with pytest.raises(InvalidError, match="is no shard: write `3/8` for the third of eight"):
        shards.read(text)


# ---------------------------------------------------------------- what is read


@pytest.fixture(name="fleet")
def _fleet(project: Path) -> Path:
    """Nested models, one that does not read, one without a record, one whose state is torn, and what is no record at all."""
    for model in ("fraud", "fraud/eu", "loans", "churn", "zeta/one/two"):
        for version in ("1", "2", "10"):
            write(project / f"models/{model}/{version}.yaml", f"model: {model}\nversion: '{version}'\n")
        write(project / f"models/{model}/1/0f3a.json", '{"payload": "", "payloadType": "", "signatures": []}')
        write(project / f"models/{model}/state.yaml", "'1': {stage: production}\n'77': {stage: production}\n")
    write(project / "models/loans/3.yaml", "model: loans\nversion: '3'\nmetrics: [oops\n")
    write(project / "models/churn/state.yaml", "'1': {stage: production\n")
    write(project / "models/stray.yaml", "model: [oops\n")
    (project / "models/link").symlink_to(project / "policies")
    return project


def listed(registry: Any, of: int) -> list[Record | Diagnostic]:
    """What all shards give, in the order of their places."""
    found = [each for n in range(1, of + 1) for each in shards.versions(registry, Shard(n, of))]
    return [each for _, each in sorted(found, key=lambda f: f[0])]


def told(found: list[Record | Diagnostic]) -> list[Any]:
    """Records by their names and stages, faults by what they tell."""
    return [(f.name, f.stage) if isinstance(f, Record) else f.identity for f in found]


@pytest.mark.parametrize("of", [1, 2, 3, 8, 100])
def test_all_shards_give_what_a_listing_of_the_whole_gives_in_its_order(fleet: Path, of: int) -> None:
    """Versions and faults, each once, wherever the shards' borders are."""
    whole = told(list(registry_of(load()).versions()))

    assert told(listed(registry_of(load()), of)) == whole
    assert [len(whole), sum(len(w) == 3 for w in whole)] == [21, 8]


def test_a_model_and_all_that_does_not_read_of_it_are_in_one_shard(fleet: Path) -> None:
    """Nobody finds one of its versions elsewhere."""
    registry = registry_of(load())
    parts = [told([each for _, each in shards.versions(registry, Shard(n, 8))]) for n in range(1, 9)]
    loans = shards.part_of("loans", 8) - 1

    assert [n for n, part in enumerate(parts) if "loans" in str(part)] == [loans]
    assert len([each for each in parts[loans] if "loans" in str(each)]) == 5


def test_a_shard_reads_no_record_of_another_model(fleet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the others it sees the names of files alone; the whole reads them all."""
    read: set[str] = set()
    real = files.read_bytes

    def noted(path: Path) -> tuple[bytes, int]:
        read.add(path.parent.name)
        return real(path)

    monkeypatch.setattr(files, "read_bytes", noted)
    of = next(n for n in range(2, 9) if shards.part_of("loans", n) != shards.part_of("fraud", n))

    list(shards.versions(registry_of(load()), Shard(shards.part_of("loans", of), of)))
    assert ("loans" in read, "fraud" in read) == (True, False)
    list(registry_of(load()).versions())
    assert "fraud" in read


@pytest.mark.parametrize("place", ["models/churn/9.yaml", "models/9.yaml", "models/loans/old/9.yaml"])
def test_a_record_in_the_folder_of_another_model_is_in_no_shard(project: Path, place: str) -> None:
    """Its siblings would be judged without it: the shard that finds it is refused, and says where it belongs."""
    write(project / "models/loans/1.yaml", "model: loans\nversion: '1'\n")
    assert len(listed(registry_of(load()), 3)) == len(list(registry_of(load()).versions()))
    write(project / place, "model: loans\nversion: '9'\n")

    with pytest.raises(RecordError) as refused:
        listed(registry_of(load()), 3)

    (fault,) = refused.value.diagnostics
    assert (
        fault.message
        == f"`{place}` is a record of `loans` and lies in another folder than that, so that no shard has all of its versions"
    )
    assert fault.help == "move it to `models/loans`, or leave `--shard` out"


def test_a_registry_that_is_not_there_has_no_shards(project: Path) -> None:
    """As it has no versions: neither is an empty answer."""
    (project / "models").rename(project / "elsewhere")

    with pytest.raises(Exception, match="the registry's folder is not there"):
        listed(registry_of(load()), 2)


class Plugin:
    """A registry of somebody else, which lists what it has and no part of it."""

    name = "made://up"

    def versions(self, model: str = "") -> Iterator[Record | Diagnostic]:
        """Five versions of two models in no order, and one that does not read."""
        for model_, version in (("b", "1"), ("a", "1"), ("b", "2"), ("a", "2"), ("b", "3")):
            yield files.parse(Source("made", f"model: {model_}\nversion: '{version}'\n"))[0]
        yield Diagnostic("GATE304", "no record", Span(Source("made://up#a@3", ""), 0, 0))

    def runs(self, model: str = "") -> Iterator[Run]:
        """Runs of its own."""
        for number in range(9):
            yield Run(f"run-{number}", "", 9 - number, "FINISHED")


def test_a_registry_that_reads_no_part_of_itself_is_listed_whole_and_parted() -> None:
    """Each version once, the one that does not read with its model, in the registry's own order."""
    registry: Any = Plugin()
    parts = [told([each for _, each in shards.versions(registry, Shard(n, 5))]) for n in range(1, 6)]

    assert told(listed(registry, 5)) == told(list(registry.versions()))
    assert ("GATE304", "no record", "made://up#a@3:1:1") in parts[shards.part_of("a", 5) - 1]
    runs = [each for n in range(1, 4) for each in shards.runs(registry, Shard(n, 3))]
    assert [run for _, run in sorted(runs, key=lambda r: r[0])] == list(registry.runs())


def test_a_folder_is_parted_by_itself() -> None:
    """Else it would be listed whole, which is the one thing that a shard must not do."""
    assert isinstance(Folder(Path(), "", {}), shards.Parted)
