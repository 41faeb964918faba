"""The record's schema: one table, from which come the reader, the vocabulary and the JSON Schema."""

from __future__ import annotations

from letpass.language.kinds import FIELD as KIND
from letpass.language.kinds import KINDS
from letpass.language.types import Field, Group, Listing, Measures, OpenMap, Shape, Type, Vocabulary

RISKS = ("low", "medium", "high", "critical")
SEVERITIES = ("info", "low", "medium", "high", "critical")

_text = Type("text")
_date = Type("date")
_flag = Type("flag")
_count = Type("count")
_number = Type("number")
_ratio = Type("ratio")

_INTERVAL = Group(
    {
        "low": Field(_number, "lower bound, in the metric's unit"),
        "high": Field(_number, "upper bound, in the metric's unit"),
        "level": Field(_ratio, "confidence level of the two-sided interval, 0.95 for 95 %"),
    },
    "a confidence interval that the producer computed",
)
_ESTIMATE: dict[str, Shape] = {
    "value": Field(_number, "the number, in `unit`", required=True),
    "samples": Field(_count, "how many cases it was measured on"),
    "successes": Field(_count, "of `samples`, where the value is a share"),
    "clusters": Field(_count, "of how many independent groups the samples are, where they are not independent"),
    "standard_error": Field(_number, "in the metric's unit"),
    "interval": _INTERVAL,
}
_MEASURED: dict[str, Shape] = {
    **_ESTIMATE,
    "outcomes": Group(
        {
            "cases": Field(
                _text, "digest of the cases: SHA-256 over a line `ID TAB DIGEST-OF-ITS-CONTENT` each, by ID"
            ),
            "right": Field(_text, "one bit a case in that order, 1 where it was right; base64, highest bit first"),
        },
        "which cases were right",
    ),
    "judge": Group(
        {
            "model": Field(_text, "which model judges, in which version"),
            "right": Field(_count, "how many cases people found right, of those that it judged too"),
            "right_of_right": Field(_count, "how many of these it found right"),
            "wrong": Field(_count, "how many cases people found wrong, of those that it judged too"),
            "wrong_of_wrong": Field(_count, "how many of these it found wrong"),
        },
        "the model that said which cases are right, and how often it agrees with people",
    ),
}
_METRIC: dict[str, Shape] = {
    **_MEASURED,
    "unit": Field(_text, "the unit of the value: `%`, `ms`, `s`, `MB`, …; none: as the policy declares"),
    "data_set": Field(_text, "name of the data set that it was measured on"),
    "data_digest": Field(_text, "digest of that data set"),
    "split": Field(_text, "which part of the data set"),
    "protocol": Field(_text, "digest of how it was measured: tool, task, prompts, shots, settings, judge"),
    "tries": Field(_count, "how many candidates were measured before this one was chosen, itself counted", least=1),
    "measured_at": Field(_date, "when"),
    "source": Field(_text, "the run, script or service that measured it"),
    "slices": Listing(
        {"group": Field(_text, "which group, such as `sex=Female`", required=True), **_MEASURED},
        "the same metric per group",
    ),
}
_OBSERVATION: dict[str, Shape] = {
    **_ESTIMATE,
    "unit": _METRIC["unit"],
    "since": Field(_date, "begin of the window"),
    "until": Field(_date, "end of the window"),
    "source": Field(_text, "the monitoring system or query"),
}
_FINDING: dict[str, Shape] = {
    "id": Field(_text, "the rule or advisory that matched"),
    "severity": Field(Type("order", SEVERITIES), "info < low < medium < high < critical", required=True),
    "title": Field(_text, "what was found"),
    "component": Field(_text, "file or package that it was found in"),
    "fixed_in": Field(_text, "version that mends it"),
    "disclosed_at": Field(_date, "when it became public"),
}

SHAPES: dict[str, Shape] = {
    "model": Field(_text, "name of the model", required=True),
    "version": Field(_text, "version of the model", required=True),
    "stage": Field(_text, "the stage that it is in now"),
    "author": Field(_text, "who made it"),
    "registered_at": Field(_date, "when it was registered"),
    "risk": Field(Type("order", RISKS), "low < medium < high < critical"),
    "license": Field(_text, "SPDX identifier"),
    "tags": OpenMap(_text, "free texts of the registry"),
    "code": Group(
        {
            "repository": Field(_text, "where the training code is"),
            "commit": Field(_text, "exact commit"),
            "dirty": Field(_flag, "true when the work tree had changes that no commit holds"),
            "author": Field(_text, "author of the commit"),
        },
        "the code that trained it",
        needs=("commit",),
    ),
    "data": Listing(
        {
            "name": Field(_text, "name of the data set", required=True),
            "version": Field(_text, "its version"),
            "digest": Field(_text, "its digest"),
            "license": Field(_text, "SPDX identifier"),
            "uri": Field(_text, "where it is"),
        },
        "the data sets that it was trained on",
    ),
    "hyperparameters": OpenMap(None, "as given to the trainer; any values"),
    "artifact": Group(
        {
            "uri": Field(_text, "where the model's bytes are"),
            "digest": Field(_text, "sha256:… or dirHash1:…"),
            "size": Field(Type("size", unit="B"), "in bytes"),
            "format": Field(_text, "such as onnx, safetensors, joblib"),
        },
        "the model's binary",
        needs=("digest",),
    ),
    "environment": Group(
        {
            "image": Field(_text, "container image, pinned by its digest"),
            "python": Field(_text, "version of Python"),
            "packages": Listing(
                {
                    "name": Field(_text, "name of the package", required=True),
                    "version": Field(_text, "exact version"),
                    "license": Field(_text, "SPDX identifier"),
                    "deprecated": Field(_flag, "true when its makers no longer maintain this version"),
                },
                "installed packages",
                key="name",
                short="version",
            ),
            "cuda": Field(_text, "version of CUDA, `none` without"),
            "os": Field(_text, "operating system"),
        },
        "the software that it was trained with",
    ),
    "seeds": OpenMap(_number, "random seeds by what they seed"),
    "metrics": Measures(_METRIC, "what was measured before deployment"),
    "suites": Listing(
        {
            "name": Field(_text, "name of the suite", required=True),
            "passed": Field(_flag, "did the run end well"),
            "score": Field(_ratio, "share of what was asked that was reached, 0 to 1"),
            "cases": Field(_count, "how many cases ran"),
            "flaky": Field(_count, "how many cases failed first and passed when they ran again"),
            "reruns": Field(_count, "how many times a case ran again"),
            "unread": Field(_text, "what could not be read as passed or failed, and why"),
            "ran_at": Field(_date, "when"),
            "source": Field(_text, "the run that it comes from"),
        },
        "runs of test suites; of each suite the newest counts",
    ),
    "scans": Listing(
        {
            "tool": Field(_text, "name of the scanner", required=True),
            "version": Field(_text, "its version"),
            "ran_at": Field(_date, "when"),
            "completed": Field(_flag, "did it run to its end and look at everything"),
            "scanned": Field(_count, "how many files or components it looked at"),
            "unread": Field(_text, "what it did not look at or could not read, and why"),
            "left_out": Field(_text, "what it did not look at and need not: text, images, weights, by their content"),
            "findings": Listing(_FINDING, "what it found"),
        },
        "runs of scanners; of each tool the newest counts that found something or was whole",
    ),
    "deployments": Listing(
        {
            "endpoint": Field(_text, "address that serves it", required=True),
            "environment": Field(_text, "such as eu-west, shadow, canary"),
            "since": Field(_date, "when it went there"),
            "digest": Field(_text, "digest of the artifact that is served"),
        },
        "where it is served",
    ),
    "observations": Measures(_OBSERVATION, "what was measured in production", several=False),
    "notices": Listing(
        {
            "kind": Field(_text, "such as borrowed-run, late-metric, replaced-files", required=True),
            "what": Field(_text, "what was noticed"),
        },
        "what the registry's reader found odd about the version",
    ),
    "taken_back": Listing(
        {
            "section": Field(_text, "such as `metrics`, `suites`, `scans`, `facts`, `license`", required=True),
            "name": Field(_text, "of the metric, suite, tool or fact"),
            "data_set": Field(_text, "of a metric the data set, where the claim named one"),
            "at": Field(_date, "when; what was measured until then counts no more"),
            "by": Field(_text, "who took it back"),
            "reason": Field(_text, "why"),
        },
        "claims that somebody took back; they stay in the record",
    ),
    "model_card": Field(_text, "where the model card is"),
    "expires_at": Field(_date, "after this it must not be served"),
    "facts": OpenMap(Type("open"), "facts that policies declare; no lists"),
}

LATER = frozenset({"stage", "deployments", "observations"})
"""What changes while a version lives; a request binds the rest."""

LISTED = frozenset({"artifact", "environment"})
"""What a registry's listing may not have whole: the version's own files say it."""

IDENTITY = frozenset(
    {"model", "version", "author", "registered_at", "code", "data", "hyperparameters", "artifact", "environment"}
)
"""Who a version is: it stays as registered, and nothing is added to it.  Everything else is evidence, which may grow."""

_KIND = Field(
    Type("choice", KINDS), "what the registry has it as: a model, a prompt or an application; no record says it"
)
VOCABULARY = Vocabulary({**SHAPES, KIND: _KIND})
