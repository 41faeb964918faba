"""JUnit reports that look better than their runs were, and good ones that look odd."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from letpass.diagnostics import InvalidError
from letpass.evidence import junit, markup
from letpass.evidence.interface import Asked
from tests.evidence.reading import record

CASE = '<testcase name="a"/>'
FAILED = '<testcase name="b"><failure/></testcase>'
SKIPPED = '<testcase name="c"><skipped/></testcase>'


def _suites(text: str | bytes, suite: str | None = None) -> list[dict[str, Any]]:
    data = text.encode() if isinstance(text, str) else text
    found: list[dict[str, Any]] = junit.read(data, Asked(suite=suite))["suites"]
    return found


def _read(text: str | bytes, suite: str | None = None) -> dict[str, Any]:
    (found,) = _suites(text, suite)
    return {k: found[k] for k in ("passed", "cases", "score", "unread", "flaky", "reruns") if k in found}


def _one(case: str, header: str = "") -> str:
    return f'<testsuite name="S" {header}>{case}</testsuite>'


@pytest.mark.parametrize(
    "case",
    [
        '<testcase name="a" status="notrun" result="suppressed"/>',
        '<testcase name="a" status="disabled"/>',
        '<testcase name="a" status="Skipped"/>',
        '<testcase name="a" status="run" result="skipped"/>',
        '<testcase name="a"><skipped/></testcase>',
        '<testcase name="a"><system-out/><skipped/><properties/></testcase>',
    ],
)
def test_a_case_that_did_not_run_is_none(case: str) -> None:
    """A suite of such cases has not passed."""
    assert _read(_one(CASE)) == {"passed": True, "cases": 1, "score": 1.0}
    assert _read(_one(case)) == {"passed": False, "cases": 0}


@pytest.mark.parametrize("element", ["failure", "error", "skipped", "flakyFailure"])
@pytest.mark.parametrize("around", ["properties", "property", "attachments", "failures"])
def test_a_failure_inside_what_tells_nothing_leaves_its_case_unread(element: str, around: str) -> None:
    """A case whose failure a converter had put among its properties passed: what is below those was not looked at."""
    found = _read(_one(f'{CASE}<testcase name="b"><{around}><{element}/></{around}></testcase>'))
    assert "passed" not in found
    assert found["unread"]
    above = _read(_one(f"{CASE}<properties><property><{element}/></property></properties>"))
    assert (above.get("passed"), above["unread"]) == (None, f"`{element.lower()}` stands inside another element of it")


BROKEN = {
    "fixture": f"<error/>{CASE}",
    "namespace": '<testcase name="a"><failure xmlns="urn:x"/></testcase>',
    "capitals": '<TestCase name="a"><Failure/></TestCase>',
    "error": '<testcase name="a"><error/></testcase>',
    "skipped first": '<testcase name="a"><skipped/><failure/></testcase>',
    "skipped last": '<testcase name="a"><error/><skipped/></testcase>',
    "status": '<testcase name="a" status="failed"/>',
    "status beside skipped": '<testcase name="a" status="Failed"><skipped/></testcase>',
    "result": '<testcase name="a" result="error"/>',
    "outcome": '<testcase name="a" outcome="TimedOut"/>',
    "success": '<testcase name="a" success="False"/>',
    "two words": '<testcase name="a" status="run" result="fail"/>',
    "behat": '<testcase name="a" status="undefined"/>',
    "rerun that failed": '<testcase name="a"><rerunFailure/></testcase>',
    "rerun and failure": '<testcase name="a"><failure/><rerunError/></testcase>',
    "within properties": '<properties><testcase name="a"><failure/></testcase></properties>',
    "within a case": '<testcase name="a"><testcase name="b"><failure/></testcase></testcase>',
    "nested": f'{CASE}<testsuite name="T">{FAILED}</testsuite>',
}


@pytest.mark.parametrize("inside", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("form", ["<testsuite name='S'>{}</testsuite>", "<testsuites><testsuite name='S'>{}</testsuite></testsuites>"])  # fmt: skip
@pytest.mark.parametrize("suite", [None, "S"])
def test_what_broke_beside_or_in_a_case_is_a_failure(inside: str, form: str, suite: str | None) -> None:
    """Wherever it stands, whatever stands beside it, and whatever the caller names it; the twin without it has passed."""
    assert [s["passed"] for s in _suites(form.format(CASE), suite)] == [True]
    assert _suites(form.format(inside), suite)[0]["passed"] is False


UNREAD = {
    "a subtest": ('<testcase name="a"><subtest result="1"/></testcase>', "case `a`: it holds `subtest`"),
    "a warning": ('<testcase name="a"><warning/></testcase>', "case `a`: it holds `warning`"),
    "a word of status": ('<testcase name="a" status="flunked"/>', "case `a`: `status` is `flunked`"),
    "an empty word": ('<testcase name="a" result=""/>', "case `a`: `result` is ``"),
    "a word of outcome": ('<testcase name="a" outcome="xpass"/>', "case `a`: `outcome` is `xpass`"),
    "a word of success": ('<testcase name="a" success="partly"/>', "case `a`: `success` is `partly`"),
    "beside a skip": ('<testcase name="a" status="odd"><skipped/></testcase>', "case `a`: `status` is `odd`"),
    "beside a good word": ('<testcase name="a" status="run" result="odd"/>', "case `a`: `result` is `odd`"),
    "something in a suite": (f"{CASE}<crash/>", "it holds `crash`"),
    "two": ('<testcase name="a"><x/></testcase><testcase name="b"><y/></testcase>', "case `a`: it holds `x`, and 1 more"),
}  # fmt: skip


@pytest.mark.parametrize(("case", "why"), UNREAD.values(), ids=UNREAD)
@pytest.mark.parametrize("suite", [None, "S"])
def test_a_case_of_which_nobody_can_tell_how_it_ended_is_not_dropped(case: str, why: str, suite: str | None) -> None:
    """The suite says why, and neither that it passed nor a score; a failure beside it is one all the same."""
    found = _read(_one(case), suite)
    assert (found["unread"], found["cases"] > 0, "passed" in found, "score" in found) == (why, True, False, False)
    assert _read(_one(case + FAILED), suite)["passed"] is False
    (read,) = record("junit", _one(case, 'timestamp="2026-11-20T10:00:00Z"'), suite=suite).lists["suites"]
    assert (read["unread"], "passed" in read, "@unreadable" in read) == (why, False, False)


@pytest.mark.parametrize(
    "case",
    [
        '<testcase name="a" failure="x" error="y" assertions="0" type="test" file="f" skip="true"/>',
        '<testcase name="a"><properties/><system-out>failure</system-out><system-err/><attachments/></testcase>',
        '<testcase name="a"><system-out><failure/></system-out></testcase>',
        *[f'<testcase name="a" status="{word}"/>' for word in ("run", "Passed", "Pass", "success", "ok")],
        '<testcase name="a" status="run" result="completed"/>',
        '<testcase name="a" success="True"/>',
        "<testcase name='a'><system-out><![CDATA[<!DOCTYPE html><!ENTITY a 'b'>]]></system-out></testcase>",
        "<!-- <!DOCTYPE html> --><testcase name='a'/>",
    ],
)
def test_what_says_nothing_of_its_end_is_passed_over(case: str) -> None:
    """Other attributes, output, attachments; and text that looks like XML."""
    assert _read(_one(case)) == {"passed": True, "cases": 1, "score": 1.0}


@pytest.mark.parametrize(
    ("header", "cases", "expected"),
    [
        ('tests="3" skipped="3"', CASE * 3, {"passed": False, "cases": 0}),
        ('tests="3" disabled="3"', CASE * 3, {"passed": False, "cases": 0}),
        ('tests="3" skipped="2" disabled="1"', CASE * 3, {"passed": False, "cases": 0}),
        ('skipped="1"', CASE, {"passed": False, "cases": 0}),
        ('tests="0"', CASE, {"passed": False, "cases": 0}),
        ('tests="3" skipped="1"', CASE * 3, {"passed": True, "cases": 2, "score": 1.0}),
        ('tests="3" skipped="1"', CASE * 2 + SKIPPED, {"passed": True, "cases": 2, "score": 1.0}),
        ('tests="2" skipped="0"', CASE + SKIPPED, {"passed": True, "cases": 1, "score": 1.0}),
        ('tests="4" failures="0" errors="0" skipped="2"', CASE * 2, {"passed": True, "cases": 2, "score": 1.0}),
        ('tests="1" failures="1"', CASE, {"passed": False, "cases": 1, "score": 0.0}),
        ('tests="2" errors="1"', CASE * 2, {"passed": False, "cases": 2, "score": 0.5}),
        ('tests="2" failures="0" errors="0"', CASE + FAILED, {"passed": False, "cases": 2, "score": 0.5}),
        ('tests="3" failures="0" errors="0"', CASE, {"passed": True, "cases": 1, "score": 1.0}),
        ('tests="3" failures="1" errors="0"', CASE, {"passed": False, "cases": 1, "score": 0.0}),
    ],
)
@pytest.mark.parametrize("suite", [None, "S"])
def test_of_header_and_cases_the_worse_counts(
    header: str, cases: str, expected: dict[str, Any], suite: str | None
) -> None:
    """Field by field."""
    assert _read(_one(cases, header), suite) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (_one(CASE, 'tests="9"'), "`S` counts 9 cases and shows 1"),
        (_one(CASE, 'tests="9" failures="0"'), "`S` counts 9 cases and shows 1"),
        (f'<testsuites tests="9"><testsuite name="S" tests="1">{CASE}</testsuite></testsuites>', "counts 9 cases and"),
        ('<testsuite name="S" tests="x"/>', "`tests` of a suite is no number: `x`"),
        ('<testsuite name="S" skipped="-1"/>', "`skipped` of a suite is no number: `-1`"),
        (f"<testsuite>{CASE}</testsuite>", "a suite without a name; give one with --suite"),
        (f"<testsuites>{CASE}</testsuites>", "a suite without a name; give one with --suite"),
        ("<testsuites/>", "no test suite in it"),
        (CASE, "no test suite in it"),
        (_one('<testcase name="a" status="run" Status="failed"/>'), "the attribute `status` stands twice"),
        ("<testsuite name='S'>", "no XML"),
    ],
)
def test_a_report_that_counts_what_it_neither_shows_nor_accounts_for_is_refused(text: str, why: str) -> None:
    """It was cut off, or tells only a part."""
    with pytest.raises(ValueError, match=why):
        _suites(text)


def test_failures_that_no_suite_shows_count_against_every_suite() -> None:
    """Nobody says whose they are; a failure that one of them shows is that one's."""
    both = f'<testsuite name="S">{CASE}</testsuite><testsuite name="T">{FAILED}</testsuite>'

    assert [s["passed"] for s in _suites(f'<testsuites failures="1">{both}</testsuites>')] == [True, False]
    assert [s["passed"] for s in _suites(f'<testsuites failures="2">{both}</testsuites>')] == [False, False]
    assert [s["passed"] for s in _suites(f"<testsuites><error/>{both}</testsuites>")] == [False, False]
    assert [s["passed"] for s in _suites(f'<testsuite name="O"><failure/>{both}</testsuite>')] == [False, False]
    assert [s["cases"] for s in _suites(f'<testsuites tests="2" skipped="2">{both}</testsuites>')] == [0, 0]
    assert [s["cases"] for s in _suites(f'<testsuites tests="0">{both}</testsuites>')] == [0, 0]
    assert [s["cases"] for s in _suites(f'<testsuites tests="1" skipped="3">{both}</testsuites>')] == [0, 0]
    assert [s["cases"] for s in _suites(f'<testsuites tests="1">{both}</testsuites>')] == [1, 1]
    assert [s["cases"] for s in _suites(f'<testsuite name="O" tests="0">{both}</testsuite>')] == [1, 1]
    assert ["passed" in s for s in _suites(f"<testsuites><odd/>{both}</testsuites>")] == [False, True]


@pytest.mark.parametrize("suite", [None, "All"])
def test_a_case_outside_of_any_suite_counts_against_every_suite(suite: str | None) -> None:
    """As node's reporter writes a test that stands alone; one that passed adds nothing to them."""
    text = '<testsuites><testsuite name="S"><testcase name="a"/></testsuite>{}</testsuites>'

    assert [s["passed"] for s in _suites(text.format(CASE), suite)] == [True]
    assert [s["passed"] for s in _suites(text.format(FAILED), suite)] == [False]
    assert "passed" not in _suites(text.format('<testcase name="a"><odd/></testcase>'), suite)[0]
    assert _suites(text.format(CASE))[0]["cases"] == 1


def test_cases_directly_in_a_named_report_are_its_suite() -> None:
    """Where it has no other."""
    assert _suites(f'<testsuites name="R">{CASE}{FAILED}</testsuites>') == [
        {"name": "R", "passed": False, "cases": 2, "score": 0.5}
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (  # pytest's own subtests
            (
                '<testsuites name="pytest tests"><testsuite name="S" errors="0" failures="0" skipped="0" tests="3">'
                f"{CASE}</testsuite></testsuites>"
            ),
            {"passed": True, "cases": 1, "score": 1.0},
        ),
        (  # Surefire, and cargo-nextest
            (
                '<testsuite name="S" tests="3" errors="0" skipped="0" failures="0" flakes="1"><testcase name="a">'
                '<flakyFailure message="m"><stackTrace/><system-out/></flakyFailure><flakyError/></testcase>'
                f"{CASE}</testsuite>"
            ),
            {"passed": True, "cases": 2, "score": 1.0, "flaky": 1, "reruns": 2},
        ),
        (
            _one('<testcase name="a"><failure/><rerunFailure/><rerunFailure/></testcase>'),
            {"passed": False, "cases": 1, "score": 0.0, "reruns": 2},
        ),
        (  # Catch2 counts assertions
            (
                '<testsuites><testsuite name="S" errors="0" failures="0" skipped="0" tests="41" hostname="tbd">'
                '<properties/><testcase classname="S.global" name="a" status="run"/><system-out/></testsuite></testsuites>'
            ),
            {"passed": True, "cases": 1, "score": 1.0},
        ),
        (  # Behat
            (
                '<testsuites name="default"><testsuite name="S" tests="3" skipped="0" failures="0" errors="0" time="0.1">'
                '<testcase name="a" status="passed"/><testcase name="b" status="passed"/></testsuite></testsuites>'
            ),
            {"passed": True, "cases": 2, "score": 1.0},
        ),
        (  # gtest
            (
                '<testsuites tests="3" failures="0" disabled="1" errors="0"><testsuite name="S" tests="3" failures="0"'
                ' disabled="1" skipped="0" errors="0"><testcase name="a" status="run" result="completed"/>'
                '<testcase name="b" status="run" result="skipped"><skipped message="x"/></testcase>'
                '<testcase name="c" status="notrun" result="suppressed"/></testsuite></testsuites>'
            ),
            {"passed": True, "cases": 1, "score": 1.0},
        ),
    ],
    ids=["pytest", "surefire", "surefire failed", "Catch2", "Behat", "gtest"],
)
@pytest.mark.parametrize("suite", [None, "S"])
def test_what_good_runners_write_is_read(text: str, expected: dict[str, Any], suite: str | None) -> None:
    """A header may count more than there are cases, where its failures and errors account for them."""
    assert _read(text, suite) == expected


def test_a_case_counts_once_however_suites_are_nested() -> None:
    """Four cases, one failed."""
    inner = '<testsuite name="i"><testcase name="a"/><testcase name="b"><failure/></testcase></testsuite>'
    text = f'<testsuites><testsuite name="o">{CASE}{CASE}{inner}</testsuite></testsuites>'

    assert _read(text, "All") == {"passed": False, "cases": 4, "score": 0.75}
    assert [(s["name"], s["cases"]) for s in _suites(text)] == [("o", 4), ("i", 2)]
    same = text.replace('name="i"', 'name="o"')
    assert [(s["name"], s["cases"]) for s in _suites(same)] == [("o", 4)]


def test_of_several_times_the_oldest_counts_by_the_clock() -> None:
    """And not by its letters; that of what stands above a suite is the suite's too."""
    one = f'<testsuite name="S" timestamp="2026-11-20T01:00:00-12:00">{CASE}</testsuite>'
    two = f'<testsuite name="S" timestamp="2026-11-20T02:00:00+14:00">{CASE}</testsuite>'
    above = f'<testsuites timestamp="2026-11-18T02:00:00Z">{one}</testsuites>'

    assert _suites(f"<testsuites>{one}{two}</testsuites>")[0]["ran_at"] == "2026-11-20T02:00:00+14:00"
    assert _suites(above)[0]["ran_at"] == "2026-11-18T02:00:00Z"


GOOD = '<testsuite name="Süd"><testcase name="a"/></testsuite>'


@pytest.mark.parametrize(
    "data",
    [
        GOOD.encode(),
        GOOD.encode("utf-8-sig"),
        GOOD.encode("utf-16"),
        b"\xfe\xff" + GOOD.encode("utf-16-be"),
        f'<?xml version="1.0" encoding="UTF-16"?>{GOOD}'.encode("utf-16"),
        f'<?xml version="1.0" encoding="utf-8"?>{GOOD}'.encode("utf-16"),
        f'<?xml version="1.0" encoding="ISO-8859-1"?>{GOOD}'.encode("latin-1"),
        f'<?xml version="1.0" encoding="windows-1252"?>{GOOD}'.encode("cp1252"),
    ],
)
def test_a_report_is_read_in_the_encoding_that_it_is_in(data: bytes) -> None:
    """That of its byte order mark, else the declared one, else UTF-8."""
    assert _suites(data) == [{"name": "Süd", "passed": True, "cases": 1, "score": 1.0}]


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
DOCUMENT_TYPES = {
    "entities of entities": f'[<!ENTITY l0 "ha">{LAUGHS}]',
    "one long entity, used often": f'[<!ENTITY l11 "{"a" * 100_000}">]',
    "a file of this machine": '[<!ENTITY l11 SYSTEM "{file}">]',
    "a file as a part of the type": '[<!ENTITY % p SYSTEM "{file}"> %p;]',
    "a type that stands elsewhere": 'SYSTEM "{file}"',
    "a public type that stands elsewhere": 'PUBLIC "-//x" "{file}"',
    "a type of nothing": "[]",
}


@pytest.mark.parametrize("case", DOCUMENT_TYPES)
def test_no_entity_is_ever_replaced(case: str, tmp_path: Path) -> None:
    """The document type is refused as such: neither a growing text nor another file's comes of it, and no element is told of."""
    (tmp_path / "file").write_text('<!ENTITY l11 "read">', encoding="ascii")
    kind = DOCUMENT_TYPES[case].replace("{file}", (tmp_path / "file").as_uri())
    told: list[str] = []

    with pytest.raises(InvalidError, match=r"^a document type has no place in a test report$"):
        markup.walk(
            f"<!DOCTYPE x {kind}><x>{'&l11;' * 1000}</x>".encode(), lambda name, _: told.append(name), lambda: None
        )

    assert told == []


def test_entities_that_every_document_has_are_read() -> None:
    """The five of XML itself and numbers of characters, which declare nothing."""
    told: list[object] = []

    markup.walk(b"<x a='&lt;&amp;&gt;&quot;&apos;&#65;&#x42;'/>", lambda *each: told.append(each), lambda: None)

    assert told == [("x", {"a": "<&>\"'AB"})]


def test_no_encoding_hides_a_document_type() -> None:
    """UTF-16, or one that few know."""
    text = f'<!DOCTYPE x [<!ENTITY e "y">]><testsuite name="S">{CASE}</testsuite>'

    for data in (text.encode(), text.encode("utf-16"), f'<?xml version="1.0" encoding="latin1"?>{text}'.encode()):
        with pytest.raises(ValueError, match=r"a document type has no place in a test report"):
            _suites(data)
    for encoding in ("cp037", "utf-7", "rot13", "x" * 60):
        with pytest.raises(ValueError, match=r"no XML"):
            _suites(f'<?xml version="1.0" encoding="{encoding}"?>{GOOD}'.encode("ascii", "ignore"))


def test_a_report_is_read_in_time_that_grows_with_its_length_alone() -> None:
    """However its suites are nested: 300 kB of nothing but suites, and what is outside in."""
    deep = 6_000
    texts = [
        '<testsuite name="S">' * deep + CASE + "</testsuite>" * deep,
        '<testsuite name="S" tests="1" failures="0">' * deep + CASE + "</testsuite>" * deep,
        f'<testsuite name="S">{CASE}' * deep + "</testsuite>" * deep,
        "".join(f'<testsuite name="{n}">{CASE}' for n in range(deep)) + "</testsuite>" * deep,
        '<testsuite name="S">' + "<x>" * deep + CASE + "</x>" * deep + "</testsuite>",
    ]
    begin = time.process_time()
    for text in texts:
        _suites(text)
    assert time.process_time() - begin < 5
