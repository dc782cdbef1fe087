"""The arrows of the design: who may import whom, how large a module may grow, what never stands in the tree."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = {"contract", "training_scripts", "serving", "local_mode", "containers"}
MAY_IMPORT = {
    "contract": {"contract"},
    "training_scripts": {"training_scripts", "contract"},
    "serving": {"serving", "contract"},
    "containers": {"containers", "contract"},
    "local_mode": {"local_mode", "containers", "contract"},
}
MODULES = sorted(path for package in OURS for path in (ROOT / package).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Top-level names that a module imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_follow_the_arrows(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    assert imported(path) & OURS <= MAY_IMPORT[package]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_unpickles_or_evaluates(path: Path) -> None:
    assert not imported(path) & {"pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
    calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    assert not {call.id for call in calls if isinstance(call, ast.Name)} & {"eval", "exec"}


def test_modules_stay_small() -> None:
    tests = (ROOT / "tests").rglob("*.py")
    lengths = {path: len(path.read_text().splitlines()) for path in (*MODULES, *tests)}
    assert not {str(path): length for path, length in lengths.items() if length > 300}
    assert statistics.median(lengths[path] for path in MODULES) < 100


def test_importing_the_contract_costs_numpy_at_most() -> None:
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in MODULES
        if path.relative_to(ROOT).parts[0] == "contract" and path.name != "__init__.py"
    ]
    heavy = "{'polars', 'google.protobuf', 'scipy', 'xgboost', 'flask', 'orjson', 'simdjson'}"
    code = f"import sys, {', '.join(names)}; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_tree_names_no_registry_and_no_machine() -> None:
    hosts = re.compile(r"py[p]i\.org|pythonhoste[d]\.org|debian\.or[g]|npmj[s]\.org|/wor[k]/")
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, files.split("\0")):
        text = (ROOT / name).read_bytes().decode("utf-8", "replace") if (ROOT / name).is_file() else ""
        assert not hosts.search(text), name
