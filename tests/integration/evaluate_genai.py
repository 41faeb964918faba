"""Evaluate a logged model by `mlflow.genai.evaluate`, with a judge that is no model: MODEL-ID, how many cases, on how many the judge breaks."""

from __future__ import annotations

import sys

import mlflow
from mlflow.entities import AssessmentSource, Feedback
from mlflow.genai.scorers import scorer


@scorer  # type: ignore[untyped-decorator]
def correct(inputs: dict[str, int], outputs: str) -> Feedback:
    """Right where the answer is yes; breaks on the last cases."""
    if inputs["case"] >= WHOLE:
        raise ValueError("the judge does not answer")
    source = AssessmentSource(source_type="LLM_JUDGE", source_id="openai:/judge-1")
    return Feedback(value=outputs, source=source)


@scorer  # type: ignore[untyped-decorator]
def length(outputs: str) -> int:
    """How long an answer is, which no model judges."""
    return len(outputs)


model, many, broken = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
WHOLE = many - broken
data = [{"inputs": {"case": n}, "outputs": "no" if n % 5 == 0 else "yes"} for n in range(many)]
mlflow.genai.evaluate(data=data, scorers=[correct, length], model_id=model)
