from __future__ import annotations

import gzip
import struct
import time
from pathlib import Path

import pytest

from contract.paths import Paths
from local_mode.channel import Channel
from local_mode.pipes import Feeder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a").write_bytes(b"one")
    (tmp_path / "data" / "b").write_bytes(b"three")
    Paths(tmp_path / "ml").data.mkdir(parents=True)
    return tmp_path


def read(folder: Path, epoch: int) -> bytes:
    """As an algorithm does: the next FIFO may be a moment late."""
    path = Paths(folder / "ml").pipe("train", epoch)
    deadline = time.monotonic() + 10
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    return path.read_bytes()


def feeder(folder: Path, channel: Channel, failures: list[str], rank: int = 0, hosts: int = 1) -> Feeder:
    return Feeder(folder / "ml", channel, failures.append, rank, hosts)


def test_every_epoch_holds_all_files_in_order(folder: Path) -> None:
    with feeder(folder, Channel("train", folder / "data", input_mode="Pipe"), []):
        assert [read(folder, epoch) for epoch in range(3)] == [b"onethree"] * 3


def test_reader_may_close_early_or_never_come(folder: Path) -> None:
    (folder / "data" / "a").write_bytes(b"x" * (3 << 20))
    with feeder(folder, Channel("train", folder / "data", input_mode="Pipe"), []):
        with Paths(folder / "ml").pipe("train", 0).open("rb", buffering=0) as pipe:
            assert pipe.read(1) == b"x"
        assert len(read(folder, 1)) == (3 << 20) + 5


def test_host_gets_its_share(folder: Path) -> None:
    channel = Channel("train", folder / "data", input_mode="Pipe", distribution="ShardedByS3Key")
    with feeder(folder, channel, [], rank=1, hosts=2):
        assert read(folder, 0) == b"three"


def test_each_file_becomes_a_record(folder: Path) -> None:
    channel = Channel("train", folder / "data", input_mode="Pipe", record_wrapper="RecordIO")
    with feeder(folder, channel, []):
        magic = 0xCED7230A
        assert read(folder, 0) == (
            struct.pack("<II", magic, 3) + b"one\0" + struct.pack("<II", magic, 5) + b"three\0\0\0"
        )


def test_gzip_is_unpacked_by_the_service(folder: Path) -> None:
    for path in (folder / "data").iterdir():
        path.write_bytes(gzip.compress(path.read_bytes()))
    channel = Channel("train", folder / "data", input_mode="Pipe", compression="Gzip")
    with feeder(folder, channel, []):
        assert read(folder, 0) == b"onethree"


def test_unreadable_data_is_told(folder: Path) -> None:
    failures: list[str] = []
    channel = Channel("train", folder / "data", input_mode="Pipe", compression="Gzip")
    with feeder(folder, channel, failures):
        read(folder, 0)
        deadline = time.monotonic() + 10
        while not failures and time.monotonic() < deadline:
            time.sleep(0.01)
    assert failures[0].startswith("Data download failed: channel train: Not a gzipped file")
