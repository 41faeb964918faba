"""Makes files of lm-eval with a model that is a function of the prompt: `python make_lm_eval.py FOLDER`, where lm-eval is installed.

For each of the runs `champion`, `candidate`, `shots` and `limited` a folder with `results_*.json` and `samples_*.jsonl`, and in
`objects.json` what `record_from` makes of the object that `simple_evaluate` returns.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}

from lm_eval.api.model import LM
from lm_eval.evaluator import simple_evaluate
from lm_eval.loggers import EvaluationTracker
from lm_eval.tasks import TaskManager

CASES = 40
TASK = """task: {name}
dataset_path: json
dataset_kwargs: {{data_files: {{test: {file}}}}}
test_split: test
fewshot_split: test
doc_to_text: "{name}: Is {{{{number}}}} even?"
"""
CHOICE = """output_type: multiple_choice
doc_to_choice: ["yes", "no"]
doc_to_target: "{{answer}}"
metric_list: [{metric: acc, aggregation: mean, higher_is_better: true}]
"""
SAID = """output_type: generate_until
doc_to_target: "{{word}}"
generation_kwargs: {until: ["\\n"], temperature: 0.0, do_sample: false}
metric_list: [{metric: exact_match, aggregation: mean, higher_is_better: true}]
filter_list:
  - {name: strict, filter: [{function: take_first}]}
  - {name: lenient, filter: [{function: lowercase}, {function: take_first}]}
"""
GROUP = "group: parity\ntask: [choose, choose_again]\naggregate_metric_list: [{metric: acc, weight_by_size: true}]\n"


class Fixed(LM):
    """Answers rightly unless a number drawn from the prompt is below `wrong` of a hundred."""

    def __init__(self, wrong: int) -> None:
        super().__init__()
        self.wrong = wrong

    def _right(self, prompt: str) -> bool:
        asked = prompt.rpartition("Is ")[2]
        return int(hashlib.sha256(asked.encode()).hexdigest(), 16) % 100 >= self.wrong

    def _says(self, prompt: str) -> str:
        even = int(prompt.rpartition("Is ")[2].split()[0]) % 2 == 0
        return "yes" if even == self._right(prompt) else "no"

    def loglikelihood(self, requests: Any, disable_tqdm: bool = False) -> list[tuple[float, bool]]:
        return [(-1.0 if self._says(r.args[0]) == r.args[1].strip() else -3.0, False) for r in requests]

    def generate_until(self, requests: Any, disable_tqdm: bool = False) -> list[str]:
        says = [self._says(r.args[0]) for r in requests]
        return [
            said.upper() if self._right(f"loud {r.args[0]}") else said for said, r in zip(says, requests, strict=True)
        ]

    def loglikelihood_rolling(self, requests: Any, disable_tqdm: bool = False) -> list[float]:
        return [0.0 for _ in requests]


def main(folder: Path) -> None:
    """Make them."""
    from letpass import record_from

    tasks = folder / "tasks"
    tasks.mkdir(parents=True)
    rows = [{"number": n, "answer": n % 2, "word": "no" if n % 2 else "yes"} for n in range(CASES)]
    (folder / "cases.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for name, kind in (("choose", CHOICE), ("choose_again", CHOICE), ("say", SAID)):
        (tasks / f"{name}.yaml").write_text(TASK.format(name=name, file=folder / "cases.jsonl") + kind)
    (tasks / "parity.yaml").write_text(GROUP)
    objects = {}
    for run, wrong, how in (
        ("champion", 30, {}),
        ("candidate", 10, {}),
        ("shots", 10, {"num_fewshot": 2}),
        ("limited", 10, {"limit": 5}),
    ):
        found = simple_evaluate(
            Fixed(wrong), tasks=["parity", "say"], task_manager=TaskManager(include_path=str(tasks), include_defaults=False),
            log_samples=True, bootstrap_iters=0 if run == "shots" else 100_000, random_seed=3, **how,
        )  # fmt: skip
        objects[run] = record_from(found, data_set="parity")
        samples = found.pop("samples")
        tracker = EvaluationTracker(output_path=str(folder / run))
        tracker.save_results_aggregated(results=found, samples=samples)
        for task, each in samples.items():
            tracker.save_results_samples(task_name=task, samples=each)
    (folder / "objects.json").write_text(json.dumps(objects))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
