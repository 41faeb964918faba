"""What several tests of the documentation share."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the commands read, so that those that write files leave the repository alone."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("policies", "examples", "release"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns(".work"))
    return folder
