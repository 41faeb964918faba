"""The build servers that `--ci` knows: how each is recognised, and what it is given beside the reports."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from letpass.frozen import Frozen

COMMON = (("json", "decision.json"), ("html", "decision.html"), ("markdown", "decision.md"), ("junit", "junit.xml"))


class Platform(Frozen):
    """One of them.  sign: the variable that it sets, and to what, any where nothing is named; workspace: the variable that
    holds the repository's folder; files: the reports that it is given, each with its name; annotations: the format of
    what goes to its log."""

    name: str
    sign: tuple[str, str]
    workspace: str
    files: tuple[tuple[str, str], ...]
    annotations: str = ""


PLATFORMS = {
    p.name: p
    for p in (
        Platform("github", ("GITHUB_ACTIONS", "true"), "GITHUB_WORKSPACE",
                 (*COMMON, ("sarif", "decision.sarif")), "github"),
        Platform("gitlab", ("GITLAB_CI", "true"), "CI_PROJECT_DIR", (*COMMON, ("gitlab", "gl-code-quality.json"))),
        Platform("azure", ("TF_BUILD", ""), "BUILD_SOURCESDIRECTORY",
                 (*COMMON, ("sarif", "decision.sarif")), "azure"),
        Platform("jenkins", ("JENKINS_URL", ""), "WORKSPACE", (*COMMON, ("sarif", "decision.sarif"))),
    )
}  # fmt: skip
NAMES = tuple(dict.fromkeys(name for p in PLATFORMS.values() for _, name in p.files))
"""The files of all platforms: a folder that one wrote into may be another's next."""
CHOICES = ("auto", *PLATFORMS, "none")


def recognise(word: str, environment: Mapping[str, str] = os.environ) -> Platform | None:
    """The platform that is named, or, with `auto`, the one whose variable is set; nothing on a project."""
    if word != "auto":
        return PLATFORMS.get(word)
    for platform in PLATFORMS.values():
        name, value = platform.sign
        found = environment.get(name, "")
        if found and (not value or found.casefold() == value):
            return platform
    return None


def base(platform: Platform, environment: Mapping[str, str] = os.environ) -> str:
    """The folder of the repository in which the command runs, as the platform's pages name it; nothing at its top."""
    named = environment.get(platform.workspace)
    if not named:
        return ""
    try:
        found = os.path.relpath(Path.cwd().resolve(), Path(named).resolve())
    except (OSError, ValueError):
        return ""
    return "" if found == "." or found.startswith("..") else found.replace(os.sep, "/")


def append(path: str, text: str) -> None:
    """Add lines to a file that the platform reads after the step: all of them, or none where they do not fit, since it
    reads the file of a step that failed too.  What was there may lack the end of its last line.
    """
    with open(path, "ab", buffering=0) as file:  # noqa: PTH123 - a path as the platform gives it
        if not Path(path).is_file():  # a pipe or a device
            file.write(text.encode("utf-8"))
            return
        end = file.tell()
        left = (text if _ended(path, end) else f"\n{text}").encode("utf-8")
        try:
            while left:
                left = left[file.write(left) :]
        except OSError:
            file.truncate(end)
            raise


def _ended(path: str, end: int) -> bool:
    """Does a file of so many bytes end with a line's end, or hold nothing."""
    with open(path, "rb") as file:  # noqa: PTH123
        file.seek(max(end - 1, 0))
        return file.read(1) in {b"", b"\n"}


def github_outputs(values: Mapping[str, str]) -> str:
    """`KEY=VALUE` lines; a value has one line, for a second one would be another output."""
    return "".join(f"{key}={_line(value)}\n" for key, value in values.items())


def dotenv(values: Mapping[str, str]) -> str:
    """GitLab's `reports: dotenv`: names in capitals, values without quotes, blanks or `$`; it holds 5 KB at most."""
    lines = []
    for key, value in values.items():
        safe = re.sub(r"[^\w/.,:@+-]", "-", value, flags=re.ASCII)
        lines.append(f"LETPASS_{key.upper().replace('-', '_')}={safe[:900]}\n")
    return "".join(lines)


def _line(value: str) -> str:
    from letpass.diagnostics import clean

    return clean(" ".join(value.split()))
