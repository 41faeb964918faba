"""Fixtures of the two suites: the model under test and what it predicts for the test part."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from sklearn.pipeline import Pipeline

import dataset
from measure import Array


@pytest.fixture(scope="session")
def model_file() -> Path:
    """The saved model, named by the environment variable ARRESTS_MODEL."""
    return Path(os.environ["ARRESTS_MODEL"])


@pytest.fixture(scope="session")
def model(model_file: Path) -> Pipeline:
    """The model as it comes back from its file."""
    loaded: Pipeline = pickle.loads(model_file.read_bytes())
    return loaded


@pytest.fixture(scope="session")
def data() -> dataset.Arrests:
    """The split data."""
    return dataset.load()


@pytest.fixture(scope="session")
def predicted(model: Pipeline, data: dataset.Arrests) -> Array:
    """1 for each test row that the model would release."""
    return np.asarray(model.predict(data.test), dtype=np.int64)
