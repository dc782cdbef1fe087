"""A whole fit: right beside numpy's SVD whatever the data, and told as SageMaker's PCA tells it."""

from __future__ import annotations

import re

import numpy as np
import pytest

from contract.dataset import Sparse
from contract.errors import UserError
from training_scripts.pca import METRICS


@pytest.mark.parametrize("mode", ["regular", "randomized"])
@pytest.mark.parametrize("centred", [True, False])
def test_the_components_are_those_of_numpys_svd(bench, text, by_svd, measures, mode, centred):
    bench.give(text(measures))
    model = bench.train(feature_dim=6, num_components=4, algorithm_mode=mode, subtract_mean=str(centred).lower())
    by_svd(measures, 4, centred=centred).agrees(model)
    assert ("mean" in model) == centred
    if centred:
        np.testing.assert_allclose(model["mean"], measures.mean(axis=0, dtype=np.float64)[None], rtol=1e-6, atol=1e-6)


def test_signs_are_ours_and_always_the_same(bench, text, measures):
    bench.give(text(measures))
    model = bench.train(feature_dim=6, num_components=6)
    largest = np.abs(model["v"]).argmax(axis=0)
    assert (model["v"][largest, np.arange(6)] > 0).all()
    np.testing.assert_array_equal(bench.train(feature_dim=6, num_components=6)["v"], model["v"])


def test_all_formats_give_the_same(bench, text, records, measures):
    bench.give(text(measures))
    expected = bench.train(feature_dim=6, num_components=3)
    for content_type in ("application/x-recordio-protobuf", "application/x-labeled-vector-protobuf", "protobuf"):
        bench.give(records(measures), content_type=content_type)
        for name, array in bench.train(feature_dim=6, num_components=3).items():
            np.testing.assert_array_equal(array, expected[name])


def test_a_column_of_labels_is_passed_over(bench, text, by_svd, measures):
    bench.give(text(measures), content_type="text/csv")
    by_svd(measures[:, 1:], 2).agrees(bench.train(feature_dim=5, num_components=2))


def test_sparse_rows_are_zero_where_nothing_is_stored(bench, records, by_svd):
    random = np.random.default_rng(0)
    grid = random.normal(size=(200, 9)).astype(np.float32) * (random.random((200, 9)) < 0.3)
    grid[:, 8] = 0
    rows, columns = np.nonzero(grid)
    offsets = np.concatenate([[0], np.bincount(rows, minlength=200).cumsum()])
    sparse = Sparse(offsets, columns.astype(np.int32), grid[rows, columns], 8)  # narrower than feature_dim
    bench.give(records(sparse), content_type="application/x-recordio-protobuf")
    by_svd(grid, 5).agrees(bench.train(feature_dim=9, num_components=5))


def test_many_files_and_their_order_do_not_matter(bench, text, by_svd, measures):
    for place in range(3):
        bench.give(text(measures[place * 100 : place * 100 + 100]), name=f"part-{place}")
    by_svd(measures, 6).agrees(bench.train(feature_dim=6, num_components=6))


@pytest.mark.parametrize("centred", ["true", "false"])
def test_a_huge_offset_costs_no_digits(bench, text, by_svd, centred):
    noise = np.random.default_rng(0).normal(size=(5000, 5)) * [1, 2, 3, 4, 5]
    data = (1e6 + noise).astype(np.float32)
    bench.give(text(data))
    model = bench.train(feature_dim=5, num_components=5, subtract_mean=centred)
    by_svd(data, 5, centred=centred == "true").agrees(model)


def test_constant_columns_and_copies_have_the_singular_value_zero(bench, text, by_svd, measures):
    data = np.hstack([measures, measures[:, :2], np.full((300, 1), 7, np.float32)])
    bench.give(text(data))
    model = bench.train(feature_dim=9, num_components=9)
    np.testing.assert_array_equal(model["s"][:3], 0)
    np.testing.assert_allclose(model["s"], by_svd(data, 9).values, atol=1e-5 * model["s"][-1])
    np.testing.assert_allclose(model["v"].T @ model["v"], np.eye(9), atol=1e-6)


@pytest.mark.parametrize("rows", [1, 2, 4])
@pytest.mark.parametrize("mode", ["regular", "randomized"])
def test_fewer_rows_than_components_is_right_and_said(bench, text, by_svd, measures, rows, mode, caplog):
    bench.give(text(measures[:rows]))
    model = bench.train(feature_dim=6, num_components=5, algorithm_mode=mode)
    expected = np.zeros(5)
    expected[5 - min(rows, 5) :] = by_svd(measures[:rows], rows).values
    np.testing.assert_allclose(model["s"], expected, atol=1e-5 * max(1, expected[-1]))
    np.testing.assert_allclose(model["v"].T @ model["v"], np.eye(5), atol=1e-6)
    assert f"{rows} row(s) have {rows - 1} component(s) at most" in caplog.text


def test_data_without_spread_is_no_error(bench):
    bench.give(b"1,2,3\n" * 50)
    fitted = bench.found(feature_dim=3, num_components=2)
    np.testing.assert_array_equal(bench.model(fitted)["s"], 0)
    assert fitted.metrics["train-explained_variance_ratio"] == 1


def test_values_that_float32_cannot_square(bench, text, by_svd):
    data = np.random.default_rng(0).normal(size=(50, 140)) * 1e25
    bench.give(text(data))
    by_svd(data, 3).agrees(bench.train(feature_dim=140, num_components=3))


def test_values_whose_model_float32_cannot_hold_are_refused(bench):
    bench.give(b"3e38,1\n-3e38,2\n" * 50)
    with pytest.raises(UserError, match="too large: a singular value is beyond float32"):
        bench.found(feature_dim=2, num_components=1)


@pytest.mark.parametrize("found", [5, 7])
def test_feature_dim_must_be_the_datas(bench, text, found):
    bench.give(text(np.ones((3, found))))
    text_of_error = rf"the data has {found} features, but hyperparameter 'feature_dim' is 6: set it to {found} \("
    with pytest.raises(UserError, match=text_of_error):
        bench.found(feature_dim=6, num_components=1)


def test_a_lost_first_column_is_explained(bench, text, measures):
    bench.give(text(measures), content_type="text/csv")
    first = r"5 features.*is 6: csv's first column is .* unless ContentType is 'text/csv;label_size=0'"
    theirs = r"\(cannot copy sequence with size 5 to array axis with dimension 6\)"
    with pytest.raises(UserError, match=rf"{first} {theirs}$"):
        bench.found(feature_dim=6, num_components=1)


def test_csv_that_is_taken_for_records_is_said_to_have_a_label_or_none(bench, text, measures):
    bench.give(text(measures), content_type="application/x-recordio-protobuf")
    with pytest.raises(UserError, match="set it to text/csv, or text/csv;label_size=0 without labels"):
        bench.found(feature_dim=6, num_components=1)


def test_sparse_rows_wider_than_feature_dim_are_refused(bench, records):
    wide = Sparse(np.array([0, 1]), np.array([2_000_000_000 - 1], np.int32), np.ones(1, np.float32), 2_000_000_000)
    bench.give(records(wide), content_type="application/x-recordio-protobuf")
    with pytest.raises(UserError):
        bench.found(feature_dim=6, num_components=1)


@pytest.mark.parametrize("row", [b"1,,3\n", b"1,nan,3\n", b"1,inf,3\n", b"1,a,3\n", b"1,2\n"])
def test_a_bad_row_is_named(bench, row):
    bench.give(b"1,2,3\n" * 7 + row)
    with pytest.raises(UserError, match="train/part-0, line 8"):
        bench.found(feature_dim=3, num_components=1)


def test_it_says_what_sagemakers_says(bench, text, measures, caplog, capsys):
    bench.give(text(measures))
    with caplog.at_level("INFO"):
        bench.found(feature_dim=6, num_components=2, mini_batch_size=500)
    said = [record.message for record in caplog.records]
    for line in (
        "Number of GPUs being used: 0",
        "The default executor is <PCAExecutor on cpu(0)>.",
        "6 feature(s) found in 'data'.",
        "<PCAExecutor on cpu(0)> is assigned to batch slice from 0 to 499.",
        "#progress_metric: host=algo-1, completed 100 % of epochs",
        "Test data is not provided.",
    ):
        assert line in said
    printed = capsys.readouterr().out.splitlines()
    assert all('"Algorithm": "PCA", "Host": "algo-1", "Operation": "training"' in line for line in printed)
    assert '"Total Records Seen": {"sum": 300.0' in printed[0]


def test_the_test_channel_is_scored_by_the_final_model(bench, text, measures, caplog):
    bench.give(text(measures))
    bench.give(text(measures[:40] + 1), channel="test")
    with caplog.at_level("INFO"):
        fitted = bench.found(feature_dim=6, num_components=2)
    model = bench.model(fitted)
    found = {m.name: float(match[1]) for m in METRICS if (match := re.search(m.regex, caplog.text))}
    assert found.keys() == {metric.name for metric in METRICS}
    for channel, rows in (("train", measures), ("test", measures[:40] + 1)):
        centred = (rows - model["mean"]).astype(np.float64)
        rebuilt = centred @ model["v"] @ model["v"].T
        assert found[f"{channel}:reconstruction_mse"] == pytest.approx(((centred - rebuilt) ** 2).mean(), rel=1e-4)
        share = (rebuilt**2).sum() / (centred**2).sum()
        assert found[f"{channel}:explained_variance_ratio"] == pytest.approx(share, rel=1e-5)
        assert fitted.metrics[f"{channel}-explained_variance_ratio"] == found[f"{channel}:explained_variance_ratio"]


def test_the_test_channel_must_be_as_wide(bench, text, measures):
    bench.give(text(measures))
    bench.give(text(measures[:, :5]), channel="test")
    with pytest.raises(UserError, match="5 features"):
        bench.found(feature_dim=6, num_components=2)
