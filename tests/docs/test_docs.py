"""What the documentation shows reads and runs as shown, and what it lists is what there is."""

from __future__ import annotations

import contextlib
import io
import re
from typing import TYPE_CHECKING, Any

import pytest

from letpass.facts.schema import SHAPES, VOCABULARY
from letpass.language.types import Group, Listing, Measures, Shape
from letpass.project.policyset import from_texts
from tests.docs.blocks import (
    DECISIONS,
    DOCS,
    GUIDES,
    PAGES,
    ROOT,
    Block,
    anchors,
    blocks,
    headings,
    links,
    pictures,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

pytestmark = pytest.mark.once

POLICIES = [b for page in GUIDES for b in blocks(page, "policy")]
SNIPPETS = [page for page in GUIDES if blocks(page, "python")]
HEADER = 'policy example: "An example"\n  on promotion to production\n'


@pytest.mark.parametrize("page", SNIPPETS, ids=lambda p: p.name)
def test_the_snippets_of_a_page_run_and_print_what_stands_below_them(
    page: Path, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Python blocks of a page run one after the other; a `text` block right below one is its output."""
    monkeypatch.chdir(checkout)
    space: dict[str, Any] = {"__name__": "snippet"}
    shown = blocks(page)
    for block, below in zip(shown, [*shown[1:], None], strict=True):
        if block.kind != "python":
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(block.text, block.place, "exec"), space)
        if below is not None and below.kind == "text":
            assert below.text == printed.getvalue(), block.place


@pytest.mark.parametrize("block", POLICIES, ids=lambda b: b.place)
def test_a_policy_block_checks(block: Block) -> None:
    """Every policy shown is one, or becomes one with a header before it and a rule behind it."""
    beside = {_name(b): b.text for b in blocks(block.page, "policy") if _name(b) and b != block and not _header(b.text)}

    assert len(from_texts({**beside, "shown.policy": _whole(block.text)}, VOCABULARY).policies) == 1


def _name(block: Block) -> str:
    """The file that a block says it is: `# metrics.policy` in its first line."""
    named = re.match(r"# ([\w-]+\.policy)\n", block.text)
    return named[1] if named else ""


def _header(text: str) -> bool:
    return re.search(r"^policy\b", text, re.MULTILINE) is not None


def _whole(text: str) -> str:
    text = text if _header(text) else HEADER + text
    return (
        text if re.search(r"^(require|advise)\b", text, re.MULTILINE) else text + "require there: model is recorded\n"
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_resolve(page: Path) -> None:
    """A link leads to a file of the repository, and its fragment to a heading there."""
    broken = []
    for target in links(page):
        path, _, fragment = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.is_relative_to(ROOT) or not file.exists() or (fragment and fragment not in anchors(file)):
            broken.append(target)

    assert broken == []


def _fields(shapes: Mapping[str, Shape], above: str = "") -> Iterator[str]:
    """Every path of the schema as docs/records.md writes it."""
    for name, shape in shapes.items():
        yield above + name
        if isinstance(shape, Group | Listing | Measures):
            step = {Group: ".", Listing: "[].", Measures: ".NAME."}[type(shape)]
            yield from _fields(shape.fields, above + name + step)


def test_the_record_page_has_every_field_of_the_schema_and_no_other() -> None:
    """The table of fields is the schema's, in its order."""
    text = (DOCS / "records.md").read_text(encoding="utf-8")
    table = text.partition("| field | holds | what |")[2].partition("\n\n")[0]

    assert list(_fields(SHAPES)) == re.findall(r"^\| `([^`]+)`", table, re.MULTILINE)


def test_every_decision_is_listed_with_its_title() -> None:
    """The list of decisions is what lies beside it, in order."""
    listed = re.findall(
        r"^\| \[(\d{4})\]\(([^)]+)\) \| (.+) \|$", (DOCS / "decisions" / "README.md").read_text("utf-8"), re.MULTILINE
    )

    titles = [p.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ") for p in DECISIONS]
    assert [(p.name, title) for p, title in zip(DECISIONS, titles, strict=True)] == [
        (file, f"{number}: {title}") for number, file, title in listed
    ]


def test_a_decision_is_short_and_has_its_three_parts() -> None:
    """Context, decision, consequences, in fewer than 40 lines."""
    for path in DECISIONS:
        text = path.read_text(encoding="utf-8")
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"], path.name
        assert text.count("\n") < 40, path.name


def test_the_two_commands_of_a_newcomer_stand_first() -> None:
    """`make demo` and `make test` are the first block of the README."""
    assert blocks(ROOT / "README.md")[0].text == "make demo\nmake test\n"


@pytest.mark.parametrize("page", [p for p in GUIDES if p.read_text("utf-8").count("\n") > 200], ids=lambda p: p.name)
def test_a_long_page_begins_with_the_way_to_each_of_its_parts(page: Path) -> None:
    """Every heading of the second level is linked before the first of them, or, of a command, right below."""
    beginning = page.read_text(encoding="utf-8").partition("\n## ")[0]

    assert [h for h in headings(page) if f"(#{h})" not in beginning] == []


def test_a_picture_says_in_words_what_it_shows() -> None:
    """It has a text for those who do not see it, a title inside, colours for dark pages, and it is shown somewhere."""
    shown = {(page.parent / path).resolve(): text for page in PAGES for text, path in pictures(page)}

    assert shown.keys() == {p.resolve() for p in (DOCS / "pictures").iterdir()}
    for file, text in shown.items():
        drawn = file.read_text(encoding="utf-8")
        assert len(text) > 40
        assert "<title" in drawn
        assert "prefers-color-scheme: dark" in drawn
