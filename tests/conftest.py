"""What needs a container engine is told apart from what does not, and the end says what ran where."""

from __future__ import annotations

import os
import platform
import signal
from collections.abc import Iterator

import pytest
from docker import DockerClient
from docker.errors import ImageNotFound

from containers.build import daemon, images
from containers.build.builder import HOW

ENGINE = pytest.StashKey[DockerClient]()
OBSTACLE = pytest.StashKey[str]()
NEEDING = pytest.StashKey[frozenset[str]]()
"""The ids of the tests that need an engine."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--image", action="append", help="test this image only (a folder under containers/)")


def pytest_configure() -> None:
    """Heed Ctrl-C again, which a shell lets its background jobs ignore: what tests start, and end by it, would, too."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without an engine its tests are reported as not run; with REQUIRE_ENGINE=1 nothing is."""
    needing = [item for item in items if item.get_closest_marker("engine")]
    obstacle = _obstacle(config) if needing else ""
    if obstacle and os.environ.get("REQUIRE_ENGINE", "") not in ("", "0"):
        pytest.exit(f"REQUIRE_ENGINE is set, and {obstacle}", returncode=1)
    if obstacle:
        for item in needing:
            item.add_marker(pytest.mark.skip(reason=obstacle))
    config.stash[OBSTACLE] = obstacle
    config.stash[NEEDING] = frozenset(item.nodeid for item in needing)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """One line for this machine, one for the containers."""
    terminalreporter.section("what ran where")
    where = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    terminalreporter.line(f"on this machine: {_tally(terminalreporter, engine=False)} ({where})")
    if obstacle := config.stash.get(OBSTACLE, ""):
        terminalreporter.line(f"in containers: NOT RUN: {obstacle}", yellow=True)
    elif ENGINE in config.stash:
        version = config.stash[ENGINE].version()["Version"]
        terminalreporter.line(f"in containers: {_tally(terminalreporter, engine=True)} (Docker {version})")
    else:
        terminalreporter.line("in containers: none were asked for")


@pytest.fixture(scope="session")
def docker_client(pytestconfig: pytest.Config) -> Iterator[DockerClient]:
    """The engine that the tests marked `engine` run in."""
    yield pytestconfig.stash[ENGINE]
    pytestconfig.stash[ENGINE].close()


def _obstacle(config: pytest.Config) -> str:
    """Why tests cannot run in containers, or nothing where they can."""
    client = daemon.connect()
    if client is None:
        return f"no Docker engine answers: {HOW}"
    config.stash[ENGINE] = client
    for name in images.names():
        try:
            client.images.get(images.reference(name))
        except ImageNotFound:
            return f"{images.reference(name)} is not built: make build/{name}"
    return ""


def _tally(reporter: pytest.TerminalReporter, *, engine: bool) -> str:
    """How many tests passed, failed and so on, of those that need an engine or of the others."""
    needing = reporter.config.stash.get(NEEDING, frozenset())
    counts = {}
    for outcome in ("passed", "failed", "error", "skipped", "xfailed", "xpassed"):
        ids = [report.nodeid for report in reporter.getreports(outcome)]
        if count := sum((name in needing) == engine for name in ids):
            counts[outcome] = count
    return ", ".join(f"{count} {outcome}" for outcome, count in counts.items()) or "nothing"
