"""The documents hold what they promise: links lead somewhere, named tests exist, pictures are whole."""

from __future__ import annotations

import ast
import re
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = [
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    if (ROOT / name).is_file()
]
GUIDE = (ROOT / "CONTAINERS_FOR_SM.md").read_text()
PROMISES = re.findall(
    r"^\| (\d+) \| ([^|]+) \| ([^|]+) \|$",
    GUIDE.partition("\n## What these images promise\n")[2],
    re.MULTILINE,
)
NAMED = r"`([\w/]+\.py::\w+)`"
"""A test, by its file below tests/ and its name."""


def anchor(heading: str) -> str:
    """The fragment that leads to a heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text()):
        if re.match(r"https?://", target):
            continue
        name, _, fragment = target.partition("#")
        file = (document.parent / name) if name else document
        assert file.exists(), target
        if fragment:
            assert fragment in {
                anchor(line.lstrip("#")) for line in file.read_text().splitlines() if line[:1] == "#"
            }, target


def test_there_are_twelve_promises() -> None:
    assert [int(number) for number, _, _ in PROMISES] == list(range(1, 13))


@pytest.mark.parametrize(("number", "proof"), [(number, proof) for number, _, proof in PROMISES])
def test_every_promise_names_tests(number: str, proof: str) -> None:
    assert re.search(NAMED, proof), f"promise {number} names no test"


@pytest.mark.parametrize("name", sorted(set(re.findall(NAMED, GUIDE))))
def test_named_test_exists(name: str) -> None:
    path, _, function = name.partition("::")
    tree = ast.parse((ROOT / "tests" / path).read_text())
    assert function in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}, name


@pytest.mark.parametrize("picture", sorted((ROOT / "containers").glob("*.svg")), ids=lambda path: path.name)
def test_pictures_are_well_formed_and_need_nothing(picture: Path) -> None:
    root = ET.parse(picture).getroot()
    assert root[0].tag.endswith("}title")
    assert not re.search(r"href|<script|url\((?!#)|@import", picture.read_text())
