from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from local_mode.samples.insurance import features

RECORDS = features.read()


def test_split_is_scikit_learns() -> None:
    assert len(RECORDS) == 1338
    assert features.split(RECORDS) == tuple(train_test_split(RECORDS, test_size=0.2, random_state=42))


def test_record_becomes_eight_numbers() -> None:
    record = {"age": "19", "sex": "female", "bmi": "27.9", "children": "0", "smoker": "yes", "region": "southwest"}
    assert features.encode(record) == [19, 0, 27.9, 0, 1, 0, 0, 1]
    assert features.encode(record | {"sex": "male", "region": "northeast"}) == [19, 1, 27.9, 0, 1, 0, 0, 0]
    assert len(features.NAMES) == 8


@pytest.mark.parametrize(("column", "word"), [("region", "north"), ("sex", ""), ("age", "old")])
def test_word_that_is_unknown_is_refused(column: str, word: str) -> None:
    with pytest.raises(ValueError, match=repr(word)):
        features.encode(RECORDS[0] | {column: word})  # type: ignore[operator] # a dict


def test_scales_go_there_and_back_and_are_kept(tmp_path: Path) -> None:
    inputs, charges = features.table(RECORDS)
    scales = features.fit(inputs, charges)
    scaled = scales.features(inputs)
    np.testing.assert_allclose([scaled.mean(axis=0), scaled.std(axis=0)], [[0] * 8, [1] * 8], atol=1e-12)
    np.testing.assert_allclose(scales.charges(scales.label(charges)), charges)
    scales.save(tmp_path / "scales.json")
    assert features.load(tmp_path / "scales.json") == scales
