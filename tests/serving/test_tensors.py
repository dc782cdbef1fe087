from __future__ import annotations

import numpy as np
import pytest

from contract.errors import UserError
from serving import tensors

AXES = {"v": 2, "s": 1}
V, S = np.ones((2, 3)), np.arange(3, dtype=np.int8)


def test_arrays_become_float32() -> None:
    found = tensors.check({"v": V, "s": S}, AXES, "file")
    assert {name: (array.dtype.name, array.shape) for name, array in found.items()} == {
        "v": ("float32", (2, 3)),
        "s": ("float32", (3,)),
    }


def test_optional_ones_may_be_absent() -> None:
    assert list(tensors.check({"v": V}, AXES, "file", optional=("s",))) == ["v"]
    with pytest.raises(UserError, match=r"'file' holds the arrays \['v'\]; expected v, s"):
        tensors.check({"v": V}, AXES, "file")


def test_a_number_that_float32_cannot_hold_is_refused() -> None:
    with pytest.raises(UserError, match="'file': 'v' holds numbers that are not finite in float32"):
        tensors.check({"v": V * 1e39, "s": S}, AXES, "file")
