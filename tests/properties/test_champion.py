"""A policy made from a champion compiles, is laid out, and passes on the champion, whatever that one recorded."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from letpass.authoring.scaffold import bounds, cases, champion, rule, wording
from letpass.authoring.scaffold.champion import Written
from letpass.diagnostics import LetpassError, Source, clean
from letpass.evaluation.decision import Verdict
from letpass.facts.record import Holder, Record
from letpass.facts.schema import VOCABULARY
from letpass.gate.judgement import judge
from letpass.language.formatter import format_text
from letpass.move import promotion
from letpass.project.policyset import from_texts
from letpass.registries import files
from tests.properties.generate import NOW
from tests.properties.registrar import WRONG, around

TRIES = settings(max_examples=150, deadline=None)
HOSTILE = (
    *('"""', '"', "\\", "'", "a\nb", "a\rb", "\x1b[31m", "‮gnp", "\u200b", "\x00", "раyраl", "box AP", "F1-score"),
    *(
        "val/acc",
        "all",
        "metric",
        "require",
        "policy",
        "é",
        "日本",
        "",
        " ",
        "#",
        "1",
        "-1",
        "<<",
        "=",
        "x" * 400,
        "null",
    ),
    *("on", "true", "Accuracy", "a.b", "ﬁ", "\ufeff", "\u2028", "😀", "\x7f", "\x85", "}", "{{ 7 }}", "$(id)", "`id`"),
)
NAMES = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=12), st.from_regex(r"[a-z_]{1,8}", fullmatch=True))
NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(0, 1),
    st.integers(-5, 10**9).map(float),
    st.sampled_from((*around(0.0, 1.0, 100.0), -0.0, 1e308, 5e-324, 0.0005, 99.9)),
)
VALUES = st.one_of(NUMBERS, NUMBERS, NUMBERS, st.sampled_from((*WRONG, 10**400, [])))
UNITS = st.sampled_from((None, None, None, "%", "ms", "s", "MB", "req/s", 7, "point"))
SETS = st.one_of(st.none(), st.sampled_from(("A", "B", "holdout-2026", *HOSTILE)))
KINDS = ("ratio", "ratio in %", "number", "count", "duration in ms", "duration", "size in MB", "size")
MARGINS = st.sampled_from(("0", "0.01", "0.5", "2", "10", "99.9")).map(Decimal)
DATES = st.sampled_from((None, "2026-10-02T00:00:00Z", "2099-01-01", "soon"))


@st.composite
def pieces(draw: st.DrawFn) -> dict[str, Any]:
    """One measurement, odd or not."""
    made = {"value": draw(VALUES), "unit": draw(UNITS), "data_set": draw(SETS), "measured_at": draw(DATES)}
    found = {k: v for k, v in made.items() if v is not None and v != []}
    if draw(st.integers(0, 4)) == 0:
        found["slices"] = [{"group": draw(NAMES), "value": draw(VALUES)}]
    return {k: v for k, v in found.items() if not isinstance(v, list) or k == "slices"} | (
        {"slices": [{k: v for k, v in s.items() if v != []} for s in found["slices"]]} if "slices" in found else {}
    )


@st.composite
def champions(draw: st.DrawFn) -> tuple[dict[str, Any], str]:
    """A record, and the declarations of some of its metrics."""
    metrics: dict[str, Any] = {}
    lines = []
    for number, name in enumerate(draw(st.lists(NAMES, min_size=1, max_size=6, unique=True))):
        several = draw(st.integers(0, 3)) == 0
        metrics[name] = draw(st.lists(pieces(), min_size=1, max_size=3)) if several else draw(pieces())
        if wording.text(name) is not None and draw(st.integers(0, 5)):
            kind, better = draw(st.sampled_from(KINDS)), draw(st.sampled_from(("higher", "lower")))
            lines.append(f'metric m{number}: {kind}, {better} is better, recorded as "{name}"')
    model = draw(st.one_of(st.sampled_from(("fraud", *HOSTILE)), NAMES)).strip() or "m"
    return {"model": model, "version": draw(st.sampled_from(("1", "7b", '"', "‮"))), "metrics": metrics}, "\n".join(
        lines
    )


def made_from(data: dict[str, Any], declared: str, margin: Decimal, *, alone: bool) -> tuple[Record, Written] | None:
    """The record and its policy; None where there is nothing to gate, which is said with a code of its own."""
    try:
        (record,) = files.parse(Source("c.json", json.dumps(data)))
    except LetpassError:
        return None
    known = rule.declarations([("project.policy", declared)])
    try:
        return record, champion.write(record, known, {}, "production", margin, NOW, alone=alone, taken=set())
    except LetpassError as error:
        if {d.code for d in error.diagnostics} != {"GATE014"}:
            raise
        return None


@TRIES
@given(champions(), MARGINS, st.booleans())
def test_the_written_policy_compiles_and_passes_on_its_champion(
    made: tuple[dict[str, Any], str], margin: Decimal, alone: bool
) -> None:
    """It is laid out as `policy fmt` does, and every one of its rules holds; or there is nothing to gate, and that is said."""
    found = made_from(*made, margin, alone=alone)
    if found is None:
        return
    record, written = found
    policies = from_texts({"made.policy": written.text}, VOCABULARY)
    decision = judge(policies, record, promotion("production"), NOW, Holder.NOBODY)

    assert written.text == format_text(Source("made.policy", written.text))
    assert (decision.verdict, len(decision.rules)) == (Verdict.ALLOW, len(written.rules))
    assert [line for line in written.text.splitlines() if clean(line) != line] == []
    assert [r.rule.label for r in decision.rules if not (r.rule.because and r.rule.fix)] == []


@TRIES
@given(champions(), MARGINS)
def test_its_cases_come_out_as_they_say(made: tuple[dict[str, Any], str], margin: Decimal) -> None:
    """The champion passes, what is beyond every bound is refused by every rule, what was not measured is undecided."""
    found = made_from(*made, margin, alone=True)
    if found is None:
        return
    record, written = found
    text = cases.write(written, record, "production", NOW)
    if not text:
        assert any(r.name == "<<" for r in written.rules)  # which YAML has no other way to write
        return
    tried = cases.judged(text, written.text)

    assert [r.verdict for r in tried.results] == ["allow", "deny", "undecided"]
    assert (tried.faults, tried.never_held, tried.never_missed) == ((), (), ())


@TRIES
@given(st.floats(allow_nan=False, allow_infinity=False), MARGINS, st.booleans())
def test_a_bound_is_round_lenient_and_no_more_lenient_than_its_margin_and_its_last_digit(
    value: float, margin: Decimal, higher: bool
) -> None:
    """Three digits, or six for a narrow margin; rounded so that the value passes."""
    found = bounds.bound(value, margin, "number", "", higher=higher)
    digits = 6 if margin < 1 else 3
    slack = abs(Decimal(repr(value))) * margin / 100
    exact = Decimal(repr(value)) - slack if higher else Decimal(repr(value)) + slack

    assert len(found.normalize().as_tuple().digits) <= digits
    assert (found <= exact) if higher else (found >= exact)
    assert abs(found - exact) <= abs(exact) * Decimal(10) ** (1 - digits)


@pytest.mark.parametrize(
    ("value", "kind", "unit", "higher", "expected"),
    [
        (0.9312, "ratio", "", True, "0.912"),
        (93.12, "ratio", "%", True, "91.2%"),
        (99.9, "ratio", "%", False, "100%"),
        (0.0, "ratio", "", False, "0"),
        (6.599, "duration", "ms", False, "6.74 ms"),
        (-3.0, "number", "", True, "-3.06"),
        (-3.0, "number", "", False, "-2.94"),
        (12.0, "count", "", True, "11"),
        (12.0, "count", "", False, "13"),
        (123456.0, "number", "", True, "120000"),
        (1e-7, "number", "", True, "0.000000098"),
    ],
)
def test_bounds_read_as_people_write_them(value: float, kind: str, unit: str, higher: bool, expected: str) -> None:
    """In the unit of the value, as a plain decimal."""
    found = bounds.bound(value, Decimal(2), kind, unit, higher=higher)

    assert bounds.literal(found, kind, unit) == expected


@TRIES
@given(NAMES)
def test_no_name_breaks_out_of_a_comment_or_a_label(name: str) -> None:
    """A comment stays one, and a label reads as one."""
    text = f'# {wording.comment(name)}\npolicy a: "A"\n  on review\nrequire {wording.label(name) or "x"}: author is recorded\n'
    (policy,) = from_texts({"made.policy": text}, VOCABULARY).policies

    assert (len(text.splitlines()), len(policy.rules)) == (4, 1)
