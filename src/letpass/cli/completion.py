"""What a shell is told that completes a command: names of the project, formats, codes, and where files are meant.

A parameter's metavar says what it asks for, so that an option that is new is completed by what it is called.  Nothing here
raises: where a project is broken there is nothing to complete.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

import click
from click.shell_completion import CompletionItem

from letpass.cli.suggestions import Here, plain
from letpass.frozen import Frozen

MOST_LISTED = 200  # files that are listed here, where a shell cannot


class Asked(Frozen):
    """What a shell asks for: the command with what was given so far, which of its parameters, the project, and what was begun."""

    context: click.Context
    parameter: click.Parameter
    here: Here
    begun: str


Names = Callable[[Asked], Iterable[str]]
"""What names there are for a parameter."""


def _versions(asked: Asked) -> Iterable[str]:
    none = ["none"] if "--champion" in asked.parameter.opts else []
    return [*asked.here.versions(asked.begun), *none]


def _formats(asked: Asked) -> Iterable[str]:
    """The formats of a command's reports; behind `FORMAT=` the files."""
    name, is_, path = asked.begun.partition("=")
    if is_:
        return [f"{name}={file}" for file in _listed(path)]
    command = asked.context.command.name or ""
    if command == "reconcile":
        from letpass.cli.commands.reconcile import FORMATS as OWN

        return OWN
    if command in {"sign", "waive"}:
        from letpass.cli.served import FORMATS as SERVED

        return SERVED
    from letpass.reports import FORMATS

    return FORMATS


def _evidence(_: Asked) -> Iterable[str]:
    from letpass.evidence.interface import FORMATS

    return FORMATS


def _codes(_: Asked) -> Iterable[str]:
    from letpass.cli import terminal

    return [path.stem for path in terminal.folder().glob("GATE*.md")]


def _kinds(_: Asked) -> Iterable[str]:
    from letpass.ledger.entry import KINDS

    return KINDS


def _of_trust(asked: Asked) -> Iterable[str]:
    """The names of the kind that `policy trust add` or `remove` was given."""
    here = asked.here
    of_kind = {"person": here.people, "role": here.roles, "member": here.roles, "service": here.services}
    found = of_kind.get(str(asked.context.params.get("kind")))
    return found() if found else ()


def _refs(_: Asked) -> Iterable[str]:
    """Branches and tags of the repository."""
    import subprocess

    words = [
        "git",
        "for-each-ref",
        "--count=500",
        "--format=%(refname:short)",
        "refs/heads",
        "refs/remotes",
        "refs/tags",
    ]
    return subprocess.run(words, capture_output=True, text=True, timeout=2, check=False).stdout.split()  # noqa: S603


def _people(asked: Asked) -> Iterable[str]:
    return asked.here.people()


def _stages(asked: Asked) -> Iterable[str]:
    return asked.here.stages()


def _metrics(asked: Asked) -> Iterable[str]:
    return asked.here.metrics()


FILES, FOLDERS = "file", "dir"
"""What click calls it where a shell completes files, or folders, by itself."""
Kind = tuple[Names | None, str]
"""The names that are asked for, and whether the shell completes files or folders beside them."""
_BY_METAVAR: dict[str, Kind] = {
    **dict.fromkeys(("MODEL", "DECISION|MODEL", "MODEL|REQUEST", "MODEL|STATEMENT"), (_versions, FILES)),
    "REQUEST|MODEL|POLICIES": (lambda a: ["policies", *_versions(a)], FILES),
    "NAME|MODEL": (lambda a: [*a.here.models(), *_versions(a)], FILES),
    "NAME@VERSION": (_versions, ""),
    "NAME": (lambda a: a.here.models(), ""),
    "STAGE": (_stages, ""),
    "STAGE|registration": (lambda a: [*_stages(a), "registration"], ""),
    "ROLE": (lambda a: a.here.roles(), ""),
    "PERSON": (_people, ""),
    "PERSON|SERVICE": (lambda a: [*_people(a), *a.here.services()], ""),
    "POLICY/LABEL": (lambda a: a.here.rules(), ""),
    "CODE": (_codes, ""),
    "FORMAT": (_evidence, ""),
    "FORMAT[=PATH]": (_formats, ""),
    "KIND": (_kinds, ""),
    "REF": (_refs, ""),
    "FOLDER": (None, FOLDERS),
    **dict.fromkeys(("PATH", "FILE", "DECISION", "POLICY", "KEY", "KEY.pub", "LIST.csv", "FILE|SIZE"), (None, FILES)),
}
_BY_NAME: dict[str, Kind | None] = {
    "environment": (lambda a: a.here.environments(), ""),
    **dict.fromkeys(("metric", "metrics"), (_metrics, "")),
    **dict.fromkeys(("person", "members"), (_people, "")),
    # of these nobody has a list
    **dict.fromkeys(("suite", "suites", "tool", "data_set", "fact", "field", "scan", "scans"), None),
}
"""By a parameter's name, where its metavar says less than that."""


class Suggested(click.types.StringParamType):
    """A text of which a shell is told what it may be."""

    name = "text"

    def __init__(self, names: Names | None, files: str) -> None:
        self.names, self.files = names, files

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        """Where files are meant too they come first: bash takes them only where no name fits."""
        beside = [CompletionItem(incomplete, type=self.files)] if self.files else []
        if self.names is None or incomplete.startswith(("./", "../", "/", "~")):
            return beside
        try:
            here = Here(ctx.params.get("policies") or ())
            found = _going_on(self.names(Asked(ctx, param, here, incomplete)), incomplete)
        except Exception:  # noqa: BLE001 - a broken project completes nothing, and a shell shows no error
            found = []
        return [*beside, *(CompletionItem(name) for name in found)]


def _going_on(names: Iterable[str], begun: str) -> list[str]:
    """The names that go on from what was begun, and that a shell takes as they are written."""
    left, is_, _ = begun.partition("=")
    if not is_:
        return [name for name in plain(names) if name.startswith(begun)]
    behind = len(left) + 1
    return [f"{left}={name}" for name in plain(n[behind:] for n in names) if name.startswith(begun[behind:])]


def asks(command: click.Command, parameter: click.Parameter) -> Kind | None:
    """What a parameter asks for; None for a text of which nobody has a list."""
    name = parameter.name or ""
    if name == "name" and any(p.name == "kind" for p in command.params):
        return _of_trust, ""
    if parameter.metavar == "NAME" and "--name" in parameter.opts:
        return None
    if name in _BY_NAME:
        return _BY_NAME[name]
    metavar = (parameter.metavar or "").removesuffix("...")
    return _BY_METAVAR.get(metavar, _BY_METAVAR.get(metavar.removeprefix("[").removesuffix("]")))


def prepared(command: click.Command) -> click.Command:
    """A command of which each text that has names is completed by them."""
    for parameter in command.params:
        if parameter.type is click.STRING and (found := asks(command, parameter)) is not None:
            parameter.type = Suggested(*found)
    return command


def _listed(path: str) -> list[str]:
    """Files and folders that go on from a path, folders with `/` behind them; hidden ones where a dot was written."""
    folder, slash, begun = path.rpartition("/")
    at = f"{folder}{slash}"
    with os.scandir(at or ".") as entries:
        found = [e for e in entries if e.name.startswith(begun) and (begun or not e.name.startswith("."))]
    return [f"{at}{e.name}{'/' if e.is_dir() else ''}" for e in sorted(found, key=lambda e: e.name)[:MOST_LISTED]]
