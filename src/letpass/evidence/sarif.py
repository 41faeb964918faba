"""SARIF 2.1.0 logs: one scan for each tool, whatever it calls itself in `driver.name`.

A result that is suppressed stays a finding: the tool's leave to ignore it is not a waiver that somebody signed.
"""

from __future__ import annotations

from typing import Any

from letpass.diagnostics import InvalidError
from letpass.evidence import sources
from letpass.evidence.interface import Asked, Part
from letpass.facts.values import written

_LEVELS = {"error": "high", "warning": "medium", "note": "low", "none": "info"}
_NO_PROBLEM = frozenset({"pass", "notApplicable"})
_KINDS = frozenset({"fail", "open", "review", "informational"}) | _NO_PROBLEM
Run = dict[str, Any]


def read(data: bytes, asked: Asked) -> Part:
    """The scans in a log, the runs of one tool as one scan.

    asked: `ran_at` and `scanned`, which count where the log does not tell them.  Raises `InvalidError` for what is no SARIF
    2.1.0, for results that lie in other files, and for levels that nobody can rank.
    """
    log = sources.json_mapping(data)
    if log.get("version") != "2.1.0":
        raise InvalidError(f"no SARIF 2.1.0: its `version` is {written(log.get('version'))}")
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
    completed = {_completed(run) for run in runs}
    files = [_looked_at(run) for run in runs]
    return sources.scan(
        asked,
        tool,
        sources.oldest([_microseconds(end) for end in ends]),
        version=versions.pop() if len(versions) == 1 else None,
        completed=False if False in completed else None if None in completed else True,
        scanned=asked.scanned if None in files else sum(f for f in files if f is not None),
        findings=[found for run in runs for found in _findings(run)],
    )


def _microseconds(time: str) -> str:
    """A time without the digits that no record holds; SARIF allows any number of them."""
    head, dot, fraction = time.partition(".")
    return f"{head}.{fraction[:-1][:6]}Z" if dot and fraction.endswith("Z") else time


def _invocations(run: Run) -> list[dict[str, Any]]:
    return sources.mappings(run.get("invocations", []), "`invocations`")


def _completed(run: Run) -> bool | None:
    """Did it run to its end; None where nothing is said.  A run without `results` has not looked, as SARIF defines it."""
    invocations = _invocations(run)
    ends = [each.get("executionSuccessful") for each in invocations]
    if not all(end is None or isinstance(end, bool) for end in ends):
        raise InvalidError("`executionSuccessful` is not true or false")
    told = [
        notice
        for each in invocations
        for kind in ("toolExecutionNotifications", "toolConfigurationNotifications")
        for notice in sources.mappings(each.get(kind, []), f"`{kind}`")
    ]
    if run.get("results") is None or False in ends or any(notice.get("level") == "error" for notice in told):
        return False
    return True if ends and None not in ends else None


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
    elsewhere = run.get("externalPropertyFileReferences")
    if isinstance(elsewhere, dict) and "results" in elsewhere:
        raise InvalidError("its results lie in other files")
    tool = run["tool"]
    parts = [tool["driver"], *sources.mappings(tool.get("extensions", []), "`extensions`")]
    rules = [sources.mappings(part.get("rules", []), "`rules`") for part in parts]
    by_id = {sources.word(rule, "id"): rule for several in reversed(rules) for rule in reversed(several)}
    found = []
    for result in sources.mappings(run.get("results") or [], "`results`"):
        kind = result.get("kind", "fail")
        if not isinstance(kind, str) or kind not in _KINDS:
            raise InvalidError(f"the kind of a result is {written(kind)}, which SARIF does not have")
        if kind in _NO_PROBLEM or result.get("baselineState") == "absent":
            continue
        reference = sources.mapping(result.get("rule", {}), "`rule`")
        id_ = sources.word(result, "ruleId") or sources.word(reference, "id")
        index = result.get("ruleIndex", reference.get("index"))
        rule = _rule(by_id, id_)
        if rule is None and "toolComponent" not in reference and type(index) is int and 0 <= index < len(rules[0]):
            rule = rules[0][index]
        found.append(_finding(run, result, rule or {}, id_, kind))
    return found


def _rule(by_id: dict[str | None, Run], id_: str | None) -> Run | None:
    """The rule of an id, or of the nearest one above it: `CA1/sub` is a case of `CA1` (SARIF 2.1.0, 3.27.5)."""
    while id_:
        if id_ in by_id:
            return by_id[id_]
        id_ = id_.rpartition("/")[0]
    return None


def _finding(run: Run, result: dict[str, Any], rule: dict[str, Any], id_: str | None, kind: str) -> dict[str, Any]:
    message = sources.mapping(result.get("message", {}), "`message`")
    found = {
        "id": id_ or sources.word(rule, "id"),
        "severity": _severity(result, rule, kind),
        "title": sources.word(message, "text") or sources.word(rule, "name"),
        "component": _component(run, result),
    }
    return {k: v for k, v in found.items() if v is not None}


def _severity(result: dict[str, Any], rule: dict[str, Any], kind: str) -> str:
    """By the CVSS score of its `security-severity`, else by its level, else by its rule's."""
    for holder in (result, rule):
        properties = holder.get("properties")
        if isinstance(properties, dict) and "security-severity" in properties:
            return _by_score(properties["security-severity"])
    default = sources.mapping(rule.get("defaultConfiguration", {}), "`defaultConfiguration`").get("level", "warning")
    level = result.get("level", default if kind == "fail" else "none")
    if not isinstance(level, str) or level not in _LEVELS:
        raise InvalidError(f"the level of a result is {written(level)}, which SARIF does not have")
    return _LEVELS[level]


def _by_score(said: Any) -> str:
    try:
        score = float(said) if isinstance(said, str | int | float) and not isinstance(said, bool) else -1.0
    except (ValueError, OverflowError):
        score = -1.0
    if not 0 <= score <= 10:
        raise InvalidError(f"a `security-severity` is no score from 0 to 10: {written(said)}")
    return next(
        (word for least, word in ((9, "critical"), (7, "high"), (4, "medium")) if score >= least),
        "low" if score else "info",
    )


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
