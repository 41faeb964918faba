"""The tables of MLflow's registry, read without its store, which would load every version of a model to find who holds a stage.

MLflow's own definitions of its tables are used, and what a read gives is what its store gives (tests/integration/test_mlflow_tables.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from letpass.registries.mlflow_connection import Held
from letpass.registries.mlflow_prompts import IS_PROMPT


class Tables:
    """The tables of one store, in the workspace that the call is for."""

    def __init__(self, store: Any) -> None:
        from mlflow.store.model_registry.dbmodels import models

        self._store, self._models = store, models

    @classmethod
    def of(cls, store: Any, base: Any) -> Tables | None:
        """The tables behind a store, None where it has none of its own: another server's, or somebody's own store."""
        from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore

        ours = base is SqlAlchemyStore or (
            base.__module__ == "mlflow.store.model_registry.sqlalchemy_workspace_store"
            and issubclass(base, SqlAlchemyStore)
        )
        return cls(store) if ours else None

    def version(self, model: str, version: str) -> Any:
        """A version as MLflow's store gives it, None where there is none."""
        from mlflow.entities.model_registry import ModelVersion, ModelVersionTag

        if not version.isdecimal():
            return None
        kept = self._models.SqlModelVersion.__table__.c
        tags, aliases = self._models.SqlModelVersionTag.__table__.c, self._models.SqlRegisteredModelAlias.__table__.c
        number = int(version)
        with self._store.engine.connect() as connection:
            row = connection.execute(
                self._here(kept, model).where(kept.version == number, kept.current_stage != _DELETED)
            ).one_or_none()
            if row is None:
                return None
            tagged = connection.execute(self._here(tags, model).where(tags.version == number)).all()
            named = connection.execute(self._here(aliases, model).where(aliases.version == number)).all()
        return ModelVersion(
            row.name, row.version, row.creation_time, row.last_updated_time, row.description, row.user_id, row.current_stage,
            row.source, row.run_id, row.status, row.status_message, [ModelVersionTag(t.key, t.value) for t in tagged],
            row.run_link, [a.alias for a in named], workspace=row.workspace,
        )  # fmt: skip

    def held(self, model: str) -> Held | None:
        """Who holds what of a model, None where there is no such model."""
        from sqlalchemy import func, select

        kept, registered = self._models.SqlModelVersion.__table__.c, self._models.SqlRegisteredModel.__table__.c
        aliases = self._models.SqlRegisteredModelAlias.__table__.c
        newest = (
            select(kept.current_stage, func.max(kept.version))
            .where(kept.workspace == self._workspace, kept.name == model, kept.current_stage != _DELETED)
            .group_by(kept.current_stage)
        )
        with self._store.engine.connect() as connection:
            if connection.execute(self._here(registered, model)).one_or_none() is None:
                return None
            named = connection.execute(self._here(aliases, model)).all()
            stages = connection.execute(newest).all()
        return Held(
            tuple((str(a.alias), str(a.version)) for a in named), tuple((str(v), str(s or "None")) for s, v in stages)
        )

    def marked(self, model: str) -> bool | None:
        """Does a registered model bear the tag of a prompt; None where there is no such model."""
        registered, tags = self._models.SqlRegisteredModel.__table__.c, self._models.SqlRegisteredModelTag.__table__.c
        with self._store.engine.connect() as connection:
            if connection.execute(self._here(registered, model)).one_or_none() is None:
                return None
            found = connection.execute(self._here(tags, model).where(tags.key == IS_PROMPT)).one_or_none()
        return found is not None and str(found.value) == "true"

    def tags(self, model: str, ending: str) -> Iterator[tuple[str, str, str]]:
        """The tags of all versions of a model whose keys end so: the version's number, the key and the value."""
        kept, tags = self._models.SqlModelVersion.__table__.c, self._models.SqlModelVersionTag.__table__.c
        wanted = self._here(tags, model).where(tags.key.endswith(ending, autoescape=True))
        there = self._here(kept, model).where(kept.current_stage != _DELETED).with_only_columns(kept.version)
        with self._store.engine.connect() as connection:
            for row in connection.execute(wanted.where(tags.version.in_(there)).order_by(tags.version, tags.key)).all():
                yield str(row.version), str(row.key), str(row.value)

    @property
    def _workspace(self) -> str:
        return str(self._store._get_active_workspace())  # noqa: SLF001 - as each of its own queries does

    def _here(self, columns: Any, model: str) -> Any:
        from sqlalchemy import select

        return select(*columns).where(columns.workspace == self._workspace, columns.name == model)


_DELETED = "Deleted_Internal"
"""MLflow's stage of a version that was deleted."""
