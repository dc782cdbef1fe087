"""Second order training of all models: curvature from a sample of the rows, gradients from all of them.

First the sample is solved, which costs a fraction of a pass. From there L-BFGS goes on over all rows with the sample's
curvature, refreshed at the sample's solution: a pass an epoch. A sample of s rows of f features leaves an error of
about f / s, and so much does each pass leave of it; so few passes are made, and for wide data no matrix product over
all rows. Squared losses of many models, or of few rows, are solved from one matrix product instead, for every wd.

Byrd, Chin, Neveitt, Nocedal, "On the Use of Stochastic Hessian Information in Optimization Methods for Machine
Learning", 2011.
"""

from __future__ import annotations

import numpy as np

from contract.dataset import Floats
from training_scripts.linear_learner import curvature, descent
from training_scripts.linear_learner.crew import Crew
from training_scripts.linear_learner.curvature import Curvature
from training_scripts.linear_learner.descent import Descent
from training_scripts.linear_learner.gram import Gram
from training_scripts.linear_learner.objective import Objective, OverRows
from training_scripts.linear_learner.plan import Doubles, Plan, Total
from training_scripts.linear_learner.result import Arrays, EpochResult, same_forms, unpacked
from training_scripts.linear_learner.rows import Rows

SAMPLE_CELLS = 1 << 20
SAMPLE_ROWS_A_FEATURE = 8
NARROW = 200
"""Features up to which the sample's curvature costs little, and is refreshed every few steps."""
WIDE = 2048
"""Features above which the curvature is kept as a diagonal: a matrix would cost more than the passes it saves."""
WIDE_PASSES = 8
"""Passes of an epoch there."""
GRAM_FEATURES_A_MODEL = 24
"""One product of all rows costs as much as a pass of one model for every so many features."""
TOLERANCE = 1e-7
"""A model is done when its next step should gain a smaller share of its objective."""
SAMPLE_TOLERANCE = 1e-3
SAMPLE_STEPS = 12
SHRINKAGE = 1 / 8
"""Times features / rows of the sample is wd that the sample's solution gets besides its own: a wide sample can be
separable where the whole is not."""
TRUSTED = 1e-2
"""A step that should gain less than this share is short enough to be taken unseen at the end of an epoch."""

COPIES, COPIES_A_THREAD = 20, 3
"""Arrays of the size of the weights: steps back, gradients, and what is made of them on the way."""
MATRICES, MATRICES_A_THREAD = 8, 2
"""Of the size of the curvature."""
MARGINS = 2
"""Of the size of a block's margins, in each thread."""


def suits(plan: Plan) -> bool:
    """Whether `optimizer` auto is second order: a loss with second derivatives, and no l1."""
    return plan.optimizer == "auto" and plan.loss.smooth and not any(setting.l1 for setting in plan.settings)


def needed_bytes(plan: Plan, rows: Rows) -> int:
    """About what training takes beside the rows, at its peak."""
    weights = (COPIES + COPIES_A_THREAD * plan.threads) * (rows.width + 1) * plan.columns
    matrices = (MATRICES + MATRICES_A_THREAD * plan.threads) * rows.width**2 if rows.width <= WIDE else 0
    margins = MARGINS * plan.threads * min(len(rows), curvature.BLOCK_ROWS) * plan.columns
    return np.dtype(np.float64).itemsize * (weights + matrices + margins)


class Newton:
    """A Solver by second order steps, done when none of its models has more than float32 can show to gain."""

    def __init__(self, plan: Plan, rows: Rows, total: Total | None = None) -> None:
        self._plan, self._rows, self._total = plan, rows, total
        self._crew = Crew(plan.threads)
        self._over_rows = OverRows(plan, rows, self._crew, total)
        count = self._over_rows.count
        self._diagonal = rows.width > min(WIDE, count / 2)
        wanted = max(SAMPLE_CELLS // (rows.width + 1), 1 if self._diagonal else SAMPLE_ROWS_A_FEATURE * rows.width)
        self._stride = max(1, int(count // wanted))
        worth = GRAM_FEATURES_A_MODEL * len(plan.settings)
        self._gram = plan.loss.squared and not self._diagonal and (self._stride == 1 or rows.width < worth)
        self._objective: Objective = self._over_rows
        self._epochs = 0
        self._anchor = np.zeros((rows.width + 1, len(plan.settings), plan.loss.outputs))
        self._descent = descent.begun(self._anchor)
        self._inverse: descent.Inverse | None = None

    @np.errstate(over="ignore", invalid="ignore")  # a step too long, or data beyond float32: the objective says so
    def epoch(self) -> EpochResult:
        """See Solver."""
        if self._inverse is None:
            self._inverse = self._begin()
        passes = SAMPLE_STEPS if self._gram else WIDE_PASSES if self._diagonal else 1
        for _ in range(passes):
            descent.advance(self._descent, self._objective, self._inverse, TOLERANCE)
        self._epochs += 1
        finished = bool(self._descent.done.all()) or self._epochs >= self._plan.epochs
        return EpochResult(self._descent.losses.copy(), finished)

    def weights(self) -> tuple[Floats, Floats]:
        """See Solver. The next point to try where the step there is small, else the best one seen."""
        at = self._descent
        trusted = (at.expected <= TRUSTED * np.abs(at.values)) & np.isfinite(at.values)
        best = np.where(trusted[:, None], at.trial, at.weights)
        return unpacked(self._plan, best.reshape(len(best), -1))

    def state(self) -> Arrays:
        """See Solver."""
        return {"anchor": self._anchor.copy(), "epochs": np.array(self._epochs)} | descent.arrays(self._descent)

    def restore(self, state: Arrays) -> None:
        """See Solver."""
        own = {name: values for name, values in state.items() if name not in ("anchor", "epochs")}
        if not same_forms({"anchor": state.get("anchor", np.empty(0))}, {"anchor": self._anchor}):
            raise ValueError("the saved state is not one of this training")
        restored = descent.restored(own, like=self._descent), state["anchor"].copy(), int(state["epochs"])
        self._descent, self._anchor, self._epochs = restored
        self._inverse = None

    @property
    def optimizer(self) -> str:
        """See Solver."""
        return "auto"

    def describe(self) -> str:
        """See Solver."""
        if self._gram:
            return f"exact, from one matrix product of all rows: {self._plan.crowd}"
        rows = f"curvature from every {self._stride}. row" if self._stride > 1 else "curvature from all rows"
        return f"second order, {rows}{', its diagonal alone' if self._diagonal else ''}: {self._plan.crowd}"

    def _begin(self) -> descent.Inverse:
        """What turns gradients into steps: before the first epoch at the solution of the sample, where the descent then
        begins; after a restore at that same anchor, which is known by then."""
        if self._gram:
            gram = Gram(self._plan, self._rows, self._crew, self._total)
            self._objective = gram
            return curvature.inverse(gram.curvature(), gram)
        rows = self._rows.every(self._stride) if self._stride > 1 else self._rows
        extra = SHRINKAGE * rows.width / self._over_rows.count * self._stride if self._stride > 1 else 0.0
        sample = OverRows(self._plan, rows, self._crew, self._total, extra_wd=extra)
        if not self._epochs and not self._diagonal:
            self._anchor = _solved(sample, self._anchor)
            self._descent = descent.begun(self._anchor)
        return curvature.inverse(self._measured(sample), self._over_rows)

    def _measured(self, sample: OverRows) -> Curvature:
        return curvature.measure(sample, self._anchor, diagonal=self._diagonal)


def _solved(sample: OverRows, weights: Doubles) -> Doubles:
    """About the best weights for the sample: nearer would say no more of all rows."""
    narrow = sample.rows.width <= NARROW
    steps = SAMPLE_STEPS // 4 if narrow else SAMPLE_STEPS
    for _ in range(SAMPLE_STEPS // steps):
        inverse = curvature.inverse(curvature.measure(sample if narrow else sample.thinned(2), weights), sample)
        state: Descent = descent.begun(weights)
        for _ in range(steps):
            descent.advance(state, sample, inverse, SAMPLE_TOLERANCE)
        weights = state.weights
        if state.done.all():
            break
    return weights
