"""Training on more rows than memory holds: the channel goes to disk block by block, and XGBoost trains from there.

Memory then holds a few blocks and some 16 bytes a row (label, prediction, gradient). Disk: the matrix once while it is
read, then XGBoost's pages of one or two bytes a cell, in a temporary folder.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import xgboost

from contract.codecs.gather import concatenate
from contract.dataset import Dataset, Floats, Sparse
from contract.errors import PlatformError, UserError
from training_scripts import collective
from training_scripts.channels import ChannelData
from training_scripts.summary import ChannelSummary
from training_scripts.xgboost import data_checks, matrix, summarise
from training_scripts.xgboost.hyperparameters import Hyperparameters
from training_scripts.xgboost.plan import Plan

CHUNK_CELLS = 4_000_000
"""Cells of a chunk on disk, and of a page of XGBoost's."""


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for chunks and pages, gone at the end."""
    with tempfile.TemporaryDirectory(prefix="xgboost-external-") as folder:
        yield Path(folder)


@dataclass(frozen=True)
class Spooled:
    """A channel on disk, in files of one Dataset each, and what was seen of it on the way."""

    files: tuple[Path, ...]
    rows: int
    width: int
    labels: Floats
    missing: float | None
    names: tuple[str, ...] | None


def check(hyperparameters: Hyperparameters) -> None:
    """Raise UserError for what cannot train from disk."""
    if hyperparameters.booster == "gblinear" or hyperparameters.tree_method == "exact":
        raise UserError(
            "hyperparameter 'external_memory': 'true' needs trees of tree_method 'hist' or 'approx'; "
            "booster 'gblinear' and tree_method 'exact' keep everything in memory"
        )


def spool(channel: ChannelData, folder: Path, inspect: Callable[[Dataset, int], None]) -> Spooled:
    """Read a channel once, to disk. `inspect` sees every chunk and the number of rows before it.

    Raises UserError as the channel and `inspect` do, PlatformError where the disk is full.
    """
    files: list[Path] = []
    labels: list[Floats] = []
    rows, missing, names = 0, 0.0, None
    for chunk in _chunks(channel.blocks()):
        inspect(chunk, rows)
        files.append(folder / f"{channel.name}-{len(files)}.npz")
        _write(files[-1], chunk)
        rows += chunk.rows
        share = summarise.missing_share(chunk)
        missing = np.nan if share is None else missing + share * chunk.rows
        names = names or chunk.names
        if chunk.labels is not None:
            labels.append(chunk.labels)
    return Spooled(
        tuple(files),
        rows,
        channel.width or 0,
        np.concatenate(labels),
        None if np.isnan(missing) else missing / rows,
        names,
    )


class Pages(xgboost.DataIter):
    """The chunks on disk, one after the other, as often as XGBoost asks."""

    def __init__(self, spooled: Spooled, width: int, hyperparameters: Hyperparameters, cache: Path) -> None:
        self._spooled, self._width, self._hyperparameters = spooled, width, hyperparameters
        self._place = 0
        super().__init__(cache_prefix=str(cache))

    def next(self, input_data: Callable[..., Any]) -> bool:
        """Hand over the next chunk; False after the last."""
        if self._place == len(self._spooled.files):
            return False
        chunk = _load(self._spooled.files[self._place])
        self._place += 1
        beside = matrix.columns(chunk, self._hyperparameters)
        beside.pop("enable_categorical", None)
        input_data(data=matrix.features(chunk, self._width), **beside)
        return True

    def reset(self) -> None:
        """Begin again."""
        self._place = 0


def load(
    channel: ChannelData,
    hyperparameters: Hyperparameters,
    plan: Plan,
    folder: Path,
    reference: xgboost.DMatrix | None,
) -> tuple[xgboost.DMatrix, ChannelSummary, tuple[str, ...] | None]:
    """A channel as a matrix that stays on disk. `reference` is the train matrix, for any other channel."""
    alone = not collective.several()

    def inspect(chunk: Dataset, before: int) -> None:
        data_checks.check(chunk, channel.name, plan, alone=False, before=before)
        data_checks.check_categories(chunk, channel.name, hyperparameters, before)

    spooled = spool(channel, folder, inspect)
    width = reference.num_col() if reference is not None else collective.widest(spooled.width)
    data_checks.check_width(width, hyperparameters)
    if alone:
        data_checks.check_variety(spooled.labels, channel.name, plan)
    pages = Pages(spooled, width, hyperparameters, folder / f"{channel.name}-pages")
    common: dict[str, Any] = {
        "nthread": plan.threads,
        "missing": np.nan,
        "enable_categorical": bool(hyperparameters.enable_categorical),
    }
    if hyperparameters.tree_method == "approx":
        made = xgboost.DMatrix(pages, **common)
    else:
        made = xgboost.ExtMemQuantileDMatrix(pages, max_bin=hyperparameters.max_bin, ref=reference, **common)
    for path in spooled.files:
        path.unlink()
    summary = summarise.channel_summary(channel, spooled.rows, width, spooled.labels, spooled.missing, plan.classes)
    return made, summary, spooled.names


def _chunks(blocks: Iterable[Dataset]) -> Iterator[Dataset]:
    """Blocks put together to chunks of CHUNK_CELLS or a little more."""
    waiting: list[Dataset] = []
    for block in blocks:
        waiting.append(block)
        if sum(part.rows * max(part.width, 1) for part in waiting) >= CHUNK_CELLS:
            yield concatenate(waiting, "")
            waiting = []
    if waiting:
        yield concatenate(waiting, "")


def _write(path: Path, chunk: Dataset) -> None:
    arrays = {
        field.name: getattr(chunk, field.name) for field in fields(chunk) if field.name not in ("features", "names")
    }
    if isinstance(chunk.features, Sparse):
        arrays |= {field.name: getattr(chunk.features, field.name) for field in fields(Sparse)}
    else:
        arrays["features"] = chunk.features
    try:
        np.savez(path, allow_pickle=False, **{name: value for name, value in arrays.items() if value is not None})
    except OSError as error:
        raise PlatformError(f"external_memory: cannot write to {path.parent}: {error.strerror}") from error


def _load(path: Path) -> Dataset:
    with np.load(path, allow_pickle=False) as arrays:
        found = {name: arrays[name] for name in arrays.files}
    beside = {name: found.get(name) for name in ("labels", "weights", "groups")}
    if "features" in found:
        return Dataset(found["features"], **beside)
    sparse = Sparse(found["offsets"], found["columns"], found["values"], int(found["width"]))
    return Dataset(sparse, **beside)
