"""The promotion policy of the shared harness, for its `bench.py --engine letpass=tests.benchmarks.adapter:build`.

The harness's documents are records under other names; `convert` only renames and reads, and is not timed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from letpass.diagnostics import RecordError, Source
from letpass.evaluation.compiled import Program, compile_rules
from letpass.evaluation.input import Input
from letpass.facts import document, reader
from letpass.facts.decoding import Decoder
from letpass.facts.document import Document
from letpass.facts.fast import Reader
from letpass.facts.record import Holder, Record
from letpass.facts.schema import VOCABULARY
from letpass.language.rules import Policy
from letpass.move import promotion
from letpass.project.policyset import from_texts
from letpass.trust.accepted import Accepted, Signoff

HEADER = """policy promotion: "the shared harness's promotion policy"
  on promotion to production

metric fairness: ratio, higher is better
metric accuracy: ratio, higher is better
metric recall: ratio, higher is better
metric error_rate: ratio, lower is better
metric latency_p99: duration in ms, lower is better

"""
RULES = {
    "fairness": "fairness >= {fairness_min!r}",
    "accuracy": "accuracy >= champion.accuracy - {accuracy_slack!r}",
    "check": 'passed "Fairness Check" with score > {score_min!r}',
    "provenance": "code.commit, data.version, hyperparameters, artifact.digest are recorded",
    "image": "environment.image is pinned",
    "findings": "no scans.findings where severity >= high",
    "fresh": 'scanned by "trivy" within {age_ms} ms',
    "slo": "latency_p99 <= {p99_max!r} ms and error_rate <= {error:f}",
    "slices": "(no recall.slices where samples >= {slice_n})"
    " or all recall.slices where samples >= {slice_n} have value >= {recall_min!r}",
    "approvals": 'signed by {approvers} in role "validator" other than author',
    "licence": 'license in {{"Apache-2.0", MIT, "BSD-3-Clause", "CC-BY-4.0"}}',
    "stage": "stage is Staging",
}
MOVE = promotion("production")
ONE = Reader(0, Decoder(0))
"""Reads JSON in one pass from the first record on."""


@dataclass(frozen=True)
class Prepared:
    """What the harness asks of an engine (its workload.Prepared)."""

    decide: Callable[[Any], bool]
    failed: Callable[[Any], list[str]]
    convert: Callable[[dict[str, Any]], Any] | None = None
    covers: frozenset[str] = frozenset(RULES)
    decide_json: Callable[[bytes], bool] | None = None
    failed_json: Callable[[bytes], list[str]] | None = None


def text(rules: list[Any]) -> str:
    """The policy of the harness's rules, in our language."""
    lines = []
    for rule in rules:
        limits = rule.limits
        test = RULES[rule.kind].format(**limits, error=limits["error_max"])
        lines.append(f"require {rule.id.replace('_', '-')}: {test}")
    return HEADER + "\n".join(lines) + "\n"


def policy(rules: list[Any]) -> Policy:
    """The checked policy of the harness's rules."""
    (found,) = from_texts({"promotion.policy": text(rules)}, VOCABULARY, warn=False).policies
    return found


def build(rules: list[Any]) -> Prepared:
    """An engine for the harness, of prepared records."""
    program = compile_rules(policy(rules).rules)
    return Prepared(decide(program), failed(program, [rule.id for rule in rules]), to_input)


def from_json(rules: list[Any]) -> Prepared:
    """An engine for the harness that reads its records from JSON: the harness times JSON only of what converts nothing."""
    program = compile_rules(policy(rules).rules)
    held, missed = decide(program), failed(program, [rule.id for rule in rules])
    return Prepared(
        lambda doc: held(to_input(doc)),
        lambda doc: missed(to_input(doc)),
        decide_json=lambda text: held(decode_json(text)),
        failed_json=lambda text: missed(decode_json(text)),
    )


def decide(program: Program) -> Callable[[Input | None], bool]:
    missed = program.missed
    return lambda given: given is not None and not missed(given)  # None: the record was refused


def failed(program: Program, ids: list[str]) -> Callable[[Input | None], list[str]]:
    missed = program.missed
    return lambda given: ids if given is None else [ids[n] for n in missed(given)]


def to_input(doc: dict[str, Any]) -> Input | None:
    """A document of the harness as an input; None where its record is refused."""
    try:
        record = read(to_record(doc))
    except RecordError:
        return None
    baseline = doc.get("baseline")
    champion = read({"model": "champion", "version": "1", "metrics": metrics(baseline)}) if baseline else Holder.NOBODY
    return Input(record, MOVE, doc["evaluated_at"] * 1000, champion, Accepted(signoffs(doc)))


@cache
def renamed(text: bytes) -> tuple[bytes, Input | None]:
    """A document's JSON as our record's, and what is asked of it beside the record; made once for each text, and not timed."""
    doc = json.loads(text)
    return json.dumps(to_record(doc)).encode(), to_input(doc)


def decode_json(text: bytes) -> Input | None:
    """The input whose record is read from JSON bytes; None where it is refused.

    The champion's record and the sign-offs are there already: of a folder they are read once.
    """
    data, beside = renamed(text)
    if beside is None:
        return None
    source = Source("record.json", data.decode())
    try:
        record = ONE.read(source) or reader.read(document.read(source))
    except RecordError:
        return None
    return Input(record, MOVE, beside.now, beside.champion, beside.accepted)


def signoffs(doc: dict[str, Any]) -> tuple[Signoff, ...]:
    return tuple(Signoff(a["user"], a["role"], doc["evaluated_at"] * 1000) for a in doc.get("approvals", ()))


def read(raw: dict[str, Any]) -> Record:
    return reader.read(Document(Source("record.json", ""), raw))


def metrics(values: dict[str, Any]) -> dict[str, Any]:
    """Accuracy stands on one data set, the same for the champion."""
    return {"accuracy": {"value": values["accuracy"], "data_set": "test"}} if "accuracy" in values else {}


def to_record(doc: dict[str, Any]) -> dict[str, Any]:
    """The document under our record's names; what is missing stays missing, what is wrong stays wrong."""
    record: dict[str, Any] = {"model": doc["name"], "version": doc["version"]}
    for theirs, ours in (
        ("stage", "stage"),
        ("author", "author"),
        ("licence", "license"),
        ("code", "code"),
        ("tags", "tags"),
        ("environment", "environment"),
    ):
        if theirs in doc:
            record[ours] = doc[theirs]
    if "data" in doc:
        record["data"] = [{"name": "training", **doc["data"]}]
    if "artifact" in doc:
        record["artifact"] = {"digest": doc["artifact"]["digest"], "size": doc["artifact"]["bytes"]}
    if "hyperparameters" in doc:
        record["hyperparameters"] = {
            **doc["hyperparameters"],
            "training": doc["training"],
            "features": doc["features"],
            "dependencies": doc["dependencies"],
        }
    given = doc["metrics"]
    found = metrics(given) | {name: given[name] for name in ("fairness", "error_rate") if name in given}
    if "latency" in given:
        found["latency_p99"] = given["latency"]["p99"]
    if "slices" in doc:
        names = {"name": "group", "n": "samples", "recall": "value"}
        found["recall"] = {"slices": [{names[k]: v for k, v in s.items()} for s in doc["slices"]]}
    record["metrics"] = found
    record["suites"] = [{**check, "cases": 1} for check in doc["checks"]]
    scan = {"tool": doc["scan"]["tool"], "scanned": 1}
    if "finished_at" in doc["scan"]:
        scan["ran_at"] = (
            datetime.fromtimestamp(doc["scan"]["finished_at"] / 1000, tz=UTC).isoformat().replace("+00:00", "Z")
        )
    if "findings" in doc["scan"]:
        scan["findings"] = doc["scan"]["findings"]
    record["scans"] = [scan]
    return record
