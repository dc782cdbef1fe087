from __future__ import annotations

from pathlib import Path

import pytest

from contract.errors import UserError
from local_mode.channel import Channel


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data" / "deep").mkdir(parents=True)
    for key in ("b", "a", "deep/c"):
        (tmp_path / "data" / key).touch()
    return tmp_path / "data"


def test_parse_takes_the_semicolons_of_a_content_type(folder: Path) -> None:
    text = f"train={folder};content_type=text/csv;label_size=1;mode=Pipe;distribution=ShardedByS3Key"
    assert Channel.parse(text) == Channel("train", folder, "text/csv;label_size=1", "Pipe", "ShardedByS3Key")


@pytest.mark.parametrize("text", ["", "train", "train=", "=x"])
def test_parse_refuses_what_names_no_path(text: str) -> None:
    with pytest.raises(UserError, match=r"NAME=PATH|no name"):
        Channel.parse(text)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("mode=Stream", "input_mode 'Stream' is unknown: accepted are File, FastFile, Pipe"),
        ("distribution=Even", "accepted are FullyReplicated, ShardedByS3Key"),
        ("compression=Gzip", "compression is for input mode Pipe only"),
        ("wrapper=RecordIO", "record_wrapper is for input mode Pipe only"),
    ],
)
def test_options_are_those_of_the_service(folder: Path, options: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        Channel.parse(f"train={folder};{options}")


def test_name_and_path_are_checked(folder: Path) -> None:
    with pytest.raises(UserError, match="is no name"):
        Channel("a b", folder)
    with pytest.raises(UserError, match="channel train: '/no/such' does not exist"):
        Channel("train", Path("/no/such"))


def test_keys_are_sorted_and_split_over_hosts(folder: Path) -> None:
    assert Channel("train", folder).keys(1, 2) == ("a", "b", "deep/c")
    sharded = Channel("train", folder, distribution="ShardedByS3Key")
    assert [sharded.keys(rank, 4) for rank in range(4)] == [("a",), ("b",), ("deep/c",), ()]


def test_single_file_is_a_channel(folder: Path) -> None:
    channel = Channel("train", folder / "a")
    assert (channel.keys(), channel.root, channel.whole) == (("a",), folder, False)
