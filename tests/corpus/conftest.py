"""What several tests of the corpus share: the diagnostics of a policy text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import pytest

from assay.facts.schema import VOCABULARY
from assay.language.checker import check
from assay.language.diagnostics import Diagnostic, PolicyError, Source, refuse
from assay.language.parser import parse

if TYPE_CHECKING:
    from assay.language import syntax

Diagnose = Callable[..., tuple[Diagnostic, ...]]


@pytest.fixture(name="diagnose")
def _diagnose() -> Diagnose:
    """All diagnostics of a text, in order; `others` are the texts by name that a `use` finds."""

    def diagnose(name: str, text: str, others: Mapping[str, str] | None = None) -> tuple[Diagnostic, ...]:
        def load(use: syntax.Use) -> syntax.PolicyText:
            if others is None or use.file not in others:
                raise refuse("GATE107", f"there is no `{use.file}`", use.span)
            used, faults = parse(Source(use.file, others[use.file]))
            if any(d.is_error for d in faults):
                raise PolicyError(faults)
            return used

        parsed, faults = parse(Source(name, text))
        found = (*faults, *check(parsed, VOCABULARY, load).diagnostics)
        return tuple(sorted(dict.fromkeys(found), key=lambda d: d.order))

    return diagnose
