"""The decision page in a real browser: light, dark, in print, without style, narrow, aloud, and behind Jenkins' wall."""

from __future__ import annotations

import base64
import functools
import http.server
import re
import threading
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from letpass.cli.main import run
from letpass.reports.html import stylesheet
from tests.integration import browser
from tests.reports.making import fault, kinds, shown, sized

pytestmark = pytest.mark.once
ROOT = Path(__file__).parents[2]
ARRESTS = "examples/arrests/models/arrests"
MOVE = ("--to", "production", "--champion", f"{ARRESTS}/1.yaml", "--at", "2026-11-23T12:00:00Z")
KINDS = kinds()
NAMES = [*dict.fromkeys(["denied", "awaiting", "folder", *KINDS, "several", "nothing", "many", "wide"])]
LOOKED_AT = ["denied", "awaiting", "folder", "waived"]
LOOKS = {"light": ("screen", "light"), "dark": ("screen", "dark"), "print": ("print", "light")}
# what Jenkins sends with archived pages (jenkins.io, "Configuring Content Security Policy")
JENKINS = "sandbox allow-same-origin; default-src 'none'; img-src 'self'; style-src 'self';"


@pytest.fixture(scope="module", name="pages")
def _pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Pages of real models, and of every kind of decision."""
    folder = tmp_path_factory.mktemp("pages")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        for name, model in (("denied", f"{ARRESTS}/3.yaml"), ("awaiting", f"{ARRESTS}/2.yaml"), ("folder", ARRESTS)):
            run(["check", model, *MOVE, "-q", "-o", f"html={folder / name}.html"])
    wide = shown("html", *kinds().values()).replace("fraud", "fraud" * 60)
    texts = {**{k: shown("html", d) for k, d in KINDS.items() if k != "denied"},
             "several": shown("html", *KINDS.values(), faults=(fault(),)), "nothing": shown("html", faults=(fault(),)),
             "many": shown("html", sized(180, 160)), "wide": wide}  # fmt: skip
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in NAMES}


@pytest.fixture(scope="module", name="opened")
def _opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    if browser.programs() is None:
        pytest.skip("there is no Chromium: install Debian's packages chromium and chromium-driver")
    pytest.importorskip("selenium", reason="selenium is not installed")
    with browser.browser(tmp_path_factory.mktemp("chromium") / "profile") as opened:
        yield opened


@pytest.fixture(scope="module", name="axe")
def _axe() -> str:
    """axe-core's rules, from the package that carries them."""
    found = find_spec("axe_playwright_python")
    if found is None or not found.submodule_search_locations:
        pytest.skip("axe-playwright-python is not installed, which carries axe-core")
    return (Path(found.submodule_search_locations[0]) / "axe.min.js").read_text(encoding="utf-8")


def _look(opened: Any, page: Path, look: str = "light", width: int = 1100) -> None:
    media, scheme = LOOKS[look]
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    opened.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    opened.get(page.as_uri())


def _keep(opened: Any, name: str) -> None:
    """A picture of the whole page, for people to look at."""
    taken = opened.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "format": "png"})
    browser.KEPT.mkdir(parents=True, exist_ok=True)
    (browser.KEPT / f"decision-{name}.png").write_bytes(base64.b64decode(taken["data"]))


@pytest.mark.parametrize(
    ("name", "look"), [*((n, "light") for n in NAMES), *((n, k) for n in LOOKED_AT for k in LOOKS if k != "light")]
)
def test_axe_finds_no_violation(opened: Any, axe: str, pages: dict[str, Path], name: str, look: str) -> None:
    """None of its rules, best practices among them: of every page in light, and of those with all colours in print, where what is
    folded is shown; in dark, which is the same page in other colours, those on colours."""
    _look(opened, pages[name], look)
    opened.execute_script(axe)
    asked = "{runOnly: ['color-contrast', 'link-in-text-block']}" if look == "dark" else "{}"
    found = opened.execute_async_script(f"const done = arguments[0]; axe.run(document, {asked}).then(done)")

    assert found["passes"]
    assert [(v["id"], [n["html"][:150] for n in v["nodes"][:3]]) for v in found["violations"]] == []


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", LOOKED_AT)
def test_pictures_are_kept_of_each_look(opened: Any, pages: dict[str, Path], name: str, look: str) -> None:
    """For people to look at; the colours follow the reader's wish."""
    _look(opened, pages[name], look)
    _keep(opened, f"{name}-{look}".replace(" ", "-"))
    colour = opened.execute_script("return getComputedStyle(document.body).backgroundColor")

    assert colour == ("rgb(15, 19, 24)" if look == "dark" else "rgb(255, 255, 255)")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [320, 1100])
def test_nothing_sticks_out_of_the_page(opened: Any, pages: dict[str, Path], name: str, width: int) -> None:
    """On a telephone too, however long the names: what is wide scrolls by itself."""
    _look(opened, pages[name], width=width)

    assert opened.execute_script("return document.documentElement.scrollWidth") <= width


def test_a_page_loads_nothing(opened: Any, pages: dict[str, Path]) -> None:
    """No request goes out, no script is in it, and no address that a browser would fetch."""
    for name, page in pages.items():
        _look(opened, page)
        assert opened.execute_script("return performance.getEntriesByType('resource').length") == 0, name
        assert opened.execute_script("return document.scripts.length") == 0, name
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"""(?i)\s(src|srcset|action|data|poster)\s*=|href=(?!"#)""", text), name
        assert not re.search(r"(?i)url\(|@import|\son\w+\s*=", text), name


def test_print_shows_what_is_folded(opened: Any, pages: dict[str, Path]) -> None:
    """On statement_file nobody can unfold."""
    heights = {}
    for look in ("light", "print"):
        _look(opened, pages["denied"], look)
        heights[look] = opened.execute_script(
            "return [...document.querySelectorAll('details table')].map(t => t.checkVisibility({contentVisibilityAuto: true})"
            " && t.getBoundingClientRect().height)"
        )

    assert heights["light"]
    assert not any(heights["light"])
    assert all(h > 0 for h in heights["print"])
    assert base64.b64decode(opened.execute_cdp_cmd("Page.printToPDF", {})["data"]).startswith(b"%PDF")


def test_without_any_style_it_reads_from_the_verdict_down(opened: Any, pages: dict[str, Path]) -> None:
    """All CSS stripped: the verdict, who can unblock it, what blocks, and the rest, in that order."""
    _look(opened, pages["denied"])
    opened.execute_script("document.querySelectorAll('style').forEach(s => s.remove())")
    _keep(opened, "denied-without-style")
    text = opened.execute_script("return document.body.innerText")
    order = ["Denied", "arrests@3 → promotion to production", "7 rules do not hold, 2 await sign-offs.", "has to be mended",
             "validator and risk have to sign", "Rules to look at", "fails production-promotion/fair",
             "fairness is 0.649522, short by 0.2505", "unknown high-risk-promotion/validated", "By group",
             "recall by group, the worst first", "Sign-offs", "Beside the champion", "Rules that hold", "What this rests on",
             "policy replay decision.json"]  # fmt: skip

    found = [text.find(words) for words in order]
    assert -1 not in found, order[found.index(-1)]
    assert sorted(found) == found


def test_a_screen_reader_hears_headings_pictures_and_tables(opened: Any, pages: dict[str, Path]) -> None:
    """One first heading with the verdict's model and move, a name for every picture, a caption for every table."""
    _look(opened, pages["denied"])
    opened.execute_cdp_cmd("Accessibility.enable", {})
    nodes = opened.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    spoken: dict[str, list[str]] = {}
    for node in nodes:
        role, name = node.get("role", {}).get("value"), node.get("name", {}).get("value", "")
        if not node.get("ignored"):
            spoken.setdefault(role, []).append(name)
    levels = opened.execute_script("return [...document.querySelectorAll('h1,h2,h3,h4')].map(h => +h.tagName[1])")

    assert spoken["heading"][0] == "arrests@3 → promotion to production"
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))
    pictures = spoken.get("image", []) + spoken.get("img", [])
    assert (
        "fairness: 0.649522 seen, at least 0.9 required, champion 0.969944, 95% interval 0.561445 to 0.69391"
        in pictures
    )
    assert all(pictures)
    assert all(spoken["table"])


def test_behind_jenkins_wall_it_keeps_its_own_stylesheet(opened: Any, pages: dict[str, Path], tmp_path: Path) -> None:
    """Under its content security policy no style stands in a page; the file beside it is let in, and nothing is blocked."""
    (tmp_path / "decision.css").write_text(stylesheet(), encoding="utf-8")
    (tmp_path / "decision.html").write_text(shown("html", KINDS["denied"], sheet="decision.css"), encoding="utf-8")

    class Handler(http.server.SimpleHTTPRequestHandler):
        def end_headers(self) -> None:
            self.send_header("Content-Security-Policy", JENKINS)
            super().end_headers()

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        _look(opened, pages["denied"])
        opened.get_log("browser")
        opened.get(f"http://127.0.0.1:{server.server_port}/decision.html")
        _keep(opened, "denied-on-jenkins")
        border = opened.execute_script("return getComputedStyle(document.querySelector('.v-deny')).borderLeftColor")
        complaints = [line["message"] for line in opened.get_log("browser") if "Security" in line["message"]]
    finally:
        server.shutdown()
        server.server_close()

    assert border == "rgb(179, 38, 30)"
    assert complaints == []
