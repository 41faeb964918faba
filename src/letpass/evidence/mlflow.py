"""Results of an MLflow evaluation: the `metrics.json` that `EvaluationResult.save` writes."""

from __future__ import annotations

from letpass.diagnostics import InvalidError
from letpass.evidence import sources
from letpass.evidence.interface import Asked, Part


def read(data: bytes, asked: Asked) -> Part:
    """Every metric under its own name; a value that is no number stays as it is written.

    asked: `data_set`, `units` and `ran_at`, none of which the file says.  Raises `InvalidError` for what is no flat mapping.
    """
    found = sources.json_mapping(data)
    if found and all(isinstance(v, dict) and "class_name" in v for v in found.values()):
        raise InvalidError("it lists artifacts: the metrics are in `metrics.json` beside it")
    if inner := next((k for k, v in found.items() if isinstance(v, dict | list)), None):
        raise InvalidError(f"no metrics of an evaluation: `{inner[:60]}` is no number")
    return sources.metrics(asked, {name: sources.measure(asked, name, value) for name, value in found.items()})
