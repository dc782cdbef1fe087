from __future__ import annotations

import logging
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost

from contract import artifact
from contract.dataset import Dataset
from contract.errors import UserError
from contract.manifest import Manifest, Schema
from serving.settings import Settings
from serving.xgboost import model


def load(directory: Path, **settings: Any) -> model.XGBoost:
    return model.load(directory, Settings(**settings))


def scores(loaded: model.XGBoost, rows: Any) -> Any:
    return loaded.predict(Dataset(rows)).columns["score"]


def manifest(width: int = 4) -> Manifest:
    return Manifest(
        algorithm="xgboost",
        version="1",
        features=Schema(width, names=tuple("abcdefgh"[:width])),
        hyperparameters={},
        metrics={},
        libraries={"xgboost": xgboost.__version__},
        image="",
        created="2026-01-01T00:00:00Z",
    )


def test_bare_stock_model_is_served_with_a_warning(directory: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert load(directory("reg:squarederror")).schema == Schema(4)
    assert "no model.json" in caplog.text


def test_schema_is_the_manifests(directory: Any) -> None:
    artifact.write(directory("reg:squarederror"), manifest())
    assert load(directory()).schema.names == ("a", "b", "c", "d")


def test_manifest_of_another_width_is_refused(directory: Any) -> None:
    artifact.write(directory("reg:squarederror"), manifest(5))
    with pytest.raises(UserError, match=r"take \[4\] features.*agree with model.json: 5 features"):
        load(directory())


def test_changed_model_is_refused(directory: Any) -> None:
    path = directory("reg:squarederror") / "xgboost-model"
    artifact.write(path.parent, manifest())
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(UserError, match="sha256"):
        load(path.parent)


def test_pickle_is_refused_and_never_opened(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (tmp_path / "opened",)

    (tmp_path / "xgboost-model").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(UserError, match="is a pickle, which is never opened"):
        load(tmp_path)
    assert not (tmp_path / "opened").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "empty"), (b"binf\x00", "neither UBJSON nor JSON"), (b"{L", "cannot load 'xgboost-model'")],
)
def test_no_model_is_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "xgboost-model").write_bytes(content)
    with pytest.raises(UserError, match=message) as caught:
        load(tmp_path)
    assert "\n" not in str(caught.value)


def test_best_iteration_is_honoured(tmp_path: Path, trained: Any, rows: Any) -> None:
    booster = trained("binary:logistic").copy()
    booster.set_attr(best_iteration="2")
    (tmp_path / "xgboost-model").write_bytes(booster.save_raw("ubj"))
    expected = booster.predict(xgboost.DMatrix(rows), iteration_range=(0, 3))
    assert np.array_equal(scores(load(tmp_path), rows), expected)
    assert not np.array_equal(expected, booster.predict(xgboost.DMatrix(rows)))


def test_best_iteration_beyond_the_model_means_all_of_it(tmp_path: Path, trained: Any, rows: Any) -> None:
    booster = trained("binary:logistic").copy()
    booster.set_attr(best_iteration="99")
    (tmp_path / "xgboost-model").write_bytes(booster.save_raw("ubj"))
    assert np.array_equal(scores(load(tmp_path), rows), booster.predict(xgboost.DMatrix(rows)))


def test_ensemble_answers_the_mean(directory: Any, trained: Any, rows: Any) -> None:
    members = ("binary:logistic", "dart", "forest")
    expected = np.mean([trained(one).predict(xgboost.DMatrix(rows)) for one in members], axis=0, dtype=np.float64)
    assert np.array_equal(scores(load(directory(*members)), rows), expected.astype(np.float32))


def test_ensemble_of_classes_votes(directory: Any, trained: Any, rows: Any) -> None:
    loaded = load(directory("multi:softmax", "multi:softmax", "multi:softmax"))
    assert np.array_equal(scores(loaded, rows), trained("multi:softmax").predict(xgboost.DMatrix(rows)))
    votes = [np.array(one, np.float32) for one in ([0, 1, 2], [2, 1, 1], [2, 0, 0])]
    assert loaded._vote(votes).tolist() == [2, 1, 0]


def test_ensemble_can_be_switched_off(directory: Any, trained: Any, rows: Any) -> None:
    loaded = load(directory("binary:logistic", "forest"), ensemble=False)
    assert np.array_equal(scores(loaded, rows), trained("binary:logistic").predict(xgboost.DMatrix(rows)))


def test_members_of_different_objectives_are_refused(directory: Any) -> None:
    with pytest.raises(UserError, match="must agree"):
        load(directory("binary:logistic", "reg:squarederror"))


def test_only_dart_is_exclusive(directory: Any) -> None:
    assert load(directory("dart")).exclusive
    assert not load(directory("forest")).exclusive


def test_key_that_does_not_apply_is_warned_of(directory: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        load(directory("reg:gamma"), outputs=("predicted_score", "labels"))
    assert "'labels' does not apply to reg:gamma" in caplog.text


def test_model_of_another_name_is_told_the_right_one(tmp_path: Path, trained: Any) -> None:
    (tmp_path / "model.ubj").write_bytes(trained("reg:gamma").save_raw("ubj"))
    with pytest.raises(UserError, match=r"neither model\.json nor 'xgboost-model'; it holds 'model\.ubj': rename"):
        load(tmp_path)


def test_contributions_that_xgboost_does_not_give_are_the_requests_fault(tmp_path: Path, rows: Any) -> None:
    booster = xgboost.train(
        {"objective": "multi:softprob", "num_class": 3, "multi_strategy": "multi_output_tree"},
        xgboost.DMatrix(rows, np.arange(len(rows)) % 3),
        2,
    )
    (tmp_path / "xgboost-model").write_bytes(booster.save_raw("ubj"))
    loaded = load(tmp_path)
    assert np.array_equal(scores(loaded, rows), booster.predict(xgboost.DMatrix(rows)))
    with pytest.raises(UserError, match="no SHAP contributions"):
        loaded.predict(Dataset(rows), explain=True)
