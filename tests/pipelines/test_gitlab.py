"""The GitLab component, its script run as a runner runs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.pipelines import server
from tests.pipelines.files import gitlab_step, template
from tests.pipelines.server import HOSTILE, Done

pytestmark = pytest.mark.once

INPUTS: dict[str, str | int] = {"models": "models/fraud/2.yaml", "to": "production"}


def job_of(**inputs: str | int) -> dict[str, Any]:
    return template({**INPUTS, **{k.replace("_", "-"): v for k, v in inputs.items()}})["model-gate"]


@pytest.fixture(name="run")
def _run(checkout: Path, tools: Path) -> Any:
    """Run the job with some inputs, and variables that the platform sets."""

    def run(job: dict[str, Any], **more: str) -> Done:
        own = {
            "GITLAB_CI": "true", "CI_PROJECT_DIR": str(checkout), "CI_DEFAULT_BRANCH": "main",
            "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main", "CI_PIPELINE_SOURCE": "merge_request_event",
            "POLICY": str(tools / "policy"), "TMPDIR": str(checkout.parent), **more,
        }  # fmt: skip
        given = server.environment(checkout.parent / "home", tools, **own)
        return server.run(gitlab_step(job, {}), checkout, given)

    return run


def test_a_merge_request_cannot_weaken_its_judge(checkout: Path, run: Any) -> None:
    """Denied by main's policy; the three reports that GitLab shows are where the job says."""
    job = job_of()
    assert run(job).code == 1

    shown = {k: checkout / v for k, v in job["artifacts"]["reports"].items()}
    assert set(shown) == {"junit", "codequality", "dotenv"}
    assert all(path.is_file() for path in shown.values())
    said = dict(line.split("=", 1) for line in shown["dotenv"].read_text().splitlines())
    assert (said["LETPASS_VERDICT"], said["LETPASS_EXIT_CODE"]) == ("deny", "1")
    assert json.loads(shown["codequality"].read_text())[0]["location"]["path"] == "models/fraud/2.yaml"
    assert (checkout / "letpass-report/decision.html").is_file()
    assert not any(checkout.parent.rglob("pwned"))


def test_an_allowed_version_goes_on(run: Any) -> None:
    """Also two of them, with blanks between, and a gate that is installed first."""
    assert run(job_of(models="models/fraud/1.yaml")).code == 0
    assert run(job_of(models="models/fraud/1.yaml ./models/fraud/1.yaml", package="letpass-1.whl")).code == 0


def test_on_the_default_branch_its_own_policies_judge(run: Any) -> None:
    """There is no merge request then."""
    assert run(job_of(), CI_MERGE_REQUEST_TARGET_BRANCH_NAME="").code == 1
    assert run(job_of(policy_ref="other/branch")).code == 1
    assert run(job_of(policy_ref="nowhere", models="models/fraud/1.yaml")).code != 0


@pytest.mark.parametrize("name", ["models", "to", "policy_ref", "champion", "statements", "reports", "package"])
def test_hostile_inputs_are_only_words(checkout: Path, run: Any, name: str) -> None:
    """Whatever an input holds, no shell runs it, and nothing is allowed by it."""
    for value in HOSTILE:
        done = run(job_of(**{name: value}))
        assert (done.code != 0, any(checkout.parent.rglob("pwned"))) == (True, False), value


def test_only_an_undecided_move_can_be_tolerated() -> None:
    """By default no exit code of the gate is, and a denial never."""
    assert job_of()["allow_failure"] == {"exit_codes": [99]}
    assert job_of(tolerate=3)["allow_failure"] == {"exit_codes": [3]}


def test_without_models_all_that_the_merge_request_changes_is_judged(checkout: Path, run: Any) -> None:
    """The one that weakens its policies, a good one, and one that edits the state and no record."""
    assert run(job_of(models="")).code == 1
    for files, code in ((server.GOOD, 0), (server.STATE, 1)):
        server.bring(checkout, **files)
        assert run(job_of(models="")).code == code
