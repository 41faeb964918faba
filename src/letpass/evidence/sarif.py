"""SARIF 2.1.0 logs: one scan for each tool, whatever it calls itself in `driver.name`.

A result that is suppressed stays a finding: the tool's leave to ignore it is not a waiver that somebody signed.
"""

from __future__ import annotations

from typing import Any

from letpass.diagnostics import InvalidError
from letpass.evidence import sources
from letpass.evidence.interface import Asked, Part
from letpass.evidence.sarifrules import Rules
from letpass.facts.values import written

_NO_PROBLEM = frozenset({"pass", "notApplicable"})
_KINDS = frozenset({"fail", "open", "review", "informational"}) | _NO_PROBLEM
_BROKEN_OFF = ("exitSignalName", "exitSignalNumber", "processStartFailureMessage")
_NEEDED = frozenset({"results", "invocations", "driver", "extensions"})
Run = dict[str, Any]


def read(data: bytes, asked: Asked) -> Part:
    """The scans in a log, the runs of one tool as one scan.

    asked: `ran_at` and `scanned`, which count where the log does not tell them.  Raises `InvalidError` for what is no SARIF
    2.1.0, for results that lie in other files, and for levels that nobody can rank.
    """
    log = sources.json_mapping(data)
    if log.get("version") != "2.1.0":
        raise InvalidError(f"no SARIF 2.1.0: its `version` is {written(log.get('version'))}")
    if log.get("inlineExternalProperties"):
        raise InvalidError("a part of its runs lies in `inlineExternalProperties`")
    tools: dict[str, list[Run]] = {}
    for run in sources.mappings(log.get("runs"), "`runs`"):
        name = sources.word(_driver(run), "name")
        if name is None:
            raise InvalidError("a run whose `driver` has no `name`")
        tools.setdefault(name, []).append(run)
    if not tools:
        raise InvalidError("no run in it")
    return {"scans": [_scan(asked, tool, runs) for tool, runs in tools.items()]}


def _driver(run: Run) -> dict[str, Any]:
    return sources.mapping(sources.mapping(run.get("tool"), "`tool`").get("driver"), "`driver`")


def _scan(asked: Asked, tool: str, runs: list[Run]) -> dict[str, Any]:
    ends = [end for run in runs for each in _invocations(run) if (end := sources.word(each, "endTimeUtc"))]
    versions = {sources.word(d, "semanticVersion") or sources.word(d, "version") for d in map(_driver, runs)}
    ended = [_ended(run) for run in runs]
    completed = {whole for whole, _ in ended}
    files = [_looked_at(run) for run in runs]
    return sources.scan(
        asked,
        tool,
        sources.oldest([_microseconds(end) for end in ends]),
        version=versions.pop() if len(versions) == 1 else None,
        completed=False if False in completed else None if None in completed else True,
        scanned=asked.scanned if None in files else sum(f for f in files if f is not None),
        findings=[found for run in runs for found in _findings(run)],
        unread=sources.listed([text for _, told in ended for text in told]),
    )


def _microseconds(time: str) -> str:
    """A time without the digits that no record holds; SARIF allows any number of them."""
    head, dot, fraction = time.partition(".")
    return f"{head}.{fraction[:-1][:6]}Z" if dot and fraction.endswith("Z") else time


def _invocations(run: Run) -> list[dict[str, Any]]:
    return sources.mappings(run.get("invocations", []), "`invocations`")


def _ended(run: Run) -> tuple[bool | None, list[str]]:
    """Was it whole, None where nothing is said; and what it says that it did not look at.

    A run without `results` has not looked (3.14.23).  A notification of an error, or of a warning, which one without a level is
    (3.58.6), tells of something that was not analysed as it should; so does a result of the kind `open` (3.27.9), and a
    conversion (3.22.3) that failed has brought over a part.
    """
    conversion = sources.mapping(run.get("conversion", {}), "`conversion`")
    converted = [sources.mapping(conversion["invocation"], "`invocation`")] if "invocation" in conversion else []
    invocations = [*converted, *_invocations(run)]
    said = [each.get("executionSuccessful") for each in invocations]
    if not all(end is None or isinstance(end, bool) for end in said):
        raise InvalidError("`executionSuccessful` is not true or false")
    ends = said[len(converted) :]
    told = [
        sources.word(sources.mapping(notice.get("message", {}), "`message`"), "text") or "a notification without a text"
        for each in invocations
        for kind in ("toolExecutionNotifications", "toolConfigurationNotifications")
        for notice in sources.mappings(each.get(kind, []), f"`{kind}`")
        if notice.get("level", "warning") not in ("none", "note")
    ]
    told += [f"`{key}`" for each in invocations for key in _BROKEN_OFF if each.get(key)]
    told += [
        "it could not decide on a result"
        for result in sources.mappings(run.get("results") or [], "`results`")
        if result.get("kind") == "open"
    ]
    if run.get("results") is None or False in said or told:
        return False, told
    return (True if ends and None not in ends else None), told


def _looked_at(run: Run) -> int | None:
    """How many files it says that it looked at; None where it does not say."""
    artifacts = sources.mappings(run.get("artifacts", []), "`artifacts`")
    roles = [r if isinstance(r := each.get("roles"), list) else [] for each in artifacts]
    if targets := sum("analysisTarget" in each for each in roles):
        return targets
    if artifacts and not any(roles):
        return len(artifacts)
    properties = run.get("properties")
    metrics = properties.get("metrics") if isinstance(properties, dict) else None
    if isinstance(metrics, dict) and "_totals" in metrics:  # Bandit counts what it looked at here, file by file
        return len(metrics) - 1
    return None


def _findings(run: Run) -> list[dict[str, Any]]:
    elsewhere = run.get("externalPropertyFileReferences", {})
    if held := sorted(_NEEDED & sources.mapping(elsewhere, "`externalPropertyFileReferences`").keys()):
        raise InvalidError(f"its {held[0]} lie in other files")
    rules = Rules(run)
    found = []
    for result in sources.mappings(run.get("results") or [], "`results`"):
        kind = result.get("kind", "fail")
        if not isinstance(kind, str) or kind not in _KINDS:
            raise InvalidError(f"the kind of a result is {written(kind)}, which SARIF does not have")
        # a level beside a kind that has none (3.27.10) says otherwise, and counts
        no_problem = kind in _NO_PROBLEM and result.get("level", "none") == "none"
        if no_problem or result.get("baselineState") == "absent":
            continue
        message = sources.mapping(result.get("message", {}), "`message`")
        said = {
            "id": rules.id(result),
            "severity": rules.severity(result, kind),
            "title": sources.word(message, "text") or rules.name(result),
            "component": _component(run, result),
        }
        found.append({k: v for k, v in said.items() if v is not None})
    return found


def _component(run: Run, result: dict[str, Any]) -> str | None:
    """The file of the first place that a result names, else the name of what is not a file there."""
    for place in sources.mappings(result.get("locations", []), "`locations`")[:1]:
        location = sources.mapping(place.get("physicalLocation", {}), "`physicalLocation`").get("artifactLocation")
        if isinstance(location, dict):
            artifacts, index = run.get("artifacts", []), location.get("index")
            if "uri" not in location and type(index) is int and 0 <= index < len(artifacts):
                location = artifacts[index].get("location", {})
            return sources.word(sources.mapping(location, "`location`"), "uri")
        for logical in sources.mappings(place.get("logicalLocations", []), "`logicalLocations`")[:1]:
            return sources.word(logical, "fullyQualifiedName") or sources.word(logical, "name")
    return None
