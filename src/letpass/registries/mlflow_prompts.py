"""Prompts, which MLflow keeps among registered models: only a version that was made as one is one.

MLflow makes a prompt's version with a source that names no files, without a run, and with a tag.  A tag can be written at any
time and by anybody, so it makes nothing a prompt that was made as a model, and what is told by halves is a model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from letpass.canonical import canonical

IS_PROMPT = "mlflow.prompt.is_prompt"
TEXT = "mlflow.prompt.text"
_PARTS = {
    "text": TEXT, "type": "_mlflow_prompt_type", "response_format": "_mlflow_prompt_response_format",
    "model_config": "_mlflow_prompt_model_config",
}  # fmt: skip
"""What a prompt's version holds, and the tags of MLflow's in which it does; UTF-8 of JSON where it is no text."""
OWN = frozenset({IS_PROMPT, *_PARTS.values()})
"""Tags that are the prompt itself, and tell nothing about it."""
FILE = "prompt.json"
SOURCES = frozenset({"prompt-template", "dummy-source"})
"""What MLflow writes as the source of a prompt, which has no files."""


def is_prompt(version: Any) -> bool:
    """Was a version made as a prompt, and is it nothing else: no files, no run, none of MLflow's own stages."""
    made = version.source in SOURCES and not version.run_id and not version.model_id
    staged = str(version.current_stage or "None").casefold() != "none"
    return made and not staged and dict(version.tags).get(IS_PROMPT) == "true"


def are_prompts(versions: Iterable[Any]) -> bool:
    """Are the versions of one name prompts, every one, and is there one."""
    found = [is_prompt(version) for version in versions]
    return bool(found) and all(found)


def content(tags: Mapping[str, str]) -> bytes:
    """The bytes of a prompt's version, which its digest is of: its parts as canonical JSON (RFC 8785), each as MLflow keeps it."""
    return canonical({part: tags[key] for part, key in _PARTS.items() if key in tags})


def uri(name: str, version: str) -> str:
    """How MLflow calls a prompt's version."""
    return f"prompts:/{name}/{version}"


def words(versions: Sequence[Any]) -> str:
    """A prompt in words: its name, and by which aliases its versions are called."""
    aliases = sorted((alias, str(v.version)) for v in versions for alias in v.aliases)
    called = ", ".join(f"@{alias} is {version}" for alias, version in aliases)
    return f"prompt `{versions[0].name}`" + (f" ({called})" if called else "")
