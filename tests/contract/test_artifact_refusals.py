"""The model directory under attack: tests/corpus/models holds a good one, and manifests that are wrong as files.

What no file can be (links, FIFOs, holes) is built here. Every refusal is one line, comes fast and runs nothing.
"""

from __future__ import annotations

import os
import pickle
import shutil
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contract.artifact import bare_file, verify, write
from contract.errors import UserError
from contract.manifest import decode

CORPUS = Path(__file__).parents[1] / "corpus" / "models"
MANIFESTS = sorted(path.stem for path in (CORPUS / "manifests").glob("*.json"))
SECONDS = 10
MODEL = "xgboost-model"


def refusal(directory: Path) -> str:
    start = time.monotonic()
    with pytest.raises(UserError) as caught:
        verify(directory, algorithm="xgboost", libraries={"xgboost": "3.2.0"})
    assert time.monotonic() - start < SECONDS
    assert "\n" not in str(caught.value)
    assert caught.value.code == "bad_model"
    return caught.value.message


@pytest.mark.parametrize("name", MANIFESTS)
def test_bad_manifest(name: str, model: Path) -> None:
    shutil.copy(CORPUS / "manifests" / f"{name}.json", model / "model.json")
    assert f"model: {refusal(model)}\n" == (CORPUS / "manifests" / f"{name}.expected").read_text()


def extra_file(model: Path) -> None:
    (model / "README.md").write_text("notes")


def extra_file_in_folder(model: Path) -> None:
    (model / "assets").mkdir()
    (model / "assets" / "tokenizer.json").write_text("{}")


def extra_folder(model: Path) -> None:
    (model / "assets").mkdir()


def missing_file(model: Path) -> None:
    (model / MODEL).unlink()


def symlink_out(model: Path) -> None:
    (model / MODEL).rename(model.parent / "elsewhere")
    (model / MODEL).symlink_to(model.parent / "elsewhere")


def symlinked_folder(model: Path) -> None:
    (model / "trees").mkdir()
    (model / MODEL).rename(model / "trees" / MODEL)
    vouch(model)
    (model / "trees").rename(model.parent / "trees")
    (model / "trees").symlink_to(model.parent / "trees")


def vouch(model: Path) -> None:
    """Let model.json list the files as they are now."""
    write(model, decode((model / "model.json").read_bytes()))


def symlinked_manifest(model: Path) -> None:
    (model / "model.json").rename(model.parent / "model.json")
    (model / "model.json").symlink_to(model.parent / "model.json")


def fifo(model: Path) -> None:
    (model / MODEL).unlink()
    os.mkfifo(model / MODEL)


def fifo_manifest(model: Path) -> None:
    (model / "model.json").unlink()
    os.mkfifo(model / "model.json")


def directory_as_file(model: Path) -> None:
    (model / MODEL).unlink()
    (model / MODEL).mkdir()


def directory_as_manifest(model: Path) -> None:
    (model / "model.json").unlink()
    (model / "model.json").mkdir()
    (model / "model.json" / "inner").write_text("x")


def empty_file(model: Path) -> None:
    os.truncate(model / MODEL, 0)


def truncated(share: float) -> Callable[[Path], None]:
    def build(model: Path) -> None:
        os.truncate(model / MODEL, int((model / MODEL).stat().st_size * share))

    return build


def bit_flipped(share: float) -> Callable[[Path], None]:
    def build(model: Path) -> None:
        content = bytearray((model / MODEL).read_bytes())
        content[int((len(content) - 1) * share)] ^= 1
        (model / MODEL).write_bytes(content)

    return build


def pickle_renamed(model: Path) -> None:
    """Even one that model.json vouches for."""
    (model / MODEL).write_bytes(pickle.dumps(Trap(model.parent / "ran")))
    vouch(model)


def zip_bomb(model: Path) -> None:
    with zipfile.ZipFile(model / "model.skops", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", bytes(100_000_000))


def untrusted_skops(model: Path) -> None:
    with zipfile.ZipFile(model / "model.skops", "w") as archive:
        archive.writestr("schema.json", '{"__class__": "system", "__module__": "os", "__loader__": "FunctionNode"}')


def sparse(model: Path) -> None:
    os.truncate(model / MODEL, 2 * 1024**3)


def sparse_manifest(model: Path) -> None:
    os.truncate(model / "model.json", 2 * 1024**3)


CHANGED = f"the content of '{MODEL}' does not match its sha256 in model.json"
NOT_REGULAR = "is not a regular file; a model directory holds regular files only"
LINK = "is a symbolic link; a model directory holds regular files only"
UNLISTED = "is not listed in model.json; remove it, or put it under code/"


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (extra_file, f"'README.md' {UNLISTED}"),
        (extra_file_in_folder, f"'assets/tokenizer.json' {UNLISTED}"),
        (extra_folder, f"'assets/' {UNLISTED}"),
        (missing_file, f"'{MODEL}' is missing, though model.json lists it"),
        (symlink_out, f"'{MODEL}' {LINK}"),
        (symlinked_folder, f"'trees/{MODEL}' {LINK}"),
        (symlinked_manifest, f"'model.json' {LINK}"),
        (fifo, f"'{MODEL}' {NOT_REGULAR}"),
        (fifo_manifest, f"'model.json' {NOT_REGULAR}"),
        (directory_as_file, f"'{MODEL}' {NOT_REGULAR}"),
        (directory_as_manifest, f"'model.json' {NOT_REGULAR}"),
        (empty_file, f"'{MODEL}' has 0 bytes; model.json says 3099"),
        (truncated(0.1), f"'{MODEL}' has 309 bytes; model.json says 3099"),
        (truncated(0.5), f"'{MODEL}' has 1549 bytes; model.json says 3099"),
        (truncated(0.9), f"'{MODEL}' has 2789 bytes; model.json says 3099"),
        (bit_flipped(0), CHANGED),
        (bit_flipped(0.5), CHANGED),
        (bit_flipped(1), CHANGED),
        (pickle_renamed, f"'{MODEL}' is a pickle, which is never opened; save the model in its library's own format"),
        (zip_bomb, f"'model.skops' {UNLISTED}"),
        (untrusted_skops, f"'model.skops' {UNLISTED}"),
        (sparse, f"'{MODEL}' has 2147483648 bytes; model.json says 3099"),
        (sparse_manifest, "model.json is larger than 16777216 bytes"),
    ],
)
def test_bad_directory(build: Callable[[Path], None], message: str, model: Path) -> None:
    build(model)
    assert refusal(model) == message
    assert not (model.parent / "ran").exists()


def test_missing_directory(tmp_path: Path) -> None:
    assert refusal(tmp_path / "absent").startswith("there is no model directory ")


def test_empty_directory(tmp_path: Path) -> None:
    assert refusal(tmp_path).endswith("is empty; a model artifact holds at least one model file")


@pytest.mark.parametrize("name", [MODEL, "model.json"])
def test_unreadable_file(name: str, readable_by_all: Path, as_nobody: Callable[[], None]) -> None:
    (readable_by_all / name).chmod(0o600)
    as_nobody()
    assert refusal(readable_by_all) == f"cannot read '{name}': Permission denied"


def test_unreadable_directory(readable_by_all: Path, as_nobody: Callable[[], None]) -> None:
    readable_by_all.chmod(0o700)
    as_nobody()
    assert refusal(readable_by_all) == "cannot read the model directory: Permission denied"


@pytest.fixture
def readable_by_all() -> Iterator[Path]:
    """A model in a folder that another user may enter, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(shutil.copytree(CORPUS / "good", Path(folder) / "model"))


@pytest.fixture
def as_nobody(readable_by_all: Path) -> Iterator[Callable[[], None]]:
    """Makes the model another user's: root becomes nobody; anyone else gives up the right to read by changing modes."""

    def change() -> None:
        if os.geteuid() == 0:
            os.seteuid(65534)
            return
        for path in (readable_by_all, *readable_by_all.iterdir()):
            path.chmod(path.stat().st_mode & 0o077)

    owner = os.geteuid()
    yield change
    if os.geteuid() != owner:
        os.seteuid(owner)
    readable_by_all.chmod(0o755)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (missing_file, f"the model directory holds neither model.json nor '{MODEL}'"),
        (symlink_out, f"'{MODEL}' {LINK}"),
        (fifo, f"'{MODEL}' {NOT_REGULAR}"),
        (empty_file, f"'{MODEL}' is empty (0 bytes)"),
        (pickle_renamed, f"'{MODEL}' is a pickle, which is never opened; save the model in its library's own format"),
    ],
)
def test_bad_bare_file(build: Callable[[Path], None], message: str, model: Path) -> None:
    build(model)
    (model / "model.json").unlink()
    with pytest.raises(UserError) as caught:
        bare_file(model, MODEL)
    assert caught.value.message == message
    assert not (model.parent / "ran").exists()


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_every_binary_pickle_is_known(protocol: int, model: Path) -> None:
    (model / MODEL).write_bytes(pickle.dumps({"a": 1}, protocol))
    with pytest.raises(UserError, match="is a pickle"):
        bare_file(model, MODEL)


class Trap:
    """Unpickled, it leaves a mark."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.mark,))
