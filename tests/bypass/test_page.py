"""Door: the pages that people look at.  Ways to let a report say something else than was decided, and their ends."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from letpass.cli.reporting import FORMATS
from letpass.evaluation.decision import Decision, Verdict
from letpass.frozen import replace
from letpass.reports.interface import Report, Style, renderer
from tests.integration import test_decision_page as pages
from tests.lifecycle import conftest as projects
from tests.lifecycle.conftest import Call, write
from tests.reports.making import HEADER, fault, judged, kinds, record, report
from tests.reports.reading import rendered
from tests.reports.test_hostile_texts import _laden

_project, _call, _opened = projects._project, projects._call, pages._opened  # fixtures
pytestmark = pytest.mark.once
KINDS = kinds()
SCRIPTS = (
    "<script>window.pwned = 1</script>", "</script><script>window.pwned = 1</script>", "<img src=x onerror=window.pwned=1>",
    "</title><script>window.pwned = 1</script>", "</style><script>window.pwned = 1</script>", "<svg onload=window.pwned=1>",
    "</svg><svg><script>window.pwned=1</script>", "\" autofocus onfocus=window.pwned=1 x=\"", "' onmouseover='window.pwned=1",
    "javascript:window.pwned=1", "data:text/html,<script>parent.pwned=1</script>", "&lt;script&gt;window.pwned=1&lt;/script&gt;",
    "--><script>window.pwned=1</script><!--", "]]><script>window.pwned=1</script>", "\ufeff<script>window.pwned=1</script>",
    "<scr\u0000ipt>window.pwned=1</script>", "\uff1cscript\uff1ewindow.pwned=1", "<iframe srcdoc='<script>parent.pwned=1</script>'>",
    "<base href=http://127.0.0.1:9/>", "<meta http-equiv=refresh content='0;url=http://127.0.0.1:9/'>",
    "<link rel=stylesheet href=http://127.0.0.1:9/x.css>", "<form action=http://127.0.0.1:9/><button autofocus>Allowed</button></form>",
    "{{ ''.__class__ }}{% set x = 1 %}", "<details open ontoggle=window.pwned=1>", "<math><mtext></form><form><mglyph><style>",
)  # fmt: skip
STYLES = (
    "</style><style>.verdict{display:none}</style>", "<style>*{visibility:hidden}</style>", "*/ .word{display:none} /*",
    "\" style=\"display:none", "' style='position:fixed;inset:0;background:white'", "@import url(http://127.0.0.1:9/x.css);",
    "</p></div><div class='verdict v-allow'><p class='word'>Allowed</p>", "\" class=\"verdict v-allow", "url(http://127.0.0.1:9/x)",
)  # fmt: skip
FORGED = "Allowed: fraud@4 → promotion to production"


def _html(made: Report) -> str:
    return renderer("html")(made)


def _look(opened: Any, folder: Path, text: str) -> None:
    path = folder / "page.html"
    path.write_text(text, encoding="utf-8")
    opened.get(path.as_uri())


def _ask(opened: Any, script: str) -> Any:
    return opened.execute_script(f"return {script}")


ELEMENTS = (
    "[...document.querySelectorAll('*')].map(e => e.tagName + [...e.attributes].map(a => a.name).join()).join(' ')"
)
VERDICT = "[...document.querySelectorAll('.word')].slice(0, 1).map(e => [e.textContent, e.checkVisibility({visibilityProperty: true, opacityProperty: true}), getComputedStyle(e.closest('.verdict')).borderLeftColor])[0]"  # fmt: skip


def _denied(text: str) -> Report:
    """A denied model whose record, policies, statements, notices and command are all one text."""
    return _laden(text)


# ---------------------------------------------------------------- in a browser


def test_the_honest_way_works(opened: Any, tmp_path: Path) -> None:
    """The page of an allow says that it is one, where everybody sees it."""
    allowed = judged(record(), HEADER + 'require exact: accuracy on "holdout" >= 0.9\n')
    _look(opened, tmp_path, _html(report(allowed)))
    assert _ask(opened, VERDICT)[:2] == ["Allowed", True]


def test_no_text_runs_in_the_page_or_makes_an_element_of_it(opened: Any, tmp_path: Path) -> None:
    """In every place where a text may stand: elements and attributes are those of a page of plain words."""
    _look(opened, tmp_path, _html(_denied("plain")))
    plain = _ask(opened, ELEMENTS)
    for text in SCRIPTS:
        _look(opened, tmp_path, _html(_denied(text)))
        assert _ask(opened, "[typeof window.pwned, document.scripts.length, frames.length]") == ["undefined", 0, 0], (
            text
        )
        assert _ask(opened, ELEMENTS) == plain, text
        assert _ask(opened, "performance.getEntriesByType('resource').length") == 0, text


def test_no_text_hides_the_verdict_or_paints_it_green(opened: Any, tmp_path: Path) -> None:
    """Styles, classes and attributes in texts are texts."""
    _look(opened, tmp_path, _html(_denied("plain")))
    plain = _ask(opened, VERDICT)
    assert plain[:2] == ["Denied", True]
    for text in STYLES:
        _look(opened, tmp_path, _html(_denied(text)))
        assert _ask(opened, VERDICT) == plain, text
        assert _ask(opened, "[document.styleSheets.length, document.querySelectorAll('.v-allow').length]") == [1, 0], (
            text
        )


def test_a_text_that_turns_the_direction_is_read_as_it_was_written(opened: Any, tmp_path: Path) -> None:
    """`dewolla` after a mark that turns it would read as `allowed`; the mark is written out, and turns nothing."""
    for mark in "\u202e\u202d\u2067\u2066\u200f\u061c":
        _look(opened, tmp_path, _html(_denied(f"{mark}noitcudorp ot noitomorp → 4@duarf :dewollA")))
        seen = _ask(opened, "document.body.innerText + document.title")
        assert mark not in seen
        assert f"\\u{ord(mark):04x}noitcudorp" in seen


def test_a_text_that_nobody_sees_is_shown(opened: Any, tmp_path: Path) -> None:
    """Two names that look alike are told apart: what has no width is written out."""
    for unseen in ("\u200b", "\u2060", "\u00ad", "\u3164", "\u180e", "\u034f", "\U000e0041"):
        _look(opened, tmp_path, _html(report(judged(record(model=f"fra{unseen}ud")))))
        seen = _ask(opened, "document.querySelector('h1, h2').innerText + document.title")
        assert (unseen in seen, f"\\u{ord(unseen):04x}" in seen) == (False, True), hex(ord(unseen))


def test_a_very_long_text_pushes_the_verdict_out_of_no_window(opened: Any, tmp_path: Path) -> None:
    """One word of 5,000 characters in every place, and 300 lines: the verdict stands first, and nothing sticks out."""
    for text in ("x" * 5000, "\n".join(["y"] * 300), "\u0301" * 500 + "z", "W" * 5000):
        _look(
            opened,
            tmp_path,
            _html(report(judged(record(model=text, metrics={"accuracy": {"value": 0.5, "data_set": "holdout"}})))),
        )
        word, seen, _ = _ask(opened, VERDICT)
        box = _ask(opened, "(b => [b.top, b.bottom])(document.querySelector('.word').getBoundingClientRect())")
        assert (word, seen, 0 <= box[0] < box[1] < 300) == ("Denied", True, True), (text[:3], box)
        assert _ask(opened, "document.documentElement.scrollWidth <= innerWidth"), text[:3]


# ---------------------------------------------------------------- words of a verdict


def _verdicts(page: str) -> list[str]:
    """The verdicts that a page names: in its title, and above each model."""
    title = re.search(r"<title>([^<]*)</title>", page)
    assert title is not None
    return [title[1], *re.findall(r'<p class="word">([^<]*)</p>', page)]


def test_a_name_that_says_allowed_says_it_behind_the_verdict() -> None:
    """A model, a version, a title, an owner, a reason and a note that read like the verdict of another page."""
    for text in (FORGED, f"{FORGED}\n\n{FORGED}", "ALLOWED", "✔ Allowed"):
        title, word = _verdicts(_html(_denied(text)))[:2]
        assert (title.split()[0].rstrip(":"), word) in {("1", "Denied"), ("Denied", "Denied")}, title


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_says_allowed_of_an_allow_alone(kind: str) -> None:
    """Of what is denied, undecided, awaited, held back, governed by nothing or asked nothing it never does."""
    made = KINDS[kind]
    title, word = _verdicts(_html(report(made)))
    expected = {Verdict.ALLOW: "Allowed", Verdict.DENY: "Denied", Verdict.UNDECIDED: "Undecided"}[made.verdict]
    assert (word, title.partition(":")[0]) == (expected, expected)


def _supposed() -> dict[str, Decision]:
    """Allows that move nothing: as of another time, and by what the call says otherwise."""
    allowed = KINDS["allowed"]
    told = ("the call says that the champion is nobody",)
    return {"as of": replace(allowed, as_of=True), "what the call says": replace(allowed, told=told),
            "as of 2": replace(allowed, as_of=True, told=told)}  # fmt: skip


def test_an_allow_as_of_another_time_is_called_so_wherever_its_verdict_stands() -> None:
    """In the title of the page, above the model, among several, in Markdown and in the lines of a build server."""
    for name, made in _supposed().items():
        named = name.removesuffix(" 2")
        several = report(made, KINDS["denied"])
        rows = re.findall(r'<td class="v-allow"><b>([^<]*)</b>', _html(several))
        markdown = renderer("markdown")(several)
        cells = re.findall(r"(?m)^\| \*\*(allowed[^|]*)\*\* \|", markdown)
        lines = [
            line
            for form in ("azure", "tap")
            for line in renderer(form)(report(made)).splitlines()
            if "every rule" in line
        ]
        said = [*_verdicts(_html(report(made))), *rows, *cells, *lines]
        assert (len(said), [s for s in said if named not in s]) == (6, []), said
    assert _verdicts(_html(report(KINDS["allowed"])))[1] == "Allowed"


def test_beside_a_record_that_does_not_read_no_page_is_of_an_allow() -> None:
    """The allow of another model does not become the page's own verdict."""
    page = _html(report(KINDS["allowed"], faults=(fault(),)))

    assert _verdicts(page)[0] == "1 model: 1 allowed, 1 fault"
    assert page.index("What could not be read") < page.index('<p class="word">Allowed</p>')
    assert _verdicts(_html(report(faults=(fault(),)))) == ["Not decided"]


def test_markdown_has_no_second_verdict_by_any_text() -> None:
    """Headings, rules, quotes, HTML and comments in texts make no heading, and no mark by which a comment is found."""
    for text in (f"x\n\n## {FORGED}", f"x\n{FORGED}\n===", f"<h2>{FORGED}</h2>", f"--> ## {FORGED}", f"| a |\n|---|\n# {FORGED}",
                 f"```\n# {FORGED}", f"\r# {FORGED}", f"\u2028# {FORGED}", f"</details>\n\n# {FORGED}"):  # fmt: skip
        text_of = renderer("markdown")(_denied(text))
        heads = re.findall(r"<h[1-3]>(.*?)</h[1-3]>", rendered(text_of), re.DOTALL)
        assert len(heads) == len(re.findall(r"<h[1-3]>", rendered(renderer("markdown")(_denied("plain"))))), text
        assert not [h for h in heads if h.lower().startswith("allowed")], heads
        assert text_of.count("<!-- letpass") == 1


def test_a_terminal_is_not_told_to_forget_the_denial() -> None:
    """Escapes that clear the screen, move the cursor or write over the line are shown, and DENIED stands first."""
    for text in (
        "\x1b[2J\x1b[HALLOWED",
        "\x1b[1A\x1b[2KALLOWED",
        "\rALLOWED",
        "\b" * 20 + "ALLOWED",
        "\x9b2JALLOWED",
        "\x1b]0;ALLOWED\x07",
    ):
        for form in ("text", "concise", "tap", "azure"):
            out = renderer(form)(replace(_denied(text), style=Style(color=False)))
            assert not [c for c in out if (ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160], form
            assert "ALLOWED" not in {line.strip()[:7] for line in out.splitlines()}, form
    assert renderer("text")(replace(_denied("\rx"), faults=())).startswith("DENIED")


# ---------------------------------------------------------------- pages of other decisions


def test_a_stored_decision_that_was_edited_is_told_and_makes_no_page(project: Path, call: Call) -> None:
    """Its verdict, its record, its policy: decided again it differs, and no command makes a page of what a file says.  A page
    of it that was made before says so.
    """
    code, out, _ = call("check", "models/fraud/3.yaml", "--to", "production", "-o", "json")
    stored = json.loads(out)
    write(project / "as-it-is.json", out)
    assert (code, call("replay", "as-it-is.json")[0]) == (1, 0)
    assert call("replay", "as-it-is.json", "-o", "html=page.html")[0] == 0
    assert _verdicts((project / "page.html").read_text())[1] == "Denied"

    edited = {
        "verdict": out.replace('"verdict": "deny"', '"verdict": "allow"').replace(
            '"verdict":"deny"', '"verdict":"allow"'
        ),
        "record": out.replace("accuracy: 0.5", "accuracy: 0.99"),
        "policy": out.replace("accuracy >= 0.9", "accuracy >= 0.1"),
    }
    for what, text in edited.items():
        assert text != out, what
        write(project / "edited.json", text)
        code, said, _ = call("replay", "edited.json")
        assert (code, said.startswith("differs  fraud@3")) == (1, True), (what, said)
        for form in FORMATS:
            code, said, _ = call("replay", "edited.json", "-o", form)
            assert (code, said) == (1, ""), (what, form)
    assert call("replay", "edited.json", "-o", "html=page.html")[0] == 1
    assert _verdicts((project / "page.html").read_text()) == ["Not decided"]
    assert call("replay", "edited.json", "-o", "html=new.html")[0] == 1
    assert not (project / "new.html").exists()
    assert stored["decision"]["verdict"] == "deny"


def test_the_page_of_an_allow_does_not_outlive_a_check_that_could_not_decide(project: Path, call: Call) -> None:
    """A policy that does not read, or a record: what lay there yesterday is not taken for today's.  What is no page stays."""
    page, other = project / "page.html", project / "notes.md"
    check = ("check", "models/fraud/1.yaml", "--to", "production", "-q", "-o", f"html={page}", "-o", "markdown=page.md")
    for spoil in ("policies/gate.policy", "models/fraud/1.yaml"):
        kept = (project / spoil).read_text()
        assert call(*check)[0] == 0
        assert _verdicts(page.read_text())[1] == "Allowed"
        assert "## Allowed" in (project / "page.md").read_text()

        write(project / spoil, "nonsense: [\n")
        write(other, "# mine\n")
        assert call(*check)[0] == 2
        assert call(*check[:-1], "markdown=notes.md")[0] == 2
        assert (_verdicts(page.read_text()), other.read_text()) == (["Not decided"], "# mine\n"), spoil
        assert "Allowed" not in (project / "page.md").read_text()
        write(project / spoil, kept)
