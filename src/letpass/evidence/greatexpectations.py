"""A validation result of Great Expectations (1.x): what `ValidationDefinition.run().to_json_dict()` gives.

Read are `success`, `suite_name`, `statistics`, `meta.validation_time`, and of each of `results` its `success`, `exception_info` and, of
its `result`, `element_count`, `missing_count` and `observed_value`.  A success there are a suite without expectations, a batch without
rows, a column of nulls alone, and a `row_condition` that no row met.
"""

from __future__ import annotations

from typing import Any

from letpass.diagnostics import InvalidError
from letpass.evidence import sources
from letpass.evidence.interface import Asked, Part

INSTEAD = "save the validation result itself: `json.dump(result.to_json_dict(), file)`"


def read(data: bytes, asked: Asked) -> Part:
    """The suite of a validation: it has passed where each expectation has, of however little severity.

    One of which an expectation raised, or held of no value at all, did not end well.  asked: `suite` and `ran_at`,
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
    telling = [each for each in results if _values(each) is not None]
    empty = [each for each in telling if not _values(each)]
    blind = [_called(each) for each in empty if each.get("success") is True and not _raised(each)]
    if not evaluated or (telling and len(empty) == len(telling)):
        said["unread"] = "a run of no case: " + ("it looked at no value" if evaluated else "it has no expectation")
    elif raised:
        said["unread"] = f"did not end: raised in {sources.listed(raised)}"
    elif blind:
        said["unread"] = f"not whole: no value was looked at by {sources.listed(blind)}"
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


def _values(result: dict[str, Any]) -> int | None:
    """How many values an expectation looked at, None where it does not say; nulls are passed over, where they are counted apart."""
    found = sources.mapping_or_empty(result.get("result"))
    if found.get("observed_value", 0) in (None, []):
        return 0
    if found.get("element_count") is None:
        return None
    missing = found.get("missing_count")
    rows = sources.count(found["element_count"], "element_count")
    return rows if missing is None else max(rows - sources.count(missing, "missing_count"), 0)
