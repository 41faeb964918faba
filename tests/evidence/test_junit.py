"""JUnit reports that look better than their runs were."""

from __future__ import annotations

import pytest

from letpass.evidence import junit
from letpass.evidence.interface import Asked

CASE = '<testcase name="a"/>'


def _read(text: str, suite: str | None = None) -> dict[str, object]:
    (found,) = junit.read(text.encode(), Asked(suite=suite))["suites"]
    return {k: found[k] for k in ("passed", "cases", "score") if k in found}


@pytest.mark.parametrize(
    "case",
    [
        '<testcase name="a" status="notrun" result="suppressed"/>',
        '<testcase name="a" status="disabled"/>',
        '<testcase name="a"><skipped/></testcase>',
    ],
)
def test_a_case_that_did_not_run_is_none(case: str) -> None:
    """A suite of such cases has not passed."""
    assert _read(f'<testsuite name="S">{case}</testsuite>') == {"passed": False, "cases": 0}


@pytest.mark.parametrize(
    "text",
    [
        f'<testsuite name="S"><error/>{CASE}</testsuite>',
        f'<testsuite name="S" errors="1">{CASE}</testsuite>',
        '<testsuite name="S"><testcase name="a"><failure xmlns="urn:x"/></testcase></testsuite>',
        '<s:testsuite xmlns:s="urn:j" name="S"><s:testcase name="a"><s:error/></s:testcase></s:testsuite>',
    ],
)
def test_what_broke_beside_or_in_a_case_is_a_failure(text: str) -> None:
    """In whatever namespace, and where a fixture broke."""
    assert _read(text)["passed"] is False


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f'<testsuite name="S" tests="9">{CASE}</testsuite>', "`S` counts 9 cases and shows 1"),
        (
            f'<testsuites failures="3"><testsuite name="S">{CASE}</testsuite></testsuites>',
            "counts 3 failures and shows 0",
        ),
        ('<testsuite name="S" tests="x"/>', "`tests` of a suite is no number: `x`"),
    ],
)
def test_a_report_that_counts_more_than_it_shows_is_refused(text: str, why: str) -> None:
    """It was cut off, or tells only a part."""
    with pytest.raises(ValueError, match=why):
        _read(text)


def test_a_case_counts_once_however_suites_are_nested() -> None:
    """Four cases, one failed."""
    inner = '<testsuite name="i"><testcase name="a"/><testcase name="b"><failure/></testcase></testsuite>'
    text = f'<testsuites><testsuite name="o">{CASE}{CASE}{inner}</testsuite></testsuites>'

    assert _read(text, "All") == {"passed": False, "cases": 4, "score": 0.75}


def test_of_several_times_the_oldest_counts_by_the_clock() -> None:
    """And not by its letters."""
    one = f'<testsuite name="S" timestamp="2026-11-20T01:00:00-12:00">{CASE}</testsuite>'
    two = f'<testsuite name="S" timestamp="2026-11-20T02:00:00+14:00">{CASE}</testsuite>'

    (found,) = junit.read(f"<testsuites>{one}{two}</testsuites>".encode(), Asked())["suites"]

    assert found["ran_at"] == "2026-11-20T02:00:00+14:00"


def test_no_encoding_hides_a_document_type() -> None:
    """UTF-16, or one that few know."""
    text = f'<!DOCTYPE x [<!ENTITY e "y">]><testsuite name="S">{CASE}</testsuite>'

    for data in (text.encode(), text.encode("utf-16"), f'<?xml version="1.0" encoding="cp037"?>{text}'.encode()):
        with pytest.raises(ValueError, match=r"document type|UTF-8"):
            junit.read(data, Asked())
