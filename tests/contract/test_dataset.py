from __future__ import annotations

import numpy as np

from contract.dataset import Sparse


def test_what_a_sparse_row_does_not_store_is_zero_where_it_is_made_dense() -> None:
    sparse = Sparse(np.array([0, 2, 2, 3]), np.array([0, 2, 1], np.int32), np.array([1, 2, 3], np.float32), 3)
    np.testing.assert_array_equal(sparse.dense(), [[1, 0, 2], [0, 0, 0], [0, 3, 0]])
    np.testing.assert_array_equal(sparse[1:].dense(4), [[0, 0, 0, 0], [0, 3, 0, 0]])
    assert sparse.dense().dtype == np.float32
