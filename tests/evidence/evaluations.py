"""Small files as lm-eval, Inspect, promptfoo, Great Expectations, Evidently and garak write them, made here in their shapes."""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from math import sqrt
from typing import Any

RIGHT = (True, True, False, True, True, False, True, True, False, True, True, False)
"""How the twelve cases end that most of these files are of."""
MOMENT = "2026-11-20T10:00:00+00:00"


def share(right: Sequence[bool]) -> tuple[float, float]:
    """The mean of cases that are right or wrong, and its standard error as the tools work it out."""
    mean = sum(right) / len(right)
    return mean, sqrt(mean * (1 - mean) / (len(right) - 1)) if len(right) > 1 else 0.0


def dumped(value: Any) -> bytes:
    """A value as JSON."""
    return json.dumps(value).encode()


def lined(values: Iterable[Any]) -> bytes:
    """Values as JSON Lines."""
    return b"".join(dumped(value) + b"\n" for value in values)


# ---------------------------------------------------------------- lm-eval


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def lm_samples(
    right: Sequence[Any] = RIGHT, metric: str = "acc", filters: Sequence[str] = ("none",), prompt: str = "p"
) -> list[dict[str, Any]]:
    """The lines of a task's samples: its cases once for each filter."""
    return [
        {
            "doc_id": case, "filter": filter_, "metrics": [metric], metric: float(value) if isinstance(value, bool) else value,
            "doc_hash": _hash(f"doc {case}"), "prompt_hash": _hash(f"{prompt} {case}"), "target_hash": _hash(str(case % 2)),
        }
        for filter_ in filters
        for case, value in enumerate(right)
    ]  # fmt: skip


def lm_hash(samples: Iterable[Mapping[str, Any]]) -> str:
    """The hash that lm-eval's results have of a task's samples."""
    return _hash("".join(s["doc_hash"] + s["prompt_hash"] + s["target_hash"] for s in samples))


def lm_results(samples: Mapping[str, Sequence[Mapping[str, Any]]] | None = None, **more: Any) -> dict[str, Any]:
    """The results of tasks with these samples, one metric `acc` of each."""
    tasks = samples if samples is not None else {"sums": lm_samples()}
    found: dict[str, Any] = {
        "results": {}, "groups": {}, "group_subtasks": {}, "configs": {}, "versions": {}, "n-shot": {}, "n-samples": {},
        "higher_is_better": {}, "config": {"limit": None, "fewshot_seed": 1, "random_seed": 2}, "date": 1795978510.25,
        "lm_eval_version": "0.4.13", "task_hashes": {}, "chat_template_sha": None, "system_instruction": None,
    }  # fmt: skip
    for task, lines in tasks.items():
        filters = dict.fromkeys(line["filter"] for line in lines)
        said: dict[str, Any] = {"alias": task, "name": task, "sample_len": len(lines) // len(filters)}
        for filter_ in filters:
            mean, error = share([bool(line["acc"]) for line in lines if line["filter"] == filter_])
            said |= {f"acc,{filter_}": mean, f"acc_stderr,{filter_}": error}
        found["results"][task] = said
        found["configs"][task] = {
            "task": task, "dataset_path": "corp/sums", "dataset_name": "small", "test_split": "test", "num_fewshot": 0,
            "doc_to_text": "{{question}}", "output_type": "multiple_choice", "generation_kwargs": {"temperature": 0.0},
            "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}],
            "fewshot_config": {"process_docs": f"<function keep at 0x{id(lines):x}>"},
        }  # fmt: skip
        found["versions"][task], found["n-shot"][task], found["task_hashes"][task] = 1.0, 0, lm_hash(lines)
        found["n-samples"][task] = {"original": said["sample_len"], "effective": said["sample_len"]}
    return found | more


def lm_group(samples: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    """The results of tasks and of the group `all` of them, which stands among the results and among the groups."""
    found = lm_results(samples)
    every = [bool(line["acc"]) for lines in samples.values() for line in lines]
    group = {"alias": "all", "acc,none": sum(every) / len(every), "acc_stderr,none": 0.05, "sample_len": len(every)}
    found["results"]["all"], found["groups"]["all"] = group, group
    found["group_subtasks"]["all"], found["versions"]["all"] = list(samples), "2.0"
    return found


# ---------------------------------------------------------------- Inspect


def log(right: Sequence[Any] = RIGHT, epochs: int = 1, scorer: str = "match", **more: Any) -> dict[str, Any]:
    """A log of Inspect that ended well: a score of cases that are right or wrong, or graded."""
    ids = [f"case-{n:02}" for n in range(len(right))]
    graded = [float(value) for value in right]
    mean = sum(graded) / len(graded)
    error = (
        sqrt(sum((value - mean) ** 2 for value in graded) / (len(graded) - 1) / len(graded)) if len(graded) > 1 else 0.0
    )
    metrics = {
        name: {"name": name, "value": value, "params": {}} for name, value in (("accuracy", mean), ("stderr", error))
    }
    reducer = {"reducer": "mean"} if epochs > 1 else {}
    score = {
        "name": scorer,
        "scorer": scorer,
        **reducer,
        "scored_samples": len(right),
        "unscored_samples": 0,
        "metrics": metrics,
    }
    total = len(right) * epochs
    return {
        "version": 2, "status": "success", "invalidated": False,
        "eval": {
            "task": "plain", "task_version": 0, "task_args": {}, "model": "corp/model", "packages": {"inspect_ai": "0.3.285"},
            "dataset": {"name": "digits", "samples": len(right), "sample_ids": ids}, "config": {"epochs": epochs},
            "model_generate_config": {}, "scorers": [{"name": scorer, "options": {}}],
        },
        "plan": {"steps": [{"solver": "generate", "params": {}}], "config": {"temperature": 0.0}},
        "results": {"total_samples": total, "completed_samples": total, "scores": [score]},
        "stats": {"started_at": MOMENT, "completed_at": MOMENT, "model_usage": {"corp/model": {}}},
        "samples": [
            {"id": case, "epoch": epoch + 1, "input": f"say {case}", "target": "1", "metadata": {"topic": f"t{n % 2}"}, "events": []}
            for epoch in range(epochs) for n, case in enumerate(ids)
        ],
        "reductions": [
            {"scorer": scorer, **reducer, "samples": [{"sample_id": case, "value": v} for case, v in zip(ids, graded, strict=True)]}
        ],
        **more,
    }  # fmt: skip


def archive(log_: Mapping[str, Any], method: int = 8, **entries: bytes) -> bytes:
    """A log as Inspect's `.eval` archive; `entries`: others in it, or in the place of its own (`header` is header.json)."""
    header = {k: v for k, v in log_.items() if k not in {"samples", "reductions"}}
    files = {"_journal/start.json": b"{}", "header.json": dumped(header), "reductions.json": dumped(log_["reductions"])}
    files |= {f"samples/{s['id']}_epoch_{s['epoch']}.json": dumped(s) for s in log_["samples"]}
    files |= {f"{name}.json": data for name, data in entries.items()}
    return zipped([(name, data) for name, data in files.items() if data], method)


def zipped(files: Iterable[tuple[str, bytes]], method: int, sizes: Mapping[str, int] | None = None) -> bytes:
    """A ZIP archive of these files in a method that need not be one that Python writes; `sizes`: what it says of some."""
    body, central, count = b"", b"", 0
    for name, data in files:
        packed = {0: lambda d: d, 8: _deflated, 93: zstandard}[method](data)
        size = (sizes or {}).get(name, len(data))
        common = struct.pack("<HHHHHIIIHH", 20, 0, method, 0, 33, zlib.crc32(data), len(packed), size, len(name), 0)
        central += b"PK\x01\x02\x14\x00" + common + struct.pack("<HHHII", 0, 0, 0, 0, len(body)) + name.encode()
        body += b"PK\x03\x04" + common + name.encode() + packed
        count += 1
    return body + central + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, count, count, len(central), len(body), 0)


def _deflated(data: bytes) -> bytes:
    machine = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return machine.compress(data) + machine.flush()


def zstandard(data: bytes) -> bytes:
    """A frame of Zstandard that holds bytes as they are (RFC 8878, 3.1.1): blocks of the kind `raw`."""
    most = 1 << 17
    pieces = [data[at : at + most] for at in range(0, len(data), most)] or [b""]
    blocks = b"".join(
        (len(piece) << 3 | (n == len(pieces) - 1)).to_bytes(3, "little") + piece for n, piece in enumerate(pieces)
    )
    return b"\x28\xb5\x2f\xfd\xa0" + struct.pack("<I", len(data)) + blocks


# ---------------------------------------------------------------- promptfoo


def foo_test(ending: str = "good", text: str = "a", prompt: int = 0, **more: Any) -> dict[str, Any]:
    """A test of promptfoo: good, bad, broken, idle (asserts nothing) or half (one of two assertions held)."""
    asserted = [] if ending == "idle" else [{"type": "contains", "value": text}]
    parts = [{"pass": ending != "bad"}, *([{"pass": False}] if ending == "half" else [])]
    grading = {} if ending == "broken" else {"gradingResult": {"pass": ending != "bad", "componentResults": parts}}
    return {
        "promptIdx": prompt, "testIdx": 0, "success": ending in {"good", "idle", "half"}, "score": 0.5,
        "failureReason": {"broken": 2, "bad": 1}.get(ending, 0), **grading,
        "testCase": {"vars": {"x": text}, "assert": asserted, **more},
    }  # fmt: skip


def foo_results(tests: Sequence[Mapping[str, Any]], prompts: int = 1, **more: Any) -> dict[str, Any]:
    """Results of promptfoo with these tests."""
    broken = sum(test["failureReason"] == 2 for test in tests)
    good = sum(test["success"] for test in tests)
    stats = {"successes": good, "failures": len(tests) - good - broken, "errors": broken}
    return {
        "evalId": "e", "config": {"description": "fruit", "providers": [{"id": "file://p.js", "label": "mock"}]},
        "results": {
            "version": 3, "timestamp": "2026-11-20T10:00:00.000Z", "results": list(tests), "stats": stats,
            "prompts": [{"raw": "say {{x}}", "label": f"prompt {n}", "provider": "mock"} for n in range(prompts)],
        },
        "metadata": {"promptfooVersion": "0.118.17"}, **more,
    }  # fmt: skip


# ---------------------------------------------------------------- data quality and attacks


def expectation(
    met: bool = True, rows: int | None = 4, raised: Any = None, severity: str = "critical"
) -> dict[str, Any]:
    """One result of Great Expectations."""
    info = raised if raised is not None else {"raised_exception": False, "exception_message": None}
    config = {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "age"}, "severity": severity}
    return {
        "success": met,
        "expectation_config": config,
        "result": {} if rows is None else {"element_count": rows},
        "exception_info": info,
    }


def validation(*results: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A validation result of Great Expectations."""
    good = sum(result["success"] for result in results)
    counts = {"evaluated_expectations": len(results), "successful_expectations": good}
    return {
        "success": good == len(results), "results": list(results), "suite_name": "people", "suite_parameters": {},
        "statistics": {**counts, "unsuccessful_expectations": len(results) - good, "success_percent": None},
        "meta": {"great_expectations_version": "1.24.1", "validation_time": MOMENT}, "id": None, **more,
    }  # fmt: skip


def report(*endings: str, metrics: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A report of Evidently whose tests ended so."""
    said = (
        metrics
        if metrics is not None
        else {"RowCount()": 300.0, "MissingValueCount(column=a)": {"count": 6, "share": 0.02}}
    )
    return {
        "metrics": [{"id": str(n), "metric_name": name, "config": {}, "value": value} for n, (name, value) in enumerate(said.items())],
        "tests": [{"id": "ge", "name": f"test {n}", "status": ending, "test_config": {}} for n, ending in enumerate(endings)],
    }  # fmt: skip


def attack(passed: int = 37, total: int = 48, probe: str = "inject.Hijack", **more: Any) -> dict[str, Any]:
    """An evaluation of garak: so many of the answers were safe."""
    return {
        "entry_type": "eval", "probe": probe, "detector": "inject.Rogue", "passed": passed, "fails": total - passed, "nones": 0,
        "total_evaluated": total, "total_processed": total, "confidence": "0.95", "confidence_lower": 0.12, "confidence_upper": 0.36,
        **more,
    }  # fmt: skip


def garak(*evals: Mapping[str, Any], started: str = MOMENT, ended: bool = True) -> list[dict[str, Any]]:
    """The lines of a report of garak."""
    begin: list[dict[str, Any]] = [
        {"entry_type": "start_run setup", "run.generations": 5, "run.seed": None},
        {"entry_type": "init", "garak_version": "0.17.1", "start_time": started, "run": "r1"},
        {"entry_type": "attempt", "prompt": "p"},
    ]
    end = [{"entry_type": "completion", "end_time": "2026-11-20T11:00:00", "run": "r1"}] if ended else []
    return [*begin, *[dict(each) for each in evals], *end]
