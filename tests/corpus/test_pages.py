"""The page of every code: it is there, has the one shape, and its examples do what they say.

The fences of `## Example` give the code, those of `## Instead` do not: `policy` is checked, with a header and a rule
where the snippet has none; `yaml` is read as a record, a second one as the champion's; where there are both, the move
is judged, and `## Instead` may leave out what stays as it was.  Other fences are for people only.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from assay import gate
from assay.cli import explain
from assay.cli.main import run
from assay.evaluation.remedies import remedy
from assay.facts.record import Holder
from assay.facts.schema import VOCABULARY
from assay.language.diagnostics import Diagnostic, PolicyError, Source
from assay.language.typed import Move
from assay.policyset import from_texts
from assay.registries import files

if TYPE_CHECKING:
    from assay.facts.record import Record

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "errors").glob("*.md"))
OUTCOME = re.compile(r"GATE(300|31\d|40\d)")
WARNING = re.compile(r"GATE25\d")
HEADINGS = ["What it means", "Example", "Instead", "Why"]
NOW = 1_800_000_000_000_000
Fences = list[tuple[str, str]]
"""The fenced texts of a section: kind and text."""
Diagnose = Callable[..., tuple[Diagnostic, ...]]


def _sections(page: Path) -> dict[str, str]:
    parts = re.split(r"^## (.+)\n", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def _fences(page: Path, section: str) -> Fences:
    return re.findall(r"^```(\w+)\n(.*?)^```$", _sections(page)[section], flags=re.MULTILINE | re.DOTALL)


def _texts(fences: Fences, kind: str) -> list[str]:
    return [text for name, text in fences if name == kind]


def _whole(snippet: str) -> str:
    """A snippet with a header before it and a rule behind it, where it has none."""
    if not re.search(r"^policy\b", snippet, re.MULTILINE):
        snippet = f'policy example: "An example"\n  on promotion to production\n{snippet}'
    if not re.search(r"^(require|advise)\b", snippet, re.MULTILINE):
        snippet += "require example: model_card is recorded\n"
    return snippet


def _of_policy(texts: list[str], diagnose: Diagnose) -> set[str]:
    others = {"metrics.policy": "let floor = 0.9\n"}
    return {d.code for text in texts for d in diagnose("example.policy", _whole(text), others)}


def _record(text: str) -> Record:
    return files.parse(Source("example.yaml", text))[0]


def _of_record(text: str) -> set[str]:
    try:
        _record(text)
    except PolicyError as error:
        return {d.code for d in error.diagnostics}
    return set()


def _of_move(policy: str, records: list[str]) -> set[str]:
    policies = from_texts({"example.policy": policy}, VOCABULARY)
    champion: Record | Holder = _record(records[1]) if len(records) > 1 else Holder.UNASKED
    decision = gate.judge(policies, _record(records[0]), Move("promotion", "production"), NOW, champion)
    return {remedy(r).code for r in decision.rules if r.blocks}


def _codes(fences: Fences, diagnose: Diagnose) -> set[str] | None:
    """The codes that the fences give; None: they are for people only."""
    policies, records = _texts(fences, "policy"), _texts(fences, "yaml")
    if policies and records:
        return _of_move(policies[0], records)
    if policies:
        return _of_policy(policies, diagnose)
    return _of_record(records[0]) if records else None


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
    assert list(_sections(page)) == HEADINGS
    assert all(body.strip() for body in _sections(page).values())
    assert _fences(page, "Example")
    assert _fences(page, "Instead")
    assert text.count("```") % 2 == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_the_example_gives_the_code(page: Path, diagnose: Diagnose) -> None:
    """What a page shows as wrong is wrong in its way, and what it shows instead is not."""
    bad, good = _fences(page, "Example"), _fences(page, "Instead")
    if OUTCOME.fullmatch(page.stem) and not _texts(good, "text"):
        good += [(kind, text) for kind, text in bad if not _texts(good, kind)]
    wrong, right = _codes(bad, diagnose), _codes(good, diagnose)

    assert wrong is None or page.stem in wrong
    assert set() == {c for c in right or () if c == page.stem or not WARNING.fullmatch(c)}


def test_every_code_of_the_language_has_an_example_that_is_tried() -> None:
    """No page of a policy's or record's fault has examples for people only."""
    untried = {
        p.stem for p in PAGES if not (_texts(_fences(p, "Example"), "policy") or _texts(_fences(p, "Example"), "yaml"))
    }

    trust = {p.stem for p in PAGES if p.stem > "GATE402"}
    assert {"GATE011", "GATE013", "GATE014", "GATE015", "GATE307", "GATE308", "GATE402"} | trust == untried


# ---------------------------------------------------------------- policy explain


@pytest.mark.parametrize("code", ["GATE201", "gate201", "201", "Gate-201"])
def test_a_code_is_explained_however_it_is_written(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`policy explain` prints the page."""
    assert run(["explain", code]) == 0
    assert (ROOT / "docs" / "errors" / "GATE201.md").read_text(encoding="utf-8") == capsys.readouterr().out


def test_several_codes_are_explained_in_their_order(capsys: pytest.CaptureFixture[str]) -> None:
    """Pages follow each other as asked for."""
    assert run(["explain", "210", "001"]) == 0
    assert re.findall(r"^# GATE\d+", capsys.readouterr().out, re.MULTILINE) == ["# GATE210", "# GATE001"]


def test_without_a_code_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """The list has one line for each page."""
    assert run(["explain"]) == 0
    assert [explain.title(p) for p in PAGES] == capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("GATE218", "codes like it: GATE"),
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
    (tmp_path / "assay" / "errors").mkdir(parents=True)
    monkeypatch.setattr("assay.__file__", str(tmp_path / "assay" / "__init__.py"))

    assert tmp_path / "assay" / "errors" == explain.folder()
