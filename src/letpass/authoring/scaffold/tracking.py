"""Where MLflow keeps its registry: what the environment says, or a database in the folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from letpass.frozen import Frozen
from letpass.registries.place import MLFLOW

VARIABLES = ("MLFLOW_REGISTRY_URI", "MLFLOW_TRACKING_URI")
DATABASE, RUNS = "mlflow.db", "mlruns"
_SQLITE = b"SQLite format 3\0"
_HEAD = 1 << 20  # bytes in which a database of MLflow names its tables


class Tracking(Frozen):
    """The registry's name as `policy.toml` has it, none where there is none; what was found, in sentences."""

    name: str = ""
    said: tuple[str, ...] = ()


def find(folder: Path, environment: Mapping[str, str]) -> Tracking:
    """The registry of MLflow around a folder.  No address is shown or kept with the password in it."""
    variable = next((v for v in VARIABLES if environment.get(v, "").strip()), "")
    if variable:
        found = _named(environment[variable].strip(), variable, folder)
        if found.name or found.said:
            return found
    database = folder / DATABASE
    if database.is_file():
        if _is_mlflow(database):
            return Tracking(f"{MLFLOW}sqlite:///{DATABASE}", (f"MLflow's database `{DATABASE}`",))
        return Tracking("", (f"`{DATABASE}` is no database of MLflow's registry",))
    if (folder / RUNS).is_dir():
        what = (
            f"`{RUNS}/` is MLflow's store of files, which the gate does not read: a database or a server has a registry"
        )
        return Tracking("", (what,))
    return Tracking()


def _named(uri: str, variable: str, folder: Path) -> Tracking:
    """The registry that an address in the environment means."""
    uri = uri.removeprefix(MLFLOW)
    try:
        parts = urlsplit(uri)
    except ValueError:
        return Tracking("", (f"{variable} is no address",))
    if parts.scheme in {"http", "https"} and parts.netloc:
        host = parts.netloc.rpartition("@")[2]
        said = [f"{variable} names MLflow at {parts.scheme}://{host}"]
        if host != parts.netloc:
            said.append("who you are to it is not written down: MLFLOW_TRACKING_USERNAME, MLFLOW_TRACKING_PASSWORD")
        return Tracking(f"{MLFLOW}{parts.scheme}://{host}{parts.path.rstrip('/')}", tuple(said))
    if uri.startswith("sqlite:///"):
        path = (Path.cwd() / uri.removeprefix("sqlite:///")).resolve()
        if not (path.is_file() and _is_mlflow(path)):
            return Tracking("", (f"{variable} names a database that is not there, or is not MLflow's",))
        here = folder.resolve()
        name = str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
        return Tracking(f"{MLFLOW}sqlite:///{name}", (f"{variable} names MLflow's database `{name}`",))
    kind = parts.scheme or "a path"
    what = f"{variable} names MLflow by {kind}, which the gate does not read from here: name its server, `{MLFLOW}http://…`"
    return Tracking("", (what,))


def _is_mlflow(path: Path) -> bool:
    """Is a file a database with MLflow's registry in it; MLflow itself would begin one in an empty file."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return False
    return head.startswith(_SQLITE) and b"model_versions" in head
