"""Suite `Smoke Test`: does the saved model load and answer, the same way every time?"""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

import dataset
from measure import Array


def test_file_holds_a_fitted_model(model: Pipeline) -> None:
    assert list(model.classes_) == [0, 1]


def test_one_answer_for_one_row(model: Pipeline, data: dataset.Arrests) -> None:
    assert model.predict(data.test.head(1)).shape == (1,)


def test_one_answer_for_each_row(predicted: Array, data: dataset.Arrests) -> None:
    assert predicted.shape == (len(data.test),)


def test_answers_are_release_or_not(predicted: Array) -> None:
    assert set(np.unique(predicted)) <= {0, 1}


def test_probabilities_add_up(model: Pipeline, data: dataset.Arrests) -> None:
    chances = model.predict_proba(data.test)
    assert chances.shape == (len(data.test), 2)
    assert chances.min() >= 0 and np.allclose(chances.sum(axis=1), 1)


def test_same_rows_give_the_same_answers(model: Pipeline, predicted: Array, data: dataset.Arrests) -> None:
    assert (model.predict(data.test) == predicted).all()


def test_order_of_the_rows_does_not_matter(model: Pipeline, predicted: Array, data: dataset.Arrests) -> None:
    assert (model.predict(data.test.iloc[::-1])[::-1] == predicted).all()


def test_another_copy_gives_the_same_answers(model_file: Path, predicted: Array, data: dataset.Arrests) -> None:
    copy: Pipeline = pickle.loads(model_file.read_bytes())
    assert (copy.predict(data.test) == predicted).all()


def test_request_is_left_as_it_was(model: Pipeline, data: dataset.Arrests) -> None:
    request = data.test.head(5)
    before = request.copy(deep=True)
    model.predict(request)
    pd.testing.assert_frame_equal(request, before)


def test_unknown_and_missing_values_get_an_answer(model: Pipeline) -> None:
    request = pd.DataFrame({"employed": ["Maybe", None], "citizen": [None, "Yes"], "age": [None, 30.0], "checks": 1.0})
    assert model.predict(request).shape == (2,)
