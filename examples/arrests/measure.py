"""Metrics of a trained model: accuracy, recall per group, fairness, latency, error rate."""

from __future__ import annotations

import base64
import hashlib
import time
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from fairlearn.metrics import demographic_parity_ratio
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import Pipeline

import dataset

BOOTSTRAP_SEED = 0
BOOTSTRAP_ROUNDS = 1000
LATENCY_CALLS = 300
WARM_UP_CALLS = 20
PROBE_CHUNK = 2048

Metric = dict[str, Any]
Array = npt.NDArray[np.int64]


def share(successes: int, samples: int) -> Metric:
    """A share, with the counts that it comes from."""
    return {"value": round(successes / samples, 6), "samples": samples, "successes": successes}


def per_group(hits: pd.Series, among: pd.Series, rows: pd.DataFrame) -> Metric:
    """The share of `hits` among the rows `among`, over all rows and as slices per group."""
    slices = [
        {"group": name, **share(int((hits & among & member).sum()), int((among & member).sum()))}
        for name, member in dataset.groups(rows)
    ]
    return {**share(int((hits & among).sum()), int(among.sum())), "slices": slices}


def _codes(rows: pd.DataFrame, attribute: str) -> Array:
    """The attribute's values as numbers from 0."""
    return np.asarray(pd.factorize(rows[attribute], sort=True)[0], dtype=np.int64)


def _lowest_to_highest(predicted: Array, codes: Array) -> float:
    """Demographic parity ratio, as fairlearn has it, but fast enough for a thousand resamples."""
    rates = np.bincount(codes, weights=predicted) / np.bincount(codes)
    return float(rates.min() / rates.max())


def parity_resamples(predicted: Array, rows: pd.DataFrame, attributes: tuple[str, ...]) -> npt.NDArray[np.float64]:
    """Worst demographic parity ratio over the attributes, in each of the bootstrap resamples of the rows."""
    random = np.random.default_rng(BOOTSTRAP_SEED)
    codes = [_codes(rows, attribute) for attribute in attributes]
    draws = (random.integers(0, len(predicted), len(predicted)) for _ in range(BOOTSTRAP_ROUNDS))
    return np.array([min(_lowest_to_highest(predicted[d], c[d]) for c in codes) for d in draws])


def parity(predicted: Array, rows: pd.DataFrame, attributes: tuple[str, ...]) -> Metric:
    """Demographic parity ratio, the worst over the attributes, with a 95 % bootstrap interval."""
    ratios = [
        demographic_parity_ratio(predicted, predicted, sensitive_features=rows[attribute]) for attribute in attributes
    ]
    low, high = np.percentile(parity_resamples(predicted, rows, attributes), [2.5, 97.5])
    interval = {"low": round(float(low), 6), "high": round(float(high), 6), "level": 0.95}
    return {"value": round(float(min(ratios)), 6), "samples": len(predicted), "interval": interval}


def fairness(predicted: Array, rows: pd.DataFrame) -> dict[str, Metric]:
    """The worst ratio over all sensitive attributes, and the ratio of each."""
    each = {f"fairness_{name}": parity(predicted, rows, (name,)) for name in dataset.SENSITIVE}
    return {"fairness": parity(predicted, rows, dataset.SENSITIVE), **each}


def latency(model: Pipeline, rows: pd.DataFrame) -> dict[str, Metric]:
    """Median and 99th percentile of the time of predictions for one row, by the clock of this machine."""
    requests = [rows.iloc[[index % len(rows)]] for index in range(WARM_UP_CALLS + LATENCY_CALLS)]
    took = []
    for request in requests:
        begin = time.perf_counter()
        model.predict(request)
        took.append((time.perf_counter() - begin) * 1000)
    half, most = np.percentile(took[WARM_UP_CALLS:], [50, 99])
    return {
        "latency_p50": {"value": round(float(half), 3), "unit": "ms", "samples": LATENCY_CALLS},
        "latency_p99": {"value": round(float(most), 3), "unit": "ms", "samples": LATENCY_CALLS},
    }


def _failures(model: Pipeline, requests: pd.DataFrame) -> int:
    """How many of the requests the model cannot answer; a batch that raises is asked again row by row."""
    try:
        model.predict(requests)
    except Exception:  # noqa: BLE001 - any exception at all is what is counted here
        if len(requests) == 1:
            return 1
        return sum(_failures(model, requests.iloc[[index]]) for index in range(len(requests)))
    return 0


def error_rate(model: Pipeline, requests: pd.DataFrame) -> Metric:
    """Share of the requests on which a prediction raises; they are asked in batches to save time."""
    chunks = [requests.iloc[start : start + PROBE_CHUNK] for start in range(0, len(requests), PROBE_CHUNK)]
    failed = share(sum(_failures(model, chunk) for chunk in chunks), len(requests))
    return {**failed, "data_set": f"{dataset.NAME}, test rows and a grid of made-up requests"}


def outcomes(right: pd.Series, rows: pd.DataFrame) -> dict[str, str]:
    """One bit a case, and the digest of the cases: so two versions can be compared case by case."""
    contents = {str(at): hashlib.sha256(rows.loc[[at]].to_csv(index=False).encode()).hexdigest() for at in rows.index}
    ids = sorted(contents, key=str.encode)
    lines = "".join(f"{name}\t{contents[name]}\n" for name in ids)
    hits = {str(at): bool(hit) for at, hit in right.items()}
    bits = np.packbits([hits[name] for name in ids])  # the highest bit of a byte first, the last ones 0
    cases = "sha256:" + hashlib.sha256(lines.encode()).hexdigest()
    return {"cases": cases, "right": base64.b64encode(bits.tobytes()).decode()}


def accuracy(predicted: Array, data: dataset.Arrests) -> Metric:
    """Share of right predictions, and which ones they are."""
    right = pd.Series(predicted == data.test_released, index=data.test.index)
    return {**share(int(right.sum()), len(right)), "outcomes": outcomes(right, data.test)}


def everything(model: Pipeline, data: dataset.Arrests) -> dict[str, Metric]:
    """All metrics of the model on the test part."""
    predicted = np.asarray(model.predict(data.test), dtype=np.int64)
    freed = pd.Series(predicted == 1, index=data.test.index)
    was_freed = data.test_released == 1
    area = roc_auc_score(data.test_released, model.predict_proba(data.test)[:, 1])
    return {
        "accuracy": accuracy(predicted, data),
        "recall": per_group(freed, was_freed, data.test),
        "specificity": share(int((~freed & ~was_freed).sum()), int((~was_freed).sum())),
        "roc_auc": {"value": round(float(area), 6), "samples": len(predicted)},
        "selection_rate": per_group(freed, pd.Series(True, index=data.test.index), data.test),
        **fairness(predicted, data.test),
        **latency(model, data.test),
        "error_rate": error_rate(model, dataset.probes(data.test)),
    }
