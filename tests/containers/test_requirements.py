"""Lock files are read, chosen from by markers, and satisfy pyproject."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from containers.build import images, platforms, requirements
from containers.build.lock import HOST, path

LOCK = """\
# comment
numpy==2.4.6 ; python_full_version < '3.12' \\
    --hash=sha256:aa \\
    --hash=sha256:bb
    # via pandas
numpy==2.5.5 ; python_full_version >= '3.12' \\
    --hash=sha256:cc
colorama==0.4.6 ; sys_platform == 'win32' \\
    --hash=sha256:dd
flask==3.1.3 \\
    --hash=sha256:ee
"""
LOCKS = (*images.names(), HOST)


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    file = tmp_path / "requirements.txt"
    file.write_text(LOCK)
    return file


def test_read_joins_lines_and_keeps_hashes(lock: Path) -> None:
    first = requirements.read(lock)[0]
    assert (first.requirement.name, first.hashes) == ("numpy", ("--hash=sha256:aa", "--hash=sha256:bb"))


def test_wanted_are_the_images_not_this_machines(lock: Path) -> None:
    chosen = requirements.wanted(requirements.read(lock), platforms.markers("linux/amd64"))
    assert [item.line() for item in chosen] == [
        "numpy==2.4.6 --hash=sha256:aa --hash=sha256:bb",
        "flask==3.1.3 --hash=sha256:ee",
    ]


@pytest.mark.parametrize("name", LOCKS)
def test_every_requirement_is_pinned_and_hashed(name: str) -> None:
    for item in requirements.read(path(name)):
        assert re.fullmatch(r"==[^*,]+", str(item.requirement.specifier)), item
        assert item.hashes, item
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", word) for word in item.hashes), item


@pytest.mark.parametrize("name", LOCKS)
def test_locks_name_no_address(name: str) -> None:
    assert not re.search(r"https?://|file:|--(index|extra-index|find-links)", path(name).read_text())


@pytest.mark.parametrize("name", LOCKS)
def test_lock_satisfies_pyproject(name: str) -> None:
    """Each requirement that pyproject names is there, in a version that it allows: else `make lock/...` is due."""
    locked = requirements.wanted(requirements.read(path(name)), platforms.markers("linux/amd64"))
    versions = {
        canonicalize_name(item.requirement.name): next(iter(item.requirement.specifier)).version for item in locked
    }
    for wanted in declared(name):
        version = versions.get(canonicalize_name(wanted.name))
        assert version is not None, f"{wanted} is not locked: make lock/{name}"
        assert wanted.specifier.contains(version, prereleases=True), (
            f"{wanted} is locked at {version}: make lock/{name}"
        )


def declared(name: str) -> set[Requirement]:
    """What pyproject asks for under a lock's name, the project's own extras resolved."""
    document = tomllib.loads((images.ROOT / "pyproject.toml").read_text())
    if name == images.BASE:
        return {Requirement(text) for text in document["dependency-groups"][name]}
    project = document["project"]
    pending = ["host", *images.names()[1:]] if name == HOST else [name]
    found = {Requirement(text) for text in project["dependencies"]}
    for extra in pending:
        for wanted in map(Requirement, project["optional-dependencies"][extra]):
            if wanted.name == project["name"]:
                pending += wanted.extras
            else:
                found.add(wanted)
    return found
