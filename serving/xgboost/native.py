"""The XGBoost library through its C interface.

The Python package would bring scipy along: 60 MB and half a second of every start. What serving needs of it is five
calls, and they give the same bits (tests/serving/xgboost/test_native.py holds them to `Booster.predict`).
Source: XGBoost 3.2, "XGBoost C package" and xgboost/core.py.
"""

from __future__ import annotations

import ctypes
import importlib.util
import json
import math
from _thread import get_ident
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contract.dataset import Floats, Sparse
from contract.errors import AlgorithmError

VALUE, MARGIN, CONTRIBUTIONS = 0, 1, 2
"""Kinds of prediction, as the C interface numbers them."""

_CREATE = json.dumps({"missing": float("nan"), "nthread": 1}).encode()


def version() -> str:
    """Of the library itself."""
    parts = ctypes.c_int(), ctypes.c_int(), ctypes.c_int()
    _library().XGBoostVersion(*map(ctypes.byref, parts))
    return ".".join(str(part.value) for part in parts)


class Booster:
    """A loaded model. Predictions may run in several threads at once, except with the dart booster."""

    def __init__(self, model: bytes) -> None:
        """Load UBJSON or JSON. Raises AlgorithmError where the library refuses it."""
        self._library = _library()
        self._handle = ctypes.c_void_p()
        self._proxies: dict[int, ctypes.c_void_p] = {}
        self._threads = 1
        self._call("XGBoosterCreate", None, ctypes.c_uint64(0), ctypes.byref(self._handle))
        self.set_threads(1)
        self._call("XGBoosterLoadModelFromBuffer", self._handle, model, ctypes.c_uint64(len(model)))
        self.config: dict[str, Any] = self._config()
        self.booster: str = self.config["learner"]["gradient_booster"]["name"]

    def __del__(self) -> None:
        if self._handle:
            for proxy in self._proxies.values():
                self._library.XGDMatrixFree(proxy)
            self._library.XGBoosterFree(self._handle)

    def set_threads(self, count: int) -> None:
        """Threads that one prediction uses; one until told otherwise, so that a process that loads may still fork."""
        self._threads = count
        self._call("XGBoosterSetParam", self._handle, b"nthread", str(count).encode())

    def width(self) -> int:
        count = ctypes.c_uint64()
        self._call("XGBoosterGetNumFeature", self._handle, ctypes.byref(count))
        return count.value

    def rounds(self) -> int:
        count = ctypes.c_int()
        self._call("XGBoosterBoostedRounds", self._handle, ctypes.byref(count))
        return count.value

    def attribute(self, name: str) -> str | None:
        text, found = ctypes.c_char_p(), ctypes.c_int()
        self._call("XGBoosterGetAttr", self._handle, name.encode(), ctypes.byref(text), ctypes.byref(found))
        return text.value.decode() if found.value and text.value is not None else None

    def feature_names(self) -> tuple[str, ...] | None:
        count, names = ctypes.c_uint64(), ctypes.POINTER(ctypes.c_char_p)()
        self._call(
            "XGBoosterGetStrFeatureInfo", self._handle, b"feature_name", ctypes.byref(count), ctypes.byref(names)
        )
        return tuple((names[place] or b"").decode() for place in range(count.value)) or None

    def predict(self, features: Floats | Sparse, kind: int = VALUE, end: int = 0) -> Floats:
        """Predictions of the first `end` rounds (0: all), as `Booster.predict` gives them, bit for bit.

        `features` (rows, width) float32 in C order, NaN where missing, or Sparse. Returns (rows,), or (rows, groups)
        where there are several; CONTRIBUTIONS has one more axis of width + 1, the bias last.
        """
        if kind == CONTRIBUTIONS or self.booster != "gbtree":
            return self._predict_matrix(features, kind, end)
        if isinstance(features, Sparse):
            function, arguments = "XGBoosterPredictFromCSR", _csr(features)
        else:
            function, arguments = "XGBoosterPredictFromDense", (_interface(features),)
        output = _Output()
        self._call(function, self._handle, *arguments, _in_place(kind, end), self._proxy(), *output.pointers)
        return output.copy()

    def _proxy(self) -> ctypes.c_void_p:
        """What the library calls a matrix that it reads in place; one a thread.

        Without it each call makes its own, for which the library reads the cgroup's files and compiles a regular
        expression: that costs more than to predict a row.
        """
        thread = get_ident()
        if thread not in self._proxies:
            proxy = ctypes.c_void_p()
            self._call("XGProxyDMatrixCreate", ctypes.byref(proxy))
            self._proxies[thread] = proxy
        return self._proxies[thread]

    def _predict_matrix(self, features: Floats | Sparse, kind: int, end: int) -> Floats:
        """By way of a DMatrix: what the road above lacks (contributions, gblinear) or rounds otherwise (dart)."""
        if isinstance(features, Sparse):
            function, arguments = "XGDMatrixCreateFromCSR", _csr(features)
        else:
            function, arguments = "XGDMatrixCreateFromDense", (_interface(features),)
        matrix, output = ctypes.c_void_p(), _Output()
        self._call(function, *arguments, _CREATE, ctypes.byref(matrix))
        try:
            self._call("XGBoosterPredictFromDMatrix", self._handle, matrix, _by_matrix(kind, end), *output.pointers)
            return output.copy()
        finally:
            self._library.XGDMatrixFree(matrix)

    def _config(self) -> dict[str, Any]:
        length, text = ctypes.c_uint64(), ctypes.c_char_p()
        self._call("XGBoosterSaveJsonConfig", self._handle, ctypes.byref(length), ctypes.byref(text))
        config: dict[str, Any] = json.loads(text.value or b"{}")
        return config

    def _call(self, function: str, *arguments: object) -> None:
        self._library.omp_set_num_threads(self._threads)  # OpenMP keeps this setting per calling thread
        if getattr(self._library, function)(*arguments) != 0:
            text = (self._library.XGBGetLastError() or b"").decode("utf-8", "replace")
            raise AlgorithmError(_first_line(text))


class _Output:
    """Where a prediction call leaves its shape and its values; they belong to the library until the next call."""

    def __init__(self) -> None:
        self.shape = ctypes.POINTER(ctypes.c_uint64)()
        self.axes = ctypes.c_uint64()
        self.values = ctypes.POINTER(ctypes.c_float)()
        self.pointers = ctypes.byref(self.shape), ctypes.byref(self.axes), ctypes.byref(self.values)

    def copy(self) -> Floats:
        shape = tuple(self.shape[: self.axes.value])
        length = math.prod(shape)
        if not length:
            return np.empty(shape, dtype=np.float32)
        copied = np.frombuffer(ctypes.string_at(self.values, length * 4), dtype=np.float32)
        return copied.reshape(shape)


def _interface(array: NDArray[Any]) -> bytes:
    """`array` by its address, in the form that the library reads (numpy's __array_interface__, as JSON)."""
    address, shape = array.__array_interface__["data"][0], ",".join(map(str, array.shape))
    return b'{"data":[%d,true],"shape":[%s],"typestr":"%s","version":3}' % (
        address,
        shape.encode(),
        array.dtype.str.encode(),
    )


def _csr(features: Sparse) -> tuple[object, ...]:
    interfaces = (_interface(part) for part in (features.offsets, features.columns, features.values))
    return *interfaces, ctypes.c_uint64(features.width)


@cache
def _in_place(kind: int, end: int) -> bytes:
    return json.dumps(_by(kind, end) | {"missing": float("nan"), "cache_id": 0}).encode()


@cache
def _by_matrix(kind: int, end: int) -> bytes:
    return json.dumps(_by(kind, end)).encode()


def _by(kind: int, end: int) -> dict[str, object]:
    return {"type": kind, "training": False, "iteration_begin": 0, "iteration_end": end, "strict_shape": False}


def _first_line(text: str) -> str:
    """The sentence of a library error, without its time stamp, source path and stack."""
    line = next((line for line in text.splitlines() if line.strip()), "unknown error")
    return line.rpartition(".cc:")[2].partition(": ")[2] or line


@cache
def _library() -> ctypes.CDLL:
    found = importlib.util.find_spec("xgboost")
    if found is None or found.origin is None:
        raise AlgorithmError("xgboost is not installed in this image")
    library = ctypes.CDLL(str(Path(found.origin).parent / "lib" / "libxgboost.so"))
    library.XGBGetLastError.restype = ctypes.c_char_p
    return library
