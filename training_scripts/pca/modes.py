"""The two modes of the algorithm: from looks at the data to components.

Sources: SageMaker developer guide, "How PCA Works"; Musco and Musco, "Randomized Block Krylov Methods for Stronger and
Faster Approximate Singular Value Decomposition" (2015), for looking again.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from contract import resources
from training_scripts import memory
from training_scripts.logs import LOG
from training_scripts.pca import components
from training_scripts.pca.components import Components
from training_scripts.pca.hyperparameters import Hyperparameters
from training_scripts.pca.moments import Doubles, Moments
from training_scripts.pca.reading import Reader

SEED = 0
LOOKS = 4
"""Most looks of the randomized mode, where the data can be read again."""
GAIN = 1e-3
"""The last look gained less of the explained variance: what the next would gain is about the square of it."""
WORTH = 32
"""With more directions than this share of the features a sketch costs more than the whole, which is exact."""
SCATTERS = 7
"""Of the memory of a scatter in float64, at the peak: it, its components, and what LAPACK works in."""


def find(reader: Reader, hyperparameters: Hyperparameters) -> Components:
    """The components that the hyperparameters ask for. Raises UserError for data or modes that do not fit."""
    width = hyperparameters.feature_dim
    needed = SCATTERS * 8 * width**2
    if hyperparameters.algorithm_mode == "randomized":
        sketch = width > WORTH * hyperparameters.directions or needed > resources.memory_bytes()
        return (randomized if sketch else regular)(reader, hyperparameters)
    memory.require(
        needed,
        f"algorithm_mode 'regular' with {width:,} features",
        "take algorithm_mode 'randomized', or an instance with more memory",
    )
    return regular(reader, hyperparameters)


def regular(reader: Reader, hyperparameters: Hyperparameters) -> Components:
    """By the whole scatter: float32 products first, and float64 where the components asked for need it."""
    precise = reader.precise_at_once
    moments = reader.look(precise=precise)
    if not precise and not moments.held:
        precise, moments = True, _again(reader, None)
    found = components.exact(_about(moments, hyperparameters), hyperparameters.num_components)
    if precise or components.is_exact(found, moments) or reader.stopped:
        return found
    again = _again(reader, None)
    return found if reader.stopped else components.exact(_about(again, hyperparameters), hyperparameters.num_components)


def randomized(reader: Reader, hyperparameters: Hyperparameters) -> Components:
    """By the scatter's product with random directions, and with those that it turned them to, look by look."""
    count, width = hyperparameters.directions, hyperparameters.feature_dim
    directions = _orthogonal(np.random.default_rng(SEED).normal(size=(width, count)))
    looked, products = np.empty((width, 0)), np.empty((width, 0))
    found: Components | None = None
    precise = reader.precise_at_once
    for look in range(1 if reader.channel.piped else LOOKS):
        moments = reader.look(directions, precise=precise)
        if not precise and not moments.held:
            precise, moments = True, _again(reader, directions)
        if look and reader.stopped:
            break
        moments = _about(moments, hyperparameters, directions)
        looked, products = np.hstack([looked, directions]), np.hstack([products, moments.product])
        before = float((found.values**2).sum()) if found else 0.0
        found = components.sketched(replace(moments, product=products), looked, hyperparameters.num_components)
        if float((found.values**2).sum()) - before <= GAIN * before or reader.stopped:
            break
        directions = _orthogonal(moments.product - looked @ (looked.T @ moments.product))
    assert found is not None
    return found


def _again(reader: Reader, directions: Doubles | None) -> Moments:
    LOG.info("Reading the data once more: float32 is too coarse for what it holds")
    return reader.look(directions, precise=True)


def _about(moments: Moments, hyperparameters: Hyperparameters, directions: Doubles | None = None) -> Moments:
    """The moments about what the model subtracts: the mean, or nothing."""
    return moments if hyperparameters.subtract_mean else moments.uncentred(directions)


def _orthogonal(directions: Doubles) -> Doubles:
    """An orthogonal basis of the directions, in numbers that float32 holds as they are."""
    basis, _ = np.linalg.qr(directions)
    return basis.astype(np.float32).astype(np.float64)
