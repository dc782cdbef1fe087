"""Principal components from moments: exactly from the whole scatter, or from its product with some directions.

Sources: Jolliffe, "Principal Component Analysis"; Tropp, Yurtsever, Udell and Cevher, "Fixed-Rank Approximation of a
Positive-Semidefinite Matrix from Streaming Data" (2017), for the latter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training_scripts.pca.moments import HEIGHT, Doubles, Moments

ROUNDING = float(np.finfo(np.float32).eps) / 2
DIGITS = 1e-5
"""How exact singular values are, relative to themselves."""


@dataclass(frozen=True)
class Components:
    """The strongest directions of the data, weakest first, as SageMaker's PCA stores them.

    Shapes: `values` (n,), the singular values of the data matrix (centred, unless asked not to); `vectors` (width, n),
    of length 1 and orthogonal, the entry that is largest in size positive; `mean` (width,), 0 where not centred.
    """

    values: Doubles
    vectors: Doubles
    mean: Doubles
    rows: int
    spread: float
    """The sum of squares of the (centred) data matrix: of all its squared singular values."""

    @property
    def shares(self) -> Doubles:
        """The share of the spread that each component explains, 0 to 1; 0 where there is no spread."""
        return self.values**2 / self.spread if self.spread else np.zeros_like(self.values)


def exact(moments: Moments, count: int) -> Components:
    """The `count` strongest components of the whole scatter."""
    values, vectors = np.linalg.eigh(moments.product)
    floor = np.finfo(np.float64).eps * len(values) * max(0.0, values[-1])
    return _components(np.where(values > floor, values, 0.0)[-count:], vectors[:, -count:], moments)


def sketched(moments: Moments, directions: Doubles, count: int) -> Components:
    """The same, nearly, from the scatter times `directions` (width, n), n >= count: Nystroem's approximation.

    Its rounding errors, of the size of float32's, are kept out: directions that hold nothing else are left out.
    """
    core = directions.T @ moments.product
    weights, turns = np.linalg.eigh((core + core.T) / 2)
    kept = weights > ROUNDING * len(directions) * max(0.0, weights[-1])
    half = moments.product @ (turns[:, kept] / np.sqrt(weights[kept]))
    vectors, roots, _ = np.linalg.svd(half, full_matrices=False)
    values = np.zeros(count)
    found = min(count, len(roots))
    values[count - found :] = roots[found - 1 :: -1] ** 2 if found else 0
    return _components(values, _filled(vectors[:, :found], directions, count)[:, ::-1], moments)


def is_exact(components: Components, moments: Moments) -> bool:
    """Whether a scatter summed up in float32 tells the weakest of the components from its rounding errors.

    The error of an entry is a part of ROUNDING of the two columns' lengths; all of them make a random matrix, of which
    the size is known, and the blocks' errors cancel each other as random ones do. Measured on flat and steep spectra,
    what passes is right to 2e-6.
    """
    diagonal = np.diagonal(moments.product)
    blocks = max(1.0, moments.rows / HEIGHT)
    error = 0.5 * ROUNDING * np.sqrt(diagonal.sum() * diagonal.max() / blocks)
    return bool(error <= 2 * DIGITS * components.values[0] ** 2)


def _filled(vectors: Doubles, directions: Doubles, count: int) -> Doubles:
    """`vectors` (width, found) and, where they are fewer than `count`, others orthogonal to them."""
    missing = count - vectors.shape[1]
    if not missing:
        return vectors
    basis, _ = np.linalg.qr(np.hstack([vectors, directions]))
    return np.hstack([vectors, basis[:, vectors.shape[1] : count]])


def _components(squares: Doubles, vectors: Doubles, moments: Moments) -> Components:
    places = np.abs(vectors).argmax(axis=0)
    signs = np.where(vectors[places, np.arange(vectors.shape[1])] < 0, -1.0, 1.0)
    return Components(np.sqrt(squares), vectors * signs, moments.mean, moments.rows, moments.spread)
