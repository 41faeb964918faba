"""JUnit XML, as test runners write it: the suites of a run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

from letpass.diagnostics import InvalidError
from letpass.evidence import sources
from letpass.evidence.interface import Asked, Part

BROKEN = frozenset({"failure", "error"})
# gtest writes the cases that it was told to leave out as if they were there
_LEFT_OUT = frozenset({"notrun", "skipped", "disabled", "suppressed"})
_ENCODING = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")


def read(data: bytes, asked: Asked) -> Part:
    """The suites in a JUnit file; asked: `suite`, all of it is one suite of that name; `ran_at`, whatever it says.

    A case that was skipped, or that a runner only lists, did not run.  Raises `InvalidError` for what is no JUnit XML, declares
    a document type, or counts more cases than it shows.
    """
    _plain(data)
    try:
        root = ET.fromstring(data)  # noqa: S314 - without a document type there are no entities to expand
    except ET.ParseError as error:
        raise InvalidError(f"no XML: {error}") from None
    if _name(root) not in {"testsuites", "testsuite"} or not any(_name(e) == "testsuite" for e in root.iter()):
        raise InvalidError("no test suite in it")
    for element in root.iter():
        if _name(element) in {"testsuite", "testsuites"}:
            _counted(element)
    groups: dict[str, list[ET.Element]] = {}
    if asked.suite:
        groups[asked.suite] = [root]
    else:
        for element in _suites(root):
            groups.setdefault(element.get("name") or "", []).append(element)
    if "" in groups:
        raise InvalidError("a suite without a name; give one with --suite")
    return {"suites": [_suite(title, elements, asked.ran_at) for title, elements in groups.items()]}


def _plain(data: bytes) -> None:
    """Raise `InvalidError` for a document type, and for an encoding in which one could hide."""
    declared = _ENCODING.search(data[:400])
    if b"\0" in data or data[:2] in {b"\xff\xfe", b"\xfe\xff"} or (
        declared is not None and declared[1].lower() not in {b"utf-8", b"us-ascii", b"ascii", b"iso-8859-1"}
    ):  # fmt: skip
        raise InvalidError("it is not in UTF-8")
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise InvalidError("a document type has no place in a test report")


def _name(element: ET.Element) -> str:
    """An element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def _suites(root: ET.Element) -> Iterator[ET.Element]:
    """The suites that hold cases of their own, or nothing at all; not those that only hold other suites."""
    for element in root.iter():
        if _name(element) == "testsuite":
            inside = {_name(child) for child in element}
            if "testcase" in inside or "testsuite" not in inside:
                yield element


def _counted(element: ET.Element) -> None:
    """Raise `InvalidError` where a suite counts more cases than it shows: the report was cut off, or tells only some."""
    shown = sum(_name(e) == "testcase" for e in element.iter())
    if (said := _count(element, "tests")) > shown:
        raise InvalidError(f"`{element.get('name') or 'a suite'}` counts {said} cases and shows {shown}")
    holds = [e for e in element if _name(e) == "testsuite"]
    if holds and not any(_name(e) == "testcase" for e in element):
        broken = _count(element, "failures") + _count(element, "errors")
        inside = sum(max(_count(e, "failures") + _count(e, "errors"), _failing(e)) for e in holds)
        if broken > inside:
            raise InvalidError(f"`{element.get('name') or 'the report'}` counts {broken} failures and shows {inside}")


def _failing(element: ET.Element) -> int:
    return sum(_name(e) == "testcase" and any(_name(child) in BROKEN for child in e) for e in element.iter())


def _suite(name: str, elements: list[ET.Element], ran_at: str | None) -> dict[str, Any]:
    cases = dict.fromkeys(c for e in elements for c in e.iter() if _name(c) == "testcase")
    ran = [c for c in cases if _ran(c)]
    failed = [c for c in ran if any(_name(child) in BROKEN for child in c)]
    suite: dict[str, Any] = {"name": name, "passed": not failed and not any(map(_broken, elements)), "cases": len(ran)}
    suite["passed"] = suite["passed"] and bool(ran)
    if ran:
        suite["score"] = (len(ran) - len(failed)) / len(ran)
    times = [ran_at] if ran_at else [t for e in elements for x in e.iter() if (t := x.get("timestamp"))]
    if times:
        suite["ran_at"] = sources.oldest(times)
    return suite


def _ran(case: ET.Element) -> bool:
    words = {case.get("status", "").lower(), case.get("result", "").lower()}
    return not words & _LEFT_OUT and not any(_name(child) == "skipped" for child in case)


def _broken(element: ET.Element) -> bool:
    """Does a suite, or one inside it, say that something broke beside its cases, such as a fixture."""
    suites = [e for e in element.iter() if _name(e) in {"testsuite", "testsuites"}]
    return any(
        any(_name(child) in BROKEN for child in e) or _count(e, "failures") + _count(e, "errors") for e in suites
    )


def _count(element: ET.Element, name: str) -> int:
    text = element.get(name) or "0"
    if not text.isascii() or not text.isdigit():
        raise InvalidError(f"`{name}` of a suite is no number: `{text[:30]}`")
    return int(text)
