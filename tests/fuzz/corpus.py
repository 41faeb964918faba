"""Valid inputs to begin with: what the project's tests, samples, policies and examples hold, and a few made here."""

from __future__ import annotations

import json
import pickle
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from letpass.trust import dsse
from letpass.trust.dsse import Envelope
from tests.evidence import evaluations as made
from tests.properties.generate import AT, Author
from tests.properties.registrar import Registrar

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "tests/evidence/samples"
JUNIT = (
    (
        '<?xml version="1.0"?><testsuites tests="3" failures="1"><testsuite name="S" tests="2" failures="1" errors="0"'
        ' skipped="0" timestamp="2026-11-20T10:00:00Z"><properties><property name="a" value="b"/></properties><testcase'
        ' name="a" classname="k" time="0.1"/><testcase name="b"><failure message="m">text</failure><system-out><![CDATA[x'
        ']]></system-out></testcase></testsuite><testsuite name="T" tests="1"><testcase name="c"/></testsuite></testsuites>'
    ),
    (
        '<testsuite name="S" tests="2" failures="0" errors="0"><testcase name="a"/><testcase name="b" status="run"'
        ' result="completed"><properties/></testcase></testsuite>'
    ),
    (
        '<testsuite name="S"><testsuite name="in"><testcase name="a" status="passed"><attachments/></testcase></testsuite>'
        '<testcase name="b"><skipped/></testcase><testcase name="d"><flakyFailure/></testcase></testsuite>'
    ),
    '<testsuites><testsuite name="a" tests="1"><testcase name="x" success="true"/></testsuite></testsuites>',
)
PROMETHEUS = (
    {"status": "success", "data": {"resultType": "vector", "result": [{"metric": {}, "value": [1.5, "0.0001"]}]}},
    {"status": "success", "data": {"resultType": "scalar", "result": [1796000000, "12"]}, "warnings": [], "infos": ["i"]},
    {"status": "success", "data": {"resultType": "vector", "result": []}, "isPartial": True},
)  # fmt: skip
SARIF: dict[str, Any] = {
    "version": "2.1.0",
    "runs": [
        {
            "tool": {"driver": {"name": "t", "rules": [{"id": "a", "defaultConfiguration": {"level": "error"}, "properties": {"security-severity": "9.8"}}]}, "extensions": [{"name": "x", "rules": [{"id": "a"}]}]},
            "invocations": [{"executionSuccessful": True, "endTimeUtc": "2026-11-20T10:00:00Z", "ruleConfigurationOverrides": [{"descriptor": {"id": "a"}, "configuration": {"level": "note"}}]}],
            "results": [{"ruleId": "a", "ruleIndex": 0, "message": {"text": "m"}}, {"rule": {"id": "a", "toolComponent": {"index": 0}}, "level": "warning", "message": {"text": "n"}}],
        }
    ],
}  # fmt: skip
TOML = (
    (
        'policies = ["policies"]\nregistry = "models"\nprotected = ["production"]\n[aliases]\nproduction = ["champion"]\n'
        '[environments]\neu = "production"\n[trust]\nfile = "trust.json"\n[mlflow]\nstages = true\n[[events]]\nname = "hook"\n'
        'on = ["decision"]\nmodels = ["fraud*"]\ncommand = ["./tell"]\ntimeout = "5 s"\n'
    ),
    'plugins = []\nledger = "l.db"\ncheckpoint = "c"\n',
)
MODELSCAN: dict[str, Any] = {
    "summary": {
        "total_issues_by_severity": {"LOW": 0, "HIGH": 1}, "total_issues": 1, "modelscan_version": "0.8.8", "timestamp": "2026-11-20T10:00:00",
        "scanned": {"total_scanned": 1, "scanned_files": ["model.pkl"]},
        "skipped": {"total_skipped": 2, "skipped_files": [{"source": "README.md", "category": "SCAN_NOT_SUPPORTED"}, {"source": "model.bin", "category": "x"}]},
    },
    "issues": [{"description": "d", "source": "model.pkl", "scanner": "s", "severity": "HIGH"}], "errors": [],
}  # fmt: skip
CLAMAV = (
    "README.md: Excluded\nmodel.pkl: OK\nmodel.bin: Some.Signature FOUND\n\n----------- SCAN SUMMARY -----------\nKnown viruses: 2\n"
    "Engine version: 1.4.6\nScanned files: 2\nInfected files: 1\nTotal errors: 1\nData scanned: 0.00 MB\nData read: 9.00 MB (ratio 0.00:1)\n"
)
PICKLESCAN = (
    "Skipping file README.md (matched --exclude a)\nmodel.pkl: dangerous import 'os system' FOUND (promoted by --strict)\n"
    "----------- SCAN SUMMARY -----------\nScanned files: 1\nInfected files: 1\nSuspicious globals: 1\nDangerous globals: 1\n"
)
TEST_RESULT: dict[str, Any] = {
    "_type": "https://in-toto.io/Statement/v1", "predicateType": "https://in-toto.io/attestation/test-result/v0.1",
    "subject": [{"digest": {"sha256": "a1" * 32}}],
    "predicate": {"result": "WARNED", "warnedTests": ["a"], "passedTests": ["b"], "configuration": [{"name": "s"}], "url": "u"},
}  # fmt: skip
STATE = '"4":\n  stage: production\n  deployments:\n    - endpoint: https://a.example\n      since: 2026-11-20\n"5": {stage: archived}\n'
CARD = "license: [mit, apache-2.0]\nmodel-index: [{name: a, results: [{dataset: {type: d}, metrics: [{type: acc, value: 1}]}]}]\n"
RECORD: dict[str, Any] = {
    "model": "fraud", "version": "9", "author": "anna@corp.example", "license": "MIT", "risk": "high",
    "metrics": {"accuracy": {"value": 0.95, "data_set": "h", "samples": 100, "successes": 95, "slices": [{"group": "a", "value": 0.9}]},
                "latency_p99": {"value": 80, "unit": "ms"}},
    "observations": {"drift": {"value": 0.1, "until": "2026-11-20T10:00:00Z", "since": "2026-11-19T10:00:00Z"}},
    "code": {"commit": "0a1b2c", "dirty": False}, "environment": {"packages": {"numpy": "2.4.6"}}, "seeds": {"seed": 1},
    "data": [{"name": "train", "digest": "sha256:" + "a1" * 32, "license": "MIT"}], "facts": {"x": 1, "domain": "credit"},
    "suites": [{"name": "s", "passed": True, "ran_at": "2026-11-20T10:00:00Z", "cases": 3}],
    "scans": [{"tool": "t", "ran_at": "2026-11-20T10:00:00Z", "completed": True, "findings": [{"severity": "low", "id": "x"}]}],
    "taken_back": [{"section": "metrics", "name": "old", "at": "2026-11-01", "by": "ann", "reason": "r"}],
    "notices": [{"kind": "borrowed-run", "what": "w"}], "tags": {"team": "a"}, "hyperparameters": {"depth": 3},
    "expires_at": "2027-01-01", "artifact": {"digest": "sha256:" + "b2" * 32},
}  # fmt: skip


EVALUATIONS = ("evidently", "garak", "great-expectations", "inspect", "lm-eval", "promptfoo")
RIGHT = (True, False, True)


@cache
def evaluations() -> dict[str, list[bytes]]:
    """Files of tools that evaluate, by their format."""
    tests = [made.foo_test(ending, ending) for ending in ("good", "bad", "idle", "half")]
    group = made.lm_group({"a": made.lm_samples(RIGHT), "b": made.lm_samples((True, True), prompt="q")})
    return {
        "evidently": _json(made.report("SUCCESS", "SUCCESS"), made.report("SUCCESS", "WARNING"), made.report()),
        "garak": [
            made.lined(made.garak(made.attack(), made.attack(4, 5, "other"))),
            made.lined(made.garak(made.attack(nones=2))),
        ],
        "great-expectations": _json(
            made.validation(made.expectation(), made.expectation()), made.validation(made.expectation(met=False))
        ),
        "inspect": [
            *_json(made.log(RIGHT), made.log((1, 0.5), epochs=2), made.log(RIGHT, scorer="model_graded_qa")),
            *(made.archive(made.log(RIGHT), method) for method in (0, 8)),
        ],
        "lm-eval": _json(group, made.lm_results({"say": made.lm_samples(RIGHT, filters=["a", "b"])})),
        "promptfoo": _json(
            made.foo_results(tests), made.foo_results([made.foo_test("good"), made.foo_test("broken", "b")])
        ),
    }


def _files(*patterns: str) -> list[bytes]:
    found = sorted(p for pattern in patterns for p in ROOT.glob(pattern) if p.is_file())
    return [data for p in found if 0 < len(data := p.read_bytes()) <= 24_000]


def _json(*values: Any) -> list[bytes]:
    return [json.dumps(v).encode() for v in values]


def made_policy(random: Random) -> bytes:
    """A policy made at random."""
    return Author(random).policy(random.choice((1, 2, 3))).encode()


def made_record(random: Random) -> bytes:
    """A record made at random."""
    return json.dumps(Registrar(random).record()).encode()


def made_policies() -> list[bytes]:
    """Some of them, the same each time."""
    return [Author(Random(seed)).policy(3).encode() for seed in range(6)]


def made_records() -> list[bytes]:
    """Some of them, the same each time."""
    return [made_record(Random(seed)) for seed in range(6)]


@cache
def of(name: str) -> list[bytes]:
    """The valid inputs of a door."""
    samples = {
        "clamav": "clamscan-*", "metric-frame": "frame*", "mlflow-evaluation": "mlflow-*", "model-card": "model-card*",
        "modelscan": "modelscan-*", "picklescan": "picklescan-*", "sarif": "bandit-*", "test-result": "test-result-*",
    }  # fmt: skip
    found = _files(f"tests/evidence/samples/{samples[name]}") if name in samples else []
    return found + _MORE.get(name, list)()


def contents() -> list[bytes]:
    """Files of a model's folder: texts, images, safetensors, pickles, archives."""
    import io
    import os
    import struct
    import zipfile
    import zlib

    class Runs:
        def __reduce__(self) -> Any:
            return os.getcwd, ()

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(zipfile.ZipInfo("a"), "b")
    size = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")
    pickles = [pickle.dumps(value, protocol) for protocol in range(6) for value in (Runs(), {"a": [1.5, "b"]})]
    texts = [b"plain text\n", b'{"a": 1}\n', b"c\n", b"\xef\xbb\xbftext"]
    gif = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
    jpeg = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xda\x00\x02scan\xff\x00\xff\xd9"
    return [
        *texts,
        png,
        gif,
        jpeg,
        jpeg + archive.getvalue(),
        struct.pack("<Q", len(header)) + header + b"\0" * 8,
        archive.getvalue(),
        *pickles,
    ]


_MORE = {
    "policy": lambda: (
        _files("policies/**/*.policy", "tests/corpus/**/*.policy", "tests/golden/**/*.policy") + made_policies()
    ),
    "expression": lambda: [
        *(b"accuracy >= 0.9", b"all accuracy.slices where samples >= 10 have value >= 80%", b'license like "GPL*"'),
        *(b'not (code.dirty or age of suite "s" > 30 days)', b'count of scan "t".findings <= 3', b"1 + 2 * 3 > 4 s"),
    ],
    "record.json": lambda: (
        _json(RECORD) + made_records() + _files("tests/corpus/records/*.json", "examples/**/models/**/*.json")
    ),
    "record.yaml": lambda: _files("tests/corpus/records/*.yaml", "examples/**/models/**/*.yaml"),
    "judged": lambda: _json(RECORD) + made_records(),
    "record": lambda: _json({k: RECORD[k] for k in ("metrics", "suites", "scans", "observations", "facts")}),
    "cases": lambda: _files("policies/**/*.cases.yaml"),
    "state": lambda: [STATE.encode()],
    "configuration": lambda: [text.encode() for text in TOML] + _files("examples/mlflow/policy.toml"),
    "tags": lambda: _json(
        {k: v if isinstance(v, str) else json.dumps(v) for k, v in RECORD.items()},
        {"code.commit": "abc", "facts.x": "1", "metrics.a": "0.5", "data": "train.csv", "environment": "prod"},
    ),
    "junit": lambda: [text.encode() for text in JUNIT],
    "prometheus": lambda: _json(*PROMETHEUS),
    **{name: lambda name=name: evaluations()[name] for name in EVALUATIONS},
    "samples": lambda: [
        made.lined(made.lm_samples(RIGHT, filters=["a", "b"])),
        made.lined(made.lm_samples((0.5, True))),
    ],
    "looked-at": lambda: [
        *(data for each in evaluations().values() for data in each),
        *_json(SARIF, TEST_RESULT, MODELSCAN, RECORD),
        JUNIT[0].encode(),
        made.lined(made.lm_samples(RIGHT)),
    ],
    "sarif": lambda: _json(SARIF),
    "modelscan": lambda: _json(MODELSCAN),
    "test-result": lambda: [
        *_json(TEST_RESULT),
        Envelope(dsse.STATEMENT, json.dumps(TEST_RESULT).encode(), (("", b"x"),)).text(),
    ],
    "clamav": lambda: [CLAMAV.encode()],
    "picklescan": lambda: [PICKLESCAN.encode()],
    "model-card": lambda: [CARD.encode(), b"---\nlicense: mit\n---\ntext\n"],
    "content": contents,
    "glob": lambda: [b"fraud*\nfraud-4", b"*a*b*\nxxaxxbxx", b"a\na", b"*\n", b"**a\naa"],
    "moment": lambda: [AT.encode(), b"2026-11-20", b"2026-11-20T10:00:00+02:00", b"1796000000"],
}
