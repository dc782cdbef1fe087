"""Write the list of what is in this image, as CycloneDX JSON: `python sbom.py FILE`. Same packages, same bytes.

Source: CycloneDX 1.5; package URLs as the purl specification writes them.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
import subprocess
import sys
import uuid
from pathlib import Path
from urllib.parse import quote


def python_packages() -> list[dict[str, object]]:
    """What importlib.metadata lists, one component a distribution."""
    found = {(_normal(item.metadata["Name"]), item.version) for item in importlib.metadata.distributions()}
    return [_component(name, version, f"pkg:pypi/{name}@{quote(version)}") for name, version in sorted(found)]


def debian_packages() -> list[dict[str, object]]:
    """What dpkg lists as installed."""
    query = ["dpkg-query", "--show", "--showformat", "${db:Status-Status} ${Package} ${Version} ${Architecture}\n"]
    lines = subprocess.run(query, check=True, capture_output=True, text=True).stdout.splitlines()
    installed = sorted(line.split()[1:] for line in lines if line.startswith("installed "))
    return [
        _component(name, version, f"pkg:deb/debian/{quote(name)}@{quote(version)}?arch={architecture}")
        for name, version, architecture in installed
    ]


def document(components: list[dict[str, object]]) -> dict[str, object]:
    """The bill of materials. Its serial number comes from its content, so that equal images have equal ones."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(components)).urn,
        "version": 1,
        "components": components,
    }


def _component(name: str, version: str, purl: str) -> dict[str, object]:
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}


def _normal(name: str) -> str:
    """PEP 503's spelling of a distribution's name."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(document(python_packages() + debian_packages()), indent=1) + "\n")
