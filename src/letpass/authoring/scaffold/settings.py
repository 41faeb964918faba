"""The text of a new project's `policy.toml`: keys that differ from the default, or that help a newcomer."""

from __future__ import annotations

import json
from pathlib import Path

from letpass.authoring.scaffold.around import Around
from letpass.move import Stage
from letpass.project.configuration import FILE


def files(folder: Path, around: Around, stage: str) -> dict[Path, str]:
    """The text of `policy.toml`, where the project has no configuration yet."""
    configuration = around.configuration
    if configuration.source is not None:
        return {folder / FILE: _there(folder / FILE)} if configuration.source.name == FILE else {}
    known = {Stage(s) for s in configuration.protected}
    protected = [*configuration.protected, *([stage] if Stage(stage) not in known else [])]
    lines = [
        "# The project whose policies `policy` judges by.  Paths are relative to this file; every key is optional.",
        f"policies = [{_quoted(configuration.policies[0])}]  # files and folders of policies",
        f"registry = {_quoted(configuration.registry)}  # where versions live: a folder, or MLflow at mlflow+http://…",
        f"protected = [{', '.join(_quoted(s) for s in protected)}]  # stages that nothing enters without a decision",
    ]
    for means, names in configuration.aliases.items():
        listed = ", ".join(_quoted(n) for n in names)
        lines += ["", "[aliases]", f"{means} = [{listed}]  # what the registry calls the stage"]
    if configuration.mlflow_stages:
        lines += ["", "[mlflow]", "stages = true  # MLflow's own stages are moved, and not aliases"]
    if around.trusted and not around.pinned:
        lines += [
            "", "[trust]", "# Pin the first version of trust.json, once you have compared it with what its makers say:",
            '# root = "sha256:…"  # `policy trust show --root`',
        ]  # fmt: skip
    return {folder / FILE: "\n".join(lines) + "\n"}


def _there(path: Path) -> str:
    """The text of a configuration that has been read before."""
    return path.read_text(encoding="utf-8").replace("\r\n", "\n")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
