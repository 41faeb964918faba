"""The jobs that move a version, and look at it every day, as docs/ci.md shows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli import conftest as cli
from tests.cli.conftest import Call, signed
from tests.cli.repository import commit, git
from tests.docs.blocks import PIPELINES, Block, blocks
from tests.pipelines import server
from tests.pipelines.files import Step

pytestmark = pytest.mark.once

_office_once, _office, _call = cli._office_once, cli._office, cli._call


def block(beginning: str) -> Block:
    """The block of the page whose first command this is."""
    (found,) = [b for b in blocks(PIPELINES[0], "bash") if b.text.startswith(beginning)]
    return found


@pytest.fixture(name="cloned")
def _cloned(office: Path, call: Call) -> Path:
    """The project in git, with an origin; two people have signed, and nothing has moved."""
    signed(call, office)
    (office / ".gitignore").write_text("home/\n.letpass/\n*.pub\n", encoding="utf-8")
    git(office, "init", "--quiet", "--initial-branch", "main")
    commit(office, "signed")
    git(office.parent, "clone", "--quiet", "--bare", str(office), "origin.git")
    git(office, "remote", "add", "origin", (office.parent / "origin.git").as_uri())
    git(office, "fetch", "--quiet", "origin")
    git(office, "branch", "--quiet", "--set-upstream-to", "origin/main")
    return office


def run(text: str, project: Path, tools: Path) -> server.Done:
    """A job that commits as somebody."""
    names = {f"GIT_{who}_{what}": "ci@corp.example" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    return server.run(
        Step("job", ("bash", "-e"), text, {}), project, server.environment(project / "home", tools, **names)
    )


def test_what_a_job_moved_is_verified_at_the_door_by_files_alone(cloned: Path, tools: Path, call: Call) -> None:
    """From a clone of what the job pushed, without the ledger; the day after, too, and not once somebody has objected."""
    moved = run(block("policy promote").text, cloned, tools)
    git(cloned.parent, "clone", "--quiet", "origin.git", "door")
    door = cloned.parent / "door"
    verify = block("policy verify").text
    before = run(verify, door, tools)
    next_day = run(block("code=0").text, cloned, tools)
    git(door, "pull", "--quiet")
    after = run(verify, door, tools)

    assert (moved.code, before.code, next_day.code, after.code) == (0, 0, 0, 0), (moved, before, next_day, after)
    assert "a standing of the gate" in after.out

    reject = ("reject", "fraud@4", "--to", "production", "--role", "validator", "--key", "vito", "--reason", "unfair")
    assert call(*reject)[0] == 0
    worse = run(block("code=0").text, cloned, tools)
    git(door, "pull", "--quiet")

    assert worse.code == 1
    refused = run(verify, door, tools)
    assert (refused.code, "vito@corp.example" in refused.out) == (1, True), refused
