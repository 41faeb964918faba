#!/usr/bin/env bash
# Makes the samples anew with the tools themselves.  Wants Python, and clamscan (`apt-get install clamav`); each Python
# tool gets an environment of its own in a temporary folder, since their requirements clash.
# MLFLOW=PYTHON: an interpreter that has mlflow 3.17.2, which is large, already.
set -euo pipefail

out=$(cd "$(dirname "$0")" && pwd)
src=$(cd "$out/../../../src" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

tool() { # NAME REQUIREMENT…: an environment, once
  python3 -m venv "env/$1" && "env/$1/bin/pip" install --quiet --disable-pip-version-check "${@:2}"
}
scrub() { # FILE: no path of this machine stays in a sample
  sed -e "s#$work/#scan/#g" -e "s#$work#scan#g" "$1"
}
ends() { # CODE COMMAND…: runs it, and wants this exit code
  local code=0
  "${@:2}" || code=$?
  [ "$code" = "$1" ] || { echo "exit code $code, not $1: ${*:2}" >&2; exit 1; }
}

# a pickle that runs a command when it is loaded, a clean one, one that is cut off, and a folder without any
mkdir bad clean cut none code tidy
python3 - <<'PYTHON'
import os
import pickle
from pathlib import Path


class Bad:
    def __reduce__(self):
        return os.system, ("echo pwned",)


good = pickle.dumps({"weights": [1, 2]}, protocol=2)
Path("bad/bad.pkl").write_bytes(pickle.dumps(Bad(), protocol=2))
Path("bad/good.pkl").write_bytes(good)
Path("clean/good.pkl").write_bytes(good)
Path("cut/cut.pkl").write_bytes(good[:-9])
Path("none/notes.txt").write_text("nothing to scan\n")
Path("code/train.py").write_text("import pickle\n\nmodel = pickle.load(open('m.pkl', 'rb'))\nassert model\n")
Path("tidy/train.py").write_text("print('trained')\n")
PYTHON

tool modelscan modelscan==0.8.8
for each in bad:1 clean:0 cut:3 none:3; do
  ends "${each#*:}" env/modelscan/bin/modelscan -p "${each%:*}" -r json -o report.json > /dev/null
  scrub report.json > "$out/modelscan-${each%:*}.json"
done

tool picklescan picklescan==1.0.5
for each in bad:1 clean:0 cut:0 none:0; do
  ends "${each#*:}" env/picklescan/bin/picklescan -p "${each%:*}" > report.txt 2>&1
  scrub report.txt > "$out/picklescan-${each%:*}.txt"
done

# a signature of our own, so that no database is downloaded: the text in the bad pickle
printf 'Letpass.Sample.Pickle:0:*:6563686f2070776e6564\n' > own.ndb
mkdir empty
for each in bad:1 clean:0 empty:0 missing:2; do
  ends "${each#*:}" clamscan --database=own.ndb --recursive "${each%:*}" > report.txt 2>&1
  scrub report.txt > "$out/clamscan-${each%:*}.txt"
done

tool bandit 'bandit[sarif]==1.9.4'
for each in code:1 tidy:0; do
  ends "${each#*:}" env/bandit/bin/bandit --quiet --format sarif --recursive "${each%:*}" --output report.sarif
  scrub report.sarif > "$out/bandit-${each%:*}.sarif"
done

tool fairlearn fairlearn==0.15.0 scikit-learn==1.9.1 pandas
# what it imports of the project needs none of the requirements
PYTHONPATH="$src" env/fairlearn/bin/python - "$out" <<'PYTHON'
import sys

import pandas
from fairlearn.metrics import MetricFrame, count, selection_rate
from sklearn.metrics import accuracy_score

from letpass import save_metric_frame

out = sys.argv[1]
truth, said = [0, 1, 1, 0, 1, 0, 1, 1], [0, 1, 1, 0, 0, 0, 1, 1]
sex, race = list("FFMMFMMM"), list("abababab")
metrics = {"selection_rate": selection_rate, "accuracy": accuracy_score, "count": count}


def frame(predictions, features, which=metrics):
    return MetricFrame(metrics=which, y_true=truth, y_pred=predictions, sensitive_features=pandas.DataFrame(features))


save_metric_frame(frame(said, {"sex": sex}), f"{out}/frame.json", data_set="holdout")
save_metric_frame(frame(said, {"sex": sex, "race": race}), f"{out}/frame-two-features.json", data_set="holdout")
save_metric_frame(frame(said, {"sex": ["F"] * 8}), f"{out}/frame-one-group.json", data_set="holdout")
save_metric_frame(frame([0] * 8, {"sex": sex}, {"selection_rate": selection_rate}), f"{out}/frame-nobody-chosen.json")
save_metric_frame(frame(said, {"sex": sex}, accuracy_score), f"{out}/frame-one-metric.json", samples={"sex=F": 3, "sex=M": 5})
PYTHON

[ -n "${MLFLOW:-}" ] || { tool mlflow mlflow==3.17.2; MLFLOW=env/mlflow/bin/python; }
MLFLOW_DISABLE_TELEMETRY=true MLFLOW_TRACKING_URI=sqlite:///runs.db "$MLFLOW" -W ignore - <<'PYTHON'
import mlflow
import mlflow.metrics
import pandas

frame = pandas.DataFrame({"x": [1, 2, 3, 4], "y": [0, 1, 1, 0], "p": [0, 1, 0, 0]})


def nan(predictions, targets):
    return mlflow.metrics.MetricValue(aggregate_results={"mean": float("nan")})


drift = mlflow.metrics.make_metric(eval_fn=nan, greater_is_better=True, name="drift")
with mlflow.start_run():
    done = mlflow.models.evaluate(
        data=frame, targets="y", predictions="p", model_type="classifier", evaluators=["default"], extra_metrics=[drift]
    )
done.save("evaluation")
PYTHON
scrub evaluation/metrics.json > "$out/mlflow-metrics.json"
scrub evaluation/artifacts_metadata.json > "$out/mlflow-artifacts_metadata.json"

tool hub huggingface_hub==2.4.0 in-toto-attestation==0.9.3
env/hub/bin/python - "$out" <<'PYTHON'
import sys
from pathlib import Path

from google.protobuf import json_format
from huggingface_hub import EvalResult, ModelCard, ModelCardData
from in_toto_attestation.predicates.test_result.v0.test_result_pb2 import TestResult
from in_toto_attestation.v1.resource_descriptor import ResourceDescriptor
from in_toto_attestation.v1.statement import Statement

out = Path(sys.argv[1])
on = {"task_type": "tabular-classification", "dataset_type": "corp/events", "dataset_name": "Events 2026"}
on |= {"dataset_config": "emea", "dataset_split": "test"}
other = {"task_type": "tabular-classification", "dataset_type": "corp/other", "dataset_name": "Other"}
run = {"source_url": "https://example.org/run/4", "source_name": "run 4"}
results = [
    EvalResult(**on, **run, metric_type="accuracy", metric_value=0.91, metric_name="Accuracy"),
    EvalResult(**on, **run, metric_type="bleu", metric_value="20.0 +- 1.2", verified=True, verify_token="token"),
    EvalResult(**other, metric_type="accuracy", metric_value=float("nan")),
]
card = ModelCardData(language="no", license="apache-2.0", model_name="churn", tags=["tabular"], eval_results=results)
ModelCard(f"---\n{card.to_yaml()}\n---\n\n# Churn\n\n---\n\nWhat it is for.\n").save(out / "model-card.md")

for name, result, failed in (("passed", "PASSED", []), ("failed", "FAILED", ["c"])):
    predicate = TestResult(result=result, url="https://ci.example/run/7", passed_tests=["a", "b"], failed_tests=failed)
    predicate.configuration.append(ResourceDescriptor(name="Fairness Check", uri="https://ci.example/suite").pb)
    subject = ResourceDescriptor(name="churn.onnx", digest={"sha256": "a" * 64}).pb
    type_ = "https://in-toto.io/attestation/test-result/v0.1"
    statement = Statement([subject], type_, json_format.MessageToDict(predicate))
    statement.validate()
    (out / f"test-result-{name}.json").write_text(json_format.MessageToJson(statement.pb, indent=1) + "\n")
PYTHON

if grep -rlE --exclude=make.sh "$work|$HOME/|/tmp/|/home/" "$out"; then
  echo "a path of this machine is left in these" >&2
  exit 1
fi
