"""The data of the benchmark, and how far weights are from the best there are, in float64."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
DECAY = {"binary": 1e-4, "regression": 1e-6}
"""wd. So small for regression that LinearRegression, which has none, is not off by it."""
BLOCK = 1 << 14
STEPS = 12


def write(folder: Path, rows: int, width: int, task: str) -> None:
    """Features that correlate, as columns of one table do, scaled to mean 0 and deviation 1; labels by chance."""
    generator = np.random.default_rng(0)
    hidden = max(2, width // 10)
    mixing = generator.standard_normal((hidden, width), dtype=np.float32)
    mixing /= np.sqrt(np.arange(1, hidden + 1, dtype=np.float32))[:, None]
    features = np.lib.format.open_memmap(folder / "features.npy", "w+", np.float32, (rows, width))
    for start in range(0, rows, BLOCK):
        block = features[start : start + BLOCK]
        block[:] = generator.standard_normal(block.shape, dtype=np.float32)
        block += generator.standard_normal((len(block), hidden), dtype=np.float32) @ mixing
    mean, deviation = features[:BLOCK].mean(axis=0), features[:BLOCK].std(axis=0)
    truth = (generator.standard_normal(width) * (generator.random(width) < 0.5)).astype(np.float32)
    margin = np.empty(rows, dtype=np.float32)
    for start in range(0, rows, BLOCK):
        block = features[start : start + BLOCK]
        block -= mean
        block /= deviation
        margin[start : start + BLOCK] = block @ truth
    margin /= margin.std()
    noise = generator.logistic(size=rows) if task == "binary" else generator.normal(0, 0.5, rows)
    labels = 3 * margin + 0.5 + noise > 0 if task == "binary" else margin + noise
    np.save(folder / "labels.npy", labels.astype(np.float32))


def objectives(folder: Path, task: str, weights: Doubles) -> Doubles:
    """The objective at each column of weights (features + 1, n), the bias last."""
    return _pass(folder, task, weights)[0]


def optimum(folder: Path, task: str, start: Doubles) -> float:
    """The least objective: Newton's method in float64 with the curvature at `start` (features + 1, 1), a good guess."""
    inverse = np.linalg.inv(_curvature(folder, task, start))
    weights, least = start.copy(), np.inf
    for _ in range(STEPS):
        value, gradient = _pass(folder, task, weights)
        if value[0] >= least * (1 - 1e-12):
            break
        least = float(value[0])
        weights = weights - inverse @ gradient
    return least


def _pass(folder: Path, task: str, weights: Doubles) -> tuple[Doubles, Doubles]:
    features, labels = np.load(folder / "features.npy", mmap_mode="r"), np.load(folder / "labels.npy")
    values, gradient = np.zeros(weights.shape[1]), np.zeros_like(weights)
    for start in range(0, len(labels), BLOCK):
        block = _with_ones(features[start : start + BLOCK])
        margins, targets = block @ weights, labels[start : start + BLOCK, None].astype(np.float64)
        if task == "binary":
            values += (np.logaddexp(0, margins) - targets * margins).sum(axis=0)
            slopes = 1 / (1 + np.exp(-margins.clip(-700, 700))) - targets
        else:
            values += ((margins - targets) ** 2).sum(axis=0)
            slopes = 2 * (margins - targets)
        gradient += block.T @ slopes
    free = np.append(np.full(len(weights) - 1, DECAY[task]), 0)[:, None]
    return values / len(labels) + 0.5 * (free * weights**2).sum(axis=0), gradient / len(labels) + free * weights


def _curvature(folder: Path, task: str, weights: Doubles) -> Doubles:
    features = np.load(folder / "features.npy", mmap_mode="r")
    matrix = np.zeros((len(weights), len(weights)))
    for start in range(0, len(features), BLOCK):
        block = _with_ones(features[start : start + BLOCK])
        chance = 1 / (1 + np.exp(-(block @ weights).clip(-700, 700)))
        curve = chance * (1 - chance) if task == "binary" else np.full_like(chance, 2)
        scaled = (block * np.sqrt(curve)).astype(np.float32)
        matrix += scaled.T @ scaled
    return matrix / len(features) + np.diag(np.append(np.full(len(weights) - 1, DECAY[task]), 0))


def _with_ones(block: NDArray[np.float32]) -> Doubles:
    return np.concatenate([block, np.ones((len(block), 1), dtype=np.float32)], axis=1, dtype=np.float64)
