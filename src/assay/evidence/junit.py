"""JUnit XML, as test runners write it: the suites of a run."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

from assay.evidence.interface import Asked, Part


def read(data: bytes, asked: Asked) -> Part:
    """The suites in a JUnit file; asked: `suite`, all of it is one suite of that name; `ran_at`, whatever it says.

    A case that was skipped did not run.  Raises ValueError for what is no JUnit XML, or declares entities.
    """
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise ValueError("a document type has no place in a test report")
    try:
        root = ET.fromstring(data)  # noqa: S314 - without a document type there are no entities to expand
    except ET.ParseError as error:
        raise ValueError(f"no XML: {error}") from None
    found = [e for e in root.iter("testsuite") if e.find("testcase") is not None or e.find("testsuite") is None]
    if root.tag not in {"testsuites", "testsuite"} or not found:
        raise ValueError("no test suite in it")
    groups: dict[str, list[ET.Element]] = {}
    for element in found:
        groups.setdefault(asked.suite or element.get("name") or "", []).append(element)
    if "" in groups:
        raise ValueError("a suite without a name; give one with --suite")
    return {"suites": [_suite(title, elements, asked.ran_at) for title, elements in groups.items()]}


def _suite(name: str, elements: list[ET.Element], ran_at: str | None) -> dict[str, Any]:
    ran = [c for e in elements for c in e.iter("testcase") if c.find("skipped") is None]
    failed = [c for c in ran if c.find("failure") is not None or c.find("error") is not None]
    # a suite may count what it shows no case of, such as a fixture that broke
    counted = sum(_count(e, "failures") + _count(e, "errors") for e in elements)
    suite: dict[str, Any] = {"name": name, "passed": not failed and not counted and bool(ran), "cases": len(ran)}
    if ran:
        suite["score"] = (len(ran) - len(failed)) / len(ran)
    times = [ran_at] if ran_at else [t for e in elements if (t := e.get("timestamp"))]
    if times:
        suite["ran_at"] = min(times)
    return suite


def _count(element: ET.Element, name: str) -> int:
    text = element.get(name, "0")
    if not text.isascii() or not text.isdigit():
        raise ValueError(f"`{name}` of a suite is no number: `{text[:30]}`")
    return int(text)
