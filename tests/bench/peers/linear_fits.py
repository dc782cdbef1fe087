"""One way to fit, in a process of its own: `linear_fits.py WAY FOLDER TASK WD BUDGETS`.

Prints one line of JSON: the BLAS kernel, and seconds of each fit; their weights are in FOLDER/WAY.npy, a fit a row. A
way that can be watched is run once and gives its weights after every step; one that cannot is run for each budget, its
max_iter.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np

WARM_ROWS = 2000
RIDGE = ("cholesky", "lsqr", "sparse_cg")


def main() -> None:
    """Fit."""
    way, folder, task, decay, budgets = sys.argv[1], Path(sys.argv[2]), sys.argv[3], float(sys.argv[4]), sys.argv[5]
    warnings.simplefilter("ignore")  # a fit that max_iter ends early is what is measured
    features, labels = np.load(folder / "features.npy"), np.load(folder / "labels.npy")
    limits = [int(budget) for budget in budgets.split(",")]
    for _ in fits(way, features[:WARM_ROWS], labels[:WARM_ROWS], task, decay, limits[:2]):
        pass
    found = list(fits(way, features, labels, task, decay, limits))
    np.save(folder / f"{way}.npy", np.array([weights for _, weights in found]))
    print(json.dumps({"kernel": kernel(), "seconds": [seconds for seconds, _ in found]}))


def kernel() -> str:
    """Which of OpenBLAS's kernels, or which other library, multiplies matrices."""
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return "not known"
    return "/".join(sorted({str(each.get("architecture")) for each in threadpool_info() if each["user_api"] == "blas"}))


def fits(way, features, labels, task, decay, limits) -> Iterator[tuple[float, np.ndarray]]:
    """(seconds, weights with the bias last) of each fit."""
    if way == "torch":
        yield from torch_fits(features, labels, task, decay, max(limits))
    elif way == "ours":
        yield from our_fits(features, labels, task, decay)
    else:
        for limit in limits:
            peer = scikit(way, task, decay, len(labels), limit)
            began = time.perf_counter()
            peer.fit(features, labels)
            seconds = time.perf_counter() - began
            yield seconds, np.append(np.ravel(peer.coef_), peer.intercept_)
            if way in ("cholesky", "least_squares"):
                return


def our_fits(features, labels, task, decay) -> Iterator[tuple[float, np.ndarray]]:
    """optimizer=auto, one model, an epoch a step."""
    from training_scripts.linear_learner import grid, losses, solver
    from training_scripts.linear_learner.plan import Plan

    loss = losses.of("logistic" if task == "binary" else "squared_loss")
    plan = Plan(loss=loss, settings=grid.settings(1, "auto", {"wd": decay}))
    began = time.perf_counter()
    made = solver.make(plan, features, labels)
    finished, dumped = False, 0.0
    while not finished:
        finished = made.epoch().finished
        weights, biases = made.weights()
        now = time.perf_counter()
        yield now - began - dumped, np.append(weights[0, 0], biases[0, 0])
        dumped += time.perf_counter() - now


def scikit(way, task, decay, rows, limit):
    """scikit-learn's estimator of that solver."""
    from sklearn import linear_model

    if way == "sgd" and task == "binary":
        return linear_model.SGDClassifier(loss="log_loss", alpha=decay, max_iter=limit, tol=None, random_state=0)
    if way == "sgd":
        return linear_model.SGDRegressor(alpha=decay / 2, max_iter=limit, tol=None, random_state=0)
    if way == "least_squares":
        return linear_model.LinearRegression()
    if way in RIDGE:
        return linear_model.Ridge(alpha=rows * decay / 2, solver=way, max_iter=limit, tol=1e-12)
    return linear_model.LogisticRegression(C=1 / (rows * decay), solver=way, max_iter=limit, tol=1e-12)


def torch_fits(features, labels, task, decay, limit) -> list[tuple[float, np.ndarray]]:
    """L-BFGS with strong Wolfe line search, float32: every point that it evaluates."""
    import torch

    began = time.perf_counter()
    rows, targets = torch.from_numpy(features), torch.from_numpy(labels)
    weights = torch.zeros(rows.shape[1], requires_grad=True)
    bias = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [weights, bias],
        max_iter=limit,
        max_eval=2 * limit,
        tolerance_grad=0,
        tolerance_change=0,
        history_size=10,
        line_search_fn="strong_wolfe",
    )
    measure = torch.nn.functional.binary_cross_entropy_with_logits if task == "binary" else torch.nn.functional.mse_loss
    found, dumped = [], 0.0

    def closure():
        nonlocal dumped
        now = time.perf_counter()
        found.append((now - began - dumped, np.append(weights.detach().numpy().copy(), bias.detach().numpy())))
        dumped += time.perf_counter() - now
        optimizer.zero_grad()
        value = measure(rows @ weights + bias, targets) + decay / 2 * weights.square().sum()
        value.backward()
        return value

    optimizer.step(closure)
    return found


if __name__ == "__main__":
    main()
