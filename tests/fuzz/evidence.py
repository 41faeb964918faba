"""Readers of evidence: whatever speaks against a model is added, nothing reads better than before."""

from __future__ import annotations

import atexit
import hashlib
import io
import json
import pickle
import pickletools
import re
import shutil
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from letpass.canonical import canonical
from letpass.diagnostics import InvalidError, LetpassError
from letpass.evidence import content, prometheus
from letpass.evidence.interface import Asked, Part, reader
from letpass.facts.artifact import Files
from letpass.facts.attested import fragment
from letpass.facts.schema import SEVERITIES
from tests.fuzz import mutate
from tests.fuzz.watch import BrokenError, Enter

FILES = {"README.md": b"plain text\n", "model.bin": b"\x80\x04K\x01.", "model.pkl": b"cos\ngetcwd\n(tR."}
"""The files of the model that scans have looked at."""


@cache
def files() -> Files:
    """They, at hand."""
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    atexit.register(shutil.rmtree, folder)
    for name, data in FILES.items():
        (folder / name).write_bytes(data)
    return Files(folder, {n: hashlib.sha256(d).hexdigest() for n, d in FILES.items()}, ())


ASKED = Asked(ran_at="2026-11-25T00:00:00Z", data_set="h", files=lambda: files())
_ATTRIBUTES = r"""(?:\s[\w:.-]{1,50}=(?:"[^"<>]*"|'[^'<>]*'))*"""
FAILURES = ("<failure/>", '<error message="m"/>', "<failure><![CDATA[x]]></failure>", "<ns:failure xmlns:ns='u'/>")


def of_format(name: str) -> Enter:
    """The door of a reader.  What it gives is a part of a record and can be signed; with worse news it is not better."""
    read, worse = reader(name), WORSE.get(name)

    files()

    def enter(data: bytes, random: Random) -> str:
        found = read(data, ASKED)
        canonical(found)
        try:
            shown = fragment("file", found, "service")
        except LetpassError as error:
            raise BrokenError(f"gives a part that is none: {error}") from None
        if read(data, ASKED) != found:
            raise BrokenError("reads the same in two ways")
        if worse is not None and (bad := worse(data, random)) is not None:
            try:
                after = read(bad, ASKED)
            except InvalidError:
                return f"{_shape(found)} refused with more"
            if why := _better(found, after):
                raise BrokenError(f"{why}: {bad[:3000]!r}")
        return f"{_shape(found)} {sorted(shown.unreadable)[:3]}"

    return enter


def _shape(part: Part) -> str:
    """Which fields it gives, and what they say where that is a truth."""
    told = []
    for section, value in sorted(part.items()):
        pieces = value if isinstance(value, list) else [value]
        keys = sorted({k for p in pieces[:5] if isinstance(p, dict) for k in p})[:8]
        truths = [p.get("passed", p.get("completed")) for p in pieces[:3] if isinstance(p, dict)]
        told.append(f"{section} {min(len(pieces), 3)} {keys} {truths}")
    return "; ".join(told)


# ---------------------------------------------------------------- worse news


def _better(before: Part, after: Part) -> str:
    """Why the second reading, which has worse news, is better than the first; nothing where it is not."""
    suites = after.get("suites", ())
    if suites and all(s.get("passed") is True for s in suites):
        return "all suites have passed with a failure more"
    was = {s["name"]: s.get("passed") for s in before.get("suites", ())}
    for suite in suites:
        if suite.get("passed") is True and was.get(suite["name"], True) is not True:
            return f"the suite `{suite['name']}` passes with a failure more"
    if "scans" in after:
        one, two = (_severities(p.get("scans", ())) for p in (before, after))
        if two.total() <= one.total():
            return f"{two.total()} findings with one more, and {one.total()} before"
        for n in range(len(SEVERITIES)):
            if sum(one[s] for s in SEVERITIES[n:]) > sum(two[s] for s in SEVERITIES[n:]):
                return f"the severities are {dict(two)} with a finding more, and {dict(one)} before"
    return ""


def _severities(scans: Any) -> Counter[str]:
    return Counter(str(f.get("severity", "critical")) for s in scans for f in s.get("findings", ()))


def _of_junit(data: bytes, random: Random) -> bytes | None:
    """A failure more: below a case, as a case of its own in a suite, or in an attribute."""
    text = data.decode("utf-8", "ignore").replace("<![CDATA[", "<![CDATA[\0")
    cases = list(re.finditer(rf"<testcase({_ATTRIBUTES})(/?)>", text))
    suites = [m for m in re.finditer(rf"<testsuite{_ATTRIBUTES}(/?)>", text) if not m[1]]
    if "\0" in text or "<!--" in text or not cases:
        return None  # where elements stand cannot be seen so plainly
    case, failure = random.choice(cases), random.choice(FAILURES)
    if suites and random.random() < 0.3:
        suite = random.choice(suites)
        made = text[: suite.end()] + f"<testcase name='new'>{failure}</testcase>" + text[suite.end() :]
    elif random.random() < 0.4 and not re.search(r"\b(status|result)\b", case[1]):
        made = text[: case.end(1)] + random.choice((" status='failed'", " result='error'")) + text[case.end(1) :]
    elif case[2]:
        made = f"{text[: case.end(1)]}>{failure}</testcase>{text[case.end() :]}"
    else:
        made = text[: case.end()] + failure + text[case.end() :]
    return made.encode()


def _of_modelscan(data: bytes, random: Random) -> bytes | None:
    """An issue more, counted or not."""
    report = mutate.plain(data)
    severity = random.choice(("LOW", "MEDIUM", "HIGH", "CRITICAL"))
    report["issues"].insert(0, {"description": "d", "source": "s", "scanner": "t", "severity": severity})
    if random.random() < 0.8:
        report["summary"]["total_issues"] = len(report["issues"])
        by = report["summary"].get("total_issues_by_severity")
        if isinstance(by, dict):
            name = next((k for k in by if k.lower() == severity.lower()), severity)
            by[name] = sum(i["severity"].lower() == severity.lower() for i in report["issues"])
    return json.dumps(report).encode()


def _of_sarif(data: bytes, random: Random) -> bytes | None:
    """A result more in one of the runs."""
    log = mutate.plain(data)
    run = random.choice(log["runs"])
    results = run.get("results")
    if not isinstance(results, list):
        return None
    level = random.choice(({"level": "error"}, {"level": "warning"}, {"level": "note"}, {}))
    results.insert(random.randrange(len(results) + 1), {"ruleId": "new", "message": {"text": "m"}, **level})
    return json.dumps(log).encode()


def _of_test_result(data: bytes, random: Random) -> bytes | None:
    """A test that failed."""
    value = mutate.plain(data)
    if "predicate" not in value:
        return None
    value["predicate"]["failedTests"] = [*(value["predicate"].get("failedTests") or []), "new"]
    if random.random() < 0.5:
        value["predicate"]["result"] = "FAILED"
    return json.dumps(value).encode()


def _of_text(line: str, count: str) -> Callable[[bytes, Random], bytes | None]:
    """A line that reports a finding, counted or not."""

    def worse(data: bytes, random: Random) -> bytes | None:
        text = data.decode("utf-8-sig")
        number = re.search(rf"(?m)^{count}:\s*(\d+)", text)
        if number is None:
            return None
        if random.random() < 0.8:
            text = text[: number.start(1)] + str(int(number[1]) + 1) + text[number.end(1) :]
        return (line + text).encode()

    return worse


WORSE: dict[str, Callable[[bytes, Random], bytes | None]] = {
    "junit": _of_junit,
    "modelscan": _of_modelscan,
    "sarif": _of_sarif,
    "test-result": _of_test_result,
    "clamav": _of_text("new/file.pkl: Some.Signature FOUND\n", "Infected files"),
    "picklescan": _of_text("new/file.pkl: dangerous import 'os system' FOUND\n", "Dangerous globals"),
}


# ---------------------------------------------------------------- answers and files


def answer(data: bytes, random: Random) -> str:
    """An answer of Prometheus: one value of the whole, and none of a part or with a warning."""
    value = mutate.plain(data)
    found = prometheus._value(value, random.choice(("errors", "errors.samples")))
    for more in ({"warnings": ["w"]}, {"isPartial": True}, {"status": "error"}):
        try:
            prometheus._value({**value, **more}, "errors")
        except InvalidError:
            continue
        raise BrokenError(f"is read with {more}")
    return type(found).__name__


_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)  # what no module of Python's has as its name is none


class _Imports(pickle.Unpickler):
    """Finds nothing, so that nothing runs."""

    def find_class(self, module: str, name: str) -> Any:
        if _NAME.fullmatch(module) and _NAME.fullmatch(name):
            raise _FoundError(f"{module}.{name}")
        raise ImportError


def _grows(data: bytes) -> bool:
    """Would it name a place so far out that the machine of the standard library takes all memory for it."""
    try:
        for operation, argument, _ in pickletools.genops(data):
            if operation.name.endswith("PUT") and int(argument) > 1_000_000:
                return True
    except Exception:  # noqa: BLE001 - it is no pickle from here on
        return False
    return False


class _FoundError(Exception):
    pass


def file(data: bytes, _: Random) -> str:
    """A file of a model's folder: of what is harmless nothing is imported, and it is no archive."""
    seen = content.Seen(data, data[-content._TAIL :], len(data), hashlib.sha256(data).hexdigest())
    kind = content.kind(seen)
    if kind is None:
        return "not harmless"
    if zipfile.is_zipfile(io.BytesIO(data)):
        raise BrokenError(f"an archive is harmless: {kind}")
    if _grows(data):
        return kind
    try:
        _Imports(io.BytesIO(data)).load()
    except _FoundError as error:
        raise BrokenError(f"a pickle that imports {error} is harmless: {kind}") from None
    except Exception:  # noqa: BLE001 - it is no pickle
        return kind
    return f"{kind} that is a pickle"
