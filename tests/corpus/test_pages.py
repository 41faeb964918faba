"""The page of every code: it is there, has the one shape, and its examples do what they say."""

from __future__ import annotations

import io
import re
import shlex
import sys
from pathlib import Path

import pytest

from letpass.cli import terminal
from letpass.cli.commands import explain
from letpass.cli.main import run
from letpass.evaluation.decision import Decision
from letpass.evaluation.remedies import remedy
from tests.corpus.pages import PAGES, ROOT, Fences, fences, given, sections, texts

OUTCOME = re.compile(r"GATE(300|31\d|320|40\d)")
WARNING = re.compile(r"GATE2[56]\d")
UNTRIED = [p for p in PAGES if given(fences(p, "Example")) is None and p.stem != "GATE402"]
"""Pages with examples for people only; of GATE402 a whole sign-off is shown."""
SPOKEN = [p for p in UNTRIED if texts(fences(p, "Example"), "text")]
CALLED = [p for p in UNTRIED if texts(fences(p, "Example"), "console")]
SOURCE = "\n".join(p.read_text(encoding="utf-8") for p in sorted((ROOT / "src").rglob("*.py")))
HEADINGS = ["What it means", "Example", "Instead", "Why"]


def _codes(found: Fences) -> set[str] | None:
    """The codes that fences give; None: they are for people only."""
    result = given(found)
    if isinstance(result, Decision):
        return {remedy(r).code for r in result.rules if r.blocks}
    return None if result is None else {d.code for d in result}


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    """The codes of the source and the pages are the same."""
    used = {
        code
        for path in (ROOT / "src").rglob("*.py")
        for code in re.findall(r"GATE\d{3}", path.read_text(encoding="utf-8"))
    }

    assert sorted(used) == [page.stem for page in PAGES]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_a_page_has_the_one_shape(page: Path) -> None:
    """A title with the code, the four headings in order, and fences that are closed."""
    text = page.read_text(encoding="utf-8")

    assert re.match(rf"# {page.stem}: [a-z`][^\n.]*\n\n## ", text)
    assert list(sections(page)) == HEADINGS
    assert all(body.strip() for body in sections(page).values())
    assert fences(page, "Example")
    assert fences(page, "Instead")
    assert text.count("```") % 2 == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_the_example_gives_the_code(page: Path) -> None:
    """What a page shows as wrong is wrong in its way, and what it shows instead is not."""
    bad, good = fences(page, "Example"), fences(page, "Instead")
    if OUTCOME.fullmatch(page.stem) and not texts(good, "text"):
        good += [(kind, text) for kind, text in bad if not texts(good, kind)]
    wrong, right = _codes(bad), _codes(good)

    assert wrong is None or page.stem in wrong
    assert set() == {c for c in right or () if c == page.stem or not WARNING.fullmatch(c)}


def test_every_code_of_the_language_has_an_example_that_is_tried() -> None:
    """No page of a policy's or record's fault has examples for people only."""
    untried = {
        p.stem for p in PAGES if not (texts(fences(p, "Example"), "policy") or texts(fences(p, "Example"), "yaml"))
    }

    trust = {p.stem for p in PAGES if p.stem > "GATE402"}
    assert {
        "GATE011",
        "GATE013",
        "GATE014",
        "GATE015",
        "GATE016",
        "GATE257",
        "GATE258",
        "GATE261",
        "GATE318",
        "GATE307",
        "GATE309",
        "GATE402",
    } | trust == untried


@pytest.mark.parametrize("page", SPOKEN, ids=lambda p: p.stem)
def test_a_message_that_is_only_shown_is_in_the_programs_words(page: Path) -> None:
    """Where an example is for people only, what it quotes is still what the program says, but for names and numbers."""
    for line in "".join(texts(fences(page, "Example"), "text")).splitlines():
        if line == f"UNKNOWN[{page.stem}]  production/signed":
            continue
        said = re.fullmatch(r"(?:(?:error|warning|HELD)\[(GATE\d+)\]:?|  = unknown:) +(.*)", line)
        assert said is not None
        parts = [part.strip(" ,:…") for part in re.split(r"`[^`]*`|\S*[@\d]\S*|: ", said[2])]
        assert said[1] in {page.stem, None}
        assert [part for part in parts if len(part) > 7 and " ".join(part.split()[-2:]) in SOURCE] != []


@pytest.mark.parametrize("page", CALLED, ids=lambda p: p.stem)
def test_a_command_that_is_shown_as_wrong_is_answered_with_the_code(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a project that has what the command names, but for what is wrong with it."""
    policy = 'policy gate: "Gate"\n  on promotion to production\nrequire good: accuracy >= 0.9\n'
    for name, text in {
        "policy.toml": "", "policies/gate.policy": policy, "models/fraud/12.yaml": "model: fraud\nversion: '12'\n",
    }.items():  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    for line in "".join(texts(fences(page, "Example"), "console")).splitlines():
        assert run(shlex.split(line.removeprefix("$ policy "))) == 2
        assert f"error[{page.stem}]" in capsys.readouterr().err


# ---------------------------------------------------------------- policy explain


@pytest.mark.parametrize("code", ["GATE201", "gate201", "201", "Gate-201"])
def test_a_code_is_explained_however_it_is_written(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`policy explain --markdown` prints the page as it is written."""
    assert run(["explain", code, "--markdown"]) == 0
    assert (ROOT / "docs" / "errors" / "GATE201.md").read_text(encoding="utf-8") == capsys.readouterr().out


def test_several_codes_are_explained_in_their_order(capsys: pytest.CaptureFixture[str]) -> None:
    """Pages follow each other as asked for."""
    assert run(["explain", "210", "001"]) == 0
    assert re.findall(r"^GATE\d+", capsys.readouterr().out, re.MULTILINE) == ["GATE210", "GATE001"]


def test_without_a_code_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """The list has one line for each page."""
    assert run(["explain"]) == 0
    assert [explain.title(p) for p in PAGES] == capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("GATE299", "codes like it: GATE"),
        ("nonsense", "`policy explain` lists all codes"),
        ("../../README", "there is no code `../../README`"),
        ("", "there is no code ``"),
    ],
)
def test_an_unknown_code_is_a_usage_error(code: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A code without a page leaves with 2 and names the nearest."""
    assert run(["explain", code]) == 2
    assert said in capsys.readouterr().err


def test_a_page_prints_where_only_ascii_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of another encoding gets escapes, no crash."""
    ascii_only = io.TextIOWrapper(io.BytesIO(), encoding="ascii", write_through=True)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", ascii_only)
        code = run(["explain", "007"])
    ascii_only.seek(0)

    assert code == 0
    assert "ris\\u043a is low" in ascii_only.read()


def test_pages_of_an_installed_package_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a wheel the pages lie in the package itself."""
    (tmp_path / "letpass" / "errors").mkdir(parents=True)
    monkeypatch.setattr("letpass.__file__", str(tmp_path / "letpass" / "__init__.py"))

    assert tmp_path / "letpass" / "errors" == terminal.folder()
