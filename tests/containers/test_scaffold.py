"""`make new/NAME` in a copy of this checkout: all is green at once, and what fails leaves nothing behind."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from docker import DockerClient
from docker.errors import ImageNotFound

from containers.build import images
from containers.build.scaffold import names, template
from tests import checkout

NAME, MODULE = "scaffolded-model", "scaffolded_model"
PYTHON = ".venv/bin/python"
CODE = (f"training_scripts/{MODULE}.py", f"serving/{MODULE}.py")
OWN_TESTS = (f"tests/training_scripts/{MODULE}", f"tests/serving/{MODULE}")
THAT_FIND_IT = (
    "tests/containers/test_images.py",
    "tests/containers/test_requirements.py",
    "tests/test_architecture.py",
    "tests/test_documents.py",
    "tests/training_scripts/test_describe.py",
)
"""Tests of what is found by its folder, and by no list."""
INHERITED = ("test_codecs_after_the_cut", "test_formats", "test_models", "test_size", "test_train")
"""A few of the tests of images, which all of them `make check` runs."""
SAMPLE = f"tests/images/{NAME}/sample"


def good(done: CompletedProcess[str]) -> CompletedProcess[str]:
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def changes(folder: Path) -> str:
    return good(checkout.run(folder, "git", "status", "--porcelain", "--untracked-files=all")).stdout


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with nothing new in it."""
    folder = checkout.copy(tmp_path_factory.mktemp("bare"))
    who = ("-c", "user.name=nobody", "-c", "user.email=nobody")
    good(checkout.run(folder, "git", *who, "commit", "--quiet", "--message=all"))
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with a new algorithm."""
    folder = checkout.copy(tmp_path_factory.mktemp("made"))
    done = good(checkout.run(folder, "make", f"new/{NAME}"))
    assert f"made containers/{NAME}, training_scripts/{MODULE}.py, serving/{MODULE}.py, their tests," in done.stderr
    good(checkout.run(folder, "git", "add", "--all"))
    return folder


@pytest.mark.parametrize("name", ["json", "xgboost", "Churn"])
def test_refused_name_changes_nothing(bare: Path, name: str) -> None:
    done = checkout.run(bare, "make", f"new/{name}")
    assert (done.returncode, changes(bare)) == (2, "")
    assert f"'{name}' " in done.stderr


def test_lock_that_fails_leaves_nothing(bare: Path, tmp_path: Path) -> None:
    done = checkout.run(bare, "make", f"new/{NAME}", UV_OFFLINE="1", UV_CACHE_DIR=str(tmp_path), UV_FIND_LINKS="")
    assert (done.returncode, changes(bare)) == (2, "")
    assert f"locking containers/{NAME}/requirements.txt" in done.stderr
    assert not [*bare.glob(f"*/{NAME}"), *bare.glob(f"tests/*/{NAME}"), *bare.glob(f"tests/*/{MODULE}")]


def test_nothing_is_overwritten(bare: Path) -> None:
    there = bare / "serving" / f"{MODULE}.py"
    there.write_text("# mine\n")
    try:
        done = checkout.run(bare, "make", f"new/{NAME}")
        assert (done.returncode, changes(bare)) == (2, f"?? serving/{MODULE}.py\n")
        assert f"'serving/{MODULE}.py' is there already" in done.stderr
        assert there.read_text() == "# mine\n"
    finally:
        there.unlink()


def test_name_is_taken_then(made: Path) -> None:
    assert f"'{NAME}' is taken" in checkout.run(made, "make", f"new/{NAME}").stderr


def test_linters_find_nothing_whatever_the_name(tmp_path: Path) -> None:
    """Where a line ends, and how imports are sorted, may depend on it."""
    folder = checkout.copy(tmp_path)
    written = []
    for name in ("ab", NAME, "z" * names.CHARACTERS):
        for path, content in template.files(name).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(content)
            written += [path] if path.suffix == ".py" else []
    for command in (("check",), ("format", "--check")):
        good(checkout.run(folder, PYTHON, "-m", "ruff", *command, "--no-cache", *written))


def test_types_and_dockerfile_are_sound(made: Path) -> None:
    # What is known of this checkout's modules holds of the copy's.
    good(checkout.run(made, PYTHON, "-m", "mypy", "--cache-dir", images.ROOT / ".mypy_cache", *CODE))
    good(checkout.run(made, ".venv/bin/hadolint", f"containers/{NAME}/Dockerfile"))


def test_its_tests_pass(made: Path) -> None:
    """Its own, and those that find it by its folders."""
    of_it = f"{NAME} or {MODULE} or every_image or tree"
    done = good(checkout.run(made, PYTHON, "-m", "pytest", "-k", of_it, *OWN_TESTS, *THAT_FIND_IT))
    for name in (*OWN_TESTS, *THAT_FIND_IT):
        assert name in done.stdout, "it has tests there"


def test_it_trains_serves_and_answers(made: Path) -> None:
    """As plain processes, in this machine's own environment in place of one made from the lock."""
    stand_in_for_its_environment(made)
    where = f"TRAIN={SAMPLE}/input/data/train"
    trained = good(checkout.run(made, "make", f"train/{NAME}", where, "CONTENT_TYPE=text/csv", ENGINE="process"))
    assert "train-accuracy" in trained.stdout
    port = checkout.free_port()
    with checkout.serving(made, f"make serve/{NAME}", port, ENGINE="process"):
        answer = good(checkout.run(made, "make", f"invoke/{NAME}", f"DATA={SAMPLE}/request.csv", PORT=port))
        refused = checkout.run(made, "make", f"invoke/{NAME}", text="1,2\n", PORT=port)
    labels = [row["predicted_label"] for row in json.loads(answer.stdout)["predictions"]]
    assert (len(labels), set(labels)) == (20, {0, 1})
    assert refused.returncode != 0
    assert "the row has 2 columns; expected 3" in refused.stderr


def stand_in_for_its_environment(made: Path) -> None:
    """Where the process engine looks for the environment of an image."""
    home = made / ".cache" / "process" / NAME
    home.mkdir(parents=True)
    (home / "venv").symlink_to(images.ROOT / ".venv")
    lock = (made / "containers" / NAME / "requirements.txt").read_bytes()
    (home / "made-from").write_text(hashlib.sha256(lock + sys.version.encode()).hexdigest())


@pytest.fixture
def image(made: Path, docker_client: DockerClient) -> Iterator[str]:
    """The new image, gone at the end."""
    reference = images.reference(NAME, made)
    try:
        good(checkout.run(made, "make", f"build/{NAME}"))
        yield reference
    finally:
        with contextlib.suppress(ImageNotFound):
            docker_client.images.remove(reference, force=True)


@pytest.mark.engine
@pytest.mark.timeout(900)
@pytest.mark.usefixtures("image")
def test_its_image_passes_the_tests_that_it_inherits(made: Path) -> None:
    files = [f"tests/images/{name}.py" for name in INHERITED]
    good(checkout.run(made, PYTHON, "-m", "pytest", "--image", NAME, *files, REQUIRE_ENGINE="1"))
