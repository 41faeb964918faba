"""Helps are obeyed: what a help says is written, and the text then says what its author meant.

A help that begins with "write `…`" says what replaces the words that are underlined, and one that says that a name like
it exists names it.  Other helps explain, and cannot be obeyed by a program.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from letpass.diagnostics import Diagnostic
from letpass.language.parser import GRAMMAR
from tests.corpus.pages import diagnosed
from tests.corpus.test_errors import CHUNKS, Chunk

Diagnose = Callable[..., tuple[Diagnostic, ...]]
OBEYED = re.compile(
    r"write `([^`]+)`|(?:name|word|unit)s? like it exists?: `([^`]+)`|an? \w+ like it exists: `([^`]+)`"
)
HEADER = """policy p: "of helps"
  on promotion to production

metric accuracy: ratio, higher is better, on "h"
metric latency: duration in ms, lower is better, on "h"
"""


def suggested(diagnostic: Diagnostic) -> str | None:
    """What a help says to write instead of the underlined words; None: it explains."""
    found = OBEYED.match(diagnostic.help)
    return next(g for g in found.groups() if g) if found is not None else None


def obeyed(text: str, diagnostic: Diagnostic) -> str:
    """The text with the underlined words replaced as the help says."""
    meant = suggested(diagnostic)
    assert meant is not None, diagnostic.help
    return text[: diagnostic.span.start] + meant + text[diagnostic.span.end :]


def errors(text: str) -> list[Diagnostic]:
    """The errors of a text, warnings apart."""
    return [d for d in diagnosed("p.policy", text) if d.is_error]


# A faulty rule, and the rule that stands there when its help was obeyed.
OBEYED_TO = {
    # values
    'passed "S" within 30d': 'passed "S" within 30 days',
    'passed "S" within 1h': 'passed "S" within 1 hour',
    'passed "S" within last 30 days': 'passed "S" within 30 days',
    'passed "S" within a week': 'passed "S" within 1 week',
    'passed "S" within 1 year': 'passed "S" within 365 days',
    'passed "S" within 30 dyas': 'passed "S" within 30 days',
    "latency <= 50ms": "latency <= 50 ms",
    "latency <= 50 msec": "latency <= 50 ms",
    "artifact.size <= 2 MiB": "artifact.size <= 2097152 B",
    "artifact.size <= 1.5GiB": "artifact.size <= 1610612736 B",
    "latency <= 50": "latency <= 50 ms",
    "latency <= 1,5 ms": "latency <= 1.5 ms",
    "accuracy >= 0,9": "accuracy >= 0.9",
    "accuracy >= 0.9.": "accuracy >= 0.9",
    "accuracy >= .9": "accuracy >= 0.9",
    "accuracy >= 9e-1": "accuracy >= 0.9",
    "accuracy >= 90 %": "accuracy >= 90%",
    "accuracy >= 90 percent": "accuracy >= 90%",
    "accuracy >= 90pct": "accuracy >= 90%",
    "accuracy >= champion.accuracy - 1 percent": "accuracy >= champion.accuracy - 1 point",
    "accuracy >= champion.accuracy - 1 pp": "accuracy >= champion.accuracy - 1 point",
    "accuracy >= champion.accuracy - 1%": "accuracy >= champion.accuracy - 1 point",
    "accuracy.samples >= 1,000": "accuracy.samples >= 1000",
    "accuracy >= 0.9 from 01.02.2027": "accuracy >= 0.9 from 2027-02-01",
    "accuracy >= 0.9 from 13.2.27": "accuracy >= 0.9 from 2027-02-13",
    "accuracy >= 0.9 from 02/13/2027": "accuracy >= 0.9 from 2027-02-13",
    "accuracy >= 0.9 from 2027/01/02": "accuracy >= 0.9 from 2027-01-02",
    "accuracy >= 0.9 from 2027-1-2": "accuracy >= 0.9 from 2027-01-02",
    'accuracy >= 0.9 from "2027-01-02"': "accuracy >= 0.9 from 2027-01-02",
    # flags, and what is not there
    "code.dirty == false": "not code.dirty",
    "code.dirty == true": "code.dirty",
    "code.dirty != true": "not code.dirty",
    "code.dirty != false": "code.dirty",
    "code.dirty is true": "code.dirty",
    "code.dirty is false": "not code.dirty",
    "code.dirty is not true": "not code.dirty",
    "true == code.dirty": "code.dirty",
    "!code.dirty": "not code.dirty",
    "NOT code.dirty": "not code.dirty",
    "code.commit != null": "code.commit is recorded",
    "code.commit exists": "code.commit is recorded",
    "code.commit recorded": "code.commit is recorded",
    "exists code.commit": "code.commit is recorded",
    "exists(code.commit)": "code.commit is recorded",
    "is recorded code.commit": "code.commit is recorded",
    "model_card is recordde": "model_card is recorded",
    # operators and keywords of other languages
    "accuracy >= 0.9 // the floor": "accuracy >= 0.9 # the floor",
    "accuracy >= 0.9 -- the floor": "accuracy >= 0.9 # the floor",
    "accuracy >= 0.9 AND latency <= 1 s": "accuracy >= 0.9 and latency <= 1 s",
    "accuracy >= 0.9 && latency <= 1 s": "accuracy >= 0.9 and latency <= 1 s",
    "accuracy >= 0.9 || latency <= 1 s": "accuracy >= 0.9 or latency <= 1 s",
    "code.commit is recorded OR latency <= 1 s": "code.commit is recorded or latency <= 1 s",
    "accuracy >= 0.9 if risk >= high": "accuracy >= 0.9 when risk >= high",
    "accuracy >= 0.9 WHEN risk >= high": "accuracy >= 0.9 when risk >= high",
    "accuracy >= 0.9 unless risk >= high": "accuracy >= 0.9 when not (risk >= high)",
    'accuracy >= 0.9 unless risk is low because "x"': 'accuracy >= 0.9 when not (risk is low) because "x"',
    "accuracy > = 0.9": "accuracy >= 0.9",
    "accuracy => 0.9": "accuracy >= 0.9",
    "accuracy = 0.9": "accuracy == 0.9",
    "accuracy === 0.9": "accuracy == 0.9",
    "accuracy is >= 0.9": "accuracy >= 0.9",
    "accuracy at least 0.9": "accuracy >= 0.9",
    "accuracy is greater than 0.9": "accuracy > 0.9",
    "accuracy is not less than 0.9": "accuracy >= 0.9",
    "accuracy between 0.8 and 0.9": "accuracy >= 0.8 and accuracy <= 0.9",
    "accuracy >= 0.9 with 95% confidence": "accuracy >= 0.9 at 95% confidence",
    "license = MIT": "license is MIT",
    'license == "MIT"': 'license is "MIT"',
    "license is MIT or BSD": "license in {MIT, BSD}",
    "license in [MIT, Apache-2.0]": 'license in {MIT, "Apache-2.0"}',
    "license in (MIT, BSD)": "license in {MIT, BSD}",
    "license in MIT": "license in {MIT}",
    "license is “MIT”": 'license is "MIT"',
    # functions and quantifiers
    "len(scans) >= 2": "at least 2 scans",
    "count(scans) > 2": "at least 3 scans",
    "count(scans.findings where severity >= high) == 0": "no scans.findings where severity >= high",
    "size(scans) < 3": "at most 2 scans",
    "any scans where tool is x": "at least 1 scans where tool is x",
    "every scans have tool is x": "all scans have tool is x",
    "all scans where tool is x has tool is y": "all scans where tool is x have tool is y",
    "at least two scans": "at least 2 scans",
    "at least 2 of scans": "at least 2 scans",
    "at leats 2 scans": "at least 2 scans",
    "Min(accuracy.slices.value) >= 0.9": "min(accuracy.slices.value) >= 0.9",
    # texts
    "passed Fairness Check": 'passed "Fairness Check"',
    "passed Fairness Check with score > 90%": 'passed "Fairness Check" with score > 90%',
    "passed(Fairness)": 'passed "Fairness"',
    "passed 'Fairness Check'": 'passed "Fairness Check"',
    "scanned by modelscan within 3 days": 'scanned by "modelscan" within 3 days',
    "signed by role validator": 'signed by role "validator"',
    'signed by "validator"': 'signed by role "validator"',
    "signed by validator": 'signed by role "validator"',
    'signed by 2 "validator"': 'signed by 2 in role "validator"',
    'signed by two in role "validator"': 'signed by 2 in role "validator"',
    "accuracy >= 0.9 because too low": 'accuracy >= 0.9 because "too low"',
    # order
    'passed "S" within 30 days with score > 90%': 'passed "S" with score > 90% within 30 days',
    'signed by role "v" within 3 days other than author': 'signed by role "v" other than author within 3 days',
    'accuracy >= 0.9 waivable for 3 days by role "r"': 'accuracy >= 0.9 waivable by role "r" for 3 days',
    'accuracy >= 0.9 waivable by "r"': 'accuracy >= 0.9 waivable by role "r"',
    # names
    "acuracy >= 0.9": "accuracy >= 0.9",
    "accuracy >= champion.acuracy": "accuracy >= champion.accuracy",
    "accuracy >= champion accuracy": "accuracy >= champion.accuracy",
    "accuracy >= chapmion.accuracy": "accuracy >= champion.accuracy",
    "all acuracy.slices have value >= 0.9": "all accuracy.slices have value >= 0.9",
    "all accuracy.slices have valu >= 0.9": "all accuracy.slices have value >= 0.9",
    "no scans.findings where severty >= high": "no scans.findings where severity >= high",
    "no scans.findings where severity >= hihg": "no scans.findings where severity >= high",
    "code..dirty": "code.dirty",
    "there is champion": "there is a champion",
    "nto code.dirty": "not code.dirty",
}
STATEMENTS = {
    "require fair accuracy >= 0.9": "require fair: accuracy >= 0.9",
    "require no-regression accuracy >= 0.9": "require no-regression: accuracy >= 0.9",
    'require suite passed "S"': 'require suite: passed "S"',
    "requir a: code.dirty": "require a: code.dirty",
    "Require a: code.dirty": "require a: code.dirty",
    "must a: code.dirty": "require a: code.dirty",
    "require Fair: code.dirty": "require fair: code.dirty",
    "metric x: float\nrequire a: x >= 1": "metric x: number\nrequire a: x >= 1",
    "metric x ratio\nrequire a: x >= 1%": "metric x: ratio\nrequire a: x >= 1%",
    "metric x: ratio higher is better\nrequire a: x >= 1%": "metric x: ratio, higher is better\nrequire a: x >= 1%",
    'metric x: ratio "doc", higher is better\nrequire a: x >= 1%': 'metric x: ratio, higher is better "doc"\nrequire a: x >= 1%',
    "fact x: bool\nrequire a: x": "fact x: flag\nrequire a: x",
    "fact x: enum {a, b}\nrequire a: x is a": "fact x: one of {a, b}\nrequire a: x is a",
    "let x: code.dirty\nrequire a: x": "let x = code.dirty\nrequire a: x",
    "let x == code.dirty\nrequire a: x": "let x = code.dirty\nrequire a: x",
    "metrc x: ratio\nrequire a: x >= 1%": "metric x: ratio\nrequire a: x >= 1%",
}  # fmt: skip


@pytest.mark.parametrize(
    ("faulty", "meant"),
    [(f"require a: {a}", f"require a: {b}") for a, b in OBEYED_TO.items()] + list(STATEMENTS.items()),
    ids=[*OBEYED_TO, *STATEMENTS],
)
def test_a_help_that_is_obeyed_gives_the_policy_that_was_meant(faulty: str, meant: str) -> None:
    """One error is told, and what its help says to write compiles."""
    found = errors(HEADER + faulty)

    assert len(found) == 1, [(d.message, d.help) for d in found]
    assert obeyed(HEADER + faulty, found[0]) == HEADER + meant
    assert errors(HEADER + meant) == []


@pytest.mark.parametrize(
    ("faulty", "said"),
    [
        ("accuracy >= 0.9 from 01.02.2027", "write `2027-02-01`, read with the day first"),
        (
            "accuracy >= 0.9 from 01/02/2027",
            "write `2027-02-01` if the day comes first, `2027-01-02` if the month does",
        ),
        (
            "mean(accuracy.slices.value) >= 0.9",
            "the only functions are `min`, `max` and `abs`; record the mean as a metric",
        ),
        (
            "len(scans) - 1 >= 2",
            "the only functions are `min`, `max` and `abs`; how many there are is asked as in `at least",
        ),
        ("round(accuracy) >= 0.9", "the only functions are `min`, `max` and `abs`"),
        (
            'signed by role "v" other than author in role "w"',
            'the order is as in `signed by 2 in role "validator" other',
        ),
        ('waivable by role "r" accuracy >= 0.9', "the condition stands first, and `when`, `because`, `fix`, `owner`,"),
        ("accuracy >= 0.9 for 14 days", "a waiver says how long it lasts, as in `waivable by role"),
        ("accuracy >= 0.9 within 30 days", "an age is asked of a date, as in `registered_at within 30 days`"),
        ("if code.dirty accuracy >= 0.9", "a guard stands behind the condition: `require … when …`"),
        ("accuracy == true", "a flag stands alone"),
        ("code.commit == null", "a rule asks what `is recorded`, and not what is missing"),
        ("expires_at > 2027-02-01 09:00:00", "a moment is in UTC, as in `2027-12-02T09:00:00Z`"),
    ],
)
def test_a_help_that_cannot_be_obeyed_by_a_program_says_how_it_is_asked(faulty: str, said: str) -> None:
    """What could be meant in several ways is explained, with each way or an example."""
    found = errors(f"{HEADER}require a: {faulty}")

    assert [d.help[: len(said)] for d in found] == [said]


@pytest.mark.parametrize("chunk", CHUNKS, ids=lambda c: f"{c.file}:{c.line}")
def test_a_help_that_is_obeyed_mends_its_error(chunk: Chunk, diagnose: Diagnose) -> None:
    """Of every error of the corpus whose help says what to write: it is gone then, and no new ones come for it."""
    before = [
        d for d in diagnose(chunk.name, chunk.text, chunk.others) if d.span.source.name == chunk.name and d.is_error
    ]
    for d in before:
        if suggested(d) is None:
            continue
        # what a policy lacks as a whole is told once its statements read
        mended = diagnose(chunk.name, obeyed(chunk.text, d), chunk.others)
        after = [e for e in mended if e.is_error and e.code != "GATE009"]
        here = [(e.code, e.message) for e in after if e.span.line == d.span.line]
        told = [(e.code, e.message) for e in before if e.span.line == d.span.line]

        assert here.count((d.code, d.message)) < told.count((d.code, d.message)), (d.message, d.help)
        assert len(here) <= len(told), (d.message, d.help, here)


# ---------------------------------------------------------------- slips of one letter

POLICY = """policy p: "A policy"
  on promotion to production
  approved for 365 days
  applies when (risk >= high attested by "inventory")
  owner "me@x.example"

metric accuracy: ratio, higher is better, on "h"
metric latency_p99: duration in ms, lower is better, on "h"
metric recall: ratio in %, on "h"
let risky = risk in {low, high}

require good: accuracy >= 0.9 at 95% confidence
  because "a reason"
  fix "a remedy"
  from 2027-01-01
require suite: passed "Fairness" with score > 90% within 30 days
require reproducible: code.commit, data.version, hyperparameters, artifact.digest are recorded
require computed: artifact.digest is computed
require frozen: environment.image is pinned
require clean: no scans.findings where severity >= high
require counted: at least 2 scans where tool like "model*"
require groups: all recall.slices where samples >= 100 have value >= 80%
require equal: max(recall.slices.value) - min(recall.slices.value) <= 5 points
require champion: accuracy >= champion.accuracy - 2 points
  when there is a champion
require signed: signed by 2 in role "validator" other than author within 2 weeks
  when risky
  waivable by role "chief" for 14 days
require fast: latency_p99 <= 50 ms
require dated: expires_at > now and not code.dirty
advise documented: model_card is recorded
"""
LANGUAGE = frozenset(re.findall(r"[A-Za-z]+", GRAMMAR.read_text(encoding="utf-8")))
SAID = frozenset(re.findall(r"[\w.]+", POLICY)) | {"day", "week", "point"}
# what stands between quotation marks, before a colon, or is a word of the author's own is no slip
WORDS = [
    m
    for m in re.finditer(r'"[^"\n]*"|[A-Za-z_][\w.]*(?![\w-]*[:-])', POLICY)
    if m[0][0] != '"' and len(m[0]) > 3 and m[0] != "production"
]


def _slip(word: str, random: Random) -> str:
    """A word with one letter left out, doubled, wrong, or changed with its neighbour; its dots stay where they are."""
    at = random.choice([i for i, c in enumerate(word) if c.isalpha()])
    kind = random.choice(["out", "twice", "wrong", "changed"])
    if kind == "changed" and word[at + 1 : at + 2].isalpha():
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    put = {"out": "", "twice": word[at] * 2, "wrong": random.choice("abcdefghijklmnopqrstuvwxyz")}
    return word[:at] + put.get(kind, "") + word[at + 1 :]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(WORDS), st.randoms(use_true_random=False))
def test_a_slip_of_one_letter_is_told_once_with_the_word_that_was_meant(place: re.Match[str], random: Random) -> None:
    """Every keyword, unit, field and metric: at least one error, no more than two, and the word itself among the helps."""
    slip = _slip(place[0], random)
    assume(slip not in LANGUAGE and slip not in SAID and slip != place[0])
    found = errors(POLICY[: place.start()] + slip + POLICY[place.end() :])

    assert 1 <= len(found) <= 2, (place[0], slip, [(d.message, d.help) for d in found])
    words = {word for d in found for word in re.findall(r"[\w.]+", d.help)}
    assert place[0] in words or _declares(place), (place[0], slip, [(d.message, d.help) for d in found])


def _declares(place: re.Match[str]) -> bool:
    """Does a word declare a name: a slip in it makes a name of its own, and each use of the right one is told."""
    return POLICY[: place.start()].endswith(("metric ", "fact ", "let "))
