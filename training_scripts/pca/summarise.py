"""Components, told for the report."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from contract.hyperparameters import given
from training_scripts.channels import ChannelData
from training_scripts.pca import artifact
from training_scripts.pca.components import Components
from training_scripts.pca.hyperparameters import Hyperparameters
from training_scripts.pca.metric_definitions import ERROR, SHARE
from training_scripts.pca.score import Score
from training_scripts.summary import Bars, ChannelSummary, Curves, Summary, Table

LOADINGS = 6
"""Features named for each component."""


def summary(
    found: Components,
    hyperparameters: Hyperparameters,
    channels: Mapping[str, ChannelData],
    scores: Mapping[str, Score],
    figures: Mapping[str, float],
    seconds: Mapping[str, float],
) -> Summary:
    """Everything the report shows of a fit. `scores` by channel; components are told strongest first."""
    return Summary(
        title=f"PCA, {hyperparameters.algorithm_mode}",
        directions={SHARE: "Maximize", ERROR: "Minimize"},
        metrics=figures,
        sections=(_shares(found), _cumulative(found), _loadings(found)),
        channels=[
            ChannelSummary(name, score.rows, score.width, channels[name].content_type, 0.0)
            for name, score in scores.items()
        ],
        hyperparameters=given(hyperparameters),
        seconds=seconds,
        libraries=artifact.LIBRARIES,
    )


def _shares(found: Components) -> Bars:
    strongest_first = found.shares[::-1]
    return Bars(
        "Explained variance",
        {f"component {place}": float(share) for place, share in enumerate(strongest_first, 1)},
        note="The share of the training data's variance along each component, strongest first. The model keeps them "
        "the other way round: component 1 is the last of a projection.",
        shares=True,
    )


def _cumulative(found: Components) -> Curves:
    sums = np.cumsum(found.shares[::-1])
    return Curves(
        "Cumulative explained variance",
        {"explained": sums.tolist()},
        axis="components",
        note=f"{len(sums):,} components explain {sums[-1]:.1%}" + _enough(sums.tolist()) + ".",
    )


def _enough(sums: list[float]) -> str:
    """How few would do for nine tenths of the variance."""
    few = next((place for place, share in enumerate(sums, 1) if share >= 0.9), None)
    return f"; the first {few:,} explain 90%" if few is not None and few < len(sums) else ""


def _loadings(found: Components) -> Table:
    rows = []
    for place in range(1, len(found.values) + 1):
        vector = found.vectors[:, -place]
        largest = np.argsort(-np.abs(vector), kind="stable")[:LOADINGS]
        loads = ", ".join(f"f{feature} {vector[feature]:+.2f}" for feature in largest)
        rows.append([f"component {place}", loads, f"{found.values[-place]:.6g}"])
    return Table(
        "Loadings",
        ["component", "features that weigh most", "singular value"],
        rows,
        figures=1,
        note="The weight of each feature in a component, from -1 to 1; f0 is the first feature.",
    )
