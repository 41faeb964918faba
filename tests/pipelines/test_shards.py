"""Shards in Kubernetes and Airflow, and the lines of docs/sharding.md: what they say of a fleet is what one machine says."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from tests.cli.conftest import write
from tests.docs.blocks import PIPELINES, ROOT, blocks
from tests.pipelines import server
from tests.pipelines.files import SAMPLES, Step
from tests.pipelines.server import HOSTILE, Done

pytestmark = pytest.mark.once

SHARDS, MERGE = (
    yaml.safe_load((SAMPLES / f"kubernetes-{name}.yaml").read_text("utf-8")) for name in ("shards", "merge")
)
AT = "2026-11-30T08:00:00Z"
POLICY = 'policy retirement: "When"\n  on review\nrequire no-drift: observations.drift <= 0.2\n'


@pytest.fixture(name="project")
def _project(tmp_path: Path) -> Path:
    """Twelve models that serve, the last of which drifts."""
    folder = tmp_path / "project"
    write(folder / "policies/review.policy", POLICY)
    for number in range(12):
        drift = "0.3" if number == 11 else "0.1"
        write(
            folder / f"models/m{number}/1.yaml",
            f"model: m{number}\nversion: '1'\nstage: production\nobservations: {{drift: {{value: {drift}}}}}\n",
        )
    (tmp_path / "shards").mkdir()
    return folder


@pytest.fixture(name="run")
def _run(project: Path, tools: Path) -> Callable[..., Done]:
    """Run a script in the project, with variables that the platform sets."""

    def run(script: str, *shell: str, **more: str) -> Done:
        given = server.environment(project.parent / "home", tools, **more)
        return server.run(Step("step", shell or ("sh", "-eu"), script, {}), project, given)

    return run


def container(job: dict[str, Any]) -> dict[str, Any]:
    (found,) = job["spec"]["template"]["spec"]["containers"]
    assert found["command"] == ["sh", "-euc"]
    return found  # type: ignore[no-any-return]


def script(job: dict[str, Any], folder: Path) -> str:
    """What a pod runs, with the volume of shards in a folder of the test."""
    (found,) = container(job)["args"]
    return str(found).replace("/shards/", f"{folder}/")


# ---------------------------------------------------------------- Kubernetes


def test_an_indexed_job_and_the_one_behind_it_say_what_one_machine_says(project: Path, run: Any) -> None:
    """The index begins with 0; whatever order the pods run in, and one of them twice."""
    folder = project.parent / "shards"
    count = SHARDS["spec"]["completions"]
    for index in (*reversed(range(count)), 3):
        done = run(script(SHARDS, folder), JOB_COMPLETION_INDEX=str(index), SHARDS=str(count), AT=AT)
        assert (done.code, done.out) == (0, "")

    merged, whole = run(script(MERGE, folder), AT=AT), run(f"policy review --at {AT}")

    assert (merged.code, merged.out, merged.err) == (1, whole.out, whole.err)
    assert (folder / f"{AT}.html").read_text().startswith("<!doctype html>")
    assert len(json.loads((folder / f"{AT}.decisions").read_text())["decisions"]) == 12
    (folder / f"{AT}-5.json").unlink()
    missing = run(script(MERGE, folder), AT=AT)
    assert (missing.code, missing.out, f"of {count} shards 1 is missing: 6" in missing.err) == (2, "", True)


def test_the_jobs_try_again_what_another_try_may_mend_and_nothing_else() -> None:
    """As many shards as pods; 4 counts as a failure of one pod, 2 and 70 end the job, and the merge is tried once."""
    spec = SHARDS["spec"]
    (number,) = [e["value"] for e in container(SHARDS)["env"] if e["name"] == "SHARDS"]
    (ended,) = [r["onExitCodes"] for r in spec["podFailurePolicy"]["rules"] if r["action"] == "FailJob"]

    assert (spec["completionMode"], str(spec["completions"])) == ("Indexed", number)
    assert (ended["operator"], ended["values"]) == ("In", [2, 70])
    assert MERGE["spec"]["backoffLimit"] == 0
    for job in (SHARDS, MERGE):
        pod = job["spec"]["template"]["spec"]
        assert (job["apiVersion"], job["kind"], pod["restartPolicy"]) == ("batch/v1", "Job", "Never")
        assert {m["name"] for m in container(job)["volumeMounts"]} == {v["name"] for v in pod["volumes"]}
        (at,) = [e["valueFrom"]["configMapKeyRef"] for e in container(job)["env"] if e["name"] == "AT"]
        assert at == {"name": "fleet-review", "key": "at"}


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_clock_is_a_word_and_no_time(project: Path, run: Any, value: str) -> None:
    """Nothing is judged, and nothing is run."""
    done = run(script(SHARDS, project.parent / "shards"), JOB_COMPLETION_INDEX="0", SHARDS="8", AT=value)

    assert done.code == 2
    assert not any(project.parent.rglob("pwned"))


def test_the_lines_for_kubectl_make_the_clock_first_and_wait(project: Path, run: Any, tools: Path) -> None:
    """They name the files and jobs that there are."""
    write(tools / "kubectl", f'#!/bin/sh\necho "$*" >> "{project.parent}/asked"\n').chmod(0o755)
    (block,) = [b for b in blocks(PIPELINES[1], "bash") if "kubectl" in b.text]

    assert run(block.text, "bash", "-euo", "pipefail").code == 0

    first, shards, wait, merge = (project.parent / "asked").read_text().splitlines()
    assert first.startswith("create configmap fleet-review --from-literal=at=20")
    assert wait.endswith(f"job/{SHARDS['metadata']['name']}")
    assert [(ROOT / line.partition("-f ")[2]).is_file() for line in (shards, merge)] == [True, True]


# ---------------------------------------------------------------- Airflow


class Task:
    """A task that is run where it is called; `again`: how often one that may be tried again is."""

    def __init__(self, function: Callable[..., Any], retries: int = 0, **given: Any) -> None:
        self.function, self.retries, self.given = function, retries, given

    def __call__(self, *arguments: Any, **more: Any) -> Any:
        for left in range(self.retries, -1, -1):
            try:
                return self.function(*arguments, **self.given, **more)
            except Exception as error:
                if type(error).__name__ != "AirflowException" or not left:
                    raise
        raise AssertionError

    def partial(self, **given: Any) -> Task:
        return Task(self.function, self.retries, **given)

    def expand(self, **mapped: list[Any]) -> list[Any]:
        """One call for each value of what is mapped."""
        ((name, values),) = mapped.items()
        return [self(**{name: value}) for value in values]


def airflow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in for what the sample takes from Airflow."""
    whole, exceptions, sdk = ModuleType("airflow"), ModuleType("airflow.exceptions"), ModuleType("airflow.sdk")
    for name in ("AirflowException", "AirflowFailException"):
        setattr(exceptions, name, type(name, (Exception,), {}))
    sdk.dag = lambda **_: lambda function: function  # type: ignore[attr-defined]
    sdk.task = lambda function=None, **how: Task(function) if function else lambda f: Task(f, **how)  # type: ignore[attr-defined]
    for module in (whole, exceptions, sdk):
        monkeypatch.setitem(sys.modules, module.__name__, module)


def dag(project: Path) -> None:
    """Run the sample, as a worker does, with its folders in those of the test."""
    path = SAMPLES / "airflow_review.py"
    text = path.read_text("utf-8").replace('"/shards"', repr(str(project.parent / "shards")))
    exec(compile(text.replace('"/project"', repr(str(project))), str(path), "exec"), {"__name__": "dag"})


def test_airflow_maps_the_shards_and_fails_as_the_review_of_the_whole_would(
    project: Path, tools: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A version is due: the last task fails for good, and the report is there; without it the run ends well."""
    airflow(monkeypatch)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")

    with pytest.raises(Exception, match="exit code 1") as raised:
        dag(project)
    assert type(raised.value).__name__ == "AirflowFailException"
    assert "1 denied, 11 allowed" in capsys.readouterr().out
    assert (project.parent / "shards/review.html").is_file()
    assert len(list((project.parent / "shards").glob("*.json"))) == 8

    write(project / "models/m11/1.yaml", (project / "models/m11/1.yaml").read_text().replace("0.3", "0.1"))
    dag(project)
    assert "12 models: 12 allowed" in capsys.readouterr().out


def test_airflow_tries_a_shard_again_that_could_not_be_evaluated(
    project: Path, tools: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Twice more, and then there is no merge."""
    airflow(monkeypatch)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    write(project / "ledger.checkpoint", "no ledger\n")
    monkeypatch.setenv("LETPASS_LEDGER", "postgresql://127.0.0.1:1/nowhere")

    with pytest.raises(Exception, match=r"error\[GATE4") as raised:
        dag(project)

    assert type(raised.value).__name__ == "AirflowException"
    assert capsys.readouterr().out.count("error[GATE4") == 3
    assert not any((project.parent / "shards").iterdir())


# ---------------------------------------------------------------- by hand


def test_the_lines_that_stand_first_review_a_fleet_in_three_shards(project: Path, run: Any) -> None:
    """With the exit code of the review, and its page."""
    block = blocks(PIPELINES[1], "bash")[0]

    done = run(block.text, "bash", "-e")

    assert (done.code, "1 denied, 11 allowed" in done.out) == (1, True)
    assert (project / "review.html").is_file()
    assert [b.kind for b in blocks(PIPELINES[1])] == ["bash", "bash"]
