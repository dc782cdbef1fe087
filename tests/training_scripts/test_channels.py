"""Channels as users and storage make them: each file under corpus/channels is one job's input and what comes of it."""

from __future__ import annotations

import base64
import io
import json
import logging
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars
import pytest

from contract import codecs, media_type
from contract.dataset import Layout
from contract.environment import TrainingEnvironment
from contract.errors import UserError
from contract.paths import Paths
from training_scripts.channel_data import ChannelData, Format
from training_scripts.channels import Rules, open_channels
from training_scripts.logs import LOG

CORPUS = Path(__file__).parent.parent / "corpus" / "channels"
RULES = Rules(
    required=("train",),
    optional=("validation",),
    content_types=("text/csv", "text/libsvm", "application/x-parquet", "application/x-recordio-protobuf"),
    default_content_type="text/libsvm",
)
CSV = {"train": {"ContentType": "text/csv"}}
ROWS = b"1,2,3\n0,5,6\n"


@pytest.fixture
def base(tmp_path: Path) -> Path:
    config = tmp_path / "input" / "config"
    config.mkdir(parents=True)
    (tmp_path / "input" / "data" / "train").mkdir(parents=True)
    (config / "hyperparameters.json").write_text("{}")
    configure(tmp_path, CSV)
    return tmp_path


@pytest.fixture(autouse=True)
def _log_reaches_caplog(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LOG, "propagate", True)


def configure(base: Path, channels: object, hosts: list[str] | None = None) -> None:
    (base / "input/config/inputdataconfig.json").write_text(json.dumps(channels))
    if hosts:
        resources = json.dumps({"current_host": hosts[0], "hosts": hosts})
        (base / "input/config/resourceconfig.json").write_text(resources)


def opened(base: Path) -> dict[str, ChannelData]:
    paths = Paths(base)
    return open_channels(RULES, TrainingEnvironment.read(paths), paths, lambda name: Layout(label=True))


def lay(case: dict[str, Any], data: Path) -> None:
    """Make the case's folders, files (text, or base64) and links."""
    for folder in case.get("folders", ()):
        (data / folder).mkdir(parents=True, exist_ok=True)
    for name, content in case.get("files", {}).items():
        path = data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else base64.b64decode(content["base64"]))
    for name, target in case.get("links", {}).items():
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).symlink_to(target)


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.json")), ids=lambda path: path.stem)
def test_corpus(path: Path, base: Path, caplog: pytest.LogCaptureFixture) -> None:
    case = json.loads(path.read_text())
    (base / "input/data/train").rmdir()
    lay(case, base / "input/data")
    configure(base, case["channels"], case.get("hosts"))
    expect = case["expect"]
    if "error" in expect:
        with pytest.raises(UserError) as caught:
            [channel.load() for channel in opened(base).values()]
        assert all(part in str(caught.value) for part in _parts(expect["error"]))
        return
    channels = opened(base)
    shapes = {name: None if data.empty else _shape(data) for name, data in channels.items()}
    assert shapes == {name: shape and tuple(shape) for name, shape in expect.items() if name != "warning"}
    warnings = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(warnings) == len(_parts(expect.get("warning", [])))
    assert all(part in text for part, text in zip(_parts(expect.get("warning", [])), warnings, strict=True))


def _parts(expected: str | list[str]) -> list[str]:
    return [expected] if isinstance(expected, str) else expected


def _shape(data: ChannelData) -> tuple[int, int]:
    loaded = data.load()
    assert loaded.labels is not None
    assert len(loaded.labels) == loaded.rows
    assert sum(block.rows for block in data.blocks()) == loaded.rows
    return loaded.rows, loaded.width


def test_only_csv_has_a_weight_column(base: Path) -> None:
    table = io.BytesIO()
    polars.DataFrame({"label": [1.0, 0.0], "a": [-2.0, 5.0], "b": [3.0, 6.0]}).write_parquet(table)
    (base / "input/data/train/a").write_bytes(table.getvalue())
    configure(base, {"train": {"ContentType": "application/x-parquet"}})
    paths = Paths(base)
    layout = Layout(label=True, weight=True)
    data = open_channels(RULES, TrainingEnvironment.read(paths), paths, lambda name: layout)["train"].load()
    assert (data.width, data.weights) == (2, None)


def test_one_bad_row_in_a_million_is_named(base: Path) -> None:
    rows = b"1,2,3\n" * 1_000_000
    (base / "input/data/train/a.csv").write_bytes(ROWS)
    (base / "input/data/train/b.csv").write_bytes(rows[: 6 * 700_000] + b"1,2,?\n" + rows[6 * 700_000 :])
    with pytest.raises(UserError, match=r"train/b.csv, line 700001, column 3"):
        opened(base)["train"].load()


def test_a_huge_single_line_does_not_fill_the_memory(base: Path) -> None:
    with (base / "input/data/train/a.csv").open("wb") as stream:
        stream.write(b"1,2,3")
        stream.truncate(1 << 30)
    with pytest.raises(UserError, match=r"train/a\.csv, line 1"):
        opened(base)["train"].load()


def test_ten_thousand_small_files_are_quick(base: Path) -> None:
    for number in range(10_000):
        (base / f"input/data/train/part-{number:05}.csv").write_bytes(b"%d,2,3\n" % number)
    start = time.monotonic()
    data = opened(base)["train"].load()
    assert time.monotonic() - start < 20
    assert data.labels is not None
    np.testing.assert_array_equal(data.labels, np.arange(10_000))


def test_file_name_that_is_no_utf8_is_read_and_shown_escaped(base: Path) -> None:
    for name, content in ((b"caf\xe9.csv", ROWS), (b"z\xff.csv", b"1,x,3\n")):
        (base / "input/data/train" / os.fsdecode(name)).write_bytes(content)
    with pytest.raises(UserError, match=r"train/z\\xff.csv, line 1, column 2") as caught:
        opened(base)["train"].load()
    str(caught.value).encode()


def test_unreadable_file_is_named(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root reads everything, so the refusal is played."""
    path = base / "input/data/train/a.csv"
    path.write_bytes(ROWS)

    def refuse(self: Path, mode: str) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    train = opened(base)["train"]
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(UserError, match=r"train/a.csv: cannot be read: permission denied"):
        train.load()


def test_a_socket_in_a_channel_is_refused(base: Path) -> None:
    os.mkfifo(base / "input/data/train/a.csv")
    with pytest.raises(UserError, match="neither a file nor a folder"):
        opened(base)


class Trickle(io.RawIOBase):
    """A file that gives seven bytes at a time, as a network mount may."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        part = self._data.read(min(7, len(buffer)))
        buffer[: len(part)] = part
        return len(part)


def test_short_reads_of_a_mount_lose_nothing(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(base, {"train": {"ContentType": "text/csv", "TrainingInputMode": "FastFile"}})
    (base / "input/data/train/a.csv").write_bytes(ROWS)
    train = opened(base)["train"]
    usual = Path.open

    def trickle(self: Path, *arguments: Any, **options: Any) -> Any:
        if self.suffix != ".csv":
            return usual(self, *arguments, **options)
        return io.BufferedReader(Trickle(ROWS * 1000))

    monkeypatch.setattr(Path, "open", trickle)
    assert train.load().rows == 2000


def test_loading_holds_little_more_than_the_matrix(base: Path) -> None:
    """Of the text nothing is kept, and blocks are not collected first."""
    import tracemalloc

    (base / "input/data/train/a.csv").write_bytes(b"1," + b",".join([b"0.5"] * 30) + b"\n")
    row = (base / "input/data/train/a.csv").read_bytes()
    (base / "input/data/train/a.csv").write_bytes(row * 200_000)
    train = opened(base)["train"]
    next(train.blocks())
    tracemalloc.start()
    features = train.load().features
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert isinstance(features, np.ndarray)
    assert peak < 2.5 * features.nbytes


def test_recordio_without_labels_is_told_in_sagemakers_words(base: Path) -> None:
    class Unlabelled:
        CONTENT_TYPES = ("application/x-recordio-protobuf",)

        def read(self, *_: object) -> Iterator[object]:
            from contract.dataset import Dataset

            yield Dataset(np.zeros((1, 2), np.float32))

    form = Format(Unlabelled(), media_type.parse("application/x-recordio-protobuf"), Layout(label=True))  # type: ignore[arg-type]  # half a codec is enough
    path = base / "input/data/train/a"
    path.write_bytes(b"x")
    with pytest.raises(UserError, match=r"Got input data without labels\. Please check the input data set\."):
        ChannelData("train", path.parent, form, files=(path,)).load()


def test_formats_of_channels_are_codecs() -> None:
    for name in RULES.content_types:
        assert name in codecs.find(media_type.parse(name)).CONTENT_TYPES


@pytest.mark.parametrize(("size", "width"), [("", 2), (";label_size=1", 2), (";label_size=0", 3)])
def test_an_algorithm_without_labels_passes_a_column_of_them_over(base: Path, size: str, width: int) -> None:
    rules = replace(RULES, label_sizes=(0, 1))
    configure(base, {"train": {"ContentType": f"text/csv{size}"}})
    (base / "input/data/train/a.csv").write_bytes(ROWS)
    paths = Paths(base)
    channels = open_channels(rules, TrainingEnvironment.read(paths), paths, lambda name: Layout())
    np.testing.assert_array_equal(channels["train"].load().features, [[1, 2, 3][-width:], [0, 5, 6][-width:]])


def test_the_first_column_must_be_the_label_where_one_is_needed(base: Path) -> None:
    configure(base, {"train": {"ContentType": "text/csv;label_size=0"}})
    paths = Paths(base)
    with pytest.raises(UserError, match="label_size must be 1: the first column must be the label"):
        open_channels(RULES, TrainingEnvironment.read(paths), paths, lambda name: Layout(label=True))


def test_a_third_label_size_is_refused(base: Path) -> None:
    configure(base, {"train": {"ContentType": "text/csv;label_size=2"}})
    paths = Paths(base)
    with pytest.raises(UserError, match="label_size must be 0 or 1"):
        open_channels(replace(RULES, label_sizes=(0, 1)), TrainingEnvironment.read(paths), paths, lambda name: Layout())
