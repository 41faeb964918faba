"""The project's configuration: `policy.toml`, or `[tool.letpass]` in pyproject.toml, searched upwards.

Paths in it are relative to it.  Every key is optional; an unknown one is an error.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from letpass import disk
from letpass.diagnostics import Diagnostic, SettingsError, Source, Span, nearest, offer
from letpass.frozen import Frozen, part, replace
from letpass.move import Stage
from letpass.project.targets import Target

FILE, PYPROJECT = "policy.toml", "pyproject.toml"
Key = tuple[str | int, ...]
"""The way to a value of the configuration: keys of tables and numbers of elements."""


class Configuration(Frozen):
    """What the project says of itself.

    root: where it stands · source: the file, or none · top, twin, commit: the repository, where the files of the commit lie
    by which is judged, and its id; twin is None where it is judged by what is here.
    """

    root: Path = Path()
    source: Path | None = None
    policies: tuple[str, ...] = ("policies",)
    registry: str = "models"
    ledger: str = ".letpass/ledger.db"
    checkpoint: str = "ledger.checkpoint"
    protected: tuple[str, ...] = ("production",)
    aliases: dict[str, tuple[str, ...]] = part(default_factory=dict)
    environments: dict[str, str] = part(default_factory=dict)
    trust_file: str = "trust.json"
    trust_root: str = ""
    mlflow_stages: bool = False
    plugins: tuple[str, ...] = ()
    events: tuple[Target, ...] = ()
    top: Path = Path()
    twin: Path | None = None
    commit: str = ""

    @property
    def stages(self) -> dict[str, Stage]:
        """The stage that each alias of a registry means, the alias case-folded."""
        return {alias.casefold(): Stage(stage) for stage, names in self.aliases.items() for alias in names}

    def stage(self, name: str) -> Stage:
        """The stage that a stage's name or an alias means."""
        return self.stages.get(name.casefold(), Stage(name))

    def environment(self, name: str) -> str:
        """An environment as the configuration spells it, where it lists it in whatever case; else as it is given."""
        return next((e for e in self.environments if e.casefold() == name.casefold()), name)

    def stages_for(self, environment: str) -> tuple[Stage, ...]:
        """The stages that a version must hold to be deployed there: the listed one, else each that is `protected`."""
        listed = self.environments.get(self.environment(environment))
        return tuple(dict.fromkeys(self.stage(s) for s in ((listed,) if listed is not None else self.protected)))

    @property
    def deciding(self) -> dict[str, Any]:
        """What the configuration says that decides about moves, in one order: part of what the policies' owners sign."""
        return {
            "policies": sorted(self.policies),
            "protected": sorted({Stage(s).folded for s in self.protected}),
            "aliases": {
                stage.folded: sorted(a.casefold() for a in names)
                for stage, names in sorted(((Stage(s), n) for s, n in self.aliases.items()), key=lambda p: p[0].folded)
            },
            "mlflow": {"moves": "stages" if self.mlflow_stages else "aliases"},
            # a project that lists none signs what it signed before there were any
            **({"environments": self._environments} if self.environments else {}),
        }

    @property
    def _environments(self) -> dict[str, str]:
        return {e.casefold(): self.stage(s).folded for e, s in sorted(self.environments.items())}

    def path(self, name: str) -> Path:
        """A path of the configuration, relative to where the reader stands where that is shorter."""
        root = str(self.root)
        return _shorter(root, name, os.getcwd()) if root != "." else Path(name)  # noqa: PTH109 - a key that is quickly hashed

    def at(self, path: Path) -> Path:
        """Where what is at a path is read: there, or among the files of the commit by which is judged.

        Only the name counts, so that no link in the working tree leads anywhere.
        """
        if self.twin is None:
            return path
        # relpath and abspath take `..` out by name
        below = os.path.relpath(os.path.abspath(path), self.top)  # noqa: PTH100
        return path if below.partition(os.sep)[0] == os.pardir else self.twin / below


@lru_cache(maxsize=256)
def _shorter(root: str, name: str, here: str) -> Path:
    path = Path(name)
    return path if path.is_absolute() else Path(os.path.relpath(Path(root, name), here))


def load(where: Path | None = None) -> Configuration:
    """The configuration in force: `LETPASS_CONFIG`, else the nearest above the working directory, else the defaults.

    `where`: that of this project, a folder or its policy.toml.  Raises `SettingsError` where it does not read.
    """
    named = os.environ.get("LETPASS_CONFIG")
    if where is not None and not where.is_dir():
        return _read(where, ())
    if named and where is None:
        return _read(Path(named), ())
    for folder in (where,) if where is not None else (here := Path.cwd(), *here.parents):
        if (found := _in(folder)) is not None:
            return found
    return Configuration(where) if where is not None else Configuration()


def _in(folder: Path, at: Callable[[Path], Path] = Path) -> Configuration | None:
    """The configuration in a folder, None where there is none."""
    if os.path.lexists(there := at(folder / FILE)):
        if not there.is_file():  # passed over, it would leave the defaults in force
            what = "a folder" if there.is_dir() else "a link that leads nowhere" if there.is_symlink() else "no file"
            name = os.path.relpath(folder / FILE)
            raise SettingsError.of(
                "GATE011", f"`{name}` is {what}, and a file is wanted there", help="move it elsewhere"
            )
        return _read(folder / FILE, (), at)
    project = folder / PYPROJECT
    if at(project).is_file() and _has_table(at(project)):
        return _read(project, ("tool", "letpass"), at)
    return None


def load_of_commit(top: Path, twin: Path, commit: str) -> Configuration:
    """The configuration that a commit has: `LETPASS_CONFIG` in it, else the nearest above the working directory, up to the
    repository's top, else the defaults.  `twin`: where its files lie; `commit`: its id.  Raises `SettingsError` where it does not read."""
    bare = Configuration(top=top, twin=twin, commit=commit)
    if named := os.environ.get("LETPASS_CONFIG"):
        if bare.at(Path(named)) == Path(named):
            raise SettingsError.of("GATE013", f"`LETPASS_CONFIG` names `{named}`, outside of the repository", help="name a file of the commit, or leave it out")  # fmt: skip
        return replace(_read(Path(named), (), bare.at), top=top, twin=twin, commit=commit)
    here = Path.cwd()
    folders = [f for f in (here, *here.parents) if f.is_relative_to(top)]
    found = next((c for f in folders if (c := _in(f, bare.at)) is not None), bare)
    return replace(found, top=top, twin=twin, commit=commit)


def _has_table(project: Path) -> bool:
    """Does a pyproject.toml have a table `tool.letpass`; also one that does not read and may have it."""
    text = project.read_text(encoding="utf-8", errors="replace")
    if "letpass" not in text:
        return False
    import tomllib

    try:
        tool = tomllib.loads(text).get("tool")
    except (ValueError, RecursionError):
        return "tool" in text
    return isinstance(tool, dict) and "letpass" in tool


def _read(path: Path, table: tuple[str, ...], at: Callable[[Path], Path] = Path) -> Configuration:
    name = os.path.relpath(path)
    try:
        with disk.opened(at(path)) as file:
            text = file.read().decode("utf-8").replace("\r\n", "\n")
    except OSError as error:
        raise SettingsError.of("GATE011", f"cannot read `{name}`: {disk.reason(error)}") from None
    except UnicodeDecodeError as error:
        raise SettingsError.of("GATE013", f"`{name}` is not UTF-8: byte {error.start}", name) from None
    return _parsed(path, name, table, text)


@lru_cache(maxsize=16)
def _parsed(path: Path, name: str, table: tuple[str, ...], text: str) -> Configuration:
    """The configuration in a text; `name`: the path from where the reader stands, on which its own paths depend."""
    import tomllib

    try:
        data: Any = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError.of(
            "GATE013", f"`{name}` is not TOML: {str(error)[:1].lower()}{str(error)[1:]}", name
        ) from None
    except (ValueError, RecursionError):
        raise SettingsError.of("GATE013", f"`{name}` is nested too deeply, or has a number too long", name) from None
    for key in table:
        data = data.get(key) if isinstance(data, dict) else None
    if not isinstance(data, dict):
        raise SettingsError.of(
            "GATE013", f"`{'.'.join(table)}` in `{name}` is no table", name, "write `[tool.letpass]`"
        )
    return _checked(data, path, Source(name, text), table)


def _checked(data: dict[str, Any], path: Path, source: Source, table: tuple[str, ...]) -> Configuration:
    from pydantic import ValidationError

    from letpass.project.keys import Keys

    try:
        fields = Keys.model_validate(data).fields()
    except ValidationError as error:
        raise SettingsError(tuple(d for e in error.errors() for d in _fault(e, source, table))) from None
    found = Configuration(Path(os.path.relpath(path.parent)), path, **fields)
    faults = [
        Diagnostic("GATE013", f"`{key[0]}`: {what}", _place(source, (*table, *key))) for key, what in _clashes(found)
    ]
    if faults:
        raise SettingsError(tuple(faults))
    return found


def _clashes(configuration: Configuration) -> Iterator[tuple[Key, str]]:
    """What cannot be meant together, each with the later of its keys."""
    folded = [name.casefold() for name in configuration.environments]
    for number, name in enumerate(configuration.environments):
        if folded[number] in folded[:number]:
            yield ("environments", name), f"`{folded[number]}` is listed twice; the case of a name does not matter"
    stages = {Stage(name) for name in (*configuration.aliases, *configuration.protected)}
    meant: dict[str, Stage] = {}
    for name, aliases in configuration.aliases.items():
        stage = Stage(name)
        for number, alias in enumerate(a.casefold() for a in aliases):
            if meant.setdefault(alias, stage) != stage:
                yield ("aliases", name, number), f"`{alias}` means both `{meant[alias]}` and `{stage}`"
            if Stage(alias) in stages and Stage(alias) != stage:
                yield ("aliases", name, number), f"`{alias}` is a stage of its own, and no other name of `{stage}`"
    keys = [target.key for target in configuration.events]
    for number, target in enumerate(configuration.events):
        if keys[number] in keys[:number]:
            yield ("events", number), f"`{target.shown}` is declared twice; give each a `name` of its own"


def _fault(error: Any, source: Source, table: tuple[str, ...]) -> tuple[Diagnostic, ...]:
    """What is wrong with a key or what it holds, at its place.  `error`: one that pydantic found."""
    from letpass.project.keys import OF

    key: Key = tuple(each for each in error["loc"] if each != "[key]")  # pydantic's word for a key that is wrong itself
    name = ".".join(map(str, key))
    span = _place(source, (*table, *key))
    if error["type"] == "extra_forbidden":
        keys = list(OF[str(key[0]) if len(key) > 1 else ""].model_fields)
        help_ = offer(nearest(str(key[-1]), keys)) or "keys are " + ", ".join(f"`{k}`" for k in keys)
        return SettingsError.of("GATE013", f"unknown key `{name}`", span, help_).diagnostics
    said = error["msg"].removeprefix("Value error, ")
    return SettingsError.of("GATE013", f"`{name}`: {said[:1].lower()}{said[1:]}", span).diagnostics


def _place(source: Source, key: Key) -> Span:
    """Where a key stands, or the nearest table around it that has a place."""
    from letpass.project.toml_places import places

    known = places(source.text)
    start, end = next((known[key[:n]] for n in range(len(key), 0, -1) if key[:n] in known), (0, 0))
    return Span(source, start, end)
