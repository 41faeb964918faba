"""What names there are, for a shell that completes: read from the files, quickly, and judged by nobody.

Nothing is verified and nothing asked over a network; a file that does not read has no names.  Only names that a shell takes as
they are written are told, so that none of them can be a command.
"""

from __future__ import annotations

import json
import os
import re
from base64 import b64decode
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

MOST = 2_000  # names that are told
MOST_FILES, MOST_WALKED = 500, 10_000  # files that are looked into, and that are looked at
LARGEST = 1 << 20  # bytes of one
ENDINGS = (".yaml", ".yml", ".json")
_OURS = (".decision.json", ".standing.json")
_PLAIN = re.compile(r"[\w@%+:./][\w@%+:./#-]*")
_NAME = re.compile(r"^\s*policy\s+([\w-]+)\s*:", re.MULTILINE)
_RULE = re.compile(r"^\s*(?:require|advise)\s+([a-z][\w-]*)\s*:", re.MULTILINE)
_STAGE = re.compile(r'\b(?:promotion|rollback)\s+to\s+(?:"([^"\n]+)"|([\w-]+))')
_ROLE = re.compile(r'\brole\s+"([^"\n]+)"')
_METRIC = re.compile(r"^\s*metric\s+([\w.-]+)\s*:", re.MULTILINE)


def plain(names: Iterable[str]) -> list[str]:
    """The names that a shell takes as they are written, each once and in order, no more than `MOST`."""
    found = dict.fromkeys(name for name in names if _PLAIN.fullmatch(name))
    return sorted(found)[:MOST]


class Here:
    """The project around the working directory, or the one that LETPASS_CONFIG names.  `policies`: files and folders of a call."""

    def __init__(self, policies: Iterable[str] = ()) -> None:
        self._given = tuple(policies)

    @cached_property
    def _found(self) -> tuple[Path, dict[str, Any]]:
        return _settings()

    @property
    def root(self) -> Path:
        """The project's folder."""
        return self._found[0]

    @property
    def settings(self) -> dict[str, Any]:
        """Its settings, as they are written."""
        return self._found[1]

    # ------------------------------------------------------------ the registry

    @cached_property
    def registry(self) -> Path | None:
        """The registry's folder, None where it is a server."""
        name = str(self.settings.get("registry", "models"))
        return None if "://" in name else self.root / name

    def models(self) -> list[str]:
        """The names of the models in the registry's folder."""
        return plain(name for name, _ in self._versions())

    def versions(self, incomplete: str) -> list[str]:
        """`NAME@VERSION` of what was begun; where those are many, `NAME@` of the models."""
        model, at, _ = incomplete.rpartition("@")
        begun = [
            (name, version)
            for name, version in self._versions()
            if name == model or (not at and name.startswith(incomplete))
        ]
        if at or len(begun) <= MOST // 20:
            stages = [f"{model}@{stage}" for stage in self.stages()] if begun and at else []
            return plain([*(f"{name}@{version}" for name, version in begun), *stages])
        return plain(f"{name}@" for name, _ in begun)

    def _versions(self) -> Iterator[tuple[str, str]]:
        """Each model below the registry's folder with each of its versions."""
        if self.registry is None:
            return
        for folder, folders, files in _walked(self.registry):
            found = [os.path.splitext(file)[0] for file in files if _is_version(file)]  # noqa: PTH122
            name = folder.relative_to(self.registry).as_posix()
            if name != ".":
                # what lies beside a version is in a folder of its own
                folders[:] = [each for each in folders if each not in found]
                yield from ((name, version) for version in found)

    # ------------------------------------------------------------ settings and policies

    def stages(self) -> list[str]:
        """The stages of policies and settings, and their aliases."""
        aliases = _mapping(self.settings.get("aliases"))
        said = [one or other for text in self._texts for one, other in _STAGE.findall(text)]
        listed = [a for names in aliases.values() if isinstance(names, list) for a in names]
        protected = self.settings.get("protected", ["production"])
        return plain(str(s) for s in (*said, *aliases, *listed, *(protected if isinstance(protected, list) else ())))

    def environments(self) -> list[str]:
        """The environments that the settings list."""
        return plain(_mapping(self.settings.get("environments")))

    def rules(self) -> list[str]:
        """`POLICY/LABEL` of every rule that has a label."""
        return plain(
            f"{name}/{label}"
            for text in self._texts
            for name in _NAME.findall(text)[:1]
            for label in _RULE.findall(text)
        )

    def metrics(self) -> list[str]:
        """The metrics that policies declare."""
        return plain(name for text in self._texts for name in _METRIC.findall(text))

    @cached_property
    def _texts(self) -> list[str]:
        """The texts of the policies that are in force, or that a call names."""
        listed = self.settings.get("policies", ["policies"])
        places = [Path(p) for p in self._given] or [
            self.root / str(p) for p in (listed if isinstance(listed, list) else [])
        ]
        files: list[Path] = []
        for place in places:
            files += [folder / f for folder, _, names in _walked(place) for f in sorted(names) if f.endswith(".policy")]
            files += [place] if place.is_file() else []
        return [text for file in files[:MOST_FILES] if (text := _text(file))]

    # ------------------------------------------------------------ people

    def people(self) -> list[str]:
        """The people of the trust file."""
        return plain(_mapping(self._trust.get("people")))

    def services(self) -> list[str]:
        """Its services."""
        return plain(_mapping(self._trust.get("services")))

    def roles(self) -> list[str]:
        """Its roles, and those that policies name."""
        return plain([*_mapping(self._trust.get("roles")), *(r for text in self._texts for r in _ROLE.findall(text))])

    @cached_property
    def _trust(self) -> dict[str, Any]:
        """The newest version of the trust file, as it says: nobody looks at a signature."""
        file = self.root / str(_mapping(self.settings.get("trust")).get("file", "trust.json"))
        versions = _mapping(json.loads(_text(file) or "{}")).get("versions")
        newest = versions[-1] if isinstance(versions, list) and versions else {}
        return _mapping(json.loads(b64decode(str(_mapping(newest).get("payload", ""))) or b"{}"))


def _settings() -> tuple[Path, dict[str, Any]]:
    """The project's folder, and its settings as they are written."""
    import tomllib

    if named := os.environ.get("LETPASS_CONFIG"):
        return Path(named).parent, tomllib.loads(_text(Path(named)))
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "policy.toml").is_file():
            return _near(folder, here), tomllib.loads(_text(folder / "policy.toml"))
        if "letpass" in (text := _text(folder / "pyproject.toml")):
            tool = _mapping(tomllib.loads(text).get("tool"))
            if "letpass" in tool:
                return _near(folder, here), _mapping(tool["letpass"])
    return Path(), {}


def _walked(root: Path) -> Iterator[tuple[Path, list[str], list[str]]]:
    """The folders below one that are not hidden, each with its folders and files; no more than `MOST_WALKED` files."""
    left = MOST_WALKED
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield Path(folder), folders, files
        left -= len(files) + 1
        if left < 0:
            return


def _near(folder: Path, here: Path) -> Path:
    return Path() if folder == here else folder


def _is_version(file: str) -> bool:
    return file.endswith(ENDINGS) and not file.startswith(".") and file != "state.yaml" and not file.endswith(_OURS)


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(file: Path) -> str:
    """The text of a regular file, nothing where it cannot be read or is too large."""
    try:
        if not file.is_file() or file.stat().st_size > LARGEST:
            return ""
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
