"""MLflow's registry store with the gate before it: `mlflow server --registry-store-uri gate:sqlite:///…`.

Each REST call of MLflow's server comes down to one method of this store, so one subclass covers its clients, its REST
API and its web page.  MLflow is imported inside: it loads entry points while it is half imported itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from letpass.enforcement import mlflow_endpoints
from letpass.enforcement.asked import RECONCILED
from letpass.enforcement.guard import KEPT, Guard
from letpass.enforcement.leaving import NOWHERE
from letpass.enforcement.mlflow_calls import actor, answered, guarded
from letpass.events import watch
from letpass.registries.mlflow_prompts import IS_PROMPT
from letpass.registries.mlflow_record import MADE_BY

if TYPE_CHECKING:
    from letpass.enforcement.mlflow_inside import StoreConnection

SCHEME = "gate:"


def build(store_uri: str, tracking_uri: str | None = None) -> Any:
    """The gated store before the one that the rest of the address names.

    Raises `InvalidError` where LETPASS_LOG says neither of its words.
    """
    watch.written(os.environ.get(watch.VARIABLE, ""))
    inner = store_uri.removeprefix(SCHEME)
    base, argument = _base(inner)
    from letpass.enforcement.mlflow_inside import StoreConnection

    store = _gated(base)(argument)
    remote = inner.startswith("http")
    store.connection = lambda: StoreConnection(store, base, tracking_uri or inner, remote=remote)
    store.guard = Guard(store.connection, inner)
    return store


def _base(inner: str) -> tuple[Any, Any]:
    """The class of the store behind, and what it is made of."""
    if inner.startswith("http"):
        from functools import partial

        from mlflow.store.model_registry.rest_store import RestStore
        from mlflow.utils.credentials import get_default_host_creds

        return RestStore, partial(get_default_host_creds, inner)
    from mlflow.environment_variables import MLFLOW_ENABLE_WORKSPACES

    if MLFLOW_ENABLE_WORKSPACES.get():
        from mlflow.store.model_registry.sqlalchemy_workspace_store import WorkspaceAwareSqlAlchemyStore

        return WorkspaceAwareSqlAlchemyStore, inner
    from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore

    return SqlAlchemyStore, inner


def _made_by(user: str) -> Any:
    """The tag that says who made a version."""
    from mlflow.entities.model_registry import ModelVersionTag

    return ModelVersionTag(MADE_BY, user)


def _copied(source: str) -> Any:
    """The version that a source names, as MLflow itself reads it; None for a logged model, or an address of files.

    A registered model may be called like a logged one: `models:/m-x/1` is version 1 of the model `m-x`.
    """
    from urllib.parse import urlparse

    from mlflow.store.artifact.utils.models import _parse_model_uri

    if urlparse(source).scheme != "models":  # in any case
        return None
    named = _parse_model_uri(source)
    return named if named.model_id is None else None


def _gated(base: Any) -> Any:
    """The store's class with the gate before every method that can move a version or its statements.

    The signatures are MLflow's, since it calls some by position and some by name.
    """
    from letpass.registries.mlflow_connection import PROBE

    class GatedStore(base):  # type: ignore[misc]
        """Refuses what the policies do not allow."""

        guard: Guard
        connection: Callable[[], StoreConnection]

        def get_registered_model(self, name: str) -> Any:
            if name == PROBE:
                return answered(self.guard.answer)
            return super().get_registered_model(name)

        def set_registered_model_alias(self, name: str, alias: str, version: Any) -> Any:
            move: Any = lambda: base.set_registered_model_alias(self, name, alias, version)  # noqa: E731
            return guarded(
                f"{name}@{version}",
                f"alias {alias}",
                lambda: self.guard.alias(name, alias, str(version), actor(), move),
            )

        def delete_registered_model_alias(self, name: str, alias: str) -> Any:
            move: Any = lambda: base.delete_registered_model_alias(self, name, alias)  # noqa: E731
            return guarded(name, f"no alias {alias}", lambda: self.guard.leave(name, alias, actor(), move))

        def transition_model_version_stage(
            self, name: str, version: Any, stage: str, archive_existing_versions: bool
        ) -> Any:
            if archive_existing_versions and str(stage).casefold() in NOWHERE:
                # MLflow refuses that itself; behind the gate it would break off a departure that is under way
                return super().transition_model_version_stage(name, version, stage, archive_existing_versions)

            def move(archive: bool) -> Any:
                both = archive or archive_existing_versions
                # a number: MLflow's own query compares it with numbers, which PostgreSQL's drivers take to the letter
                number = int(version) if str(version).isdecimal() else version
                return base.transition_model_version_stage(self, name, number, stage, both)

            return guarded(
                f"{name}@{version}",
                f"stage {stage}",
                lambda: self.guard.transition(name, str(version), stage, actor(), move),
            )

        def set_model_version_tag(self, name: str, version: Any, tag: Any) -> Any:
            def asked() -> Any:
                return self.guard.tag(name, str(version), tag.key, str(tag.value), actor())

            about = f"{name}@{version}", f"tag {tag.key}"
            if answered(asked) if tag.key == RECONCILED else guarded(*about, asked):
                return None
            return super().set_model_version_tag(name, version, tag)

        def delete_model_version_tag(self, name: str, version: Any, key: str) -> Any:
            about = f"{name}@{version}", f"no tag {key}"
            guarded(*about, lambda: self.guard.lost_tag(name, str(version), key))
            return super().delete_model_version_tag(name, version, key)

        def set_registered_model_tag(self, name: str, tag: Any) -> Any:
            guarded(name, f"tag {tag.key}", lambda: self.guard.name_tag(name, tag.key))
            return super().set_registered_model_tag(name, tag)

        def delete_registered_model_tag(self, name: str, key: str) -> Any:
            guarded(name, f"no tag {key}", lambda: self.guard.lost_tag(name, None, key))
            return super().delete_registered_model_tag(name, key)

        def create_registered_model(
            self, name: str, tags: Any = None, description: Any = None, deployment_job_id: Any = None
        ) -> Any:
            said = {t.key: t.value for t in tags or ()}
            guarded(name, "creation", lambda: self.guard.reserved(f"creating {name}", [name]))
            guarded(name, "creation", lambda: self.guard.new_name(said, f"creating {name}"))
            return super().create_registered_model(name, tags, description, deployment_job_id)

        def create_model_version(
            self, name: str, source: str, run_id: Any = None, tags: Any = None, run_link: Any = None,
            description: Any = None, local_model_path: Any = None, model_id: str | None = None,
        ) -> Any:  # fmt: skip
            copied = _copied(str(source))
            if copied is not None:
                # a copy takes all tags along, and approvals of one version are none of another
                own = {*KEPT, IS_PROMPT}
                tags = [t for t in tags or () if not t.key.startswith("letpass.") and t.key not in own]
            said, files = {t.key: t.value for t in tags or ()}, (source, run_id, model_id)
            what = f"creating a version of {name}"
            guarded(name, "a version", lambda: self.guard.new_version(name, said, files, what))
            made_by = self._made(copied) if copied is not None else self.guard.maker(actor())
            if made_by and IS_PROMPT not in said:
                tags = [*(tags or ()), _made_by(made_by)]
            return super().create_model_version(
                name, source, run_id, tags, run_link, description, local_model_path, model_id
            )

        def _made(self, copied: Any) -> str:
            """Who made the version that is copied: copying a model makes it nobody else's."""
            found = super().get_model_version(copied.name, copied.version)
            return str(dict(found.tags).get(MADE_BY, ""))

        def rename_registered_model(self, name: str, new_name: str) -> Any:
            rename = super().rename_registered_model
            what, move = f"renaming {name}", f"renaming to {new_name}"
            guarded(name, move, lambda: self.guard.reserved(what, [new_name]))
            return guarded(name, move, lambda: self.guard.rename(name, actor(), what, lambda: rename(name, new_name)))

        def delete_registered_model(self, name: str) -> Any:
            delete = super().delete_registered_model
            what = f"deleting {name}"
            return guarded(name, "deletion", lambda: self.guard.gone(name, None, actor(), what, lambda: delete(name)))

        def delete_model_version(self, name: str, version: Any) -> Any:
            what = f"deleting {name} v{version}"
            delete = super().delete_model_version
            return guarded(
                f"{name}@{version}",
                "deletion",
                lambda: self.guard.gone(name, str(version), actor(), what, lambda: delete(name, version)),
            )

    return GatedStore


# MLflow loads this module whenever it is imported: in a gated server's workers before their first request
mlflow_endpoints.when_it_serves(SCHEME)
