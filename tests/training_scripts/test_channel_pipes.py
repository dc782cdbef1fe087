"""Channels in Pipe mode: the test writes to each epoch's FIFO, as SageMaker does."""

from __future__ import annotations

import gzip
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pytest

from contract.dataset import Layout
from contract.environment import TrainingEnvironment
from contract.errors import PlatformError, UserError
from contract.paths import Paths
from training_scripts import streams
from training_scripts.channel_data import ChannelData
from training_scripts.channels import Rules, open_channels

if TYPE_CHECKING:
    from conftest import TrainingJob

Feed: TypeAlias = Callable[..., None]
RULES = Rules(required=("train",), optional=(), content_types=("text/csv",), default_content_type="text/csv")
ROWS = b"1,2,3\n0,5,6\n"


@pytest.fixture
def train(job: TrainingJob) -> ChannelData:
    job.configure(channels={"train": {"ContentType": "text/csv", "TrainingInputMode": "Pipe"}})
    paths = Paths(job.base)
    return open_channels(RULES, TrainingEnvironment.read(paths), paths, lambda name: Layout(label=True))["train"]


@pytest.fixture
def feed(job: TrainingJob) -> Iterator[Feed]:
    """Makes an epoch's FIFO and writes to it, as SageMaker does; a reader that leaves early is fine."""
    writers: list[threading.Thread] = []

    def start(epoch: int, data: bytes, delay: float = 0) -> None:
        writers.append(threading.Thread(target=write, args=(epoch, data, delay)))
        writers[-1].start()

    def write(epoch: int, data: bytes, delay: float) -> None:
        time.sleep(delay)
        path = job.base / f"input/data/train_{epoch}"
        os.mkfifo(path)
        try:
            path.write_bytes(data)
        except BrokenPipeError:
            return

    yield start
    for writer in writers:
        writer.join(timeout=10)
        assert not writer.is_alive()


def test_each_pass_reads_the_next_epochs_pipe(train: ChannelData, feed: Feed) -> None:
    assert not train.empty
    feed(0, ROWS)
    assert train.load().rows == 2
    feed(1, ROWS + b"1,8,9\n", delay=0.2)
    assert sum(block.rows for block in train.blocks()) == 3


def test_a_pipe_may_be_gzip_and_arrive_byte_by_byte(train: ChannelData, feed: Feed) -> None:
    feed(0, gzip.compress(ROWS))
    assert train.load().rows == 2


def test_a_pipe_may_be_closed_early(train: ChannelData, feed: Feed) -> None:
    feed(0, ROWS * 2_000_000)
    blocks = train.blocks()
    next(blocks)
    blocks.close()  # type: ignore[attr-defined]  # a generator
    feed(1, ROWS)
    assert train.load().rows == 2


def test_a_bad_row_in_a_pipe_is_named(train: ChannelData, feed: Feed) -> None:
    feed(0, ROWS + b"1,x,3\n")
    with pytest.raises(UserError, match="train_0, line 3, column 2"):
        train.load()


def test_an_empty_pipe_is_no_data(train: ChannelData, feed: Feed) -> None:
    feed(0, b"")
    with pytest.raises(UserError, match="No data in training channel path"):
        train.load()


def test_a_pipe_that_never_comes_is_the_platforms_fault(tmp_path: Path) -> None:
    with pytest.raises(PlatformError, match=r"train_0 did not appear within 0\.1 seconds"):
        streams.wait_for(tmp_path / "train_0", seconds=0.1)
