"""The hyperparameters of a job: those of SageMaker's PCA, with its names, ranges and defaults.

Source: SageMaker developer guide, "PCA Hyperparameters"; the hidden ones from the log of a public training job.
"""

from __future__ import annotations

from dataclasses import dataclass

from contract.errors import UserError
from contract.hyperparameters import hyperparameter

LEAST_EXTRA = 10
WITHOUT_EFFECT = "Accepted without effect: one pass over the data gives the exact sums."


@dataclass(frozen=True, kw_only=True)
class Hyperparameters:
    """What the user gave, typed."""

    feature_dim: int = hyperparameter(minimum=1, meaning="The number of features, which every row must have.")
    mini_batch_size: int = hyperparameter(
        minimum=1, meaning="Rows of a batch. The result does not depend on it: rows are summed up as they come."
    )
    num_components: int = hyperparameter(minimum=1, meaning="Principal components to keep, at most feature_dim.")
    algorithm_mode: str = hyperparameter(
        "regular",
        choices=("regular", "randomized"),
        meaning="regular sums up the whole covariance, which takes memory by the square of feature_dim; randomized a "
        "sketch of it, for many features.",
    )
    subtract_mean: bool = hyperparameter(
        True, meaning="Whether the mean is taken away from the data, in training and in inference."
    )
    extra_components: int = hyperparameter(
        -1,
        minimum=-1,
        meaning="randomized: directions beyond num_components; more are more accurate and slower. -1 takes 10, or "
        "num_components where that is more.",
    )
    epochs: int = hyperparameter(1, minimum=1, hidden=True, meaning=WITHOUT_EFFECT)
    force_dense: bool = hyperparameter(True, hidden=True, meaning=WITHOUT_EFFECT)
    log_level: str = hyperparameter(
        "info", name="_log_level", choices=("debug", "info", "warning", "error", "critical"), hidden=True
    )
    kvstore: str = hyperparameter("dist_sync", name="_kvstore", hidden=True)
    num_kv_servers: int | None = hyperparameter(None, name="_num_kv_servers", minimum=0, auto=True, hidden=True)
    num_gpus: int | None = hyperparameter(None, name="_num_gpus", minimum=0, auto=True, hidden=True)

    def check(self) -> None:
        """Raise UserError for values that do not go together."""
        if self.num_components > self.feature_dim:
            raise UserError(
                f"hyperparameter 'num_components': '{self.num_components}' is above feature_dim, {self.feature_dim}: "
                "data has no more components than features",
                code="bad_hyperparameter",
            )

    @property
    def directions(self) -> int:
        """How many directions the randomized mode looks in."""
        extra = max(LEAST_EXTRA, self.num_components) if self.extra_components < 0 else self.extra_components
        return min(self.feature_dim, self.num_components + extra)
