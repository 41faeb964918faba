"""Suite `Fairness Check`: does the model treat the groups alike, also beyond sampling error?

Run by train.py, or by hand: `ARRESTS_MODEL=.work/arrests-2.pkl python -m pytest fairness_check.py`.
"""

from __future__ import annotations

import numpy as np
import pytest
from fairlearn.metrics import demographic_parity_ratio, equal_opportunity_difference
from sklearn.pipeline import Pipeline

import dataset
from measure import Array, parity_resamples, per_group

FOUR_FIFTHS = 0.8
LARGEST_RECALL_GAP = 0.1
LOWEST_RECALL = 0.8
ENOUGH = 100

each_attribute = pytest.mark.parametrize("attribute", dataset.SENSITIVE)


@each_attribute
def test_every_group_is_released_at_four_fifths_of_the_highest_rate(
    attribute: str, predicted: Array, data: dataset.Arrests
) -> None:
    ratio = demographic_parity_ratio(data.test_released, predicted, sensitive_features=data.test[attribute])
    assert ratio >= FOUR_FIFTHS


@each_attribute
def test_four_fifths_hold_in_nearly_all_resamples(attribute: str, predicted: Array, data: dataset.Arrests) -> None:
    resamples = parity_resamples(predicted, data.test, (attribute,))
    assert np.percentile(resamples, 2.5) >= FOUR_FIFTHS


@each_attribute
def test_who_should_be_released_has_equal_opportunity(attribute: str, predicted: Array, data: dataset.Arrests) -> None:
    gap = equal_opportunity_difference(data.test_released, predicted, sensitive_features=data.test[attribute])
    assert gap <= LARGEST_RECALL_GAP


@each_attribute
def test_no_group_has_a_low_recall(attribute: str, predicted: Array, data: dataset.Arrests) -> None:
    right = data.test_released == predicted
    recall = per_group(right, data.test_released == 1, data.test)
    values = [part["value"] for part in recall["slices"] if part["group"].startswith(f"{attribute}=")]
    assert min(values) >= LOWEST_RECALL


def test_four_fifths_hold_for_colour_and_sex_together(predicted: Array, data: dataset.Arrests) -> None:
    members = [member for name, member in dataset.groups(data.test) if "," in name and member.sum() >= ENOUGH]
    rates = [predicted[member].mean() for member in members]
    assert len(rates) >= 2 and min(rates) / max(rates) >= FOUR_FIFTHS


@pytest.mark.parametrize("attribute, one, other", [("colour", "Black", "White"), ("sex", "Female", "Male")])
def test_another_colour_or_sex_changes_no_decision(
    attribute: str, one: str, other: str, model: Pipeline, data: dataset.Arrests
) -> None:
    as_one = model.predict(data.test.assign(**{attribute: one}))
    as_other = model.predict(data.test.assign(**{attribute: other}))
    assert (as_one == as_other).all()
