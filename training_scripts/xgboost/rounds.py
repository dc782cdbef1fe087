"""The rounds of boosting, in segments that each begin exactly as a resumed training would.

XGBoost's random state is in no saved model: a training that continues from one draws other rows and columns than the
unbroken one. So where there are checkpoints, training starts afresh at every checkpoint in both: with a seed made of
the job's seed and the round, and with the updaters (which hold the state of column sampling) made anew. A broken and
an unbroken training then do the same, bit for bit. Without checkpoints the rounds are those of `xgboost.train`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xgboost

from training_scripts.confusion import Doubles
from training_scripts.logs import LOG
from training_scripts.xgboost import metrics
from training_scripts.xgboost.checkpoint import Checkpoint, Progress
from training_scripts.xgboost.metric_definitions import direction
from training_scripts.xgboost.plan import Plan

_SEED_STEP = 1_000_003
_SEEDS = 2**31


@dataclass(frozen=True)
class Surroundings:
    """What a training asks of the job: `report` logs a round's metrics and says whether to stop after it, `save` keeps
    a checkpoint (None: there are none), `total` adds numbers up over the hosts."""

    report: Callable[[int, Mapping[str, float]], bool]
    save: Callable[[Checkpoint], None] | None = None
    total: Callable[[Doubles], Doubles] = np.asarray


@dataclass(frozen=True)
class Trained:
    """A finished training. `booster` ends with its best round where early stopping watched one."""

    booster: xgboost.Booster
    progress: Progress
    rounds: int
    """Rounds in the booster."""


def train(
    plan: Plan,
    matrices: Sequence[tuple[xgboost.DMatrix, str]],
    surroundings: Surroundings,
    resumed: Checkpoint | None = None,
) -> Trained:
    """Boost on the first of `matrices`, evaluating on all of them, from the first round or a checkpoint on."""
    progress = resumed.progress if resumed else Progress()
    start = resumed.rounds if resumed else 0
    if start and plan.parameters.get("tree_method") == "approx":
        _recall_bins(plan, matrices)
    booster = _booster(plan, matrices, start, resumed.model if resumed else None)
    done = start
    for step in range(start, plan.rounds if not _exhausted(plan, progress, start) else start):
        if surroundings.save and step > start and step % plan.segment == 0:
            booster = _renew(booster, plan, matrices, step)
        booster.update(matrices[0][0], step)
        values = metrics.evaluate(booster, matrices, step, plan.metrics, plan.classes, surroundings.total)
        _watch(plan, progress, booster, step, values)
        done = step + 1
        stop = surroundings.report(step, values) or _exhausted(plan, progress, done)
        if surroundings.save and (stop or done % plan.segment == 0):
            surroundings.save(Checkpoint(done, bytes(booster.save_raw("ubj")), progress))
        if stop:
            break
    return _best(plan, booster, progress, done)


def resumable(plan: Plan, checkpoint: Checkpoint) -> bool:
    """Whether going on from `checkpoint` gives what an unbroken training gives: at the end of a segment always, within
    one (where SIGTERM wrote it) only if nothing is drawn at random."""
    at_end = checkpoint.rounds % plan.segment == 0 or checkpoint.rounds == plan.rounds
    return at_end or not plan.random


def seed_of(plan: Plan, step: int) -> int:
    """The seed of the segment that begins with round `step`; the job's own for the first."""
    seed = int(str(plan.parameters.get("seed", 0)))
    return (seed + step * _SEED_STEP) % _SEEDS if step else seed


def _booster(
    plan: Plan, matrices: Sequence[tuple[xgboost.DMatrix, str]], step: int, model: bytes | None
) -> xgboost.Booster:
    parameters = {**plan.parameters, "seed": seed_of(plan, step)} if step else dict(plan.parameters)
    cache = [matrix for matrix, _ in matrices]
    return xgboost.Booster(parameters, cache, model_file=bytearray(model) if model else None)


def _recall_bins(plan: Plan, matrices: Sequence[tuple[xgboost.DMatrix, str]]) -> None:
    """`approx` may bin the features by the rows drawn in the first round and keep the bins with the matrix: make the
    first round once more, for nothing but its bins."""
    _booster(plan, matrices, 0, None).update(matrices[0][0], 0)


def _renew(
    booster: xgboost.Booster, plan: Plan, matrices: Sequence[tuple[xgboost.DMatrix, str]], step: int
) -> xgboost.Booster:
    """As if loaded from a checkpoint. Trees: loading the configuration makes the updaters anew and keeps what was
    predicted so far, which saves predicting it again. A linear updater keeps its state through that, but is cheap to
    make from the model's bytes."""
    if plan.booster == "gblinear":
        return _booster(plan, matrices, step, bytes(booster.save_raw("ubj")))
    booster.set_param({"seed": seed_of(plan, step)})
    booster.load_config(booster.save_config())
    return booster


def _watch(plan: Plan, progress: Progress, booster: xgboost.Booster, step: int, values: dict[str, float]) -> None:
    progress.add(values)
    if plan.stopping is None:
        return
    watched = plan.stopping.watched(values)
    score = values[watched]
    sign = 1 if direction(watched.partition("-")[2]) == "Maximize" else -1
    if np.isnan(score) or (progress.best_score is not None and sign * score <= sign * progress.best_score):
        return
    progress.best_round, progress.best_score = step, score
    if not plan.sliceable:
        progress.best_model = bytes(booster.save_raw("ubj"))


def _exhausted(plan: Plan, progress: Progress, done: int) -> bool:
    """Whether the watched metric has gone its number of rounds without a best."""
    if plan.stopping is None:
        return False
    best = -1 if progress.best_round is None else progress.best_round
    return done - 1 - best >= plan.stopping.patience


def _best(plan: Plan, booster: xgboost.Booster, progress: Progress, done: int) -> Trained:
    """The model of the best round, marked as xgboost.train marks it."""
    _tell(plan, progress, done)
    if progress.best_round is None:
        return Trained(booster, progress, done)
    if plan.sliceable:
        best = booster[: progress.best_round + 1]
    else:
        best = xgboost.Booster(dict(plan.parameters), model_file=bytearray(progress.best_model))
    best.set_attr(best_iteration=str(progress.best_round), best_score=str(progress.best_score))
    return Trained(best, progress, progress.best_round + 1)


def _tell(plan: Plan, progress: Progress, done: int) -> None:
    """One line where training stops early or the model ends with an earlier round than the last."""
    if plan.stopping is None:
        return
    watched, told = plan.stopping.watched(progress.history), []
    if done < plan.rounds and _exhausted(plan, progress, done):
        told.append(f"Stopped early after round [{done - 1}]: no better {watched} in {plan.stopping.patience} round(s)")
    if progress.best_round is not None and done > progress.best_round + 1:
        told.append(f"Best round: [{progress.best_round}] with {watched}:{progress.best_score:.5f}")
    if told:
        LOG.info("%s", ". ".join(told))
