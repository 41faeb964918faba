"""The threat model lists every way that is tested, and nothing else."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PAGE = (HERE.parents[1] / "docs/threat-model.md").read_text("utf-8")
DOORS = PAGE[PAGE.index("## Ways round, by door") : PAGE.index("## What is not defended")]
HONEST = "test_the_honest_way_works"
WAY = re.compile(r"^- .+: .+ \(`(test_\w+)`\)$")


def names_in(path: Path) -> list[str]:
    """The names of the tests of a file, in order."""
    return [
        node.name
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    ]


FILES = {p.name: names_in(p) for p in sorted(HERE.glob("test_*.py")) if p.name != Path(__file__).name}


def test_every_way_that_is_tested_is_listed_and_every_listed_one_is_tested() -> None:
    """By its test's name, once."""
    tested = sorted(name for names in FILES.values() for name in names if name != HONEST)
    listed = sorted(found for line in DOORS.splitlines() if (found := "".join(WAY.findall(line))))

    assert listed == tested


def test_a_line_of_the_list_is_a_way_its_end_and_a_test() -> None:
    """Nothing is claimed without one."""
    lines = [line for line in DOORS.splitlines() if line.startswith("-")]

    assert [line for line in lines if not WAY.match(line)] == []


@pytest.mark.parametrize("name", FILES)
def test_each_file_tries_ten_ways_and_the_honest_one(name: str) -> None:
    """A door is not listed for one or two."""
    assert FILES[name].count(HONEST) == 1
    assert len(FILES[name]) > 10
