"""Texts that are nothing but one long word, or nothing but faults: told in time, and in a screen or two."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from letpass.diagnostics import LONGEST_MESSAGE, LetpassError, PolicyError, Source, nearest, render
from letpass.facts import document, reader
from letpass.facts.decoding import Decoder
from letpass.facts.fast import Reader
from letpass.facts.schema import VOCABULARY
from letpass.language.statements import LONGEST_WORD, MOST_FAULTS, cut
from letpass.project.policyset import from_texts

HEADER = 'policy p: "t"\n  on review\n'


def refused(text: str) -> PolicyError:
    with pytest.raises(PolicyError) as caught:
        from_texts({"made.policy": text}, VOCABULARY)
    return caught.value


@pytest.mark.parametrize(
    ("piece", "code"), [(")", "GATE002"), ('"x\n', "GATE004"), ("é", "GATE007"), ("≥", "GATE005"), ("аb ", "GATE007")]
)
def test_of_many_faults_the_first_are_told_and_the_others_counted(piece: str, code: str) -> None:
    """Sixty thousand brackets that close nothing were as many errors, each with its line of sixty thousand characters."""
    few = cut(Source("made.policy", f"{HEADER}require a: code.dirty\n{piece * 3}"))
    many = cut(Source("made.policy", f"{HEADER}require a: code.dirty\n{piece * 20_000}"))

    assert [d.code for d in few.diagnostics] == [code] * 3
    *told, last = many.diagnostics
    assert [d.code for d in told] == [code] * MOST_FAULTS
    assert (last.code, last.message) == ("GATE008", "19900 faults more like those that are told")
    assert [p.start for p in many.pieces] == [p.start for p in few.pieces] == ["header"]


def test_a_fault_that_is_only_counted_spoils_its_statement_all_the_same() -> None:
    """No statement behind the hundredth fault is taken for one that reads."""
    found = cut(Source("made.policy", HEADER + "require a: (code.dirty))\n" * (MOST_FAULTS + 20)))

    assert [p.start for p in found.pieces] == ["header"]


def test_a_path_of_thousands_of_names_is_refused_at_once() -> None:
    """Each of its parts was looked for, with all that stand before it: a minute for sixty kilobytes."""
    assert refused(f"{HEADER}require a: {'a.' * 10}b\n").diagnostics[0].code == "GATE101"
    begun = time.process_time()

    (told,) = refused(f"{HEADER}require a: {'a.' * 30_000}b\n").diagnostics

    assert (told.code, told.message) == ("GATE008", "a word of 60,001 characters is too long")
    assert told.help == f"the longest is {LONGEST_WORD}"
    assert time.process_time() - begun < 2


def test_a_long_word_is_near_nothing() -> None:
    """What compares it with names takes the product of their lengths."""
    assert nearest("accuracyy", ["accuracy", "a" * 60_000]) == ("accuracy",)
    assert nearest("accuracy" * 8000, ["accuracy"]) == ()


@pytest.mark.parametrize("size", [20, 50_000])
def test_a_message_is_a_line_however_long_the_word_is_that_it_is_about(size: int) -> None:
    """Its beginning and its end say what it is about."""
    with pytest.raises(LetpassError) as caught:
        reader.read(document.read(Source("9.json", f'{{"model": "m", "version": "1", "{"x" * size}": 1}}')))
    (told,) = caught.value.diagnostics

    assert len(told.message) <= LONGEST_MESSAGE + 1
    assert told.message.startswith("unknown field `xxxxx")
    assert told.message.endswith("xxxxx`")
    assert len(render(told)) < 3 * LONGEST_MESSAGE


MANY = 20_000
LONG = {
    "mappings of facts": {"facts": {f"f{n}": {"x": None} for n in range(MANY)}},
    "dotted and nested facts": {"facts": {**{f"f{n}.x": 1 for n in range(MANY)}, **{f"f{n}": {} for n in range(MANY)}}},
    "facts that were taken back": {
        "facts": {f"f{n}": n for n in range(MANY)},
        "taken_back": [{"section": "facts", "name": f"f{n}"} for n in range(MANY)],
    },
    "suites that were taken back": {
        "suites": [{"name": f"s{n}"} for n in range(MANY)],
        "taken_back": [{"section": "suites", "name": f"s{n}"} for n in range(MANY)],
    },
    "data sets that were taken back": {
        "metrics": {"m": [{"value": 1, "data_set": f"d{n}"} for n in range(MANY)]},
        "taken_back": [{"section": "metrics", "name": "m", "data_set": f"d{n}"} for n in range(MANY)],
    },
    "one name of many dots": {"taken_back": [{"section": "facts", "name": "." * 300_000}]},
}


@pytest.mark.parametrize("record", LONG.values(), ids=LONG)
def test_a_long_record_is_read_in_time_that_grows_with_its_length(record: dict[str, Any]) -> None:
    """Each of many was looked for among all the others: a minute for a megabyte, whoever wrote it."""
    text = json.dumps({"model": "m", "version": "1", **record})
    begun = time.process_time()

    found = reader.read(document.read(Source("1.json", text)))

    assert time.process_time() - begun < 4
    assert Reader(0, Decoder(0)).read(Source("1.json", text)) in (None, found)
