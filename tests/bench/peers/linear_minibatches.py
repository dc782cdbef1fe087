"""Seconds of an epoch of `adam` in batches of 1,000 on logistic loss: a bare loop, ours with one model and with 32."""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

import numpy as np

from training_scripts.linear_learner import grid, losses, solver
from training_scripts.linear_learner.plan import Plan

BATCH = 1000


def main() -> None:
    """Measure in turns, and print the table."""
    folder, repeats = Path(sys.argv[1]), int(sys.argv[2])
    features, labels = np.load(folder / "features.npy"), np.load(folder / "labels.npy")
    models = {"ours, 1 model": made(features, labels, 1), "ours, 32 models": made(features, labels, 32)}
    ways = {"bare loop": lambda: bare(features, labels)} | {name: each.epoch for name, each in models.items()}
    taken = {name: [] for name in ways}
    for turn in range(repeats + 1):
        for name, epoch in ways.items():
            began = time.perf_counter()
            epoch()
            taken[name] += [time.perf_counter() - began] if turn else []
    first = statistics.median(taken["bare loop"])
    print(f"{'':18}{'seconds':>10}{'ratio':>8}")
    for name, seconds in taken.items():
        print(f"{name:18}{statistics.median(seconds):10.3f}{statistics.median(seconds) / first:8.2f}")


def made(features, labels, count):
    """Our solver with so many models."""
    plan = Plan(
        loss=losses.of("logistic"),
        settings=grid.settings(count, "adam", {}),
        optimizer="adam",
        batch_rows=BATCH,
        epochs=1000,
    )
    return solver.make(plan, features, labels)


def bare(features, labels):
    """The least that an epoch can be written as: no loss, no wd, no schedule."""
    weights = np.zeros(features.shape[1], dtype=np.float32)
    first, second, bias = np.zeros_like(weights), np.zeros_like(weights), np.float32(0)
    for step, start in enumerate(range(0, len(labels), BATCH), 1):
        rows, targets = features[start : start + BATCH], labels[start : start + BATCH]
        slopes = (1 / (1 + np.exp(-(rows @ weights + bias))) - targets) / np.float32(len(rows))
        gradient = slopes @ rows
        first = np.float32(0.9) * first + np.float32(0.1) * gradient
        second = np.float32(0.999) * second + np.float32(0.001) * gradient * gradient
        rate = np.float32(0.01 * np.sqrt(1 - 0.999**step) / (1 - 0.9**step))
        weights = weights - rate * first / (np.sqrt(second) + np.float32(1e-8))
        bias -= np.float32(0.01) * slopes.sum()
    return weights


if __name__ == "__main__":
    main()
