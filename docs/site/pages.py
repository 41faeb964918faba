"""Which file of the repository becomes which page, with its links leading to pages; and the navigation.

README.md is the front page, docs/ the root of the site and its README.md the list of all pages, any other README.md the index of its folder.  A new page needs nothing:
it is in the group whose patterns name it, else in the last one.
"""

from __future__ import annotations

import os.path
import re
import shutil
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

import policies

GROUPS = {
    "First steps": ["contents", "first-*", "why-not", "examples/arrests/*", "examples/*"],
    "Language": ["language", "policies"],
    "Records and evidence": ["records", "evidence*"],
    "Trust": ["trust*", "ledger*", "threat-model"],
    "Registries": ["registries*", "lifecycle*", "events*"],
    "Pipelines": ["ci*", "pipelines*", "sharding", "reports*"],
    "Operations": ["operations*", "watching"],
    "Python": ["library*"],
    "Reference": ["commands", "errors/index", "*", "decisions/index", "changes"],
    "The project": ["CONTRIBUTING", "SECURITY", "GOVERNANCE", "release/index"],
}
NAMED = {"CHANGELOG.md": "changes", "docs/README.md": "contents"}
"""Files whose pages are called otherwise."""
BELOW = {"errors": "errors/index", "decisions": "decisions/index", "policies": "policies"}
"""Folders whose pages hang below one page, and not in the navigation itself."""

_FENCE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(\[[^\]]*\]\()([^)\s]+)(\))")


def page_of(file: str) -> str:
    """The page that a file of the repository becomes; empty: it is none."""
    path = PurePosixPath(file)
    if file in NAMED:
        return NAMED[file]
    if path.suffix == ".md":
        page = str(path.with_suffix("")).removeprefix("docs/")
        return re.sub(r"(^|/)README$", r"\1index", page)
    return str(path.with_suffix("")) if path.suffix == ".policy" and path.parts[0] == "policies" else ""


def sources(root: Path) -> list[Path]:
    """Every file that becomes a page."""
    guides = [*root.glob("*.md"), *(root / "docs").rglob("*.md"), *(root / "release").glob("*.md")]
    examples = [
        p for p in (root / "examples").glob("*/*.md") if p.name == "README.md" or (p.parent / "README.md").exists()
    ]
    return sorted([*guides, *examples, *(root / "policies").rglob("*.policy")])


def write(root: Path, target: Path) -> None:
    """Write all pages; one that has not changed is left alone, and one that is gone is removed."""
    texts = {page_of(p.relative_to(root).as_posix()): _text(root, p, target) for p in sources(root)}
    texts["errors/index"] = _codes(root)
    for folder, page in BELOW.items():
        inside = sorted(n for n in texts if n.startswith(f"{folder}/") and n != page)
        texts[page] += _toctree("", [os.path.relpath(n, PurePosixPath(page).parent) for n in inside])
    texts["index"] += "".join(_toctree(caption, names) for caption, names in navigation(list(texts)).items())
    for name, text in texts.items():
        file = target / f"{name}.md"
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    for file in target.rglob("*.md"):
        if file.relative_to(target).with_suffix("").as_posix() not in texts:
            file.unlink()


def navigation(pages: list[str]) -> dict[str, list[str]]:
    """The groups, each with the pages that hang nowhere else; a page is in the first group that names it."""
    left = [n for n in sorted(pages) if n != "index" and (n.split("/")[0] not in BELOW or n in BELOW.values())]
    exact = {n for patterns in GROUPS.values() for n in patterns if "*" not in n}
    found: dict[str, list[str]] = {}
    for caption, patterns in GROUPS.items():
        for pattern in patterns:
            named = [n for n in left if fnmatch(n, pattern) and (n == pattern or n not in exact)]
            found.setdefault(caption, []).extend(named)
            left = [n for n in left if n not in named]
    return {caption: names for caption, names in found.items() if names}


def _text(root: Path, file: Path, target: Path) -> str:
    if file.suffix == ".policy":
        return policies.page(root / "policies", file)
    parts = _FENCE.split(file.read_text(encoding="utf-8"))
    return "".join(p if p.startswith("```") else _LINK.sub(lambda m: _led(root, file, target, m), p) for p in parts)


def _led(root: Path, file: Path, target: Path, link: re.Match[str]) -> str:
    """A link of a page that leads to a page, or to a copy of a file that is none."""
    path, mark, fragment = link[2].partition("#")
    if not path or re.match(r"[a-z]+:", path):
        return link[0]
    aim = (file.parent / path).resolve()
    aim = aim / "README.md" if aim.is_dir() else aim
    name = aim.relative_to(root).as_posix()
    here = PurePosixPath(page_of(file.relative_to(root).as_posix())).parent
    if page := page_of(name):
        return f"{link[1]}{os.path.relpath(page, here)}.md{mark}{fragment}{link[3]}"
    copy = target / "files" / name
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(aim, copy)
    return f"{link[1]}{os.path.relpath(f'files/{name}', here)}{link[3]}"


def _codes(root: Path) -> str:
    titles = {p.stem: p.open(encoding="utf-8").readline() for p in sorted((root / "docs" / "errors").glob("*.md"))}
    lines = [f"- [{code}]({code}.md): {title.partition(': ')[2].strip()}" for code, title in titles.items()]
    return "# Codes\n\nWhat each code means, as `policy explain` shows it.\n\n" + "\n".join(lines) + "\n"


def _toctree(caption: str, names: list[str]) -> str:
    option = f":caption: {caption}\n" if caption else ""
    return f"\n```{{toctree}}\n:hidden:\n{option}\n" + "\n".join(names) + "\n```\n"
