"""What the repository says of itself is so: who owns what, where a change goes, what was changed, what runs at a commit."""

from __future__ import annotations

import json
import re
import tomllib

import pytest
import yaml

from letpass import __version__
from letpass.cli.main import run
from tests.docs.test_architecture import CHANGES
from tests.repository.programs import ROOT, answer

pytestmark = pytest.mark.once


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_contributing_leads_to_rows_of_the_table_of_changes() -> None:
    """The ten that are asked for most; the table itself is held to the source."""
    table = text("CONTRIBUTING.md").partition("| to add |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| (?!---)[^|]+ \| ([^|]+) \| [^|]+ \|$", table.partition("\n")[2], re.MULTILINE)

    assert len(rows) == 10
    assert [row for cell in rows for row in cell.split("; ") if row not in CHANGES] == []


def test_the_versions_of_the_changes_go_down_to_the_first() -> None:
    """Unreleased first, then the present version with its day, and each earlier one once."""
    headings = re.findall(r"^## (.+)$", text("CHANGELOG.md"), re.MULTILINE)
    versions = [tuple(map(int, h.partition(" ")[0].split("."))) for h in headings[1:]]

    assert headings[0] == "Unreleased"
    assert re.fullmatch(rf"{re.escape(__version__)} \(\d{{4}}-\d\d-\d\d\)", headings[1])
    assert versions == sorted(set(versions), reverse=True)


def test_owners_own_what_is_there() -> None:
    """Each pattern is a path of the repository; the first owns all; the names are still to be filled in, and it says so."""
    lines = [line.split() for line in text(".github/CODEOWNERS").splitlines() if line and not line.startswith("#")]

    assert lines[0][0] == "*"
    assert [p for p, *_ in lines[1:] if not (ROOT / p.strip("/")).exists() or not p.startswith("/")] == []
    assert ("Fill in" in text(".github/CODEOWNERS")) == any(
        "@ORGANISATION/" in o for _, *owners in lines for o in owners
    )


def test_what_runs_at_a_commit_is_what_users_are_offered() -> None:
    """Our own hooks on our own policies, by the same commands; what is configured reads."""
    offered = {h["id"]: h["entry"] for h in yaml.safe_load(text(".pre-commit-hooks.yaml"))}
    (ours,) = yaml.safe_load(text(".pre-commit-config.yaml"))["repos"]
    entries = {h["id"]: h["entry"].removeprefix(".venv/bin/") for h in ours["hooks"]}

    assert answer("pre-commit", "validate-config") == (0, "")
    assert {name: entries.get(name) for name in offered} == offered
    for hook in ours["hooks"]:
        assert [p for p in ROOT.rglob("*") if re.search(hook["files"], p.relative_to(ROOT).as_posix())], hook["id"]


@pytest.mark.parametrize("words", [("fmt", "--check"), ("lint",)], ids=lambda w: w[0])
def test_our_own_policies_pass_our_own_hooks(words: tuple[str, ...]) -> None:
    """As a commit of all of them would hand them over: file by file."""
    (ours,) = yaml.safe_load(text(".pre-commit-config.yaml"))["repos"]
    pattern = next(h["files"] for h in ours["hooks"] if h["id"] == f"policy-{words[0]}")
    files = [p.relative_to(ROOT).as_posix() for p in sorted(ROOT.rglob("*.policy"))]

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        assert run([*words, *[f for f in files if re.search(pattern, f)]]) == 0


def test_the_development_container_runs_what_there_is() -> None:
    """It is built of the file beside it, and makes the environment by a target of the Makefile."""
    container = json.loads(text(".devcontainer/devcontainer.json"))

    assert (ROOT / ".devcontainer" / container["build"]["dockerfile"]).is_file()
    assert container["postCreateCommand"] == "make .venv/.dev"
    assert re.search(r"^\$\(VENV\)/\.dev:", text("Makefile"), re.MULTILINE)
    assert (
        f"FROM python:{tomllib.loads(text('pyproject.toml'))['project']['requires-python'].removeprefix('>=')}-"
        in text(".devcontainer/Dockerfile")
    )
