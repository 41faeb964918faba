"""Which registry a name means."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from urllib.parse import unquote

from letpass import plugins
from letpass.diagnostics import InvalidError, LetpassError, RegistryError
from letpass.move import Stage
from letpass.registries.folder import Folder
from letpass.registries.interface import Registry

MLFLOW = "mlflow+"


def is_address(name: str) -> bool:
    """Is a registry's name an address, and no folder."""
    return name.startswith(MLFLOW) or "://" in name


def local_store(name: str) -> Path | None:
    """The file or folder in which MLflow's store lies by an address, None for a server or a database behind one."""
    if not name.startswith(MLFLOW):
        return None
    uri = name.removeprefix(MLFLOW)
    scheme, colon, rest = uri.partition(":")
    if scheme.lower().partition("+")[0] == "sqlite":
        rest = rest.removeprefix("///").removeprefix("file:")
    elif scheme.lower() == "file":
        rest = rest.removeprefix("//").removeprefix("localhost")
    elif colon:
        return None
    else:
        rest = uri
    return Path(unquote(rest.partition("?")[0].partition("#")[0]))


def opened(
    name: str, path: Path, aliases: Mapping[str, Stage], allowed: Collection[str] = (), *, stages: bool = False
) -> Registry:
    """The registry behind a name; `path`: where it is, or what a file in its address is relative to; `aliases`: names that mean a stage, folded.

    allowed: plug-ins that may stand for the scheme of an address · stages: of MLflow, move its stages and not aliases.
    Nothing is asked of it yet.
    """
    if name.startswith(MLFLOW):
        from letpass.registries.mlflow_registry import MlflowRegistry

        return MlflowRegistry(name, aliases, stages=stages, root=path)
    if not is_address(name):
        return Folder(path, name, aliases)
    scheme = name.partition("://")[0]
    try:
        if scheme not in allowed:
            raise InvalidError(f"no registry has the scheme `{scheme}`, and policy.toml lists no such plug-in")
        make = plugins.load(plugins.REGISTRIES, scheme)
    except ValueError as error:
        raise RegistryError.of(
            "GATE433", str(error), name, 'a folder, `mlflow+http://…`, or a plug-in in `plugins = ["…"]`'
        ) from None
    try:
        found: Registry = make(name, {alias: stage.name for alias, stage in aliases.items()})
    except LetpassError:
        raise
    except Exception as error:  # noqa: BLE001 - it is somebody else's code, and its faults are theirs to be told
        what = f"the plug-in `{scheme}` does not open the registry: {type(error).__name__}: {error}"
        raise RegistryError.of("GATE433", what, name) from None
    if lacking := [f"`{word}`" for word in vars(Registry) if not word.startswith("_") and not hasattr(found, word)]:
        what = f"the plug-in `{scheme}` opens a registry without {', '.join(lacking)}"
        raise RegistryError.of("GATE433", what, name, "docs/registries.md says what a registry offers")
    return found
