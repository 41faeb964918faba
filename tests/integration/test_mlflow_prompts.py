"""Prompts in MLflow's registry: versions of a kind of their own, gated where a policy speaks of it."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.integration import mlflow as mlflows
from tests.integration.test_mlflow_gate import POLICY, post, refused

PROMPTS = """policy prompts: "Prompts in production"
  on promotion to production
  applies when kind is prompt
require same: artifact.digest is computed
require tame: risk <= medium
"""


@pytest.fixture(name="project", autouse=True)
def _project(gated: mlflows.Server) -> Path:
    """The server's project, as each test begins: models and prompts are gated."""
    found = mlflows.configured(gated, POLICY, '[aliases]\nproduction = ["champion"]\n')
    (found / "policies/prompts.policy").write_text(PROMPTS)
    return found


@pytest.fixture(name="client")
def _client(gated: mlflows.Server) -> Any:
    return gated.client()


@pytest.fixture(name="name")
def _name() -> str:
    return f"greeting-{uuid.uuid4().hex[:8]}"


def held(client: Any, name: str) -> dict[str, str]:
    """The aliases of a name, which MLflow's client does not show of a prompt."""
    return {str(k): str(v) for k, v in client._get_registry_client().get_registered_model(name).aliases.items()}


def test_a_prompt_moves_by_the_policies_on_prompts_alone(client: Any, gated: mlflows.Server, name: str) -> None:
    """The policies on models ask for an accuracy, which a prompt has not."""
    client.register_prompt(name, "Say {{what}}")
    status, body = refused(lambda: client.set_prompt_alias(name, "production", 1))
    assert (status, "prompts/tame" in json.dumps(body)) == (403, True)
    assert held(client, name) == {}

    client.set_prompt_version_tag(name, 1, "risk", "low")
    client.set_prompt_alias(name, "champion", 1)

    assert held(client, name) == {"champion": "1"}
    assert client.get_prompt_version_by_alias(name, "champion").template == "Say {{what}}"


def test_what_a_prompt_says_stays_while_it_is_in_production(client: Any, gated: mlflows.Server, name: str) -> None:
    """MLflow keeps a prompt's text in a tag, which anybody can write."""
    client.register_prompt(name, "Say {{what}}")
    client.set_prompt_version_tag(name, 1, "risk", "low")
    client.set_prompt_alias(name, "production", 1)
    tag = {"name": name, "version": "1", "key": "mlflow.prompt.text", "value": "Say anything"}

    assert post(gated, "/api/2.0/mlflow/model-versions/set-tag", tag)[0] == 403
    assert client.get_prompt_version_by_alias(name, "production").template == "Say {{what}}"
    assert refused(lambda: client.delete_prompt(name))[0] == 403

    client.delete_prompt_alias(name, "production")
    assert post(gated, "/api/2.0/mlflow/model-versions/set-tag", tag)[0] == 200
    assert refused(lambda: client.set_prompt_alias(name, "production", 1))[0] == 403, "other bytes than were allowed"


def test_a_prompt_becomes_no_model(client: Any, gated: mlflows.Server, project: Path, name: str) -> None:
    """In one of MLflow's own stages it was none of its prompts, and an alias that is gated for prompts alone was free."""
    (project / "policies/gate.policy").unlink()
    client.register_prompt(name, "Say {{what}}")
    stage = {"name": name, "version": "1", "stage": "Staging", "archive_existing_versions": False}

    assert post(gated, "/api/2.0/mlflow/model-versions/transition-stage", stage)[0] == 403
    assert refused(lambda: client.set_prompt_alias(name, "production", 1))[0] == 403


def test_where_prompts_alone_are_gated_models_move_freely(client: Any, project: Path, name: str) -> None:
    """A decision on a prompt shows no stage as gated for models."""
    (project / "policies/prompts.policy").write_text(PROMPTS.replace("to production", "to chat"))
    client.register_prompt(name, "Say {{what}}")
    client.set_prompt_version_tag(name, 1, "risk", "low")
    client.set_prompt_alias(name, "chat", 1)
    mlflows.version(client, f"{name}-model", {"accuracy": 0.5})

    client.set_registered_model_alias(f"{name}-model", "chat", "1")

    assert (held(client, name), held(client, f"{name}-model")) == ({"chat": "1"}, {"chat": "1"})


def test_prompts_are_free_where_no_policy_speaks_of_them(client: Any, project: Path, name: str) -> None:
    """A policy that says nothing of `kind` is about models and applications."""
    (project / "policies/prompts.policy").unlink()
    client.register_prompt(name, "Say {{what}}")

    client.set_prompt_alias(name, "production", 1)

    assert held(client, name) == {"production": "1"}


def test_prompts_are_reviewed_and_compared_where_they_are_gated(
    client: Any, gated: mlflows.Server, project: Path, name: str, call: Any, elsewhere: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """They were passed over, since nothing of them moved by a decision."""
    monkeypatch.chdir(project)
    (project / "policies/review.policy").write_text(
        'policy review: "R"\n  on review\n  applies when kind is prompt\nrequire tame: risk <= low\n'
    )
    client.register_prompt(name, "Say {{what}}")
    client.set_prompt_version_tag(name, 1, "risk", "medium")
    client.set_prompt_alias(name, "production", 1)

    code, out, err = call("check", f"{name}@1", "--to", "production")
    assert (code, err) == (0, "")
    code, out, err = call("review", name, "--no-log", "-o", "concise")
    assert (code, "review/tame" in out, "passed over" in err) == (1, True, False), (out, err)
    assert call("reconcile", name)[0] == 0
