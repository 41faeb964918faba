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
from letpass.evidence import content, detecting, lines, lmsamples, outcomes, prometheus
from letpass.evidence.interface import Asked, Part, reader
from letpass.evidence.sources import Content
from letpass.facts.artifact import Files
from letpass.facts.attested import fragment
from letpass.facts.schema import SEVERITIES
from letpass.frozen import replace
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
    asked = replace(ASKED, suite="S") if name == "evidently" else ASKED

    files()

    def enter(data: bytes, random: Random) -> str:
        found = read(data, asked)
        canonical(found)
        try:
            shown = fragment("file", found, "service")
        except LetpassError as error:
            raise BrokenError(f"gives a part that is none: {error}") from None
        if read(data, asked) != found:
            raise BrokenError("reads the same in two ways")
        if worse is not None and (bad := worse(data, random)) is not None:
            try:
                after = read(bad, asked)
            except InvalidError:
                return f"{_shape(found)} refused with more"
            if why := _better(found, after) or (name in WHOLE and _stays(found, after)):
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
    rates = [_numbers(part) for part in (before, after)]
    for rate in rates[1].keys() & rates[0].keys():
        if rate.endswith("/success_rate") and rates[1][rate] > rates[0][rate]:
            return f"`{rate}` is {rates[1][rate]} with a failure more, and {rates[0][rate]} before"
    if "scans" in after:
        one, two = (_severities(p.get("scans", ())) for p in (before, after))
        if two.total() <= one.total():
            return f"{two.total()} findings with one more, and {one.total()} before"
        for n in range(len(SEVERITIES)):
            if sum(one[s] for s in SEVERITIES[n:]) > sum(two[s] for s in SEVERITIES[n:]):
                return f"the severities are {dict(two)} with a finding more, and {dict(one)} before"
    return ""


def _numbers(part: Part) -> dict[str, float]:
    """The metrics that are numbers."""
    metrics = part.get("metrics") or {}
    return {name: piece["value"] for name, piece in metrics.items() if not isinstance(piece["value"], str)}


def _stays(before: Part, after: Part) -> str:
    """Why a run that left cases out counts as before; nothing where it does not."""
    one, two = _numbers(before), _numbers(after)
    if new := sorted(two.keys() - one.keys()):
        return f"`{new[0]}` is a number with cases left out"
    return (
        f"{len(two)} metrics are numbers with cases left out, and {len(one)} before"
        if one and len(two) >= len(one)
        else ""
    )


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


def _of_inspect(data: bytes, random: Random) -> bytes | None:
    """Cases that were not completed or not scored, or a run that did not end well."""
    if data[:2] == b"PK":
        return None
    log = mutate.plain(data)
    results = log["results"]
    if random.random() < 0.3:
        log["status"] = random.choice(("cancelled", "error", "started"))
    elif random.random() < 0.5:
        results["completed_samples"] = results["total_samples"] - 1
    else:
        for score in results["scores"]:
            score["scored_samples"] = 0
    return json.dumps(log).encode()


def _of_lm_eval(data: bytes, random: Random) -> bytes | None:
    """A limit on the cases of every task."""
    results = mutate.plain(data)
    for counts in results["n-samples"].values():
        counts["original"] = counts["effective"] + 1
    return json.dumps(results).encode()


def _of_garak(data: bytes, random: Random) -> bytes | None:
    """Answers that nobody could judge, or a run that was cut off."""
    parts = data.decode("utf-8-sig").split("\n")
    lines = [json.loads(line) for line in parts if line and not line.isspace()]
    cut = random.random() < 0.3
    for line in lines:
        if line.get("entry_type") == "eval":
            line["nones"] = 1
    return b"\n".join(
        json.dumps(line).encode() for line in lines if not (cut and line.get("entry_type") == "completion")
    )


def _of_promptfoo(data: bytes, random: Random) -> bytes | None:
    """A test more of the first prompt, which failed or ended in an error."""
    file = mutate.plain(data)
    reason = random.choice((1, 2))
    file["results"]["results"].append(
        {
            "promptIdx": 0,
            "success": False,
            "failureReason": reason,
            "testCase": {"vars": {"x": "new"}, "assert": [{"type": "equals"}]},
        }
    )
    file["results"]["stats"]["failures" if reason == 1 else "errors"] += 1
    return json.dumps(file).encode() if len(file["results"]["prompts"]) == 1 else None


def _of_validation(data: bytes, random: Random) -> bytes | None:
    """An expectation more that was not met or raised; whether the tool says so on top is its own."""
    file = mutate.plain(data)
    info = random.choice(({"raised_exception": False}, {"raised_exception": True}, {"a": {"raised_exception": True}}))
    file["results"].append({"success": False, "result": {"element_count": 4}, "exception_info": info})
    file["statistics"]["evaluated_expectations"] += 1
    return json.dumps(file).encode()


def _of_report(data: bytes, random: Random) -> bytes | None:
    """A test more that failed or did not end."""
    file = mutate.plain(data)
    file["tests"].append({"name": "new", "status": random.choice(("FAIL", "WARNING", "ERROR"))})
    return json.dumps(file).encode()


WHOLE = frozenset({"garak", "inspect", "lm-eval"})
"""Formats of which worse news are cases that were left out."""
WORSE: dict[str, Callable[[bytes, Random], bytes | None]] = {
    "evidently": _of_report,
    "garak": _of_garak,
    "great-expectations": _of_validation,
    "inspect": _of_inspect,
    "junit": _of_junit,
    "lm-eval": _of_lm_eval,
    "modelscan": _of_modelscan,
    "promptfoo": _of_promptfoo,
    "sarif": _of_sarif,
    "test-result": _of_test_result,
    "clamav": _of_text("new/file.pkl: Some.Signature FOUND\n", "Infected files"),
    "picklescan": _of_text("new/file.pkl: dangerous import 'os system' FOUND\n", "Dangerous globals"),
}


# ---------------------------------------------------------------- what a file is, samples, answers


def looked_at(data: bytes, random: Random) -> str:
    """A file whose format is told: the same whatever it is called, where its content has a mark."""
    content_ = Content(data)
    marks = sorted(mark.name for mark in detecting.marks(content_))
    try:
        found = detecting.chosen(random.choice(("a.json", "a.txt", "a.jsonl", "a.eval")), content_)
    except InvalidError as error:
        return f"{marks} {str(error)[:20]}"
    if marks and found not in marks:
        raise BrokenError(f"is taken for {found}, and looks like {marks}")
    return f"{marks} {found}"


def samples(data: bytes, _: Random) -> str:
    """Samples of lm-eval: each case once, and an outcome for each where there are some."""
    cases, _hash = lmsamples.of(lines.read(data), "samples")
    told = []
    for key in cases.values:
        right = cases.right(key)
        told.append(right is not None)
        if right is not None:
            found = outcomes.of(right, cases.contents)
            piece = {"value": 0.5, "samples": len(right), "successes": sum(right.values()), "outcomes": found}
            (read_,) = fragment("f", {"metrics": {"m": piece}}, "s").measures["metrics", "m"]
            if "@bad" in read_["outcomes"]:
                raise BrokenError(f"gives outcomes that no record reads: {found}")
    return f"{told[:3]} {min(len(cases.contents), 3)}"


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
