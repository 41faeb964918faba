"""Bad input: a clear diagnostic or a refusal, never a traceback and never an allow."""

from __future__ import annotations

import html.parser
import json
import time
from pathlib import Path

import pytest

from tests.cli.conftest import POLICY, RECORD, Call, write

TO = ("--to", "production")
GOOD = RECORD.format("1", "0.95")

REFUSED = {
    "an unknown field": (GOOD + "licence: MIT\n", "error[GATE301]: unknown field `licence`", "a field like it exists: `license`"),
    "half a file": (GOOD + "tags: {team: [", "error[GATE304]: not YAML: ", "quote texts"),
    "half a JSON file": ('{"model": "fraud", "version": "1"', "error[GATE304]: not JSON: ", "a value is missing"),
    "an empty file": ("", "error[GATE304]: the file is empty", "a record begins with"),
    "nothing but a comment": ("# later\n", "error[GATE304]: the file holds no data", "a record begins with"),
    "a list": ("- model: fraud\n", "error[GATE302]: a record is a mapping, not a list", "begin with `model:`"),
    "its own sign-offs": (GOOD + "signoffs: [{person: rita, role: risk}]\n", "error[GATE306]: a record holds no `signoffs`", "signed statements of their own"),
    "its own waivers": (GOOD + "waivers: [good]\n", "error[GATE306]: a record holds no `waivers`", "signed statements of their own"),
    "a key twice": (GOOD + "version: '2'\n", "error[GATE303]: the key `version` stands twice in one mapping", "keep one"),
    "deep nesting": ("[" * 5000, "error[GATE305]: nested too deeply", "the deepest is 60"),
    "deep nesting in JSON": ('{"model":' + "[" * 100_000, "error[GATE305]: nested too deeply", ""),
    "no text": (b"\x00\xff\xfe", "error[GATE304]: not UTF-8: byte 1", "save it as UTF-8"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_record_that_does_not_read_is_refused(project: Path, call: Call, case: str) -> None:
    """Exit 2, the fault first, and what to write instead."""
    content, message, help_ = REFUSED[case]
    write(project / "bad.yaml", content)
    if "JSON" in case:
        (project / "bad.yaml").rename(project / "bad.json")

    code, out, err = call("check", "bad.json" if "JSON" in case else "bad.yaml", *TO)

    assert (code, out) == (2, "")
    assert err.startswith(message)
    assert help_ in err


WRITTEN = {"NaN": "NaN", ".nan": ".nan", '"0.95"': '"0.95"', "true": "true", "null": "null", "95%": "95%", "1e999": "1e999", "0,95": "0,95", "1_0": "1_0"}


@pytest.mark.parametrize("value", WRITTEN)
def test_a_mistyped_value_is_unknown_and_shown_as_written(project: Path, call: Call, value: str) -> None:
    """What is no number is never read as one: undecided."""
    write(project / "bad.yaml", RECORD.format("1", "0").replace("accuracy: 0", f"accuracy: {value}"))

    code, out, err = call("check", "bad.yaml", *TO)

    assert (code, err) == (3, "")
    assert f" accuracy: {WRITTEN[value]}, not a" in out


def test_fifty_megabytes_of_brackets_are_refused_quickly(project: Path, call: Call) -> None:
    """Neither a record nor a policy of that size is read to its end."""
    write(project / "large.yaml", b"[" * 50_000_000)
    write(project / "rules/large.policy", b"[" * 50_000_000)
    begun = time.monotonic()

    record = call("check", "large.yaml", *TO)
    policy = call("check", "fraud@1", *TO, "-p", "rules")

    assert record[:2] == policy[:2] == (2, "")
    assert record[2].startswith("error[GATE305]: 50,000,000 bytes are too many for a record\n")
    assert policy[2].startswith("error[GATE0")
    assert len(policy[2]) < 2000
    assert time.monotonic() - begun < 10


def test_every_error_of_a_policy_is_shown(project: Path, call: Call) -> None:
    """Thirty errors are thirty diagnostics, in the order of their lines, and a count."""
    rules = "".join(f"require r{n}: accuracy{n} >= 120%\n" for n in range(30))
    write(project / "policies/gate.policy", 'policy gate: "Gate"\n  on promotion to production\nmetric accuracy: ratio\n' + rules)

    code, out, err = call("check", "fraud@1", *TO)
    places = [line.strip() for line in err.splitlines() if line.lstrip().startswith("--> ")]

    assert (code, out) == (2, "")
    assert [p.rsplit(":", 2)[1] for p in places] == [str(n) for n in range(4, 34)]
    assert err.splitlines()[-1] == "30 errors"


@pytest.mark.parametrize("char", ["\u202e", "\u2066", "\u200b", "\ufeff"])
def test_a_policy_that_reads_otherwise_than_it_looks_is_refused(project: Path, call: Call, char: str) -> None:
    """Characters that turn or hide text are refused, and shown as their numbers."""
    write(project / "policies/gate.policy", POLICY.replace("accuracy >= 0.9", f'accuracy >= 0.9 because "{char}evil"'))

    code, out, err = call("check", "fraud@1", *TO)

    assert (code, out) == (2, "")
    assert err.startswith("error[GATE0")
    assert f"\\u{ord(char):04x}" in err.lower().replace("u+", "\\u")
    assert char not in err


def test_a_directory_where_a_policy_is_wanted(project: Path, call: Call) -> None:
    """A folder named like a policy is a folder."""
    (project / "policies/gate.policy").unlink()
    (project / "policies/gate.policy").mkdir()

    assert call("check", "fraud@1", *TO)[:2] == (2, "")


HOSTILE = "\x1b[2J\x1b]0;evil\x07 a | b </script><img src=x> `c` [x](http://x.example) @team #1 \u202e\n::error::pwned\r\n::set-output name=x::y"


@pytest.fixture(name="hostile")
def _hostile(project: Path) -> Path:
    """A record whose every text tries to break out of the report."""
    text = json.dumps(HOSTILE)
    metric = f'{{"value": {text}, "data_set": {text}, "source": {text}}}'
    write(project / "policies/gate.policy", POLICY + "require open: license is MIT\nrequire owned: author is nobody\nadvise carded: model_card is recorded\n")
    record = f'{{"model": {text}, "version": {text}, "license": {text}, "author": {text}, "metrics": {{"accuracy": {metric}}}, "tags": {{{text}: {text}}}}}'
    return write(project / "hostile.json", record)


@pytest.mark.parametrize("form", ["text", "concise", "markdown", "json"])
def test_no_text_of_a_record_breaks_out_of_a_report(hostile: Path, call: Call, form: str) -> None:
    """No escape character, no line that a build server takes for a command; still a denial."""
    code, out, err = call("check", "hostile.json", *TO, "-o", form)

    assert (code, err) == (1, "")
    assert not [c for c in out if (ord(c) < 32 and c != "\n") or c in "\u202e\x7f"]
    assert not [line for line in out.splitlines() if line.lstrip().startswith("::")]


def test_a_markdown_table_keeps_its_cells(hostile: Path, call: Call) -> None:
    """Every row has as many unescaped bars as the head, and no HTML but the report's own."""
    _, out, _ = call("check", "hostile.json", *TO, "-o", "markdown")
    rows = [line.replace("\\\\", "").replace("\\|", "") for line in out.splitlines() if line.startswith("|")]
    tags: list[str] = []
    parser = html.parser.HTMLParser()
    parser.handle_starttag = lambda tag, attrs: tags.append(tag)  # type: ignore[method-assign]
    parser.feed(out)

    assert len(rows) == 5
    assert {row.count("|") for row in rows} == {7}
    assert [t for t in tags if t not in {"details", "summary"}] == []
    assert "@team" not in out


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
