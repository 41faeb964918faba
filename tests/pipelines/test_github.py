"""action.yml, its steps run as a GitHub runner runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.pipelines import server
from tests.pipelines.files import ROOT, action
from tests.pipelines.server import HOSTILE, Done

pytestmark = pytest.mark.once

CONTEXTS = {"github.token": "", "github.event.repository.default_branch": "main"}
PULL = {"GITHUB_BASE_REF": "main", "GITHUB_EVENT_NAME": "pull_request"}


class Job:
    """A job of one pull request.  `outputs`: what the steps told the runner."""

    def __init__(self, checkout: Path, tools: Path, event: dict[str, str]) -> None:
        self.checkout, self.told = checkout, checkout.parent / "told"
        self.told.mkdir()
        self.temp = checkout.parent / "temp"
        own = {
            "GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(checkout), "GITHUB_ACTION_PATH": str(ROOT),
            "RUNNER_TEMP": str(self.temp), "GITHUB_OUTPUT": str(self.told / "output"), "POLICY": str(tools / "policy"),
            "GITHUB_STEP_SUMMARY": str(self.told / "summary"), "GITHUB_SERVER_URL": "https://github.com", **event,
        }  # fmt: skip
        self.environment = server.environment(checkout.parent / "home", tools, **own)

    def run(self, **inputs: str) -> Done:
        return server.run_all(
            action({k.replace("_", "-"): v for k, v in inputs.items()}, CONTEXTS), self.checkout, self.environment
        )

    @property
    def outputs(self) -> dict[str, str]:
        lines = (self.told / "output").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    @property
    def pwned(self) -> bool:
        return any(self.checkout.parent.rglob("pwned"))


@pytest.fixture(name="job")
def _job(checkout: Path, tools: Path) -> Job:
    return Job(checkout, tools, PULL)


def test_the_action_installs_itself_and_a_pull_request_cannot_weaken_it(checkout: Path, tmp_path: Path) -> None:
    """With a real `pip install`: denied by main's policy, the reports are there, and no module of the change was run."""
    job = Job(checkout, tmp_path / "nothing", PULL)
    done = job.run(models="models/fraud/2.yaml", to="production")
    if any(words in done.err for words in server.UNREACHED):
        pytest.skip("pip reaches no index")

    assert (done.code, job.pwned) == (1, False), done.err
    assert "require good: accuracy >= 0.9\n" in done.out
    assert job.outputs["verdict"] == "deny"
    assert job.outputs["failed-rules"] == '["gate/good"]'
    assert json.loads((checkout / job.outputs["report-json"]).read_text())["decision"]["verdict"] == "deny"
    assert all((checkout / job.outputs[key]).is_file() for key in ("report-html", "report-markdown", "sarif"))
    assert "fraud" in (job.told / "summary").read_text()
    assert "policies of " in done.err
    again = server.run(
        action({"models": "models/fraud/1.yaml", "to": "production"}, CONTEXTS)[-1], checkout, job.environment
    )
    assert (again.code, job.outputs["verdict"]) == (0, "allow")


def test_several_models_one_a_line_and_more_arguments(job: Job) -> None:
    """Blanks belong to a name; an empty line is none."""
    done = job.run(
        models="models/fraud/with blank.yaml\n\nmodels/fraud/1.yaml\n", to="production", args="-v\n--color=never\n"
    )

    assert (done.code, job.outputs["verdict"]) == (0, "allow"), done.err
    assert "with blank" in (job.checkout / job.outputs["report-json"]).read_text()


@pytest.mark.parametrize("name", ["models", "to", "on", "champion", "statements", "artifact", "policy_ref", "reports"])
def test_hostile_inputs_are_only_words(job: Job, name: str) -> None:
    """Whatever an input holds, no shell runs it, no option comes of it, and nothing is allowed by it."""
    server.run_all(action({"models": "x"}, CONTEXTS)[:2], job.checkout, job.environment)
    for value in HOSTILE:
        given = {
            "models": "models/fraud/2.yaml",
            "to": "production",
            **({"to": ""} if name == "on" else {}),
            name: value,
        }
        steps = action({k.replace("_", "-"): v for k, v in given.items()}, CONTEXTS)
        done = server.run_all(steps if name == "policy_ref" else steps[2:], job.checkout, job.environment)
        assert (done.code != 0, job.pwned) == (True, False), value


def test_the_branch_that_judges_is_the_pull_requests_base_unless_it_is_named(checkout: Path, tools: Path) -> None:
    """On a push it is the default branch."""
    job = Job(checkout, tools, {})
    assert job.run(models="models/fraud/2.yaml", to="production").code == 1
    assert job.run(models="models/fraud/2.yaml", to="production", policy_ref="other/branch").code == 1
    done = job.run(models="models/fraud/1.yaml", to="production", policy_ref="nowhere")
    assert (done.code != 0, (job.told / "output").read_text().count("verdict=allow")) == (True, 0)
    assert "nowhere" in done.err


def test_a_whole_history_stays_whole(checkout: Path, job: Job) -> None:
    """A checkout that is not shallow is not made so."""
    server.git(checkout, "fetch", "--quiet", "--unshallow", "origin")
    assert job.run(models="models/fraud/1.yaml", to="production").code == 0

    assert server.git(checkout, "rev-parse", "--is-shallow-repository") == "false"


def test_the_trust_root_comes_from_the_input_or_stays_the_jobs(job: Job) -> None:
    """An empty input does not push the job's own aside: without the trust file that it pins, nothing is allowed."""
    pinned = "sha256:" + "0" * 64
    job.environment["LETPASS_TRUST_ROOT"] = pinned
    assert job.run(models="models/fraud/1.yaml", to="production").code == 2
    del job.environment["LETPASS_TRUST_ROOT"]
    assert job.run(models="models/fraud/1.yaml", to="production", trust_root=pinned).code == 2
    assert job.outputs["verdict"] == "error"


def test_a_token_is_told_to_git_alone(checkout: Path, tools: Path) -> None:
    """It stands in no argument of a program, and in no output."""
    job = Job(checkout, tools, PULL)
    server.write(
        tools / "git",
        f'#!/bin/sh\necho "$@" >> "{job.told}/asked"\nenv | grep ^GIT_CONFIG >> "{job.told}/settings"\n[ "$1" = rev-parse ] && echo false\nexit 0\n',
    )
    (tools / "git").chmod(0o755)
    step = action({"models": "x"}, {**CONTEXTS, "github.token": "s3cret"})[0]
    done = server.run(step, checkout, job.environment)

    assert done.code == 0
    assert "s3cret" not in (job.told / "asked").read_text() + done.out + done.err
    assert "+refs/heads/main:refs/letpass/policy" in (job.told / "asked").read_text()
    assert "AUTHORIZATION: basic eC1hY2Nlc3MtdG9rZW46czNjcmV0\n" in (job.told / "settings").read_text()


def test_without_models_all_that_the_pull_request_changes_is_judged(checkout: Path, job: Job) -> None:
    """The one that weakens its policies, a good one, and one that edits the state and no record."""
    assert job.run(to="production").code == 1
    for files, code, verdict in ((server.GOOD, 0, "allow"), (server.STATE, 1, "deny")):
        server.bring(checkout, **files)
        done = job.run(to="production")
        assert (done.code, job.outputs["verdict"]) == (code, verdict), done
