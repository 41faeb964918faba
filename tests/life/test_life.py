"""The life of versions, against a model of it that was written from the documentation."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.life.machine import Life


def test_a_life_on_a_folder_goes_as_the_documents_say() -> None:
    """The same walk in every run."""
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=20, stateful_step_count=40, deadline=None, derandomize=True, database=None,
            suppress_health_check=list(HealthCheck), phases=(Phase.generate,),
        ),
    )  # fmt: skip
