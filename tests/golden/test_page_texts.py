"""The codes' pages as people see them, and what their examples give.  `UPDATE_GOLDENS=1` writes the texts anew."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from letpass.cli.main import run
from letpass.diagnostics import render
from letpass.evaluation.decision import Decision
from letpass.reports import text
from letpass.reports.interface import Report
from tests.corpus.pages import PAGES, fences, given

GIVEN, EXPLAINED = Path(__file__).parent / "pages", Path(__file__).parent / "explained"
TRIED = {page.stem: found for page in PAGES if (found := given(fences(page, "Example"))) is not None}


def _golden(path: Path, found: str) -> str:
    if os.environ.get("UPDATE_GOLDENS") == "1":
        path.write_text(found, encoding="utf-8")
    return path.read_text(encoding="utf-8")


def _shown(found: tuple[object, ...] | Decision) -> str:
    """The refusal in full, or all diagnostics."""
    if isinstance(found, Decision):
        return text.render(Report((found,)))
    return "\n\n".join(render(d) for d in found) + "\n"  # type: ignore[arg-type]


@pytest.mark.parametrize("code", [page.stem for page in PAGES])
def test_a_page_is_explained_as_before(
    code: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What `policy explain` prints into a pipe is stored, and no line of prose is wider than 80 columns."""
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    assert run(["explain", code]) == 0
    found = capsys.readouterr().out

    assert _golden(EXPLAINED / f"{code}.txt", found) == found
    assert [line for line in found.splitlines() if len(line) > 80 and not line.startswith("    ")] == []


@pytest.mark.parametrize("code", TRIED)
def test_the_example_of_a_page_reads_as_before(code: str) -> None:
    """Every line and every caret of what the example gives is stored, and speaks of the page's code."""
    found = _shown(TRIED[code])

    assert _golden(GIVEN / f"{code}.txt", found) == found
    assert f"[{code}]" in found


def test_every_stored_text_has_its_page() -> None:
    """No stored text outlives the page or the example that it came from."""
    assert sorted(p.stem for p in EXPLAINED.iterdir()) == sorted(p.stem for p in PAGES)
    assert sorted(p.stem for p in GIVEN.iterdir()) == sorted(TRIED)
