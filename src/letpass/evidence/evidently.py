"""A report of Evidently (0.7): what `Report(…, include_tests=True).run(…).json()` gives.

Read are `tests[].status` and `metrics[].metric_name` with its `value`.  The file says neither when it ran, nor on which data, nor by
which version.  Drift is a p-value or a distance by its method, so whether more of it is worse only a policy says.
"""

from __future__ import annotations

from typing import Any

from letpass.diagnostics import InvalidError
from letpass.evidence import sources
from letpass.evidence.interface import Asked, Part

_GOOD = "SUCCESS"
_BAD = frozenset({"FAIL", "WARNING"})
"""A test that is not critical fails as a warning."""


def read(data: bytes, asked: Asked) -> Part:
    """Its tests as a suite, and each number of its metrics under its own name.

    A report without tests is no suite.  A test with another ending than success, failure or warning did not end, and leaves its suite
    without a result.  asked: `suite`, the name of the tests, `ran_at`, `data_set` and `units`.  Raises `InvalidError` for another file.
    """
    file = sources.json_mapping(data)
    if not {"metrics", "tests"} <= file.keys():
        raise InvalidError("no report of Evidently: it has no `metrics` and `tests`")
    found: Part = {}
    tests = sources.mappings(file["tests"], "`tests`")
    if tests:
        found["suites"] = [_suite(tests, asked)]
    metrics: dict[str, Any] = {}
    for metric in sources.mappings(file["metrics"], "`metrics`"):
        name = sources.word(metric, "metric_name")
        if name is None:
            raise InvalidError("a metric without a `metric_name`")
        for key, value in _numbers(name, metric.get("value")):
            if key in metrics:
                raise InvalidError(f"the metric `{key[:60]}` stands twice")
            metrics[key] = sources.measure(asked, key, value, source="evidently")
    if metrics or asked.units or not found:
        found |= sources.metrics(asked, metrics)
    return found


def _suite(tests: list[dict[str, Any]], asked: Asked) -> dict[str, Any]:
    if asked.suite is None:
        raise InvalidError("its tests have no name together; name them with --suite")
    endings = [(sources.word(test, "name") or "a test", sources.word(test, "status") or "") for test in tests]
    odd = [f"{name}: {ending or 'no status'}" for name, ending in endings if ending != _GOOD and ending not in _BAD]
    good = sum(ending == _GOOD for _, ending in endings)
    said: dict[str, Any] = {"name": asked.suite, "cases": len(tests), "source": "evidently"}
    if any(ending in _BAD for _, ending in endings) or not odd:
        said["passed"] = good == len(tests)
    if odd:
        said["unread"] = f"did not end: {sources.listed(odd)}"
    else:
        said["score"] = good / len(tests)
    return {**said, **({"ran_at": asked.ran_at} if asked.ran_at else {})}


def _numbers(name: str, value: Any) -> list[tuple[str, Any]]:
    """The numbers of a metric: its own, or each that a mapping holds; of a table or a text none."""
    if isinstance(value, dict):
        return [(f"{name}/{key}", each) for key, each in value.items() if type(each) in {int, float}]
    return [] if isinstance(value, list) else [(name, value)]
