"""Texts that try to break out of a report: a terminal, a build server, Markdown and HTML read them as mere text."""

from __future__ import annotations

import html.parser
import json
import os
import re
from pathlib import Path

import pytest

from letpass.cli.reporting import FORMATS
from tests.cli.conftest import POLICY, Call, write

TO = ("--to", "production")
HOSTILE = "\x1b[2J\x1b]0;evil\x07 a | b </script><img src=x> `c` [x](mailto:x.example) @team #1 \u202e\n::error::pwned\r\n::set-output name=x::y"


@pytest.fixture(name="hostile")
def _hostile(project: Path) -> Path:
    """A record whose every text tries to break out of the report."""
    text = json.dumps(HOSTILE)
    metric = f'{{"value": {text}, "data_set": {text}, "source": {text}}}'
    write(
        project / "policies/gate.policy",
        POLICY
        + "require open: license is MIT\nrequire owned: author is nobody\nadvise carded: model_card is recorded\n",
    )
    record = f'{{"model": {text}, "version": {text}, "license": {text}, "author": {text}, "metrics": {{"accuracy": {metric}}}, "tags": {{{text}: {text}}}}}'
    return write(project / "hostile.json", record)


@pytest.mark.parametrize("form", ["text", "concise", "markdown", "json"])
def test_no_text_of_a_record_breaks_out_of_a_report(hostile: Path, call: Call, form: str) -> None:
    """No escape character, no line that a build server takes for a command; still a denial."""
    code, out, err = call("check", "hostile.json", *TO, "-o", form)

    assert (code, err) == (1, "")
    assert not [c for c in out if (ord(c) < 32 and c != "\n") or c == "\x7f"]
    assert form == "json" or "\u202e" not in out
    assert not [line for line in out.splitlines() if line.lstrip().startswith("::")]


def test_a_markdown_table_keeps_its_cells(hostile: Path, call: Call) -> None:
    """Every row has as many unescaped bars as the head, and no HTML but the report's own."""
    _, out, _ = call("check", "hostile.json", *TO, "-o", "markdown")
    rows = [re.sub(r"\\.", "", line) for line in out.splitlines() if line.startswith("|")]
    tags: list[str] = []
    parser = html.parser.HTMLParser()
    parser.handle_starttag = lambda tag, attrs: tags.append(tag)  # type: ignore[method-assign]
    prose = re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", out)
    parser.feed(prose)

    assert len(rows) == 6
    assert {row.count("|") for row in rows} == {4}
    assert [t for t in tags if t not in {"details", "summary", "br"}] == []
    assert "@team" not in prose


def test_json_holds_the_texts_as_they_are(hostile: Path, call: Call) -> None:
    """In JSON nothing is changed, and it reads back."""
    _, out, _ = call("check", "hostile.json", *TO, "-o", "json")

    assert json.loads(out)["decision"]["model"] == HOSTILE


def test_a_summary_of_hostile_models_keeps_its_lines(hostile: Path, project: Path, call: Call) -> None:
    """One line for each model, whatever their names hold."""
    code, out, _ = call("check", "hostile.json", "fraud@2", *TO)

    assert code == 1
    assert [line.split(None, 1)[0] for line in out.splitlines()[:2]] == ["DENIED", "DENIED"]
    assert "\x1b" not in out


def test_a_hostile_file_name_is_shown_harmless(project: Path, call: Call) -> None:
    """A file's name is a text like any other."""
    name = "a\x1b[2J\n::error::x.yaml"
    write(project / name, "model: [\n")

    code, out, err = call("check", f"./{name}", *TO)

    assert (code, out) == (2, "")
    assert "\x1b" not in err
    assert not [line for line in err.splitlines() if line.startswith("::")]


@pytest.mark.parametrize("form", FORMATS)
def test_a_fault_in_a_file_whose_name_is_no_text_is_told_in_every_format(project: Path, call: Call, form: str) -> None:
    """A name of bytes that are not UTF-8 is shown with escapes, and hides no other version."""
    write(project / os.fsdecode(b"models/fraud\xff/broken.yaml"), "model: fraud\nversion: [\n")

    assert call("check", "models", *TO, "-o", f"{form}=report") == (2, "", "")
    text = (project / "report").read_text("utf-8")
    assert re.search(r"fraud(\\+|%5C)udcff/broken\.yaml", text)
    if form == "json":
        read = json.loads(text)
        assert (len(read["decisions"]), read["faults"][0]["place"]) == (3, "models/fraud\\udcff/broken.yaml:2:11")
