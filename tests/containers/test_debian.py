"""What the base stands on: what is named, what is here, what can be pulled, what can be bootstrapped; in this order."""

from __future__ import annotations

import hashlib
from types import SimpleNamespace

import pytest
from docker.errors import DockerException, ImageNotFound

from containers.build import bootstrap, debian
from containers.build.debian import REAL, STAND_IN, Debian
from contract.errors import PlatformError

LISTED = b"base-files\t12.4\npython3\t3.11.2\n"


class Engine:
    """As much of docker-py as is asked for here. `here` are the images it has, `registry` those it can pull."""

    def __init__(self, here: set[str], registry: set[str]) -> None:
        self.here, self.registry = here, registry
        self.images = SimpleNamespace(get=self._get, pull=self._pull)
        self.containers = SimpleNamespace(run=lambda *words, **options: LISTED)

    def _get(self, name: str) -> SimpleNamespace:
        if name not in self.here:
            raise ImageNotFound(name)
        return SimpleNamespace(id="sha256:aa", attrs={"RepoDigests": [f"{name}@sha256:bb"]})

    def _pull(self, name: str, platform: str) -> None:
        if name not in self.registry:
            raise DockerException("no such host")
        self.here.add(name)


@pytest.fixture(autouse=True)
def bootstrapped(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The platforms that were bootstrapped for, instead of doing it."""
    made: list[str] = []
    monkeypatch.delenv("BASE_IMAGE", raising=False)
    monkeypatch.setattr(debian, "_bootstrap", lambda client, platform: made.append(platform))
    return made


def test_real_one_is_pulled_where_it_can_be(bootstrapped: list[str]) -> None:
    assert debian.find(Engine(set(), {REAL}), "linux/amd64") == Debian(REAL, bootstrapped=False)
    assert bootstrapped == []


def test_real_one_that_is_here_needs_no_registry() -> None:
    assert debian.find(Engine({REAL}, set()), "linux/amd64").reference == REAL


def test_without_a_registry_it_is_bootstrapped(bootstrapped: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert debian.find(Engine(set(), set()), "linux/amd64") == Debian(STAND_IN, bootstrapped=True)
    assert bootstrapped == ["linux/amd64"]
    assert "cannot be pulled (no such host); bootstrapping" in capsys.readouterr().err


def test_stand_in_that_is_here_is_kept(bootstrapped: list[str]) -> None:
    assert debian.find(Engine({STAND_IN}, {REAL}), "linux/amd64").reference == STAND_IN
    assert bootstrapped == []


def test_named_one_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BASE_IMAGE", "company/debian:12")
    assert debian.find(Engine({STAND_IN}, {"company/debian:12"}), "linux/amd64").reference == "company/debian:12"
    with pytest.raises(PlatformError, match="company/debian:12 cannot be pulled"):
        debian.find(Engine({STAND_IN}, set()), "linux/amd64")


def test_pinned_by_the_registrys_digest_or_by_the_packages() -> None:
    engine = Engine({REAL, STAND_IN}, set())
    assert debian.digest(engine, Debian(REAL, bootstrapped=False)) == "sha256:bb"
    packages = hashlib.sha256(LISTED).hexdigest()
    assert debian.digest(engine, Debian(STAND_IN, bootstrapped=True)) == f"sha256:{packages}"


def test_neither_way_open_is_told_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(bootstrap, "obstacle", lambda: "bootstrapping Debian needs root")
    with pytest.raises(
        PlatformError, match=r"neither pulled nor bootstrapped: .* needs root; ENGINE=process does without"
    ):
        debian.find(Engine(set(), set()), "linux/amd64")
