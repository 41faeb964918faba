"""What MLflow by itself says to four calls that a gate would look at, in a database of its own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def answers() -> dict[str, str]:
    """Each call, and `done`, or the code of the refusal."""
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    with tempfile.TemporaryDirectory() as place:
        client = MlflowClient(f"sqlite:///{place}/mlflow.db")
        run = client.create_run(client.create_experiment("e", artifact_location=Path(place).as_uri()))
        client.set_terminated(run.info.run_id)
        client.create_registered_model("fraud")
        version = client.create_model_version("fraud", Path(place).as_uri(), run.info.run_id).version
        calls: dict[str, Callable[[], object]] = {
            "the alias `production` on a version without a metric": lambda: client.set_registered_model_alias(
                "fraud", "production", version
            ),
            "a metric `accuracy` of 0.99 into its run, which has ended": lambda: client.log_metric(
                run.info.run_id, "accuracy", 0.99
            ),
            "another `accuracy`, of NaN": lambda: client.log_metric(run.info.run_id, "accuracy", float("nan")),
            "a tag `approved_by: vera`, by anybody": lambda: client.set_model_version_tag(
                "fraud", version, "approved_by", "vera"
            ),
        }
        found = {}
        for name, call in calls.items():
            try:
                call()
                found[name] = "done"
            except MlflowException as refused:
                found[name] = refused.error_code
    return found
