"""Reading in one pass gives what the two readers give that tell what is wrong, or leaves the text to them."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from letpass.diagnostics import RecordError, Source
from letpass.facts import document, reader, yaml_built, yaml_data
from letpass.facts.decoding import Decoder, most_keys
from letpass.facts.fast import Reader
from letpass.facts.paths import DEEPEST
from letpass.facts.record import Record
from letpass.facts.schema import SHAPES
from letpass.language.types import Field, Group, Listing, Measures, OpenMap, Shape
from tests.fuzz import corpus, mutate
from tests.oracle.records import Records, dumped

SEEDS = st.integers(0, 2**40)
TRIES = settings(max_examples=150, deadline=None)
READERS = {"json": Reader(0, Decoder(1 << 60)), "orjson": Reader(0, Decoder(0))}
NUMBERS = ("0", "-0", "-0.0", "1.0", "1e5", "0.1234567890123456789", "9007199254740993", "1" * 25, "5e-324", "1e-400")
NAMES = ("auc", "box AP", "recall", "é", "x y", "team", 'a"b', "value", "@")
TEXTS = ("a", "churn", "sha256:77aa", "10:00", '"', "é", "🙂", "a\nb", "{[", "]}", "1.10", "\x7f", "\\")
SEVENTEEN = f'{{"right": "oACA", "cases": "sha256:{"ec" * 32}"}}'
JUDGE = '{"wrong": 90, "model": "j", "right_of_right": 1e2, "right": 100}'
SPACES = ("", "", " ", "\n", "\t", "\r\n", "  ")


def slowly(text: str, name: str = "record.json") -> Record | None:
    """The record as the readers read it that tell what is wrong; None where they refuse it."""
    try:
        return reader.read(document.read(Source(name, text)))
    except RecordError:
        return None


def parts(record: Record) -> Any:
    """All that a record holds, in its order: that one number is another kind of zero is seen in what is written."""
    held = {k: v for k, v in record.__dict__.items() if k != "document"}
    places = [record.place(path) for path in (*record.values, *record.lists, "metrics", "no.such")]
    assert record.document is not None
    return repr(held), places, repr(record.document.data)


def holds(text: str) -> set[str]:
    """Hold what is read in one pass to what is read slowly; who read it."""
    slow = slowly(text)
    read = {name: found for name, one in READERS.items() if (found := one.read(Source("record.json", text)))}
    for found in read.values():
        assert slow is not None
        assert parts(found) == parts(slow)
    return set(read)


class Making:
    """Texts of records in which every value is as its field wants it, laid out at will."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def record(self, *, most: float = 0.7) -> str:
        shapes = {k: s for k, s in SHAPES.items() if k != "taken_back" and self.random.random() < most}
        shapes |= {k: SHAPES[k] for k in ("model", "version")}
        pairs = [(key, self._value(shape)) for key, shape in self._shuffled(shapes)]
        if self.random.random() < 0.3:
            pairs.insert(self.random.randrange(len(pairs)), ("taken_back", self._taken_back()))
        return self._mapping(pairs)

    def _taken_back(self) -> str:
        slots = [
            *[{"section": s} for s in ("license", "risk", "model_card", "expires_at")],
            *[{"section": s, "name": n} for s in ("facts", "tags", "seeds", "suites", "scans") for n in TEXTS + NAMES],
            *[
                {"section": "metrics", "name": n, **d}
                for n in NAMES
                for d in ({}, {"data_set": "a"}, {"data_set": "churn"})
            ],
        ]
        times = [
            "2026-11-20",
            "2026-11-20T10:00:00Z",
            "2026-11-21",
            *(["no time"] if self.random.random() < 0.1 else []),
        ]
        said = [{**slot, "at": self.random.choice(times)} for slot in self.random.sample(slots, 3)]
        return json.dumps([*said, {**self.random.choice(slots), "by": "ada", "reason": "no"}])

    def _value(self, shape: Shape) -> str:
        if isinstance(shape, Field):
            return self._scalar(shape)
        if isinstance(shape, Group):
            return self._fields(shape)
        if isinstance(shape, Listing):
            if shape.key and self.random.random() < 0.5:
                return self._named(lambda: self._text())
            return "[" + ",".join(self._fields(shape) for _ in range(self.random.choice((0, 1, 2, 3)))) + "]"
        if isinstance(shape, OpenMap):
            return self._named(lambda: self._open(shape))
        return self._named(lambda: self._measure(shape))

    def _fields(self, shape: Group | Listing | Measures) -> str:
        given = self._shuffled(shape.fields)
        kept = [(k, s) for k, s in given if self.random.random() < 0.6 or (isinstance(s, Field) and s.required)]
        pairs = {k: self._value(s) for k, s in kept}
        if "outcomes" in pairs and self.random.random() < 0.9:
            pairs |= {"samples": "17", "successes": "3.0", "outcomes": SEVENTEEN}
        if "judge" in pairs and self.random.random() < 0.9:
            pairs["judge"] = JUDGE
        return self._mapping(list(pairs.items()))

    def _measure(self, shape: Measures) -> str:
        form = self.random.choice(("bare", "one", "several") if shape.several else ("bare", "one"))
        if form == "bare":
            return self.random.choice(NUMBERS)
        return self._fields(shape) if form == "one" else f"[{self._fields(shape)},{self._fields(shape)}]"

    def _open(self, shape: OpenMap, depth: int = 3) -> str:
        kind = shape.type.kind if shape.type else None
        if kind not in {None, "open"}:
            assert shape.type is not None
            return self._scalar(Field(shape.type))
        if depth and self.random.random() < 0.4:
            if kind is None and self.random.random() < 0.5:
                return "[" + ",".join(self._open(shape, depth - 1) for _ in range(self.random.choice((0, 1, 2)))) + "]"
            return self._named(lambda: self._open(shape, depth - 1))
        return self.random.choice((*NUMBERS, "true", "null", self._text()))

    def _scalar(self, shape: Field) -> str:
        kind = shape.type.kind
        if shape.type.symbols:
            return json.dumps(self.random.choice(shape.type.symbols))
        if kind == "text":
            return self._text()
        if kind == "flag":
            return self.random.choice(("true", "false"))
        if kind == "date":
            return self.random.choice(('"2026-11-20"', '"2026-11-20T10:00:00Z"', '"2026-11-20T10:00:00.125+02:00"'))
        counts = (*(() if shape.least else ("0",)), "17", "3.0", "1e3")
        return self.random.choice({"ratio": ("0", "1", "0.93", "1e-3"), "count": counts}.get(kind, NUMBERS))

    def _text(self) -> str:
        word = self.random.choice(TEXTS if self.random.random() < 0.99 else (" : ", ":memory:", '":', ""))
        return json.dumps(word, ensure_ascii=self.random.random() < 0.5)

    def _named(self, value: Any) -> str:
        names = self.random.sample(NAMES, self.random.choice((0, 1, 2, 4)))
        return self._mapping([(name, value()) for name in names])

    def _mapping(self, pairs: list[tuple[str, str]]) -> str:
        before, behind = self.random.choice(SPACES), self.random.choice(SPACES)
        keys = [(json.dumps(k, ensure_ascii=self.random.random() < 0.5), v) for k, v in pairs]
        return "{" + f",{behind}".join(f"{key}{before}:{behind}{value}" for key, value in keys) + "}"

    def _shuffled(self, shapes: Any) -> list[tuple[str, Shape]]:
        given = list(shapes.items())
        self.random.shuffle(given)
        return given


def counted(text: str) -> int:
    """How many keys a JSON text has, one that stands twice twice."""
    pairs: list[int] = []
    json.loads(text, object_pairs_hook=lambda found: pairs.append(len(found)))
    return sum(pairs)


@TRIES
@given(SEEDS)
def test_records_as_the_schema_wants_them_are_the_same_read_in_one_pass(seed: int) -> None:
    """Field by field, in their order, with the same places in the text; whatever is laid out at will."""
    holds(Making(Random(seed)).record())


def test_most_records_as_the_schema_wants_them_are_read_in_one_pass() -> None:
    """Or else the properties here would hold nothing; what none reads are rare texts that look as if a key ended there."""
    made = [Making(Random(seed)).record() for seed in range(200)]

    read = [holds(text) for text in made]

    assert sum("orjson" in names for names in read) > 120
    assert sum("json" in names for names in read) > 25  # which leaves halves of characters alone


@TRIES
@given(SEEDS)
def test_records_of_all_kinds_of_values_are_the_same_read_in_one_pass(seed: int) -> None:
    """Unreadable, missing, several: what is read in one pass is what the slow readers give."""
    holds(dumped(Records(Random(seed)).data("7")))


@TRIES
@given(SEEDS)
def test_bent_records_are_the_same_read_in_one_pass_or_not_read(seed: int) -> None:
    """What the slow readers refuse is never read."""
    random = Random(seed)
    texts = [Making(random).record(most=0.3).encode() for _ in range(3)]
    bent = mutate.bend(random.choice((*texts, *corpus.made_records())), random, texts)

    holds(bent.decode("utf-8", "surrogateescape" if random.random() < 0.1 else "replace"))


@TRIES
@given(SEEDS)
def test_a_text_never_has_more_keys_than_are_counted(seed: int) -> None:
    """However it is laid out, and whatever its texts hold."""
    random = Random(seed)
    text = Making(random).record()
    again = text[:-1] + random.choice(SPACES) + "," + text[1:]

    assert counted(again) == 2 * counted(text)
    assert most_keys(text) >= counted(text)
    assert most_keys(again) >= counted(again)


def built(text: str) -> Any:
    """The data of a YAML text as it is built where something is to be told; None where it is refused."""
    try:
        return typed(yaml_built.built(Source("record.yaml", text), aliases=False).data)
    except RecordError:
        return None


def typed(data: Any) -> Any:
    """Data with the types of its scalars: one without quotation marks is another than one with them."""
    if isinstance(data, dict):
        return {k: typed(v) for k, v in data.items()}
    return [typed(v) for v in data] if isinstance(data, list) else (type(data), data)


def spelt(seed: int) -> str:
    """A record in YAML of all kinds of values."""
    records = Records(Random(seed))
    records.yaml = True
    return dumped(records.data("7"))


@TRIES
@given(SEEDS, st.booleans())
def test_yaml_is_the_same_built_at_once_or_left_to_be_told_about(seed: int, bent: bool) -> None:
    """Of valid texts the same data, with what stood in quotation marks and what did not; of others none."""
    random = Random(seed)
    text = random.choice((spelt(seed), block(seed)))
    if bent:
        text = mutate.bend(text.encode(), random, [block(seed + 1).encode()]).decode("utf-8", "replace")

    try:
        found = typed(yaml_data.read(text, DEEPEST))
    except yaml_data.OddError:
        found = None

    assert found == built(text)


def block(seed: int) -> str:
    """A record in YAML that is laid out line by line."""
    import yaml

    return str(yaml.safe_dump(json.loads(Making(Random(seed)).record(most=0.4)), allow_unicode=True))


@TRIES
@given(SEEDS, st.booleans())
def test_documents_in_yaml_are_sorted_as_the_reader_reads_them(seed: int, laid: bool) -> None:
    """Scalars without quotation marks mean what their place wants, in both."""
    text = block(seed) if laid else spelt(seed)
    try:
        read = document.read(Source("record.yaml", text))
    except RecordError:
        return
    found = READERS["json"].sort(read)

    if found is not None:
        assert parts(found) == parts(reader.read(read))


def test_most_documents_in_yaml_are_sorted_in_one_pass() -> None:
    """Or else the property here would hold nothing."""
    made = [document.read(Source("record.yaml", block(seed))) for seed in range(60)]

    assert sum(READERS["json"].sort(each) is not None for each in made) > 40


BEGIN = '"model": "churn", "version": "7"'
WELL = (
    "",
    ', "metrics": {"auc": 0.91}',
    ', "metrics": {"auc": {"value": 0.91, "slices": [{"group": "a", "value": 1}]}}',
    ', "hyperparameters": {"a": {"b": [{"c": 1}, {"c": 1}]}}',
    ', "hyperparameters": {"a": [[{"c": [1, {"d": {}}]}], {}]}',
    ', "facts": {"review": {"board": "emea"}}',
    ', "environment": {"packages": {"torch": "2.9"}}',
    ', "scans": [{"tool": "trivy", "scanned": 1, "findings": [{"severity": "low"}]}]',
    ', "seeds": {"numpy": 1}',
    ', "tags": {"team": "risk"}',
    ', "observations": {"latency": {"value": 1, "interval": {"low": 0, "high": 2}}}',
    ', "license": "MIT", "taken_back": [{"section": "license"}]',
)
TWICE = (
    ', "model": "other"',
    ', "\\u006dodel": "other"',
    ', "metrics": {"auc": 0.91, "auc": 0.2}',
    ', "metrics": {"auc" : 0.91, "auc" : 0.2}',
    ', "metrics": {"auc"\n: 0.91, "auc": 0.2}',
    ', "metrics": {"auc"\t:0.91,"auc":0.2}, "tags": {"a": ":b"}',
    ', "metrics": {"auc": {"value": 0.91, "slices": [{"group": "a", "group": "b"}]}}',
    ', "hyperparameters": {"a": {"b": [{"c": 1}, {"c": 1, "c": 2}]}}',
    ', "hyperparameters": {"a": [[{"c": [1, {"d": {}, "d": 1}]}], {}]}',
    ', "facts": {"review": {"board": "emea", "board": "apac"}}',
    ', "environment": {"packages": {"torch": "2.9", "torch": "2.8"}}',
    ', "scans": [{"tool": "trivy", "scanned": 1, "findings": [{"severity": "high", "severity": "low"}]}]',
    ', "seeds": {"numpy": 1, "numpy": 2}',
    ', "tags": {"team": "risk", "team": "other"}',
    ', "observations": {"latency": {"value": 1, "interval": {"low": 0, "low": 1, "high": 2}}}',
)


@pytest.mark.parametrize("written", ["0", "0.0", "-1", "1"])
def test_a_count_that_begins_at_one_is_left_to_the_readers_that_tell_why(written: str) -> None:
    """The metric that was chosen is one of its tries; in one pass none had been a count."""
    text = "{" + BEGIN + f', "metrics": {{"auc": {{"value": 0.9, "tries": {written}}}}}}}'
    assert holds(text) == ({"json", "orjson"} if written == "1" else set())
    slow = slowly(text)
    assert slow is not None
    (piece,) = slow.measures["metrics", "auc"]
    assert (piece.get("tries") == 1.0) is (written == "1")


@pytest.mark.parametrize("more", WELL)
def test_a_record_in_which_no_key_stands_twice_is_read_in_one_pass(more: str) -> None:
    assert holds("{" + BEGIN + more + "}") == {"json", "orjson"}


@pytest.mark.parametrize("more", TWICE)
def test_a_key_that_stands_twice_is_never_read_in_one_pass(more: str) -> None:
    """Neither escaped, nor before white space, nor where nothing of it is looked at."""
    text = "{" + BEGIN + more + "}"

    assert holds(text) == set()
    with pytest.raises(RecordError) as refused:
        document.read(Source("record.json", text))
    assert refused.value.diagnostics[0].code == "GATE303"


@pytest.mark.parametrize(
    "value",
    ["NaN", "Infinity", "-Infinity", "1e400", "1" + "0" * 5000, "01", "1.", "+1", "'a'", '"\\ud800"', '"\\uD800\\u0041"', '"\x01"', "1,}", "nul", "[1", '"a"\x00', "\ufeff1"],
    ids=lambda value: ascii(value[:12]),
)  # fmt: skip
@pytest.mark.parametrize("where", ["seeds", "hyperparameters", "facts", "metrics"])
def test_what_is_no_json_and_no_number_is_not_read_in_one_pass(where: str, value: str) -> None:
    """Also where the slow readers find a value that no rule can use."""
    assert holds("{" + BEGIN + f', "{where}": {{"a": {value}}}' + "}") <= {"json"}


@pytest.mark.parametrize(
    "number", [*NUMBERS, "-" + "9" * 400 + "e-390", "18446744073709551616", "-9223372036854775809"]
)
@pytest.mark.parametrize("where", ["seeds", "hyperparameters", "facts", "metrics"])
def test_numbers_are_the_same_read_in_one_pass(where: str, number: str) -> None:
    """To the last bit and the sign of a zero, and exact where the document is asked for them."""
    assert "orjson" in holds("{" + BEGIN + f', "{where}": {{"a": {number}}}' + "}")


@pytest.mark.parametrize(("begin", "end"), [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize(("more", "read"), [(0, {"json", "orjson"}), (1, set()), (5_000, set())])
def test_what_is_nested_too_deeply_is_not_read_in_one_pass(begin: str, end: str, more: int, read: set[str]) -> None:
    """The record and its mapping are two of the levels; the most that is allowed is read."""
    deep = DEEPEST - 2 + more
    text = (
        "{" + BEGIN + ', "hyperparameters": {"a": ' + begin * deep + ("1" if begin != "[" else "") + end * deep + "}}"
    )

    assert (slowly(text) is not None) == bool(read)
    assert holds(text) == read


@pytest.mark.parametrize(
    ("begin", "end", "levels"), [('[{"a": ', "}]", 2), ('[1, {"a": 1, "b": ', "}, {}]", 2), ('{"a": [', "]}", 2)]
)
def test_lists_and_mappings_in_each_other_are_as_deep_as_the_readers_let_them_be(
    begin: str, end: str, levels: int
) -> None:
    """What no decoder counts is counted, whichever of the two lies in the other."""
    most = (DEEPEST - 2) // levels
    texts = ["{" + BEGIN + ', "hyperparameters": {"a": ' + begin * n + "1" + end * n + "}}" for n in (most, most + 1)]

    assert [holds(text) for text in texts] == [{"json", "orjson"}, set()]
    assert [slowly(text) is not None for text in texts] == [True, False]


def test_facts_are_as_deep_as_the_readers_let_them_be() -> None:
    """They are walked level by level, as deep as any."""
    texts = ["{" + BEGIN + ', "facts": ' + '{"a":' * deep + "1" + "}" * deep + "}" for deep in (DEEPEST - 1, DEEPEST)]

    assert [holds(text) for text in texts] == [{"json", "orjson"}, set()]
    assert [slowly(text) is not None for text in texts] == [True, False]


@pytest.mark.parametrize(
    "more",
    [
        ', "unknown": 1',
        ', "code": {"unknown": 1}',
        ', "code": []',
        ', "metrics": {"auc": "0.9"}',
        ', "metrics": {"auc": {"value": 0.9, "unknown": 1}}',
        ', "suites": [{"passed": true}]',
        ', "suites": {"name": "a"}',
        ', "suites": [1]',
        ', "facts": {"a": [1]}',
        ', "facts": {"a.b": 1, "a": {"b": 2}}',
        ', "tags": {"a": {}}',
        ', "license": ["MIT"]',
        ', "taken_back": [{"section": "model"}]',
        ', "taken_back": [{"section": "suites"}]',
        ', "taken_back": [{"section": "license", "unknown": 1}]',
        ', "waivers": []',
        ', "observations": {"latency": [{"value": 1}]}',
        ', "seeds": {"a": 1e999}',
    ],
)
def test_what_is_not_as_the_schema_wants_it_is_left_to_the_readers_that_tell_why(more: str) -> None:
    assert holds("{" + BEGIN + more + "}") == set()


@pytest.mark.parametrize("begin", ['"version": "7"', '"model": "churn"', '"model": " ", "version": "7"', '"model": "../a", "version": "7"', '"model": "a", "version": "."', '"model": 1, "version": "7"', '"model": null, "version": "7"'])  # fmt: skip
def test_a_record_that_does_not_say_which_it_is_is_not_read_in_one_pass(begin: str) -> None:
    assert (holds("{" + begin + "}"), slowly("{" + begin + "}")) == (set(), None)


def test_nothing_but_json_is_read_in_one_pass() -> None:
    """YAML that looks like JSON is YAML where its name says so: its words without quotation marks are others."""
    text = "{" + BEGIN + "}"
    one = READERS["json"]

    assert one.read(Source("a.json", text)) is not None
    assert one.read(Source("a", text)) is not None
    assert [
        one.read(Source(*given))
        for given in (("a.yaml", text), ("a", "model: churn"), ("a.json", "[]"), ("a.json", ""))
    ] == [None] * 4


def test_the_first_records_are_left_to_the_readers_that_need_no_preparing() -> None:
    """A run that reads one record waits for no functions to be made."""
    text = "{" + BEGIN + "}"
    one = Reader(enough=3 * len(text))

    assert [one.read(Source("a.json", text)) is not None for _ in range(4)] == [False, False, True, True]


def test_without_orjson_the_standard_library_decodes_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an extra; what is read is the same."""
    monkeypatch.setitem(__import__("sys").modules, "orjson", None)
    one = Reader(0, Decoder(0))
    text = "{" + BEGIN + "}"

    found = [one.read(Source("a.json", text)) for _ in range(2)]

    assert found == [slowly(text)] * 2
    assert one.decoder.fast is None
