"""What several tests of the corpus share: the diagnostics of a policy text."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from letpass.diagnostics import Diagnostic
from tests.corpus.pages import diagnosed

Diagnose = Callable[..., tuple[Diagnostic, ...]]


@pytest.fixture(name="diagnose")
def _diagnose() -> Diagnose:
    """All diagnostics of a text, in order; `others` are the texts by name that a `use` finds."""
    return diagnosed
