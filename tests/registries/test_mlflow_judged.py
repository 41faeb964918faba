"""The assessments behind a mean of `mlflow.genai.evaluate`, as MLflow's client gives them: a mean that leaves something out is none."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from letpass.registries import mlflow_judged as judged

RUN = "r1"


def said(
    value: Any, *, name: str = "correct", judge: str = "openai:/judge-1", error: str | None = None, run: str = RUN,
    session: str = "", id_: str = "", overrides: str = "",
) -> Any:  # fmt: skip
    """One assessment, as MLflow's client has it."""
    source = SimpleNamespace(source_id=judge or "correct", source_type="LLM_JUDGE" if judge else "CODE")
    about = {"mlflow.assessment.sourceRunId": run, "mlflow.assessment.scorerDigest": "sha256:s"}
    if session:
        about["mlflow.trace.session"] = session
    return SimpleNamespace(
        name=name, feedback=SimpleNamespace(value=value, error=error), source=source, metadata=about,
        assessment_id=id_, overrides=overrides or None,
    )  # fmt: skip


def trace(number: int, *assessments: Any, session: str = "") -> Any:
    """One case of a run."""
    metadata = {"mlflow.trace.session": session} if session else {}
    return SimpleNamespace(
        trace_id=f"tr-{number}", trace_metadata=metadata, tags={"mlflow.eval.requestId": f"case-{number}"},
        assessments=list(assessments),
    )  # fmt: skip


def piece(value: float, *traces: Any, key: str = "correct/mean", whole: bool = True) -> tuple[dict[str, Any], str]:
    return judged.piece(judged.cases(traces, RUN, whole=whole), key, value)


def test_a_share_of_right_cases_has_all_that_a_confidence_asks_for() -> None:
    found, doubt = piece(0.5, trace(1, said("yes")), trace(2, said("no")))

    assert (doubt, found["samples"], found["successes"]) == ("", 2, 1)
    assert found["judge"] == {"model": "openai:/judge-1"}
    assert found["protocol"] == "sha256:s"
    assert found["outcomes"].keys() == {"cases", "right"}


def test_what_no_model_has_judged_has_no_judge() -> None:
    found, doubt = piece(2.5, trace(1, said(2, judge="")), trace(2, said(3.0, judge="")))

    assert (doubt, found["samples"]) == ("", 2)
    assert found.keys() == {"protocol", "samples"}


def test_two_judges_are_named_both() -> None:
    found, _ = piece(1.0, trace(1, said(True)), trace(2, said(True, judge="other:/judge")))

    assert found["judge"] == {"model": "openai:/judge-1, other:/judge"}


@pytest.mark.parametrize(
    ("value", "traces", "why"),
    [
        (1.0, [trace(1, said("yes")), trace(2, said(None, error="broke"))], "of 1 of 2 cases"),
        (1.0, [trace(1, said("yes")), trace(2)], "of 1 of 2 cases"),
        (1.0, [trace(1, said("yes")), trace(2, said("perhaps"))], "of 1 of 2 cases"),
        (1.0, [trace(1, said("yes"), said("yes")), trace(2, said("yes"))], "with several assessments `correct` of one case"),
        (1.0, [trace(1, said("yes")), trace(2, said("no"))], "and its 2 assessments come to 0.5"),
        (1.0, [trace(1, said("yes", id_="a"), said("no", run="people", overrides="a"))],
         "and 1 of 1 cases were judged otherwise since"),
        (1.0, [], "of cases whose traces are gone"),
    ],
)  # fmt: skip
def test_a_mean_that_leaves_something_out_is_none(value: float, traces: list[Any], why: str) -> None:
    assert piece(value, *traces)[1] == why


def test_more_cases_than_are_read_are_not_all_of_them() -> None:
    assert piece(1.0, trace(1, said("yes")), whole=False)[1] == "of more than 20,000 cases"


def test_another_aggregation_of_a_part_is_none_either() -> None:
    """The median of the cases that are left says nothing of the others."""
    one, other = trace(1, said(3, judge="")), trace(2, said(None, error="broke", judge=""))

    assert piece(3.0, one, key="correct/median")[1] == ""
    assert piece(3.0, one, other, key="correct/median")[1] == "of 1 of 2 cases"


def test_what_was_logged_beside_the_evaluation_is_as_it_was() -> None:
    assert piece(0.3, trace(1, said("yes")), key="loss") == ({}, "")


def test_a_case_that_was_asked_twice_has_no_outcomes() -> None:
    """Two runs on the same question are not one bit."""
    first, second = trace(1, said("yes")), trace(2, said("no"))
    second.tags = first.tags

    assert "outcomes" not in piece(0.5, first, second)[0]


def test_conversations_are_counted_by_session() -> None:
    """MLflow says what it thinks of a whole conversation at its first turn."""
    turns = [
        trace(1, said("yes", session="s1"), session="s1"), trace(2, session="s1"), trace(3, said("no", session="s2"), session="s2"),
    ]  # fmt: skip
    found, doubt = piece(0.5, *turns)

    assert (doubt, found["samples"], found["successes"], "outcomes" in found) == ("", 2, 1, False)
