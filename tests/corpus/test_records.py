"""Bad records: every fault is told at once with its code and line, and no surprise of YAML or JSON becomes a value."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from letpass import __main__
from letpass.cli import main as cli_main
from letpass.diagnostics import PolicyError, RecordError, SettingsError, Source, render
from letpass.evaluation.remedies import CODES, remedy
from letpass.facts import document, values
from letpass.facts.schema import VOCABULARY
from letpass.facts.values import Unreadable
from letpass.project import configuration
from letpass.project.policyset import load
from letpass.registries import files, references
from letpass.trust.accepted import Accepted, Asked, Signoff
from letpass.trust.directory import Directory
from tests.corpus.judging import NOW, judged

HERE = Path(__file__).parent / "records"
ROOT = Path(__file__).parents[2]

# file: line, code and part of the message of every fault, in the order in which they are told
REFUSED: dict[str, list[tuple[int, str, str]]] = {
    "unknown-fields.yaml": [
        (3, "GATE301", "unknown field `licence`"),
        (5, "GATE301", "unknown field `code.comit`"),
        (7, "GATE301", "unknown field `metrics.recall.sampels`"),
        (8, "GATE301", "unknown field `zzz`"),
    ],
    "unknown-in-lists.yaml": [
        (4, "GATE301", "unknown field `data[0].sha`"),
        (8, "GATE301", "unknown field `scans[0].findings[0].cvss`"),
        (13, "GATE301", "unknown field `metrics.recall.slices[0].n`"),
    ],
    "wrong-shapes.yaml": [
        (3, "GATE302", "`code` is a mapping, not `main`"),
        (4, "GATE302", "`data` is a list, not `iris`"),
        (5, "GATE302", "`artifact` is a mapping, not a list"),
        (6, "GATE302", "`license` is one value, not a mapping"),
        (7, "GATE302", "`seeds` is a mapping, not `7`"),
        (8, "GATE302", "`metrics` is a mapping, not `0.9`"),
        (9, "GATE302", "`scans` is a list, not a mapping"),
        (10, "GATE302", "`facts` is a mapping, not a list"),
        (11, "GATE302", "`author` is one value, not a list"),
    ],
    "wrong-inner-shapes.yaml": [
        (4, "GATE302", "`data[0]` is a mapping, not `iris`"),
        (6, "GATE302", "`scans[0].tool` is one value, not a mapping"),
        (9, "GATE302", "`metrics.recall[0]` is a mapping, not `0.9`"),
        (10, "GATE302", "`metrics.auc.value` is one value, not a list"),
        (13, "GATE302", "`observations.errors` is a mapping, not a list"),
        (16, "GATE302", "`environment.packages.numpy` is one value, not a list"),
        (18, "GATE302", "`facts.domain` is one value, not a list"),
        (20, "GATE302", "`tags.team` is one value, not a mapping"),
    ],
    "lacking.yaml": [
        (3, "GATE302", "`data[0]` has no `name`"),
        (5, "GATE302", "`scans[0]` has no `tool`"),
        (1, "GATE302", "the record has no `model`"),
    ],
    "no-version.yaml": [(2, "GATE302", "`version` is not a text: null")],
    "flag-name.yaml": [(1, "GATE302", "`model` is not a text: true")],
    "null-name.yaml": [(1, "GATE302", "`model` is not a text: ~"), (2, "GATE302", "`version` is not a text: null")],
    "list-key.yaml": [(3, "GATE302", "a key is a text")],
    "top-list.yaml": [(1, "GATE302", "a record is a mapping, not a list")],
    "top-text.yaml": [(1, "GATE302", "a record is a mapping, not `just a text`")],
    "marker.yaml": [(2, "GATE302", "a record is a mapping, not nothing")],
    "duplicate-key.yaml": [(4, "GATE303", "the key `risk` stands twice")],
    "duplicate-deep.yaml": [(6, "GATE303", "the key `recall` stands twice")],
    "duplicate-quoted.yaml": [(4, "GATE303", "the key `license` stands twice")],
    "duplicate.json": [(1, "GATE303", "the key `risk` stands twice")],
    "duplicate-deep.json": [(1, "GATE303", "the key `value` stands twice")],
    "twice-in-facts.yaml": [(6, "GATE303", "`facts.a.b` stands twice")],
    "twice-in-packages.yaml": [(5, "GATE303", "`environment.packages.numpy.name` stands twice")],
    "anchor.yaml": [(4, "GATE304", "an anchor `&high`")],
    "anchor-mapping.yaml": [(3, "GATE304", "an anchor `&code`")],
    "alias.yaml": [(4, "GATE304", "an alias `*high`")],
    "merge-key.yaml": [(4, "GATE304", "a merge key `<<`")],
    "tag.yaml": [(3, "GATE304", "a tag `tag:yaml.org,2002:str`")],
    "tag-object.yaml": [(3, "GATE304", "a tag `tag:yaml.org,2002:python/object/apply:os.system`")],
    "tag-own.yaml": [(3, "GATE304", "a tag `!metrics`")],
    "two-documents.yaml": [(3, "GATE304", "a second document in one file")],
    "empty.yaml": [(1, "GATE304", "the file is empty")],
    "blank.yaml": [(1, "GATE304", "the file is empty")],
    "comment.yaml": [(1, "GATE304", "the file holds no data")],
    "half.yaml": [(4, "GATE304", "not YAML: ")],
    "half-text.yaml": [(3, "GATE304", "not YAML: ")],
    "tab.yaml": [(4, "GATE304", "not YAML: ")],
    "colon.yaml": [(3, "GATE304", "not YAML: ")],
    "not-yaml.yaml": [(2, "GATE304", "not YAML: ")],
    "control.yaml": [(1, "GATE304", "not YAML: ")],
    "half.json": [(1, "GATE304", "not JSON: ")],
    "trailing-comma.json": [(1, "GATE304", "not JSON: ")],
    "after.json": [(1, "GATE304", "not JSON: extra data")],
    "single-quotes.json": [(1, "GATE304", "not JSON: ")],
    "comment.json": [(1, "GATE304", "not JSON: ")],
    "signoffs.yaml": [(3, "GATE306", "a record holds no `signoffs`"), (5, "GATE306", "a record holds no `waivers`")],
    "signoffs-deep.yaml": [
        (4, "GATE306", "a record holds no `artifact.approvals`"),
        (6, "GATE306", "a record holds no `metrics.recall.signatures`"),
    ],
}


def _source(name: str) -> Source:
    return Source(name, (HERE / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_bad_record_is_refused_with_every_fault(name: str) -> None:
    """Each file gives exactly its faults, at their lines."""
    with pytest.raises(RecordError) as raised:
        files.parse(_source(name))
    found = [(d.span.line, d.code, d.message) for d in raised.value.diagnostics]

    assert [(line, code) for line, code, _ in REFUSED[name]] == [(line, code) for line, code, _ in found]
    for (_, _, part), (_, _, message) in zip(REFUSED[name], found, strict=True):
        assert part in message


def test_every_bad_record_is_in_the_table() -> None:
    """No file lies in the folder unused."""
    assert sorted(REFUSED) == sorted(p.name for p in HERE.iterdir())


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_fault_of_a_record_can_be_shown(name: str) -> None:
    """Message and help are one line, and the rendered fault names its file, whatever the text."""
    with pytest.raises(RecordError) as raised:
        files.parse(_source(name))
    for d in raised.value.diagnostics:
        assert "\n" not in d.message + d.help
        assert f"--> {name}" in render(d)


# ---------------------------------------------------------------- hostile documents

OPEN = '{"model": "m", "version": "1", "hyperparameters": '


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("big.json", "[" * 50_000_000),
        ("big.yaml", "[" * 50_000_000),
        ("open.json", "[" * 1_000_000),
        ("open.yaml", "[" * 1_000_000),
        ("deep.json", OPEN + "[" * 100_000 + "]" * 100_000 + "}"),
        ("mappings.json", OPEN + '{"a": ' * 100_000 + "1" + "}" * 100_001),
        ("deep.yaml", "model: m\nversion: '1'\nhyperparameters: " + "[" * 61 + "]" * 61),
        ("blocks.yaml", "".join(f"{' ' * n}a:\n" for n in range(70))),
        ("number.json", OPEN + '{"a": ' + "9" * 5000 + "}}"),
    ],
    ids=lambda x: x if len(x) < 20 else "",
)
def test_a_hostile_document_is_an_ordinary_fault(name: str, text: str) -> None:
    """Size and nesting are capped: no crash, no minutes, one GATE305."""
    with pytest.raises(RecordError) as raised:
        files.parse(Source(name, text))

    assert [d.code for d in raised.value.diagnostics] == ["GATE305"]


def test_a_large_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    """Fifty megabytes on disk are refused by their size."""
    path = tmp_path / "big.json"
    path.write_text("[" * 50_000_000, encoding="utf-8")
    with pytest.raises(RecordError) as raised:
        references.find(str(path))

    assert [(d.code, d.span.source.text) for d in raised.value.diagnostics] == [("GATE305", "")]


def test_foreign_aliases_cannot_grow() -> None:
    """A model-index may use anchors, and a bomb of them is refused."""
    bomb = "Models:\n- Name: a\n  x0: &x0 [1]\n" + "".join(
        f"  x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 20)}]\n" for n in range(1, 60)
    )
    with pytest.raises(RecordError) as raised:
        files.parse(Source("metafile.yml", bomb))

    assert [d.code for d in raised.value.diagnostics] == ["GATE305"]


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    """Bytes of another encoding are a fault with the place of the first."""
    path = tmp_path / "m.yaml"
    path.write_bytes("model: Zürich".encode("latin-1"))
    with pytest.raises(RecordError) as raised:
        references.find(str(path))

    assert [(d.code, d.message) for d in raised.value.diagnostics] == [("GATE304", "not UTF-8: byte 8")]


@pytest.mark.parametrize("reference", ["missing.yaml", "model@1", "../etc@1", "a//b@1", "model@..", "@1", "model@"])
def test_a_reference_to_nothing_is_refused(reference: str, tmp_path: Path) -> None:
    """A path or a version that is not there is GATE307."""
    with pytest.raises(RecordError) as raised:
        references.find(reference, tmp_path)

    assert [d.code for d in raised.value.diagnostics] == ["GATE307"]


def test_a_folder_of_no_record_is_refused(tmp_path: Path) -> None:
    """A folder whose files are no records gives no verdict but GATE307."""
    (tmp_path / "values.yaml").write_text("a: 1\n", encoding="utf-8")
    with pytest.raises(RecordError) as raised:
        references.find(str(tmp_path))

    assert [d.code for d in raised.value.diagnostics] == ["GATE307"]


# ---------------------------------------------------------------- values

NUMBER, COUNT, FINITE, RATIO = "not a number", "not a count", "not a finite number", "not within 0 to 1"
TEXT, FLAG, NONE, ZONE, DAY = (
    "not a text",
    "not true or false",
    "no value",
    "not a date, such as 2027-12-02, or with its zone 2027-12-02T09:00:00Z",
    "not a day of the calendar",
)
NOON = 1_827_738_000_000_000  # 2027-12-02T09:00:00Z

# a scalar of YAML: what it is as a number, a count, a ratio, a text, a flag, a date, a fact of the open part
YAML: dict[str, tuple[Any, ...]] = {
    "0.95": (0.95, ..., 0.95, "0.95", ..., ..., 0.95),
    "1.10": (1.1, ..., ..., "1.10", ..., ..., 1.1),
    "1": (1.0, 1.0, 1.0, "1", ..., ..., 1.0),
    "+1": (1.0, 1.0, 1.0, "+1", ..., ..., 1.0),
    "-1": (-1.0, ..., ..., "-1", ..., ..., -1.0),
    "1e3": (1000.0, 1000.0, ..., "1e3", ..., ..., 1000.0),
    "1e400": (..., ..., ..., "1e400", ..., ..., ...),
    "no": (..., ..., ..., "no", ..., ..., "no"),
    "yes": (..., ..., ..., "yes", ..., ..., "yes"),
    "on": (..., ..., ..., "on", ..., ..., "on"),
    "true": (..., ..., ..., ..., True, ..., True),
    "False": (..., ..., ..., ..., False, ..., False),
    '"true"': (..., ..., ..., "true", ..., ..., "true"),
    "null": (..., ..., ..., ..., ..., ..., ...),
    "~": (..., ..., ..., ..., ..., ..., ...),
    "": (..., ..., ..., ..., ..., ..., ...),
    '""': (..., ..., ..., "", ..., ..., ""),
    "none": (..., ..., ..., "none", ..., ..., "none"),
    "1:30": (..., ..., ..., "1:30", ..., ..., "1:30"),
    "190:20:30": (..., ..., ..., "190:20:30", ..., ..., "190:20:30"),
    "012": (..., ..., ..., "012", ..., ..., "012"),
    "0o12": (..., ..., ..., "0o12", ..., ..., "0o12"),
    "0x1F": (..., ..., ..., "0x1F", ..., ..., "0x1F"),
    "0b11": (..., ..., ..., "0b11", ..., ..., "0b11"),
    "1_000": (..., ..., ..., "1_000", ..., ..., "1_000"),
    "1.": (..., ..., ..., "1.", ..., ..., "1."),
    ".5": (..., ..., ..., ".5", ..., ..., ".5"),
    "100%": (..., ..., ..., "100%", ..., ..., "100%"),
    ".inf": (..., ..., ..., ".inf", ..., ..., ".inf"),
    ".nan": (..., ..., ..., ".nan", ..., ..., ".nan"),
    "NaN": (..., ..., ..., "NaN", ..., ..., "NaN"),
    '"0.95"': (..., ..., ..., "0.95", ..., ..., "0.95"),
    "2027-12-02T09:00:00Z": (..., ..., ..., "2027-12-02T09:00:00Z", ..., NOON, "2027-12-02T09:00:00Z"),
    "2027-12-02T10:00:00+01:00": (..., ..., ..., "2027-12-02T10:00:00+01:00", ..., NOON, "2027-12-02T10:00:00+01:00"),
    '"2027-12-02"': (..., ..., ..., "2027-12-02", ..., NOON - 32_400_000_000, "2027-12-02"),
    "2027-12-02 09:00:00": (..., ..., ..., "2027-12-02 09:00:00", ..., ..., "2027-12-02 09:00:00"),
    "2027-02-30": (..., ..., ..., "2027-02-30", ..., ..., "2027-02-30"),
}
JSON: dict[str, tuple[Any, ...]] = {
    "0.95": (0.95, ..., 0.95, ..., ..., ..., 0.95),
    "1": (1.0, 1.0, 1.0, ..., ..., ..., 1.0),
    '"0.95"': (..., ..., ..., "0.95", ..., ..., "0.95"),
    "true": (..., ..., ..., ..., True, ..., True),
    "null": (..., ..., ..., ..., ..., ..., ...),
    "NaN": (..., ..., ..., "NaN", ..., ..., "NaN"),
    "-Infinity": (..., ..., ..., "-Infinity", ..., ..., "-Infinity"),
    "1e400": (..., ..., ..., ..., ..., ..., ...),
    "9" * 400: (..., ..., ..., ..., ..., ..., ...),
    '"2027-12-02"': (..., ..., ..., "2027-12-02", ..., NOON - 32_400_000_000, "2027-12-02"),
}
READERS = (values.number, values.count, values.ratio, values.text, values.flag, values.date, values.anything)


def _read(name: str, text: str) -> tuple[Any, ...]:
    raw = document.read(Source(name, text)).data["x"]
    return tuple(... if isinstance(value := reader(raw), Unreadable) else value for reader in READERS)


def _exactly(row: tuple[Any, ...]) -> list[tuple[type, Any]]:
    return [(type(value), value) for value in row]


@pytest.mark.parametrize("written", YAML)
def test_a_yaml_scalar_means_what_is_written(written: str) -> None:
    """Each scalar has one meaning in each place, or none (`...`), and never another value than is written."""
    assert _exactly(YAML[written]) == _exactly(_read("r.yaml", f"x: {written}\n"))


@pytest.mark.parametrize("written", JSON, ids=lambda w: w[:20])
def test_a_json_scalar_means_what_is_written(written: str) -> None:
    """JSON's scalars have their types already; no text is a number, no flag is one."""
    assert _exactly(JSON[written]) == _exactly(_read("r.json", f'{{"x": {written}}}'))


@pytest.mark.parametrize(
    ("reader", "written", "why"),
    [
        (values.number, "no", NUMBER),
        (values.number, '"0.95"', NUMBER),
        (values.number, "true", NUMBER),
        (values.number, "1e400", FINITE),
        (values.count, "1.5", COUNT),
        (values.count, "-1", COUNT),
        (values.ratio, "1.01", RATIO),
        (values.text, "true", TEXT),
        (values.text, "null", TEXT),
        (values.flag, "yes", FLAG),
        (values.flag, "1", FLAG),
        (values.date, "2027-12-02T09:00:00", ZONE),
        (values.date, "2027-02-30", DAY),
        (values.anything, "null", NONE),
    ],
)
def test_what_is_no_value_is_shown_as_written(reader: Any, written: str, why: str) -> None:
    """An unreadable value keeps its text, and says what was wanted."""
    raw = document.read(Source("r.yaml", f"x: {written}\n")).data["x"]

    assert Unreadable(written, why) == reader(raw)


@pytest.mark.parametrize(
    "written", ["no", "1:30", "012", "0x1F", "1_000", ".inf", ".nan", "null", '"0.95"', "true", "1e400"]
)
def test_no_surprise_passes_a_rule(written: str) -> None:
    """A metric that is no number makes its rule unknown, under `not` and in both directions."""
    rules = "require a: recall >= 0\nrequire b: not recall < 0\nrequire c: recall <= 1000000\n"
    results = judged(rules, f"metrics:\n  recall: {written}\n")

    assert [r.truth for r in results] == [None, None, None]


# ---------------------------------------------------------------- outcomes

REFUTED = "{right: 99, right_of_right: 80, wrong: 99, wrong_of_wrong: 90}"
OUTCOMES: list[tuple[str, str, str, str | None]] = [
    ("GATE300", "recall >= 0.9", "metrics: {recall: 0.8}\n", None),
    ("GATE310", "recall >= 0.9", "", None),
    ("GATE311", "recall >= 0.9", "metrics: {recall: high}\n", None),
    (
        "GATE312",
        "recall >= 0.9",
        "metrics:\n  recall:\n  - {value: 1, data_set: a}\n  - {value: 1, data_set: b}\n",
        None,
    ),
    ("GATE313", 'passed "s" within 3 days', "suites: [{name: s, passed: true, cases: 3, ran_at: 2020-01-01}]\n", None),
    (
        "GATE314",
        "recall >= champion.recall",
        "metrics: {recall: {value: 1, data_set: a}}\n",
        "metrics: {recall: {value: 1, data_set: b}}\n",
    ),
    ("GATE315", 'recall >= 0.9 attested by "ci"', "metrics: {recall: 1}\n", None),
    ("GATE316", "all data have version is recorded", "data: []\n", None),
    ("GATE316", 'license like "*"', "license: ''\n", None),
    ("GATE316", 'not (license like "GPL*")', "license: ' '\n", None),
    ("GATE316", 'all data have name like "*"', "data: [{name: ''}]\n", None),
    ("GATE317", "artifact.digest is computed", "artifact: {digest: 'sha256:00'}\n", None),
    (
        "GATE319",
        "recall >= 0.9 at 95% confidence",
        "metrics: {recall: {value: 0.9, samples: 100, successes: 90}}\n",
        None,
    ),
    (
        "GATE320",
        "recall >= 0.9 corrected for its judge at 95% confidence",
        f"metrics: {{recall: {{value: 0.95, samples: 400, successes: 380, judge: {REFUTED}}}}}\n",
        None,
    ),
    ("GATE401", 'signed by role "risk"', "", None),
    ("GATE405", "bars are older than evidence", "", None),
]


@pytest.mark.parametrize(("code", "rule", "record", "champion"), OUTCOMES, ids=[o[0] for o in OUTCOMES])
def test_a_rule_that_is_not_met_has_the_code_of_its_reason(
    code: str, rule: str, record: str, champion: str | None
) -> None:
    """Each reason why a rule is not met names its page."""
    results = judged(f"require a: {rule}\n", record, champion)

    assert [code] == [remedy(r).code for r in results]


@pytest.mark.parametrize(
    ("author", "signed", "codes"),
    [("ada@corp.example", True, []), ("team-ml", True, ["GATE407"]), ("ada@corp.example", False, ["GATE409"])],
)
def test_people_whom_nobody_knows_have_codes_of_their_own(author: str, signed: bool, codes: list[str]) -> None:
    """A text that names nobody, and a request that nobody has signed."""
    directory = Directory({"ada@corp.example": (), "vera@corp.example": ()})
    asked = Asked("bob@corp.example", signed)
    accepted = Accepted((Signoff("vera@corp.example", "risk", NOW - 1),), asked=asked, directory=directory)
    results = judged('require a: signed by role "risk" other than author\n', f"author: {author}\n", None, accepted)

    assert codes == [remedy(r).code for r in results if r.truth is None]


def test_every_kind_of_reason_is_tested() -> None:
    """No code of an outcome is without a case above."""
    assert set() == set(CODES.values()) - {*(o[0] for o in OUTCOMES), "GATE318", "GATE407", "GATE409"}


# ---------------------------------------------------------------- files around a record


@pytest.mark.parametrize("make", ["missing", "folder", "latin"])
def test_a_policy_that_cannot_be_read_is_refused(make: str, tmp_path: Path) -> None:
    """A path of no policy, an empty folder and a file of another encoding are GATE011."""
    path = tmp_path / "p.policy"
    if make == "folder":
        path.mkdir()
    elif make == "latin":
        path.write_bytes("# Zürich".encode("latin-1"))
    with pytest.raises(PolicyError) as raised:
        load((path,), VOCABULARY)

    assert [d.code for d in raised.value.diagnostics] == ["GATE011"]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("polices = []\n", "unknown key `polices`"),
        ("policies = 3\n", "`policies`: "),
        ("policies = [\n", "is not TOML"),
        ("[trust]\nrot = 'x'\n", "unknown key `trust.rot`"),
    ],
)
def test_a_configuration_that_does_not_read_is_refused(
    text: str, part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unknown key and a wrong type of the project's configuration are GATE013."""
    path = tmp_path / "policy.toml"
    path.write_text(text, encoding="utf-8")
    monkeypatch.setenv("LETPASS_CONFIG", str(path))
    with pytest.raises(SettingsError) as raised:
        configuration.load()
    found = raised.value.diagnostics

    assert [d.code for d in found] == ["GATE013"]
    assert part in found[0].message


def test_a_defect_of_the_program_is_told_as_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever goes wrong inside leaves with 70 and GATE901, and decides nothing."""

    def broken(arguments: list[str]) -> int:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(cli_main, "run", broken)
    with pytest.raises(SystemExit) as stop:
        __main__.main()
    said = capsys.readouterr().err

    assert stop.value.code == 70
    assert re.match(r"error\[GATE901\]: .*ZeroDivisionError: division by zero\n", said)
