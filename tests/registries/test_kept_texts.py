"""Evidence that is written into a record leaves the rest of it as people wrote it: numbers, comments and layout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letpass.diagnostics import Source
from letpass.facts import document
from letpass.registries import editing, inplace
from tests.cli.conftest import Call, write
from tests.cli.conftest import _call as _call
from tests.cli.conftest import _project as _project

RECORD = """model: fraud
version: "5"
metrics:
  # measured twice
  accuracy: {value: 0.50, data_set: h, samples: 228}  # holdout
  f1: 0.70   # rounded
  auc:
    # by hand
    value: 1e-3   # small
    samples: 010
  # the end of them
suites:
  # our own
  - name: "Fairness Check"  # every night
    ran_at: 2026-11-20T10:00:00Z
    cases: 3

# what it runs on
environment:
  python: "3.10"   # pinned
"""
MORE = {
    "metrics": {"accuracy": {"value": 0.96}, "auc": [{"value": 0.2}], "recall": {"value": 0.9}},
    "suites": [{"name": "pytest", "cases": 2}],
    "scans": [{"tool": "modelscan", "completed": True}],
}
GROWN = """model: fraud
version: "5"
metrics:
  # measured twice
  accuracy:
  - {value: 0.50, data_set: h, samples: 228}  # holdout
  - value: 0.96
  f1: 0.70   # rounded
  auc:
    # by hand
    - value: 1e-3   # small
      samples: 010
    - value: 0.2
  recall:
    value: 0.9
  # the end of them
suites:
  # our own
  - name: "Fairness Check"  # every night
    ran_at: 2026-11-20T10:00:00Z
    cases: 3
  - name: pytest
    cases: 2

# what it runs on
environment:
  python: "3.10"   # pinned
scans:
- tool: modelscan
  completed: true
"""


def grown(text: str, more: dict[str, Any], name: str = "5.yaml") -> str:
    """The text of a record with more evidence in it."""
    read = document.read(Source(name, text))
    return editing.with_fields(read, {s: editing.appended(read.data, s, pieces) for s, pieces in more.items()})


def test_only_what_is_new_is_written() -> None:
    """`evidence add` had made 228 to 228.0 and 0.50 to 0.5, and taken the comments of the section away."""
    assert grown(RECORD, MORE) == GROWN


@pytest.mark.parametrize("nothing", ['"high"', "null", '""'])
def test_a_field_with_nothing_in_it_stays_as_it_stands(nothing: str) -> None:
    """A `null` in JSON had been taken out, with all layout, and with it what a rule was told of the field: it is no value."""
    text = f'{{"model": "m",   "version": "1", "risk": {nothing}}}'
    made = editing.with_fields(document.read(Source("5.json", text)), {"expires_at": "2027-02-03"})

    assert made == f'{text[:-1]}, "expires_at": "2027-02-03"}}'


def test_evidence_that_is_there_already_changes_nothing() -> None:
    """However its numbers are written."""
    for more in (
        {"metrics": {"f1": 0.7}},
        {"metrics": {"accuracy": {"value": 0.5, "data_set": "h", "samples": 228.0}}},
    ):
        assert grown(RECORD, more) == RECORD
    assert grown(GROWN, MORE) == GROWN


def test_a_record_of_one_file_is_kept_as_it_stands(project: Path, call: Call) -> None:
    """By the command, from a tool's file."""
    path = write(project / "models/fraud/5.yaml", RECORD)
    found = write(
        project / "found.json",
        json.dumps({"metrics": {"recall": {"value": 0.9, "samples": 228, "measured_at": "2026-11-20"}}}),
    )

    assert call("evidence", "add", "fraud@5", str(found))[0] == 0

    new = "  recall:\n    value: 0.9\n    samples: 228\n    measured_at: '2026-11-20'\n"
    assert path.read_text(encoding="utf-8") == RECORD.replace("  # the end of them\n", f"{new}  # the end of them\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '{\n  "model": "m", "version": "1",\n  "metrics": {"f1": 0.70},\n  "suites": []\n}\n',
            (
                '{\n  "model": "m", "version": "1",\n  "metrics": {"f1": [{"value": 0.70}, {"value": 0.5}], "g": {"value": 1}},\n'
                '  "suites": [{"name": "s", "cases": 2}]\n}\n'
            ),
        ),
        (
            '{"model":"m","version":"1","metrics":{\n  "f1": {"value": 0.50}\n}}',
            (
                '{"model":"m","version":"1","metrics":{\n  "f1": {"value": 0.50},\n  "g": {\n    "value": 1\n  }\n},'
                ' "suites": [{"name": "s", "cases": 2}]}'
            ),
        ),
    ],
    ids=["in lines", "in one line"],
)
def test_json_keeps_its_layout(text: str, expected: str) -> None:
    """Numbers that nobody touches are the digits that they were."""
    more = {"metrics": {"f1": {"value": 0.5}, "g": {"value": 1}}, "suites": [{"name": "s", "cases": 2}]}

    assert grown(text, more, "1.json") == expected


HANDMADE = (
    '{\n\t"version": "1",\n\t"model": "m",\n\t"author": "Andr\\u00e9",\n\t"seeds": {"a": 228.0, "b": 1E3},\n'
    '\t"metrics": {\n\t\t"f1": {"value": 9.50e-1, "samples": 228.0}\n\t}\n}\n'
)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_json_record_is_edited_and_not_rewritten(project: Path, call: Call, end: str, mark: bytes) -> None:
    """Digits, escapes, the order of keys, tabs, ends of lines and a byte order mark are who wrote it's."""
    path = project / "models/m/1.json"
    path.parent.mkdir()
    path.write_bytes(mark + HANDMADE.replace("\n", end).encode())
    found = write(
        project / "found.json", '{"metrics": {"g": {"value": 1.5}}, "suites": [{"name": "s", "ran_at": "2026-11-20"}]}'
    )

    assert call("evidence", "add", "m@1", str(found), "--ran-at", "2026-11-20")[0] == 0

    new = HANDMADE.replace(
        "228.0}\n\t}\n}",
        '228.0},\n\t\t"g": {\n\t\t\t"value": 1.5,\n\t\t\t"measured_at": "2026-11-20"\n\t\t}\n\t},\n\t"suites": [\n\t\t{\n'
        '\t\t\t"name": "s",\n\t\t\t"ran_at": "2026-11-20"\n\t\t}\n\t]\n}',
    )
    assert path.read_bytes() == mark + new.replace("\n", end).encode()
    assert call("evidence", "add", "m@1", str(found), "--ran-at", "2026-11-20")[1].startswith("nothing new")
    assert path.read_bytes() == mark + new.replace("\n", end).encode()


def test_of_several_fields_only_the_one_that_cannot_grow_is_written_anew() -> None:
    """The others keep their comments and digits."""
    text = "model: m\nversion: '1'\nmetrics:\n# none\nfacts: {n: 0.10} # by hand\n"
    more = {"metrics": {"g": {"value": 1}}, "facts": {"o": 2}}
    assert grown(text, more) == (
        "model: m\nversion: '1'\nmetrics:\n  g:\n    value: 1\n# none\nfacts: {n: 0.10, o: 2} # by hand\n"
    )


def test_yaml_between_brackets_stays_between_them() -> None:
    """On one line, or on several, and with a comment in between."""
    text = "model: m\nversion: '1'\nmetrics: {f1: 0.70, # by hand\n  g: {value: 010}}\n"
    more = {"metrics": {"f1": {"value": 0.5}, "box AP": {"value": 1, "data_set": "no"}}}

    assert grown(text, more) == (
        "model: m\nversion: '1'\nmetrics: {f1: [{value: 0.70}, {value: 0.5}], # by hand\n  g: {value: 010},\n"
        "  box AP: {value: 1, data_set: 'no'}}\n"
    )


def test_a_field_that_cannot_grow_is_written_anew() -> None:
    """A section that is named and empty, and one whose value begins on the line below."""
    assert grown("model: m\nversion: '1'\nmetrics:\n# next\nseeds: {a: 1}\n", {"metrics": {"g": {"value": 1}}}) == (
        "model: m\nversion: '1'\nmetrics:\n  g:\n    value: 1\n# next\nseeds: {a: 1}\n"
    )
    assert grown("model: m\nversion: '1'\nmetrics:\n  f1:\n    0.50\n", {"metrics": {"f1": {"value": 0.6}}}) == (
        "model: m\nversion: '1'\nmetrics:\n  f1:\n  - value: 0.50\n  - value: 0.6\n"
    )


# ---------------------------------------------------------------- any record

NAMES = st.sampled_from(["accuracy", "box AP", "f1", "x: y", "#1", "nein", "über"])
NUMBERS = st.sampled_from(["0.50", "228", "1e-3", "010", ".5", "-0.0", "+1"])
COMMENTS = st.sampled_from(["", "  # why", "   # a: {b", " # - x"])


@st.composite
def sections(draw: st.DrawFn) -> str:
    """The lines of the section `metrics`, in any of the layouts that people write."""
    lines = ["metrics:" + draw(COMMENTS)]
    indent = " " * draw(st.integers(1, 4))
    for name in draw(st.lists(NAMES, min_size=1, max_size=4, unique=True)):
        value, key = draw(NUMBERS), json.dumps(name, ensure_ascii=False)
        shape = draw(st.integers(0, 4))
        if draw(st.booleans()):
            lines.append(f"{indent}# above")
        if shape == 0:
            lines.append(f"{indent}{key}: {value}{draw(COMMENTS)}")
        elif shape == 1:
            lines.append(f"{indent}{key}: {{value: {value}, samples: 10}}{draw(COMMENTS)}")
        elif shape == 2:
            lines += [
                f"{indent}{key}:{draw(COMMENTS)}",
                f"{indent}  value: {value}{draw(COMMENTS)}",
                f"{indent}  samples: 10",
            ]
        elif shape == 3:
            dash = indent + " " * draw(st.integers(0, 2))
            lines += [f"{indent}{key}:", f"{dash}- value: {value}{draw(COMMENTS)}", f"{dash}  samples: 10"]
        else:
            lines.append(f"{indent}{key}: [{{value: {value}}}]{draw(COMMENTS)}")
    return "\n".join(lines) + "\n"


@given(sections(), st.dictionaries(NAMES, st.floats(0, 1).map(lambda v: {"value": v}), min_size=1), st.booleans())
def test_whatever_the_layout_the_record_says_what_it_should(metrics: str, more: dict[str, Any], last: bool) -> None:
    """And nothing that people wrote is gone."""
    rest = "# behind\nseeds: {a: 1}  # one\n"
    text = f"model: m\nversion: '1'\n{metrics if last else metrics + rest}{rest if last else ''}"
    before = document.read(Source("1.yaml", text))
    wanted = editing.appended(before.data, "metrics", more)

    made = grown(text, {"metrics": more})

    assert inplace.same(document.read(Source("1.yaml", made)).data, {**before.data, "metrics": wanted})
    assert [line for line in text.splitlines() if not all(piece in made for piece in _kept(line))] == []
    assert grown(made, {"metrics": more}) == made


def _kept(line: str) -> list[str]:
    """What must be left of a line: all that stands behind its name; a list may grow before its bracket."""
    name, _, value = line.strip().partition('": ')
    return (value or name).split("]")
