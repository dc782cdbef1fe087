"""What must hold of every Dataset that a codec makes, whatever the bytes were."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from contract.dataset import Dataset, Floats, Layout, Sparse


def check(dataset: Dataset, layout: Layout) -> None:
    features = dataset.features
    assert dataset.rows > 0
    if isinstance(features, Sparse):
        _check_sparse(features, layout)
    else:
        assert features.dtype == np.float32
        assert features.ndim == 2
        assert features.flags.c_contiguous
        assert layout.width in (None, dataset.width)
        _check_values(features, layout)
    assert (dataset.labels is not None) == layout.label
    for column in (dataset.labels, dataset.weights):
        if column is not None:
            assert column.dtype == np.float32
            assert column.shape == (dataset.rows,)
            assert np.isfinite(column).all()
    assert dataset.weights is None or (dataset.weights >= 0).all()


def _check_sparse(features: Sparse, layout: Layout) -> None:
    offsets, columns = features.offsets, features.columns
    assert [part.dtype.str[1:] for part in (offsets, columns, features.values)] == ["i8", "i4", "f4"]
    assert offsets[0] == 0
    assert (np.diff(offsets) >= 0).all()
    assert offsets[-1] == len(columns) == len(features.values)
    assert 0 < features.width <= (layout.width or 1 << 24)
    assert ((columns >= 0) & (columns < features.width)).all()
    for begin, end in pairwise(offsets):
        assert (np.diff(columns[begin:end]) > 0).all()
    _check_values(features.values, layout)


def _check_values(values: Floats, layout: Layout) -> None:
    assert not np.isinf(values).any()
    assert layout.missing or not np.isnan(values).any()


def same(one: Dataset, other: Dataset) -> None:
    """Fails unless both hold the same values, missing ones at the same places."""
    for left, right in zip(_arrays(one), _arrays(other), strict=True):
        np.testing.assert_array_equal(left, right)


def _arrays(dataset: Dataset) -> list[object]:
    features = dataset.features
    if isinstance(features, Sparse):
        parts: list[object] = [features.offsets, features.columns, features.values, features.width]
    else:
        parts = [features]
    return [*parts, *(part for part in (dataset.labels, dataset.weights, dataset.groups) if part is not None)]
