"""The harness's policy gives the harness's answers; how fast is measured by `make bench`, never tested."""

from __future__ import annotations

import importlib
import json
import os
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from letpass.cli.reporting import FORMATS
from tests.benchmarks import adapter, evaluations, formats, large, moves, newcomer, reading, registry, sweeps, trust
from tests.fuzz import corpus

HARNESS = Path(os.environ.get("LETPASS_SHARED", Path(__file__).resolve().parents[3] / "shared")) / "bench"


@pytest.fixture(scope="module")
def workload() -> ModuleType:
    if not HARNESS.is_dir():
        pytest.skip("the shared harness is not beside the checkout")
    sys.path.insert(0, str(HARNESS))
    try:
        return importlib.import_module("workload")
    finally:
        sys.path.remove(str(HARNESS))


@pytest.mark.parametrize("count", [12, 120])
def test_every_document_gets_the_answer_of_the_hand_written_policy(workload: ModuleType, count: int) -> None:
    """Two thousand documents, half of them broken in one to three ways."""
    rules = workload.rules(count)
    engine, oracle = adapter.build(rules), workload.straight_line(rules)[1]
    docs = workload.documents(2000 if count == 12 else 200)

    answers = [engine.failed(engine.convert(d)) for d in docs]

    assert answers == [oracle(d) for d in docs]
    assert [engine.decide(engine.convert(d)) for d in docs] == [not a for a in answers]
    from_json = adapter.from_json(rules)
    assert from_json.failed_json is not None
    assert [from_json.failed_json(json.dumps(d).encode()) for d in docs] == answers


def test_no_wrong_typed_document_is_allowed_and_none_raises(workload: ModuleType) -> None:
    """The ten probes that most engines allow some of; their untouched twin is allowed."""
    engine = adapter.build(workload.rules(12))
    answers = {}
    for name, spoil in workload.PROBES.items():
        doc = workload.documents(1)[0]
        assert engine.decide(engine.convert(doc)) is True
        spoil(doc)
        answers[name] = engine.decide(engine.convert(doc))

    assert answers == dict.fromkeys(workload.PROBES, False)


def test_equal_expressions_are_written_once(workload: ModuleType) -> None:
    """A hundred rules over one list walk it once: the loops of 1,200 rules are those of 12."""
    from tests.properties.judging import printed

    loops = [printed(adapter.policy(workload.rules(count)).rules).count("for ") for count in (12, 1200)]

    assert loops[0] == loops[1]


@pytest.mark.once
def test_what_reading_evaluations_costs_can_be_measured(capsys: pytest.CaptureFixture[str]) -> None:
    """Each file is told for what it is, and read."""
    evaluations.main(1, cases=8)

    lines = [line for line in capsys.readouterr().out.splitlines() if line]
    assert len(lines) == 8
    assert [line.endswith(" x") for line in lines[1:]] == [True, True, False, True, True, True, True]


@pytest.mark.once
def test_what_reading_costs_can_be_measured(capsys: pytest.CaptureFixture[str]) -> None:
    """The measurement itself runs, on a record of the project; each way comes to the same."""
    texts = [json.dumps({k: v for k, v in corpus.RECORD.items() if k != "taken_back"}).encode()]
    assert reading.with_orjson(texts[0]) == reading.with_json(texts[0]) == reading.telling(texts[0])

    reading.main(lambda _, __: texts, lambda record: record.name, 1)

    lines = [line for line in capsys.readouterr().out.splitlines() if line]
    assert len(lines) == 6
    assert [line.count(" x") for line in lines[1:5]] == [3, 3, 3, 3], lines


@pytest.mark.once
def test_what_signatures_and_the_log_cost_can_be_measured(capsys: pytest.CaptureFixture[str]) -> None:
    """The measurement itself runs, on little of everything."""
    trust.main(1, trust.Sizes(3, 50, 3))

    lines = [line for line in capsys.readouterr().out.splitlines() if line]
    assert len(lines) == 6
    assert [bool(re.search(r"\d", line[44:63])) for line in lines] == [True] * 6, lines


@pytest.mark.once
def test_what_signing_and_moving_cost_can_be_measured(capsys: pytest.CaptureFixture[str]) -> None:
    """The measurement itself runs, once: each command ends with 0."""
    moves.main(1)

    lines = capsys.readouterr().out.splitlines()[2:]
    assert [line[:44].rstrip() for line in lines] == list(moves.COMMANDS)


@pytest.mark.once
def test_what_a_review_costs_can_be_measured(capsys: pytest.CaptureFixture[str]) -> None:
    """The measurement itself runs, on a small registry."""
    registry.main(1, registry.Sizes(2, 10, 5))

    lines = [line for line in capsys.readouterr().out.splitlines() if line]
    assert [bool(re.search(r"\d", line[53:63])) for line in lines] == [True] * 3, lines
    assert lines[0].startswith("`policy review` of 20 versions, 4 served ")


@pytest.mark.once
def test_every_format_has_its_figures() -> None:
    """Time, ratio and size of each, for a few rules: how large they are is no matter of a test."""
    found = formats.figures(12, 1)

    assert tuple(found) == FORMATS
    assert all(milliseconds > 0 and ratio > 0 and size > 0 for milliseconds, ratio, size in found.values())


@pytest.mark.once
def test_what_a_folder_costs_can_be_measured(capsys: pytest.CaptureFixture[str]) -> None:
    """The measurement itself runs, on few records; one in twenty of them is denied."""
    sweeps.main(1, sweeps.Sizes(100, 200))

    lines = [line for line in capsys.readouterr().out.splitlines() if line]
    assert [bool(re.search(r"\d", line[44:53])) for line in lines] == [False, *[True] * 6, False, *[True] * 3], lines


@pytest.mark.once
def test_what_a_long_log_costs_can_be_measured(capsys: pytest.CaptureFixture[str]) -> None:
    """The measurement itself runs, on a log that is not long."""
    large.main(1, 300, 2, 3)

    lines = [line for line in capsys.readouterr().out.splitlines() if line and not line.startswith(("beside", "a log"))]
    assert [bool(re.search(r"\d", line[62:])) for line in lines] == [True] * 15, lines


def test_the_commands_of_a_newcomer_are_counted_from_the_page() -> None:
    """The walk to a signed promotion, which a test runs; README and page say as many."""
    found = newcomer.commands()

    assert [line.split()[1] for line in found] == ["init", "trust", "request", "sign", "sign", "promote"]
    assert f"| [{len(found)}](docs/first-minutes.md#people-who-sign) |" in (newcomer.ROOT / "README.md").read_text(
        "utf-8"
    )
    assert "takes six commands" in newcomer.PAGE.read_text("utf-8")
