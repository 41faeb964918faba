"""One file is read in one way: whatever options name it, and whether it is recorded or signed, it comes to the same."""

from __future__ import annotations

import base64
import json
import re
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Call, write
from tests.cli.conftest import _call as _call
from tests.cli.conftest import _office as _office
from tests.cli.conftest import _office_once as _office_once
from tests.evidence.reading import read
from tests.evidence.test_junit import BROKEN, CASE, UNREAD

NAME = "Fairness Check"
HEAD = f'<testsuite name="{NAME}" timestamp="2026-11-20T10:00:00Z" '
ENDS = {
    "passed": f"{HEAD} tests='1'>{CASE}</testsuite>",
    "failed": f"{HEAD} tests='1' failures='1'>{CASE}</testsuite>",
    "skipped": f"{HEAD} tests='1' skipped='1'>{CASE}</testsuite>",
    "flaky": f"{HEAD}><testcase name='a'><flakyFailure/></testcase></testsuite>",
    "unread": f"{HEAD}><testcase name='a'><odd/></testcase></testsuite>",
    "outside": f"<testsuites>{HEAD}>{CASE}</testsuite><testcase name='b'><error/></testcase></testsuites>",
    "refused": f"{HEAD} tests='9'>{CASE}</testsuite>",
}
OPTIONS = tuple(product((None, NAME), (None, "junit"), (None, "2026-11-20T10:00:00Z"), ("add", "attest")))


def _verdict(
    call: Call, folder: Path, name: str, suite: str | None, form: str | None, at: str | None, how: str
) -> dict[str, Any]:
    """What comes into the record, or into the statement."""
    options = [
        x for key, value in (("--suite", suite), ("--from", form), ("--ran-at", at)) if value for x in (key, value)
    ]
    if how == "add":
        before = (folder / "models/fraud/4.yaml").read_text()
        code, _, err = call("evidence", "add", "fraud@4", name, *options)
        after = (folder / "models/fraud/4.yaml").read_text()
        write(folder / "models/fraud/4.yaml", before)
        return {"code": code, "said": _plain(after[len(before) :]), "why": _why(err)}
    code, out, err = call("attest", "models/fraud/4.yaml", name, "--key", "ci.pem", *options)
    if code:
        return {"code": code, "said": {}, "why": _why(err)}
    written = folder / re.findall(r"wrote (\S+)", out + err)[0]
    payload = json.loads(base64.b64decode(json.loads(written.read_bytes())["payload"]))
    (suite_,) = payload["predicate"]["facts"]["suites"]
    written.unlink()
    return {"code": code, "said": {k: str(v).lower() for k, v in suite_.items()}, "why": ""}


def _plain(yaml: str) -> dict[str, str]:
    """The fields of the one suite that was added."""
    fields = re.findall(r"^[ -]+(\w+): (.+)$", yaml, re.MULTILINE)
    return {key: value.strip("'").replace("''", "'").lower() for key, value in fields}


def _why(err: str) -> str:
    return err.partition("\n")[0].partition("no evidence: ")[2]


@pytest.mark.parametrize("name", ENDS)
def test_a_file_comes_to_the_same_whatever_is_said_beside_it(call: Call, office: Path, name: str) -> None:
    """With a suite's name or without, by its ending or its format, recorded or signed."""
    write(office / "r.xml", ENDS[name])
    found = [_verdict(call, office, "r.xml", *options) for options in OPTIONS]

    assert [each for each in found if each["code"] != found[0]["code"] or each["why"] != found[0]["why"]] == []
    said = [{k: each["said"].get(k) for k in ("name", "passed", "cases", "unread", "flaky")} for each in found]
    expected = {
        "passed": {"passed": "true", "cases": "1"},
        "failed": {"passed": "false", "cases": "1"},
        "skipped": {"passed": "false", "cases": "0"},
        "flaky": {"passed": "true", "cases": "1", "flaky": "1"},
        "unread": {"cases": "1", "unread": "case `a`: it holds `odd`"},
        "outside": {"passed": "false"},
        "refused": {"name": None},
    }[name]
    if name == "outside":  # the caller's suite is all of the file, and has the case that is in no suite of its own
        assert {each.pop("cases") for each in said} == {"1", "2"}
        said = [{**each, "cases": None} for each in said]
    empty: dict[str, Any] = dict.fromkeys(("name", "passed", "cases", "unread", "flaky"))
    assert said == [{**empty, "name": NAME.lower(), **expected}] * len(OPTIONS)


@pytest.mark.parametrize("inside", [*BROKEN.values(), *[case for case, _ in UNREAD.values()]])
def test_a_suite_by_its_own_name_and_by_the_callers_is_the_same(inside: str) -> None:
    """Field by field, however it failed."""
    text = f'<testsuite name="S">{inside}</testsuite>'
    whole, named = read("junit", text)["suites"][0], read("junit", text, suite="S")["suites"][0]
    assert (whole["name"], whole.get("passed"), "unread" in whole) == (
        named["name"],
        named.get("passed"),
        "unread" in named,
    )
