"""The parameters of XGBoost itself that a job may give. They reach `xgboost.train` under the same names.

Names, ranges and recommended tuning ranges: the developer guide's "XGBoost hyperparameters" and "Tune an XGBoost
model"; meanings: XGBoost's own "XGBoost Parameters".
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from contract.hyperparameters import Tunable, hyperparameter
from training_scripts.xgboost import rules, texts

OBJECTIVES = (
    "binary:logistic",
    "binary:logitraw",
    "binary:hinge",
    "count:poisson",
    "multi:softmax",
    "multi:softprob",
    "rank:pairwise",
    "rank:ndcg",
    "rank:map",
    "reg:linear",
    "reg:squarederror",
    "reg:logistic",
    "reg:gamma",
    "reg:pseudohubererror",
    "reg:squaredlogerror",
    "reg:absoluteerror",
    "reg:tweedie",
    "reg:quantileerror",
    "survival:aft",
    "survival:cox",
)
UPDATERS = (
    "grow_colmaker",
    "grow_histmaker",
    "grow_quantile_histmaker",
    "prune",
    "refresh",
    "sync",
    "shotgun",
    "coord_descent",
)

_share = functools.partial(hyperparameter, None, above=0, maximum=1, library_default="1")


@dataclass(frozen=True, kw_only=True)
class LibraryParameters:
    """None where nothing was given, so that XGBoost's own default holds."""

    booster: str | None = hyperparameter(
        None,
        choices=("gbtree", "gblinear", "dart"),
        library_default="gbtree",
        meaning="Trees, linear functions, or trees with dropout.",
    )
    verbosity: int | None = hyperparameter(
        None, minimum=0, maximum=3, library_default="1", meaning="How much XGBoost logs: 0 nothing, 3 everything."
    )
    nthread: int | None = hyperparameter(
        None, minimum=1, library_default="the CPUs of the container", meaning="Threads of the training."
    )
    eta: float | None = hyperparameter(
        None,
        minimum=0,
        maximum=1,
        aliases=("learning_rate",),
        library_default="0.3",
        tunable=Tunable(0.1, 0.5),
        meaning="How much of each new tree is added.",
    )
    gamma: float | None = hyperparameter(
        None,
        minimum=0,
        aliases=("min_split_loss",),
        library_default="0",
        tunable=Tunable(0, 5),
        meaning="Smallest loss reduction that justifies a split.",
    )
    max_depth: int | None = hyperparameter(
        None, minimum=0, library_default="6", tunable=Tunable(0, 10), meaning="Deepest tree; 0 is no limit."
    )
    min_child_weight: float | None = hyperparameter(
        None,
        minimum=0,
        library_default="1",
        tunable=Tunable(0, 120),
        meaning="Smallest sum of instance weights (hessian) in a leaf.",
    )
    max_delta_step: float | None = hyperparameter(
        None,
        minimum=0,
        library_default="0",
        tunable=Tunable(0, 10),
        meaning="Largest step of a leaf's value; 0 is no limit. Helps with unbalanced classes.",
    )
    subsample: float | None = _share(tunable=Tunable(0.5, 1), meaning="Share of the rows drawn for each round.")
    colsample_bytree: float | None = _share(
        tunable=Tunable(0.5, 1), meaning="Share of the columns drawn for each tree."
    )
    colsample_bylevel: float | None = _share(
        tunable=Tunable(0.1, 1), meaning="Share of the columns drawn for each level."
    )
    colsample_bynode: float | None = _share(
        tunable=Tunable(0.1, 1), meaning="Share of the columns drawn for each split."
    )
    lambda_: float | None = hyperparameter(
        None,
        name="lambda",
        minimum=0,
        aliases=("reg_lambda",),
        library_default="1",
        tunable=Tunable(0, 1000),
        meaning="L2 regularisation of the weights.",
    )
    alpha: float | None = hyperparameter(
        None,
        minimum=0,
        aliases=("reg_alpha",),
        library_default="0",
        tunable=Tunable(0, 1000),
        meaning="L1 regularisation of the weights.",
    )
    tree_method: str | None = hyperparameter(
        None,
        choices=("auto", "exact", "approx", "hist", "gpu_hist"),
        library_default="auto",
        meaning="How splits are found. gpu_hist needs an image with a GPU build of XGBoost.",
    )
    scale_pos_weight: float | None = hyperparameter(
        None, above=0, library_default="1", meaning="Weight of the positive class of unbalanced data."
    )
    updater: tuple[str, ...] | None = hyperparameter(
        None,
        choices=UPDATERS,
        library_default="chosen by tree_method",
        meaning="Steps that build a tree, in order; gblinear takes shotgun or coord_descent.",
    )
    refresh_leaf: bool | None = hyperparameter(
        None, library_default="1", meaning="The refresh updater renews the values of leaves too."
    )
    process_type: str | None = hyperparameter(
        None,
        choices=("default", "update"),
        library_default="default",
        meaning="default builds new trees; update needs a model to start from, which a job does not have.",
    )
    grow_policy: str | None = hyperparameter(
        None,
        choices=("depthwise", "lossguide"),
        library_default="depthwise",
        meaning="Split the nodes nearest the root first, or those that lower the loss most.",
    )
    max_leaves: int | None = hyperparameter(
        None, minimum=0, library_default="0", meaning="Most leaves of a tree; 0 is no limit."
    )
    max_bin: int | None = hyperparameter(
        None, minimum=2, library_default="256", meaning="Most bins of a feature (hist and approx)."
    )
    monotone_constraints: tuple[int, ...] | None = hyperparameter(
        None,
        reads=texts.read_monotone,
        form=texts.MONOTONE_FORM,
        meaning="Directions in which features may act; for tree_method exact or hist.",
    )
    interaction_constraints: tuple[tuple[int, ...], ...] | None = hyperparameter(
        None,
        reads=texts.read_interaction,
        form=texts.INTERACTION_FORM,
        meaning="Features that may meet in one branch; for tree_method exact, hist or approx.",
    )
    sample_type: str | None = hyperparameter(
        None, choices=("uniform", "weighted"), library_default="uniform", meaning="dart: how dropped trees are drawn."
    )
    normalize_type: str | None = hyperparameter(
        None, choices=("tree", "forest"), library_default="tree", meaning="dart: the weight of new trees."
    )
    rate_drop: float | None = hyperparameter(
        None, minimum=0, maximum=1, library_default="0", meaning="dart: share of the trees dropped in a round."
    )
    one_drop: bool | None = hyperparameter(None, library_default="0", meaning="dart: drop at least one tree.")
    skip_drop: float | None = hyperparameter(
        None, minimum=0, maximum=1, library_default="0", meaning="dart: chance of a round without dropping."
    )
    tweedie_variance_power: float | None = hyperparameter(
        None, above=1, below=2, library_default="1.5", meaning="reg:tweedie: near 2 is gamma, near 1 is Poisson."
    )
    objective: str | None = hyperparameter(
        None, choices=OBJECTIVES, library_default=rules.DEFAULT_OBJECTIVE, meaning="The loss, and so the kind of task."
    )
    num_class: int | None = hyperparameter(
        None, minimum=2, meaning="Number of classes; required for multi:* and only for it."
    )
    base_score: float | None = hyperparameter(
        None, minimum=0, library_default="estimated from the labels", meaning="The prediction before the first tree."
    )
    seed: int | None = hyperparameter(
        None, minimum=-(2**31), maximum=2**31 - 1, library_default="0", meaning="Seed of every random choice."
    )
    num_parallel_tree: int | None = hyperparameter(
        None, minimum=1, library_default="1", meaning="Trees in each round; more than one is a boosted forest."
    )
    aft_loss_distribution: str | None = hyperparameter(
        None,
        choices=("normal", "logistic", "extreme"),
        library_default="normal",
        meaning="survival:aft: the distribution of the noise.",
    )
    aft_loss_distribution_scale: float | None = hyperparameter(
        None, minimum=0, library_default="1", meaning="survival:aft: the scale of the noise."
    )
    sampling_method: str | None = hyperparameter(
        None,
        choices=("uniform", "gradient_based"),
        library_default="uniform",
        meaning="How subsample draws rows; gradient_based is for hist.",
    )
    device: str | None = hyperparameter(
        None,
        choices=("cpu", "cuda"),
        library_default="cpu",
        ours=True,
        meaning="Where to train; cuda needs an image with a GPU build of XGBoost.",
    )
    quantile_alpha: tuple[float, ...] | None = hyperparameter(
        None, minimum=0, maximum=1, ours=True, meaning="The quantiles of reg:quantileerror, which requires it."
    )
    max_cat_to_onehot: int | None = hyperparameter(
        None, minimum=1, library_default="4", ours=True, meaning="Features of fewer categories are split one by one."
    )
    max_cat_threshold: int | None = hyperparameter(
        None, minimum=1, library_default="64", ours=True, meaning="Most categories considered for a split."
    )
    multi_strategy: str | None = hyperparameter(
        None,
        choices=("one_output_per_tree", "multi_output_tree"),
        library_default="one_output_per_tree",
        ours=True,
        meaning="One tree for each output, or trees whose leaves hold all; the latter is for hist.",
    )
    max_cached_hist_node: int | None = hyperparameter(
        None, minimum=1, library_default="65536", ours=True, meaning="Most nodes in the histogram cache: less memory."
    )
