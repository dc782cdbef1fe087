"""Several hosts training one model, by XGBoost's collective, led by the first host that has data.

All hosts meet once to say who has data; those without leave. Functions of the group work on a host alone as well, and
there without the library. Nothing but numbers crosses the network: no pickle.

Why XGBoost's, for every algorithm: it is there, it names a peer that is lost, and it takes 18 MB of an image, and 47 MB
of scipy, which it imports. torch's gloo takes 700 MB, and MPI wants a launcher and a daemon on every host.
"""

from __future__ import annotations

import importlib
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from contract.environment import TrainingEnvironment
from contract.errors import PlatformError, UserError
from training_scripts import cluster, watch
from training_scripts.logs import LOG
from training_scripts.xgboost_messages import LOST, reason

if TYPE_CHECKING:
    from xgboost.tracker import RabitTracker

Number = TypeVar("Number", np.float32, np.float64, np.int32, np.int64)

PORT = 9099
"""Where the leader waits for the others; the group without the empty hosts meets on the next port."""
SILENCE_SECONDS = 900
"""How long a peer may keep the others waiting. One whose connection closes is noticed at once."""
PORT_SECONDS = 90
"""How long an earlier job on the same machine keeps the port busy after its end, and a bit."""
TRY_SECONDS = 0.5
_ABANDONED: list[RabitTracker | None] = []
"""Trackers of groups that failed. To free one is to wait for its hosts, so they stay until the process ends."""


@contextmanager
def joined(environment: TrainingEnvironment, *, has_data: bool) -> Iterator[bool]:
    """Be one of the job's hosts; the value says whether this host trains.

    Raises UserError where no host has data, PlatformError where the leader's name does not resolve; the functions below
    raise PlatformError where a peer dies or keeps silent.
    """
    hosts, here = environment.hosts, environment.current_host
    if len(hosts) == 1:
        LOG.info("Single node training.")
        yield True
        return
    LOG.info("Distributed training on %d hosts, led by %s", len(hosts), hosts[0])
    with _group(hosts, here, PORT):
        holders = _holders(hosts, environment.rank, has_data)
        if holders == hosts:
            yield True
            return
    if not holders:
        raise UserError(
            "No data in training channel path on any host; with ShardedByS3Key give at least one file a host"
        )
    if here not in holders:
        LOG.warning("Host %s has no data for every channel: it is left out of the training", here)
        yield False
        return
    if len(holders) == 1:
        LOG.info("Only host %s has data. Single node training.", here)
        yield True
        return
    with _group(holders, here, PORT + 1):
        yield True


def several() -> bool:
    """Whether this host trains together with others."""
    # Who has joined nobody has not loaded the library, unless it is what trains.
    return _LIBRARY in sys.modules and bool(_library().is_distributed())


def leads() -> bool:
    """Whether this host is the one that logs metrics, and writes checkpoints and the model."""
    return not several() or _library().get_rank() == 0


def total(values: NDArray[Number]) -> NDArray[Number]:
    """The sums over the hosts, of arrays of one shape."""
    return _reduced(values, "SUM").reshape(values.shape) if several() else values


def any_host(flag: bool) -> bool:
    """Whether any host says yes, so that all of them stop after the same round."""
    return bool(_most(int(flag)))


def widest(width: int) -> int:
    """The largest width on any host: a share of sparse rows may lack the last features."""
    return _most(width)


def shared(data: bytes) -> bytes:
    """The leader's bytes, on every host."""
    if not several():
        return data
    size = _most(len(data) if leads() else 0)
    words = (data if leads() else b"").ljust(size + -size % 4, b"\0")
    return total(np.frombuffer(words, dtype=np.int32)).tobytes()[:size] if size else b""


@contextmanager
def guarded() -> Iterator[None]:
    """Training itself, in which hosts wait for each other: end this one where a peer has died and nothing tells."""
    with watch.watching() if several() else nullcontext():
        yield


def _most(value: int) -> int:
    return int(_reduced(np.array([value], dtype=np.int64), "MAX")[0]) if several() else value


def _reduced(values: NDArray[Number], operation: str) -> NDArray[Number]:
    with _telling():
        reduced: NDArray[Number] = _library().allreduce(values, _library().Op[operation])
    return reduced


_LIBRARY = "xgboost.collective"


def _library() -> Any:  # a module, loaded where there are several hosts
    return importlib.import_module(_LIBRARY)


@contextmanager
def _telling() -> Iterator[None]:
    """Say in our words that the other hosts are lost."""
    from xgboost.core import XGBoostError

    try:
        yield
    except XGBoostError as error:
        raise PlatformError(f"{LOST}: {reason(str(error))}") from error


def _holders(hosts: Sequence[str], rank: int, has_data: bool) -> tuple[str, ...]:
    flags = np.zeros(len(hosts), dtype=np.int64)
    flags[rank] = has_data
    flags = _reduced(flags, "SUM")
    return tuple(host for host, flag in zip(hosts, flags, strict=True) if flag)


@contextmanager
def _group(hosts: Sequence[str], here: str, port: int) -> Iterator[None]:
    """The hosts as one group; ranks in the order of `hosts`.

    A host that fails takes no leave, which would wait for the others: they see its connections close when it ends.
    """
    leader = cluster.address(hosts[0])
    with _telling():
        tracker = _tracker(leader, port, len(hosts)) if here == hosts[0] else None
        _meet(leader, port, hosts.index(here))
    try:
        yield
    except BaseException:
        _ABANDONED.append(tracker)
        raise
    with _telling():
        _library().finalize()
        if tracker is not None:
            tracker.wait_for(SILENCE_SECONDS)


def _meet(leader: str, port: int, rank: int) -> None:
    """Enter the group, whose leader may start minutes later. The tries are ours: with XGBoost's own, a host would go on
    trying to take leave of a leader that has died."""
    from xgboost.core import XGBoostError

    end = time.monotonic() + cluster.RESOLVE_SECONDS
    while True:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # one for every try
                _library().init(
                    dmlc_tracker_uri=leader,
                    dmlc_tracker_port=port,
                    dmlc_task_id=f"{rank:04d}",
                    dmlc_timeout=SILENCE_SECONDS,
                    dmlc_retry=1,
                )
        except XGBoostError as error:
            if "Failed to connect to the tracker" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(TRY_SECONDS)
        else:
            return


def _tracker(address: str, port: int, hosts: int) -> RabitTracker:
    """The meeting point, started. A port that an earlier job on the same machine has just left is free in a minute."""
    from xgboost.core import XGBoostError
    from xgboost.tracker import RabitTracker

    end = time.monotonic() + PORT_SECONDS
    while True:
        try:
            tracker = RabitTracker(n_workers=hosts, host_ip=address, port=port, sortby="task", timeout=SILENCE_SECONDS)
            break
        except XGBoostError as error:
            if "Address already in use" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(1)
    tracker.start()
    return tracker
