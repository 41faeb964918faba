"""The arrests data set: loading, splitting, groups, digest, and the requests that probe a model."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass

import pandas as pd
from sklearn.model_selection import train_test_split
from sklego.datasets import load_arrests

NAME = "arrests"
SPLIT_SEED = 0
TEST_SHARE = 0.4

# What the models may look at. `colour` and `sex` stay out; they are only used to measure.
CATEGORIES = ("employed", "citizen")
NUMBERS = ("age", "checks")

# What must not decide about a release. `age` is coarsened, because a group needs members.
SENSITIVE = ("colour", "sex", "age_band")
_AGE_EDGES = (0, 17, 24, 34, 200)
_AGE_BANDS = ("0-17", "18-24", "25-34", "35+")


@dataclass(frozen=True)
class Arrests:
    """The data, split once: rows with all columns, and 1 where the person was released."""

    train: pd.DataFrame
    test: pd.DataFrame
    train_released: pd.Series
    test_released: pd.Series
    digest: str


def load() -> Arrests:
    """Load and split the data; the same rows fall into the same part every time."""
    frame: pd.DataFrame = load_arrests(as_frame=True)
    digest = "sha256:" + hashlib.sha256(frame.to_csv(index=False).encode()).hexdigest()
    rows = frame.assign(age_band=pd.cut(frame["age"], _AGE_EDGES, labels=_AGE_BANDS).astype(str))
    released = (rows["released"] == "Yes").astype(int)
    # Few women and few refusals: without strata a split could leave a group almost empty.
    strata = rows["released"] + rows["colour"] + rows["sex"]
    train, test = train_test_split(rows, test_size=TEST_SHARE, random_state=SPLIT_SEED, stratify=strata)
    return Arrests(train, test, released[train.index], released[test.index], digest)


def groups(rows: pd.DataFrame) -> list[tuple[str, pd.Series]]:
    """Name and membership of each group: every sensitive attribute's values, then colour and sex together."""
    found = [(f"{name}={value}", rows[name] == value) for name in SENSITIVE for value in sorted(rows[name].unique())]
    pairs = itertools.product(sorted(rows["colour"].unique()), sorted(rows["sex"].unique()))
    return found + [(f"colour={c},sex={s}", (rows["colour"] == c) & (rows["sex"] == s)) for c, s in pairs]


def probes(test: pd.DataFrame) -> pd.DataFrame:
    """Requests that a model has to answer: all test rows, then a full grid of plausible and odd inputs.

    The grid holds every combination of known, unknown and missing categories, of ages 0 to 120 and of 0 to 20
    checks, numbers also missing: an error rate of 0.0001 cannot be shown on two thousand rows.
    """
    answers = ("Yes", "No", "Unknown", None)
    values = {
        "employed": answers,
        "citizen": answers,
        "age": (*map(float, range(121)), None),
        "checks": (*map(float, range(21)), None),
    }
    grid = pd.DataFrame(list(itertools.product(*values.values())), columns=list(values))
    return pd.concat([test[list(values)], grid], ignore_index=True)
