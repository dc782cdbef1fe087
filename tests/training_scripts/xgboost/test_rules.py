"""What goes together and what does not, and the sentence that says so."""

from __future__ import annotations

import pytest
import xgboost

from contract.errors import UserError
from contract.hyperparameters import parse
from training_scripts.xgboost.hyperparameters import Hyperparameters

CPU = "needs a GPU build of XGBoost, and this is a CPU image"
LEAVE = f"{CPU}; leave it out to train on the CPU (tree_method 'hist' gives trees of the same kind)"
NO_OBJECTIVE = "none is given, so it is reg:squarederror"
LINEAR = "is not for booster 'gblinear', which takes 'shotgun' or 'coord_descent' alone"
CATEGORIES = "holds categories ('c'), which need"


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"device": "cuda"}, f"'device': 'cuda' {LEAVE}"),
        ({"predictor": "gpu_predictor"}, f"'predictor': 'gpu_predictor' {LEAVE}"),
        ({"use_dask_gpu_training": "true"}, f"'use_dask_gpu_training': 'true' {LEAVE}"),
        (
            {"tree_method": "gpu_hist"},
            f"'tree_method': 'gpu_hist' {CPU}; use 'hist' to train trees of the same kind on the CPU",
        ),
        ({"objective": "multi:softmax"}, "'objective': 'multi:softmax' needs 'num_class', the number of classes"),
        (
            {"objective": "reg:squarederror", "num_class": "3"},
            "'num_class': '3' is for the objectives multi:softmax and multi:softprob, not reg:squarederror",
        ),
        (
            {"objective": "reg:quantileerror"},
            "'objective': 'reg:quantileerror' needs 'quantile_alpha', one or more quantiles such as '0.1,0.5,0.9'",
        ),
        (
            {"eval_metric": "auc"},
            "'eval_metric': 'auc' needs one of the objectives binary:*, multi:*, rank:*, reg:logistic; " + NO_OBJECTIVE,
        ),
        (
            {"_tuning_objective_metric": "validation:auc", "objective": "reg:gamma"},
            "'eval_metric': 'auc' needs one of the objectives binary:*, multi:*, rank:*, reg:logistic; it is reg:gamma",
        ),
        ({"eval_metric": "mlogloss"}, f"'eval_metric': 'mlogloss' needs one of the objectives multi:*; {NO_OBJECTIVE}"),
        (
            {"eval_metric": "aft-nloglik"},
            f"'eval_metric': 'aft-nloglik' needs one of the objectives survival:aft; {NO_OBJECTIVE}",
        ),
        (
            {"objective": "multi:softprob", "num_class": "3", "eval_metric": "error@0.5"},
            "'eval_metric': 'error@0.5' is for two classes; for multi:softprob use 'merror'",
        ),
        (
            {"monotone_constraints": "(1,0)", "tree_method": "approx"},
            "'monotone_constraints': '(1, 0)' needs trees of tree_method exact or hist",
        ),
        (
            {"interaction_constraints": "[[0,1]]", "booster": "gblinear"},
            "'interaction_constraints': '((0, 1),)' needs trees of tree_method exact or approx or hist",
        ),
        (
            {"max_depth": "0", "tree_method": "exact"},
            "'max_depth': '0' is no limit, which tree_method 'exact' does not have; use 'hist'",
        ),
        (
            {"sampling_method": "gradient_based", "tree_method": "exact"},
            "'sampling_method': 'gradient_based' is not for tree_method 'exact'; use 'hist'",
        ),
        (
            {"multi_strategy": "multi_output_tree", "tree_method": "approx"},
            "'multi_strategy': 'multi_output_tree' is not for tree_method 'approx'; use 'hist'",
        ),
        (
            {"process_type": "update", "updater": "refresh"},
            "'process_type': 'update' changes the trees of an existing model, and a job starts with none",
        ),
        ({"booster": "gblinear", "updater": "grow_colmaker"}, f"'updater': 'grow_colmaker' {LINEAR}"),
        ({"booster": "gblinear", "updater": "shotgun,coord_descent"}, f"'updater': 'shotgun,coord_descent' {LINEAR}"),
        (
            {"updater": "shotgun"},
            "'updater': 'shotgun' builds no trees: shotgun and coord_descent are for booster 'gblinear'",
        ),
        (
            {"updater": "grow_colmaker,grow_histmaker"},
            "'updater': 'grow_colmaker,grow_histmaker' grows trees twice; keep one of grow_colmaker and grow_histmaker",
        ),
        (
            {"updater": "prune,grow_colmaker"},
            "'updater': 'prune,grow_colmaker' does not grow a tree first; begin with 'grow_quantile_histmaker' or "
            "'grow_colmaker'",
        ),
        (
            {"enable_categorical": "true"},
            "'enable_categorical': 'true' needs 'feature_types' to say which features are categories ('c')",
        ),
        ({"feature_types": "q,c"}, f"'feature_types': 'q,c' {CATEGORIES} enable_categorical 'true'"),
        (
            {"feature_types": "q,c", "enable_categorical": "true", "tree_method": "exact"},
            f"'feature_types': 'q,c' {CATEGORIES} trees of tree_method 'hist'",
        ),
    ],
)
def test_what_does_not_go_together(raw: dict[str, str], message: str) -> None:
    with pytest.raises(UserError) as caught:
        parse(Hyperparameters, {"num_round": "1"} | raw)
    assert caught.value.message == f"hyperparameter {message}"
    assert len(message) < 1000


@pytest.mark.parametrize(
    "raw",
    [
        {"objective": "multi:softmax", "num_class": "3", "eval_metric": "auc,aucpr,mlogloss,merror,f1_macro"},
        {"objective": "binary:logistic", "eval_metric": "auc,error,logloss,f1_binary"},
        {"objective": "rank:ndcg", "eval_metric": "auc,ndcg@5,map"},
        {"objective": "survival:aft", "eval_metric": "aft-nloglik,interval-regression-accuracy"},
        {"monotone_constraints": "(1,0)"},
        {"monotone_constraints": "(1,0)", "tree_method": "exact", "booster": "dart"},
        {"interaction_constraints": "[[0,1]]", "tree_method": "approx"},
        {"booster": "gblinear", "updater": "shotgun"},
        {"feature_types": "q,c", "enable_categorical": "true"},
        {"feature_types": "q,q"},
        {"max_depth": "0", "tree_method": "hist"},
    ],
)
def test_what_goes_together(raw: dict[str, str]) -> None:
    parse(Hyperparameters, {"num_round": "1"} | raw)


@pytest.mark.parametrize("raw", [{"device": "cuda"}, {"tree_method": "gpu_hist"}])
def test_a_gpu_build_may_train_on_a_gpu(raw: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xgboost, "build_info", lambda: {"USE_CUDA": True})
    parse(Hyperparameters, {"num_round": "1"} | raw)


def test_script_mode_is_refused_and_other_sdk_extras_are_not() -> None:
    extras = {"sagemaker_region": '"eu-west-1"', "sagemaker_job_name": '"job"', "sagemaker_container_log_level": "20"}
    parse(Hyperparameters, {"num_round": "1"} | extras)
    with pytest.raises(UserError, match=r"'sagemaker_program': 'train\.py' asks for script mode.*sagemaker-xgboost"):
        parse(Hyperparameters, {"num_round": "1", "sagemaker_program": '"train.py"'} | extras)


def test_constraints_are_never_evaluated() -> None:
    for name in ("monotone_constraints", "interaction_constraints"):
        for code in ("__import__('os').abort()", "(__import__('os').abort(),)", "[[__import__('os').abort()]]"):
            with pytest.raises(UserError, match=f"'{name}': "):
                parse(Hyperparameters, {"num_round": "1", name: code})
