"""The documentation as a site: built without a warning, whole, and without anything from elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from tests.docs.blocks import DOCS, ROOT, anchors

pytest.importorskip("sphinx")
pytestmark = pytest.mark.once
LOADING = {"link": "href", "script": "src", "img": "src", "iframe": "src", "source": "src", "object": "data"}


class _Page(HTMLParser):
    """What a page loads, what it links to, and the places that it has."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.places: set[str] = {""}
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.places.add(given.get("id", ""))
        if tag in LOADING and LOADING[tag] in given:
            self.loads.append(given[LOADING[tag]])
        if tag == "a" and "href" in given:
            self.links.append(given["href"])


@pytest.fixture(name="site", scope="session")
def _site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built once, as `make docs` builds it: where a warning is an error."""
    target = tmp_path_factory.mktemp("docs") / "site"
    done = subprocess.run(
        [sys.executable, str(DOCS / "site"), str(target)],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONUTF8": "1"},
        check=False,
        timeout=300,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return target


@pytest.fixture(name="read", scope="session")
def _read(site: Path) -> dict[Path, _Page]:
    return {file: _Page(file) for file in site.rglob("*.html")}


def test_every_page_and_every_policy_has_its_place(site: Path) -> None:
    """Guides, codes, decisions, examples, and the shipped policies, each with its title."""
    expected = {"index.html", "contents.html", "changes.html", "search.html"}
    expected |= {"CONTRIBUTING.html", "SECURITY.html", "release/index.html"}
    for file in DOCS.rglob("*.md"):
        expected.add(str(file.relative_to(DOCS).with_suffix(".html")).replace("README.", "index."))
    expected |= {str(p.relative_to(ROOT).with_suffix(".html")) for p in (ROOT / "policies").rglob("*.policy")}
    expected |= {f"examples/{p.parent.name}/index.html" for p in (ROOT / "examples").glob("*/README.md")}

    assert sorted(e for e in expected if not (site / e).is_file()) == []


def test_a_policy_is_shown_with_its_rules_and_cases(site: Path) -> None:
    """Title, owner, reasons and remedies, cases, and the text in colour."""
    page = (site / "policies/promotion/production.html").read_text(encoding="utf-8")

    shown = re.sub(r"<[^>]+>", "", page)
    assert "its owner is model governance" in shown
    assert "no group may be chosen less than nine tenths as often as another" in shown
    assert "a fairness just below 0.9 is not" in shown
    assert "rebalance the training data, and measure again" in shown
    assert 'highlight-policy notranslate"><div class="highlight"><pre><span></span><span class="k' in page


def test_every_page_is_reached_from_the_front_page(site: Path, read: dict[Path, _Page]) -> None:
    """No page is an orphan."""
    seen: set[Path] = set()
    ahead = [site / "index.html"]
    while ahead:
        file = ahead.pop()
        if file not in seen and file in read:
            seen.add(file)
            ahead += [_aim(file, link)[0] for link in read[file].links if not urlsplit(link).scheme]

    assert sorted(str(f.relative_to(site)) for f in read.keys() - seen - {site / "search.html"}) == []


def test_every_link_leads_to_a_place(site: Path, read: dict[Path, _Page]) -> None:
    """The file is there, and the heading in it."""
    broken = []
    for file, page in read.items():
        for link in page.links:
            aim, fragment = _aim(file, link)
            if urlsplit(link).scheme:
                continue
            if not aim.is_file() or (aim in read and fragment not in read[aim].places):
                broken.append(f"{file.relative_to(site)}: {link}")

    assert broken == []


def test_nothing_is_loaded_from_elsewhere(site: Path, read: dict[Path, _Page]) -> None:
    """Scripts, styles, images and fonts lie in the site itself, so that it works without a network."""
    loaded = [(file, load) for file, page in read.items() for load in page.loads]
    assert len(loaded) > len(read)
    for file in site.rglob("*.css"):
        text = file.read_text(encoding="utf-8")
        loaded += [(file, load) for load in re.findall(r"url\(\s*['\"]?([^)'\"]+)", text)]
        loaded += [(file, load) for load in re.findall(r"@import\s+['\"]([^'\"]+)", text)]

    wrong = [
        load
        for file, load in loaded
        if not load.startswith("data:")
        and (urlsplit(load).scheme or load.startswith("/") or not _aim(file, load)[0].is_file())
    ]
    assert wrong == []


def test_the_search_knows_the_pages(site: Path) -> None:
    """The index is a script, which works where pages are opened as files."""
    index = (site / "searchindex.js").read_text(encoding="utf-8")

    assert index.startswith("Search.setIndex(")
    assert '"errors/GATE300"' in index
    assert '"policies/promotion/production"' in index


def test_the_site_says_nothing_of_the_machine(site: Path) -> None:
    """No path of who built it stands in a page."""
    for file in [*site.rglob("*.html"), site / "searchindex.js"]:
        assert str(ROOT) not in file.read_text(encoding="utf-8"), file.name


def _aim(file: Path, link: str) -> tuple[Path, str]:
    """The file that a link of a file leads to, and the place in it."""
    parts = urlsplit(link)
    return Path(os.path.normpath(file.parent / unquote(parts.path))) if parts.path else file, unquote(parts.fragment)


# ---------------------------------------------------------------- what becomes of a file


@pytest.fixture(name="pages")
def _pages(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(DOCS / "site"))
    import pages  # type: ignore[import-not-found]

    return pages


def test_a_new_page_is_in_the_navigation_by_itself(pages: Any) -> None:
    """Where a group names it, it is there; else it is among the references."""
    groups = pages.navigation(["index", "ci", "anything", "language", "errors/index", "errors/GATE300"])

    assert groups == {"Language": ["language"], "Pipelines": ["ci"], "Reference": ["errors/index", "anything"]}


def test_a_link_to_a_file_that_is_no_page_leads_to_a_copy(pages: Any, tmp_path: Path) -> None:
    """A script, say; what a fence shows is left alone, a folder is its README, and a link may go over the end of a line."""
    root, target = tmp_path / "root", tmp_path / "pages"
    for name, text in {
        "README.md": "# Front\n\n[script](examples/a/run.sh) [folder](examples/a) [more\nof it](docs/b.md#more)\n",
        "CHANGELOG.md": "# Changes\n",
        "docs/b.md": "# B\n\n## More\n\n[home](../README.md) [there](https://docs.example)\n\n```text\n[x](y.md)\n```\n",
        "docs/policies.md": "# Policies\n",
        "docs/decisions/README.md": "# Decisions\n",
        "examples/a/README.md": "# A\n",
        "examples/a/run.sh": "echo\n",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")

    (target / "old.md").parent.mkdir(parents=True)
    (target / "old.md").write_text("# gone\n", encoding="utf-8")
    pages.write(root, target)

    front = (target / "index.md").read_text(encoding="utf-8")
    assert "[script](files/examples/a/run.sh) [folder](examples/a/index.md) [more\nof it](b.md#more)" in front
    assert (target / "files/examples/a/run.sh").read_text(encoding="utf-8") == "echo\n"
    assert "[home](index.md) [there](https://docs.example)" in (target / "b.md").read_text(encoding="utf-8")
    assert "[x](y.md)" in (target / "b.md").read_text(encoding="utf-8")
    assert not (target / "old.md").exists()


def test_the_headings_of_a_page_are_places_of_the_site_too(read: dict[Path, _Page], site: Path, pages: Any) -> None:
    """A link with a fragment that works in the repository works in the site."""
    missing = []
    for file in DOCS.glob("*.md"):
        places = read[site / f"{pages.page_of(f'docs/{file.name}')}.html"].places
        missing += [f"{file.name}#{a}" for a in anchors(file) - places]

    assert missing == []
