"""Train a small model on real data and register it, with MLflow's own client; nothing here knows of a gate.

    python train.py --features 1     # looks at one of thirty features: too weak for its policy
    python train.py                  # looks at all of them
"""

import argparse
import os
import tomllib
from pathlib import Path

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

import mlflow
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, recall_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from letpass import capture_environment, seed_everything

HERE = Path(__file__).parent


def address() -> str:
    """The server's address, as the project's configuration has it."""
    return tomllib.loads((HERE / "policy.toml").read_text())["registry"].removeprefix("mlflow+")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--features", type=int, default=30)
    parser.add_argument("--author", default="anna@corp.example")
    given = parser.parse_args()
    count = given.features
    seeds = seed_everything(7)
    mlflow.set_tracking_uri(address())
    features, labels = load_breast_cancer(return_X_y=True)
    train_x, hold_x, train_y, hold_y = train_test_split(features[:, :count], labels, test_size=0.3, random_state=7)
    model = make_pipeline(StandardScaler(), LogisticRegression())
    with mlflow.start_run():
        mlflow.log_params({"features": count, "seed": 7})
        mlflow.log_input(mlflow.data.from_numpy(train_x, targets=train_y, name="train"), context="training")
        model.fit(train_x, train_y)
        logged = mlflow.sklearn.log_model(
            model, name="model", registered_model_name="cancer", pip_requirements=["scikit-learn", "numpy"]
        )
        holdout = mlflow.data.from_numpy(hold_x, targets=hold_y, name="holdout")
        found = model.predict(hold_x)
        for name, value in (("accuracy", accuracy_score(hold_y, found)), ("recall", recall_score(hold_y, found, pos_label=0))):
            mlflow.log_metric(name, value, model_id=logged.model_id, dataset=holdout)
    # what MLflow has no field for goes into tags that are called like the record's
    client = mlflow.MlflowClient()
    client.set_model_version_tag("cancer", logged.registered_model_version, "author", given.author)
    for name, seed in seeds.items():
        client.set_model_version_tag("cancer", logged.registered_model_version, f"seeds.{name}", str(seed))
    environment = capture_environment()
    for field in ("os", "cuda"):
        if field in environment:
            client.set_model_version_tag("cancer", logged.registered_model_version, f"environment.{field}", environment[field])
    print(f"registered cancer@{logged.registered_model_version}")


if __name__ == "__main__":
    main()
