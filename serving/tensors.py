"""Arrays of a model: read from a safetensors file, and held to what the algorithm expects of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
from numpy.typing import NDArray

from contract import artifact
from contract.dataset import Floats
from contract.errors import show
from contract.manifest import Manifest
from serving import model

FILE = "model.safetensors"
_SHOWN = 5


def read(
    directory: Path, manifest: Manifest, axes: Mapping[str, int], optional: Collection[str] = ()
) -> dict[str, Floats]:
    """The arrays of our own artifact, which was verified, checked as by `check`.

    Raises UserError also for a file that is no safetensors one, or holds other types than float32.
    """
    if FILE not in manifest.files:
        raise model.bad(f"{artifact.MANIFEST_NAME} lists no {FILE!r}")
    try:
        # By its name: a file that is none is refused by its first bytes, however many follow.
        with safetensors.safe_open(directory / FILE, "np") as found:
            types = {name: found.get_slice(name).get_dtype() for name in found.keys()}  # noqa: SIM118  # it is no dict
            if other := sorted(name for name, kind in types.items() if kind != "F32"):
                raise model.bad(f"{FILE!r}: {show(other[0])} is of type {types[other[0]]}; expected F32")
            arrays = {name: found.get_tensor(name) for name in types}
    except (safetensors.SafetensorError, OSError) as error:
        raise model.bad(f"{FILE!r} is no safetensors file: {error}") from error
    return check(arrays, axes, FILE, optional)


def check(
    arrays: Mapping[str, NDArray[Any]], axes: Mapping[str, int], file: str, optional: Collection[str] = ()
) -> dict[str, Floats]:
    """`arrays` as float32: those that `axes` names, and no others, each of so many axes, with finite numbers only.

    Those in `optional` may be absent. Raises UserError naming `file` and the array.
    """
    if not axes.keys() - set(optional) <= arrays.keys() <= axes.keys():
        raise model.bad(f"{file!r} holds the arrays {show(sorted(arrays)[:_SHOWN])}; expected {', '.join(axes)}")
    checked = {}
    for name, array in arrays.items():
        if array.ndim != axes[name] or not array.size:
            raise model.bad(f"{file!r}: {name!r} has the shape {show(array.shape)}; expected {axes[name]} axes")
        with np.errstate(over="ignore"):  # what becomes infinite is refused below
            checked[name] = np.ascontiguousarray(array, np.float32)
        if not np.isfinite(checked[name]).all():
            raise model.bad(f"{file!r}: {name!r} holds numbers that are not finite in float32")
    return checked
