"""The samples for Azure Pipelines and Jenkins, their scripts run as the agents run them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.pipelines import server
from tests.pipelines.files import Step, azure_steps, jenkins_step
from tests.pipelines.server import HOSTILE, Done

pytestmark = pytest.mark.once


@pytest.fixture(name="azure")
def _azure(checkout: Path, tools: Path) -> Any:
    """Run the steps, with some variables of the pipeline and of the platform."""

    def run(target: str = "refs/heads/main", **variables: str) -> Done:
        own = {
            "TF_BUILD": "True", "BUILD_SOURCESDIRECTORY": str(checkout), "AGENT_TEMPDIRECTORY": str(checkout.parent / "temp"),
            "SYSTEM_PULLREQUEST_TARGETBRANCH": target, "POLICY": str(tools / "policy"),
        }  # fmt: skip
        given = server.environment(checkout.parent / "home", tools, **own)
        steps = azure_steps({"GATE_PACKAGE": "letpass.whl", "LETPASS_TRUST_ROOT": "", **variables})
        return server.run_all(steps, checkout, given)

    return run


@pytest.fixture(name="jenkins")
def _jenkins(checkout: Path, tools: Path) -> Any:
    """Run the gate's script, with some of its variables others."""

    def run(**variables: str) -> Done:
        own = {
            "JENKINS_URL": "https://jenkins.corp.example/", "WORKSPACE": str(checkout), "CHANGE_TARGET": "main",
            "WORKSPACE_TMP": str(checkout.parent / "temp"), "GATE_PACKAGE": "letpass.whl", "POLICY": str(tools / "policy"),
        }  # fmt: skip
        step = jenkins_step()
        given = server.environment(checkout.parent / "home", tools, **own)
        return server.run(Step(*step[:3], {**step.environment, **variables}), checkout, given)

    return run


def test_azure_is_told_of_a_denial(checkout: Path, azure: Any) -> None:
    """Annotations, the summary and the variables are in its log, and the tests it publishes are there."""
    done = azure(models="models/fraud/2.yaml")

    assert done.code == 1
    assert "##vso[task.logissue type=error" in done.err
    assert "##vso[task.uploadsummary]" + str(checkout / "letpass-report/decision.md") in done.err
    assert "##vso[task.setvariable variable=LETPASS_VERDICT;isOutput=true]deny" in done.err
    assert (checkout / "letpass-report/junit.xml").is_file()
    assert not any(checkout.parent.rglob("pwned"))


@pytest.mark.parametrize("target", ["refs/heads/main", "main", "", "refs/heads/other/branch"])
def test_azure_names_the_target_in_several_ways(azure: Any, target: str) -> None:
    """In full, or as GitHub's repositories have it, or not at all."""
    assert azure(target, models="models/fraud/1.yaml").code == 0
    assert azure(target, models="models/fraud/2.yaml").code == 1


@pytest.mark.parametrize("name", ["models", "stage", "target"])
def test_hostile_variables_are_only_words_in_azure(checkout: Path, azure: Any, name: str) -> None:
    """A branch may be named by whoever asks."""
    for value in HOSTILE:
        done = azure(**{"models": "models/fraud/2.yaml", name: value})
        assert (done.code != 0, any(checkout.parent.rglob("pwned"))) == (True, False), value


def test_jenkins_judges_by_the_target(checkout: Path, jenkins: Any) -> None:
    """What it publishes is there; its page holds no style of its own."""
    assert jenkins(GATE_MODELS="models/fraud/2.yaml").code == 1
    assert jenkins().code == 1
    assert jenkins(GATE_MODELS="models/fraud/1.yaml").code == 0
    assert jenkins(GATE_MODELS="models/fraud/2.yaml", CHANGE_TARGET="").code == 1
    assert {p.name for p in (checkout / "letpass-report").iterdir()} >= {
        "junit.xml",
        "decision.sarif",
        "decision.html",
        "decision.css",
    }
    assert "<style" not in (checkout / "letpass-report/decision.html").read_text()
    assert not any(checkout.parent.rglob("pwned"))


@pytest.mark.parametrize("name", ["GATE_MODELS", "GATE_STAGE", "CHANGE_TARGET", "GATE_PACKAGE"])
def test_hostile_variables_are_only_words_in_jenkins(checkout: Path, jenkins: Any, name: str) -> None:
    """A branch may be named by whoever asks."""
    for value in HOSTILE:
        done = jenkins(**{"GATE_MODELS": "models/fraud/2.yaml", name: value})
        assert (done.code != 0, any(checkout.parent.rglob("pwned"))) == (True, False), value


@pytest.mark.parametrize("platform", ["azure", "jenkins"])
def test_without_models_all_that_a_change_changes_is_judged(
    checkout: Path, platform: str, request: pytest.FixtureRequest
) -> None:
    """The one that weakens its policies, a good one, and one that edits the state and no record."""
    run = request.getfixturevalue(platform)
    assert run().code == 1
    for files, code in ((server.GOOD, 0), (server.STATE, 1)):
        server.bring(checkout, **files)
        assert run().code == code
