"""The model in the model directory: arrays as safetensors, and the same as SageMaker's PCA leaves them.

`s` (n,) singular values and `v` (features, n) components, weakest first; `mean` (1, features) where it is subtracted.
All float32.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import TypeAlias

import numpy as np
from safetensors.numpy import save as encode

from contract import ndarrays
from contract.dataset import Floats
from contract.errors import UserError
from contract.files import write_atomically
from training_scripts.pca.components import Components

MODEL = "model.safetensors"
NDARRAYS = "model_algo-1"
"""SageMaker's own name: what its users open by `mxnet.nd.load`."""
LIBRARIES = {name: version(name) for name in ("numpy", "safetensors")}


Arrays: TypeAlias = dict[str, Floats]


def arrays(components: Components, *, subtract_mean: bool) -> Arrays:
    """The model's arrays. Raises UserError where float32 cannot hold them."""
    with np.errstate(over="ignore"):
        model = {"s": components.values.astype(np.float32), "v": components.vectors.astype(np.float32, order="C")}
        if subtract_mean:
            model["mean"] = components.mean.astype(np.float32)[np.newaxis]
    if not all(np.isfinite(array).all() for array in model.values()):
        raise UserError(
            "the data's values are too large: a singular value is beyond float32, which the model is kept in; scale "
            "the features down",
            where="channel 'train'",
        )
    return model


def save(model: Arrays, directory: Path) -> None:
    """Write both files. Raises PlatformError on a full disk."""
    write_atomically(directory / MODEL, encode(model))
    write_atomically(directory / NDARRAYS, ndarrays.write(model))
