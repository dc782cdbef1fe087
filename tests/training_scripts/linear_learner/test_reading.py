"""What hosts make together of the shares that each of them reads."""

from __future__ import annotations

import numpy as np
import pytest

from contract.codecs import recordio_protobuf
from contract.dataset import Dataset, Sparse
from tests.training_scripts.bench import Bench
from tests.training_scripts.linear_learner.hosts import group_of, together
from training_scripts import linear_learner
from training_scripts.linear_learner import reading
from training_scripts.linear_learner.task import task_of

GIVEN = {"predictor_type": "regressor", "mini_batch_size": "2", "feature_dim": "2"}
LABELS = np.array([1, 2, 4], dtype=np.float32)
DENSE = Dataset(np.array([[5, 1], [6, 2], [7, 4]], dtype=np.float32), LABELS)
SPARSE = Dataset(
    Sparse(np.array([0, 1, 2, 3]), np.array([0, 0, 1], dtype=np.int32), np.array([9, 6, 3], dtype=np.float32), 2),
    LABELS,
)


@pytest.mark.parametrize(("shares", "shifted"), [((DENSE, SPARSE), False), ((SPARSE, DENSE), False), ((DENSE,), True)])
def test_where_one_host_has_sparse_rows_none_shifts_its_own(tmp_path, shares, shifted):
    def host(rank, total):
        bench = Bench(tmp_path / str(rank), linear_learner)
        bench.put("train", recordio_protobuf.encode(shares[rank]), "", S3DistributionType="ShardedByS3Key")
        job, values = bench.job(GIVEN)
        group = group_of(len(shares), rank, total)
        return reading.read(job.channels["train"], None, values, task_of(values), job, group)

    found = together(len(shares), host)
    for data in found:
        assert data.scaling.shift.any() == shifted
        assert (data.scaling.factor == found[0].scaling.factor).all()
        assert data.rows == {"train": 3 * len(shares)}
