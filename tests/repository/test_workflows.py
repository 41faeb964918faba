"""The workflows of this repository can do little, use what is pinned, and have no weakness that linters know.

actionlint looks at them in tests/pipelines.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.repository.programs import ROOT, WORKFLOWS, answer

pytestmark = pytest.mark.once

GITHUB = ROOT / ".github"
PINNED = re.compile(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
WRITES = {
    ("analysis", "codeql"): {"security-events"},
    ("release", "attest"): {"id-token", "attestations"},
    ("release", "publish"): {"id-token"},
    ("scorecard", "scorecard"): {"security-events", "id-token"},
}
"""All that any job may write, each by workflow and job."""


def workflow(path: Path) -> dict[Any, Any]:
    found: dict[Any, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def jobs() -> list[tuple[str, str, dict[str, Any]]]:
    """Every job with the names of its workflow and itself."""
    return [(p.stem, name, job) for p in WORKFLOWS for name, job in workflow(p)["jobs"].items()]


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("github-workflows", WORKFLOWS),
        ("dependabot", [GITHUB / "dependabot.yml"]),
        ("github-issue-config", [GITHUB / "ISSUE_TEMPLATE/config.yml"]),
        ("github-issue-forms", sorted(p for p in (GITHUB / "ISSUE_TEMPLATE").glob("*.yml") if p.name != "config.yml")),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_a_file_has_its_platforms_shape(schema: str, files: list[Path]) -> None:
    """By the schemas that check-jsonschema carries."""
    assert files
    said = answer("check-jsonschema", "--builtin-schema", f"vendor.{schema}", *map(str, files))
    assert said == (0, "ok -- validation done\n")


def test_zizmor_finds_nothing() -> None:
    """Of workflows and updates, in its pedantic manner."""
    code, said = answer("zizmor", "--offline", "--quiet", "--persona=pedantic", "--format=json", str(GITHUB))
    assert (code, json.loads(said)) == (0, []), said


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.stem)
def test_what_a_workflow_uses_is_pinned_by_its_commit(path: Path) -> None:
    """With the version beside it, which `dependabot` moves along."""
    used = [
        line.strip().removeprefix("- ") for line in path.read_text(encoding="utf-8").splitlines() if "uses:" in line
    ]

    assert used
    assert [u for u in used if not PINNED.search(u)] == []


def test_one_action_has_one_commit_everywhere() -> None:
    """Of two, one is forgotten when a weakness is mended."""
    used = {
        m
        for p in WORKFLOWS
        for m in re.findall(r"uses: ([\w.-]+/[\w.-]+)[\w/.-]*@(\w+)", p.read_text(encoding="utf-8"))
    }

    assert len(used) == len(dict(used))


def test_no_job_may_do_more_than_it_must() -> None:
    """A workflow may do nothing, a job reads, and what writes is listed; each ends some day, on a named system."""
    found = {(w, j): {n for n, may in job["permissions"].items() if may == "write"} for w, j, job in jobs()}

    assert {name: may for name, may in found.items() if may} == WRITES
    assert [p.stem for p in WORKFLOWS if workflow(p)["permissions"] != {}] == []
    assert [p.stem for p in WORKFLOWS if "concurrency" not in workflow(p)] == []
    assert [(w, j) for w, j, job in jobs() if job["timeout-minutes"] > 120 or job["runs-on"] != "ubuntu-24.04"] == []


def test_nothing_of_a_stranger_runs_with_rights() -> None:
    """No event gives a pull request's code secrets, no expression is put into a script, no checkout leaves its token behind."""
    for path in WORKFLOWS:
        asked = workflow(path)[True]  # `on` is a truth in YAML 1.1
        assert not {"pull_request_target", "workflow_run", "issue_comment", "issues"} & {*asked}, path.name
    steps = [step for _, _, job in jobs() for step in job["steps"]]
    assert [s["run"] for s in steps if "${{" in s.get("run", "")] == []
    checkouts = [s["with"] for s in steps if s.get("uses", "").startswith("actions/checkout@")]
    assert checkouts
    assert {w["persist-credentials"] for w in checkouts} == {False}


def test_a_release_goes_on_only_from_what_was_decided() -> None:
    """Nothing is attested or published but what `make release` has left, and people agree before it is published, without a token."""
    release = workflow(GITHUB / "workflows/release.yml")
    text = (GITHUB / "workflows/release.yml").read_text(encoding="utf-8")
    steps = release["jobs"]["decide"]["steps"]
    at = next(i for i, s in enumerate(steps) if s.get("run") == "make release")
    kept = next(i for i, s in enumerate(steps) if s.get("with", {}).get("name") == "dist")

    assert (at < kept, "if" in steps[at], "if" in steps[kept], "continue-on-error" in text) == (
        True,
        False,
        False,
        False,
    )
    assert release["jobs"]["attest"]["needs"] == ["decide"]
    assert (release["jobs"]["publish"]["needs"], release["jobs"]["publish"]["environment"]) == (
        ["decide", "attest"],
        "release",
    )
    assert "secrets." not in text
    assert "cache" not in {key for s in steps for key in s.get("with", {})}


def test_what_comes_in_is_updated_after_a_week() -> None:
    """Each kind of requirement, in groups; the base of the development container is pinned by its digest."""
    updates = yaml.safe_load((GITHUB / "dependabot.yml").read_text(encoding="utf-8"))["updates"]
    base = re.findall(r"^FROM (.+)$", (ROOT / ".devcontainer/Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)

    assert {u["package-ecosystem"] for u in updates} == {"pip", "github-actions", "npm", "docker"}
    assert {u["cooldown"]["default-days"] for u in updates} == {7}
    assert [u for u in updates if not u["groups"]] == []
    assert [
        d for u in updates for d in u.get("directories", [u.get("directory")]) if not (ROOT / d.strip("/")).is_dir()
    ] == []
    assert [b for b in base if not re.search(r"@sha256:[0-9a-f]{64}$", b)] == []


def test_ci_runs_what_has_to_pass() -> None:
    """`.ci/run`, on the versions of Python that the package says it is for."""
    steps = workflow(GITHUB / "workflows/ci.yml")["jobs"]["check"]["steps"]
    versions = next(s["with"]["python-version"].split() for s in steps if "setup-python" in s.get("uses", ""))
    package = (ROOT / "pyproject.toml").read_text(encoding="utf-8")

    assert steps[-1] == {"run": ".ci/run"}
    assert sorted(versions) == re.findall(r"Python :: (3\.\d+)", package)
    assert versions[-1] == "3.11"
