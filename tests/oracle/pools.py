"""The names and values that random policies and records share, so that they meet at their bounds."""

from __future__ import annotations

from tests.oracle.values import date

TODAY = "2026-11-23T12:00:00Z"
NOW = date(TODAY) or 0
DATES = (
    TODAY, "2026-11-22T12:00:00Z", "2026-11-16T12:00:00Z", "2026-11-16T11:59:59Z", "2026-11-16T13:00:00+01:00",
    "2026-10-24T12:00:00Z", "2026-10-24 11:59:59Z", "2026-11-20", "2026-11-23", "2026-01-01", "2025-11-23T12:00:00Z",
)  # fmt: skip
LATER = ("2026-11-23T12:00:01Z", "2026-11-24", "2027-12-02", "2027-12-02T00:00:01Z")
NO_DATES = ("2026-02-31", "2026-11-20T09:00:00", "20.11.2026", "yesterday", "", None, 20261120, True)
AGES = (("7", "days"), ("30", "days"), ("1", "day"), ("168", "hours"), ("1", "week"), ("604800", "s"), ("2", "minutes"))

NUMBERS = {
    "ratio": ("0", "0.0001", "0.01", "0.05", "0.1", "0.5", "0.8", "0.85", "0.9", "0.912345678901234", "0.95", "1"),
    "number": ("-3", "0", "0.1", "0.3", "1", "2.5", "10", "100", "123456789.012345", "-0.000001"),
    "count": ("0", "1", "2", "20", "30", "99", "100", "101", "1000"),
    "duration": ("0.05", "0.049", "0.1", "0.3", "1", "7", "60", "0.000123456789012", "86400"),
    "size": ("0", "1000", "1500", "2000000", "2048000", "1500000000", "48211"),
}
"""In seconds, bytes and shares of 1."""
UNITS = {"duration": ("ms", "s", "us", "minutes", "seconds"), "size": ("B", "kB", "MB", "GB"), "ratio": ("%", "")}
DATA_SETS = ("holdout", "test set", "easy-2026")
DIGESTS = ("sha256:" + "0a" * 32, "sha256:" + "0b" * 32, "sha256:0f3a", "sha512:" + "ab" * 64, "sha384:" + "1f" * 48)
IMAGES = (
    "registry.example/train@" + DIGESTS[0], "registry.example/train:7", DIGESTS[3], "a@b@" + DIGESTS[4], "x@sha256:0f3a", "",
    "sha256:" + "0A" * 32, DIGESTS[0] + " ", "registry.example/train" + DIGESTS[0],
)  # fmt: skip
COMMIT = "4f1c0de2"
SERVICES = ("ci", "lab")
SUITES = ("Fairness Check", "smoke")
TOOLS = ("modelscan", "trivy")
GROUPS = ("sex=Female", "sex=Male", "region=north", "all")
ROLES = ("validator", "risk", "maker")

TEXTS: dict[str, tuple[str, ...]] = {
    "model": ("churn", "fraud"),
    "version": ("7", "1.10"),
    "license": ("MIT", "Apache-2.0", "GPL-3.0", "mit", ""),
    "stage": ("staging", "production", "Production"),
    "code.repository": ("git.corp.example/churn", "s3://code", " "),
    "code.commit": (COMMIT, COMMIT, "", "deadbeef"),
    "artifact.uri": ("s3://models/churn-7.onnx", "models/a.pkl", "s3://models/"),
    "artifact.digest": DIGESTS,
    "artifact.format": ("onnx", "joblib", "and"),
    "environment.image": IMAGES,
    "environment.python": ("3.11", "3.12.1"),
    "environment.cuda": ("none", "12.4"),
    "environment.os": ("debian 12", "recorded"),
    "model_card": ("docs/card.md", "", "  "),
    "name": ("events-2026", "torch", "numpy", "smoke", "Fairness Check"),
    "uri": ("s3://data/events", "file.csv"),
    "digest": DIGESTS,
    "group": GROUPS,
    "source": ("run 7", ""),
    "split": ("train", "test"),
    "unit": ("ms", "%", "s"),
    "data_set": DATA_SETS,
    "data_digest": ("sha256:aa", "sha256:bb"),
    "tool": TOOLS,
    "id": ("CVE-2026-1", "PKL-1", "a*b"),
    "title": ("pickle", "line\nline", ""),
    "component": ("weights.pkl", "torch", "a.b"),
    "fixed_in": ("2.1", ""),
    "endpoint": ("https://a.example", "https://b.example"),
    "environment": ("shadow", "eu-west", "canary"),
    "kind": ("borrowed-run", "late-metric"),
    "what": ("odd", ""),
    "tags.team": ("risk", "ads", ""),
    "tags.tier": ("gold", "1.10"),
    "hyperparameters.optimizer": ("adam", "sgd", ""),
    "facts.owner_team": ("risk", "ads"),
    "note": ("fine", "", "not"),
    "review.board": ("emea", "apac"),
}


def texts(key: str) -> tuple[str, ...]:
    """What may stand in a text's place; of a field that is new to this list anything."""
    return TEXTS.get(key, ("some text", "other", ""))


ENUMS = {
    "domain": ("credit", "hiring", "ads"),
    "tier": ("bronze", "silver", "gold"),
}
PATTERNS = ("*", "s3://models/*", "*.pkl", "sha256:*", "a*b", "*e*", "", "MIT", "?IT", "[a-z]*")
