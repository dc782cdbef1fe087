"""XGBoost models: loading the files of a model directory, predicting with one of them or with an ensemble."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from contract import artifact
from contract.dataset import Dataset, Floats, Sparse
from contract.errors import AlgorithmError, UserError, show
from contract.manifest import Schema
from serving import model
from serving.answers import Columns, Table
from serving.manners import Manners
from serving.settings import Settings
from serving.xgboost import selection
from serving.xgboost.native import CONTRIBUTIONS, VALUE, Booster, version

log = logging.getLogger(__name__)

FILE = "xgboost-model"
"""SageMaker's name of the model file; those of an ensemble are called xgboost-model-0, xgboost-model-1, ..."""
_MEMBER = re.compile(rf"{FILE}-[0-9]+")
_START_BYTES = 4096
"""Read first: a file that is no model may be long."""
MANNERS = Manners(content_type="text/libsvm", accept="text/csv", batch_lines=True, selectable=True, explains=True)
_VOTING = ("multi:softmax", "binary:hinge")


@dataclass(frozen=True)
class XGBoost:
    """A Model (serving.model): one booster or several of the same objective and width."""

    boosters: tuple[Booster, ...]
    ends: tuple[int, ...]
    """Rounds used of each: up to its best iteration, 0 for all."""
    objective: str
    classes: int
    schema: Schema
    outputs: tuple[str, ...] = ()
    manners: ClassVar[Manners] = MANNERS

    @property
    def exclusive(self) -> bool:
        """A dart booster keeps the trees it drops in the model itself while it predicts."""
        return any(booster.booster == "dart" for booster in self.boosters)

    def set_threads(self, count: int) -> None:
        for booster in self.boosters:
            booster.set_threads(count)

    def predict(self, dataset: Dataset, *, explain: bool = False) -> Table:
        features = model.features(dataset, self.schema)
        columns = dict(self._columns(self._scores(features)))
        if explain:
            columns["contributions"] = self._contributions(features)
        return Table(columns, dataset.rows, quoted=bool(self.outputs))

    def _columns(self, scores: Floats) -> Columns:
        if not self.outputs:
            return {"score": scores}
        return {key: selection.select(key, scores, self.objective, self.classes) for key in self.outputs}

    def _scores(self, features: Floats | Sparse) -> Floats:
        each = self._each(features, VALUE)
        if len(each) == 1:
            return each[0]
        return self._vote(each) if self.objective in _VOTING else _mean(each)

    def _contributions(self, features: Floats | Sparse) -> Floats:
        try:
            return _mean(self._each(features, CONTRIBUTIONS))
        except AlgorithmError as error:
            if "IsMultiTarget" not in str(error):
                raise
            # Nothing but the refusal itself tells such trees apart: the saved model keeps no multi_strategy.
            message = "XGBoost gives no SHAP contributions for trees of multi_strategy 'multi_output_tree'"
            raise UserError(message, where="header X-Amzn-SageMaker-Custom-Attributes") from error

    def _each(self, features: Floats | Sparse, kind: int) -> list[Floats]:
        return [booster.predict(features, kind, end) for booster, end in zip(self.boosters, self.ends, strict=True)]

    def _vote(self, each: list[Floats]) -> Floats:
        """The most frequent class; of several, the lowest."""
        votes = np.stack(each).astype(np.int64)
        counts = np.stack([(votes == label).sum(axis=0) for label in range(self.classes)])
        winners: Floats = counts.argmax(axis=0).astype(np.float32)
        return winners


def _mean(each: list[Floats]) -> Floats:
    if len(each) == 1:
        return each[0]
    mean: Floats = np.stack(each).mean(axis=0, dtype=np.float64).astype(np.float32)
    return mean


def load(directory: Path, settings: Settings) -> XGBoost:
    """Verify and load a model directory. Raises UserError of one line where it holds no model that can be served."""
    manifest = artifact.verify(directory, algorithm="xgboost", libraries={"xgboost": version()})
    names = sorted(manifest.files) if manifest else _names(directory)
    members = sorted(filter(_MEMBER.fullmatch, names), key=lambda name: int(name.rpartition("-")[2]))
    if FILE in names or not members:
        members = [FILE]
    elif not settings.ensemble:
        members = members[:1]
    boosters = tuple(_booster(artifact.bare_file(directory, name)) for name in members)
    if manifest is None:
        model.warn_unverified()
    return _model(boosters, manifest.features if manifest else None, settings)


def _names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def _booster(path: Path) -> Booster:
    with path.open("rb") as stream:
        if not stream.read(_START_BYTES).lstrip().startswith(b"{"):
            raise model.bad(
                f"{show(path.name)} is neither UBJSON nor JSON (XGBoost before 2.1 had a format of its own): load it "
                f"with the XGBoost that made it, save_model('model.json'), and rename that file to {path.name}"
            )
        stream.seek(0)
        content = stream.read()
    try:
        return Booster(content)
    except AlgorithmError as error:
        raise model.bad(f"XGBoost cannot load {show(path.name)}: {error}") from error


def _model(boosters: tuple[Booster, ...], schema: Schema | None, settings: Settings) -> XGBoost:
    widths = {booster.width() for booster in boosters}
    objectives = {booster.config["learner"]["objective"]["name"] for booster in boosters}
    if len(widths) > 1 or len(objectives) > 1 or (schema and schema.count not in widths):
        raise model.bad(
            f"the model files take {sorted(widths)} features and have objectives {sorted(objectives)}; "
            f"they must agree{f' with {artifact.MANIFEST_NAME}: {schema.count} features' if schema else ''}"
        )
    (width,), (objective,) = widths, objectives
    for key in settings.outputs:
        if not selection.applies(key, objective):
            log.warning("SAGEMAKER_INFERENCE_OUTPUT: %r does not apply to %s; it will be null", key, objective)
    return XGBoost(
        boosters=boosters,
        ends=tuple(map(_end, boosters)),
        objective=objective,
        classes=max(2, int(boosters[0].config["learner"]["learner_model_param"]["num_class"])),
        schema=schema or Schema(width, boosters[0].feature_names()),
        outputs=settings.outputs,
    )


def _end(booster: Booster) -> int:
    """Rounds up to the best iteration, where training noted one that the model still has."""
    best = booster.attribute("best_iteration") or ""
    return min(int(best) + 1, booster.rounds()) if best.isdigit() else 0
