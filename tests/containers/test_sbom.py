"""The bill of materials is the same for the same packages."""

from __future__ import annotations

import importlib.metadata
import json

from containers.base.steps import sbom


def test_python_packages_are_those_installed() -> None:
    components = sbom.python_packages()
    versions = {component["name"]: component["version"] for component in components}
    assert versions["numpy"] == importlib.metadata.version("numpy")
    assert f"pkg:pypi/numpy@{versions['numpy']}" in {component["purl"] for component in components}


def test_same_packages_same_bytes() -> None:
    components = sbom.python_packages()
    assert json.dumps(sbom.document(components)) == json.dumps(sbom.document(components))
    assert sbom.document(components)["serialNumber"] != sbom.document(components[1:])["serialNumber"]
