"""Diagnostics as people see them: every line, every caret.  `UPDATE_GOLDENS=1` writes the texts anew."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from letpass.diagnostics import PolicyError, Source, render
from letpass.facts.schema import VOCABULARY
from letpass.language.checker import check
from letpass.language.parser import parse

if TYPE_CHECKING:
    from letpass.language import syntax

HERE = Path(__file__).parent / "diagnostics"
CASES = sorted(p.stem for p in HERE.glob("*.policy"))


def _load(use: syntax.Use) -> syntax.PolicyText:
    raise PolicyError.of("GATE107", f"there is no `{use.file}`", use.span)


def _rendered(name: str) -> str:
    text, faults = parse(Source(name, (HERE / name).read_text(encoding="utf-8")))
    found = (*faults, *check(text, VOCABULARY, _load).diagnostics)
    return "\n\n".join(render(d) for d in sorted(found, key=lambda d: d.order)) + "\n"


@pytest.mark.parametrize("case", CASES)
def test_a_diagnostic_reads_as_before(case: str) -> None:
    """The whole text of a policy's diagnostics is the stored one."""
    golden = HERE / f"{case}.txt"
    found = _rendered(f"{case}.policy")
    if os.environ.get("UPDATE_GOLDENS") == "1":
        golden.write_text(found, encoding="utf-8")

    assert golden.read_text(encoding="utf-8") == found


def test_every_text_has_its_policy() -> None:
    """No stored text outlives its policy."""
    assert sorted(p.stem for p in HERE.glob("*.txt")) == CASES
