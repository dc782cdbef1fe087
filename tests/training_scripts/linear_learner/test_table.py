"""What is read of a channel, and what is refused, with the words that say where and why."""

from __future__ import annotations

import os
import re
import threading

import numpy as np
import pytest

from contract import resources
from contract.codecs import recordio_protobuf
from contract.dataset import Dataset, Sparse
from contract.errors import UserError
from training_scripts.linear_learner.table import check_labels
from training_scripts.linear_learner.task import Task

REGRESSOR = {"predictor_type": "regressor", "mini_batch_size": "2", "epochs": "1", "num_models": "1"}
BINARY = REGRESSOR | {"predictor_type": "binary_classifier"}
CLASSES = REGRESSOR | {"predictor_type": "multiclass_classifier", "num_classes": "3"}
GOOD = "1,2,3\n0,5,6\n1,0,1\n0,1,4\n"
SPARSE = Dataset(
    Sparse(
        np.array([0, 1, 3, 4, 5]), np.array([0, 0, 2, 1, 2], dtype=np.int32), np.array([2, 1, 3, 4, 5], np.float32), 3
    ),
    np.array([1, 0, 1, 0], dtype=np.float32),
)


def refused(bench, given: dict[str, str]) -> str:
    with pytest.raises(UserError) as caught:
        bench.fit(given)
    return str(caught.value)


@pytest.mark.parametrize("content_type", ["", "application/x-recordio-protobuf"])
def test_recordio_is_what_a_channel_without_a_content_type_holds(bench, content_type):
    dense = Dataset(np.arange(8, dtype=np.float32).reshape(4, 2), np.array([0, 1, 0, 1], dtype=np.float32))
    bench.put("train", recordio_protobuf.encode(dense), content_type)
    assert bench.fit(BINARY).schema.count == 2


def test_sparse_rows_give_the_model_of_the_same_rows_written_out(bench):
    given = REGRESSOR | {"unbias_data": "false", "optimizer": "adam"}
    bench.put("train", recordio_protobuf.encode(SPARSE), "")
    sparse = bench.fit(given)
    weights, bias = bench.weights(sparse)
    bench.put("train", recordio_protobuf.encode(Dataset(SPARSE.features.dense(), SPARSE.labels)), "")
    dense_weights, dense_bias = bench.weights(bench.fit(given))
    np.testing.assert_allclose(weights, dense_weights, rtol=1e-5)
    np.testing.assert_allclose(bias, dense_bias, rtol=1e-5)


def test_sparse_rows_may_be_narrower_than_feature_dim(bench):
    bench.put("train", recordio_protobuf.encode(SPARSE), "")
    assert bench.fit(REGRESSOR | {"feature_dim": "7"}).schema.count == 7


@pytest.mark.parametrize("channel", ["train", "validation"])
def test_sparse_rows_that_no_memory_holds_with_their_zeros_are_refused(bench, channel, monkeypatch):
    bench.put("train", recordio_protobuf.encode(Dataset(SPARSE.features[:2], SPARSE.labels[:2])), "")
    bench.put(channel, recordio_protobuf.encode(SPARSE), "")
    monkeypatch.setattr(resources, "memory_bytes", lambda: 6 << 20)
    assert refused(bench, REGRESSOR | {"feature_dim": "500000"}) == (
        f"channel '{channel}': the matrix of 4 sparse rows of 500,000 features, zeros and all, needs about 7 MB; the "
        "limit is 6 MB: give fewer features or rows, or take more instances or one with more memory"
    )


@pytest.mark.parametrize("content", [GOOD, GOOD.replace("\n", "\r\n"), GOOD.rstrip("\n"), "\ufeff" + GOOD])
def test_csv_has_the_label_first_and_no_header(bench, content):
    bench.put("train", content)
    assert bench.fit(BINARY).schema.count == 2


def test_label_size_says_what_is_so(bench):
    bench.put("train", GOOD, "text/csv;label_size=1")
    assert bench.fit(BINARY).schema.count == 2


@pytest.mark.parametrize(
    ("content_type", "says"),
    [
        ("text/libsvm", "ContentType must be one of"),
        ("text/csv;label_size=0", "label_size must be 1"),
        ("csv", "ContentType"),
    ],
)
def test_other_content_types_are_refused(bench, content_type, says):
    bench.put("train", GOOD, content_type)
    assert says in refused(bench, BINARY)


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ("1,2,3\n0,x,6\n", r"line 2, column 2: .*'x'"),
        ("1,2,3\n0,5\n", r"line 2: .*2 columns"),
        ("1,2,3\n0,,6\n", r"line 2, column 2: .*missing"),
        ("1,2,3\n0,nan,6\n", r"line 2, column 2: .*missing"),
        ("1,2,3\n0,inf,6\n", r"line 2, column 2: "),
        ("y,a,b\n1,2,3\n", r"line 1: .*header row \('y' is first\)"),
        ("1,2,3\n,5,6\n", r"line 2, column 1: .*missing"),
    ],
)
def test_a_bad_cell_has_the_built_ins_words_and_then_its_own(bench, content, cause):
    bench.put("train", content, name="part-3.csv")
    file = bench.base / "input" / "data" / "train" / "part-3.csv"
    text = refused(bench, REGRESSOR)
    assert re.match(rf"Unable to parse csv: rows 1-1000, file {re.escape(str(file))}: {cause}", text), text


def test_the_batch_of_a_bad_cell_is_named(bench):
    bench.put("train", "1,2,3\n" * 2_500 + "1,2,x\n")
    assert "rows 2001-3000, " in (text := refused(bench, REGRESSOR))
    assert "line 2501, column 3" in text


@pytest.mark.parametrize("channel", ["validation", "test"])
def test_a_bad_cell_of_another_channel_is_found_before_training(bench, channel, capsys):
    bench.put("train", GOOD)
    bench.put(channel, "1,2,x\n")
    assert f"data/{channel}/part-0: line 1, column 3" in refused(bench, REGRESSOR)
    assert "epoch=" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "labels", "says"),
    [
        (
            BINARY,
            "0 1 2 1",
            "row 3: label must be 0 or 1, for predictor_type 'binary_classifier' (for more classes than two, take "
            "'multiclass_classifier'); found 2",
        ),
        (
            BINARY,
            "0 1 -1 -1",
            "row 3: label must be 0 or 1, for predictor_type 'binary_classifier' (these run from -1 to 1); "
            "found -1 and 1",
        ),
        (BINARY, "0 0.5 1 1", "row 2: label must be 0 or 1"),
        (CLASSES, "0 1 3 2", "row 3: label must be a whole number, 0 to num_classes - 1 = 2, for predictor_type"),
        (CLASSES, "0 1.5 1 2", "row 2: label must be a whole number"),
    ],
)
@pytest.mark.parametrize("channel", ["train", "validation", "test"])
def test_labels_that_the_task_does_not_know(bench, given, labels, says, channel):
    bench.put("train", GOOD)
    bench.put(channel, "".join(f"{label},1,{row}\n" for row, label in enumerate(labels.split())))
    assert f"channel '{channel}', {says}" in refused(bench, given)


@pytest.mark.parametrize(
    ("width", "channel", "content", "says"),
    [
        ("784", "train", GOOD, "channel 'train': the data has 2 features; hyperparameter 'feature_dim' says 784"),
        ("1", "train", GOOD, "channel 'train': the data has 2 features; hyperparameter 'feature_dim' says 1"),
        ("auto", "validation", "1,2\n", "1 features, but train/part-0 has 2"),
        ("2", "test", "1,2,3,4\n", "3 features, but train/part-0 has 2"),
    ],
)
def test_widths_must_agree(bench, width, channel, content, says):
    bench.put("train", GOOD)
    bench.put(channel, content)
    assert says in refused(bench, REGRESSOR | {"feature_dim": width})


@pytest.mark.parametrize("channel", ["validation", "test"])
def test_sparse_rows_of_another_channel_may_be_narrower_and_not_wider(bench, channel):
    wide = Dataset(
        Sparse(np.array([0, 1]), np.array([4], dtype=np.int32), np.array([1], np.float32), 5),
        np.array([1], dtype=np.float32),
    )
    narrow = Dataset(
        Sparse(np.array([0, 1]), np.array([0], dtype=np.int32), np.array([1], np.float32), 1),
        np.array([1], dtype=np.float32),
    )
    bench.put("train", recordio_protobuf.encode(SPARSE), "")
    bench.put(channel, recordio_protobuf.encode(narrow), "")
    assert bench.fit(REGRESSOR).schema.count == 3
    bench.put(channel, recordio_protobuf.encode(wide), "")
    assert "5 features" in refused(bench, REGRESSOR)


@pytest.mark.parametrize("rows", ["5", "1000"])
def test_a_batch_must_not_be_larger_than_the_channel(bench, rows):
    bench.put("train", GOOD)
    text = refused(bench, REGRESSOR | {"mini_batch_size": rows})
    assert text.startswith(
        "No training data processed. Either the training channel is empty or the mini-batch size is too high"
    )
    assert f"'mini_batch_size' is {rows}, and host algo-1 has 4 rows" in text


def test_a_pipe_is_read_once(bench):
    bench.put("train", "", TrainingInputMode="Pipe")
    (bench.base / "input" / "data" / "train" / "part-0").unlink()
    pipe = bench.base / "input" / "data" / "train_0"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(GOOD,))
    writer.start()
    assert bench.fit(BINARY | {"epochs": "3"}).schema.count == 2
    writer.join(20)


def test_one_row_is_enough(bench):
    bench.put("train", "3,1,2\n")
    fitted = bench.fit(REGRESSOR | {"mini_batch_size": "1"})
    assert np.isfinite(bench.weights(fitted)[0]).all()


@pytest.mark.parametrize("given", [BINARY, REGRESSOR, CLASSES])
def test_labels_that_are_all_the_same(bench, given):
    bench.put("train", "1,2,3\n1,5,6\n1,1,1\n")
    fitted = bench.fit(given)
    assert np.isfinite(bench.weights(fitted)[0]).all()


@pytest.mark.parametrize(
    ("labels", "task", "hint"),
    [
        ([1, 2, 3], Task("multiclass_classifier", "softmax_loss", 3), "run from 1 to 3: subtract 1"),
        ([0, 1, 2], Task("binary_classifier", "logistic", 2), "take 'multiclass_classifier'"),
        ([0.5, 1, 0], Task("binary_classifier", "logistic", 2), "take 'regressor'"),
        ([-1, 1, 1], Task("binary_classifier", "logistic", 2), "run from -1 to 1"),
    ],
)
def test_labels_that_are_no_classes_are_told_what_they_look_like(labels, task, hint):
    with pytest.raises(UserError, match=hint):
        check_labels(np.array(labels, np.float32), "train", task)
