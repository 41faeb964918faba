"""MLflow's store in this process, with the gate before it and without, for the ways round it that no client need make."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from letpass.lifecycle import reconciliation
from letpass.project.configuration import load
from letpass.project.contents import own_policies
from letpass.project.project import Project
from tests.bypass.conftest import entered, write
from tests.bypass.served import answer, in_production
from tests.integration import mlflow as mlflows

IS_PROMPT = "mlflow.prompt.is_prompt"
CALLED = MappingProxyType({IS_PROMPT: "true"})
"""The tag by which MLflow knows a prompt."""
POLICY = """policy gate: "Gate"
  on promotion to production
require good: accuracy >= 0.9
require same: artifact.digest is computed
"""
SETTINGS = 'registry = "mlflow+sqlite:///mlflow.db"\n[aliases]\nproduction = ["champion"]\n'


@pytest.fixture(name="begun", scope="module")
def _begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of MLflow's without a model, which takes it seconds to begin."""
    pytest.importorskip("mlflow", reason="the extra `mlflow` is not installed")
    os.environ.update(mlflows.QUIET)
    path = tmp_path_factory.mktemp("begun") / "mlflow.db"
    mlflows.client(f"sqlite:///{path}").search_registered_models()
    return path


@pytest.fixture(name="store")
def stored(begun: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """That store, beside its project, which is the working directory."""
    found = Store(entered(tmp_path, monkeypatch), begun)
    yield found
    found.close()


class Store:
    """MLflow's store: `gated` with the gate before it, `past` as whoever writes its database past that."""

    def __init__(self, folder: Path, begun: Path) -> None:
        from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore

        from letpass.enforcement.mlflow_store import build

        self.folder = folder
        shutil.copyfile(begun, folder / "mlflow.db")
        write(folder / "policy.toml", SETTINGS)
        write(folder / "policies/gate.policy", POLICY)
        address = f"sqlite:///{folder}/mlflow.db"
        self.past: Any = SqlAlchemyStore(address)
        self.gated: Any = build(f"gate:{address}", address)
        self.files = 0

    def close(self) -> None:
        """Let go of the database."""
        for each in (self.past, self.gated):
            each.engine.dispose()

    def model(self, name: str, accuracy: float, *, by: Any = None, data: str = "", tags: Mapping[str, str] = MappingProxyType({})) -> str:  # fmt: skip
        """A version with files of its own, made through the gate; its number."""
        self.files += 1
        write(self.folder / f"files/{self.files}/model.bin", data or f"bytes {self.files}")
        self.named(name)
        said = {"metrics": json.dumps({"accuracy": accuracy}), **tags}
        return self.version(name, str(self.folder / f"files/{self.files}"), said, by=by)

    def prompt(self, name: str) -> str:
        """A version of a prompt, made as MLflow's client does; its number."""
        self.named(name, CALLED)
        return self.version(name, "prompt-template", {**CALLED, "mlflow.prompt.text": "Say {{what}}"})

    def named(self, name: str, tags: Mapping[str, str] = MappingProxyType({})) -> None:
        """A registered model of a name, where there is none."""
        from mlflow.entities.model_registry import RegisteredModelTag

        if answer(lambda: self.past.get_registered_model(name)) != 200:
            self.gated.create_registered_model(name, [RegisteredModelTag(k, v) for k, v in tags.items()])

    def version(self, name: str, source: str, tags: Mapping[str, str], *, by: Any = None) -> str:
        """A version with a source and tags; its number."""
        from mlflow.entities.model_registry import ModelVersionTag

        made = (by or self.gated).create_model_version(
            name, source, None, [ModelVersionTag(k, v) for k, v in tags.items()]
        )
        return str(made.version)

    def tag(self, name: str, version: str, key: str, value: str, *, by: Any = None) -> int:
        """Set a tag on a version; the answer's status."""
        from mlflow.entities.model_registry import ModelVersionTag

        return answer(lambda: (by or self.gated).set_model_version_tag(name, version, ModelVersionTag(key, value)))

    def called(self, name: str, value: str = "true", *, by: Any = None) -> int:
        """Call a registered model a prompt; the answer's status."""
        from mlflow.entities.model_registry import RegisteredModelTag

        return answer(lambda: (by or self.gated).set_registered_model_tag(name, RegisteredModelTag(IS_PROMPT, value)))

    def alias(self, name: str, alias: str, version: str) -> int:
        """Set an alias through the gate; the answer's status."""
        return answer(lambda: self.gated.set_registered_model_alias(name, alias, version))

    def held(self, name: str) -> dict[str, str]:
        """Who holds which alias, and MLflow's own stage `Production`."""
        found = self.past.get_registered_model(name)
        stages = {
            str(v.current_stage): str(v.version) for v in found.latest_versions if v.current_stage == "Production"
        }
        return {**{a: str(v) for a, v in found.aliases.items()}, **stages}

    def moves(self, name: str) -> list[tuple[str, str, str]]:
        """What the ledger has of the moves of a model: kind, version and state of each."""
        return [(s.kind, s.version, s.state) for s in Project(load()).past(name).steps]

    def holders(self, name: str) -> list[str]:
        """Who is in production, by the ledger."""
        return in_production(self.folder, name)

    def differing(self, *models: str) -> list[tuple[str, str]]:
        """Where registry and ledger differ: the kind and the version of each difference."""
        desk = Project(load())
        found = reconciliation.compare(desk, own_policies(desk.configuration), 2_000_000_000_000_000, models)
        return [(d.kind.value, d.name) for d in found]
