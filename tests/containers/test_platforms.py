"""Wheel tags and markers of the images' Python."""

from __future__ import annotations

import pytest

from containers.build import platforms
from contract.errors import UserError


def test_tags_go_from_the_images_glibc_down_to_the_oldest() -> None:
    tags = platforms.tags("linux/amd64")
    assert tags[0] == "manylinux_2_36_x86_64"
    assert tags[-2:] == ("manylinux_2_5_x86_64", "manylinux1_x86_64")
    assert {"manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux_2_28_x86_64"} <= set(tags)
    assert "manylinux_2_37_x86_64" not in tags


def test_arm_has_its_own() -> None:
    assert "manylinux2014_aarch64" in platforms.tags("linux/arm64")


def test_unknown_platform() -> None:
    with pytest.raises(UserError, match="platform 'windows/amd64' is unknown; accepted are linux/amd64, linux/arm64"):
        platforms.tags("windows/amd64")


def test_markers_are_the_images_whatever_runs_here() -> None:
    markers = platforms.markers("linux/arm64")
    assert (markers["sys_platform"], markers["python_version"], markers["platform_machine"]) == (
        "linux",
        "3.11",
        "aarch64",
    )
