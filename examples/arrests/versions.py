"""The five model versions: which estimator each one is, and which evidence is gathered for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import dataset

MODEL_SEED = 0


@dataclass(frozen=True)
class Version:
    """One version of the model: how to make it, who made it, and whether its evidence is gathered."""

    number: str
    stage: str
    author: str
    purpose: str
    estimator: Callable[[], BaseEstimator]
    evidence: bool = True


def pipeline(estimator: BaseEstimator) -> Pipeline:
    """The estimator behind a preparation that answers any row, also with unknown or missing values."""
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    categories = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    columns = ColumnTransformer(
        [("numbers", numbers, list(dataset.NUMBERS)), ("categories", categories, list(dataset.CATEGORIES))]
    )
    return Pipeline([("columns", columns), ("model", estimator)])


VERSIONS = (
    Version(
        "1",
        "production",
        "ana@example.org",
        "champion",
        lambda: KNeighborsClassifier(n_neighbors=15),
    ),
    Version(
        "2",
        "candidate",
        "ben@example.org",
        "more accurate than the champion, nearly the same for all groups",
        lambda: LogisticRegression(random_state=MODEL_SEED),
    ),
    Version(
        "3",
        "candidate",
        "ben@example.org",
        "weighs refusals up to find more of them",
        # Balanced weights move the threshold to where the groups differ, though no input names a group.
        lambda: LogisticRegression(class_weight="balanced", random_state=MODEL_SEED),
    ),
    Version(
        "4",
        "candidate",
        "cleo@example.org",
        "a large forest",
        # 1000 trees, walked one after the other for each single row: slow without any trick.
        lambda: RandomForestClassifier(n_estimators=1000, max_depth=6, random_state=MODEL_SEED, n_jobs=1),
    ),
    Version(
        "5",
        "candidate",
        "cleo@example.org",
        "registered in a hurry",
        lambda: LogisticRegression(C=0.1, random_state=MODEL_SEED),
        evidence=False,
    ),
)
