"""The project's files for build servers, and the shell steps in them as the server hands them to a shell."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).parents[2]
ACTION = ROOT / "action.yml"
TEMPLATE = ROOT / "templates/gate/template.yml"
SAMPLES = ROOT / "examples/pipelines"
HOOKS = ROOT / ".pre-commit-hooks.yaml"


class Step(NamedTuple):
    """One script: its name, its shell's words, its text, and the environment that the file gives it."""

    name: str
    shell: tuple[str, ...]
    script: str
    environment: dict[str, str]


def action(inputs: dict[str, str], contexts: dict[str, str]) -> list[Step]:
    """The steps of action.yml; `contexts`: what the expressions mean that are no inputs."""
    read = yaml.safe_load(ACTION.read_text(encoding="utf-8"))
    known = {name: str(said.get("default", "")) for name, said in read["inputs"].items()}
    assert inputs.keys() <= known.keys()
    values = {f"inputs.{n}": v for n, v in {**known, **inputs}.items()} | contexts
    shell = ("bash", "--noprofile", "--norc", "-e", "-o", "pipefail")
    return [
        Step(s["name"], shell, s["run"], {k: expanded(str(v), values) for k, v in s.get("env", {}).items()})
        for s in read["runs"]["steps"]
    ]


def expanded(text: str, values: dict[str, str]) -> str:
    """A text whose `${{ … }}` are replaced as GitHub does, before any shell sees it."""
    for _ in range(2):  # an input's default may be an expression itself
        text = re.sub(r"\$\{\{ *([\w.-]+) *\}\}", lambda m: values[m[1]], text)
    return text


def template(inputs: dict[str, str | int]) -> dict[str, Any]:
    """The jobs of the GitLab component, its inputs put in as GitLab does: into the text, before it is read."""
    head, _, body = TEMPLATE.read_text(encoding="utf-8").partition("\n---\n")
    known = yaml.safe_load(head)["spec"]["inputs"]
    assert inputs.keys() <= known.keys()
    for name, said in known.items():
        if "default" in said or name in inputs:
            value = str(inputs.get(name, said.get("default")))
            body = body.replace(f"$[[ inputs.{name} ]]", value.replace("\\", "\\\\").replace('"', '\\"'))
    assert "$[[" not in body
    found: dict[str, Any] = yaml.safe_load(body)
    return found


def gitlab_step(job: dict[str, Any], environment: dict[str, str]) -> Step:
    """The job's script.  A variable of the job is expanded unless it says otherwise."""
    assert all(v["expand"] is False for v in job["variables"].values())
    own = {k: v["value"] for k, v in job["variables"].items()}
    return Step("script", ("sh", "-e"), "\n".join(job["script"]), {**environment, **own})


def azure_steps(environment: dict[str, str]) -> list[Step]:
    """The bash steps of the Azure sample; `$(NAME)` is a variable of the pipeline."""
    read = yaml.safe_load((SAMPLES / "azure-pipelines.yml").read_text(encoding="utf-8"))
    variables = {v["name"]: v["value"] for v in read["variables"] if "name" in v} | environment
    shell = ("bash", "--noprofile", "--norc")
    # one that is not there stays as it is written, as Azure does
    fill = lambda text: re.sub(r"\$\((\w+)\)", lambda m: variables.get(m[1], m[0]), text)  # noqa: E731
    return [
        Step(s["displayName"], shell, fill(s["bash"]), {k: fill(v) for k, v in s.get("env", {}).items()})
        for s in read["steps"]
        if "bash" in s
    ]


def jenkins_step() -> Step:
    """The script of the Jenkinsfile's gate, and the environment that the file declares."""
    text = (SAMPLES / "Jenkinsfile").read_text(encoding="utf-8")
    (script,) = re.findall(r"script: '''(.*?)'''", text, re.DOTALL)
    declared = re.search(r"environment \{(.*?)\}", text, re.DOTALL)
    assert declared is not None
    environment = dict(re.findall(r"(\w+) = '([^']*)'", declared[1]))
    first, rest = script.split("\n", 1)
    assert first == "#!/bin/sh"
    return Step("Judge", ("/bin/sh",), textwrap.dedent(rest.replace("\\\\", "\\")), environment)
