"""The hyperparameters of the search for the weights: optimizer, start, step sizes, penalties, scaling of the data."""

from __future__ import annotations

from dataclasses import dataclass

from contract.hyperparameters import Tunable, hyperparameter

OPTIMIZERS = ("auto", "adam", "sgd", "rmsprop")


@dataclass(frozen=True, kw_only=True)
class OptimizerParameters:
    """What the user gave, typed; None where nothing, or `auto`, was given."""

    optimizer: str = hyperparameter(
        "auto",
        choices=OPTIMIZERS,
        meaning="auto takes the fastest exact method for the loss, and adam where there is none.",
    )
    epochs: int = hyperparameter(15, minimum=1, meaning="Most passes over the training data.")
    mini_batch_size: int = hyperparameter(
        1000, minimum=1, tunable=Tunable(100, 5000), meaning="Rows of a batch; a host needs at least as many."
    )
    learning_rate: float | None = hyperparameter(
        None, above=0, auto=True, tunable=Tunable(1e-5, 1), meaning="Size of the first steps."
    )
    wd: float | None = hyperparameter(
        None, minimum=0, auto=True, tunable=Tunable(1e-7, 1), meaning="Weight decay: L2 regularisation."
    )
    l1: float | None = hyperparameter(
        None, minimum=0, auto=True, tunable=Tunable(1e-7, 1), meaning="L1 regularisation."
    )
    momentum: float | None = hyperparameter(None, minimum=0, below=1, auto=True, meaning="Momentum of sgd.")
    beta_1: float | None = hyperparameter(
        None, minimum=0, below=1, auto=True, meaning="adam: decay of the mean of the gradients."
    )
    beta_2: float | None = hyperparameter(
        None, minimum=0, below=1, auto=True, meaning="adam: decay of the mean of their squares."
    )
    bias_lr_mult: float | None = hyperparameter(
        None, above=0, auto=True, meaning="The bias learns at learning_rate times this."
    )
    bias_wd_mult: float | None = hyperparameter(
        None, minimum=0, auto=True, meaning="The bias decays by wd times this; by itself not at all."
    )
    use_lr_scheduler: bool = hyperparameter(True, meaning="Lower the learning rate while training.")
    lr_scheduler_step: int | None = hyperparameter(
        None, minimum=1, auto=True, meaning="Batches between two decreases of the learning rate."
    )
    lr_scheduler_factor: float | None = hyperparameter(
        None, above=0, below=1, auto=True, meaning="What the learning rate is multiplied by."
    )
    lr_scheduler_minimum_lr: float | None = hyperparameter(
        None, above=0, auto=True, meaning="The learning rate falls no lower."
    )
    init_method: str = hyperparameter(
        "uniform", choices=("uniform", "normal"), meaning="The distribution that the first weights are drawn from."
    )
    init_scale: float = hyperparameter(0.07, above=0, meaning="uniform: weights from -init_scale to init_scale.")
    init_sigma: float = hyperparameter(0.01, above=0, meaning="normal: the standard deviation.")
    init_bias: float = hyperparameter(0.0, meaning="The first bias.")
    normalize_data: bool | None = hyperparameter(
        True, auto=True, meaning="Train on features of unit standard deviation; the model takes them as they are."
    )
    normalize_label: bool | None = hyperparameter(
        None,
        auto=True,
        meaning="Train on labels of unit standard deviation; auto: for regression, and only there.",
    )
    unbias_data: bool | None = hyperparameter(
        None, auto=True, meaning="Train on features of mean zero; auto: with use_bias, and only with it."
    )
    unbias_label: bool | None = hyperparameter(
        None, auto=True, meaning="Train on labels of mean zero; auto: for regression with use_bias, and only there."
    )
    num_point_for_scaler: int = hyperparameter(
        10_000, minimum=1, meaning="Rows that mean and standard deviation are taken from, the first ones."
    )
