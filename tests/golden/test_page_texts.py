"""What the examples of the codes' pages give, as people see it.  `UPDATE_GOLDENS=1` writes the texts anew."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from assay.evaluation.decision import Decision
from assay.language.diagnostics import render
from assay.reports import text
from assay.reports.interface import Report
from tests.corpus.pages import PAGES, fences, given

HERE = Path(__file__).parent / "pages"
TRIED = {page.stem: found for page in PAGES if (found := given(fences(page, "Example"))) is not None}


def _shown(found: tuple[object, ...] | Decision) -> str:
    """The refusal in full, or all diagnostics."""
    if isinstance(found, Decision):
        return text.render(Report((found,)))
    return "\n\n".join(render(d) for d in found) + "\n"  # type: ignore[arg-type]


@pytest.mark.parametrize("code", TRIED)
def test_the_example_of_a_page_reads_as_before(code: str) -> None:
    """Every line and every caret of what the example gives is stored, and speaks of the page's code."""
    golden = HERE / f"{code}.txt"
    found = _shown(TRIED[code])
    if os.environ.get("UPDATE_GOLDENS") == "1":
        golden.write_text(found, encoding="utf-8")

    assert golden.read_text(encoding="utf-8") == found
    assert f"[{code}]" in found


def test_every_stored_text_has_its_page() -> None:
    """No stored text outlives the example that it came from."""
    assert sorted(p.stem for p in HERE.iterdir()) == sorted(TRIED)
