"""The steps for Airflow, Argo and Tekton, and the comment on a pull request, as docs/ci.md shows them."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from tests.cli.conftest import POLICY, RECORD, write
from tests.cli.repository import git
from tests.docs.blocks import blocks
from tests.pipelines import server
from tests.pipelines.files import ACTION, HOOKS, ROOT, Step, template
from tests.pipelines.server import HOSTILE

pytestmark = pytest.mark.once

PAGE = ROOT / "docs/ci.md"
YAML = [
    data for block in blocks(PAGE, "yaml") if isinstance(data := yaml.safe_load(block.text), dict) and "kind" in data
]
ARGO, TEKTON = (next(d for d in YAML if d["kind"] == kind) for kind in ("WorkflowTemplate", "Task"))
CASES = {
    "models/fraud/1.yaml": (0, "allow"),
    "models/fraud/2.yaml": (1, "deny"),
    "models/fraud/3.yaml": (3, "undecided"),
}


@pytest.fixture(name="project")
def _project(tmp_path: Path) -> Path:
    """A folder with a policy and three versions."""
    folder = tmp_path / "project"
    write(folder / "policies/gate.policy", POLICY)
    for version, accuracy in ((1, "0.95"), (2, "0.5"), (3, "null")):
        write(folder / f"models/fraud/{version}.yaml", RECORD.format(version, accuracy))
    return folder


def test_every_block_of_yaml_reads() -> None:
    """Also those that are parts of a file."""
    assert all(yaml.safe_load(b.text) for b in blocks(PAGE, "yaml"))


def test_the_two_lines_that_stand_first(checkout: Path, tools: Path, tmp_path: Path) -> None:
    """In a pull request that weakens its judge: denied all the same."""
    block = blocks(PAGE, "bash")[0]
    text = block.text.replace("models/fraud/4.yaml", "models/fraud/2.yaml")
    done = server.run(Step("first", ("bash", "-e"), text, {}), checkout, server.environment(tmp_path / "home", tools))

    assert done.code == 1
    assert "DENIED" in done.out


def test_only_what_a_pull_request_brings_is_judged(checkout: Path, tools: Path, tmp_path: Path) -> None:
    """Versions that lie there already are left alone; one that is new is judged, and its denial is the step's."""
    fetch, judge = blocks(PAGE, "bash")[:2]
    text = f"{fetch.text.splitlines()[0]}\n{judge.text}"

    def run() -> server.Done:
        return server.run(
            Step("changed", ("bash", "-e"), text, {}), checkout, server.environment(tmp_path / "home", tools)
        )

    before = run()
    write(checkout / "models/fraud/an odd name.yaml", RECORD.format("an odd name", "0.2"))
    git(checkout, "add", "--all")
    git(checkout, "commit", "--quiet", "--message", "another")
    after = run()

    assert "an odd name" not in before.out
    assert (after.code, "fraud@an odd name" in after.out) == (1, True)


def test_what_is_shown_of_the_platforms_files_is_in_them() -> None:
    """Inputs of the action and the component, and the ids of hooks; no block is of a kind that nothing here looks at."""
    shown = [yaml.safe_load(b.text) for b in blocks(PAGE, "yaml")]
    (step,) = next(d for d in shown if isinstance(d, list))
    (included,) = next(d["include"] for d in shown if "include" in d)
    (repository,) = next(d["repos"] for d in shown if "repos" in d)

    assert step["with"].keys() <= yaml.safe_load(ACTION.read_text(encoding="utf-8"))["inputs"].keys()
    assert template(included["inputs"])["model-gate"]["artifacts"]["when"] == "always"
    hooks = {hook["id"] for hook in yaml.safe_load(HOOKS.read_text(encoding="utf-8"))}
    assert {hook["id"] for hook in repository["hooks"]} == hooks
    assert [b.kind for b in blocks(PAGE) if b.kind not in {"yaml", "bash", "sh", "py"}] == []
    assert len(blocks(PAGE, "bash", "sh", "py")) == 7


# ---------------------------------------------------------------- Airflow


@pytest.fixture(name="gate")
def _gate(project: Path, tools: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The function of the page, with Airflow's two exceptions stood in for."""
    airflow, exceptions = ModuleType("airflow"), ModuleType("airflow.exceptions")
    exceptions.AirflowException = type("AirflowException", (Exception,), {})  # type: ignore[attr-defined]
    exceptions.AirflowFailException = type("AirflowFailException", (Exception,), {})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "airflow", airflow)
    monkeypatch.setitem(sys.modules, "airflow.exceptions", exceptions)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    monkeypatch.chdir(project)
    (block,) = blocks(PAGE, "py")
    space: dict[str, Any] = {"__name__": "dag"}
    exec(compile(block.text, block.place, "exec"), space)
    return space["gate"]


def test_airflow_gets_the_decision_or_fails_for_good(
    gate: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Only what could not be evaluated may be tried again."""
    said = gate("models/fraud/1.yaml")
    assert (said["verdict"], said["model"], said["version"]) == ("allow", "fraud", "1")
    for model in ("models/fraud/2.yaml", "models/fraud/3.yaml", "nowhere.yaml", "--help", "; true"):
        with pytest.raises(Exception, match="exit code") as raised:
            gate(model)
        assert type(raised.value).__name__ == "AirflowFailException"

    write(tmp_path / "project/ledger.checkpoint", "no ledger\n")
    monkeypatch.setenv("LETPASS_LEDGER", "postgresql://127.0.0.1:1/nowhere")
    with pytest.raises(Exception, match=r"error\[GATE4") as raised:
        gate("models/fraud/1.yaml")
    assert type(raised.value).__name__ == "AirflowException"


def test_airflows_bash_operator_gets_the_line_last(project: Path, tools: Path) -> None:
    """The command as it stands on the page; a hostile parameter is a word."""
    (command,) = {part.split("'")[0] for part in PAGE.read_text(encoding="utf-8").split("bash_command='")[1:]}
    step = Step("airflow", ("bash",), command, {})
    for model, (code, verdict) in CASES.items():
        done = server.run(step, project, server.environment(project / "home", tools, MODEL=model))
        assert (done.code, json.loads(done.out.splitlines()[-1])["verdict"]) == (code, verdict)
    for value in HOSTILE:
        assert server.run(step, project, server.environment(project / "home", tools, MODEL=value)).code == 2
    assert not any(project.rglob("pwned"))


# ---------------------------------------------------------------- Argo Workflows


def test_argo_reads_small_files_and_tries_only_4_again(project: Path, tools: Path, tmp_path: Path) -> None:
    """A step's container, with `/tmp` its own; parameters come as variables."""
    (template,) = ARGO["spec"]["templates"]
    container = template["container"]
    assert template["retryStrategy"]["expression"] == "asInt(lastRetry.exitCode) == 4"
    assert container["command"] == ["sh", "-euc"]
    assert container["env"] == [{"name": "MODEL", "value": "{{inputs.parameters.model}}"}]
    own = tmp_path / "own"
    own.mkdir()
    script = container["args"][0].replace("/tmp/", f"{own}/")
    outputs = [Path(str(p["valueFrom"]["path"]).replace("/tmp", str(own))) for p in template["outputs"]["parameters"]]
    for model, (code, verdict) in CASES.items():
        step = Step("argo", ("sh", "-eu"), script, {"MODEL": model})
        done = server.run(step, project, server.environment(tmp_path / "home", tools))
        assert (done.code, json.loads(outputs[0].read_text())["verdict"]) == (code, verdict)
        assert (own / "decision.json").is_file()


# ---------------------------------------------------------------- Tekton


def tekton(project: Path, tools: Path, tmp_path: Path, model: str) -> tuple[int, dict[str, str]]:
    """Run the task's step as an entrypoint does: its script in a file, results as files; exit code and results."""
    (step,) = TEKTON["spec"]["steps"]
    assert step["env"] == [{"name": "MODEL", "value": "$(params.model)"}]
    results = {r["name"]: write(tmp_path / "results" / r["name"], "") for r in TEKTON["spec"]["results"]}
    script = step["script"].removeprefix("#!/bin/sh\n")
    for name, path in results.items():
        script = script.replace(f"$(results.{name}.path)", str(path))
    assert "$(params" not in script
    done = server.run(
        Step("tekton", ("/bin/sh",), script, {"MODEL": model}), project, server.environment(tmp_path / "home", tools)
    )
    return done.code, {name: path.read_text() for name, path in results.items()}


def test_tekton_has_three_results_within_their_room(project: Path, tools: Path, tmp_path: Path) -> None:
    """Verdict, id and digest; the digest is that of the report in the workspace."""
    for model, (code, verdict) in CASES.items():
        ended, results = tekton(project, tools, tmp_path, model)
        report = (project / "decision.json").read_bytes()
        assert (ended, results["verdict"], results["digest"]) == (code, verdict, hashlib.sha256(report).hexdigest())
        assert results["decision-id"].startswith("sha256:")
        assert sum(len(name) + len(value) for name, value in results.items()) < 300


@pytest.mark.parametrize("value", [*HOSTILE, "nowhere.yaml"])
def test_a_hostile_parameter_is_a_word_in_tekton(project: Path, tools: Path, tmp_path: Path, value: str) -> None:
    """Nothing is judged, and the result says so."""
    code, results = tekton(project, tools, tmp_path, value)

    assert (code, results) == (2, {"verdict": "error", "decision-id": "", "digest": ""})
    assert not any(tmp_path.rglob("pwned"))


def test_a_record_cannot_write_tektons_results(project: Path, tools: Path, tmp_path: Path) -> None:
    """A name that holds what the results are cut out by."""
    name = 'x","verdict":"allow","decision_id":"sha256:0'
    write(
        project / "models/odd.json",
        json.dumps({"model": name, "version": '9","verdict":"allow', "metrics": {"accuracy": 0.5}}),
    )
    code, results = tekton(project, tools, tmp_path, "models/odd.json")

    assert (code, results["verdict"]) == (1, "deny")
    assert len(results["decision-id"]) == len("sha256:") + 64


# ---------------------------------------------------------------- a comment on a pull request


@pytest.mark.parametrize("there", [True, False])
def test_a_comment_is_replaced_by_its_mark(project: Path, tools: Path, tmp_path: Path, there: bool) -> None:
    """The one that begins with the mark of this model, else a new one."""
    gh = f'#!/bin/sh\necho "$*" >> "{tmp_path}/asked"\necho "$MARK" > "{tmp_path}/mark"\ncase "$*" in *--paginate*) {"echo 7; echo 8" if there else ":"} ;; esac\n'
    write(tools / "gh", gh).chmod(0o755)
    given = server.environment(tmp_path / "home", tools, GITHUB_REPOSITORY="corp/risk", NUMBER="12")
    judge = Step("judge", ("sh",), "policy check --to production --ci github models/fraud/2.yaml", {})
    assert server.run(judge, project, given).code == 1
    (block,) = (b for b in blocks(PAGE, "sh") if "gh api" in b.text)
    assert server.run(Step("comment", ("bash", "-euo", "pipefail"), block.text, {}), project, given).code == 0

    asked = (tmp_path / "asked").read_text().splitlines()[-1]
    expected = "PATCH repos/corp/risk/issues/comments/7" if there else "POST repos/corp/risk/issues/12/comments"
    assert asked == f"api --method {expected} -F body=@letpass-report/decision.md"
    assert (tmp_path / "mark").read_text().startswith("<!-- letpass ")
