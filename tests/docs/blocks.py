"""The fenced blocks and links of Markdown pages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
DECISIONS = sorted((DOCS / "decisions").glob("[0-9]*.md"))
GUIDES = [ROOT / "README.md", *sorted(DOCS.glob("*.md")), DOCS / "decisions" / "README.md", *DECISIONS]
FIRST = DOCS / "first-minutes.md"
WALKS = [
    ROOT / "examples" / "arrests" / "sign-off.md",
    DOCS / "trust.md",
    DOCS / "ledger.md",
    DOCS / "lifecycle.md",
    FIRST,
]
"""Pages whose commands build on one another; they run in a project of their own."""
EXAMPLES = sorted((ROOT / "examples").glob("*/*.md"))
MLFLOW = ROOT / "examples" / "mlflow" / "README.md"
"""A page whose commands run on a server of their own, in tests/integration."""
RUNBOOKS = DOCS / "operations.md"
"""A page whose commands run section by section, each where its trouble is, in tests/integration."""
PIPELINES = (DOCS / "ci.md", DOCS / "sharding.md")
"""Pages whose blocks are for other programs; tests/pipelines runs them."""
WATCHING = DOCS / "watching.md"
"""Another one; test_watching.py looks at them, and has Prometheus's own tool read them."""
PAGES = [*GUIDES, *sorted({*ROOT.glob("*.md"), *ROOT.glob("release/*.md")} - {*GUIDES}), *EXAMPLES]

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)


class Block(NamedTuple):
    """One fenced block: its page, the line where it begins, its kind and text."""

    page: Path
    line: int
    kind: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


class Command(NamedTuple):
    """A command line of a block, and the output that stands below it, if any."""

    place: str
    line: str
    output: list[str]


def blocks(page: Path, *kinds: str) -> list[Block]:
    """The blocks of a page, in order; of the given kinds, or all."""
    text = page.read_text(encoding="utf-8")
    found = [Block(page, text.count("\n", 0, m.start()) + 1, m.group(1), m.group(2)) for m in _FENCE.finditer(text)]
    return [b for b in found if not kinds or b.kind in kinds]


def commands(page: Path) -> list[Command]:
    """The `policy …` lines of a page's shell blocks."""
    found: list[Command] = []
    for block in blocks(page, "sh", "console"):
        for at, line in enumerate(block.text.splitlines(), block.line + 1):
            word = line.removeprefix("$ ")
            if word.startswith("policy "):
                found.append(Command(f"{page.relative_to(ROOT)}:{at}", word, []))
            elif block.kind == "console" and found:
                found[-1].output.append(line)
    return found


def steps(page: Path) -> dict[str, list[Block]]:
    """The console blocks of a page below each heading that has any, in order."""
    lines = page.read_text(encoding="utf-8").splitlines()
    found: dict[str, list[Block]] = {}
    for block in blocks(page, "console"):
        heading = next(m[1] for line in reversed(lines[: block.line]) if (m := re.match(r"#+ (.+)", line)))
        found.setdefault(heading, []).append(block)
    return found


def prose(page: Path) -> str:
    """A page's text without its fenced blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def links(page: Path) -> list[str]:
    """The targets of a page's links that lie in the repository."""
    return [t for t in _LINK.findall(prose(page)) if not re.match(r"[a-z]+:", t)]


def pictures(page: Path) -> list[tuple[str, str]]:
    """The pictures of a page: what is said in their place, and their path."""
    return re.findall(r"!\[([^\]\n]*)\]\(([^)\s]+)\)", prose(page))


def headings(page: Path) -> list[str]:
    """The fragments of a page's headings of the second level, in order."""
    return [_fragment(h) for h in re.findall(r"^## +(.+)$", prose(page), re.MULTILINE)]


def _fragment(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def anchors(page: Path) -> set[str]:
    """The fragments that a page's headings make."""
    return {_fragment(h) for h in _HEADING.findall(prose(page))}
