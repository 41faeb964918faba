"""Move an alias with MLflow's own client, as anybody can: `python move.py cancer production 1`."""

import os
import sys

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from train import address

name, alias, version = sys.argv[1:]
try:
    MlflowClient(address(), address()).set_registered_model_alias(name, alias, version)
    print(f"{alias} is version {version} of {name}")
except MlflowException as error:
    print(f"HTTP {error.get_http_status_code()}  {error}")
    sys.exit(1)
