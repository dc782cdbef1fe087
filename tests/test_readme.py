"""Every command of README.md and of an image's README is run as it stands there.

A `bash` block is typed into a shell in the project's folder, in the order of the document. A block that is one
`make serve/...` stands for another terminal: it runs until the end of the document's section, and the blocks behind it
wait until it answers /ping. `sh` blocks need an account and are only looked at. In serving/README.md a `text` or `json`
block behind a `bash` one is what that one prints; numbers may differ in their last digits, as machines do.

Those of containers/README.md add to the project: they are typed in a copy of it, where a `diff` block is applied.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from docker import DockerClient
from docker.errors import ImageNotFound, NotFound

from containers.build import images
from contract.codecs import csv
from contract.dataset import Layout
from local_mode import environments
from tests import checkout
from tests.checkout import ENVIRONMENT

ROOT = Path(__file__).parent.parent
BRING_YOUR_OWN = ROOT / "containers" / "README.md"
TYPED_IN_A_COPY = BRING_YOUR_OWN.read_text()
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "serving" / "README.md",
    BRING_YOUR_OWN,
    *sorted(ROOT.glob("containers/*/README.md")),
]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CHECKPOINTS = re.compile(r"--checkpoints (build/[\w/]+)")
"""Folders that are gone before and behind a section: a job resumes from what lies there, or refuses another job's."""
PYTHON = [block for language, block in FENCE.findall((ROOT / "README.md").read_text()) if language == "python"]
OF_THE_SDK, OF_TABLES, OF_PIPELINES = "from sagemaker.", "import pandas", "from local_mode.pipeline "
RUN_ELSEWHERE = ("make test\n", "make check/")
"""What runs this test, and what runs all tests of an image: tests/containers/test_scaffold.py runs some of them."""
PORT = "8080"
NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")
SHOWING = re.split(r"^## ", (ROOT / "serving" / "README.md").read_text(), flags=re.MULTILINE)
"""Sections whose commands stand beside what they print."""
SECTIONS = [
    pytest.param(
        section, id=f"{document.parent.name if document.parent != ROOT else 'README'}: {section.splitlines()[0]}"
    )
    for document in DOCUMENTS
    for section in re.split(r"^## ", document.read_text(), flags=re.MULTILINE)
    if "```bash\n" in section
]


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory, docker_client: DockerClient) -> Iterator[Path]:
    """A copy of the project; images that are built there alone are gone at the end."""
    folder = checkout.copy(tmp_path_factory.mktemp("checkout"))
    yield folder
    for name in set(images.names(folder)) - set(images.names()):
        with contextlib.suppress(ImageNotFound):
            docker_client.images.remove(images.reference(name, folder), force=True)


@pytest.mark.engine
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("section", SECTIONS)
def test_commands_of_a_section(section: str, request: pytest.FixtureRequest) -> None:
    folder: Path = request.getfixturevalue("copied") if section in TYPED_IN_A_COPY else ROOT
    port = checkout.free_port()
    with contextlib.ExitStack() as stack:
        for name in CHECKPOINTS.findall(section):
            shutil.rmtree(ROOT / name, ignore_errors=True)
            stack.callback(shutil.rmtree, ROOT / name, ignore_errors=True)
        for (language, block), shown in pairwise([*FENCE.findall(section), ("", "")]):
            if language == "diff":
                done = checkout.run(folder, "git", "apply", "-", text=block)
                assert done.returncode == 0, done.stderr
            if language != "bash" or block.startswith(RUN_ELSEWHERE):
                continue
            if block.startswith("make serve/"):
                stack.enter_context(checkout.serving(folder, block, port))
                continue
            command = ("bash", "-e", "-o", "pipefail", "-c", block.replace(PORT, port))
            done = checkout.run(folder, *command, PORT=port)
            assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
            if shown[0] in ("text", "json") and section in SHOWING:
                assert_alike(done.stdout, shown[1])


def assert_alike(printed: str, shown: str) -> None:
    """The same text, and the same numbers to four digits."""
    assert NUMBER.sub("#", printed).split() == NUMBER.sub("#", shown).split()
    assert list(map(float, NUMBER.findall(printed))) == pytest.approx(list(map(float, NUMBER.findall(shown))), rel=1e-4)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_block_says_what_it_is(document: Path) -> None:
    assert {language for language, _ in FENCE.findall(document.read_text())} <= {
        "bash",
        "diff",
        "json",
        "python",
        "sh",
        "text",
    }


@pytest.mark.parametrize("document", [*DOCUMENTS, ROOT / "CONTAINERS_FOR_SM.md"], ids=lambda path: path.parent.name)
def test_images_are_named_with_their_version(document: Path) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert set(re.findall(r"sagemaker-xgboost:([\d.]+\d)", document.read_text())) <= {version}


@pytest.mark.parametrize("document", [*DOCUMENTS, ROOT / "CONTRIBUTING.md"], ids=lambda path: path.parent.name)
def test_make_targets_named_in_prose_exist(document: Path) -> None:
    targets = re.findall(r"^([a-z%/ ]+):(?!=)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    known = {target for line in targets for target in line.split()}
    for target in re.findall(r"`make ([a-z/<>-]+)", document.read_text()):
        assert target in known or re.sub(r"/.*", "/%", target) in known, target


def test_python_that_encodes_a_table_leaves_rows_of_numbers(tmp_path: Path) -> None:
    (block,) = [block for block in PYTHON if OF_TABLES in block]
    subprocess.run([sys.executable, "-W", "error", "-c", block], cwd=tmp_path, check=True)
    data = csv.decode((tmp_path / "train.csv").read_bytes(), Layout(label=True), {}, "train.csv")
    np.testing.assert_array_equal(data.labels, [0, 1, 1])
    np.testing.assert_array_equal(data.features, [[0, 31], [np.nan, 52], [1, np.nan]])


@pytest.mark.engine
def test_python_of_a_pipeline_runs() -> None:
    """With the models that the commands above it made."""
    (block,) = [block for block in PYTHON if OF_PIPELINES in block]
    done = subprocess.run([sys.executable, "-c", block], cwd=ROOT, env=ENVIRONMENT, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b"b'19.0\\n'\n"), done.stderr.decode()


@pytest.mark.engine
@pytest.mark.timeout(900)
def test_python_of_the_sdk_runs(docker_client: DockerClient) -> None:
    """In the SDK's own environment, on the rows that the commands above it made."""
    (block,) = [block for block in PYTHON if OF_THE_SDK in block]
    python = environments.make(ROOT / ".cache" / "sdk" / "v2", ROOT / "tests" / "sdk" / "requirements-v2.txt", print)
    quiet = {"AWS_EC2_METADATA_DISABLED": "true", "SAGEMAKER_SUPPRESS_V2_WARNING": "1"}
    done = subprocess.run(
        [python, "-c", block],
        cwd=ROOT,
        env=ENVIRONMENT | quiet,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    for name in set(re.findall(r"[a-z0-9]+-algo-1-[a-z0-9]+", done.stdout)):
        with contextlib.suppress(NotFound):
            docker_client.containers.get(name).remove(force=True)  # the SDK leaves its containers
    assert done.returncode == 0, done.stdout
    assert "model.tar.gz" in done.stdout
