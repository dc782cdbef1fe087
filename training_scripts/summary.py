"""What an algorithm tells about a finished fit: the values behind report.html and metrics.json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from contract.dataset import Floats
from contract.metric import Direction


@dataclass(frozen=True)
class Confusion:
    """How often each class was predicted as which. `counts[i][j]`: rows of true class i predicted as class j."""

    channel: str
    """Where the rows came from: "validation", or "train" where there is no other."""
    classes: Sequence[str]
    counts: Sequence[Sequence[int]]


@dataclass(frozen=True)
class Residuals:
    """Predictions of a regression beside the truth. Shapes: both (rows,); a few thousand rows are enough.

    `rows` is how many rows the channel holds where these are a sample of them, else None.
    """

    channel: str
    actual: Floats
    predicted: Floats
    rows: int | None = None


@dataclass(frozen=True)
class ChannelSummary:
    """What a channel held. `missing` is the share of feature cells without a value, 0 to 1, None where not counted."""

    name: str
    rows: int
    columns: int
    content_type: str = ""
    missing: float | None = None
    label: str = ""
    """The label in one phrase: "2 classes: 3,869 of 0, 131 of 1", or "1.0 to 29.0, mean 9.93"."""


@dataclass(frozen=True)
class Bars:
    """Named values as bars, in the order given. `shares`: of a whole, written in percent."""

    title: str
    values: Mapping[str, float]
    note: str = ""
    shares: bool = False


@dataclass(frozen=True)
class Curves:
    """Lines over `axis`, whose first value is `first`: name -> one value a step."""

    title: str
    series: Mapping[str, Sequence[float]]
    axis: str
    first: int = 1
    note: str = ""


@dataclass(frozen=True)
class Table:
    """Cells as text. The first column heads its rows, the last `figures` columns are numbers."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    figures: int = 0
    note: str = ""


@dataclass(frozen=True)
class Summary:
    """One fit. Every mapping keeps its order in the report; values that are not finite are shown as such."""

    title: str
    """The algorithm and the task: "XGBoost, binary:logistic"."""
    history: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """Metric by round, named as in the log lines: "validation-auc" -> one value a round."""
    directions: Mapping[str, Direction] = field(default_factory=dict)
    """Bare metric name ("auc") -> which way is better."""
    first_round: int = 0
    """The round of the first value in `history`; above 0 where only rounds after a checkpoint are known."""
    best_round: int | None = None
    """The round that the saved model ends with, where early stopping chose one."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """Final metrics of the saved model: "validation-auc" -> value."""
    importances: Mapping[str, float] = field(default_factory=dict)
    """Feature name -> importance, in any order and scale; the report sorts, scales and shows the top."""
    importance_kind: str = "gain"
    confusion: Confusion | None = None
    residuals: Residuals | None = None
    sections: Sequence[Bars | Curves | Table] = ()
    """What only this algorithm has to show."""
    channels: Sequence[ChannelSummary] = ()
    hyperparameters: Mapping[str, object] = field(default_factory=dict)
    """Those that the job's request sets, typed; all others have their defaults."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """Step ("read", "fit", "save") -> seconds it took."""
    libraries: Mapping[str, str] = field(default_factory=dict)
    """Distribution name -> version."""
