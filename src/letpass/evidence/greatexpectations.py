"""A validation result of Great Expectations (1.x): what `ValidationDefinition.run().to_json_dict()` gives.

Read are `success`, `suite_name`, `statistics`, `meta.validation_time`, and of each of `results` its `success`, `exception_info` and
`result.element_count`.  A suite without expectations and a batch without rows are a success there.
"""

from __future__ import annotations

from typing import Any

from letpass.diagnostics import InvalidError
from letpass.evidence import sources
from letpass.evidence.interface import Asked, Part

INSTEAD = "save the validation result itself: `json.dump(result.to_json_dict(), file)`"


def read(data: bytes, asked: Asked) -> Part:
    """The suite of a validation: it has passed where each expectation has, of however little severity.

    One of which an expectation raised did not end well, and one that looked at nothing says nothing.  asked: `suite` and `ran_at`,
    which count where the file does not say them.  Raises `InvalidError` for what describes a checkpoint, and for another file.
    """
    file = sources.json_mapping(data)
    if not {"success", "results", "statistics"} <= file.keys():
        raise InvalidError(f"no validation result of Great Expectations; {INSTEAD}")
    if not isinstance(file.get("meta"), dict):
        raise InvalidError(f"it has no `meta`, and so does not say when it ran; {INSTEAD}")
    name = asked.suite or sources.word(file, "suite_name") or sources.word(file["meta"], "expectation_suite_name")
    if name is None:
        raise InvalidError("its suite has no name; name it with --suite")
    results = sources.mappings(file["results"], "`results`")
    counts = sources.mapping(file["statistics"], "`statistics`")
    evaluated, successful = (sources.count(counts.get(f"{k}_expectations"), k) for k in ("evaluated", "successful"))
    good = sum(each.get("success") is True for each in results)
    if (evaluated, successful) != (len(results), good):
        raise InvalidError(
            f"it counts {successful} of {evaluated} expectations as met, and shows {good} of {len(results)}"
        )
    said: dict[str, Any] = {"name": name, "cases": evaluated}
    raised = [_called(each) for each in results if _raised(each)]
    failed = any(each.get("success") is not True and not _raised(each) for each in results)
    rows = [n for each in results if (n := _rows(each)) is not None]
    if not evaluated or (rows and not any(rows)):
        said["unread"] = "a run of no case: " + ("it looked at no row" if evaluated else "it has no expectation")
    elif raised:
        said["unread"] = f"did not end: raised in {sources.listed(raised)}"
    if failed or "unread" not in said:
        said["passed"] = file["success"] is True and not failed
    if "unread" not in said:
        said["score"] = good / evaluated
    version = sources.word(file["meta"], "great_expectations_version")
    more = {
        "ran_at": sources.time(file["meta"], "validation_time") or asked.ran_at,
        "source": f"great-expectations {version}" if version else None,
    }
    return {"suites": [{**said, **{k: v for k, v in more.items() if v is not None}}]}


def _called(result: dict[str, Any]) -> str:
    """An expectation by its type and column."""
    config = sources.mapping_or_empty(result.get("expectation_config"))
    column = sources.mapping_or_empty(config.get("kwargs")).get("column")
    return str(config.get("type") or config.get("expectation_type") or "an expectation") + (
        f" of {column}" if column else ""
    )


def _raised(result: dict[str, Any]) -> bool:
    """Did an expectation raise."""
    return _tells_of_one(result.get("exception_info"))


def _tells_of_one(info: Any) -> bool:
    """Is an `exception_info` of an exception: it says so, or holds one for each of the metrics that raised."""
    if not isinstance(info, dict):
        return info is not None
    if "raised_exception" in info:
        return info["raised_exception"] is not False
    return any(_tells_of_one(each) for each in info.values())


def _rows(result: dict[str, Any]) -> int | None:
    """How many rows an expectation looked at, None where it does not say."""
    count = sources.mapping_or_empty(result.get("result")).get("element_count")
    return None if count is None else sources.count(count, "element_count")
