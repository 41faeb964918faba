"""Where the real data lie that are too large for the repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

BESIDE = Path(__file__).parents[2].parent / "shared"


@pytest.fixture(name="zoo", scope="session")
def _zoo() -> Path:
    """The folder of 1763 published models: in `ASSAY_SHARED`, else in `shared/` beside the checkout."""
    folder = Path(os.environ.get("ASSAY_SHARED", BESIDE)) / "data" / "openmmlab-model-index"
    if not folder.is_dir():
        pytest.skip("the published models are not here: name their folder in ASSAY_SHARED")
    return folder
